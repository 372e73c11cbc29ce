"""Joiners are enrolled by existing in Salesforce, leavers keep what they earned (domain.md 17, W28-W30)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.adapters.field_mappings import bundled
from chalicelib.domain.calendar import Window
from chalicelib.domain.enrollment import Enrollment, enrollments_due
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.services.ports import Person
from chalicelib.services.rescore import Rescorer
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from chalicelib.services.sweep_org import OrgSweep
from chalicelib.services.sync_users import SyncReport, enroll_program, person_from, sync_users
from tests.builders import a_program, a_registration
from tests.fakes.core import MemoryCore
from tests.fakes.people import MemoryPeople
from tests.fakes.salesforce import MemoryOrg, MemoryScorer, MemorySweeps
from tests.services.house import Crash, Frail

NOW = datetime(2026, 10, 15, 18, tzinfo=UTC)
MAYA = "005000000000001AAA"
PUSH = a_program(window=Window(date(2026, 10, 1), date(2026, 12, 31), "America/Chicago"))


def a_user(id: str = MAYA, **changes: str | None) -> dict[str, str | None]:
    return {
        "Id": id, "Name": "Maya Lindqvist", "Email": "maya@example.com", "IsActive": "true", "Department": "Sales",
        "UserRole.Name": "Account Executive", "CreatedDate": "2026-10-15T14:00:00.000+0000", "Country": "US",
        "TimeZoneSidKey": "America/Chicago", "SystemModstamp": "2026-10-15T14:00:00.000+0000", **changes,
    }  # fmt: skip


class MemoryPrograms:
    def __init__(self, *programs: Program) -> None:
        self.held = programs

    def active(self) -> dict[str, tuple[Program, ...]]:
        return {p.id: tuple(q for q in self.held if q.id == p.id) for p in self.held}

    def versions(self, program: str) -> tuple[Program, ...]:
        return self.active().get(program, ())


class Rescored:
    def __init__(self) -> None:
        self.reps: list[str] = []

    def rescore_rep(self, rep: str, because: str, now: datetime) -> int:
        self.reps.append(rep)
        return int(self.reps.count(rep) == 1)  # settled once, the books are right


class Stage:
    def __init__(self, *users: dict[str, str | None], programs: tuple[Program, ...] = (PUSH,)) -> None:
        self.org = MemoryOrg(User=list(users))
        self.people, self.roster, self.rescored = MemoryPeople(), MemoryCore(), Rescored()
        self.sweeps, self.scorer = MemorySweeps(), MemoryScorer()
        self.programs = programs

    def use_case(self) -> OrgSweep:
        programs: Any = MemoryPrograms(*self.programs)
        return OrgSweep(self.org, self.sweeps, self.people, programs, self.roster, self.rescored, self.scorer)

    def sync(self, now: datetime = NOW) -> SyncReport:
        return self.use_case().users(now)

    def fence(self, rep: str = MAYA, program: str = PUSH.id) -> str:
        return str(self.roster.held[program, rep].fence)


def test_a_rep_who_joins_on_the_fifteenth_has_a_zero_standing_from_that_day() -> None:
    """W30."""
    stage = Stage(a_user())
    report = stage.sync()
    assert report.enrolled == (Enrollment(PUSH.id, MAYA, date(2026, 10, 15), None),)
    assert stage.fence() == "2026-10-15//base"
    assert stage.roster.held[PUSH.id, MAYA].layers == {}
    assert stage.rescored.reps == [MAYA], "deals credited before she was known are settled now"


def test_a_rep_who_was_there_before_takes_part_from_the_first_day() -> None:
    stage = Stage(a_user(CreatedDate="2024-01-01T00:00:00.000+0000"))
    stage.sync()
    assert stage.fence() == "2026-10-01//base"


def test_syncing_again_changes_nothing() -> None:
    stage = Stage(a_user())
    stage.sync()
    again = stage.sync()
    assert (again.read, again.changed, again.enrolled, again.rescored) == (1, 0, (), 0)


def test_a_sync_that_stopped_after_storing_people_still_enrolls_them() -> None:
    stage = Stage(a_user())
    stage.sync()
    del stage.roster.held[PUSH.id, MAYA]
    assert stage.sync().enrolled


@pytest.mark.parametrize("now", [NOW, datetime(2027, 1, 2, 18, tzinfo=UTC)], ids=["in the window", "after it"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_sync_that_died_at_any_call_is_completed_by_the_next_one(at: int, after: bool, now: datetime) -> None:
    """Her deal was credited before she was known: it counts after the sync, whatever the first one died of."""
    core = MemoryCore({PUSH.id: (PUSH,)})
    scorer = RegistrationScorer(core, LineScorer(core, lambda tried: None).match_again, lambda tried: None)
    deal = a_registration(credits=(Credit(MAYA, WHOLE),), approved_at=NOW)
    scorer.score_registration(deal, NOW)
    people, sweeps, programs = MemoryPeople(), MemorySweeps(), MemoryPrograms(PUSH)

    def sync(wrap: Any) -> None:
        sync_users(
            org=MemoryOrg(User=[a_user()]), sweeps=wrap(sweeps), people=wrap(people), programs=programs,
            roster=wrap(core), rescorer=Rescorer(wrap(core), lambda tried: None), now=now,
        )  # fmt: skip

    calls: list[str] = []
    with contextlib.suppress(Crash):
        sync(lambda port: Frail(port, calls, at, after))
    sync(lambda port: port)
    assert core.held[PUSH.id, MAYA].sums("internal").provisional == 150


def test_the_day_of_joining_is_her_own() -> None:
    late = a_user(CreatedDate="2026-10-16T03:00:00.000+0000")  # still the 15th in Chicago
    person = person_from(late, None, NOW)
    assert person is not None
    assert person.created_on == date(2026, 10, 15)
    elsewhere = person_from(late | {"TimeZoneSidKey": "Mars/Olympus"}, None, NOW)
    assert elsewhere is not None
    assert elsewhere.created_on == date(2026, 10, 16)


def test_a_leaver_takes_part_until_the_day_she_left() -> None:
    """A leaver's unpaid reward is not lost: the standing stays, only its end is set (domain.md 17)."""
    stage = Stage(a_user(CreatedDate="2024-01-01T00:00:00.000+0000"))
    stage.sync()
    gone = {"IsActive": "false", "SystemModstamp": "2026-10-20T16:00:00.000+0000"}
    stage.org.records["User"] = [a_user(CreatedDate="2024-01-01T00:00:00.000+0000", **gone)]
    stage.sync(datetime(2026, 10, 20, 18, tzinfo=UTC))
    assert stage.fence() == "2026-10-01/2026-10-20/base"
    later = gone | {"SystemModstamp": "2026-10-25T16:00:00.000+0000", "Department": "Alumni"}
    stage.org.records["User"] = [a_user(CreatedDate="2024-01-01T00:00:00.000+0000", **later)]
    stage.sync(datetime(2026, 10, 25, 18, tzinfo=UTC))
    assert stage.fence() == "2026-10-01/2026-10-20/base", "an edit of a leaver's record does not move the day"


def test_somebody_who_comes_back_is_enrolled_again() -> None:
    stage = Stage(a_user())
    stage.sync()
    stage.org.records["User"] = [a_user(IsActive="false", SystemModstamp="2026-10-20T16:00:00.000+0000")]
    stage.sync()
    stage.org.records["User"] = [a_user(SystemModstamp="2026-10-21T16:00:00.000+0000")]
    stage.sync()
    assert stage.fence() == "2026-10-15//base"
    assert stage.people.held[MAYA].left_on is None


def test_somebody_who_left_before_a_program_began_is_ended_where_enrolled_in_advance() -> None:
    later = a_program(id="q1", window=Window(date(2027, 1, 1), date(2027, 3, 31), "UTC"))
    stage = Stage(a_user(), programs=(later,))
    stage.sync()
    assert stage.fence(program="q1") == "2027-01-01//base"
    stage.org.records["User"] = [a_user(IsActive="false", SystemModstamp="2026-10-20T16:00:00.000+0000")]
    stage.sync()
    assert stage.fence(program="q1") == "2027-01-01/2026-10-20/base"


def test_somebody_who_moves_out_of_the_audience_stops_that_day() -> None:
    sales = replace(PUSH, audience=("sales",))
    stage = Stage(a_user(), programs=(sales,))
    stage.sync()
    stage.org.records["User"] = [a_user(Department="Legal", SystemModstamp="2026-11-02T16:00:00.000+0000")]
    stage.sync(datetime(2026, 11, 2, 18, tzinfo=UTC))
    assert stage.fence() == "2026-10-15/2026-11-02/base"


def test_nobody_outside_the_audience_gets_a_standing() -> None:
    stage = Stage(a_user(), programs=(replace(PUSH, audience=("Renewals Desk",)),))
    assert stage.sync().enrolled == ()
    assert stage.roster.held == {}
    assert MAYA in stage.people.held


@pytest.mark.parametrize("audience", [("sales",), ("ACCOUNT EXECUTIVE",), (MAYA,), ("Legal", " Sales ")])
def test_an_audience_names_departments_roles_or_people(audience: tuple[str, ...]) -> None:
    assert Stage(a_user(), programs=(replace(PUSH, audience=audience),)).sync().enrolled


def test_the_newest_version_of_a_program_decides_its_audience() -> None:
    wide = replace(PUSH, version=2, audience=())
    stage = Stage(a_user(), programs=(replace(PUSH, audience=("Legal",)), wide))
    assert len(stage.sync().enrolled) == 1


def test_a_program_that_has_ended_takes_nobody_and_ends_nobody() -> None:
    stage = Stage(a_user())
    stage.sync()
    stage.org.records["User"] = [a_user(IsActive="false", SystemModstamp="2027-01-02T16:00:00.000+0000")]
    stage.sync(datetime(2027, 1, 2, 18, tzinfo=UTC))
    assert stage.fence() == "2026-10-15//base"


NEW_YEAR = datetime(2027, 1, 2, 18, tzinfo=UTC)  # the window is over; orders dated by confirm-by still confirm
STILL_CONFIRMING = replace(PUSH, confirm_by=date(2027, 1, 31), audience=("Sales",))


def test_a_joiner_heard_of_after_the_window_takes_part_all_the_same() -> None:
    """Salesforce was out of reach when the window ended; what she sold in it is not lost (domain.md 17)."""
    stage = Stage(a_user(CreatedDate="2026-12-31T20:00:00.000+0000"), programs=(STILL_CONFIRMING,))
    assert stage.sync(NEW_YEAR).enrolled == (Enrollment(PUSH.id, MAYA, date(2026, 12, 31), None),)
    assert stage.rescored.reps == [MAYA]
    assert stage.sync(datetime(2027, 1, 31, 18, tzinfo=UTC)).enrolled == (), "and once is enough"


def test_the_last_trailing_run_is_the_last_that_could_pay_her() -> None:
    at_once = replace(PUSH, confirm_by=PUSH.window.end)
    for day, enrolled in ((1, 1), (2, 1), (3, 0)):
        stage = Stage(a_user(), programs=(at_once,))
        assert len(stage.sync(datetime(2027, 1, day, 18, tzinfo=UTC)).enrolled) == enrolled


def test_a_change_of_team_after_the_window_does_not_count_back() -> None:
    stage = Stage(a_user(Department="Legal"), programs=(STILL_CONFIRMING,))
    stage.sync()
    stage.org.records["User"] = [a_user(SystemModstamp="2027-01-02T16:00:00.000+0000")]
    assert stage.sync(NEW_YEAR).enrolled == ()
    assert stage.roster.held == {}


def test_who_was_created_after_the_window_has_no_part_in_it() -> None:
    stage = Stage(a_user(CreatedDate="2027-01-01T20:00:00.000+0000"), programs=(STILL_CONFIRMING,))
    assert stage.sync(NEW_YEAR).enrolled == ()


def test_an_activated_program_enrolls_everybody_it_is_meant_for_at_once() -> None:
    there = Person(MAYA, "Maya", "", True, department="Sales", created_on=date(2020, 1, 1))
    left = replace(there, id="005000000000002AAA", active=False, left_on=date(2026, 10, 10))
    long_gone = replace(there, id="005000000000003AAA", active=False, left_on=date(2025, 1, 1))
    later = replace(there, id="005000000000004AAA", created_on=date(2027, 2, 1))
    people, roster = MemoryPeople(there, left, long_gone, later), MemoryCore()
    done = enroll_program(PUSH, people, roster, date(2026, 10, 20))
    assert done == [
        Enrollment(PUSH.id, MAYA, date(2026, 10, 1), None),
        Enrollment(PUSH.id, left.id, date(2026, 10, 1), date(2026, 10, 10)),
    ]
    assert enroll_program(PUSH, people, roster, date(2026, 10, 20)) == []
    assert enrollments_due([there], [PUSH], date(2027, 1, 1)) == []


def test_a_failed_part_of_a_run_does_not_hold_up_the_rest() -> None:
    stage = Stage(a_user())
    row = {"Id": "a01000000000001AAA", "SystemModstamp": "2026-10-15T14:00:00.000+0000", "Status__c": "Submitted"}
    stage.org.records["Deal_Registration__c"] = [row]
    del stage.org.records["User"][0]["SystemModstamp"]
    swept = stage.use_case().run(bundled(), NOW)
    assert swept.users is None
    assert [r.object_name for r in swept.reports] == ["Deal_Registration__c"], "Opportunity asks for no sweep"
    assert len(swept.failures) == 1
    assert len(stage.scorer.held) == 1
