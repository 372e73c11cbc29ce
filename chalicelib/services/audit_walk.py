"""The part of the ledger audit that walks deal books: what it reads, what is found, and the books on the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Protocol

from chalicelib.domain.audit import (
    Finding,
    Inspected,
    LinePlace,
    Surroundings,
    Unreadable,
    astray,
    broken_chain,
    misposted,
    unconverged,
    uncopied,
)
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import LineTrace
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import books_asked, look_back
from chalicelib.domain.standings import Fence, Standing
from chalicelib.services.core_port import Snapshot
from chalicelib.services.ports import Programs

# A person reads the first few; two hundred show whether it is one deal or all of them.
MOST = 200
# How often something that moves is read again before it is left for the next audit.
READS = 3
_TOGETHER = 25  # books whose surroundings are read in one go

Active = Mapping[str, Sequence[Program]]


class LedgerSource(Protocol):
    """The core store as the audit reads it: strongly consistent, and unreadable items beside the readable ones."""

    def entries(self, rep: str) -> Inspected[Entry]:
        """All ledger entries of a rep, oldest first."""

    def standings(self, program: str) -> Inspected[Standing]:
        """Every standing of the program."""

    def look(
        self,
        *,
        books: Collection[str] = (),
        located: Collection[str] = (),
        keys: Collection[str] = (),
        lines: Collection[str] = (),
        standings: Collection[tuple[str, str]] = (),
    ) -> tuple[Snapshot, Sequence[Unreadable]]:
        """What `CoreStore.read` gives, and what of it could not be read; that comes as if it were absent."""

    def scanned(self) -> tuple[Collection[str], Collection[str]]:
        """The key of every deal book there is, and every rep with an entry, by a scan of the whole table."""

    def beside(self, key: str) -> Mapping[str, LineTrace]:
        """The line traces of a match key that are kept beside it."""

    def restate(self, was: Standing, now: Standing, by: str, at: datetime) -> bool:
        """Set a standing's figures, with an audit event, while fence and figures are exactly those of `was`; False
        when they are not. Nothing else is ever written."""


class Enough(Exception):
    """`MOST` findings were made."""


@dataclass(slots=True)
class Found:
    """Findings and denominators as they come. Raises: Enough from `add` and `unreadable`."""

    findings: list[Finding] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    _items: set[str] = field(default_factory=set)

    def count(self, **things: int) -> None:
        """So many more were looked at."""
        self.checked.update(things)

    def add(self, findings: Iterable[Finding]) -> None:
        """Keep these."""
        for finding in findings:
            self.findings.append(finding)
            if len(self.findings) >= MOST:
                raise Enough

    def unreadable(self, items: Iterable[Unreadable]) -> None:
        """Keep each of these once, however often it is met."""
        fresh = [item for item in items if item.item not in self._items]
        self._items.update(item.item for item in fresh)
        self.add(item.finding() for item in fresh)


@dataclass(slots=True)
class _Shared:
    """A book some of whose reps were read."""

    entries: list[Entry] = field(default_factory=list)
    reps: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Books:
    """Collects the entries of every book from its reps, and checks the book when the last one is in."""

    core: LedgerSource
    programs: Programs
    found: Found
    _open: dict[str, _Shared] = field(default_factory=lambda: defaultdict(_Shared))
    _waits: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _ready: list[tuple[DealBook, _Shared]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)

    def hand_in(self, rep: str, entries: Iterable[Entry]) -> set[str]:
        """All entries of a rep. Returns the reps that her books wait for."""
        self._seen.add(rep)
        mine: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            mine[entry.book].append(entry)
        missing: set[str] = set()
        names = sorted(mine.keys() | self._waits.pop(rep, set()))
        for start in range(0, len(names), _TOGETHER):
            seen, bad = self.core.look(books=names[start : start + _TOGETHER])
            self.found.unreadable(bad)
            lost = {item.item for item in bad}
            for key, book in seen.books.items():
                if f"BOOK#{key} BOOK" not in lost:
                    missing |= self._part(book, rep, mine[key])
        return missing

    def finish(self, every: Iterable[str] = ()) -> None:
        """Check what is left, and those of `every` book that no entry led to."""
        self._flush()
        for key in every:
            if key not in self._met:
                self.found.count(books=1)
                self.found.add(self._again(key, set()))

    def _part(self, book: DealBook, rep: str, entries: Sequence[Entry]) -> set[str]:
        self._met.add(book.key)
        shared = self._open[book.key]
        shared.entries += entries
        shared.reps.add(rep)
        missing = _reps(book) - shared.reps
        if missing & self._seen:  # they had no entry of it then, or it was checked without her: read all of it again
            del self._open[book.key]
            self.found.count(books=1)
            self.found.add(self._again(book.key, shared.reps))
            return missing - self._seen
        if missing:
            for other in missing:
                self._waits[other].add(book.key)
            return missing
        del self._open[book.key]
        self._ready.append((book, shared))
        if len(self._ready) >= _TOGETHER:
            self._flush()
        return set()

    def _flush(self) -> None:
        ready, self._ready = self._ready, []
        books = [book for book, _ in ready]
        self.found.count(
            books=len(books),
            registrations=sum(len(b.registrations) for b in books),
            lines=sum(len(b.lines) for b in books),
            match_keys=len(_keys(books)),
        )
        active = self.programs.active()
        around = self._around(books, active)
        for book, shared in ready:
            if self._findings(book, shared.entries, around, active):
                self.found.add(self._again(book.key, shared.reps))

    def _again(self, key: str, reps: set[str]) -> list[Finding]:
        """What is wrong with a book, believed when its revision is the same before and after all else was read."""
        for _ in range(READS):
            active = self.programs.active()
            book = self.core.look(books=[key])[0].books[key]
            entries = [e for rep in _reps(book) | reps for e in self.core.entries(rep).good if e.book == key]
            findings = self._findings(book, entries, self._around([book], active), active)
            if not findings or self.core.look(books=[key])[0].books[key].revision == book.revision:
                return findings
        return []

    def _around(self, books: Sequence[DealBook], active: Active) -> Snapshot:
        pairs = set(chain.from_iterable(book.pairs(active) for book in books))
        months = look_back(active.values())
        seen, bad = self.core.look(
            books={key for book in books for key in books_asked(book.key, months)},
            located={id for book in books for id in book.registrations},
            keys=_keys(books),
            lines={id for book in books for id in book.lines},
            standings=pairs,
        )
        self.found.unreadable(bad)
        return seen

    def _findings(self, book: DealBook, entries: Sequence[Entry], seen: Snapshot, active: Active) -> list[Finding]:
        fences: dict[tuple[str, str], Fence | None] = {
            pair: standing.fence if (standing := seen.standings.get(pair)) else None for pair in book.pairs(active)
        }
        found = (
            broken_chain(book, entries), misposted(book, entries), unconverged(book, active, fences),
            uncopied(book, seen.books, look_back(active.values())),
        )  # fmt: skip
        return [finding for finding in found if finding] + astray(book, self._surroundings(book, seen))

    def _surroundings(self, book: DealBook, seen: Snapshot) -> Surroundings:
        keys = {name: seen.keys[name] for name in _keys([book])}
        missing = {name for id, line in book.lines.items() for name in line.match_keys() if id not in keys[name].lines}
        beside = {name: self.core.beside(name) for name in sorted(missing) if keys[name].overflow}
        lines = {id: LinePlace(s.state, s.registration, s.book, s.counted()) for id, s in seen.lines.items()}
        return Surroundings(keys, beside, lines, seen.located)


def _reps(book: DealBook) -> set[str]:
    """Everybody whose entries the book is made of."""
    return {*book.reps, *(part[3] for part in book.posted)}


def _keys(books: Sequence[DealBook]) -> set[str]:
    registrations = {key for book in books for r in book.registrations.values() for key in r.match_keys()}
    return registrations | {key for book in books for line in book.lines.values() for key in line.match_keys()}
