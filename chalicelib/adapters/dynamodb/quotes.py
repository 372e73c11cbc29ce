"""What a quote reads, in one BatchGetItem over two tables: registry, standings, snapshots and deal books together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.adapters.dynamodb.batches import get_across
from chalicelib.adapters.dynamodb.codec import unpack
from chalicelib.adapters.dynamodb.core import Registry
from chalicelib.adapters.dynamodb.core_items import Item, item_key, read_book, read_standing, standing_key
from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import books_asked, look_back
from chalicelib.domain.standings import Standing
from chalicelib.services.core_port import QuoteFacts


class Rebuilds(Protocol):
    """Who rebuilds a snapshot, and reads what is behind it."""

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        """These standings, by (program, rep), those that exist: one call for up to 100."""

    def board(self, program: Program, now: datetime) -> Board:
        """The program's snapshot, rebuilt when it is old."""


@dataclass(slots=True)
class QuoteTable:
    """Implements `services.quotes.QuoteReader`; keep one per process, so that it knows the programs beforehand."""

    client: Any
    table: str
    ops_table: str
    registry: Registry
    boards: Rebuilds
    _known: tuple[str, ...] = field(default=())
    _months: int = 0

    def quote_facts(self, rep: str, book: str | None) -> QuoteFacts:
        """See `QuoteReader`. Programs this process did not know beforehand, or how far they look back through the
        account's orders, cost one call more, once."""
        asked = _books(book, self._months)
        found, registry = self._batch([*_keys(rep, self._known), *map(_book_key, asked)], registry=True)
        programs = self.registry.programs_for(registry)
        self._months = look_back(programs.values())
        beside = [other for other in _books(book, self._months) if other not in asked]
        missing = [id for id in programs if id not in self._known]
        if missing or beside:
            found += self._batch([*_keys(rep, missing), *map(_book_key, beside)], registry=False)[0]
        self._known = tuple(programs)
        boards = [unpack(i["body"]["B"], Board) for i in found if i["sk"]["S"] == "BOARD"]
        standings = [read_standing(i) for i in found if i["sk"]["S"] not in ("BOARD", "BOOK")]
        return QuoteFacts(
            programs,
            {s.program: s for s in standings if s.program in programs},
            {b.program: b for b in boards if b.program in programs},
            self._book(book, found) if book else None,
        )

    def _book(self, key: str, found: Sequence[Item]) -> DealBook:
        """The deal book, with what the others of its account say was bought."""
        items = {i["pk"]["S"]: i for i in found if i["sk"]["S"] == "BOOK"}
        books = {name: read_book(name, items.get(f"BOOK#{name}")) for name in _books(key, self._months)}
        return books[key].beside(books, self._months)

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        """See `QuoteReader`."""
        return self.boards.standings_in(pairs)

    def board(self, program: Program, now: datetime) -> Board:
        """See `QuoteReader`."""
        return self.boards.board(program, now)

    def _batch(self, keys: Sequence[Item], *, registry: bool) -> tuple[list[Item], Item | None]:
        wanted = [(self.ops_table, self.registry.registry_key())] if registry else []
        wanted += [(self.table, key) for key in keys]
        found = get_across(self.client, wanted)
        return found.get(self.table, []), next(iter(found.get(self.ops_table, ())), None)


def _book_key(key: str) -> Item:
    return item_key(f"BOOK#{key}", "BOOK")


def _books(key: str | None, months: int) -> list[str]:
    return [key, *books_asked(key, months)] if key else []


def _keys(rep: str, programs: Sequence[str]) -> list[Item]:
    return [key for id in programs for key in (standing_key(id, rep), item_key(f"BOARD#{id}", "BOARD"))]
