"""A restore from a cut: every table as it was in the middle of a step, item by item, and the facts told again.

DynamoDB restores a table to a moment and keeps no transaction together: of one event the book may be there and the
standing not. Here each number of items written in a step is a cut. The step has happened in the world outside: the
provider has its orders, Salesforce its records, the bucket its files. Then the runbook of docs/operations.md is
followed: audit, repair of standings, everything since the cut told again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulator.dynamodb import Item, Place
from tests.simulator.outcome import differences, outcome, untruths, without_instants
from tests.simulator.stage import cold_start
from tests.simulator.sweep import Sweep
from tests.simulator.world import CORE, MONEY, OPS

# The steps whose facts write the core: telling them again is telling what Salesforce and the distributors say.
SCORING_STEPS = (
    "foods submitted", "foods approved", "week 1", "moved approved", "credit memo", "moved to another account",
    "Dee's deal before she is known", "a registration is deleted", "everything open, less", "week 3, wrong",
    "week 4, right", "broadmere", "late seat", "goods come back after the end",
)  # fmt: skip
PAYING_STEPS = ("close without the feed that never came", "close again", "approved", "trailing run")
Written = list[tuple[Place, Item | None]]
BY = "the operator"


@dataclass(frozen=True, slots=True)
class Cut:
    """The first `calls` calls of the step that wrote anything were carried out, and of the next one the items `half`.
    `tables` are restored to that, and `earlier` ones to before the step; the others were not lost."""

    step: int
    calls: int
    half: frozenset[int] = frozenset()
    tables: tuple[str, ...] = (CORE, MONEY)
    earlier: tuple[str, ...] = (OPS,)


@dataclass(slots=True)
class Restored:
    """What a restore led to: the audit's findings before and after the repair, standings that were set, and what was
    different in the end."""

    found: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    repaired: int = 0
    different: list[str] = field(default_factory=list)


class Restores:
    """Cuts of a recorded month. Use inside `world.installed()`."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.world = sweep.world
        self._written: dict[int, list[Written]] = {}

    def named(self, name: str) -> int:
        """The number of a step."""
        return [step.name for step in self.sweep.story].index(name)

    def cuts(self, step: int, tables: tuple[str, ...] = (CORE, MONEY), earlier: tuple[str, ...] = (OPS,)) -> list[Cut]:
        """Between every two writing calls of a step, and through every transaction: its first items, and its last."""
        found = []
        for calls, items in enumerate(self.written(step)):
            mine = [n for n, ((table, _, _), _) in enumerate(items) if table in tables]
            halves = {frozenset(mine[:n]) for n in range(len(mine))}
            halves |= {frozenset(mine[n:]) for n in range(1, len(mine))}
            found += [Cut(step, calls, half, tables, earlier) for half in sorted(halves, key=sorted)]
        return found

    def written(self, step: int) -> list[Written]:
        """What each call of a step wrote."""
        if step not in self._written:
            world = self.world
            world.restore(self.sweep.before[step])
            world.tables.written = []
            try:
                cold_start()
                self.sweep.story[step].play(self.sweep.stage())
                self._written[step] = [items for items in world.tables.written if items]
            finally:
                world.tables.written = None
        return self._written[step]

    def restore(self, cut: Cut) -> None:
        """The world after the step, with tables as they were in the middle of it, or before it."""
        world, written = self.world, self.written(cut.step)
        there = [item for items in written[: cut.calls] for item in items]
        there += [item for n, item in enumerate(written[cut.calls]) if n in cut.half]
        world.restore(self.sweep.before[cut.step])
        tables = {name: world.tables.items[name] for name in (*cut.tables, *cut.earlier)}
        world.restore(self.sweep.before[cut.step + 1])
        for (name, pk, sk), item in there:
            if name in cut.tables:
                rows = tables[name].setdefault(pk, {})
                rows.pop(sk, None)
                if item is not None:
                    rows[sk] = item
                elif not rows:
                    del tables[name][pk]
        world.tables.items |= tables
        world.tables.before = {}
        cold_start()

    def audit(self) -> list[str]:
        """The findings of `local.audit --restored`."""
        from chalicelib import bootstrap_money

        return [str(finding) for finding in bootstrap_money.ledger_audit().run(restored=True).findings]

    def repair(self) -> int:
        """`local.audit --repair-standings --apply`: how many standings were set."""
        from chalicelib import bootstrap_money

        repairs = bootstrap_money.ledger_audit().repair_standings(BY, self.world.now, apply=True)
        return sum(repair.done for repair in repairs)

    def run_on(self, cut: Cut) -> Restored:
        """Restore and go on to the end of the month from the step that was cut, whose facts are told again."""
        self.restore(cut)
        restored = Restored(self.audit())
        stage = self.sweep.stage()
        for step in self.sweep.story[cut.step :]:
            cold_start()
            step.play(stage)
        restored.different = [*differences(self.sweep.expected, outcome(self.world)), *untruths(self.world)]
        return restored

    def run(self, cut: Cut) -> Restored:
        """Restore, audit, repair, tell the step's facts again, and see whether all is as it was after the step.

        Left aside are the work lists: they are in the tables that are restored to an earlier moment, and an entry for
        what has not changed since is not made again."""
        self.restore(cut)
        restored = Restored(self.audit())
        restored.repaired = self.repair()
        restored.left = self.audit()
        cold_start()
        self.sweep.story[cut.step].play(self.sweep.stage())
        seen, wrong = without_instants(outcome(self.world)), untruths(self.world)
        self.world.restore(self.sweep.before[cut.step + 1])
        wanted = without_instants(outcome(self.world))
        del wanted["work"]
        restored.different = [*differences(wanted, seen), *wrong]
        return restored

    def paid_once(self) -> bool:
        """Has the provider no order of ours more, and none over more, than in the fault-free month?"""
        expected = self.sweep.expected["orders at the provider"]
        return all(order in expected for order in self.world.provider.live_orders())

    def judge(self, cut: Cut) -> str:
        """What speaks against the promise of docs/operations.md at this cut; "" when it holds."""
        if cut.tables == (MONEY,):
            result = self.run_on(cut)
            if not self.paid_once():
                return f"{cut}: paid twice"
        else:
            result = self.run(cut)
        return f"{cut}: {wrong}" if (wrong := judged(result)) else ""


def judged(result: Restored) -> str:
    """The audit is the judge: silent (after the repair, where there is one), everything must have ended the same."""
    return "" if result.left or (result.found and not result.repaired) else "; ".join(result.different)[:500]
