"""A dispute from filing to its end: who may, what it holds back, and when that is paid (domain.md 32; W10, W25)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.disputes import Dispute
from chalicelib.domain.errors import Conflict, Forbidden, InvalidDocument, NotFound, Refused
from chalicelib.domain.payouts import Held
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.services.audit import LedgerAudit
from chalicelib.services.daily import OVERDUE, Daily
from chalicelib.services.dispute_views import DisputeDesk
from tests.builders import ANA, BEN, OCTOBER, a_layer, a_program, a_registration, usd
from tests.fakes.inspection import MemoryInspection
from tests.fakes.roster import FakeFeeds
from tests.services.house import Crash, Frail
from tests.services.office import CLOSE, FAY, FOODS, GUS, LAST, NOBODY, PROGRAM, Meanwhile, Office

HOUR = timedelta(hours=1)


def deny(office: Office, dispute: Dispute, now: Any = CLOSE, by: str = FAY) -> Dispute:
    return office.disputes.decide(dispute.id, by, "denied", "rule_applied_right", "As the card says.", None, now)


def uphold(office: Office, dispute: Dispute, points: int | None = 50, now: Any = CLOSE, by: str = FAY) -> Dispute:
    proposal = None if points is None else {"layer": "internal", "points": points}
    return office.disputes.decide(dispute.id, by, "upheld", "rule_exception", "You are right.", proposal, now)


def desk(office: Office) -> DisputeDesk:
    return DisputeDesk(office.disputes, office.adjustments, office.programs, office.money)


# --- filing ---------------------------------------------------------------------------------------------------------


def test_filing_twice_is_one_dispute() -> None:
    office = Office()
    first, again = office.files(), office.files(text="I clicked twice.", now=OCTOBER + HOUR)
    assert first == again and office.disputed.disputes(PROGRAM) == [first]


def test_two_who_file_at_once_file_one() -> None:
    office = Office()
    store, raced = office.disputed.save_dispute, []

    def slow(dispute: Dispute) -> bool:
        if not raced:
            raced.append(1)
            office.files(text="the other tab")
        return store(dispute)

    office.disputed.save_dispute = slow  # type: ignore[method-assign]
    assert office.files().text == "the other tab" and len(office.disputed.held) == 1


def test_after_its_end_the_deal_may_be_disputed_again() -> None:
    office = Office()
    first = office.files()
    deny(office, first)
    second = office.files(text="There is a new order.")
    assert second.id != first.id and second.live


@pytest.mark.parametrize("who", ["Ben", "nobody"])
def test_somebody_elses_deal_is_not_found(who: str) -> None:
    """The same answer for another rep's deal as for one that never was."""
    registration = "a0D5w00000REG03EAA" if who == "Ben" else "a0D5w00000REG99EAA"
    with pytest.raises(NotFound, match=f"you have no deal with the registration {registration}"):
        Office().files(registration=registration)


def test_an_owner_who_is_not_credited_may_not() -> None:
    office = Office()
    deal = a_registration(id="a0D5w00000REG07EAA", number="DR-7", owner=ANA, credits=(Credit(BEN, WHOLE),))
    office.reseller.told(deal, OCTOBER)
    with pytest.raises(Forbidden, match="credited to somebody else"):
        office.files(registration=deal.id)
    assert office.files(BEN, deal.id).rep == BEN


def test_a_program_or_layer_that_is_not_there_is_named() -> None:
    office = Office()
    with pytest.raises(InvalidDocument, match="is no layer of the program"):
        office.files(layer="vendor:Nobody")
    office.programs.retired.add(PROGRAM)
    with pytest.raises(InvalidDocument, match="is no active program"):
        office.files()


def test_the_evidence_stays_as_it_was_and_is_shown_fresh_beside() -> None:
    """W25: the bundle comes by itself, from the proof tree."""
    office = Office()
    dispute = office.files()
    office.reseller.told(a_registration(id=FOODS, number="DR-1", quantity=20, version=OCTOBER + HOUR), OCTOBER + HOUR)
    case = desk(office).one(dispute.id, OCTOBER + HOUR)
    assert case.evidence is not None and case.evidence.now is not None
    assert (case.evidence.at_filing["quantity"], case.evidence.now["quantity"]) == (50, 20)
    [program] = case.evidence.at_filing["programs"]
    assert program["program"] == PROGRAM and program["layers"][0]["verdicts"]


# --- deciding -------------------------------------------------------------------------------------------------------


def test_asked_answered_denied() -> None:
    office = Office()
    id = office.files().id
    assert office.disputes.ask(id, FAY, "Which order?", OCTOBER).state == "needs_info"
    assert office.disputes.answer(id, ANA, "INV-1", OCTOBER + HOUR).state == "open"
    denied = deny(office, office.disputes.find(id))
    shown = desk(office).shown(denied)
    assert (shown.state, shown.due_on, shown.waits_for) == ("denied", None, "")
    assert [(m.by, m.text) for m in shown.messages] == [("reviewer", "Which order?"), ("rep", "INV-1")]
    assert [s.new for s in denied.steps] == ["open", "needs_info", "open", "denied"]
    assert office.confirmed() == 300


def test_another_reps_dispute_is_not_found() -> None:
    office = Office()
    id = office.files().id
    with pytest.raises(NotFound):
        office.disputes.answer(id, BEN, "mine", OCTOBER)
    with pytest.raises(NotFound):
        office.disputes.withdraw(id, BEN, OCTOBER)


def test_nobody_decides_on_her_own() -> None:
    office = Office()
    with pytest.raises(Forbidden):
        deny(office, office.files(), by=ANA)


def test_upheld_waits_for_a_second_person_and_closes_when_it_is_posted() -> None:
    office = Office()
    upheld = uphold(office, office.files())
    shown = desk(office).shown(upheld)
    assert shown.state == "upheld" and shown.adjustment is not None and shown.adjustment.state == "proposed"
    with pytest.raises(Forbidden):
        office.adjustments.approve(upheld.adjustment, FAY, CLOSE)  # she decided
    assert office.confirmed() == 300
    office.adjustments.approve(upheld.adjustment, GUS, CLOSE)
    assert office.disputes.find(upheld.id).state == "closed" and office.confirmed() == 350


def test_upheld_closes_when_its_adjustment_is_refused() -> None:
    office = Office()
    upheld = uphold(office, office.files())
    office.adjustments.refuse(upheld.adjustment, GUS, "too much", CLOSE)
    assert office.disputes.find(upheld.id).state == "closed" and office.confirmed() == 300


def test_upheld_with_nothing_to_post_is_closed() -> None:
    office = Office()
    assert uphold(office, office.files(), None).state == "closed"


def test_the_same_decision_again_changes_nothing_and_another_is_refused() -> None:
    office = Office()
    first = uphold(office, office.files())
    assert uphold(office, first, now=CLOSE + HOUR) == first and len(office.adjustments.all([PROGRAM])) == 1
    with pytest.raises(Conflict):
        deny(office, first)
    with pytest.raises(Conflict):
        uphold(office, first, 60)


def test_a_proposal_its_dispute_does_not_name_is_never_posted() -> None:
    """The reviewer's process died after it kept the proposal; then the rep withdrew."""
    office = Office()
    dispute = office.files()
    calls: list[str] = []
    office.build(office.core, office.money, Frail(office.disputed, calls, 3, after=False))
    with pytest.raises(Crash):
        uphold(office, dispute)
    office.build(office.core, office.money, office.disputed)
    office.disputes.withdraw(dispute.id, ANA, CLOSE)
    [orphan] = office.adjustments.all([PROGRAM], "proposed")
    with pytest.raises(Conflict, match="refuse it"):
        office.adjustments.approve(orphan.id, GUS, CLOSE)
    assert office.adjustments.refuse(orphan.id, FAY, "withdrawn", CLOSE).state == "refused"


def test_a_dispute_whose_approver_died_is_closed_by_the_next_close() -> None:
    office = Office()
    upheld = uphold(office, office.files())
    office.build(office.core, office.money, Frail(office.disputed, [], 2, after=False))
    with pytest.raises(Crash):
        office.adjustments.approve(upheld.adjustment, GUS, CLOSE)
    office.build(office.core, office.money, office.disputed)
    assert office.disputes.find(upheld.id).state == "upheld" and office.confirmed() == 350
    office.close(CLOSE)
    assert office.disputes.find(upheld.id).state == "closed"


# --- the payout run ---------------------------------------------------------------------------------------------------


def test_a_dispute_holds_its_own_line_and_nothing_else() -> None:
    """domain.md 32: her other deal and everybody else are paid in time; what is held is named, and the sums tie."""
    office = Office()
    dispute = office.files()
    office.close()
    assert office.paid() == {(0, ANA): 150, (0, BEN): 150}
    [run] = office.money.runs(PROGRAM)
    assert run.held == (Held(ANA, FOODS, "", dispute.id),)
    [total] = run.totals
    assert (total.confirmed, total.held, total.points) == (450, 150, 300)
    assert office.findings() == []


@pytest.mark.parametrize("end", ["denied", "upheld", "withdrawn"])
def test_what_was_held_is_paid_once_it_is_decided_and_its_clock_starts_then(end: str) -> None:
    office = Office()
    dispute = office.files()
    office.close()
    later = CLOSE + timedelta(days=10)
    office.close(later - HOUR)
    assert office.paid() == {(0, ANA): 150, (0, BEN): 150}
    if end == "withdrawn":
        office.disputes.withdraw(dispute.id, ANA, later)
    else:
        (deny if end == "denied" else uphold)(office, dispute, now=later)
    office.close(later + HOUR)
    office.close(later + 2 * HOUR)
    assert office.paid() == {(0, ANA): 150, (0, BEN): 150, (1, ANA): 150}
    [trailing] = [p for p in office.payouts() if p.run == 1]
    assert trailing.clock_from == later and office.findings() == []


def test_a_rep_whose_only_deal_is_disputed_is_paid_afterwards() -> None:
    office = Office()
    dispute = office.files(BEN, "a0D5w00000REG03EAA")
    office.close()
    assert office.paid() == {(0, ANA): 300}
    deny(office, dispute, CLOSE + HOUR)
    office.close(CLOSE + 2 * HOUR)
    assert office.paid() == {(0, ANA): 300, (1, BEN): 150}


def test_a_dispute_of_one_layer_holds_that_layer_only() -> None:
    office = Office()
    office.files(layer="internal")
    office.close()
    assert office.paid()[0, ANA] == 150
    assert [h.layer for h in office.money.runs(PROGRAM)[0].held] == ["internal"]


def test_a_dispute_filed_after_its_deal_was_paid_takes_nothing_back() -> None:
    """And a correction waits for the decision, too: the line is frozen both ways, and her next deal is paid."""
    office = Office()
    office.close()
    later = CLOSE + timedelta(days=2)
    dispute = office.files(now=later)
    smaller = a_registration(id=FOODS, number="DR-1", status="deleted", version=later)
    office.reseller.told(smaller, later)
    office.sells(ANA, 4)
    office.close(later + HOUR)
    assert office.paid() == {(0, ANA): 300, (0, BEN): 150, (1, ANA): 150}
    [total] = office.money.runs(PROGRAM)[1].totals
    assert (total.confirmed, total.granted_before, total.owed_back, total.points) == (300, 300, 150, 150)
    deny(office, dispute, later + 2 * HOUR)
    office.sells(ANA, 5, 100)
    office.close(later + 3 * HOUR)
    assert office.paid()[2, ANA] == 150 and office.findings() == []  # 300 for the new one, 150 back


def test_the_budget_keeps_the_place_of_what_is_held() -> None:
    """Nobody behind it in business time takes its money while it waits."""
    office = Office(a_program(auto_approve_minor=10**9, layers=(a_layer(budget=usd("400")),)))
    dispute = office.files()
    office.close()
    assert office.paid() == {(0, ANA): 150, (0, BEN): 100}
    deny(office, dispute, CLOSE + HOUR)
    office.close(CLOSE + 2 * HOUR)
    assert office.paid()[1, ANA] == 150 and sum(office.paid().values()) == 400


def test_every_attempt_at_a_run_leaves_out_the_same() -> None:
    """The process died somewhere; meanwhile the dispute was decided. The run is finished as it was begun."""
    for at in range(1, 40):
        office, calls = Office(), list[str]()
        dispute = office.files(BEN, "a0D5w00000REG03EAA")
        office.build(office.core, Frail(office.money, calls, at, after=True), office.disputed)
        with contextlib.suppress(Crash):
            office.close()
        office.build(office.core, office.money, office.disputed)
        deny(office, dispute, CLOSE + HOUR)
        office.close(CLOSE + 2 * HOUR)
        office.close(CLOSE + 3 * HOUR)
        assert sum(v for (_, rep), v in office.paid().items() if rep == BEN) == 150, at
        assert office.findings() == []
        if len(calls) < at:
            break


def test_the_trailing_runs_do_not_end_before_the_decision() -> None:
    office = Office()
    dispute = office.files()
    office.close()
    office.close(LAST)
    assert office.money.period(PROGRAM).trailed_at is None  # type: ignore[union-attr]
    deny(office, dispute, LAST + HOUR)
    office.close(LAST + 2 * HOUR)
    assert office.paid()[1, ANA] == 150
    assert office.money.period(PROGRAM).trailed_at is not None  # type: ignore[union-attr]


def test_after_the_last_run_nothing_can_be_disputed() -> None:
    office = Office()
    office.close()
    office.close(LAST)
    with pytest.raises(Refused, match="last payout run"):
        office.files(now=LAST + HOUR)


def test_a_dispute_filed_while_the_last_close_is_under_way_keeps_the_period_open_or_is_refused() -> None:
    """Either the close finds it, or it finds the close."""
    for at in range(1, 30):
        office = Office()
        office.close()
        money = Meanwhile(office.money, at, lambda office=office: office.files(now=LAST))  # type: ignore[misc]
        office.build(office.core, money, office.disputed)
        office.disputes = replace(office.disputes, money=office.money)
        office.close(LAST)
        period = office.money.period(PROGRAM)
        ended = period is not None and period.trailed_at is not None
        assert not (ended and any(d.live for d in office.disputed.disputes(PROGRAM))), at
        if money.calls < at:
            break


# --- the clock --------------------------------------------------------------------------------------------------------


def test_overdue_disputes_are_listed_until_somebody_acts() -> None:
    """W10."""
    office = Office()
    dispute = office.files()
    late = OCTOBER + timedelta(days=10)

    def daily(now: Any) -> Any:
        audit = LedgerAudit(MemoryInspection(office.core), office.programs, office.money, office.reseller.people)
        return Daily(
            office.money, office.programs, FakeFeeds(), audit, office.closing, office.disputed, office.core.work
        ).daily(now)

    assert daily(OCTOBER + HOUR).disputes_overdue == () and office.core.work.open(OVERDUE) == []
    assert daily(late).disputes_overdue == (dispute.id,)
    [entry] = office.core.work.open(OVERDUE)
    assert (entry["id"], entry["due_on"]) == (dispute.id, "2026-10-08")
    assert desk(office).listed("open", late)["overdue"] == 1
    office.disputes.ask(dispute.id, GUS, "Which order?", late)
    assert daily(late + HOUR).disputes_overdue == () and office.core.work.open(OVERDUE) == []


def test_lists_are_by_rep_and_state() -> None:
    office = Office()
    first, second = office.files(), office.files(BEN, "a0D5w00000REG03EAA")
    deny(office, first)
    assert [d.id for d in desk(office).mine(ANA)["disputes"]] == [first.id]  # type: ignore[attr-defined]
    assert [d.id for d in desk(office).listed("open", CLOSE)["disputes"]] == [second.id]  # type: ignore[attr-defined]
    assert desk(office).mine(NOBODY) == {"disputes": []}
