"""Caps over a whole program and first deals: folds in business time that no order of arrival and no run changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.board import build
from chalicelib.domain.budgets import Earned, entitlements
from chalicelib.domain.caps import later_deals, phases_of
from chalicelib.domain.cards import without_promises
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payout_plan import RepAwards, owed_back, plan, totals
from chalicelib.domain.payouts import Payout
from chalicelib.domain.programs import Program, RankPrizes
from chalicelib.domain.shapes import with_prizes
from chalicelib.domain.standings import Fence, Standing, Sums
from chalicelib.services.budget_views import WHOLE_PROGRAM, budgets_of, nothing_paid, payable, program_note
from tests.builders import ANA, BEN, a_layer, a_program, usd
from tests.domain.test_payouts import as_payouts

NOW = datetime(2026, 11, 1, tzinfo=UTC)
INTERNAL, VENDOR = "internal", "vendor:acme"


def an_award(registration: str, day: int, base: int = 0, waits: int = 0, layer: str = INTERNAL) -> Balance:
    when = BusinessTime(date(2026, 10, day), datetime(2026, 10, day, tzinfo=UTC), registration)
    return Balance("security-push", layer, registration, waits, base, 0, when, when.approved_at)


def two_layers(cap: str | None, **more: Any) -> Program:
    """A point of the internal layer is 1 USD, one of the vendor's 3 USD."""
    vendor = a_layer(id=VENDOR, point=usd("3"), payer_of_record="Acme")
    return a_program(layers=(a_layer(**more), vendor), cap_per_rep=usd(cap) if cap else None)


def planned(program: Program, run: int, awards: list[Balance], paid: list[Payout]) -> list[Payout]:
    return as_payouts(plan(program, run, [RepAwards(ANA, tuple(awards))], paid, {}), run)


def by_layer(payouts: list[Payout]) -> dict[str, int]:
    return {layer: sum(p.granted_minor(layer) for p in payouts) for layer in (INTERNAL, VENDOR)}


def test_a_cap_over_all_layers_is_filled_in_business_time_and_the_straddler_gets_what_fits() -> None:
    """domain.md 21, 34: whole points, so one of 3 USD does not fit into the last 2 USD and one of 1 USD does."""
    awards = [an_award("B", 2, 30, layer=VENDOR), an_award("A", 1, 10), an_award("C", 3, 50)]
    assert by_layer(planned(two_layers("60"), 0, awards, [])) == {INTERNAL: 1200, VENDOR: 4800}
    assert by_layer(planned(two_layers(None), 0, awards, [])) == {INTERNAL: 6000, VENDOR: 9000}


def test_what_was_paid_is_not_displaced_by_an_earlier_deal_that_confirms_late() -> None:
    """domain.md 37: the late deal gets what is left of the cap, whatever its date."""
    program, late = two_layers("60"), an_award("A", 1, 0, layer=VENDOR)
    paid = planned(program, 0, [late, an_award("C", 3, 45)], [])
    more = planned(program, 1, [replace(late, trailing=30), an_award("C", 3, 45)], paid)
    assert by_layer(more) == {INTERNAL: 0, VENDOR: 1500}


def test_a_return_makes_room_under_the_cap_and_costs_only_the_difference() -> None:
    program, other = two_layers("60"), an_award("B", 5, 20, layer=VENDOR)
    paid = planned(program, 0, [an_award("A", 1, 60), other], [])
    assert by_layer(paid) == {INTERNAL: 6000, VENDOR: 0}
    back = replace(an_award("A", 1, 60), trailing=-30)
    reps = [RepAwards(ANA, (back, other))]
    [after] = planned(program, 1, [back, other], paid)
    assert (after.amount_minor, by_layer([after])) == (0, {INTERNAL: -3000, VENDOR: 3000})
    assert owed_back(program, reps, [*paid, after]) == {}


def first(number: int, **more: Any) -> Program:
    return a_program(layers=(a_layer(first_deals_per_rep=number, **more),))


def earned(*points: int) -> list[Earned]:
    return [Earned(f"R{n}", an_award(f"R{n}", n).when, p) for n, p in enumerate(points, start=1)]


@pytest.mark.parametrize(
    ("confirmed", "added"),
    [((50, 20, 90), (50, 20, 0)), ((50,), (50,)), ((0, 20, 90), (0, 20, 90)), ((0, 0, 0), (0, 0, 0))],
)
def test_only_the_first_deals_with_points_are_paid(confirmed: tuple[int, ...], added: tuple[int, ...]) -> None:
    """A deal that was returned whole leaves its place to the next one."""
    [layer] = first(2).layers
    assert tuple(entitlements(layer, earned(*confirmed)).values()) == added


def test_a_place_among_the_first_deals_that_was_paid_is_kept() -> None:
    """A deal that confirms late, dated earlier, would cost the rep money if it took the place: it does not."""
    program, late = first(1), an_award("A", 1)
    paid = planned(program, 0, [late, an_award("B", 9, 90)], [])
    now = [replace(late, trailing=10), an_award("B", 9, 90)]
    assert planned(program, 1, now, paid) == [] and owed_back(program, [RepAwards(ANA, tuple(now))], paid) == {}
    gone = [replace(late, trailing=10), replace(an_award("B", 9, 90), trailing=-90)]
    assert owed_back(program, [RepAwards(ANA, tuple(gone))], paid) == {ANA: 8000}, "the place went to A"


def test_a_rep_is_told_which_deals_come_too_late() -> None:
    awards = [an_award("A", 1, waits=5), an_award("B", 2, 10), an_award("C", 3, 10), an_award("D", 4)]
    assert later_deals(first(2).layers[0], awards) == {"C"}
    assert later_deals(a_layer(), awards) == set()


def test_a_program_budget_ends_at_one_deal_over_all_layers() -> None:
    """domain.md 21, 34: one point of 3 USD fits into the last 5 USD; a later deal gets nothing."""
    program = replace(two_layers(None), budget=usd("45"))
    awards = [an_award("A", 1, 40), an_award("B", 2, 30, layer=VENDOR), an_award("C", 3, 50)]
    assert by_layer(planned(program, 0, awards, [])) == {INTERNAL: 4000, VENDOR: 300}
    prizes = RankPrizes(INTERNAL, (usd("10"),))
    kept = with_prizes(replace(program, rank_prizes=prizes))
    assert by_layer(planned(kept, 0, awards, [])) == {INTERNAL: 3500, VENDOR: 0}


def test_a_deal_behind_the_end_of_the_program_budget_says_so() -> None:
    """F21: and the card says it first."""
    program = replace(two_layers(None), budget=usd("45"), card="Sell.")
    awards = [an_award("A", 1, 40), an_award("B", 2, 30, layer=VENDOR), an_award("C", 3, 50)]
    sums = {INTERNAL: Sums(90), VENDOR: Sums(30)}
    standing = Standing(program.id, ANA, Fence(date(2026, 10, 1), None, "base"), sums)
    board = build(program, [standing], lambda rep: awards, NOW)
    assert board.together is not None and board.together.confirmed == 180_00
    told = [program_note(program, board.together, b.layer, b.when, ANA) for b in awards]
    assert told == [
        "", "only 1 points of it fit into the rest of the budget",
        "the budget is used up by deals that qualified before it",
    ]  # fmt: skip
    budgets = budgets_of(program, board, NOW, nothing_paid)
    assert without_promises(program, budgets).startswith("The budget is used up")
    assert budgets[WHOLE_PROGRAM].left == usd("0")


# --- properties ---------------------------------------------------------------------------------------------------

REPS = (ANA, BEN)
programs = st.builds(
    lambda cap, number, budget, layer_cap, policy, whole: replace(
        two_layers(
            str(cap) if cap else None, first_deals_per_rep=number, cap_points_per_rep=layer_cap,
            budget=usd(str(budget)) if budget else None,
        ),
        reversal_policy=policy,
        budget=usd(str(whole)) if whole else None,
    ),
    st.none() | st.integers(1, 400), st.none() | st.integers(1, 4), st.none() | st.integers(1, 400),
    st.none() | st.integers(1, 300), st.sampled_from(["net", "none", "holdback"]), st.none() | st.integers(1, 500),
)  # fmt: skip
deals = st.lists(
    st.tuples(
        st.sampled_from(REPS), st.integers(1, 28), st.integers(0, 120), st.integers(0, 120),
        st.sampled_from([INTERNAL, VENDOR]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


def awards_of(facts: list[tuple[str, int, int, int, str]]) -> dict[str, list[Balance]]:
    found: dict[str, list[Balance]] = {rep: [] for rep in REPS}
    for n, (rep, day, base, waits, layer) in enumerate(facts):
        found[rep].append(an_award(f"R{n}", day, base, waits, layer))
    return found


def all_of(awards: dict[str, list[Balance]]) -> list[RepAwards]:
    return [RepAwards(rep, tuple(of)) for rep, of in awards.items()]


@settings(max_examples=200, deadline=None)
@given(programs, deals, st.randoms())
def test_no_order_of_arrival_changes_what_anybody_is_paid(program: Program, facts, random) -> None:
    drafts = plan(program, 0, all_of(awards_of(facts)), [], {})
    shuffled = {rep: random.sample(of, len(of)) for rep, of in awards_of(facts).items()}
    again = plan(program, 0, all_of(shuffled)[::-1], [], {})
    assert {d.rep: d.amount_minor for d in again} == {d.rep: d.amount_minor for d in drafts}
    for draft in drafts:
        assert program.cap_per_rep is None or draft.amount_minor <= program.cap_per_rep.minor


@settings(max_examples=200, deadline=None)
@given(programs, deals)
def test_what_a_rep_is_shown_is_what_the_freeze_pays_her(program: Program, facts) -> None:
    """W45: caps, first deals and budgets in her own figures are those of the plan."""
    awards = awards_of(facts)

    def sums(of: list[Balance], layer: str) -> Sums:
        mine = [b for b in of if b.layer == layer]
        return Sums(sum(b.base for b in mine), sum(b.provisional for b in mine))

    fence = Fence(date(2026, 10, 1), None, "base")
    standings = {
        rep: Standing(program.id, rep, fence, {x.id: sums(of, x.id) for x in program.layers})
        for rep, of in awards.items()
    }
    board = build(program, standings.values(), lambda rep: awards[rep], NOW)
    shown = {
        rep: sum(payable(program, x, standings[rep], board, of)[0] * x.point.minor for x in program.layers)
        for rep, of in awards.items()
    }
    paid = {d.rep: d.amount_minor for d in plan(program, 0, all_of(awards), [], {})}
    assert {rep: minor for rep, minor in shown.items() if minor} == paid
    for layer in program.layers:
        if layer.budget is None:
            continue
        demand = board.demand(layer.id)
        asked = sum(
            c.points
            for rep, of in awards.items()
            for phase in phases_of(program, rep, of, waiting=True, frozen=False)[layer.id]
            for c in phase
        )
        assert demand.everything == asked
    if program.budget is not None:
        assert sum(shown.values()) <= program.budget.minor
        whole = budgets_of(program, board, NOW, nothing_paid)[WHOLE_PROGRAM]
        assert whole.consumed + whole.reserved + whole.left == program.budget
        assert whole.consumed.minor >= sum(shown.values()) and whole.left.minor >= 0


events = st.lists(
    st.tuples(st.sampled_from(["confirm", "return", "run"]), st.integers(0, 7), st.integers(1, 90)),
    min_size=1, max_size=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(programs, deals, events)
def test_caps_and_budgets_hold_over_every_run_and_totals_tie(program: Program, facts, story) -> None:
    """Confirmations, returns and runs in any order: nobody is granted more than the cap, no layer more than its
    budget, every run's totals follow from the ledger, and returns cost nobody anything under the policy "none"."""
    awards = [(rep, an_award(f"R{n}", day, base, 0, layer)) for n, (rep, day, base, _, layer) in enumerate(facts)]
    paid: list[Payout] = []
    run = 0
    for event, deal, much in [("run", 0, 1), *story, ("run", 0, 1)]:
        if event != "run":
            rep, award = awards[deal % len(awards)]
            change = much if event == "confirm" else -min(much, award.confirmed)
            awards[deal % len(awards)] = (rep, replace(award, trailing=award.trailing + change))
            continue
        reps = [RepAwards(rep, tuple(a for r, a in awards if r == rep)) for rep in REPS]
        paid += as_payouts(plan(program, run, reps, paid, {}), run)
        totals(program, run, reps, paid)  # raises when they do not tie
        if program.budget is None and program.layers[0].budget is None:  # what comes back is for the run after it
            assert plan(program, run + 1, reps, paid, {}) == [], "a run leaves nothing of what is due now"
        run += 1
        for rep in REPS:
            granted = sum(p.granted_minor(x.id) for p in paid if p.rep == rep for x in program.layers)
            assert program.cap_per_rep is None or granted <= program.cap_per_rep.minor
        everybody = sum(p.granted_minor(x.id) for p in paid for x in program.layers)
        assert program.budget is None or everybody <= program.budget.minor
        for layer in program.layers:
            assert layer.budget is None or sum(p.granted_minor(layer.id) for p in paid) <= layer.budget.minor
    if program.reversal_policy == "none":
        assert owed_back(program, reps, paid) == {}
