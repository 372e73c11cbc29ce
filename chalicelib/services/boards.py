"""The leaderboard snapshot: read by everybody, rebuilt by whoever finds it old.

A read costs one item whether ten reps take part or ten million. The first read after `FRESH` seconds rebuilds it
from the standings, so the cost of a rebuild is paid at most once in that time and only while somebody looks; two
who rebuild at once write the same board.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.board import Board, build
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Balance, Entry, balances
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing

FRESH = timedelta(seconds=5)


class BoardStore(Protocol):
    """Where snapshots lie, and what they are built from."""

    def load_board(self, program: str) -> Board | None:
        """The stored snapshot."""

    def save_board(self, board: Board) -> None:
        """Replace it."""

    def standings(self, program: str) -> Iterable[Standing]:
        """Every standing of the program."""

    def entries(self, rep: str) -> list[Entry]:
        """A rep's ledger entries."""

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        """One rep's standings."""

    def books_of(self, rep: str) -> list[DealBook]:
        """Every book the rep has an entry in."""


@dataclass(frozen=True, slots=True)
class Boards:
    """The use case with what it needs."""

    store: BoardStore

    def board(self, program: Program, now: datetime) -> Board:
        """The program's board, at most `FRESH` old at `now`."""
        board = self.store.load_board(program.id)
        if board is not None and now - board.built_at < FRESH and board.built_at <= now:
            return board
        standings = self.store.standings(program.id)
        board = build(program, standings, lambda rep: self.awards_of(rep, program.id), now, board)
        self.store.save_board(board)
        return board

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        """One rep's standings by program."""
        return self.store.standings_of(rep, programs)

    def books_of(self, rep: str) -> list[DealBook]:
        """Every deal book the rep has an entry in."""
        return self.store.books_of(rep)

    def awards_of(self, rep: str, program: str) -> list[Balance]:
        """One rep's awards under a program, as the ledger folds them."""
        return balances(self.store.entries(rep), program)
