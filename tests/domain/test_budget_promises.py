"""Paid and reserved together never exceed a budget, whatever arrives in which order (domain.md 21, 34, 37; F21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.board import CUT_AT_ONCE, CUT_FRESH, Board, build
from chalicelib.domain.budgets import Claim, Cut, Earned, budget_of, cut, entitlements, fold, phases, room, within
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payout_plan import RepAwards, plan
from chalicelib.domain.payouts import Payout
from chalicelib.domain.programs import Layer, Tier
from chalicelib.domain.standings import Fence, Standing, Sums, payable_points
from tests.builders import ANA, BEN, CHI, a_layer, a_program, usd
from tests.domain.test_payouts import as_payouts

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REPS = (ANA, BEN, CHI)


def an_award(registration: str, day: int, base: int = 0, waits: int = 0, late: int = 0) -> Balance:
    when = BusinessTime(date(2026, 10, day), datetime(2026, 10, day, tzinfo=UTC), registration)
    return Balance("security-push", "internal", registration, waits, base, late, when, when.approved_at)


def limited(budget: int, **more: object) -> Layer:
    return a_layer(budget=usd(str(budget)), **more)


def test_what_is_confirmed_consumes_what_waits_reserves_and_the_rest_is_left() -> None:
    budget = budget_of(limited(200), 120, 150)
    assert budget is not None
    assert (budget.consumed, budget.reserved, budget.left) == (usd("120"), usd("30"), usd("50"))
    assert not budget.exhausted and budget.note == ""
    assert budget_of(a_layer(), 120, 150) is None


def test_a_budget_that_is_spoken_for_promises_nothing_more() -> None:
    reserved, used = budget_of(limited(200), 120, 260), budget_of(limited(200), 260, 260)
    assert reserved is not None and used is not None
    assert (reserved.consumed, reserved.reserved, reserved.left) == (usd("120"), usd("80"), usd("0"))
    assert reserved.exhausted and "spoken for" in reserved.note
    assert (used.consumed, used.reserved, used.exhausted) == (usd("200"), usd("0"), True) and "used up" in used.note


def test_a_reversal_releases_what_it_consumed_until_it_was_paid() -> None:
    before, after = budget_of(limited(200), 200, 200), budget_of(limited(200), 150, 150)
    paid = budget_of(limited(200), 150, 150, paid_minor=200_00)
    assert before is not None and after is not None and paid is not None
    assert (before.left, after.left, paid.left) == (usd("0"), usd("50"), usd("0"))


def test_less_than_one_point_left_is_no_promise() -> None:
    budget = budget_of(limited(10, point=usd("3")), 3, 3)
    assert budget is not None and (budget.left, budget.exhausted) == (usd("1"), True)


def test_the_cut_falls_on_the_award_that_straddles_the_end() -> None:
    layer = limited(100)
    ana = phases(layer, ANA, [an_award("A", 1, 50)], waiting=False, frozen=False)
    ben = phases(layer, BEN, [an_award("B", 2, 60), an_award("C", 3, 5)], waiting=False, frozen=False)
    end = cut(layer, [ana, ben])
    assert end == Cut(0, an_award("B", 2).when, BEN, 50)
    assert (within(end, ana), within(end, ben)) == (50, 50)
    assert cut(limited(115), [ana, ben]) is None


def test_what_the_freeze_fixed_is_not_displaced_by_an_earlier_deal_that_confirms_late() -> None:
    """domain.md 37."""
    layer = limited(100)
    ana = phases(layer, ANA, [an_award("A", 9, 90)], waiting=False, frozen=True)
    ben = phases(layer, BEN, [an_award("B", 1, 0, late=40)], waiting=False, frozen=True)
    end = cut(layer, [ana, ben])
    assert (within(end, ana), within(end, ben)) == (90, 10)
    open_ = [phases(layer, r, b, waiting=False, frozen=False) for r, b in
             ((ANA, [an_award("A", 9, 90)]), (BEN, [an_award("B", 1, 40)]))]  # fmt: skip
    assert [within(cut(layer, open_), of) for of in open_] == [60, 40]


layers = st.builds(
    lambda budget, cap, tier: limited(
        budget, cap_points_per_rep=cap, tiers=(Tier("gold", *tier),) if tier else (),
    ),
    st.integers(1, 400), st.none() | st.integers(1, 300),
    st.none() | st.tuples(st.integers(1, 200), st.integers(1, 80)),
)  # fmt: skip
deals = st.lists(
    st.tuples(st.sampled_from(REPS), st.integers(1, 28), st.integers(0, 120), st.integers(0, 120)),
    min_size=1,
    max_size=8,
)


def by_rep(facts: list[tuple[str, int, int, int]]) -> dict[str, list[Balance]]:
    found: dict[str, list[Balance]] = {rep: [] for rep in REPS}
    for n, (rep, day, base, waits) in enumerate(facts):
        found[rep].append(an_award(f"R{n}", day, base, waits))
    return {rep: sorted(awards, key=lambda a: a.when) for rep, awards in found.items()}


def the_board(
    layer: Layer, awards: dict[str, list[Balance]], before: Board | None = None, now: datetime = NOW
) -> Board:
    def sums(mine: list[Balance]) -> Sums:
        late = any(a.trailing for a in mine)
        return Sums(
            sum(a.base for a in mine), sum(a.provisional for a in mine), sum(a.trailing for a in mine) if late else 0
        )

    fence = Fence(date(2026, 10, 1), None, "base")
    standings = [Standing("security-push", rep, fence, {layer.id: sums(mine)}) for rep, mine in awards.items()]
    return build(a_program(layers=(layer,)), standings, lambda rep: awards[rep], now, before)


@settings(max_examples=300, deadline=None)
@given(layers, deals)
def test_what_a_rep_is_shown_is_what_the_freeze_would_pay_her(layer: Layer, facts) -> None:
    """Now, and with everything that waits: the cut on the board says the same as folding all claims."""
    awards = by_rep(facts)
    demand = the_board(layer, awards).demand(layer.id)
    for waiting, end in ((False, demand.cut_now), (True, demand.cut_all)):
        claims = [
            Claim(rep, registration, next(a.when for a in mine if a.registration == registration), points)
            for rep, mine in awards.items()
            for registration, points in entitlements(
                layer, [_earned(a, waiting=waiting) for a in mine]
            ).items()
        ]  # fmt: skip
        grants = fold(claims, room(layer, 0))
        shown = {
            rep: within(end, phases(layer, rep, mine, waiting=waiting, frozen=False)) for rep, mine in awards.items()
        }
        assert shown == {rep: sum(g.points for g in grants if g.rep == rep) for rep in awards}
    paid = plan(a_program(layers=(layer,)), 0, [RepAwards(r, tuple(a)) for r, a in awards.items()], [], {})
    now_shown = {
        rep: within(demand.cut_now, phases(layer, rep, mine, waiting=False, frozen=False)) * 100
        for rep, mine in awards.items()
    }
    assert {d.rep: d.amount_minor for d in paid} == {rep: minor for rep, minor in now_shown.items() if minor}


def _earned(award: Balance, *, waiting: bool) -> Earned:
    return Earned(award.registration, award.when, award.confirmed + (award.provisional if waiting else 0))


# What can happen to a deal: (event, which deal, how much).
events = st.lists(
    st.tuples(
        st.sampled_from(["approve", "confirm", "return", "lose", "close", "close"]), st.integers(0, 7),
        st.integers(1, 90),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(layers, st.lists(st.tuples(st.sampled_from(REPS), st.integers(1, 28)), min_size=8, max_size=8), events,
       st.sampled_from(["net", "none", "holdback"]))  # fmt: skip
def test_paid_and_reserved_never_exceed_the_budget_under_any_interleaving(layer: Layer, who, story, policy) -> None:
    """Approvals, confirmations, returns, the freeze and trailing runs in any order, checked after every step."""
    program = a_program(layers=(layer,), reversal_policy=policy)
    assert layer.budget is not None
    awards = {n: an_award(f"R{n}", day) for n, (_, day) in enumerate(who)}
    paid: list[Payout] = []
    run = -1
    for event, deal, much in story:
        awards[deal] = _after(awards[deal], event, much, frozen=run >= 0)
        mine = {rep: [awards[n] for n, (r, _) in enumerate(who) if r == rep] for rep in REPS}
        if event == "close":
            run += 1
            reps = [RepAwards(rep, tuple(sorted(of, key=lambda a: a.when))) for rep, of in mine.items()]
            paid += as_payouts(plan(program, run, reps, paid, {}), run)
        granted = sum(p.granted_minor(layer.id) for p in paid)
        now_points, all_points = (
            sum(
                payable_points(layer, sum(a.confirmed + (a.provisional if waits else 0) for a in of))
                for of in mine.values()
            )
            for waits in (False, True)
        )
        budget = budget_of(layer, now_points, all_points, granted)
        assert budget is not None
        assert granted <= budget.consumed.minor, "what was paid is consumed"
        assert budget.consumed + budget.reserved + budget.left == layer.budget
        assert min(budget.consumed.minor, budget.reserved.minor, budget.left.minor) >= 0
        frozen = run >= 0
        end = cut(layer, [phases(layer, rep, of, waiting=False, frozen=frozen) for rep, of in mine.items()])
        shown = sum(within(end, phases(layer, rep, of, waiting=False, frozen=frozen)) for rep, of in mine.items())
        assert shown * layer.point.minor <= layer.budget.minor, "the reps together are not shown more than there is"


def _after(award: Balance, event: str, much: int, *, frozen: bool) -> Balance:
    """The award after one more event: a confirmation moves what waits, a return takes back what was confirmed."""
    if event == "approve":
        return award if award.confirmed or award.provisional else replace(award, provisional=much)
    if event == "confirm":
        moved = min(much, award.provisional)
        return _post(replace(award, provisional=award.provisional - moved), moved, frozen=frozen)
    if event == "return":
        return _post(award, -min(much, award.confirmed), frozen=frozen)
    return replace(award, provisional=0) if event == "lose" else award


def _post(award: Balance, points: int, *, frozen: bool) -> Balance:
    if frozen:
        return replace(award, trailing=award.trailing + points)
    return replace(award, base=award.base + points)


def test_a_large_team_pays_for_finding_the_cut_at_most_once_a_minute() -> None:
    layer = limited(100)
    reps = [f"rep{n:04}" for n in range(CUT_AT_ONCE + 1)]
    awards = {rep: [an_award(rep, 5, 10)] for rep in reps}
    asked: list[str] = []

    def count(before: Board | None, now: datetime, more: int) -> Board:
        asked.clear()
        fence = Fence(date(2026, 10, 1), None, "base")
        standings = [
            Standing("security-push", rep, fence, {layer.id: Sums(10 + (more if rep == reps[0] else 0))})
            for rep in reps
        ]

        def of(rep: str) -> list[Balance]:
            asked.append(rep)
            return awards[rep]

        return build(a_program(layers=(layer,)), standings, of, now, before)

    first = count(None, NOW, 0)
    assert len(asked) == len(reps) and first.demand("internal").cut_now is not None
    soon = count(first, NOW + timedelta(seconds=10), 5)
    assert not asked and soon.demand("internal").confirmed == first.demand("internal").confirmed + 5
    count(soon, NOW + CUT_FRESH, 5)
    assert len(asked) == len(reps)


def test_a_small_team_sees_every_change_at_once() -> None:
    layer = limited(100)
    awards = by_rep([(ANA, 5, 80, 0), (BEN, 9, 80, 0)])
    first = the_board(layer, awards)
    earlier = {**awards, CHI: [an_award("X", 1, 30)]}
    then = the_board(layer, earlier, first, NOW + timedelta(seconds=6))
    assert first.demand("internal").cut_now == Cut(0, awards[BEN][0].when, BEN, 20)
    assert then.demand("internal").cut_now == Cut(0, awards[ANA][0].when, ANA, 70)
