"""Work lists in memory; held to the real table by tests/adapters/test_work.py."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.calendar import iso
from chalicelib.domain.errors import NotFound
from chalicelib.services.core_port import WorkEntry


class MemoryWork:
    def __init__(self) -> None:
        self.held: dict[tuple[str, str], tuple[datetime, dict[str, object]]] = {}

    def put(self, kind: str, id: str, what: dict[str, object], now: datetime) -> bool:
        if (kind, id) in self.held:
            return False
        self.held[kind, id] = (now, what)
        return True

    def open(self, kind: str) -> list[dict[str, object]]:
        entries = [{**what, "id": id, "at": iso(at)} for (k, id), (at, what) in self.held.items() if k == kind]
        return sorted(entries, key=lambda e: (str(e["at"]), str(e["id"])))

    def resolve(self, kind: str, id: str, by: str, outcome: str, now: datetime) -> None:
        if self.held.pop((kind, id), None) is None:
            raise NotFound(f'No open entry "{id}" on the work list "{kind}".')

    def apply(self, entry: WorkEntry) -> None:
        """What a commit of the core store does to the lists."""
        if entry.what is None:
            self.held.pop((entry.kind, entry.id), None)
        else:
            self.held[entry.kind, entry.id] = (entry.at, dict(entry.what))
