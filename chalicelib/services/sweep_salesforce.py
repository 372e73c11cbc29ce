"""The sweep: read by SOQL what changed, commit it through the same code as a message, and say what messages missed.

Salesforce drops an outbound message after 24 h and never sends deletions of records it cannot read any more
(domain.md 15). The sweep reads by SystemModstamp with an overlap, because a long transaction becomes visible after
a younger one; what it reads twice is a duplicate and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.calendar import iso
from chalicelib.domain.field_mapping import FieldMapping, registration_from
from chalicelib.services.receive_registrations import Scorer

# Salesforce ends a transaction after 10 minutes at the latest: nothing becomes visible with an older stamp.
OVERLAP = timedelta(minutes=10)
# The first sweep of an org: a program runs about a quarter at most, and its deals are registered within it.
FIRST_REACH = timedelta(days=100)
# A message takes seconds; what changed this recently may simply be on its way and is not called missed.
UNDER_WAY = timedelta(minutes=2)
_MOST_IDS = 100


class Org(Protocol):
    """A Salesforce org, read only."""

    def fields_of(self, object_name: str) -> frozenset[str]:
        """API names of the object's fields, parents' names as "UserRole.Name"; empty when there is no such object."""

    def changed_since(
        self, object_name: str, fields: Sequence[str], since: datetime, where: str = ""
    ) -> Iterable[Sequence[Mapping[str, str | None]]]:
        """Pages of records with SystemModstamp at or after `since`, deleted ones too, ordered by it. `where` is a
        further SOQL condition of ours, never text from outside."""


class Sweeps(Protocol):
    """Where each object's sweep stands."""

    def cursor(self, object_name: str) -> datetime | None:
        """SystemModstamp up to which everything is committed; None before the first sweep."""

    def move(self, object_name: str, cursor: datetime) -> None:
        """Everything up to `cursor` is committed."""

    def report(self, object_name: str, report: Mapping[str, object]) -> None:
        """Keep the last sweep's report for people."""


@dataclass(slots=True)
class SweepReport:
    """One sweep of one object. `missed`: ids of records no message had told us; empty on the first sweep, which
    reads everything. `failed`: ids whose commit failed, and `failures` why; the cursor waits before them.
    `absent_fields` are mapped fields the org does not have."""

    object_name: str
    at: datetime
    first: bool
    read: int = 0
    changed: int = 0
    missed: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    absent_fields: tuple[str, ...] = ()
    cursor: datetime | None = None
    failures: list[Exception] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """For storage: counts, and at most a hundred ids of each kind."""
        return {
            "object": self.object_name, "at": iso(self.at), "first": self.first,
            "read": self.read, "changed": self.changed,
            "missed": len(self.missed), "missed_ids": self.missed[:_MOST_IDS],
            "disputed": len(self.disputed), "disputed_ids": self.disputed[:_MOST_IDS],
            "failed": len(self.failed), "failed_ids": self.failed[:_MOST_IDS],
            "absent_fields": list(self.absent_fields), "cursor": iso(self.cursor) if self.cursor else None,
        }  # fmt: skip


def sweep(mapping: FieldMapping, *, org: Org, sweeps: Sweeps, scorer: Scorer, now: datetime) -> SweepReport:
    """Read one object's changes since its cursor and commit them; the cursor moves page by page, after the commits.

    A record that cannot be committed holds back the cursor, not the records after it; it is in the report, and the
    next sweep reads it again. Raises: whatever the org or `sweeps` raise.
    """
    cursor = sweeps.cursor(mapping.object)
    report = SweepReport(mapping.object, now, first=cursor is None, cursor=cursor)
    has = org.fields_of(mapping.object)
    if not has:
        sweeps.report(mapping.object, report.document() | {"note": "the org has no such object, or we may not read it"})
        return report
    report.absent_fields = tuple(name for name in mapping.names() if name not in has)
    fields = [name for name in mapping.names() if name in has]
    since = cursor - OVERLAP if cursor else now - FIRST_REACH
    for page in org.changed_since(mapping.object, fields, since):
        for record in page:
            _commit(mapping, record, scorer, report)
        if page and not report.failures:
            last = registration_from(mapping, page[-1]).version
            if report.cursor is None or last > report.cursor:
                report.cursor = last
                sweeps.move(mapping.object, last)
    sweeps.report(mapping.object, report.document())
    return report


def _commit(mapping: FieldMapping, record: Mapping[str, str | None], scorer: Scorer, report: SweepReport) -> None:
    registration = registration_from(mapping, record)
    report.read += 1
    try:
        outcome = scorer.score_registration(registration, report.at)
    except Exception as error:  # noqa: BLE001 - the caller raises it once the other records had their turn
        error.add_note(f"{mapping.object} {registration.id}")
        report.failures.append(error)
        report.failed.append(registration.id)
        return
    if outcome == "changed":
        report.changed += 1
        if not report.first and registration.version <= report.at - UNDER_WAY:
            report.missed.append(registration.id)
    elif outcome == "disputed":
        report.disputed.append(registration.id)
