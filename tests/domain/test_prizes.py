"""Rank prizes: given once, at the freeze, pooled among equals, the same whatever the order of arrival."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.board import build
from chalicelib.domain.budgets import budget_of, room
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payout_plan import RepAwards, plan, totals
from chalicelib.domain.prizes import at_freeze, shared_out
from chalicelib.domain.programs import Program, RankPrizes
from chalicelib.domain.shapes import with_prizes
from chalicelib.domain.standings import Fence, Standing, Sums
from tests.builders import ANA, BEN, CHI, a_layer, a_program, usd
from tests.domain.test_payouts import as_payouts

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REPS = (ANA, BEN, CHI)


def an_award(registration: str, day: int, base: int, layer: str = "internal") -> Balance:
    when = BusinessTime(date(2026, 10, day), datetime(2026, 10, day, tzinfo=UTC), registration)
    return Balance("security-push", layer, registration, 0, base, 0, when, when.approved_at)


def prized(*amounts: str, budget: str | None = None, **more: Any) -> Program:
    layer = a_layer(budget=usd(budget) if budget else None)
    prizes = RankPrizes("internal", tuple(usd(a) for a in amounts))
    return with_prizes(a_program(layers=(layer,), rank_prizes=prizes, **more))


@pytest.mark.parametrize(
    ("places", "minor"),
    [
        ([(1, "a"), (2, "b"), (3, "c"), (4, "d")], {"a": 500, "b": 300, "c": 101}),
        ([(1, "a"), (1, "b"), (3, "c")], {"a": 400, "b": 400, "c": 101}),
        ([(1, "a"), (2, "b"), (2, "c"), (2, "d")], {"a": 500, "b": 134, "c": 134, "d": 133}),
        ([(1, "b"), (1, "a"), (1, "c"), (1, "d")], {"a": 226, "b": 225, "c": 225, "d": 225}),
        ([(1, "a")], {"a": 500}),
        ([], {}),
    ],
)
def test_equal_places_pool_their_prizes_and_share_them_to_the_cent(places: Any, minor: dict[str, int]) -> None:
    """domain.md 18, 36: largest remainder, equal ones by rep id."""
    assert {rep: prize.minor for rep, prize in shared_out([500, 300, 101], places).items()} == minor


def test_a_prize_is_a_line_of_its_own_paid_by_its_layer() -> None:
    program = prized("500", "200")
    reps = [RepAwards(ANA, (an_award("A", 1, 50),)), RepAwards(BEN, (an_award("B", 2, 50),)), RepAwards(CHI, ())]
    drafts = plan(program, 0, reps, [], {})
    lines = [[(x.kind, x.points, x.amount_minor, x.payer_of_record, x.because) for x in d.lines] for d in drafts]
    prize = ("prize", 0, 35000, "Harborline IT", "place 1, shared by 2")
    assert lines == [[("award", 50, 5000, "Harborline IT", ""), prize]] * 2
    [total] = totals(program, 0, reps, as_payouts(drafts, 0))
    assert (total.amount_minor, total.prizes_minor) == (10000, 70000)


def test_who_reached_the_amount_earlier_ranks_first_where_the_card_says_so() -> None:
    program = prized("500", "200", tie_rule="earlier_to_reach")
    awards = {ANA: [an_award("A", 9, 50)], BEN: [an_award("B", 2, 50)], CHI: [an_award("C", 1, 0)]}
    assert {rep: p.minor for rep, p in at_freeze(program, awards).items()} == {BEN: 50000, ANA: 20000}
    same_deal = {ANA: [an_award("A", 9, 50)], BEN: [an_award("A", 9, 50)]}
    assert {rep: p.minor for rep, p in at_freeze(program, same_deal).items()} == {BEN: 35000, ANA: 35000}


def test_prizes_are_given_once_and_nothing_that_comes_later_moves_them() -> None:
    """domain.md 37: a trailing run lifts tiers, never prizes."""
    program = prized("500")
    ana, ben = an_award("A", 1, 60), an_award("B", 2, 50)
    base = as_payouts(plan(program, 0, [RepAwards(ANA, (ana,)), RepAwards(BEN, (ben,))], [], {}), 0)
    assert {p.rep: p.prize_minor() for p in base} == {ANA: 50000, BEN: 0}
    later = [RepAwards(ANA, (replace(ana, trailing=-60),)), RepAwards(BEN, (replace(ben, trailing=100),))]
    trailing = as_payouts(plan(program, 1, later, base, {}), 1)
    assert [(p.rep, p.prize_minor(), p.amount_minor) for p in trailing] == [(BEN, 0, 10000)]


def test_a_run_that_was_interrupted_gives_no_prize_twice() -> None:
    """Somebody enrolled between two attempts ranks first then: what is given stays given, the rest is the rest."""
    program = prized("500", "200")
    first = as_payouts(plan(program, 0, [RepAwards(ANA, (an_award("A", 1, 60),))], [], {}), 0)
    again = plan(
        program, 0, [RepAwards(BEN, (an_award("B", 2, 90),)), RepAwards(ANA, (an_award("A", 1, 60),))], first, {}
    )
    assert sum(p.prize_minor() for p in [*first, *as_payouts(again, 0)]) == 70000


def test_a_budget_keeps_the_prizes_aside() -> None:
    """F21: awards cannot eat what the first places were promised."""
    program = prized("30", "20", budget="100")
    [layer] = program.layers
    assert room(layer, 0) == 50
    budget = budget_of(layer, 20, 40)
    assert budget is not None and (budget.consumed, budget.reserved, budget.left) == (usd("20"), usd("70"), usd("10"))
    drafts = plan(program, 0, [RepAwards(ANA, (an_award("A", 1, 80),))], [], {})
    assert [d.amount_minor for d in drafts] == [5000 + 3000]


def test_a_rep_whose_award_the_budget_cut_still_gets_her_prize() -> None:
    program = prized("30", budget="31")
    reps = [RepAwards(ANA, (an_award("A", 9, 80),)), RepAwards(BEN, (an_award("B", 1, 1),))]
    drafts = plan(program, 0, reps, [], {})
    assert {d.rep: [x.kind for x in d.lines] for d in drafts} == {ANA: ["prize"], BEN: ["award"]}
    assert drafts[0].confirmed_last == an_award("A", 9, 80).confirmed_at


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(REPS), st.integers(1, 5), st.integers(0, 3)), max_size=7),
    st.lists(st.integers(1, 900), min_size=1, max_size=4),
    st.sampled_from(["shared", "earlier_to_reach"]),
    st.randoms(),
)
def test_what_the_board_shows_is_what_the_freeze_gives_whatever_came_first(facts, amounts, tie_rule, random) -> None:
    """W43; domain.md 6: and never more than there is."""
    program = prized(*(str(a) for a in sorted(amounts, reverse=True)), tie_rule=tie_rule)
    awards: dict[str, list[Balance]] = {rep: [] for rep in REPS}
    for n, (rep, day, base) in enumerate(facts):
        awards[rep].append(an_award(f"R{n}", day, base))
    given_ = {rep: p.minor for rep, p in at_freeze(program, awards).items()}
    shuffled = {rep: random.sample(awards[rep], len(awards[rep])) for rep in random.sample(REPS, len(REPS))}
    assert {rep: p.minor for rep, p in at_freeze(program, shuffled).items()} == given_
    earning = sum(any(b.base for b in of) for of in awards.values())
    minor = sorted((a * 100 for a in amounts), reverse=True)
    assert sum(given_.values()) == sum(minor[:earning])
    fence = Fence(date(2026, 10, 1), None, "base")
    standings = [
        Standing(program.id, rep, fence, {"internal": Sums(sum(b.base for b in of))}) for rep, of in awards.items()
    ]
    board = build(program, standings, lambda rep: awards[rep], NOW)
    assert {rep: p.minor for rep, p in board.prizes(minor).items()} == given_
