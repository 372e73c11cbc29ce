"""The leaderboard of a program: top rows and a histogram, so that anybody's rank is a look-up; and what its deals ask
of each layer's budget, so that nobody is promised what is no longer there.

Ranks go by confirmed money (points times what a point pays, all layers together); equal amounts share the rank,
unless the program chose "earlier to reach", then the one whose last needed deal qualified first stands before
(domain.md 18, 36).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.budgets import Cut, Phases, cut, kept, phases, room
from chalicelib.domain.caps import needs_awards, phases_of
from chalicelib.domain.ledger import Balance
from chalicelib.domain.prizes import Prize, reached, shared_out
from chalicelib.domain.program_budget import ProgramDemand, find_cut, left_over, points_of
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.standings import Standing, payable_points

TOP = 100  # rows kept in the snapshot; further ranks come from the histogram

# Finding where a budget ends reads every rep's entries: some 3 s for a thousand reps. Up to a hundred it is done with
# every rebuild, above that at most once a minute; that the budget is used up is seen at once either way.
CUT_AT_ONCE = 100
CUT_FRESH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A place on the board; amounts in minor units of the program's currency."""

    rank: int
    rep: str
    confirmed: int
    provisional: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What one layer's deals ask of its budget, all reps together, in points after tiers and caps: `confirmed` now,
    `everything` if all that waits confirms. Where that is more than there is, the cuts say which award is the last to
    be paid: now, and if all confirms; `cut_at` is when they were found."""

    layer: str
    confirmed: int
    everything: int
    cut_now: Cut | None = None
    cut_all: Cut | None = None
    cut_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A snapshot: the top rows, every distinct confirmed amount (ascending) with how many reps have at most it,
    the sums over everyone, what each layer asks of its budget, and all `together` of the program's (None: it has none).
    `built_at` is shown beside it. `frozen`: the program's end was fixed for somebody."""

    program: str
    built_at: datetime
    rows: tuple[BoardRow, ...]
    amounts: tuple[int, ...]
    at_most: tuple[int, ...]
    confirmed: int
    provisional: int
    demands: tuple[Demand, ...] = ()
    frozen: bool = False
    together: ProgramDemand | None = None

    def demand(self, layer: str) -> Demand:
        """What the layer asks of its budget; nothing when nobody earned under it."""
        return next((d for d in self.demands if d.layer == layer), Demand(layer, 0, 0))

    @property
    def size(self) -> int:
        """How many reps take part."""
        return self.at_most[-1] if self.at_most else 0

    def prizes(self, amounts: Sequence[int]) -> dict[str, Prize]:
        """Who would get which rank prize if the program ended now; nobody any more once it is frozen. Rows that may
        share their amount with reps beyond the kept ones are left out: what they would get is not known here."""
        if self.frozen or not self.rows:
            return {}
        least = self.rows[-1].confirmed if self.size > len(self.rows) else 0
        return shared_out(amounts, [(row.rank, row.rep) for row in self.rows if row.confirmed > least])

    def rank_of(self, confirmed: int) -> int:
        """The shared rank of a confirmed amount: one more than the number of reps above it."""
        position = bisect_right(self.amounts, confirmed)
        return self.size - (self.at_most[position - 1] if position else 0) + 1


def worth(program: Program, standing: Standing) -> tuple[int, int]:
    """Confirmed and provisional money of a standing in minor units, all layers together. Overlays are left out: they
    pay other roles for the same deals, and the board ranks those who sell (domain.md 16)."""
    ranked = [(standing.sums(layer.id), layer.point.minor) for layer in program.layers if not layer.role]
    confirmed = sum(sums.confirmed * point for sums, point in ranked)
    return confirmed, sum(sums.provisional * point for sums, point in ranked)


def build(
    program: Program,
    standings: Iterable[Standing],
    awards: Callable[[str], Sequence[Balance]],
    now: datetime,
    before: Board | None = None,
) -> Board:
    """A board from every standing of the program. `awards(rep)`, her awards under the program, are asked only for
    reps that tie within the top rows of a program with the rule "earlier to reach", and for everybody who earns under
    a layer whose budget is too small. `before` is the snapshot it replaces."""
    standings = list(standings)
    money = sorted(((*worth(program, s), s.rep) for s in standings), key=lambda row: (-row[0], row[2]))
    amounts: list[int] = []
    at_most: list[int] = []
    for position, (confirmed, _, _) in enumerate(reversed(money), start=1):
        if amounts and amounts[-1] == confirmed:
            at_most[-1] = position
        else:
            amounts.append(confirmed)
            at_most.append(position)
    top, when = money[:TOP], {}
    if program.tie_rule == "earlier_to_reach":
        tied = {c for c, _, _ in top if c and sum(1 for row in top if row[0] == c) > 1}
        when = {rep: reached(program, awards(rep)) for c, _, rep in top if c in tied}
        late = BusinessTime(now.date(), now, "")
        top.sort(key=lambda row: (-row[0], when.get(row[2]) or late, row[2]))
    rows: list[BoardRow] = []
    for position, (confirmed, provisional, rep) in enumerate(top, start=1):
        above = rows[-1] if rows and rows[-1].confirmed == confirmed else None
        if above and program.tie_rule == "earlier_to_reach" and confirmed and when.get(rep) != when.get(above.rep):
            above = None
        rows.append(BoardRow(above.rank if above else position, rep, confirmed, provisional))
    demands = tuple(_demand(program, layer, standings, awards, now, before) for layer in program.layers)
    return Board(
        program.id, now, tuple(rows), tuple(amounts), tuple(at_most),
        sum(m[0] for m in money), sum(m[1] for m in money),
        demands, _frozen(standings), _together(program, demands, standings, awards, now, before),
    )  # fmt: skip


def _together(
    program: Program,
    demands: Sequence[Demand],
    standings: Sequence[Standing],
    awards: Callable[[str], Sequence[Balance]],
    now: datetime,
    before: Board | None,
) -> ProgramDemand | None:
    """What all layers together ask of the program's budget; where it ends is kept for a large team like a layer's."""
    whole = left_over(program, 0)
    if whole is None:
        return None

    def minor(points: Callable[[Demand], int]) -> int:
        found = 0
        for layer, demand in zip(program.layers, demands, strict=True):
            most = room(layer, 0)
            found += layer.point.minor * (points(demand) if most is None else min(points(demand), most))
        return found

    asked = ProgramDemand(minor(lambda d: d.confirmed), minor(lambda d: d.everything))
    if asked.everything <= whole and not needs_awards(program):
        return asked
    frozen = _frozen(standings)
    earning = sorted(s.rep for s in standings if any(x.confirmed or x.provisional for x in s.layers.values()))
    old = before.together if before is not None and before.frozen == frozen else None
    if old is not None and old.cut_at is not None and old.cut_at <= now < old.cut_at + CUT_FRESH:
        same = (old.confirmed, old.everything) == (asked.confirmed, asked.everything)
        if len(earning) > CUT_AT_ONCE:
            return (
                old
                if needs_awards(program)
                else replace(asked, cut_now=old.cut_now, cut_all=old.cut_all, cut_at=old.cut_at)
            )
        if same and not needs_awards(program):
            return old
    known = {rep: awards(rep) for rep in earning}
    ends = {d.layer: (d.cut_now, d.cut_all) for d in demands}
    ways = []
    for way, waiting in enumerate((False, True)):
        claims = [
            {
                layer: kept(ends[layer][way], of)
                for layer, of in phases_of(program, rep, mine, waiting=waiting, frozen=frozen).items()
            }
            for rep, mine in known.items()
        ]
        asks = sum(points_of(claims, layer.id) * layer.point.minor for layer in program.layers)
        ways.append((asks, find_cut(program, claims)))
    return ProgramDemand(ways[0][0], ways[1][0], ways[0][1], ways[1][1], now)


def _frozen(standings: Sequence[Standing]) -> bool:
    return any(standing.fence.bucket == "trailing" for standing in standings)


def _demand(
    program: Program,
    layer: Layer,
    standings: Sequence[Standing],
    awards: Callable[[str], Sequence[Balance]],
    now: datetime,
    before: Board | None,
) -> Demand:
    """The layer's demand, with its cuts when the budget does not cover it. A cut that was found a moment ago is kept
    as long as nothing moved, and for a large team up to `CUT_FRESH` longer. Where sums do not say what is paid (first
    deals, a cap over all layers) the demand is that of the awards."""
    sums = {s.rep: s.sums(layer.id) for s in standings}
    confirmed = sum(payable_points(layer, s.confirmed) for s in sums.values())
    everything = sum(payable_points(layer, s.confirmed + s.provisional) for s in sums.values())
    whole = room(layer, 0)
    by_award = needs_awards(program)
    if whole is None or (everything <= whole and not by_award):
        return Demand(layer.id, confirmed, everything)
    earning = [rep for rep, s in sorted(sums.items()) if s.confirmed or s.provisional]
    frozen = _frozen(standings)
    old = before.demand(layer.id) if before is not None and before.frozen == frozen else Demand(layer.id, 0, 0)
    if old.cut_at is not None and old.cut_at <= now:
        same = (old.confirmed, old.everything) == (confirmed, everything)
        fresh = now - old.cut_at < CUT_FRESH
        if fresh and by_award and len(earning) > CUT_AT_ONCE:
            return old
        if fresh and not by_award and (same or len(earning) > CUT_AT_ONCE):
            return Demand(layer.id, confirmed, everything, old.cut_now, old.cut_all, old.cut_at)
    known = {rep: awards(rep) for rep in earning}
    ways: list[list[Phases]] = [
        [
            phases_of(program, rep, of, waiting=waiting, frozen=frozen)[layer.id]
            if by_award
            else phases(layer, rep, of, waiting=waiting, frozen=frozen)
            for rep, of in known.items()
        ]
        for waiting in (False, True)
    ]
    if by_award:
        confirmed, everything = (sum(c.points for of in way for phase in of for c in phase) for way in ways)
    return Demand(layer.id, confirmed, everything, cut(layer, ways[0]), cut(layer, ways[1]), now)
