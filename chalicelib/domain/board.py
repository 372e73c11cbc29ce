"""The leaderboard of a program: top rows and a histogram, so that anybody's rank is a look-up.

Ranks go by confirmed money (points times what a point pays, all layers together); equal amounts share the rank,
unless the program chose "earlier to reach", then the one whose last needed deal qualified first stands before
(domain.md 18, 36).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing

TOP = 100  # rows kept in the snapshot; further ranks come from the histogram


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A place on the board; amounts in minor units of the program's currency."""

    rank: int
    rep: str
    confirmed: int
    provisional: int


@dataclass(frozen=True, slots=True)
class Board:
    """A snapshot: the top rows, every distinct confirmed amount (ascending) with how many reps have at most it,
    and the sums over everyone. `built_at` is shown beside it."""

    program: str
    built_at: datetime
    rows: tuple[BoardRow, ...]
    amounts: tuple[int, ...]
    at_most: tuple[int, ...]
    confirmed: int
    provisional: int

    @property
    def size(self) -> int:
        """How many reps take part."""
        return self.at_most[-1] if self.at_most else 0

    def rank_of(self, confirmed: int) -> int:
        """The shared rank of a confirmed amount: one more than the number of reps above it."""
        position = bisect_right(self.amounts, confirmed)
        return self.size - (self.at_most[position - 1] if position else 0) + 1


def worth(program: Program, standing: Standing) -> tuple[int, int]:
    """Confirmed and provisional money of a standing in minor units, all layers together."""
    confirmed = sum(standing.sums(layer.id).confirmed * layer.point.minor for layer in program.layers)
    provisional = sum(standing.sums(layer.id).provisional * layer.point.minor for layer in program.layers)
    return confirmed, provisional


def build(
    program: Program,
    standings: Iterable[Standing],
    reached: Callable[[str], BusinessTime | None],
    now: datetime,
) -> Board:
    """A board from every standing of the program. `reached(rep)` is asked only for reps that tie within the top
    rows of a program with the rule "earlier to reach"; it says when her last counting deal qualified."""
    money = sorted(((*worth(program, s), s.rep) for s in standings), key=lambda row: (-row[0], row[2]))
    amounts: list[int] = []
    at_most: list[int] = []
    for position, (confirmed, _, _) in enumerate(reversed(money), start=1):
        if amounts and amounts[-1] == confirmed:
            at_most[-1] = position
        else:
            amounts.append(confirmed)
            at_most.append(position)
    top = money[:TOP]
    if program.tie_rule == "earlier_to_reach":
        tied = {c for c, _, _ in top if c and sum(1 for row in top if row[0] == c) > 1}
        when = {rep: reached(rep) for c, _, rep in top if c in tied}
        late = BusinessTime(now.date(), now, "")
        top.sort(key=lambda row: (-row[0], when.get(row[2]) or late, row[2]))
    rows: list[BoardRow] = []
    for position, (confirmed, provisional, rep) in enumerate(top, start=1):
        shares = rows and rows[-1].confirmed == confirmed and (program.tie_rule == "shared" or confirmed == 0)
        rows.append(BoardRow(rows[-1].rank if shares else position, rep, confirmed, provisional))
    return Board(
        program.id, now, tuple(rows), tuple(amounts), tuple(at_most),
        sum(m[0] for m in money), sum(m[1] for m in money),
    )  # fmt: skip
