"""The core in memory: the same promises as the table, for tests that run thousands of events.

`tests/adapters/test_core.py` holds it to the real adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chalicelib.domain.adjustments import Adjustment, in_order
from chalicelib.domain.aliases import Aliases, Kind, codes
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import GONE, LineTrace, MatchKey
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Fence, Standing, Sums
from chalicelib.services.core_port import Change, Lost, Snapshot, StoredLine
from local.memory.work import MemoryWork


@dataclass
class MemoryCore:
    """CoreStore and Roster in dictionaries. `before_commit` lets a test do something between read and commit."""

    programs: dict[str, tuple[Program, ...]] = field(default_factory=dict)
    books: dict[str, DealBook] = field(default_factory=dict)
    located: dict[str, str] = field(default_factory=dict)
    keys: dict[str, MatchKey] = field(default_factory=dict)
    lines: dict[str, StoredLine] = field(default_factory=dict)
    ledger: list[Entry] = field(default_factory=list)
    held: dict[tuple[str, str], Standing] = field(default_factory=dict)
    traces: dict[tuple[str, str], LineTrace] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=Aliases)
    work: MemoryWork = field(default_factory=MemoryWork)
    reads: int = 0
    commits: int = 0
    before_commit: Callable[[Change], None] = lambda change: None
    posted: set[tuple[object, ...]] = field(default_factory=set)

    def read(
        self,
        *,
        books: Collection[str] = (),
        located: Collection[str] = (),
        keys: Collection[str] = (),
        lines: Collection[str] = (),
        standings: Collection[tuple[str, str]] = (),
        programs: bool = False,
    ) -> Snapshot:
        self.reads += 1
        return Snapshot(
            {b: self.books.get(b, DealBook(b)) for b in books},
            {r: self.located[r] for r in located if r in self.located},
            {k: self.keys.get(k, MatchKey(k)) for k in keys},
            {i: self.lines[i] for i in lines if i in self.lines},
            {pair: self.held.get(pair) for pair in standings},
            dict(self.programs) if programs else None,
            self.aliases if programs else Aliases(),
        )

    def known_programs(self) -> Collection[str]:
        return tuple(self.programs)

    def known_aliases(self) -> Aliases:
        return self.aliases

    def overflowing(self, key: str) -> Mapping[str, LineTrace]:
        return {i: t for (k, i), t in self.traces.items() if k == key and t != GONE}

    def lines_told_as(self, kind: Kind, code: str, after: str, most: int) -> list[str]:
        told = (i for i, s in self.lines.items() if i > after and (kind, code) in codes(s.line))
        return sorted(told)[:most]

    def books_of(self, rep: str) -> list[DealBook]:
        return [self.books[b] for b in sorted({e.book for e in self.ledger if e.rep == rep})]

    def adjustments(self, program: str) -> list[Adjustment]:
        return in_order(a for b in self.books.values() for a in b.adjustments.values() if a.program == program)

    def commit(self, change: Change) -> None:
        assert change.actions() <= 100, change.actions()
        self.before_commit(change)
        self._check(change)
        self.commits += 1
        self.books |= {b.key: b for b in change.books}
        self.located |= change.located
        self.keys |= {k.key: k for k in change.keys}
        self.lines |= {s.line.id: s for s in change.lines}
        self.traces |= change.traces
        for entry in change.work:
            self.work.apply(entry)
        self.ledger += change.entries
        self.posted |= {_place(e) for e in change.entries}
        for c in change.standings:
            old = self.held[c.program, c.rep]
            layers = dict(old.layers)
            for layer, (confirmed, provisional) in c.points.items():
                sums = layers.get(layer, Sums())
                if c.fence.bucket == "base":
                    sums = replace(sums, base_confirmed=sums.base_confirmed + confirmed,
                                   base_provisional=sums.base_provisional + provisional)  # fmt: skip
                else:
                    sums = replace(sums, trailing_confirmed=sums.trailing_confirmed + confirmed,
                                   trailing_provisional=sums.trailing_provisional + provisional)  # fmt: skip
                layers[layer] = sums
            self.held[c.program, c.rep] = replace(
                old, layers=layers, deals=old.deals + c.deals, deals_confirmed=old.deals_confirmed + c.deals_confirmed
            )

    def _check(self, change: Change) -> None:
        revisions: list[tuple[Any, Any]] = [
            *((self.books.get(b.key), b) for b in change.books),
            *((self.keys.get(k.key), k) for k in change.keys),
            *((self.lines.get(s.line.id), s) for s in change.lines),
        ]
        if any((old.revision if old else 0) != new.revision - 1 for old, new in revisions):
            raise Lost("a revision moved")
        if self.posted & {_place(e) for e in change.entries}:
            raise Lost("an entry stands")
        for c in change.standings:
            standing = self.held.get((c.program, c.rep))
            if standing is None or standing.fence != c.fence:
                raise Lost("a fence moved")

    def enroll(self, program: str, rep: str, start: date, end: date | None) -> bool:
        old = self.held.get((program, rep))
        fence = Fence(start, end, old.fence.bucket if old else "base")
        if old and old.fence == fence:
            return False
        self.held[program, rep] = replace(old, fence=fence) if old else Standing(program, rep, fence)
        return True

    def freeze(self, program: str, rep: str) -> Standing:
        old = self.held[program, rep]
        self.held[program, rep] = replace(old, fence=replace(old.fence, bucket="trailing"))
        return self.held[program, rep]

    def standings(self, program: str) -> list[Standing]:
        return sorted((s for (p, _), s in self.held.items() if p == program), key=lambda s: s.rep)

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        return {p: self.held[p, rep] for p in programs if (p, rep) in self.held}

    def entries(self, rep: str) -> list[Entry]:
        return [e for e in self.ledger if e.rep == rep]


def _place(entry: Entry) -> tuple[object, ...]:
    return entry.rep, entry.posted_at, entry.book, entry.revision
