"""One process's share of the proof: a world that stays installed, and a recorded month for each way of recovering."""

from __future__ import annotations

import gc
from functools import lru_cache

from tests.simulator.sweep import MODES, PROMPT, Mode, Point, Sweep, Tally
from tests.simulator.world import World


@lru_cache(maxsize=len(MODES))
def recorded(mode: Mode = PROMPT) -> Sweep:
    """The fault-free month in this process; the world is installed only while something runs on it."""
    world = World()
    world.tables.metered = False
    with world.installed():
        sweep = Sweep(world, mode)
    # The recorded month stays for the life of the process, and each month played again makes much and keeps little:
    # looking through all of it for cycles every few hundred objects took a twelfth of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    return sweep


def representative(sweep: Sweep, occurrences: int) -> list[Point]:
    """Every fault of every call site, at so many of its calls, spread over the month."""
    by_kind: dict[object, list[Point]] = {}
    for point in sweep.points():
        by_kind.setdefault((point.call.site, point.call.adapters, point.fault), []).append(point)
    chosen = []
    for points in by_kind.values():
        many = min(occurrences, len(points))
        chosen += [points[(len(points) - 1) * n // max(1, many - 1)] for n in range(many)]
    return sorted(chosen, key=lambda p: (p.call.number, p.fault.value))


def races(number: int, exhaustive: bool, every: int = 1) -> tuple[int, bool, list[str]]:
    """One of `MEETINGS`: schedules tried, whether those were all within its bound, and what ended differently.

    Exhaustively every schedule within its bound, to 20,000; else all with one interruption, to 600, and 200 drawn
    ones; of both only one in `every` for a first look.
    """
    from tests.simulator.meeting import raced  # which records through this module
    from tests.simulator.threes import MEETINGS

    meeting = MEETINGS[number]
    found = raced(meeting, most=20_000) if exhaustive else raced(meeting, switches=1, most=600 // every)
    if found.exhausted and (exhaustive or meeting.switches == 1):
        return found.schedules, True, found.findings
    more = raced(meeting, sampled=2_000 if exhaustive else 200 // every)
    return found.schedules + more.schedules, False, [*found.findings, *more.findings]


def restores(name: str, every: int) -> tuple[int, list[str]]:
    """Cuts in one step of the month (every so many of them): how many, and what broke the promise."""
    from tests.simulator.restore import PAYING_STEPS, Restores
    from tests.simulator.world import MONEY

    sweep = recorded()
    with sweep.world.installed():
        restores = Restores(sweep)
        step = restores.named(name)
        cuts = restores.cuts(step, (MONEY,), ()) if name in PAYING_STEPS else restores.cuts(step)
        found = [restores.judge(cut) for cut in cuts[::every]]
    return len(found), [wrong for wrong in found if wrong]


def share(mode: Mode, kind: str, first: int, step: int, many: int) -> Tally:
    """Run one share: `kind` is singles (points first, first + step, ...), sites (the same over representatives,
    `many` of each), pairs (seed `first`, `many` runs), storms or clocks (seeds from `first`, `many` of them)."""
    sweep = recorded(mode)
    with sweep.world.installed():
        if kind == "singles":
            return sweep.sweep(sweep.points()[first::step])
        if kind == "sites":
            return sweep.sweep(representative(sweep, many)[first::step])
        if kind == "pairs":
            return sweep.pairs(first, many)
        if kind == "clocks":
            return sweep.clocks(range(first, first + many))
        assert kind == "storms", kind
        return sweep.storms(range(first, first + many))
