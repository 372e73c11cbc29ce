"""The report of a replay: what a program would have cost, who would have earned it, and what of it may have been paid
for nothing. Only figures that follow from the facts; the one estimate says how it was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.domain.ledger import Balance
from chalicelib.domain.money import Money
from chalicelib.domain.programs import Program
from chalicelib.domain.replays import Gathered, Grant, Lane, Prize, grants, if_all_confirms, moved

BEFORE = " before"  # the lane of the equal time before, beside the lane it belongs to

# domain.md 33: every report is labelled with its design, and this one is the weakest there is.
DESIGN = "prior_period_raw"
HOW = (
    "As many deals as each rep had in the equal time before the window would have come anyway; they carry their share "
    "of her payout. A raw comparison with a prior period: no control group, no season. It is a warning, not evidence."
)


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One funder's part; `cost` holds prizes for places too, `points` do not. `unpaid` is what deals claimed and the
    budget no longer held; `runs_out_on` the qualifying day of the first deal that got less than it claimed (None: the
    budget lasts, or there is none)."""

    layer: str
    points: int
    cost: Money
    budget: Money | None
    unpaid: Money
    runs_out_on: date | None


@dataclass(frozen=True, slots=True)
class RepCost:
    """What one rep would have been paid, and for how many deals."""

    rep: str
    deals: int
    cost: Money


@dataclass(frozen=True, slots=True)
class Spread:
    """How the cost is distributed over the reps who earn: the least, the quarters, the most."""

    least: Money
    lower_quarter: Money
    median: Money
    upper_quarter: Money
    most: Money


@dataclass(frozen=True, slots=True)
class Tercile:
    """A third of the reps, the best earners first; `share` in hundredths of a percent of the cost."""

    reps: tuple[str, ...]
    cost: Money
    share: int


@dataclass(frozen=True, slots=True)
class Month:
    """What deals that qualified in a calendar month cost."""

    month: str
    deals: int
    cost: Money


@dataclass(frozen=True, slots=True)
class Deadweight:
    """An estimate of what was paid for deals that would have come anyway. `design` and `how` say what it is worth;
    `reaches_back` is False when the facts begin after the comparison does, so that it is too low."""

    design: str
    how: str
    compared_with: tuple[date, date]
    reaches_back: bool
    deals: int
    of_deals: int
    cost: Money


@dataclass(frozen=True, slots=True)
class Replayed:
    """One program over the facts. `if_all_confirms` is the cost with everything that still waits."""

    program: str
    version: int
    window: tuple[date, date]
    enrolled: str
    cost: Money
    if_all_confirms: Money
    deals: int
    layers: tuple[LayerCost, ...]
    reps: tuple[RepCost, ...]
    spread: Spread
    terciles: tuple[Tercile, ...]
    months: tuple[Month, ...]
    deadweight: Deadweight


@dataclass(frozen=True, slots=True)
class Difference:
    """What the program would have done otherwise than the one it is compared with."""

    cost: Money
    earn_more: tuple[str, ...]
    earn_less: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The whole report. `books` and `lines` say how much was looked at. The same facts give the same report."""

    asked: Replayed
    against: Replayed | None
    difference: Difference | None
    books: int
    lines: int
    facts_from: date | None


def lanes_of(lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes to gather: those asked for, and beside each the equal time before its window."""
    found = []
    for lane in lanes:
        program = lane.versions[-1]
        start = program.window.start - timedelta(days=program.window.days())
        found += [lane, Lane(lane.name + BEFORE, (moved(program, start),))]
    return found


def what_if(lanes: Sequence[Lane], found: Gathered) -> WhatIf:
    """The report over everything that was gathered: the first lane asked for, compared with the second if there is
    one. What the freeze had fixed counts for the first lane only."""
    replayed = [_replayed(lane, found, found.fixed if not i else {}) for i, lane in enumerate(lanes)]
    against = replayed[1] if len(replayed) > 1 else None
    return WhatIf(
        replayed[0], against, _difference(replayed[0], against) if against else None,
        found.books, found.lines, found.earliest,
    )  # fmt: skip


def _replayed(lane: Lane, found: Gathered, fixed: Mapping[str, Sequence[Balance]]) -> Replayed:
    program = lane.versions[-1]
    awards = found.awards.get(lane.name, {})
    granted, prizes = grants(program, awards, fixed)
    costs = _by_rep(program, granted, prizes)
    all_of_it = grants(program, if_all_confirms(awards), {})
    by_month: dict[str, list[Grant]] = defaultdict(list)
    for grant in granted:
        by_month[f"{grant.qualified_on:%Y-%m}"].append(grant)
    return Replayed(
        program.id, program.version, (program.window.start, program.window.end),
        "everybody who is credited" if lane.fences is None else "as enrolled",
        _cost(program, granted, prizes), _cost(program, *all_of_it), _deals(granted),
        tuple(_layer(program, layer.id, granted, prizes) for layer in program.layers),
        costs, _spread(program, costs), _terciles(program, costs),
        tuple(Month(m, _deals(of), _cost(program, of)) for m, of in sorted(by_month.items())),
        _deadweight(program, found, found.awards.get(lane.name + BEFORE, {}), costs),
    )  # fmt: skip


def _cost(program: Program, granted: Sequence[Grant], prizes: Sequence[Prize] = ()) -> Money:
    value = {layer.id: layer.point.minor for layer in program.layers}
    minor = sum(g.points * value[g.layer] for g in granted) + sum(p.minor for p in prizes)
    return Money(minor, program.currency)


def _deals(granted: Sequence[Grant]) -> int:
    return len({g.registration for g in granted if g.points})


def _layer(program: Program, id: str, granted: Sequence[Grant], prizes: Sequence[Prize]) -> LayerCost:
    layer, mine = program.layer(id), [g for g in granted if g.layer == id]
    point, currency = layer.point.minor, layer.point.currency
    short = [g for g in mine if g.points < g.claimed]
    points = sum(g.points for g in mine)
    unpaid = Money(sum(g.claimed - g.points for g in short) * point, currency)
    prized = sum(p.minor for p in prizes if p.layer == id)
    return LayerCost(
        id, points, Money(points * point + prized, currency), layer.budget, unpaid,
        min((g.qualified_on for g in short), default=None),
    )  # fmt: skip


def _by_rep(program: Program, granted: Sequence[Grant], prizes: Sequence[Prize]) -> tuple[RepCost, ...]:
    of: dict[str, list[Grant]] = {p.rep: [] for p in prizes}
    for grant in granted:
        of.setdefault(grant.rep, []).append(grant)
    found = [
        RepCost(rep, _deals(mine), _cost(program, mine, [p for p in prizes if p.rep == rep]))
        for rep, mine in of.items()
    ]
    return tuple(sorted(found, key=lambda r: (-r.cost.minor, r.rep)))


def _spread(program: Program, costs: Sequence[RepCost]) -> Spread:
    ranked = sorted(r.cost.minor for r in costs) or [0]

    def at(hundredth: int) -> Money:
        return Money(ranked[(len(ranked) - 1) * hundredth // 100], program.currency)

    return Spread(at(0), at(25), at(50), at(75), at(100))


def _terciles(program: Program, costs: Sequence[RepCost]) -> tuple[Tercile, ...]:
    whole = sum(r.cost.minor for r in costs)
    found = []
    for third in range(3):
        mine = costs[len(costs) * third // 3 : len(costs) * (third + 1) // 3]
        minor = sum(r.cost.minor for r in mine)
        share = minor * 10_000 // whole if whole else 0
        found.append(Tercile(tuple(r.rep for r in mine), Money(minor, program.currency), share))
    return tuple(found)


def _deadweight(
    program: Program,
    found: Gathered,
    before: Mapping[str, Sequence[Balance]],
    costs: Sequence[RepCost],
) -> Deadweight:
    start = program.window.start - timedelta(days=program.window.days())
    anyway = minor = 0
    for rep in costs:
        had = len({b.registration for b in before.get(rep.rep, ()) if b.confirmed})
        same = min(had, rep.deals)
        anyway += same
        minor += rep.cost.minor * same // rep.deals if rep.deals else 0
    return Deadweight(
        DESIGN, HOW, (start, program.window.start - timedelta(days=1)),
        found.earliest is not None and found.earliest <= start, anyway, sum(r.deals for r in costs),
        Money(minor, program.currency),
    )  # fmt: skip


def _difference(one: Replayed, other: Replayed) -> Difference | None:
    """None when the two pay in different currencies: nothing is converted here."""
    if one.cost.currency != other.cost.currency:
        return None
    here, there = ({r.rep: r.cost.minor for r in of.reps} for of in (one, other))
    change = {rep: here.get(rep, 0) - there.get(rep, 0) for rep in sorted(here.keys() | there.keys())}
    return Difference(
        one.cost - other.cost,
        tuple(rep for rep, minor in change.items() if minor > 0),
        tuple(rep for rep, minor in change.items() if minor < 0),
    )
