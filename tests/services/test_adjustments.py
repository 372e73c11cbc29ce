"""An adjustment from proposal to payout: two people, one commit, paid like an award (domain.md 21, 22, 31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, Forbidden, InvalidDocument, NotFound, Refused
from chalicelib.domain.programs import Tier
from chalicelib.services.adjustments import AWAITING, Adjustments
from chalicelib.services.deal_views import deal_of, deals_of
from tests.builders import ANA, BEN, OCTOBER, a_layer, a_program, usd
from tests.services.house import Crash, Frail
from tests.services.office import CLOSE, FAY, FOODS, GUS, LAST, NOBODY, PROGRAM, Meanwhile, Office


def test_a_proposal_posts_nothing_and_waits_on_a_list() -> None:
    office = Office()
    found = office.adjustments.propose(office.proposal(), FAY, OCTOBER)
    assert found.state == "proposed" and office.confirmed() == 300
    [entry] = office.core.work.open(AWAITING)
    assert (entry["id"], entry["points"], entry["author"]) == (found.id, 50, FAY)
    assert [a.id for a in office.adjustments.all([PROGRAM], "proposed")] == [found.id]


def test_another_person_posts_it_once_and_the_list_is_empty() -> None:
    office = Office()
    found = office.adjusts(50)
    again = office.adjustments.approve(found.id, GUS, OCTOBER + timedelta(hours=1))
    assert again == found and office.confirmed() == 350 and office.core.work.open(AWAITING) == []
    assert office.core.held[PROGRAM, ANA].deals == 2  # an adjustment is no deal
    assert office.findings() == []


def test_two_approvers_at_once_post_it_once() -> None:
    """The second one decides on a book that has moved, reads again, and finds it done."""
    office = Office()
    id = office.adjustments.propose(office.proposal(), FAY, OCTOBER).id
    raced = []

    def meanwhile(change: Any) -> None:
        if change.entries and not raced:
            raced.append(1)
            office.adjustments.approve(id, NOBODY, OCTOBER)

    office.core.before_commit = meanwhile
    with pytest.raises(Conflict, match="posted by"):
        office.adjustments.approve(id, GUS, OCTOBER)
    assert raced and office.confirmed() == 350 and office.adjustments.find(id).approver == NOBODY


def test_a_double_click_proposes_one() -> None:
    office = Office()
    first, second = (office.adjustments.propose(office.proposal(), FAY, OCTOBER) for _ in range(2))
    assert first == second and len(office.adjustments.all([PROGRAM])) == 1


@pytest.mark.parametrize("by", [FAY, ANA], ids=["author", "rep"])
def test_neither_author_nor_rep_approves(by: str) -> None:
    office = Office()
    id = office.adjustments.propose(office.proposal(), FAY, OCTOBER).id
    with pytest.raises(Forbidden):
        office.adjustments.approve(id, by, OCTOBER)
    assert office.confirmed() == 300


def test_nobody_proposes_for_herself() -> None:
    with pytest.raises(Forbidden):
        Office().adjustments.propose(Office().proposal(), ANA, OCTOBER)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"program": "no-such"}, "program"),
        ({"layer": "vendor:Nobody"}, "layer"),
        ({"rep": NOBODY, "registration": ""}, "rep"),
        ({"registration": "a0D5w00000REG99EAA"}, "registration"),
        ({"points": -301}, "points"),
    ],
)
def test_what_is_not_there_cannot_be_adjusted(changes: dict[str, Any], path: str) -> None:
    office = Office()
    with pytest.raises(InvalidDocument) as refused:
        office.adjustments.propose(office.proposal(**changes), FAY, OCTOBER)
    assert [problem.path for problem in refused.value.problems] == [path]


def test_what_was_there_when_proposed_may_be_gone_when_approved() -> None:
    office = Office()
    first = office.adjustments.propose(office.proposal(points=-200), FAY, OCTOBER)
    second = office.adjustments.propose(office.proposal(points=-150), FAY, OCTOBER)
    office.adjustments.approve(first.id, GUS, OCTOBER)
    with pytest.raises(Conflict, match="takes 150 points and the rep has 100"):
        office.adjustments.approve(second.id, GUS, OCTOBER)
    assert office.confirmed() == 100


def test_refused_is_refused() -> None:
    office = Office()
    id = office.adjustments.propose(office.proposal(), FAY, OCTOBER).id
    assert office.adjustments.refuse(id, GUS, "not promised", OCTOBER).text == "not promised"
    with pytest.raises(Conflict, match="refused"):
        office.adjustments.approve(id, NOBODY, OCTOBER)
    assert office.confirmed() == 300 and office.core.work.open(AWAITING) == []


@pytest.mark.parametrize("id", ["ADJ-000000000000000000000000", FOODS], ids=["nobody's", "a registration"])
def test_what_was_never_proposed_is_not_found(id: str) -> None:
    with pytest.raises(NotFound):
        Office().adjustments.approve(id, GUS, OCTOBER)


def test_a_crash_at_any_call_posts_it_once() -> None:
    """Before or after each call of the stores; the person sends it again."""
    count = 0
    for after in (False, True):
        for at in range(1, 40):
            office = Office()
            id = office.adjustments.propose(office.proposal(), FAY, OCTOBER).id
            calls: list[str] = []
            core, money, disputed = (
                Frail(p, calls, at, after) for p in (office.core, office.money, office.disputed)
            )  # fmt: skip
            office.build(core, money, disputed)
            try:
                office.adjustments.approve(id, GUS, OCTOBER)
            except Crash:
                count += 1
            office.build(office.core, office.money, office.disputed)
            office.adjustments.approve(id, GUS, OCTOBER + timedelta(minutes=1))
            assert office.confirmed() == 350 and office.findings() == []
            if len(calls) < at:
                break
    assert count > 6


# --- paid -----------------------------------------------------------------------------------------------------------


def test_before_the_freeze_it_is_paid_by_the_base_run() -> None:
    office = Office()
    office.adjusts(50)
    office.close()
    assert office.paid() == {(0, ANA): 350, (0, BEN): 150}
    assert office.findings() == []


def test_after_the_freeze_it_is_paid_by_a_trailing_run_and_its_clock_starts_then() -> None:
    """domain.md 22, 37."""
    office = Office()
    office.close()
    late = CLOSE + timedelta(days=5)
    office.adjusts(50, late)
    office.close(late + timedelta(minutes=15))
    assert office.paid() == {(0, ANA): 300, (0, BEN): 150, (1, ANA): 50}
    [trailing] = [p for p in office.payouts() if p.run == 1]
    assert trailing.clock_from == late and office.findings() == []


def test_a_negative_one_is_a_visible_line_and_never_below_zero() -> None:
    office = Office()
    office.adjusts(-120, OCTOBER + timedelta(days=1))
    office.close()
    [ana] = [p for p in office.payouts() if p.rep == ANA]
    assert [(line.kind, line.points) for line in ana.lines] == [("award", 300), ("reversal", -120)]
    assert office.paid()[0, ANA] == 180 and office.findings() == []


def test_it_reaches_tiers_and_meets_caps_and_budgets_like_an_award() -> None:
    """domain.md 21: 300 + 50 reach the tier at 350 and its 100, the cap leaves 400; the budget leaves Ben what is left
    after them, for his deal qualified on the same day and stands behind hers in business time."""
    tier = Tier("gold", 350, 100)
    layer = a_layer(tiers=(tier,), cap_points_per_rep=400, budget=usd("500"))
    office = Office(a_program(auto_approve_minor=10**9, layers=(layer,)))
    office.adjusts(50)
    office.close()
    assert sum(office.paid().values()) == 500 and office.paid()[0, ANA] in (350, 400)
    assert office.findings() == []


def test_nothing_is_proposed_or_approved_after_the_last_run() -> None:
    office = Office()
    office.close()
    office.close(LAST)
    assert office.money.period(PROGRAM).trailed_at == LAST  # type: ignore[union-attr]
    with pytest.raises(Refused, match="last payout run"):
        office.adjusts(50, LAST + timedelta(days=1))


def test_a_proposal_nobody_decided_on_keeps_the_period_open_until_it_is_paid() -> None:
    office = Office()
    office.close()
    id = office.adjustments.propose(office.proposal(), FAY, CLOSE).id
    office.close(LAST)
    assert office.money.period(PROGRAM).trailed_at is None  # type: ignore[union-attr]
    office.adjustments.approve(id, GUS, LAST + timedelta(hours=1))
    office.close(LAST + timedelta(hours=2))
    assert office.paid()[1, ANA] == 50 and office.money.period(PROGRAM).trailed_at is not None  # type: ignore[union-attr]


def test_an_approval_at_any_moment_of_the_last_close_is_paid_or_refused() -> None:
    """Proposed and approved by others between two calls of the close: it is in a run, or it was never posted."""
    ends = set()
    for at in range(1, 30):
        office = Office()
        office.close()
        plain = replace(office.adjustments)
        money = Meanwhile(office.money, at, lambda plain=plain, office=office: _added(plain, office))  # type: ignore[misc]
        office.build(office.core, money, office.disputed)
        office.close(LAST)
        office.build(office.core, office.money, office.disputed)
        office.close(LAST + timedelta(minutes=15))
        assert office.paid().get((1, ANA), 0) == office.confirmed() - 300, at
        ends.add(office.confirmed())
        if money.calls < at:
            break
    assert ends == {300, 350}


def _added(adjustments: Adjustments, office: Office) -> None:
    id = adjustments.propose(office.proposal(), FAY, LAST).id
    adjustments.approve(id, GUS, LAST)


# --- shown ----------------------------------------------------------------------------------------------------------


def test_the_rep_sees_it_under_its_deal_with_the_reason() -> None:
    """domain.md 31: shown to the rep."""
    office = Office()
    office.adjusts(50)
    deal = deal_of(ANA, FOODS, office.reseller, office.reseller.reader, OCTOBER)
    [shown] = deal.adjustments
    assert (shown.points, shown.worth, shown.reason, shown.posted_at) == (50, usd("50"), "promised", OCTOBER)


def test_one_about_no_deal_is_a_row_of_its_own() -> None:
    office = Office()
    office.adjusts(50, registration="")
    deals = deals_of(ANA, office.reseller, office.reseller.reader, OCTOBER, limit=50)
    assert [a.points for a in deals.adjustments] == [50] and all(not d.adjustments for d in deals.deals)


def test_one_about_a_deal_that_is_not_hers_is_a_row_of_its_own() -> None:
    """It was credited to somebody else; the deal stays out of her list."""
    office = Office()
    office.adjusts(50, registration="a0D5w00000REG03EAA")
    deals = deals_of(ANA, office.reseller, office.reseller.reader, OCTOBER, limit=50)
    assert [a.points for a in deals.adjustments] == [50]
    assert {d.registration for d in deals.deals} == {FOODS, "a0D5w00000REG02EAA"}


def test_the_list_adds_up_to_the_standing() -> None:
    office = Office()
    office.adjusts(50)
    office.adjusts(-20, registration="")
    seen = deals_of(ANA, office.reseller, office.reseller.reader, OCTOBER, limit=50)
    by_rules = sum(x.confirmed.points for d in seen.deals for p in d.programs for x in p.layers)
    by_hand = sum(a.points for a in (*seen.adjustments, *(a for d in seen.deals for a in d.adjustments)))
    assert by_rules + by_hand == office.confirmed() == 330


def test_a_proposal_is_not_shown_before_it_is_approved() -> None:
    office = Office()
    office.adjustments.propose(office.proposal(), FAY, OCTOBER)
    assert deal_of(ANA, FOODS, office.reseller, office.reseller.reader, OCTOBER).adjustments == ()
