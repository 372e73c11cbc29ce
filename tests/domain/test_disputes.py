"""The states of a dispute, its clock, and who may move it (domain.md 32, W10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.disputes import (
    DECISIONS,
    DUE_WITHIN,
    REASONS,
    STATES,
    WAITS_FOR,
    Dispute,
    DisputeState,
    answer,
    ask,
    business_days_after,
    close,
    decide,
    dispute_id,
    program_of,
    withdraw,
)
from chalicelib.domain.errors import Conflict, Forbidden
from tests.builders import ANA, BEN, CHI

FRIDAY = datetime(2026, 10, 2, 15, tzinfo=UTC)
FAY = "0055w00000FAY00AAA"


def a_dispute() -> Dispute:
    id = dispute_id("security-push", ANA, "a0D5w00000REG01EAA", 0)
    return Dispute(
        id, ANA, "a0D5w00000REG01EAA", "DR-000101", "security-push", "", "not_counted", "It should count.", FRIDAY,
        FRIDAY, "America/Chicago", {},
    )  # fmt: skip


def denied(dispute: Dispute, by: str = FAY) -> Dispute:
    return decide(dispute, by, "denied", "rule_applied_right", "The card says so.", "", FRIDAY)


def upheld(dispute: Dispute, adjustment: str = "ADJ-1") -> Dispute:
    return decide(dispute, FAY, "upheld", "rule_exception", "You are right.", adjustment, FRIDAY)


def asked(dispute: Dispute) -> Dispute:
    return ask(dispute, FAY, "Which order?", FRIDAY)


def said(dispute: Dispute) -> Dispute:
    return answer(dispute, "INV-1", FRIDAY)


def taken_back(dispute: Dispute) -> Dispute:
    return withdraw(dispute, FRIDAY)


Move = Callable[[Dispute], Dispute]
MOVES: dict[Move, DisputeState] = {
    asked: "needs_info", said: "open", taken_back: "withdrawn", denied: "denied", upheld: "upheld",
}  # fmt: skip


@pytest.mark.parametrize("begin", [a_dispute, lambda: asked(a_dispute())], ids=["open", "needs info"])
@pytest.mark.parametrize("move", list(MOVES), ids=lambda move: move.__name__)
def test_while_undecided_every_move_is_possible(begin: Callable[[], Dispute], move: Move) -> None:
    before = begin()
    after = move(before)
    if move is asked and before.state == "needs_info":
        assert after == before  # the same question, sent again
        return
    assert after.state == MOVES[move] and after.rev == before.rev + 1
    assert (after.steps[-1].old, after.steps[-1].new) == (before.state, after.state)


@pytest.mark.parametrize("end", [taken_back, denied, upheld, lambda d: close(upheld(d), CHI, "posted", FRIDAY)])
@pytest.mark.parametrize("move", [asked, said, lambda d: denied(d, CHI), upheld])
def test_what_is_decided_takes_nothing_more(end: Move, move: Move) -> None:
    decided = end(a_dispute())
    try:
        assert move(decided) == decided  # the same decision again
    except Conflict:
        return
    assert move is upheld and decided.decision is not None


def test_only_the_undecided_hold_an_award_and_only_the_live_one_keeps_others_out() -> None:
    closed = close(upheld(a_dispute()), CHI, "posted", FRIDAY)
    found = {d.state: (d.holds, d.live) for d in (
        a_dispute(), asked(a_dispute()), upheld(a_dispute()), denied(a_dispute()), taken_back(a_dispute()), closed
    )}  # fmt: skip
    assert found == {
        "open": (True, True), "needs_info": (True, True), "upheld": (False, True), "denied": (False, False),
        "withdrawn": (False, False), "closed": (False, False),
    }  # fmt: skip
    assert set(found) == set(STATES) == set(WAITS_FOR)


def test_upheld_with_nothing_to_post_is_closed_at_once() -> None:
    assert upheld(a_dispute(), "").state == "closed"


def test_it_is_about_one_award_of_one_rep() -> None:
    dispute = a_dispute()
    assert dispute.holds_back(ANA, "internal", dispute.registration)
    assert not dispute.holds_back(BEN, "internal", dispute.registration)
    assert not dispute.holds_back(ANA, "internal", "a0D5w00000REG02EAA")


@pytest.mark.parametrize("move", [asked, denied, upheld])
def test_nobody_reviews_her_own(move: Move) -> None:
    """domain.md 31."""
    own = Dispute(**{name: getattr(a_dispute(), name) for name in Dispute.__dataclass_fields__} | {"rep": FAY})
    with pytest.raises(Forbidden):
        move(own)


@pytest.mark.parametrize(
    ("day", "days", "due"),
    [
        (date(2026, 10, 2), 1, date(2026, 10, 5)),  # over a weekend
        (date(2026, 10, 3), 1, date(2026, 10, 5)),  # filed on a Saturday
        (date(2026, 9, 30), 2, date(2026, 10, 2)),
        (date(2026, 9, 28), 5, date(2026, 10, 5)),
    ],
)
def test_weekends_do_not_count(day: date, days: int, due: date) -> None:
    assert business_days_after(day, days) == due


def test_the_clock_runs_by_state_and_starts_again_with_each() -> None:
    """W10: filed on Friday, a word is due on Wednesday; asked on Tuesday, the answer a week later."""
    dispute = a_dispute()
    assert dispute.due_on() == date(2026, 10, 7)
    waiting = ask(dispute, FAY, "Which order?", FRIDAY + timedelta(days=4))
    assert waiting.due_on() == date(2026, 10, 13)
    assert denied(waiting).due_on() is None
    assert upheld(waiting).due_on() == date(2026, 10, 6)
    assert not dispute.overdue(datetime(2026, 10, 8, 4, 59, tzinfo=UTC))  # still the 7th in Chicago
    assert dispute.overdue(datetime(2026, 10, 8, 5, 0, tzinfo=UTC))


def test_an_addition_does_not_move_the_reviewers_clock() -> None:
    later = answer(a_dispute(), "And one more thing.", FRIDAY + timedelta(days=3))
    assert later.due_on() == a_dispute().due_on()


def test_ids_follow_from_what_is_disputed() -> None:
    one = dispute_id("security-push", ANA, "D1", 0)
    assert one == dispute_id("security-push", ANA, "D1", 0) and program_of(one) == "security-push"
    others = [("p", ANA, "D1", 0), ("security-push", BEN, "D1", 0), ("security-push", ANA, "D2", 0),
              ("security-push", ANA, "D1", 1)]  # fmt: skip
    assert len({one, *(dispute_id(*other) for other in others)}) == 5


def test_every_code_and_wait_has_words() -> None:
    assert all(words and words[0].islower() for words in (*REASONS.values(), *DECISIONS.values()))
    assert all(WAITS_FOR[state] for state in DUE_WITHIN)
