"""The leaderboard snapshot: read by everybody, rebuilt by whoever finds it old.

A read costs one item whether ten reps take part or ten million. The first read after `FRESH` seconds rebuilds it
from the standings, so the cost of a rebuild is paid at most once in that time and only while somebody looks; two
who rebuild at once write the same board.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.board import Board, build
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Balance, Entry, balances
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing

FRESH = timedelta(seconds=5)
# Beyond an hour somebody may have joined whom the snapshot does not know: it is rebuilt from everybody's standings.
KNOWS_ITS_TEAM = timedelta(hours=1)


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

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        """These standings, by (program, rep), those that exist: one call for up to 100."""

    def books_of(self, rep: str) -> list[DealBook]:
        """Every book the rep has an entry in."""


def is_fresh(board: Board | None, now: datetime) -> bool:
    """May the snapshot be shown as it is?"""
    return board is not None and now - board.built_at < FRESH and board.built_at <= now


def knows_its_team(board: Board | None, now: datetime) -> bool:
    """Does the snapshot name everybody who takes part, so that their standings are all there is to read?"""
    return board is not None and len(board.rows) == board.size > 0 and now - board.built_at < KNOWS_ITS_TEAM


@dataclass(frozen=True, slots=True)
class Boards:
    """The use case with what it needs."""

    store: BoardStore

    def board(self, program: Program, now: datetime) -> Board:
        """The program's board, at most `FRESH` old at `now`."""
        board = self.store.load_board(program.id)
        if board is not None and is_fresh(board, now):
            return board
        return self._rebuilt(program, self.store.standings(program.id), now, board)

    def boards(
        self, programs: Mapping[str, Program], stored: Mapping[str, Board], rep: str, now: datetime
    ) -> dict[str, Board]:
        """The boards of several programs the rep is in, at most `FRESH` old. `stored` are the snapshots there are: the
        old ones of small teams are rebuilt from one read of all their standings together."""
        old = [id for id in programs if not is_fresh(stored.get(id), now)]
        known = [id for id in old if knows_its_team(stored.get(id), now)]
        pairs = {(id, row.rep) for id in known for row in stored[id].rows} | {(id, rep) for id in known}
        standings = self.store.standings_in(pairs) if pairs else []
        found = {id: stored[id] for id in programs if id not in old}
        for id in old:
            mine = [s for s in standings if s.program == id] if id in known else self.store.standings(id)
            found[id] = self._rebuilt(programs[id], mine, now, stored.get(id))
        return found

    def _rebuilt(self, program: Program, standings: Iterable[Standing], now: datetime, before: Board | None) -> Board:
        board = build(program, standings, lambda rep: self.awards_of(rep, program.id), now, before)
        self.store.save_board(board)
        return board

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        """These standings, by (program, rep)."""
        return self.store.standings_in(pairs)

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        """One rep's standings by program."""
        return self.store.standings_of(rep, programs)

    def books_of(self, rep: str) -> list[DealBook]:
        """Every deal book the rep has an entry in."""
        return self.store.books_of(rep)

    def awards_of(self, rep: str, program: str) -> list[Balance]:
        """One rep's awards under a program, as the ledger folds them."""
        return balances(self.store.entries(rep), program)
