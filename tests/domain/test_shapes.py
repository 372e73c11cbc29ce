"""How deals add up to what a rep is paid: tiers of three kinds, caps, first deals, attach bonuses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.budgets import Earned, entitlements
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import AttachBonus, ConditionSpec, Layer, Program, Tier, TierKind
from chalicelib.domain.scoring import score_deal
from chalicelib.domain.standings import Sums, next_tier, payable_points, tier_bonus
from tests.builders import a_layer, a_line, a_program, a_registration, usd

TIERS = (Tier("silver", 100, percent=150), Tier("gold", 200, percent=300))


def tiered(kind: TierKind, **more: object) -> Layer:
    return a_layer(tier_kind=kind, tiers=TIERS, **more)


def when(day: int, registration: str = "R") -> BusinessTime:
    return BusinessTime(date(2026, 10, day), datetime(2026, 10, day, tzinfo=UTC), registration)


def earned(*points: int) -> list[Earned]:
    """Awards R1, R2, ... on successive days."""
    return [Earned(f"R{n}", when(n, f"R{n}"), p) for n, p in enumerate(points, start=1)]


@pytest.mark.parametrize(
    ("kind", "points", "payable"),
    [
        ("retroactive", 99, 99), ("retroactive", 100, 150), ("retroactive", 199, 299), ("retroactive", 200, 600),
        ("retroactive", 201, 603), ("retroactive", 0, 0), ("retroactive", 101, 152),
        ("marginal", 99, 99), ("marginal", 100, 100), ("marginal", 101, 102), ("marginal", 200, 250),
        ("marginal", 201, 253), ("marginal", 300, 550), ("marginal", 0, 0),
    ],
)  # fmt: skip
def test_a_tier_lifts_every_point_or_only_those_above_it(kind: TierKind, points: int, payable: int) -> None:
    """W46: a threshold reached to the point counts; a half point rounds up once, on the whole."""
    assert payable_points(tiered(kind), points) == payable


@given(st.sampled_from(["retroactive", "marginal"]), st.integers(0, 400), st.integers(0, 50))
def test_more_points_never_pay_less(kind: TierKind, points: int, more: int) -> None:
    layer = tiered(kind)
    assert payable_points(layer, points + more) >= payable_points(layer, points) + more


@given(
    st.sampled_from(["retroactive", "marginal"]),
    st.lists(st.integers(0, 120), min_size=1, max_size=6),
    st.none() | st.integers(1, 500),
    st.randoms(),
)
def test_lifted_points_are_divided_over_the_deals_whatever_their_order(
    kind: TierKind, points: list[int], cap: int | None, random
) -> None:
    layer = tiered(kind, cap_points_per_rep=cap)
    awards = earned(*points)
    added = entitlements(layer, awards)
    assert sum(added.values()) == payable_points(layer, sum(points)) and min(added.values()) >= 0
    random.shuffle(awards)
    assert entitlements(layer, awards) == added


@pytest.mark.parametrize(
    ("kind", "brings"),
    [("retroactive", 150 - 100), ("marginal", 0)],
)
def test_the_gap_names_what_the_next_tier_brings(kind: TierKind, brings: int) -> None:
    """W46: and its money follows from it."""
    gap = next_tier(tiered(kind), Sums(base_confirmed=60, base_provisional=40))
    assert gap is not None
    assert (gap.tier, gap.missing, gap.bonus_points, gap.percent, gap.pending_reaches) == (
        "silver", 40, brings, 150, True,
    )  # fmt: skip
    last = next_tier(tiered(kind), Sums(base_confirmed=150))
    assert last is not None and last.bonus_points == tier_bonus(tiered(kind), 200) - tier_bonus(tiered(kind), 150)


# --- attach bonus and a layer's own window ------------------------------------------------------------------------

EDR = AttachBonus("family", ("edr",), 40)
FAMILIES = (("edr", ("EDR-",)), ("sec", ("SEC-",)))
SEC = ConditionSpec("family", (("names", ("sec",)),))


def attaching(**more: Any) -> Program:
    return a_program(families=FAMILIES, layers=(a_layer(conditions=(SEC,), attach_bonus=EDR, **more),))


def base(quantity: int = 5, **more: Any) -> OrderLine:
    return a_line("2", sku="EDR-1", quantity=Decimal(quantity), amount=usd("500"), **more)


def back(**more: Any) -> OrderLine:
    return a_line(
        "1", document_no="CM-1", document_type="return", sku="EDR-1", quantity=Decimal(-5), amount=usd("-500"), **more
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], (150, 0)),
        ([a_line()], (0, 150)),
        ([a_line(), base()], (0, 190)),
        ([base()], (150, 0)),
        ([a_line(), base(), back()], (0, 150)),
        ([a_line(), base(held="possible duplicate")], (0, 150)),
        ([a_line(), base(invoiced_on=date(2027, 3, 1))], (0, 150)),
        ([a_line(), base(document_type="order")], (0, 150)),
    ],
)
def test_a_base_product_on_a_confirmed_line_of_the_deal_adds_its_bonus(
    lines: list[OrderLine], expected: tuple[int, int]
) -> None:
    """F15: never promised before it is confirmed, gone when the base product comes back, the same in any order."""
    program = attaching()
    for order in (lines, lines[::-1]):
        [award] = score_deal(a_registration(), order, {"security-push": [program]})
        assert (award.provisional, award.confirmed) == expected
    [told] = score_deal(a_registration(), lines, {"security-push": [program]}, explain=True)
    assert (told.provisional, told.confirmed) == expected, "the proof is of the same numbers"
    because = told.proof.confirmed_because
    assert ("40 of them for edr" in because) is (expected == (0, 190))
    assert ("edr in the same deal would add 40" in because) is (expected == (0, 150))


def test_an_attach_bonus_counts_once_a_deal_and_for_named_skus_too() -> None:
    by_sku = attaching().layers[0]
    program = a_program(layers=(replace(by_sku, conditions=(), attach_bonus=AttachBonus("sku", ("edr-1",), 7)),))
    [award] = score_deal(a_registration(), [a_line(), base(3), base(2, id="x", line_no="9")], {"p": [program]})
    assert award.confirmed == 3 * 55 + 7


NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("dated_by", "day", "points"),
    [
        ("order_invoiced", date(2026, 10, 31), 0), ("order_invoiced", date(2026, 11, 1), 150),
        ("order_invoiced", date(2026, 11, 30), 150), ("order_invoiced", date(2026, 12, 1), 0),
    ],
)  # fmt: skip
def test_a_layer_with_its_own_window_counts_only_its_days(dated_by: Any, day: date, points: int) -> None:
    """W76: a vendor's dates beside the program's own."""
    vendor = a_layer(id="vendor:acme", window=NOVEMBER)
    program = a_program(qualifying_date=dated_by, layers=(a_layer(), vendor))
    line = a_line(invoiced_on=day)
    own, theirs = score_deal(a_registration(), [line], {"p": [program]}, explain=True)
    assert (own.confirmed, theirs.confirmed) == (150, points)
    last = theirs.proof.verdicts[-1]
    assert (last.condition, last.threshold, last.holds) == (
        "invoiced in the layer's window", "1 Nov 2026 to 30 Nov 2026", bool(points),
    )  # fmt: skip
    assert own.proof.verdicts[-1].condition != last.condition


@pytest.mark.parametrize(("day", "points"), [(date(2026, 10, 31), 0), (date(2026, 11, 1), 150)])
def test_by_the_approval_a_layers_window_holds_back_what_waits_too(day: date, points: int) -> None:
    approved = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    program = a_program(layers=(a_layer(window=NOVEMBER),))
    for lines, expected in (([], (points, 0)), ([a_line()], (0, points))):
        [award] = score_deal(a_registration(approved_at=approved), lines, {"p": [program]})
        assert (award.provisional, award.confirmed) == expected


def test_a_return_of_what_the_layers_window_left_out_takes_nothing_from_the_rest() -> None:
    program = a_program(qualifying_date="order_invoiced", layers=(a_layer(window=NOVEMBER),))
    early = a_line("1", document_no="INV-0", order_no="O-0", invoiced_on=date(2026, 10, 20), quantity=Decimal(10))
    counted = a_line("1", order_no="O-1", invoiced_on=date(2026, 11, 20), quantity=Decimal(20))
    gone = a_line("1", document_no="CM-1", document_type="return", quantity=Decimal(-10), reference="INV-0")
    [award] = score_deal(a_registration(), [early, counted, gone], {"p": [program]})
    assert award.confirmed == 60


def test_the_tiers_worked_in_the_rules_are_what_is_paid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (\d+) points \| (\d+) points \| (\d+) points \|$", page, re.MULTILINE)
    once, lifted = (Tier("Silver", 500, 100),), (Tier("Silver", 500, percent=150),)
    layers = [a_layer(tiers=once), *(a_layer(tier_kind=kind, tiers=lifted) for kind in ("retroactive", "marginal"))]
    assert len(rows) == 3
    for points, *paid in rows:
        assert [payable_points(layer, int(points)) for layer in layers] == [int(text) for text in paid]
