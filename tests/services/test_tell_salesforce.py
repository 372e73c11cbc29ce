"""Telling Salesforce: what is true is told once, whatever dies or comes late; what waits is never called earned."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain.write_back import FIELDS
from chalicelib.services.ports import Person
from chalicelib.services.tell_salesforce import BELLS, DIGEST, LIMIT_PAUSE, TellReport, TellSalesforce
from chalicelib.services.tell_salesforce import FIELDS as RECORDS
from chalicelib.services.told_port import OrgRefused
from chalicelib.services.write_back import TRIES, WORK
from local.memory.core_reader import Reseller
from local.memory.money import FakeMoney
from local.memory.work import MemoryWork
from tests.builders import ANA, BEN, a_line, a_program, a_registration
from tests.fakes.told import Died, Fuse, Fused, MemoryTold, MemoryWriter

DEAL = a_registration().id
NOW = datetime(2026, 10, 5, 15, 5, tzinfo=UTC)  # Monday noon where Ana works; the deal was approved at 15:00 UTC
_MINUTE = timedelta(minutes=1)


class Office:
    """A reseller whose deals are told to an org."""

    def __init__(self, what: str = "fields,bells,digest") -> None:
        self.shop = Reseller(a_program())
        for rep in (ANA, BEN):
            self.shop.enroll(rep, date(2026, 10, 1))
            self.shop.people.put([Person(rep, "x", "x@example.com", True, zone="America/Chicago")])
        self.store = MemoryTold(self.shop.core)
        self.org = MemoryWriter()
        self.work = MemoryWork()
        self.what = what.split(",")

    def tell(self, now: datetime, fuse: Fuse | None = None) -> TellReport:
        fuse = fuse or Fuse()
        programs: Any = SimpleNamespace(active=self.shop.active)
        use_case = TellSalesforce(
            self.shop.core, programs, self.shop.people, FakeMoney(), self.work,
            Fused(self.store, fuse.burn), Fused(self.org, fuse.burn), self.what, ["Deal_Registration__c"],
        )  # fmt: skip
        return use_case.tell(now)

    def approve(self, now: datetime = NOW, **changes: Any) -> None:
        deal = a_registration(**changes)
        self.shop.told(deal, now)
        self.org.saved[deal.id] = now

    def said(self, id: str = DEAL) -> list[object]:
        record = self.org.records.get(id, {})
        return [record.get(name) for name in FIELDS[:5]]

    def ordered(self, now: datetime, **changes: Any) -> None:
        self.shop.ordered(a_line(**changes), now)


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_record_says_what_the_rep_sees(office: Office) -> None:
    office.approve()
    office.tell(NOW)
    assert office.said() == [
        "pending", 150, 0, "$150.00 waiting", "the distributor's invoice, dated by 31 Jan 2027",
    ]  # fmt: skip
    assert office.org.records[DEAL]["SPIFF_As_Of__c"] == "2026-10-05T15:05:00.000Z"
    office.ordered(NOW + 2 * _MINUTE, quantity=20)
    office.tell(NOW + 5 * _MINUTE)
    assert office.said()[:4] == ["partly confirmed (20 of 50)", 90, 60, "$60.00 + $90.00 waiting"]


def test_what_has_not_changed_is_not_written_again(office: Office) -> None:
    office.approve()
    reports = [office.tell(NOW + n * 5 * _MINUTE) for n in range(30)]  # across two full hours
    assert office.org.updates == [DEAL]
    assert [r.written for r in reports[:2]] == [1, 0]


def test_our_own_write_back_heard_again_settles_after_one_round(office: Office) -> None:
    """The org stamps the record we wrote and tells us of it: no entry, no write-back, no news for the sweep."""
    office.approve()
    office.tell(NOW)
    entries = list(office.shop.core.ledger)
    echo = a_registration(version=NOW)
    scorer = office.shop._registrations
    assert scorer.score_registration(echo, NOW + _MINUTE) == "restamped"
    assert office.shop.core.ledger == entries
    for n in range(1, 4):
        office.tell(NOW + 5 * n * _MINUTE)
    assert office.org.updates == [DEAL]
    assert scorer.score_registration(echo, NOW + _MINUTE) == "duplicate"


def test_a_change_without_points_is_told_because_the_org_says_the_record_was_saved(office: Office) -> None:
    office.approve(NOW, status="submitted", approved_at=None, credits=())
    office.tell(NOW)
    assert office.said()[0] == "submitted"
    office.approve(NOW + 6 * _MINUTE, status="rejected", approved_at=None, credits=(), version=NOW)
    office.tell(NOW + 10 * _MINUTE)
    assert office.said()[0] == "rejected"


def test_what_time_alone_changes_is_told(office: Office) -> None:
    office.approve(valid_until=date(2026, 10, 9))
    office.tell(NOW)
    office.tell(NOW + timedelta(days=6))
    assert office.said()[0] == "expired"


def test_fields_the_org_lacks_are_left_out_and_an_object_without_any_is_left_alone(office: Office) -> None:
    office.org.fields = frozenset({"SPIFF_State__c"})
    office.approve()
    office.tell(NOW)
    assert office.org.records == {DEAL: {"SPIFF_State__c": "pending"}}
    bare = Office()
    bare.org.fields = frozenset()
    bare.approve()
    assert bare.tell(NOW).written == 0


def test_more_than_two_hundred_records_take_more_than_one_call(office: Office) -> None:
    for n in range(250):
        office.approve(id=f"a0D5w000{n:07}AAA", number=f"DR-{n}", po="", account=f"0015w00002ACC{n % 9:02}AAA")
    office.tell(NOW)
    assert sum(office.org.sizes) == 250
    assert max(office.org.sizes) == 200


# --- refusals -----------------------------------------------------------------------------------------------------


def test_one_refused_record_does_not_hold_up_the_others(office: Office) -> None:
    other = "a0D5w00000REG02EAA"
    office.approve()
    office.approve(id=other, number="DR-2")
    office.org.refuses = {DEAL: ["UNABLE_TO_LOCK_ROW"]}
    report = office.tell(NOW)
    assert (report.written, report.left) == (1, 1)
    assert office.said(other)[0] == "pending"
    assert office.tell(NOW + 5 * _MINUTE).written == 0, "not at once"
    assert office.tell(NOW + 10 * _MINUTE).written == 1
    assert office.said()[0] == "pending"
    assert office.tell(NOW + 15 * _MINUTE).untold_minutes == 0


def test_a_record_that_stays_refused_is_a_persons_with_a_remedy_until_it_is_told(office: Office) -> None:
    office.approve()
    office.org.refuses = {DEAL: ["FIELD_CUSTOM_VALIDATION_EXCEPTION"] * TRIES}
    reports = [office.tell(NOW + n * 5 * _MINUTE) for n in range(24)]
    [entry] = office.work.open(WORK)
    assert entry["refused"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert "validation rule" in str(entry["remedy"])
    assert reports[-1].left == 0, "it waits for a person now, not for us"
    assert max(r.untold_minutes for r in reports) > 60
    office.ordered(NOW + timedelta(hours=3))
    office.tell(NOW + timedelta(hours=3))  # a new truth is tried at once
    assert office.said()[0] == "confirmed"
    assert office.work.open(WORK) == []


def test_a_record_that_is_gone_has_nobody_to_tell(office: Office) -> None:
    office.approve()
    office.org.refuses = {DEAL: ["ENTITY_IS_DELETED"]}
    assert [office.tell(NOW + n * 5 * _MINUTE).left for n in range(3)] == [0, 0, 0]
    assert office.org.records == {}


def test_an_org_whose_calls_are_used_up_is_left_alone_for_a_while(office: Office) -> None:
    office.approve()
    office.org.down = OrgRefused("limit", sure=True, limit=True)
    assert office.tell(NOW).failures == ["limit"]
    office.org.down = None
    assert office.tell(NOW + 5 * _MINUTE).failures == ["the org's calls are used up"]
    assert office.org.updates == []
    report = office.tell(NOW + LIMIT_PAUSE)
    assert (report.written, report.untold_minutes) == (1, 0)


def test_how_long_it_is_untold_is_counted_from_when_all_was_told(office: Office) -> None:
    office.tell(NOW)
    office.org.down = OrgRefused("down", sure=True)
    assert [office.tell(NOW + n * 30 * _MINUTE).untold_minutes for n in (1, 2, 3)] == [30, 60, 90]


def test_bells_that_cannot_ring_do_not_keep_a_record_from_being_right(office: Office) -> None:
    office.approve()
    office.org.bells_down = OrgRefused("no notification type", sure=True)
    report = office.tell(NOW)
    assert (report.written, report.failures) == (1, ["no notification type"])
    office.org.bells_down = None
    office.tell(NOW + 5 * _MINUTE)
    assert [title for _, title, _ in office.org.bells] == ["Registered: Harborline Foods"]


# --- bells --------------------------------------------------------------------------------------------------------


def test_each_moment_rings_once_and_money_that_waits_is_never_called_earned(office: Office) -> None:
    office.approve()
    office.tell(NOW)
    office.ordered(NOW + 6 * _MINUTE, quantity=20)
    for n in (2, 3, 4):
        office.tell(NOW + 5 * n * _MINUTE)
    assert office.org.bells == [
        (ANA, "Registered: Harborline Foods",
         "Harborline Foods (DR-000101) reached us. It waits for its order; nothing is earned yet."),
        (ANA, "Confirmed: Harborline Foods",
         ("Harborline Foods (DR-000101) is confirmed: $60.00 in Security push. More waits for its order and is not "
          "earned yet: $90.00 in Security push.")),
    ]  # fmt: skip


def test_a_bell_in_doubt_is_lost_and_never_comes_twice(office: Office) -> None:
    office.approve()
    office.org.bells_down = OrgRefused("no answer", sure=False)
    office.tell(NOW)
    office.org.bells_down = None
    office.tell(NOW + 5 * _MINUTE)
    assert office.org.bells == []


def test_an_old_registration_read_by_a_first_sweep_rings_nothing(office: Office) -> None:
    now = NOW + timedelta(days=30)
    office.approve(now)
    office.tell(now)
    assert office.said()[0] == "pending"
    assert office.org.bells == []


def test_who_has_left_is_not_rung(office: Office) -> None:
    office.shop.people.put([Person(ANA, "x", "x@example.com", active=False)])
    office.approve()
    office.tell(NOW)
    assert office.org.bells == []


def test_the_digest_sums_up_yesterday_in_the_morning_once_and_only_for_whom_it_holds_something(office: Office) -> None:
    office.what = [DIGEST]
    office.approve()
    office.ordered(NOW + _MINUTE, quantity=20)
    morning = datetime(2026, 10, 6, 13, 0, tzinfo=UTC)  # 8 in Chicago
    for now in (NOW + 5 * _MINUTE, morning - 5 * _MINUTE, morning, morning + 5 * _MINUTE, morning + timedelta(hours=1)):
        office.tell(now)
    office.tell(morning + timedelta(days=1))
    assert office.org.bells == [
        (ANA, "Your SPIFFs on 5 Oct 2026",
         "Security push: +$60.00 confirmed, +$90.00 waiting for orders, not earned yet (1 deal)."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "writes", "rings"),
    [([RECORDS], 1, 0), ([BELLS], 0, 1), ([DIGEST], 0, 0), ([""], 0, 0), ([RECORDS, BELLS, DIGEST], 1, 1)],
)
def test_a_stage_tells_only_what_it_is_set_to(office: Office, what: list[str], writes: int, rings: int) -> None:
    office.what = what
    office.approve()
    office.tell(NOW)
    assert (len(office.org.updates), len(office.org.bells)) == (writes, rings)


# --- whatever dies ------------------------------------------------------------------------------------------------


def played(at: int | None, again: str) -> tuple[Office, int]:
    """A deal is approved, told, confirmed in part, given back and confirmed anew; the process dies at one half-call."""
    office, fuse, now = Office(), Fuse(at), NOW

    def tell() -> None:
        nonlocal now
        try:
            office.tell(now, fuse)
        except Died:
            if again == "at once":
                office.tell(now)
        now += 5 * _MINUTE

    office.approve()
    tell()
    office.ordered(now, quantity=20)
    tell()
    office.approve(now, version=now, status="lost")  # and the record turns back to what it once said
    tell()
    office.approve(now, version=now)
    tell()
    for _ in range(3):
        tell()
    return office, fuse.count


def test_the_record_ends_true_and_no_bell_rings_twice_wherever_it_dies() -> None:
    expected, calls = played(None, "later")
    assert expected.said()[0] == "partly confirmed (20 of 50)"
    assert len(expected.org.bells) == 2
    for at in range(calls):
        for again in ("at once", "later"):
            office, _ = played(at, again)
            assert office.said() == expected.said(), (at, again)
            rings = Counter((rep, title) for rep, title, _ in office.org.bells)
            assert set(rings.values()) <= {1}, (at, again, rings)
            assert rings.keys() <= Counter((rep, title) for rep, title, _ in expected.org.bells).keys()


def test_a_truth_that_came_and_went_while_nobody_answered_is_told_again(office: Office) -> None:
    """The call was carried out and its answer lost; meanwhile the truth is what the record said before."""
    office.approve()
    office.tell(NOW)
    before = office.said()
    office.approve(NOW + _MINUTE, version=NOW + _MINUTE, status="lost")
    written = office.org._written

    def lost(update: Any) -> Any:
        written(update)
        raise OrgRefused("no answer came", sure=False)

    office.org._written = lost  # type: ignore[method-assign]
    office.tell(NOW + 5 * _MINUTE)
    office.org._written = written  # type: ignore[method-assign]
    assert office.said() != before
    office.approve(NOW + 6 * _MINUTE, version=NOW + 6 * _MINUTE)
    office.tell(NOW + 10 * _MINUTE)
    assert office.said() == before


def test_only_one_run_tells_at_a_time(office: Office) -> None:
    office.approve()
    assert office.store.lease(NOW, NOW + 4 * _MINUTE) is not None
    assert not office.tell(NOW).ran
    assert office.tell(NOW + 5 * _MINUTE).ran


def test_facts_in_any_order_and_twice_end_in_the_same_record() -> None:
    def ended(*facts: str) -> list[object]:
        office = Office()
        for n, fact in enumerate(facts):
            now = NOW + n * 7 * _MINUTE
            if fact == "line":
                office.ordered(now)
            else:
                office.approve(
                    now, version=NOW - timedelta(hours=fact == "older"), quantity=40 if fact == "older" else 50
                )
            office.tell(now)
        return office.said()

    assert ended("older", "newer", "line") == ended("line", "newer", "older") == ended("newer", "line", "line", "newer")
