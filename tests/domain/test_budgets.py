from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.budgets import Claim, Earned, entitlements, fold, owed, room
from chalicelib.domain.programs import Tier
from chalicelib.domain.standings import payable_points
from tests.builders import a_layer, usd


def when(day: int, registration: str = "R") -> BusinessTime:
    return BusinessTime(date(2026, 10, day), datetime(2026, 10, day, tzinfo=UTC), registration)


def earned(*points: int) -> list[Earned]:
    """Awards R1, R2, ... on successive days."""
    return [Earned(f"R{n}", when(n, f"R{n}"), p) for n, p in enumerate(points, start=1)]


def test_the_award_that_reaches_a_tier_carries_its_bonus() -> None:
    layer = a_layer(tiers=(Tier("silver", 50, 10), Tier("gold", 100, 40)))
    assert entitlements(layer, earned(40, 20, 50)) == {"R1": 40, "R2": 30, "R3": 90}


def test_the_award_that_reaches_a_tier_to_the_point_carries_its_bonus() -> None:
    layer = a_layer(tiers=(Tier("silver", 50, 10),))
    assert (entitlements(layer, earned(50)), entitlements(layer, earned(49))) == ({"R1": 60}, {"R1": 49})


def test_the_award_that_straddles_the_cap_gets_the_part_that_fits() -> None:
    """domain.md 34."""
    assert entitlements(a_layer(cap_points_per_rep=100), earned(80, 50, 10)) == {"R1": 80, "R2": 20, "R3": 0}


def test_awards_count_in_business_time_whatever_their_order_of_arrival() -> None:
    layer = a_layer(cap_points_per_rep=100)
    assert entitlements(layer, list(reversed(earned(80, 50, 10)))) == entitlements(layer, earned(80, 50, 10))


layers = st.builds(
    lambda cap, tiers: a_layer(cap_points_per_rep=cap, tiers=tuple(Tier(str(t), t, b) for t, b in tiers)),
    st.none() | st.integers(0, 500),
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 100)), max_size=3),
)
points = st.lists(st.integers(0, 200), min_size=1, max_size=6)


@given(layers, points)
def test_entitlements_sum_to_the_payable_points(layer: object, confirmed: list[int]) -> None:
    assert sum(entitlements(layer, earned(*confirmed)).values()) == payable_points(layer, sum(confirmed))  # type: ignore[arg-type]


@given(layers, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=6))
def test_what_is_owed_closes_the_gap_whatever_was_paid_before(layer, facts: list[tuple[int, int]]) -> None:
    """Paying the facts of before and then what is owed on the facts of now is paying the facts of now."""
    before, now = earned(*(b for b, _ in facts)), earned(*(n for _, n in facts))
    granted = entitlements(layer, before)
    found = owed(layer, "ana", now, granted, {e.registration: e.confirmed for e in before})
    assert sum(c.points for c in found.claims) == sum(entitlements(layer, now).values()) - sum(granted.values())
    assert len({c.points > 0 for c in found.claims}) <= 1, "claims have one sign"
    assert sum(c.points for c in found.set_off) == 0


def test_a_return_is_set_off_visibly_and_a_shift_under_the_cap_is_not() -> None:
    layer = a_layer(cap_points_per_rep=100)
    returned = owed(layer, "ana", earned(0, 90), {"R1": 60}, {"R1": 60})
    assert [(c.registration, c.points) for c in returned.claims] == [("R2", 30)]
    assert [(c.registration, c.points) for c in returned.set_off] == [("R2", 60), ("R1", -60)]
    shifted = owed(layer, "ana", earned(60, 100), {"R2": 100}, {"R2": 100})
    assert (shifted.claims, shifted.set_off) == ((), ())


def test_a_budget_goes_by_business_time_then_rep_and_the_straddler_gets_what_fits() -> None:
    claims = [Claim("chi", "C", when(3), 10), Claim("ben", "B", when(2), 60), Claim("ana", "A", when(1), 50)]
    assert [(g.rep, g.points) for g in fold(claims, 100)] == [("ana", 50), ("ben", 50)]
    tied = [Claim("ben", "B", when(1), 60), Claim("ana", "A", when(1), 60)]
    assert [(g.rep, g.points) for g in fold(tied, 60)] == [("ana", 60)]
    assert len(fold(claims, None)) == 3
    assert fold(claims, 0) == []


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(1, 100)), max_size=8), st.integers(0, 300), st.randoms())
def test_no_order_of_arrival_changes_who_gets_what(facts, budget, random) -> None:
    claims = [Claim(f"rep{n}", f"R{n}", when(day, f"R{n}"), p) for n, (day, p) in enumerate(facts)]
    grants = fold(claims, budget)
    assert sum(g.points for g in grants) == min(budget, sum(c.points for c in claims))
    random.shuffle(claims)
    assert fold(claims, budget) == grants


def test_a_budget_pays_whole_points() -> None:
    layer = a_layer(budget=usd("10"), point=usd("3"))
    assert (room(layer, 0), room(layer, 700), room(layer, 2000), room(a_layer(), 10**9)) == (3, 1, 0, None)
