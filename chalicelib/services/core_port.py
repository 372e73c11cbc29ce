"""The write path's port: one consistent read, one transaction.

`read` is one strongly consistent BatchGet of whole items; `commit` writes everything of one event or nothing. Every
item carries a revision; a commit names the revisions it decided on and is `Lost` when one has moved. A DynamoDB
Query is no snapshot, so nothing here is ever assembled from one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol

from chalicelib.domain.aliases import NO_ALIASES, Aliases, Kind
from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook, StandingChange
from chalicelib.domain.errors import KickerError
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import LineTrace, MatchKey
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing
from chalicelib.feeds.taken import FeedState

LineState = Literal["matched", "waiting", "ambiguous"]

# Beginnings of `OrderLine.held` for lines that only lack a usable part number (feeds.rejected.HELD).
HELD_FOR_PRODUCT = ("no manufacturer part number", "part number destroyed by a spreadsheet")


class Lost(KickerError):
    """Something the event decided on changed before it could commit. Read again and decide again."""


@dataclass(frozen=True, slots=True)
class StoredLine:
    """An order line as stored: the newest telling under the catalogue's part number, where it stands, and the
    registration and book it belongs to ("" while it waits). `twin` is the line it may be a duplicate of: while it has
    one, it is held in its book. `left` are match keys it once had: lines under them may still have to be decided
    again when the process that moved it died before it got to them. `unsettled`: its book could not be settled for
    everybody at once, the line is decided again until it is. `retold` is the fate and the fingerprint of the last
    telling that was not simply the line's new state: the file of a process that died after its commit is counted
    as it was."""

    line: OrderLine
    revision: int
    state: LineState
    registration: str = ""
    book: str = ""
    twin: str = ""
    left: tuple[str, ...] = ()
    unsettled: bool = False
    retold: str = ""

    def counted(self) -> OrderLine:
        """The line as its book sees it: held back when it may be a duplicate, free when all it lacked was a part
        number that an alias has given it."""
        line = self.line
        if line.held and line.told_sku is not None and line.held.startswith(HELD_FOR_PRODUCT):
            line = replace(line, held="")
        if not self.twin or line.held:
            return line
        why = f"possible duplicate of {self.twin}: the same PO, product, customer and quantity"
        return replace(line, held=why)


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """A work-list entry that is put (`what` a person must know) or, with `what` None, closed with `outcome`."""

    kind: str
    id: str
    at: datetime
    what: Mapping[str, object] | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one read found. Absent books and match keys come as empty ones at revision 0; absent standings are None.
    `programs` is None when the registry was not asked for; the aliases in force come with it."""

    books: Mapping[str, DealBook] = field(default_factory=dict)
    located: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, MatchKey] = field(default_factory=dict)
    lines: Mapping[str, StoredLine] = field(default_factory=dict)
    standings: Mapping[tuple[str, str], Standing | None] = field(default_factory=dict)
    programs: Mapping[str, tuple[Program, ...]] | None = None
    aliases: Aliases = NO_ALIASES


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """What one read found for a quote: the active programs, the rep's standings and the leaderboard snapshots, by
    program; absent where she is not enrolled, or nobody has looked yet. `book` is the deal book the sale would be in,
    None when no account was named."""

    programs: Mapping[str, tuple[Program, ...]]
    standings: Mapping[str, Standing]
    boards: Mapping[str, Board]
    book: DealBook | None = None


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What one read found for a rep's home page: the active programs, her standings and the snapshots by program, the
    last report of each swept object, the state of each feed; absent where there is none yet."""

    programs: Mapping[str, tuple[Program, ...]]
    standings: Mapping[str, Standing]
    boards: Mapping[str, Board]
    sweeps: Mapping[str, dict[str, object]]
    feeds: Mapping[str, FeedState]


@dataclass(frozen=True, slots=True)
class Change:
    """One event's writes. Each new value carries its new revision (old + 1), on which the write is conditional;
    `located` is registration id -> book. `traces` are line traces beyond what a match key keeps inline. `work` are
    changes of the work lists: what a person must look at is never lost between a commit and a list."""

    books: Sequence[DealBook] = ()
    located: Mapping[str, str] = field(default_factory=dict)
    keys: Sequence[MatchKey] = ()
    lines: Sequence[StoredLine] = ()
    entries: Sequence[Entry] = ()
    standings: Sequence[StandingChange] = ()
    traces: Mapping[tuple[str, str], LineTrace] = field(default_factory=dict)
    work: Sequence[WorkEntry] = ()

    def actions(self) -> int:
        """How many items it writes; DynamoDB allows 100 in one transaction."""
        return (
            len(self.books) + len(self.located) + len(self.keys) + len(self.lines) + len(self.entries)
            + len(self.standings) + len(self.traces) + len(self.work)
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

    def known_aliases(self) -> Aliases:
        """The aliases of the last registry read, without a call: under which keys a line is worth looking for."""

    def overflowing(self, key: str) -> Mapping[str, LineTrace]:
        """The line traces of a match key that are kept beside it (strongly consistent), without those `GONE`."""

    def lines_told_as(self, kind: Kind, code: str, after: str, most: int) -> Sequence[str]:
        """Ids of stored lines that were told with this code (look-up form, a manufacturer's number without its `#`
        suffix), at most `most`, in the order of their ids, those after `after`. May miss what was stored in the last
        second."""

    def books_of(self, rep: str) -> list[DealBook]:
        """Every book the rep has an entry in, by key."""
