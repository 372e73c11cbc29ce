"""Stories: months nobody wrote down. Acts follow each other in any order, calls fail, queues lag, and the invariants of
`tests.simulator.truths` hold after every step; in the end the facts alone, told again, must lead to the same.

    python -m tests.simulator.stories --seed 7            one story again, step by step
    python -m tests.simulator.stories --seed 7 --shorter  the same without the steps the failure does not need
    python -m tests.simulator.stories --first 0 --many 500

A step is an act, three numbers that choose for it, and the trouble it runs in; seed and length make a story.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from tests.simulator import acts
from tests.simulator.acts import ACTS, Act
from tests.simulator.acts_people import decide_all
from tests.simulator.outcome import outcome
from tests.simulator.retold import Stands, retold, stands
from tests.simulator.stage import cold_start
from tests.simulator.story import MONTH
from tests.simulator.tale import OBJECT, PATIENCE, Tale, begin, beginning
from tests.simulator.truths import always, confirmed, paid, raised, settled
from tests.simulator.world import World

LENGTH = 30
# One in three steps is troubled; a fault at about every tenth of its calls.
TROUBLED, CHANCE, PAYING = 3, 0.1, 0.05


class Untrue(AssertionError):
    """What a story led to that must not be."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a story. `trouble` is the seed of its faults, 0 for none."""

    act: Act
    a: int
    b: int
    c: int
    trouble: int = 0


@dataclass(slots=True)
class Tally:
    """What was told: stories, steps, acts by name, faults by kind, stories that froze on the way, and what was found,
    as story and what is wrong with it."""

    stories: int = 0
    steps: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    frozen: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.stories += other.stories
        self.steps += other.steps
        self.acts += other.acts
        self.fired += other.fired
        self.frozen += other.frozen
        self.findings += other.findings


def drawn(seed: int, length: int = LENGTH) -> list[Step]:
    """The story of a seed."""
    dice = random.Random(seed)
    chosen = dice.choices(list(ACTS), weights=list(ACTS.values()), k=length)
    # Without a deal nothing can happen to one.
    chosen[:2] = [acts.register, acts.register]

    def step(act: Act) -> Step:
        a, b, c, calm = (dice.randrange(60) for _ in range(4))
        return Step(act, a, b, c, 0 if calm % TROUBLED else dice.randrange(1, 1 << 30))

    return [step(act) for act in chosen]


def play(tale: Tale, step: Step) -> None:
    """One step and what must be true right after it. Raises: Untrue."""
    world, stage = tale.world, tale.stage
    if not tale.backlog:
        tale.later()
    was, alone = confirmed(world), tale.quiet()
    stage.patience = PATIENCE
    if step.trouble:
        trouble_with(tale, step.trouble, CHANCE)
        stage.tries = 1 if step.trouble % 3 == 0 else PATIENCE
    if step.act is acts.busy and tale.backlog:
        tale.backlog = 1
    cold_start()
    said = step.act(tale, step.a, step.b, step.c)
    if tale.backlog:
        tale.backlog -= 1
        if not tale.backlog:
            world.dice = random.Random(step.a * 3600 + step.b * 60 + step.c)
            stage.shuffle = 0.3
            tale.pump()
            said += " (and then the workers take everything that waited, in any order)"
    calm(tale)
    name = step.act.__name__
    trouble = f" [trouble {step.trouble}: {len(world.fired)} faults]" if step.trouble else ""
    tale.told.append(f"{name}({step.a}, {step.b}, {step.c}): {said or 'nothing'}{trouble}")
    tale.count(name if said else "", world.fired)
    world.fired = []
    found = always(tale)
    if step.act is acts.credit and alone and tale.quiet():
        found += raised(was, confirmed(world))
    if found:
        raise Untrue(tale.words(found))


def trouble_with(tale: Tale, seed: int, chance: float) -> None:
    """From here on calls fail, messages come twice and in another order, and weak reads may see the past."""
    world, stage = tale.world, tale.stage
    world.dice, world.chance, world.tables.stale = random.Random(seed), chance, seed % 5 == 0
    stage.shuffle, stage.prompt, stage.tries, stage.patience = 0.1, bool(seed % 2), PATIENCE, PATIENCE


def calm(tale: Tale) -> None:
    """No more faults."""
    world, stage = tale.world, tale.stage
    world.chance, stage.shuffle, world.tables.stale = 0.0, 0.0, False
    stage.prompt, stage.tries = True, 3
    world.queues.redrive()


def heard(tale: Tale) -> Stands:
    """Everything is heard of: what waited is sent, what was lost is swept. What stands then. Raises: Untrue."""
    tale.backlog = 0
    tale.later()
    tale.send()
    tale.stage.regularly("sweep_salesforce", tale.now)
    records = tale.world.org.state.records.get(OBJECT, {})
    tale.known |= {id for id, record in records.items() if not record["IsDeleted"]}
    tale.stage.pump()
    if not tale.frozen():  # what it is paid is told again below, by the facts alone: nothing may be held back
        decide_all(tale)
    if found := settled(tale):
        raise Untrue(tale.words(found))
    return stands(tale.world, tale.frozen())


def ended(tale: Tale, trouble: int = 0) -> dict[object, object]:
    """The month closes and is paid, its first two days with faults if `trouble` is their seed. Every payout and live
    order. Raises: Untrue."""
    stage = tale.stage
    if trouble:
        trouble_with(tale, trouble, PAYING)
    for day, hour in ((33, 8), (33, 9), (62, 1), (66, 2), (67, 1), (67, 2), (68, 1)):
        if day > 33:
            calm(tale)
        if day == 62:
            decide_all(tale)  # the last runs wait for it
        stage.regularly("close_periods", max(tale.now + timedelta(minutes=15), MONTH.at(day, hour)))
        acts.sign(tale)
        tale.world.provider.deliver()
        stage.pump()
        stage.regularly("reconcile_rewards", tale.now + timedelta(hours=1))
    stage.regularly("daily", tale.now + timedelta(hours=1))
    tale.faults.update(fault.value for _, fault in tale.world.fired)
    if found := paid(tale):
        raise Untrue(tale.words(found))
    seen = outcome(tale.world)
    return {**seen["payouts"], "orders": seen["orders at the provider"]}


def finish(tale: Tale) -> None:
    """The end of a story: everything is heard of, the month is paid; and the facts alone, told again, lead to the
    same. Raises: Untrue."""
    frozen = tale.frozen()
    stood = heard(tale)
    before = tale.world.snapshot()
    payouts = ended(tale, 1 + len(tale.tellings) + sum(len(said) for said in tale.told))
    tale.world.restore(before)
    again = retold(tale)
    found = _differing(stood, stands(tale.world, frozen))
    if not found and not frozen:
        other = ended(again)
        found = _differing({"paid": payouts}, {"paid": other})
    if found:
        raise Untrue(tale.words(["the facts alone lead to something else", *found]))


def _differing(stood: Stands, alone: Stands) -> list[str]:
    return [
        f"{topic}: {key}: {seen.get(key)}, alone {alone[topic].get(key)}"
        for topic, seen in stood.items()
        for key in {**seen, **alone[topic]}
        if seen.get(key) != alone[topic].get(key)
    ]


@lru_cache(maxsize=1)
def a_world() -> World:
    """This process's world."""
    world = World()
    world.tables.metered = False
    return world


def told(steps: Sequence[Step]) -> tuple[Tale, str]:
    """Play a whole story: the tale, and what was untrue of it ("" when nothing)."""
    beginning()  # on a world of its own, before this one is installed
    world = a_world()
    with world.installed():
        tale = begin(world)
        try:
            for step in steps:
                play(tale, step)
            finish(tale)
        except (Exception, Untrue) as error:  # noqa: BLE001 - a handler that raises to a person is a finding too
            calm(tale)
            return tale, str(error) if isinstance(error, Untrue) else tale.words([repr(error)])
        return tale, ""


def stories(seeds: Iterable[int], length: int = LENGTH) -> Tally:
    """Play the stories of these seeds."""
    tally = Tally()
    for seed in seeds:
        tale, wrong = told(drawn(seed, length))
        tally.add(Tally(1, len(tale.told), Counter(tale.acts), Counter(tale.faults), int(bool(tale.froze))))
        if wrong:
            tally.findings.append(f"seed {seed}, {length} steps: {wrong}")
    return tally


def shorter(steps: Sequence[Step]) -> list[Step]:
    """The story without every step and trouble it does not need to go wrong."""
    kept, at = list(steps), 0
    while at < len(kept):
        less = kept[:at] + kept[at + 1 :]
        if told(less)[1]:
            kept = less
        else:
            at += 1
    return kept


def main() -> int:
    """Parse the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator.stories", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, help="one story, step by step")
    parser.add_argument("--shorter", action="store_true", help="leave out what its failure does not need")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--many", type=int, default=100)
    parser.add_argument("--length", type=int, default=LENGTH)
    options = parser.parse_args()
    if options.seed is None:
        tally = stories(range(options.first, options.first + options.many), options.length)
        print(f"{tally.stories} stories, {tally.steps} steps, {sum(tally.fired.values())} faults, {tally.frozen} froze")
        print(dict(tally.acts), dict(tally.fired), *tally.findings, sep="\n")
        return 1 if tally.findings else 0
    steps = drawn(options.seed, options.length)
    if options.shorter:
        steps = shorter(steps)
    tale, wrong = told(steps)
    print(wrong or "\n".join([*tale.told, "all true"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
