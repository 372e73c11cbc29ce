"""The part of the proof that tells stories: how many, of how many steps and acts, and what was found."""

from __future__ import annotations

from concurrent.futures import Executor

from tests.simulator.acts import ACTS
from tests.simulator.crossings import CROSSINGS, Crossed, crossed
from tests.simulator.stories import LENGTH, Tally, a_world, stories
from tests.simulator.tale import beginning

FIRST = 1000  # seed of the first story
SHARE = 10  # stories of one job
MANY, EXHAUSTIVE = 240, 4000
ROUNDS, EXHAUSTIVE_ROUNDS = 3, 30

SECTION = """
## Stories

Months nobody wrote down (`tests/simulator/stories.py`): {kinds} kinds of acts follow each other as a seed says, faults,
lost and repeated messages and slow workers among them. After every step standings and books are the sums of their
entries, no payout has two live orders, nothing known is gone, and what came back raised no balance; once everything is
heard of, counts of files, splits, budgets and the product's own audit hold, too; and the facts alone, each told once on
a fresh world, lead to the same standings, ledger, lines and payouts (where a period froze on the way: the same points
of each deal, both buckets together). Reps dispute and people adjust by hand among the acts: a run leaves out what is
disputed and nothing else, an adjustment is posted once, and in the end nobody is owed what a budget would pay.

{stories:,} stories of {length} steps ({frozen:,} of them froze before their end), seeds {first} to {last}; {steps:,}
steps, {faults:,} faults; **{findings} ended untrue**.

| act | happened |
|---|--:|
{acts}

Matching across deal books: {crossings} sets of five facts (versions of registrations and order lines that share bids
and purchase orders over two or three books), each in all 120 orders and in each of them {rounds} times with processes
dying: {orders:,} runs, {crashes:,} crashes; **{differing} ended differently**.
"""


def tally_stories(pool: Executor, *, exhaustive: bool, every: int) -> tuple[str, list[str]]:
    """Tell them on a pool of processes: the section of docs/proof.md, and every finding in words. `every` takes only
    one in so many."""
    many, rounds = (EXHAUSTIVE, EXHAUSTIVE_ROUNDS) if exhaustive else (MANY, ROUNDS)
    starts = range(FIRST, FIRST + many, SHARE * every)
    whole, matched = Tally(), Crossed()
    for tally in pool.map(_share, starts):
        whole.add(tally)
    numbers = range(len(CROSSINGS))
    for found in pool.map(_crossing, numbers, [rounds] * len(numbers)):
        matched.orders, matched.crashes = matched.orders + found.orders, matched.crashes + found.crashes
        matched.findings += found.findings
    section = SECTION.format(
        kinds=len(ACTS), stories=whole.stories, length=LENGTH, frozen=whole.frozen, first=FIRST,
        last=starts[-1] + SHARE - 1, steps=whole.steps, faults=sum(whole.fired.values()), findings=len(whole.findings),
        acts="\n".join(f"| {name} | {n:,} |" for name, n in whole.acts.most_common()),
        crossings=len(CROSSINGS), rounds=rounds, orders=matched.orders, crashes=matched.crashes,
        differing=len(matched.findings),
    )  # fmt: skip
    return section, [*whole.findings, *matched.findings]


def _share(first: int) -> Tally:
    return stories(range(first, first + SHARE))


def _crossing(number: int, rounds: int) -> Crossed:
    beginning()
    with a_world().installed():
        return crossed(a_world(), CROSSINGS[number], rounds=rounds)
