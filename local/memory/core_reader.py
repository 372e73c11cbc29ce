"""A reseller in memory: facts go in by the real write path, the views read what came of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Entry
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.domain.standings import Standing
from chalicelib.services.account_history import with_history
from chalicelib.services.boards import Boards
from chalicelib.services.core_port import QuoteFacts
from chalicelib.services.ports import Person
from chalicelib.services.rep_views import Source
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from local.memory.core import MemoryCore
from local.memory.people import MemoryPeople


@dataclass
class MemoryBoards:
    """`boards.BoardStore` over a core in memory."""

    core: MemoryCore
    saved: dict[str, Board] = field(default_factory=dict)

    def load_board(self, program: str) -> Board | None:
        return self.saved.get(program)

    def save_board(self, board: Board) -> None:
        self.saved[board.program] = board

    def standings(self, program: str) -> Iterable[Standing]:
        return self.core.standings(program)

    def entries(self, rep: str) -> list[Entry]:
        return self.core.entries(rep)

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        return self.core.standings_of(rep, programs)

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        return [self.core.held[pair] for pair in sorted(pairs) if pair in self.core.held]

    def books_of(self, rep: str) -> list[DealBook]:
        return self.core.books_of(rep)


@dataclass
class MemoryQuotes:
    """`quotes.QuoteReader` over a core in memory; `reads` counts its calls."""

    boards: MemoryBoards
    reads: int = 0

    def quote_facts(self, rep: str, book: str | None) -> QuoteFacts:
        self.reads += 1
        programs = self.boards.core.programs
        return QuoteFacts(
            dict(programs),
            self.boards.core.standings_of(rep, list(programs)),
            {id: board for id in programs if (board := self.boards.load_board(id)) is not None},
            with_history(self.boards.core, self.boards.core.read(books=[book]).books, programs)[book] if book else None,
        )

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        self.reads += 1
        return self.boards.standings_in(pairs)

    def board(self, program: Program, now: datetime) -> Board:
        self.reads += 1
        return Boards(self.boards).board(program, now)


@dataclass
class MemorySources:
    """`rep_views.Sources`: what each source last said."""

    known: dict[str, Source] = field(default_factory=dict)

    def sources(self, feeds: Collection[str]) -> list[Source]:
        return [
            self.known.get("salesforce", Source("salesforce", "salesforce", None)),
            *(self.known.get(f, Source(f, "feed", None)) for f in feeds),
        ]


class Reseller:
    """Programs, reps and facts. `told` and `ordered` go through the scorers, as messages and files do."""

    def __init__(self, *programs: Program) -> None:
        self.core = MemoryCore(programs={p.id: (p,) for p in programs})
        self.boards = MemoryBoards(self.core)
        self.reader = Boards(self.boards)
        self.quotes = MemoryQuotes(self.boards)
        self.people = MemoryPeople()
        self.sources = MemorySources()
        self._lines = LineScorer(self.core, lambda tried: None)
        self._registrations = RegistrationScorer(self.core, self._lines.match_again, lambda tried: None)

    def active(self) -> dict[str, tuple[Program, ...]]:
        return self.core.programs

    def enroll(self, rep: str, start: date, end: date | None = None, name: str = "") -> None:
        for program in self.core.programs:
            self.core.enroll(program, rep, start, end)
        self.people.put([Person(rep, name or f"Name of {rep}", f"{rep}@example.com", True)])

    def told(self, registration: Registration, now: datetime) -> None:
        self._registrations.score_registration(registration, now)

    def ordered(self, line: OrderLine, now: datetime) -> None:
        self._lines.score([line], now)
