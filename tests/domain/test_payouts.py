from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payout_plan import Draft, RepAwards, owed_back, plan, totals
from chalicelib.domain.payouts import KEPT_STEPS, MOVES, SETTLED, Payout, PayoutState, digest, move, payout_key
from chalicelib.domain.programs import Program, Tier
from tests.adapters.test_money import a_payout
from tests.builders import ANA, BEN, a_layer, a_program, usd

NOW = datetime(2027, 1, 1, 6, 15, tzinfo=UTC)


def test_a_key_is_35_alphanumerics_and_differs_in_every_part() -> None:
    """domain.md 23."""
    parts = [
        ("q4", "p", "ana", 0),
        ("q5", "p", "ana", 0),
        ("q4", "o", "ana", 0),
        ("q4", "p", "ben", 0),
        ("q4", "p", "ana", 1),
    ]
    keys = {payout_key(*p) for p in parts}
    assert len(keys) == len(parts)
    assert all(re.fullmatch(r"SPF[A-Z2-7]{32}", key) for key in keys)
    assert payout_key("a", "bc", "d", 0) != payout_key("ab", "c", "d", 0)


@pytest.mark.parametrize("start", list(PayoutState))
@pytest.mark.parametrize("to", list(PayoutState))
def test_only_the_moves_of_the_table_are_possible(start: PayoutState, to: PayoutState) -> None:
    payout = a_payout(state=start)
    if to in MOVES[start]:
        moved = move(payout, to, NOW, "why")
        assert (moved.state, moved.rev, moved.history[-1].why) == (to, payout.rev + 1, "why")
    else:
        with pytest.raises(BrokenPromise, match=payout.key):
            move(payout, to, NOW)


def test_a_payout_whose_order_was_seen_is_never_sent_again() -> None:
    seen = {PayoutState.ACCEPTED, PayoutState.CONFIRMED, PayoutState.IN_REVIEW, PayoutState.DELIVERY_FAILED}
    reachable, frontier = set(seen), set(seen)
    while frontier:
        frontier = {to for state in frontier for to in MOVES[state]} - reachable
        reachable |= frontier
    assert not reachable & {PayoutState.QUEUED, PayoutState.SUBMITTING, PayoutState.UNKNOWN, PayoutState.APPROVED}


def test_every_state_leads_to_a_settled_one_or_to_a_person() -> None:
    for state in PayoutState:
        assert MOVES[state] or state in SETTLED or state is PayoutState.CONFLICT


def test_the_history_keeps_its_beginning_and_its_end() -> None:
    payout = a_payout(state=PayoutState.QUEUED)
    for n in range(200):
        payout = move(payout, PayoutState.QUEUED, NOW, str(n))
    assert len(payout.history) <= KEPT_STEPS
    assert (payout.history[0].why, payout.history[-1].why) == ("0", "199")


@pytest.mark.parametrize(
    "changes", [{"amount_minor": 1}, {"lines": ()}, {"rep": BEN}, {"planned_sha256": "x"}, {"currency": "EUR"}]
)
def test_a_digest_changes_with_everything_that_is_paid(changes: dict[str, Any]) -> None:
    assert digest([a_payout()]) != digest([replace(a_payout(), **changes)])


def test_a_digest_does_not_depend_on_order_or_progress() -> None:
    one, two = a_payout(), a_payout(BEN)
    assert digest([one, two]) == digest([two, replace(one, state=PayoutState.CONFIRMED, rev=9)])


# --- the plan -------------------------------------------------------------------------------------------------------


def a_balance(registration: str, base: int, trailing: int = 0, *, day: int = 5, layer: str = "internal") -> Balance:
    at = datetime(2026, 10, day, tzinfo=UTC)
    return Balance(
        "security-push", layer, registration, 0, base, trailing, BusinessTime(at.date(), at, registration), at
    )


def as_payouts(drafts: list[Draft], run: int) -> list[Payout]:
    return [
        a_payout(d.rep, run, lines=d.lines, awards=d.awards, amount_minor=d.amount_minor, key=f"{d.rep}{run}")
        for d in drafts
    ]


def test_the_base_run_pays_base_points_and_a_trailing_run_the_rest() -> None:
    reps = [RepAwards(ANA, (a_balance("R1", 100, 20),))]
    base = plan(a_program(), 0, reps, [], {})
    assert [d.amount_minor for d in base] == [10000]
    trailing = plan(a_program(), 1, reps, as_payouts(base, 0), {})
    assert [d.amount_minor for d in trailing] == [2000]


def test_a_rep_gets_one_payout_a_run_however_much_confirms_while_it_is_open() -> None:
    """The rest goes into the next run: a stored payout never changes."""
    before, after = (RepAwards(ANA, (a_balance("R1", 0, points),)) for points in (20, 50))
    paid = as_payouts(plan(a_program(), 1, [before], [], {}), 1)
    assert plan(a_program(), 1, [after], paid, {}) == []
    assert [d.amount_minor for d in plan(a_program(), 2, [after], paid, {})] == [3000]


def test_what_she_owes_elsewhere_is_a_negative_line_and_never_makes_a_payout_negative() -> None:
    reps = [RepAwards(ANA, (a_balance("R1", 100),))]
    (draft,) = plan(a_program(), 0, reps, [], {ANA: 3000})
    assert (draft.amount_minor, draft.carry_minor) == (7000, 3000)
    assert [(x.kind, x.amount_minor) for x in draft.lines] == [("award", 10000), ("carry", -3000)]
    (draft,) = plan(a_program(), 0, reps, [], {ANA: 99000})
    assert (draft.amount_minor, draft.carry_minor) == (0, 10000)


def test_a_reversal_in_one_layer_is_taken_from_another_in_whole_points() -> None:
    program = a_program(layers=(a_layer(), a_layer(id="vendor:Veridane", point=usd("0.30"))))
    paid = as_payouts(plan(program, 0, [RepAwards(ANA, (a_balance("R1", 100, layer="vendor:Veridane"),))], [], {}), 0)
    reps = [RepAwards(ANA, (a_balance("R1", 100, -100, layer="vendor:Veridane"), a_balance("R2", 0, 1)))]
    (draft,) = plan(program, 1, reps, paid, {})
    assert [(x.kind, x.layer, x.points, x.amount_minor) for x in draft.lines] == [
        ("award", "internal", 1, 100), ("reversal", "vendor:Veridane", -3, -90),
    ]  # fmt: skip
    assert owed_back(program, reps, [*paid, *as_payouts([draft], 1)]) == {ANA: 97 * 30}


terms = st.builds(
    lambda cap, budget, tier, policy: a_program(
        reversal_policy=policy,
        layers=(
            a_layer(
                cap_points_per_rep=cap,
                budget=None if budget is None else usd(str(budget)),
                tiers=(Tier("gold", *tier),) if tier else (),
            ),
        ),
    ),
    st.none() | st.integers(0, 300),
    st.none() | st.integers(0, 600),
    st.none() | st.tuples(st.integers(1, 200), st.integers(0, 80)),
    st.sampled_from(["net", "holdback", "none"]),
)
deals = st.lists(
    st.tuples(st.sampled_from([ANA, BEN, "chi"]), st.integers(1, 28), st.integers(0, 150), st.integers(-1, 100)),
    min_size=1, max_size=7,
)  # fmt: skip


def as_reps(facts: list[tuple[str, int, int, int]], trailing: bool) -> list[RepAwards]:
    """A trailing part of -1 returns the whole deal."""
    by_rep: dict[str, list[Balance]] = {}
    for n, (rep, day, base, more) in enumerate(facts):
        late = (-base if more < 0 else more) if trailing else 0
        by_rep.setdefault(rep, []).append(a_balance(f"R{n}", base, late, day=day))
    return [RepAwards(rep, tuple(b)) for rep, b in by_rep.items()]


@settings(max_examples=300, deadline=None)
@given(terms, deals)
def test_a_plan_never_exceeds_the_budget_never_pays_twice_and_ties_to_the_ledger(program: Program, facts) -> None:
    """domain.md 21, 22, 37."""
    layer = program.layers[0]
    base = plan(program, 0, as_reps(facts, trailing=False), [], {})
    paid = as_payouts(base, 0)
    assert plan(program, 0, as_reps(facts, trailing=False), paid, {}) == []
    assert plan(program, 1, as_reps(facts, trailing=False), paid, {}) == [], "without news nothing more is owed"
    reps = as_reps(facts, trailing=True)
    paid += as_payouts(plan(program, 1, reps, paid, {}), 1)
    assert plan(program, 2, reps, paid, {}) == [], "what is planned is not planned again"
    if layer.budget is not None:
        assert sum(p.granted_minor("internal") for p in paid) <= layer.budget.minor
    assert all(p.amount_minor >= 0 for p in paid)
    for run in (0, 1):
        (total,) = totals(program, run, reps if run else as_reps(facts, trailing=False), paid)
        assert total.amount_minor == sum(p.amount_minor for p in paid if p.run == run)


@given(deals, st.randoms())
def test_a_plan_does_not_depend_on_the_order_reps_are_read_in(facts, random) -> None:
    program = a_program(layers=(a_layer(budget=usd("150")),))
    reps = as_reps(facts, trailing=False)
    first = plan(program, 0, reps, [], {})
    random.shuffle(reps)
    assert plan(program, 0, reps, [], {}) == first


@given(deals, st.integers(0, 6))
def test_a_plan_that_was_put_in_part_ends_like_one_put_whole(facts, cut: int) -> None:
    """A close that died between two chunks."""
    program = a_program(layers=(a_layer(budget=usd("150")),))
    reps = as_reps(facts, trailing=False)
    whole = plan(program, 0, reps, [], {})
    rest = plan(program, 0, reps, as_payouts(whole[:cut], 0), {})
    assert [(d.rep, d.amount_minor) for d in [*whole[:cut], *rest]] == [(d.rep, d.amount_minor) for d in whole]


def test_an_award_never_reaches_back_before_its_confirmation() -> None:
    reps = [RepAwards(ANA, (a_balance("R1", 10, day=5), a_balance("R2", 10, day=9)))]
    (draft,) = plan(a_program(), 0, reps, [], {})
    assert (draft.confirmed_first.date(), draft.confirmed_last.date()) == (date(2026, 10, 5), date(2026, 10, 9))
    assert draft.confirmed_last - draft.confirmed_first == timedelta(days=4)
