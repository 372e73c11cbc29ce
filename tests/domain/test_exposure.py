"""Continuous SPIFFs are told before they start: overlaps, short breaks, and the days of a year under one (F28, F55)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.calendar import Window
from chalicelib.domain.exposure import YEAR, exposures, targets, warnings
from chalicelib.domain.programs import ConditionSpec, Program
from tests.builders import a_layer, a_program

EDR = ConditionSpec("family", (("names", ("edr",)),))
ACME = ConditionSpec("vendor", (("names", ("Acme",)),))


def sku(*numbers: str) -> ConditionSpec:
    return ConditionSpec("sku", (("numbers", numbers),))


def pushing(start: date, days: int, *conditions: ConditionSpec, id: str = "other", **more: Any) -> Program:
    window = Window(start, start + timedelta(days=days - 1), "America/Chicago")
    layer = a_layer(conditions=conditions)
    return a_program(
        id=id, name=id.title(), window=window, layers=(layer,), families=(("edr", ("EDR-",)), ("fw", ("NB-",))), **more
    )


MINE = pushing(date(2026, 10, 1), 92, EDR, id="mine")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (pushing(date(2026, 12, 31), 30, EDR), ["runs beside Other (other) for 1 days, on the same products"]),
        (pushing(date(2026, 9, 1), 60, EDR), ["runs beside Other (other) for 30 days, on the same products"]),
        (pushing(date(2026, 9, 1), 30, EDR), ["comes 0 days after Other (other), on the same products"]),
        (pushing(date(2026, 8, 1), 34, EDR), ["comes 27 days after Other (other), on the same products"]),
        (pushing(date(2026, 8, 1), 33, EDR), []),
        (pushing(date(2027, 1, 10), 30, EDR), ["comes 9 days before Other (other), on the same products"]),
        (pushing(date(2026, 9, 1), 60, ConditionSpec("family", (("names", ("fw",)),))), []),
        (pushing(date(2026, 9, 1), 60, ACME), []),
        (pushing(date(2026, 9, 1), 60, sku("edr-1")), ["runs beside Other (other) for 30 days, on the same products"]),
        (pushing(date(2026, 9, 1), 60, sku("ED-1")), []),
        (pushing(date(2026, 9, 1), 60), ["runs beside Other (other) for 30 days, on the same products"]),
        (pushing(date(2026, 9, 1), 60, EDR, id="mine"), []),
    ],
)
def test_a_program_beside_or_right_behind_another_is_told(other: Program, told: list[str]) -> None:
    """F28: on the same products only, whether they are named by SKU or by family; its own versions are not another."""
    assert [p.message for p in warnings(MINE, [other])] == told


def test_the_days_under_a_spiff_add_up_over_the_last_year() -> None:
    """F55, F18: each day once, whatever programs it is in; what lies further back is forgotten."""
    others = [
        pushing(date(2026, 4, 1), 91, EDR, id="second"), pushing(date(2026, 4, 15), 20, EDR, id="inside"),
        pushing(date(2025, 12, 1), 60, EDR, id="winter"), pushing(date(2024, 1, 1), 90, EDR, id="long-ago"),
    ]  # fmt: skip
    [found] = exposures(MINE, others)
    assert (found.target, found.days) == ("sku EDR-...", 92 + 91 + 29)
    assert found.programs == ("inside", "second", "winter")
    [told] = [p for p in warnings(MINE, others) if "of 365 days" in p.message]
    assert told.message == "makes 212 of 365 days under a SPIFF for sku EDR-... (F55)"
    assert warnings(MINE, others[:1]) == [], "two quarters of four, with a break, are occasional"


def test_a_program_on_everything_is_told() -> None:
    """F16."""
    [told] = warnings(a_program(), [])
    assert told.path == "layers[0].conditions" and "everything that is sold" in told.message


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (date(2026, 12, 31), []),
        (date(2026, 12, 29), []),
        (date(2026, 12, 28), ["ends 3 days before the program, which is when it is paid (domain.md 38)"]),
    ],
)
def test_a_layer_that_would_be_paid_long_after_its_own_end_is_told(ends: date, told: list[str]) -> None:
    """domain.md 38, docs/decisions/0005."""
    layers = (
        a_layer(conditions=(EDR,)),
        a_layer(id="vendor:acme", conditions=(EDR,), window=(date(2026, 10, 1), ends)),
    )
    found = warnings(replace(MINE, layers=layers), [])
    assert [w.message for w in found if w.path == "layers[1].window"] == told


def test_conditions_inside_others_name_products_too_unless_denied() -> None:
    inside = ConditionSpec("any_of", (("conditions", (sku("B-2"), ACME)),))
    denied = ConditionSpec("not", (("condition", sku("A-1")),))
    assert targets(pushing(date(2026, 10, 1), 9, inside)) == ("sku B-2",)
    assert targets(pushing(date(2026, 10, 1), 9, denied)) == ("everything",)


spans = st.tuples(st.integers(0, 700), st.integers(1, 200))


@given(st.lists(spans, max_size=6), st.randoms())
def test_days_are_counted_once_and_in_no_order(found: list[tuple[int, int]], random) -> None:
    others = [pushing(date(2025, 6, 1) + timedelta(days=n), d, EDR, id=f"o{i}") for i, (n, d) in enumerate(found)]
    [exposure] = exposures(MINE, others)
    first = MINE.window.end - timedelta(days=YEAR - 1)
    under = {
        day for day in (first + timedelta(days=n) for n in range(YEAR))
        if any(p.window.start <= day <= p.window.end for p in [MINE, *others])
    }  # fmt: skip
    assert exposure.days == len(under)
    assert exposures(MINE, random.sample(others, len(others))) == [exposure]
