"""What a rep sees of her standings: every program at once, both layers, one sum, and how fresh it all is.

One answer replaces four vendor portals and a spreadsheet: she need not look in two places to know what she earned.
Amounts are computed from her standings as they are this moment; only the rank comes from a snapshot, whose age is
shown beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from chalicelib.domain.board import Board, worth
from chalicelib.domain.budgets import Budget
from chalicelib.domain.calendar import Window, local_day
from chalicelib.domain.cards import without_promises
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Balance
from chalicelib.domain.money import Money
from chalicelib.domain.periods import PAID_WITHIN
from chalicelib.domain.programs import Layer, Program, in_force
from chalicelib.domain.standings import Standing, next_tier, tier_bonus
from chalicelib.services.budget_views import Paid, asks_awards, budgets_of, nothing_paid, payable

# The sweep looks every 15 minutes: after an hour something is wrong. A feed may be weekly, plus a day for its delay.
STALE_AFTER = {"salesforce": timedelta(hours=1), "feed": timedelta(days=8)}


class CoreReader(Protocol):
    """What the views read of books, standings and boards."""

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        """One rep's standings by program; absent where she is not enrolled."""

    def books_of(self, rep: str) -> list[DealBook]:
        """Every deal book the rep has an entry in."""

    def board(self, program: Program, now: datetime) -> Board:
        """The program's board snapshot, rebuilt when it is dirty."""

    def awards_of(self, rep: str, program: str) -> list[Balance]:
        """One rep's awards under a program, in business-time order."""


@dataclass(frozen=True, slots=True)
class Source:
    """How far a source of facts has been read. `as_of` is when it last reported (None: never), `complete_to` the last
    local day a feed covers."""

    name: str
    kind: Literal["salesforce", "feed"]
    as_of: datetime | None
    complete_to: date | None = None
    stale: bool = False

    def seen_at(self, now: datetime) -> Source:
        """The same with `stale` decided: it never reported, or too long ago for its kind."""
        return replace(self, stale=self.as_of is None or now - self.as_of > STALE_AFTER[self.kind])


class Sources(Protocol):
    """Where each source stands."""

    def sources(self, feeds: Collection[str]) -> list[Source]:
        """Salesforce first, then each of these distributors by name; one that never reported has no `as_of`."""


class ActivePrograms(Protocol):
    """The part of `ports.Programs` the views need."""

    def active(self) -> dict[str, tuple[Program, ...]]:
        """Program id -> all its versions."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Points and what they pay."""

    points: int
    money: Money


@dataclass(frozen=True, slots=True)
class NextTier:
    """The nearest tier ahead, in confirmed points. `missing_deals` is how many more deals like the average of those
    confirmed so far it takes (None before the first); `pending_reaches` says whether what waits would do. `bonus` is
    what reaching it adds to the points themselves, `percent` what points are paid at from there (100: as they are)."""

    name: str
    missing_points: int
    missing_deals: int | None
    bonus: Worth
    pending_reaches: bool
    percent: int


@dataclass(frozen=True, slots=True)
class LayerStanding:
    """One funder's part. `payable` is confirmed plus tier bonuses within the cap and the budget: what would be paid
    if the program ended now; `if_all_confirms` is the same with everything that waits, of everybody, counted in.
    `first_deals`: only that many deals are paid, the first in business time (None: all). `budget` is where the layer's
    budget stands (None: it has none)."""

    layer: str
    confirmed: Worth
    provisional: Worth
    total: Worth
    tier_bonus: Worth
    payable: Money
    if_all_confirms: Money
    cap_points: int | None
    first_deals: int | None
    budget: Budget | None
    next_tier: NextTier | None
    pays_by: datetime


@dataclass(frozen=True, slots=True)
class Sum:
    """Layers or programs added up, in one currency."""

    confirmed: Money
    provisional: Money
    payable: Money
    if_all_confirms: Money


@dataclass(frozen=True, slots=True)
class WindowView:
    """A program's window and where we stand in it. `days_left` counts the local days that still count, today
    included; 0 when it is over."""

    start: date
    end: date
    zone: str
    opens_at: datetime
    closes_at: datetime
    state: Literal["upcoming", "running", "over"]
    days_left: int


@dataclass(frozen=True, slots=True)
class Rank:
    """Her place by confirmed money. `to_next` is what is missing to the next higher amount (None for the first)."""

    rank: int
    of: int
    to_next: Money | None
    board_built_at: datetime


@dataclass(frozen=True, slots=True)
class DealCounts:
    """Deals that earn something: with confirmed points, and those still waiting for their order."""

    qualifying: int
    confirmed: int
    pending: int


@dataclass(frozen=True, slots=True)
class ProgramStanding:
    """One program as a rep sees it. `card` is the rule in one read; it promises nothing a budget no longer holds.
    `cap` is the most she is paid over all layers (None: no limit); the amounts of the layers are within it."""

    program: str
    name: str
    version: int
    card: str
    window: WindowView
    confirm_by: date
    enrolled_from: date
    enrolled_to: date | None
    frozen: bool
    layers: tuple[LayerStanding, ...]
    cap: Money | None
    combined: Sum
    rank: Rank
    deals: DealCounts
    pays_by: datetime
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class StandingsView:
    """Everything at once. `totals` holds one sum per currency, never a mix."""

    rep: str
    as_of: datetime
    programs: tuple[ProgramStanding, ...]
    totals: tuple[Sum, ...]
    sources: tuple[Source, ...]


def standings_of(
    rep: str,
    programs: ActivePrograms,
    reader: CoreReader,
    sources: Sources,
    now: datetime,
    paid: Paid = nothing_paid,
) -> StandingsView:
    """All programs the rep is enrolled in, in one answer (W02, W12, W51); those that end first come first.

    What it is given is read at once by `services.home`; her own entries are read only where a budget does not cover
    everybody.
    """
    active = programs.active()
    mine = reader.standings_of(rep, sorted(active))
    ruling = {id: ruling_version(active[id], now) for id in mine if id in active}
    known = {s.name: s.seen_at(now) for s in sources.sources(sorted({f for p in ruling.values() for f in p.feeds}))}
    views = [_program_standing(program, mine[id], reader, known, now, paid) for id, program in ruling.items()]
    views.sort(key=lambda v: (v.window.state == "over", v.window.closes_at, v.program))
    return StandingsView(rep, now, tuple(views), sums_by_currency(v.combined for v in views), tuple(known.values()))


def ruling_version(versions: Sequence[Program], now: datetime) -> Program:
    """The version whose card is true today, in the program's own zone. `versions` must not be empty."""
    day = local_day(now, versions[-1].window.zone)
    program = in_force(versions, day)
    assert program is not None, "an active program has at least one version"
    return program


def window_view(window: Window, now: datetime) -> WindowView:
    """The window with its countdown (domain.md 2)."""
    opens_at, closes_at = window.opens_at(), window.closes_at()
    left = (window.end - local_day(now, window.zone)).days + 1
    state: Literal["upcoming", "running", "over"] = (
        "upcoming" if now < opens_at else "running" if now < closes_at else "over"
    )
    return WindowView(window.start, window.end, window.zone, opens_at, closes_at, state, max(0, left))


def layer_standing(
    layer: Layer, standing: Standing, pays_by: datetime, budget: Budget | None, points: tuple[int, int]
) -> LayerStanding:
    """One layer's points and money. Money is points times what a point pays; bonuses and limits are in `points`, what
    she would be paid now, and if all confirms."""
    sums = standing.sums(layer.id)
    gap = next_tier(layer, sums)
    ahead = None
    if gap is not None:
        average = sums.confirmed // standing.deals_confirmed if standing.deals_confirmed else 0
        deals = -(-gap.missing // average) if average > 0 else None
        bonus = _worth(layer, gap.bonus_points)
        ahead = NextTier(gap.tier, gap.missing, deals, bonus, gap.pending_reaches, gap.percent)
    everything = sums.confirmed + sums.provisional
    return LayerStanding(
        layer.id,
        confirmed=_worth(layer, sums.confirmed),
        provisional=_worth(layer, sums.provisional),
        total=_worth(layer, everything),
        tier_bonus=_worth(layer, tier_bonus(layer, sums.confirmed)),
        payable=_worth(layer, points[0]).money,
        if_all_confirms=_worth(layer, points[1]).money,
        cap_points=layer.cap_points_per_rep,
        first_deals=layer.first_deals_per_rep,
        budget=budget,
        next_tier=ahead,
        pays_by=pays_by,
    )


def rank_on(board: Board, program: Program, rep: str, confirmed_minor: int) -> Rank:
    """Her rank with the amount she has now, on a board that may be a moment older than her last deal."""
    row = next((r for r in board.rows if r.rep == rep), None)
    if row is not None and row.confirmed == confirmed_minor:
        rank = row.rank
    else:
        # A snapshot from before a return still counts her own higher amount as somebody above her.
        herself = 1 if row is not None and row.confirmed > confirmed_minor else 0
        rank = board.rank_of(confirmed_minor) - herself
    above = [a for a in board.amounts if a > confirmed_minor]
    to_next = Money(min(above) - confirmed_minor, program.currency) if above and rank > 1 else None
    return Rank(rank, max(board.size, 1), to_next, board.built_at)


def sums_by_currency(sums: Iterable[Sum]) -> tuple[Sum, ...]:
    """One sum per currency, by code; amounts of two currencies are never added (domain.md 20)."""
    found: dict[str, list[Sum]] = defaultdict(list)
    for one in sums:
        found[one.confirmed.currency].append(one)
    return tuple(_total(found[currency], currency) for currency in sorted(found))


def _program_standing(
    program: Program, standing: Standing, reader: CoreReader, known: Mapping[str, Source], now: datetime, paid: Paid
) -> ProgramStanding:
    pays_by, board = program.window.closes_at() + PAID_WITHIN, reader.board(program, now)
    budgets = budgets_of(program, board, now, paid)
    awards = reader.awards_of(standing.rep, program.id) if asks_awards(program, board) else []
    layers = tuple(
        layer_standing(
            layer, standing, pays_by, budgets.get(layer.id), payable(program, layer, standing, board, awards)
        )
        for layer in program.layers
        if not layer.role or layer.id in standing.layers  # overlays are shown to whom they ever paid anything
    )
    combined = _total(
        [Sum(x.confirmed.money, x.provisional.money, x.payable, x.if_all_confirms) for x in layers], program.currency
    )
    confirmed_minor, _ = worth(program, standing)
    wanted = {"salesforce", *program.feeds}
    return ProgramStanding(
        program.id, program.name, program.version, without_promises(program, budgets),
        window=window_view(program.window, now),
        confirm_by=program.confirm_by,
        enrolled_from=standing.fence.enrolled_from,
        enrolled_to=standing.fence.enrolled_to,
        frozen=standing.fence.bucket == "trailing",
        layers=layers,
        cap=program.cap_per_rep,
        combined=combined,
        rank=rank_on(board, program, standing.rep, confirmed_minor),
        deals=DealCounts(standing.deals, standing.deals_confirmed, standing.deals - standing.deals_confirmed),
        pays_by=pays_by,
        sources=tuple(s for name, s in known.items() if name in wanted),
    )  # fmt: skip


def _worth(layer: Layer, points: int) -> Worth:
    return Worth(points, Money(points * layer.point.minor, layer.point.currency))


def _total(sums: Sequence[Sum], currency: str) -> Sum:
    zero = Money(0, currency)
    return Sum(
        sum((s.confirmed for s in sums), zero),
        sum((s.provisional for s in sums), zero),
        sum((s.payable for s in sums), zero),
        sum((s.if_all_confirms for s in sums), zero),
    )
