"""An org that answers SOQL from memory, sweep cursors, and a scorer that keeps the newest version of everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from chalicelib.domain.registrations import Registration
from chalicelib.domain.salesforce_values import moment


class MemoryOrg:
    """`records` by object; pages of `page` records."""

    def __init__(self, page: int = 2, **records: list[dict[str, str | None]]) -> None:
        self.records = records
        self.page = page
        self.absent: set[str] = set()
        self.asked: list[tuple[str, datetime]] = []

    def fields_of(self, object_name: str) -> frozenset[str]:
        rows = self.records.get(object_name, [])
        return frozenset(name for row in rows for name in row) - self.absent

    def changed_since(
        self, object_name: str, fields: Sequence[str], since: datetime, where: str = ""
    ) -> Iterator[list[dict[str, str | None]]]:
        self.asked.append((object_name, since))
        rows = [r for r in self.records[object_name] if moment(r["SystemModstamp"] or "") >= since]
        rows.sort(key=lambda r: (r["SystemModstamp"], r["Id"]))
        for start in range(0, len(rows), self.page):
            yield [{name: row.get(name) for name in fields} for row in rows[start : start + self.page]]


class MemorySweeps:
    def __init__(self) -> None:
        self.cursors: dict[str, datetime] = {}
        self.moves: list[datetime] = []
        self.reports: dict[str, Mapping[str, object]] = {}

    def cursor(self, object_name: str) -> datetime | None:
        return self.cursors.get(object_name)

    def move(self, object_name: str, cursor: datetime) -> None:
        self.cursors[object_name] = cursor
        self.moves.append(cursor)

    def report(self, object_name: str, report: Mapping[str, object]) -> None:
        self.reports[object_name] = report


class MemoryScorer:
    """Last writer wins, as the real one; records in `broken` cannot be committed."""

    def __init__(self) -> None:
        self.held: dict[str, Registration] = {}
        self.deleted: list[str] = []
        self.told: list[str] = []
        self.broken: set[str] = set()

    def score_registration(self, registration: Registration, now: datetime) -> str:
        if registration.id in self.broken:
            raise ConnectionError(f"no table for {registration.id}")
        self.told.append(registration.id)
        old = self.held.get(registration.id)
        if old is not None and old.version >= registration.version:
            return "stale" if old.version > registration.version else "duplicate" if old == registration else "disputed"
        self.held[registration.id] = registration
        return "changed"

    def registration_deleted(self, record_id: str, now: datetime) -> str:
        if record_id in self.broken:
            raise ConnectionError(f"no table for {record_id}")
        self.deleted.append(record_id)
        return "changed" if self.held.pop(record_id, None) else "unknown"
