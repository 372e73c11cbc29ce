"""The write path's port: one consistent read, one transaction.

`read` is one strongly consistent BatchGet of whole items; `commit` writes everything of one event or nothing. Every
item carries a revision; a commit names the revisions it decided on and is `Lost` when one has moved. A DynamoDB
Query is no snapshot, so nothing here is ever assembled from one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from chalicelib.domain.dealbook import DealBook, StandingChange
from chalicelib.domain.errors import KickerError
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import LineTrace, MatchKey
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing

LineState = Literal["matched", "waiting", "ambiguous"]


class Lost(KickerError):
    """Something the event decided on changed before it could commit. Read again and decide again."""


@dataclass(frozen=True, slots=True)
class StoredLine:
    """An order line as stored: the newest telling, where it stands, and the registration and book it belongs to
    ("" while it waits). `twin` is the line it may be a duplicate of: while it has one, it is held in its book."""

    line: OrderLine
    revision: int
    state: LineState
    registration: str = ""
    book: str = ""
    twin: str = ""

    def counted(self) -> OrderLine:
        """The line as its book sees it: held back when it may be a duplicate."""
        if not self.twin or self.line.held:
            return self.line
        why = f"possible duplicate of {self.twin}: the same PO, product, customer and quantity"
        return replace(self.line, held=why)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one read found. Absent books and match keys come as empty ones at revision 0; absent standings are None.
    `programs` is None when the registry was not asked for."""

    books: Mapping[str, DealBook] = field(default_factory=dict)
    located: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, MatchKey] = field(default_factory=dict)
    lines: Mapping[str, StoredLine] = field(default_factory=dict)
    standings: Mapping[tuple[str, str], Standing | None] = field(default_factory=dict)
    programs: Mapping[str, tuple[Program, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One event's writes. Each new value carries its new revision (old + 1), on which the write is conditional;
    `located` is registration id -> book. `traces` are line traces beyond what a match key keeps inline."""

    books: Sequence[DealBook] = ()
    located: Mapping[str, str] = field(default_factory=dict)
    keys: Sequence[MatchKey] = ()
    lines: Sequence[StoredLine] = ()
    entries: Sequence[Entry] = ()
    standings: Sequence[StandingChange] = ()
    traces: Mapping[tuple[str, str], LineTrace] = field(default_factory=dict)

    def actions(self) -> int:
        """How many items it writes; DynamoDB allows 100 in one transaction."""
        return (
            len(self.books) + len(self.located) + len(self.keys) + len(self.lines) + len(self.entries)
            + len(self.standings) + len(self.traces)
        )  # fmt: skip


class CoreStore(Protocol):
    """Books, locators, match keys, lines, standings and ledger behind two calls."""

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
        """One consistent read (one call for up to 100 items)."""

    def commit(self, change: Change) -> None:
        """All of it or nothing. Raises: Lost when a revision or fence moved; AssertionError above 100 items."""

    def known_programs(self) -> Collection[str]:
        """Ids of the programs the last registry read listed, without a call: which standings are worth reading
        together with the facts. May be out of date; the registry in the same read says so."""

    def overflowing(self, key: str) -> Mapping[str, LineTrace]:
        """The line traces of a match key that are kept beside it (strongly consistent)."""

    def books_of(self, rep: str) -> list[DealBook]:
        """Every book the rep has an entry in, by key."""
