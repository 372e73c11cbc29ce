"""The leaderboard of one program as one person sees it: the top, her own place, and the neighbours she can pass.

The middle of a team looks at the neighbours, not at the winner: the gap to the next place is always shown (W39).
Names come from the people list when the board is drawn; ledger and snapshot know ids only (domain.md 19).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.board import BoardRow, worth
from chalicelib.domain.money import Money
from chalicelib.domain.programs import BoardDisplay, Program, TieRule
from chalicelib.services.ports import People
from chalicelib.services.rep_views import CoreReader, Rank, rank_on

NEIGHBOURS = 2  # rows above and below her own


@dataclass(frozen=True, slots=True)
class Place:
    """One row. `rep` is "" where the display policy hides who it is; `you` marks the caller's own; `prize` is the rank
    prize she would get if the program ended now (None: none, or the freeze has given them)."""

    rank: int
    name: str
    rep: str
    confirmed: Money
    provisional: Money
    prize: Money | None
    you: bool


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """Top rows (none on a board of neighbours only), the caller's own rank (None when she does not take part), and
    the rows around it when they are within the kept ones. `prizes` are what the places get at the end, from the first
    down, `your_prize` what the caller would get now. `built_at` is the age of the snapshot."""

    program: str
    name: str
    built_at: datetime
    size: int
    tie_rule: TieRule
    display: BoardDisplay
    top: tuple[Place, ...]
    you: Rank | None
    neighbours: tuple[Place, ...]
    prizes: tuple[Money, ...]
    your_prize: Money | None


def leaderboard(
    program: Program, viewer: str, reader: CoreReader, people: People, now: datetime, *, top: int
) -> LeaderboardView:
    """The board of `program`, as its display policy allows: at most `top` rows, and the viewer's place.

    Costs one read of the snapshot, one of the viewer's standing and one of the names shown: the same at a thousand
    reps and at ten million.
    """
    board = reader.board(program, now)
    standing = reader.standings_of(viewer, [program.id]).get(program.id)
    you = rank_on(board, program, viewer, worth(program, standing)[0]) if standing else None
    display = program.board
    around = _around(board.rows, viewer)
    shown = () if display == "neighbours_only" else board.rows[:top]
    names = _names([*shown, *around], viewer, people, display)
    amounts = program.rank_prizes.amounts if program.rank_prizes else ()
    given = {
        rep: Money(prize.minor, program.currency)
        for rep, prize in board.prizes([amount.minor for amount in amounts]).items()
    }

    def place(row: BoardRow) -> Place:
        own = row.rep == viewer
        rep = "" if display == "pseudonyms" and not own else row.rep
        worths = Money(row.confirmed, program.currency), Money(row.provisional, program.currency)
        return Place(row.rank, names[row.rep], rep, *worths, given.get(row.rep), own)

    return LeaderboardView(
        program.id, program.name, board.built_at, board.size, program.tie_rule, display,
        tuple(place(row) for row in shown), you, tuple(place(row) for row in around), amounts, given.get(viewer),
    )  # fmt: skip


def _around(rows: Sequence[BoardRow], viewer: str) -> Sequence[BoardRow]:
    own = next((i for i, row in enumerate(rows) if row.rep == viewer), None)
    return () if own is None else rows[max(0, own - NEIGHBOURS) : own + NEIGHBOURS + 1]


def _names(rows: Sequence[BoardRow], viewer: str, people: People, display: BoardDisplay) -> dict[str, str]:
    """What to call everybody: her own name always; others' names, or "Rep" and their place, which says nothing of
    who they are and stays the same on a refresh."""
    reps = {row.rep for row in rows}
    known = people.get({viewer} & reps if display == "pseudonyms" else reps)
    called = {}
    for row in rows:
        if row.rep in known:
            called[row.rep] = known[row.rep].name
        elif display == "pseudonyms":
            called[row.rep] = f"Rep at place {row.rank}"
        else:
            called[row.rep] = "Former colleague"  # erased people stay in the ledger as ids only
    return called
