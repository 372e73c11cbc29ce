"""What an event costs does not creep up: AWS calls, write units and executed instructions, counted, not timed."""

from __future__ import annotations

import pytest

from bench.instructions import PAGE, VERSION, above, counted, measured, recorded, table


@pytest.mark.skipif(VERSION not in recorded(), reason=f"no counts of Python {VERSION} are recorded")
def test_no_event_costs_more_calls_units_or_instructions_than_recorded() -> None:
    worse = above(measured(), recorded()[VERSION])
    assert not worse, "\n".join([*worse, "If it has to: python -m bench.instructions --write, and say why."])


def test_the_page_shows_the_recorded_counts() -> None:
    assert table(recorded()["3.11"]) in PAGE.read_text(encoding="utf-8")


def test_the_gate_can_fail() -> None:
    was = {"an event": [2, 6, 1000]}
    assert not above({"an event": (2, 6, 1020)}, was)
    assert above({"an event": (2, 6, 1021)}, was)
    assert above({"an event": (3, 6, 900)}, was)
    assert above({"an event": (2, 7, 900)}, was)
    assert above({"another": (1, 1, 1)}, was)


def test_only_instructions_of_our_own_code_are_counted() -> None:
    from chalicelib.domain.calendar import iso
    from tests.builders import OCTOBER

    assert counted(lambda: sorted(range(100), key=lambda n: -n)) == 0
    once = counted(lambda: iso(OCTOBER))
    assert once > 0
    assert counted(lambda: [iso(OCTOBER), iso(OCTOBER)]) == 2 * once
