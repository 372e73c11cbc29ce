"""The crash sweep: every call of the story fails in every way it can, once each, and the month still ends the same.

The story is played once without faults; every call is numbered and the world is kept before each step. Then, for
each call and each fault: back to the step, that one call fails, retries and schedules do what they do, and the end
is compared with the fault-free end. A world that is byte for byte back on the fault-free path is not played further:
the same handlers on the same world end the same. Seed-free: a call number and a fault reproduce a run.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.simulator.outcome import Outcome, differences, outcome, untruths, without_instants
from tests.simulator.sites import plain
from tests.simulator.stage import Stage, cold_start
from tests.simulator.story import STORY, Step
from tests.simulator.world import Call, Fault, World


@dataclass(frozen=True, slots=True)
class Mode:
    """How the world recovers: redeliver at once or after the visibility timeout; Lambda repeats a failed schedule or
    only the next one comes; weak reads see the past."""

    name: str
    prompt: bool = True
    tries: int = 3
    stale: bool = False


# Of a fault at any call of a storm: above 0.06 a close may fail all day, and a later close sees more feeds. In life the
# reconciler comes 168 times before the week's statement ends; in the story twice, with a hundred calls each.
CHANCE = 0.05
CALMER = {"reconcile_rewards": 0.01}
SKEW = timedelta(minutes=5)
PROMPT = Mode("redelivered at once")
LATE = Mode("redelivered late, no schedule repeated", prompt=False, tries=1)
STALE = Mode("weak reads see the past", stale=True)
MODES = (PROMPT, LATE, STALE)


@dataclass(frozen=True, slots=True)
class Point:
    """One fault of the sweep: at which call of which step."""

    call: Call
    fault: Fault
    step: int

    def __str__(self) -> str:
        return f"call {self.call.number}, {self.fault}, in {' < '.join(p for p in self.call.site[::-1] if p)}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault after which the month ended differently."""

    where: str
    step: str
    mode: str
    what: tuple[str, ...]

    def __str__(self) -> str:
        return f"[{self.step}; {self.mode}] {self.where}\n    " + "\n    ".join(w[:600] for w in self.what)


@dataclass(slots=True)
class Tally:
    """What a sweep did: runs, faults fired by kind, runs that were back on the path after so many steps."""

    runs: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    sites: set[tuple[str, str, str, str]] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    converged: int = 0
    findings: list[Finding] = field(default_factory=list)

    def count(self, fired: Sequence[tuple[Call, Fault]]) -> None:
        """Note the faults of one run."""
        self.runs += 1
        for call, fault in fired:
            self.fired[fault.value] += 1
            self.sites.add(call.site)
            self.functions |= {(plain(call.operation), function) for function in call.adapters}

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.runs += other.runs
        self.fired += other.fired
        self.sites |= other.sites
        self.functions |= other.functions
        self.converged += other.converged
        self.findings += other.findings


class Sweep:
    """The fault-free month and what can go wrong in it. Use inside `world.installed()`."""

    def __init__(self, world: World, mode: Mode = PROMPT, story: Sequence[Step] = STORY) -> None:
        self.world = world
        self.mode = mode
        self.story = story
        self.calls: list[Call] = []
        self.steps: list[int] = []  # of each call
        self.before: list[Any] = []
        self.expected: Outcome = {}
        self._record()

    def stage(self) -> Stage:
        """The product on this world, recovering in this mode."""
        self.world.tables.stale = self.mode.stale
        return Stage(self.world, prompt=self.mode.prompt, tries=self.mode.tries)

    def _record(self) -> None:
        world = self.world
        world.record = self.calls
        stage = self.stage()
        for number, step in enumerate(self.story):
            self.before.append(world.snapshot())
            cold_start()
            step.play(stage)
            self.steps += [number] * (len(self.calls) - len(self.steps))
        world.record = None
        self.before.append(world.snapshot())
        self.expected = outcome(world)
        wrong = [*untruths(world), *stage.refused]
        assert not wrong, wrong

    def points(self) -> list[Point]:
        """Every fault of every call, but for the last step's: that is what mends the others."""
        last = len(self.story) - 1
        numbered = zip(self.calls, self.steps, strict=True)
        return [Point(call, fault, step) for call, step in numbered if step < last for fault in call.faults()]

    def run(self, first: int, plan: dict[int, Fault]) -> tuple[bool, list[str]]:
        """Play from step `first` on with these faults: (back on the path, what ended differently)."""
        world = self.world
        world.restore(self.before[first])
        world.plan = plan
        stage = self.stage()
        last = max(plan, default=0)
        try:
            for number in range(first, len(self.story)):
                cold_start()
                self.story[number].play(stage)
                if world.number >= last and world.same_as(self.before[number + 1]):
                    return True, [f"the simulator does not know {what}" for what in world.unknown]
            return False, [*differences(self.expected, outcome(world)), *untruths(world)]
        finally:
            world.plan = {}

    def sweep(self, points: Iterable[Point]) -> Tally:
        """Let each point fail once."""
        tally = Tally()
        for point in points:
            converged, what = self.run(point.step, {point.call.number: point.fault})
            tally.count(self.world.fired)
            tally.converged += converged
            if not self.world.fired:
                what = ["the fault never fired: the run is not the recorded one"]
            if what:
                tally.findings.append(Finding(str(point), self.story[point.step].name, self.mode.name, tuple(what)))
        return tally

    def pairs(self, seed: int, many: int) -> Tally:
        """Two faults a run: a point, and one of the next calls, which are those of the recovery."""
        dice = random.Random(seed)
        points, tally = self.points(), Tally()
        for number in range(many):
            point = dice.choice(points)
            second = point.call.number + 1 + int(dice.expovariate(1 / 8))
            self.world.dice = random.Random(seed * 1_000_003 + number)
            plan = {point.call.number: point.fault, second: dice.choice(list(Fault))}
            converged, what = self.run(point.step, plan)
            tally.count(self.world.fired)
            tally.converged += converged
            if what:
                where = f"pair {number} of seed {seed}: {point}, then call {second} {plan[second]}"
                tally.findings.append(Finding(where, self.story[point.step].name, self.mode.name, tuple(what)))
        return tally

    def storms(self, seeds: Iterable[int], *, chance: float = CHANCE) -> Tally:
        """The whole month with faults at any call, queue messages out of order and some twice, other workers in the
        middle of a handler or a read; all from one seed. Retries may take so long that what follows happens later
        than in the month without: instants that were only recorded are left out of the comparison."""
        world, tally = self.world, Tally()
        wanted = without_instants(self.expected)
        for seed in seeds:
            world.restore(self.before[0])
            world.dice, world.chance, world.calmer = random.Random(seed), chance, CALMER
            world.tables.stale = True
            stage = Stage(world, prompt=seed % 2 == 0, tries=100, shuffle=0.05)
            world.between = world.tables.torn = stage.interrupt
            try:
                for step in self.story:
                    cold_start()
                    step.play(stage)
                what = [*differences(wanted, without_instants(outcome(world))), *untruths(world)]
            finally:
                world.chance, world.calmer, world.between, world.tables.torn = 0.0, {}, None, None
            tally.count(world.fired)
            if what:
                tally.findings.append(Finding(f"storm {seed}, chance {chance}", "the month", "storm", tuple(what)))
        return tally

    def clocks(self, seeds: Iterable[int]) -> Tally:
        """The whole month with every clock that tells the product the time off by up to `SKEW`, each time anew. What
        counts must be the same; the instants that were recorded are those that were told."""
        world, tally = self.world, Tally()
        wanted = without_instants(self.expected)
        for seed in seeds:
            world.restore(self.before[0])
            world.dice = random.Random(seed)
            stage = Stage(world, skew=SKEW)
            for step in self.story:
                cold_start()
                step.play(stage)
            what = [*differences(wanted, without_instants(outcome(world))), *untruths(world), *stage.refused]
            tally.runs += 1
            if what:
                tally.findings.append(Finding(f"clocks {seed}", "the month", f"clocks off by {SKEW}", tuple(what)))
        return tally
