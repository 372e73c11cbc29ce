"""Salesforce users become people and, where a program is meant for them, enrolled reps (domain.md 17, W28-W30).

Nobody enrolls anybody: a user that exists in Salesforce is enough. A rep enrolled has a zero standing from that
moment, and deals that were credited to her before are settled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.calendar import iso, local_day
from chalicelib.domain.enrollment import Enrollment, enrollments_due
from chalicelib.domain.programs import Program
from chalicelib.domain.salesforce_values import full_id, moment
from chalicelib.services.ports import People, Person, Programs, Roster
from chalicelib.services.sweep_salesforce import OVERLAP, Org, Sweeps

USER = "User"
FIELDS = (
    "Id", "Name", "Email", "IsActive", "Department", "UserRole.Name", "CreatedDate", "Country", "TimeZoneSidKey",
    "SystemModstamp",
)  # fmt: skip
# Integration, guest, chatter and portal users sell nothing.
SELLERS = "UserType = 'Standard'"
# Before any org existed: the first sync reads everybody.
_FIRST = "2000-01-01T00:00:00.000Z"


class Rescorer(Protocol):
    """Settles deals again."""

    def rescore_rep(self, rep: str, because: str, now: datetime) -> int:
        """Settle every book the rep has a deal in; how many of them changed anybody's points."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """One sync: users read, people whose record changed, enrollments that changed something, deal books whose points
    changed because of them."""

    read: int
    changed: int
    enrolled: tuple[Enrollment, ...]
    rescored: int


def sync_users(
    *, org: Org, sweeps: Sweeps, people: People, programs: Programs, roster: Roster, rescorer: Rescorer, now: datetime
) -> SyncReport:
    """Read the users that changed since the last sync, keep them, enroll joiners and end leavers.

    Everything may be repeated: a sync that stopped half way is completed by the next one, because the cursor moves
    last. Raises: whatever the org or the stores raise.
    """
    has = org.fields_of(USER)
    fields = [name for name in FIELDS if name in has]
    cursor = sweeps.cursor(USER)
    since = cursor - OVERLAP if cursor else moment(_FIRST)
    latest = _latest(programs)
    read = changed = rescored = 0
    enrolled: list[Enrollment] = []
    for page in org.changed_since(USER, fields, since, where=SELLERS):
        read += len(page)
        known = people.get([id for record in page if (id := full_id(record.get("Id") or ""))])
        told = [
            p for record in page if (p := person_from(record, known.get(full_id(record.get("Id") or "") or ""), now))
        ]
        news = [person for person in told if known.get(person.id) != person]
        people.put(news)
        changed += len(news)
        # Not only the news, and not only those whose enrollment moved: a sync that stopped between two of these steps
        # must catch up. A rep whose deals are right costs her reads.
        due = _due(told, latest, roster, now)
        enrolled += [e for e in due if roster.enroll(e.program, e.rep, e.start, e.end)]
        rescored += sum(rescorer.rescore_rep(rep, "enrollment changed", now) for rep in sorted({e.rep for e in due}))
        if page and (stamp := page[-1].get("SystemModstamp")) and (cursor is None or moment(stamp) > cursor):
            cursor = moment(stamp)
            sweeps.move(USER, cursor)
    report = {"object": USER, "at": iso(now), "read": read, "changed": changed, "enrolled": len(enrolled)}
    sweeps.report(USER, report | {"rescored": rescored})
    return SyncReport(read, changed, tuple(enrolled), rescored)


def enroll_program(program: Program, people: People, roster: Roster, today: date) -> list[Enrollment]:
    """Enroll everybody a program is meant for: run right after its activation. `today` is a day of its zone.

    Returns the enrollments that changed something; deals credited to these reps are worth settling again.
    """
    due = enrollments_due(people.all(), [program], today)
    return [e for e in due if roster.enroll(e.program, e.rep, e.start, e.end)]


def person_from(record: Mapping[str, str | None], known: Person | None, now: datetime) -> Person | None:
    """The person a User record tells; None when it has no id. `known` is what we knew before: the day somebody left
    is the day we first hear of it, and neither that nor the moment we first heard of her moves with later edits."""
    id = full_id(record.get("Id") or "")
    if id is None:
        return None

    def day(name: str) -> date | None:
        if not (text := record.get(name)):
            return None
        try:
            return local_day(moment(text), record.get("TimeZoneSidKey") or "UTC")
        except ValueError:  # a zone only Salesforce knows: the UTC day is at most one off
            return local_day(moment(text), "UTC")

    active = (record.get("IsActive") or "").lower() == "true"
    person = Person(
        id=id,
        name=record.get("Name") or "",
        email=record.get("Email") or "",
        active=active,
        country=record.get("Country") or "",
        department=record.get("Department") or "",
        role=record.get("UserRole.Name") or "",
        created_on=day("CreatedDate"),
        zone=record.get("TimeZoneSidKey") or "",
        heard_at=known.heard_at if known else now,
    )
    if active:
        return person
    return replace(person, left_on=(known.left_on if known and not known.active else None) or day("SystemModstamp"))


def _latest(programs: Programs) -> list[Program]:
    return [max(versions, key=lambda p: p.version) for versions in programs.active().values() if versions]


def _due(told: Sequence[Person], latest: Sequence[Program], roster: Roster, now: datetime) -> list[Enrollment]:
    """What should stand for these people; those who are no longer in an audience, or left before they began, are
    ended where they stand."""
    due: list[Enrollment] = []
    for program in latest:
        due += enrollments_due(told, [program], local_day(now, program.window.zone))
    return due + _to_end(told, latest, {(e.program, e.rep) for e in due}, roster, now)


def _to_end(
    told: Iterable[Person], latest: Sequence[Program], due: set[tuple[str, str]], roster: Roster, now: datetime
) -> list[Enrollment]:
    """Standings nobody is due for any more: a leaver ends the day she left, somebody who changed team the day
    we learn it. Programs whose window has ended stay as they are."""
    ending = []
    for person in told:
        loose = [p for p in latest if (p.id, person.id) not in due and local_day(now, p.window.zone) <= p.window.end]
        standing = roster.standings_of(person.id, [p.id for p in loose]) if loose else {}
        for program in loose:
            if (old := standing.get(program.id)) is None:
                continue
            end = person.left_on or local_day(now, program.window.zone)
            end = min(end, old.fence.enrolled_to or end)
            ending.append(Enrollment(program.id, person.id, old.fence.enrolled_from, end))
    return ending
