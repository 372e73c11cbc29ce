"""The core in memory as the ledger audit reads it. `tests/services/test_audit.py` holds it to the real adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.audit import Inspected, Unreadable
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import LineTrace
from chalicelib.domain.standings import Standing
from chalicelib.services.core_port import Snapshot
from tests.fakes.core import MemoryCore


class MemoryInspection:
    """Implements LedgerSource. `before_look` lets a test do something while the audit reads; `told` collects audit
    events as (by, before, after)."""

    def __init__(self, core: MemoryCore) -> None:
        self.core = core
        self.before_look: Any = lambda: None
        self.told: list[tuple[str, Standing, Standing]] = []

    def entries(self, rep: str) -> Inspected[Entry]:
        self.before_look()
        return Inspected(tuple(sorted(self.core.entries(rep), key=lambda e: (e.posted_at, e.book, e.revision))))

    def standings(self, program: str) -> Inspected[Standing]:
        self.before_look()
        return Inspected(tuple(self.core.standings(program)))

    def look(self, **what: Any) -> tuple[Snapshot, Sequence[Unreadable]]:
        self.before_look()
        return self.core.read(**what), ()

    def scanned(self) -> tuple[set[str], set[str]]:
        return set(self.core.books), {entry.rep for entry in self.core.ledger}

    def beside(self, key: str) -> Mapping[str, LineTrace]:
        return self.core.overflowing(key)

    def restate(self, was: Standing, now: Standing, by: str, at: datetime) -> bool:
        if self.core.held[was.program, was.rep] != was:
            return False
        self.core.held[was.program, was.rep] = replace(now)
        self.told.append((by, was, now))
        return True
