"""What a quote reads, in one BatchGetItem over two tables: registry, standings and snapshots together."""

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
from chalicelib.domain.programs import Program
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

    def quote_facts(self, rep: str, book: str | None) -> QuoteFacts:
        """See `QuoteReader`. Programs this process did not know beforehand cost one call more, once."""
        key = item_key(f"BOOK#{book}", "BOOK")
        found, registry = self._batch([*_keys(rep, self._known), *([key] if book else [])], registry=True)
        programs = self.registry.programs_for(registry)
        if missing := [id for id in programs if id not in self._known]:
            found += self._batch(_keys(rep, missing), registry=False)[0]
        self._known = tuple(programs)
        boards = [unpack(i["body"]["B"], Board) for i in found if i["sk"]["S"] == "BOARD"]
        standings = [read_standing(i) for i in found if i["sk"]["S"] not in ("BOARD", "BOOK")]
        return QuoteFacts(
            programs,
            {s.program: s for s in standings if s.program in programs},
            {b.program: b for b in boards if b.program in programs},
            read_book(book, next((i for i in found if i["sk"]["S"] == "BOOK"), None)) if book else None,
        )

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


def _keys(rep: str, programs: Sequence[str]) -> list[Item]:
    return [key for id in programs for key in (standing_key(id, rep), item_key(f"BOARD#{id}", "BOARD"))]
