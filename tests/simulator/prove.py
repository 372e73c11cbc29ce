"""Runs the whole proof and writes docs/proof.md: every figure with its denominator.

    python -m tests.simulator.prove                      every single fault, pairs, storms (about ten minutes)
    python -m tests.simulator.prove --full               the same in every mode, and storms until 1,000,000 faults
    python -m tests.simulator.prove --call 1007 --fault "crash before" --mode "redelivered at once"
                                                         one fault again, saying what ended differently

Exits non-zero when a month ended differently.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulator.pairs import PAIRS as RACES
from tests.simulator.parts import races, recorded, share
from tests.simulator.sites import EXCUSED, call_sites
from tests.simulator.sweep import LATE, MODES, PROMPT, Mode, Tally
from tests.simulator.told import tally_stories
from tests.simulator.world import Fault

PAGE = Path(__file__).parent.parent.parent / "docs" / "proof.md"
SHARES = 48  # of each sweep: small enough that two cores end together
PAIRS, STORMS = 8, 8  # seeds of pairs, and blocks of storms, in the plain run
PAIRS_EACH, STORMS_EACH = 250, 12
FULL = 1_000_000
Job = tuple[Mode, str, int, int, int]


def jobs(*, full: bool, every: int) -> Iterator[Job]:
    """The run, cut into shares. Late recovery is the slow one: it seldom comes back on the recorded path, so a plain
    run takes every fourth of its points."""
    for mode in MODES:
        step = every if full or mode is not LATE else 4 * every
        for part in range(0, SHARES, step):
            yield mode, "singles", part, SHARES, 0
    for seed in range(0, PAIRS, every):
        yield PROMPT, "pairs", 100 + seed, 1, PAIRS_EACH
    for block in range(0, STORMS, every):
        yield PROMPT, "storms", 1000 + block * STORMS_EACH, 1, STORMS_EACH


def _do(job: Job) -> tuple[Job, Tally]:
    return job, share(*job)


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator.prove", description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="every mode in full, and 1,000,000 faults")
    parser.add_argument("--every", type=int, default=1, help="only every so many of the shares, for a first look")
    parser.add_argument("--call", type=int, help="play one call's fault again")
    parser.add_argument("--fault", choices=[fault.value for fault in Fault], default=Fault.CRASH_BEFORE.value)
    parser.add_argument("--mode", choices=[mode.name for mode in MODES], default=PROMPT.name)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    mode = next(mode for mode in MODES if mode.name == options.mode)
    if options.call:
        return _again(options.call, Fault(options.fault), mode)
    return _everything(options.jobs, full=options.full, every=options.every)


def _again(call: int, fault: Fault, mode: Mode) -> int:
    sweep = recorded(mode)
    with sweep.world.installed():
        tally = sweep.sweep([p for p in sweep.points() if p.call.number == call and p.fault is fault])
    print(*tally.findings or ["the month ended the same"], sep="\n")
    return 1 if tally.findings else 0


def _everything(workers: int, *, full: bool, every: int) -> int:
    started, least = time.monotonic(), FULL if full else 0
    tallies: dict[tuple[str, str], Tally] = {}
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for job, tally in pool.map(_do, jobs(full=full, every=every)):
            _take(tallies, job, tally)
        seed = 100_000
        while (fired := _fired(tallies)) < least:
            print(f"{fired:,} of {least:,} faults, {time.monotonic() - started:.0f} s", flush=True)
            more: list[Job] = [(PROMPT, "storms", seed + 50 * n, 1, 50) for n in range(4 * workers)]
            seed += 50 * len(more)
            for job, tally in pool.map(_do, more):
                _take(tallies, job, tally)
        numbers = range(len(RACES))
        raced = list(pool.map(races, numbers, [20_000 if full else 600] * len(RACES)))
        told, untrue = tally_stories(pool, full=full, every=every)
    print(*untrue, sep="\n", end="", flush=True)
    for number, (_, _, findings) in zip(numbers, raced, strict=True):
        print(*(f"RACED {RACES[number].name}: {found}" for found in findings), sep="\n", end="", flush=True)
    page = report(tallies, raced, every, time.monotonic() - started, workers) + told
    print(page)
    PAGE.write_text(page, encoding="utf-8")
    return 1 if any(t.findings for t in tallies.values()) or untrue or any(findings for _, _, findings in raced) else 0


def _take(tallies: dict[tuple[str, str], Tally], job: Job, tally: Tally) -> None:
    tallies.setdefault((job[1], job[0].name), Tally()).add(tally)
    for found in tally.findings:
        print(f"ENDED DIFFERENTLY {found}", flush=True)


def _fired(tallies: dict[tuple[str, str], Tally]) -> int:
    return sum(sum(tally.fired.values()) for tally in tallies.values())


HEAD = """# Proof: the write path under faults

Written by `make prove` (`python -m tests.simulator.prove`), never by hand. A small complete month
(`tests/simulator/story.py`) runs through the real handlers on a simulated AWS, reward provider and org. Calls
fail as the tables say, retries and schedules do what they do, and standings, ledger, books, lines, payouts, provider
orders, debts, feed reports and work lists must end exactly as without any fault.

{fired:,} faults fired in {runs:,} runs, {seconds:.0f} s on {workers} cores; **{findings} months ended differently**.
{part}

| runs of | mode | runs | faults fired | ended differently |
|---|---|--:|--:|--:|
{kinds}

| fault | fired |
|---|--:|
{faults}

## Races

Two invocations at once, every order of their calls (or, where that is too many, all in which the running one is
interrupted at most so often); the end must be that of one after the other.

| who | interruptions | schedules | ended differently |
|---|---|--:|--:|
{races}

## Coverage

- calls of the fault-free month: {calls:,}, in {steps} steps; each fails in every way it can
- call sites (handler, operation, function of the adapter, use case): {sites} of {all_sites}, and {more} more that only
  a recovery reaches
- functions of the adapters that call the outside, read from the source: {functions} of {all_functions}
{missed}
Seeds: pairs {pairs}, storms {storms}. Single faults need none: a call number and a fault reproduce a run.
"""


def report(
    tallies: dict[tuple[str, str], Tally],
    raced: list[tuple[int, bool, list[str]]],
    every: int,
    seconds: float,
    workers: int,
) -> str:
    """docs/proof.md."""
    whole = Tally()
    for tally in tallies.values():
        whole.add(tally)
    sweep = recorded(PROMPT)
    sites, functions = {call.site for call in sweep.calls}, call_sites()
    page = HEAD.format(
        fired=sum(whole.fired.values()), runs=whole.runs, seconds=seconds, workers=workers,
        findings=len(whole.findings),
        part=f"A first look: every {every}th share only." if every > 1 else "",
        kinds="\n".join(
            f"| {kind} | {mode} | {t.runs:,} | {sum(t.fired.values()):,} | {len(t.findings)} |"
            for (kind, mode), t in tallies.items()
        ),
        races="\n".join(
            f"| {pair.name} | {'any' if pair.switches is None else f'at most {pair.switches}'}"
            f" | {schedules:,}{'' if all_ else ', bounded'} | {len(wrong)} |"
            for pair, (schedules, all_, wrong) in zip(RACES, raced, strict=True)
        ),
        faults="\n".join(f"| {fault.value} | {whole.fired[fault.value]:,} |" for fault in Fault),
        calls=len(sweep.calls), steps=len(sweep.story), sites=len(whole.sites & sites), all_sites=len(sites),
        more=len(whole.sites - sites), functions=len(functions & whole.functions), all_functions=len(functions),
        missed="".join(
            f"  - no fault at {operation} of {name}: {EXCUSED.get((operation, name), 'no reason given')}\n"
            for operation, name in sorted(functions - whole.functions)
        ),
        pairs=f"100 to {100 + PAIRS - 1} of {PAIRS_EACH} runs each", storms="from 1000",
    )  # fmt: skip
    if whole.findings:
        page += "\n## Ended differently\n\n"
        page += "".join(f"- {f.step}; {f.mode}; {f.where}: {f.what[0][:300]}\n" for f in whole.findings)
    return page


if __name__ == "__main__":
    sys.exit(main())
