"""Overlay roles: people beside the split of a deal, paid and budgeted by a layer of their own (domain.md 16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.domain.board import worth
from chalicelib.domain.programs import Rate
from chalicelib.domain.registrations import Credit
from chalicelib.domain.salesforce_values import split
from tests.builders import ANA, BEN, CHI, OCTOBER, a_layer, a_line, a_program, a_registration, usd
from tests.services.test_convergence import a_world, deliver, ledger_equals_standings

SE = a_layer(id="internal/se", rates=(Rate("per_deal", 21),), budget=usd("100"))
PROGRAM = a_program(layers=(a_layer(), SE))


def points(core: Any, rep: str, layer: str) -> tuple[int, int]:
    sums = core.held[PROGRAM.id, rep].sums(layer)
    return sums.provisional, sums.confirmed


def test_an_overlay_pays_its_role_beside_the_split_of_100_percent() -> None:
    core = a_world(PROGRAM)
    core.enroll(PROGRAM.id, CHI, date(2026, 10, 1), None)
    deal = a_registration(
        credits=(Credit(ANA, 6000), Credit(BEN, 4000)), overlays=(Credit(BEN, 5000, "se"), Credit(CHI, 5000, "se"))
    )
    deliver(core, deal, a_line())
    assert [points(core, rep, "internal") for rep in (ANA, BEN, CHI)] == [(0, 90), (0, 60), (0, 0)]
    assert [points(core, rep, "internal/se") for rep in (ANA, BEN, CHI)] == [(0, 0), (0, 11), (0, 10)]
    ledger_equals_standings(core)
    assert worth(PROGRAM, core.held[PROGRAM.id, CHI]) == (0, 0), "an overlay does not rank among those who sell"


def test_a_role_nobody_has_on_the_deal_is_paid_to_nobody() -> None:
    core = a_world(PROGRAM)
    deliver(core, a_registration(overlays=(Credit(BEN, 10_000, "csm"),)), a_line())
    assert points(core, ANA, "internal") == (0, 150)
    assert points(core, ANA, "internal/se") == points(core, BEN, "internal/se") == (0, 0)


def test_a_changed_stamp_moves_the_overlay_in_any_order_of_arrival() -> None:
    """domain.md 6, 35."""
    first = a_registration(overlays=(Credit(BEN, 10_000, "se"),))
    then = a_registration(version=OCTOBER + timedelta(hours=1), overlays=(Credit(CHI, 10_000, "se"),))
    for order in permutations([first, then, a_line()]):
        core = a_world(PROGRAM)
        core.enroll(PROGRAM.id, CHI, date(2026, 10, 1), None)
        deliver(core, *order)
        assert (points(core, BEN, "internal/se"), points(core, CHI, "internal/se")) == ((0, 0), (0, 21))
        ledger_equals_standings(core)


A, B = "005000000000001AAA", "005000000000002AAA"


@pytest.mark.parametrize(
    ("text", "credits"),
    [
        (f"{A}:100;{B}:se:100", [(A, 10_000, ""), (B, 10_000, "se")]),
        (f"{A}:60;{B}:40;{A}:SE:50;{B}:se:50", [(A, 6000, ""), (B, 4000, ""), (A, 5000, "se"), (B, 5000, "se")]),
    ],
)
def test_the_stamp_names_roles_between_person_and_share(text: str, credits: Sequence[tuple[str, int, str]]) -> None:
    assert [(c.rep, c.share, c.role) for c in split(text)] == credits


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"{B}:se:100", "the shares sum to 0 %"),
        (f"{A}:100;{B}:se:90", "the shares of the role se sum to 90 %"),
        (f"{A}:100;{B}:se:50;{B}:se:50", "stands twice"),
        (f"{A}:100;{B}:s e:100", "no role"),
        (f"{A}:100;{B}::100", "no role"),
    ],
)
def test_a_stamp_that_says_no_clear_role_is_trouble(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        split(text)
