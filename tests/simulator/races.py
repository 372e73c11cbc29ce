"""Races: handlers at the same time, in every order their calls can fall.

Each actor is one invocation in a thread of its own, but only one runs: before every call it hands the baton back, and
a schedule says who goes on. All schedules are tried, depth first, each from the same world (stateless search), so a
pair of m and n calls is (m+n over n) runs. Where that is too many, `switches` bounds how often the baton changes
hands against the will of its holder; two switches find what needs one call of the other in between. What is still too
many is drawn: `sampled` says how many, spread over the whole race.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import permutations
from typing import Any

from tests.simulator.outcome import Outcome, differences, outcome, untruths
from tests.simulator.stage import NOWHERE, Stage, cold_start
from tests.simulator.story import Step
from tests.simulator.world import Crash, World

Actor = Callable[[Stage], object]


@dataclass(slots=True)
class Raced:
    """What a race did: schedules tried, whether those were all, and the schedules that ended differently."""

    schedules: int = 0
    exhausted: bool = True
    longest: int = 0
    findings: list[str] = field(default_factory=list)


class _Baton:
    """Lets exactly one of several threads run."""

    def __init__(self) -> None:
        self.turns: list[threading.Semaphore] = []
        self.back = threading.Semaphore(0)
        self.mine = threading.local()

    def yielded(self) -> None:
        """Called before every call: hand the baton back and wait for the next turn."""
        number = getattr(self.mine, "number", None)
        if number is not None:
            self.back.release()
            self.turns[number].acquire()

    def run(self, actors: Sequence[Callable[[], object]], choose: Callable[[list[int], int | None], int]) -> None:
        """Run all to their ends; `choose` picks who goes on, of those not done, the last one named."""
        done = [False] * len(actors)
        self.turns = [threading.Semaphore(0) for _ in actors]

        def body(number: int) -> None:
            self.mine.number = number
            self.turns[number].acquire()
            with contextlib.suppress(Crash, Exception):
                actors[number]()
            done[number] = True
            self.back.release()

        threads = [threading.Thread(target=body, args=(n,), daemon=True) for n in range(len(actors))]
        for thread in threads:
            thread.start()
        last: int | None = None
        while not all(done):
            last = choose([n for n in range(len(actors)) if not done[n]], last)
            self.turns[last].release()
            self.back.acquire()
        for thread in threads:
            thread.join()


def race(
    world: World,
    start: Any,
    actors: Sequence[Actor],
    *,
    rest: Sequence[Step] = (),
    seen: Callable[[World], Outcome] = outcome,
    switches: int | None = None,
    torn: bool = False,
    sampled: int = 0,
    only: str = "",
    most: int = 20_000,
) -> Raced:
    """Try every schedule of the actors from the world `start`; after each, `rest` is played, and what is `seen` then
    must be what is seen when one came after the other, whichever was first; true by itself it must be in any case.
    `torn` lets the others in between the items of one read as well. `sampled` so many schedules are drawn instead, and
    `only` plays one that was named before. Use inside `world.installed()`."""
    raced = Raced()
    prefix = [int(n) for n in only]
    dice = random.Random(sampled)
    baton = _Baton()
    expected = _one_after_the_other(world, start, actors, rest, seen)
    world.between = baton.yielded
    world.tables.torn = baton.yielded if torn else None
    try:
        while True:
            world.restore(start)
            cold_start()
            stage = Stage(world)
            taken: list[tuple[int, list[int]]] = []
            choose = _chooser(prefix, taken, switches)
            if sampled and raced.longest:
                choose = _drawn(dice, raced.longest, taken, switches or raced.longest)
            with contextlib.redirect_stdout(NOWHERE):
                baton.run([partial(act, stage) for act in actors], choose)
                stage.pump()
                for step in rest:
                    cold_start()
                    step.play(stage)
            raced.schedules += 1
            raced.longest = max(raced.longest, len(taken))
            here = seen(world)
            told = min((differences(one, here) for one in expected), key=len)
            if told := [*told, *untruths(world), *stage.refused]:
                raced.findings.append(f"schedule {''.join(str(n) for n, _ in taken)}: {told[0][:500]}")
            if only or (sampled and raced.schedules > sampled):
                raced.exhausted = False
                return raced
            following = [] if sampled else _next(taken)
            if following is None:
                return raced
            if raced.schedules >= most:
                raced.exhausted = False
                return raced
            prefix = following
    finally:
        world.between = world.tables.torn = None


def _one_after_the_other(
    world: World, start: Any, actors: Sequence[Actor], rest: Sequence[Step], seen: Callable[[World], Outcome]
) -> list[Outcome]:
    found: list[Outcome] = []
    for order in permutations(actors):
        world.restore(start)
        stage = Stage(world)
        for act in order:
            cold_start()
            act(stage)  # one after the other nothing may fail
        stage.pump()
        for step in rest:
            cold_start()
            step.play(stage)
        wrong = [*untruths(world), *stage.refused]
        assert not wrong, wrong
        found.append(seen(world))
    return found


def _chooser(
    prefix: list[int], taken: list[tuple[int, list[int]]], switches: int | None
) -> Callable[[list[int], int | None], int]:
    """Follow the prefix, then go on with whoever runs; note who was chosen, and who else could have been."""
    changed = 0

    def choose(runnable: list[int], last: int | None) -> int:
        nonlocal changed
        options = list(runnable)
        if last in options:
            options.remove(last)
            options.insert(0, last)
            if switches is not None and changed >= switches:
                options = options[:1]
        at = len(taken)
        chosen = prefix[at] if at < len(prefix) else options[0]
        changed += last in options and chosen != last
        taken.append((chosen, options))
        return chosen

    return choose


def _drawn(
    dice: random.Random, longest: int, taken: list[tuple[int, list[int]]], switches: int
) -> Callable[[list[int], int | None], int]:
    """Whoever runs goes on, but at so many moments of the race, drawn anew each time."""
    moments = {dice.randrange(1, longest + 1) for _ in range(dice.randint(1, switches))}

    def choose(runnable: list[int], last: int | None) -> int:
        others = [n for n in runnable if n != last]
        change = last not in runnable or (len(taken) in moments and others)
        chosen = dice.choice(others) if change else last
        assert chosen is not None
        taken.append((chosen, runnable))
        return chosen

    return choose


def _next(taken: list[tuple[int, list[int]]]) -> list[int] | None:
    """The next schedule, depth first: the last decision that has another option takes it."""
    for at in range(len(taken) - 1, -1, -1):
        chosen, options = taken[at]
        later = options[options.index(chosen) + 1 :]
        if later:
            return [n for n, _ in taken[:at]] + [later[0]]
    return None
