"""How deals add up to what a rep is paid: tiers of three kinds, caps, first deals, attach bonuses."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.budgets import Earned, entitlements
from chalicelib.domain.programs import Layer, Tier, TierKind
from chalicelib.domain.standings import Sums, next_tier, payable_points, tier_bonus
from tests.builders import a_layer

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
