"""Runs the whole proof and writes docs/proof.md, with --full docs/proof/full.md: every figure with its denominator.

    python -m tests.simulator.prove                      every single fault, pairs, storms (about ten minutes)
    python -m tests.simulator.prove --full               storms until 1,000,000 faults (an hour)
    python -m tests.simulator.prove --exhaustive         races to 20,000 schedules each, 4,000 stories (a night)
    python -m tests.simulator.prove --call 1007 --fault "crash before" --mode "redelivered at once"
                                                         one fault again, saying what ended differently
    python -m tests.simulator.prove --race "two lines of one deal" --schedule 0010111
                                                         one order of calls again

Exits non-zero when a month ended differently.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.mutants.mutants import MUTANTS
from tests.mutants.page import PAGE as MUTANTS_PAGE
from tests.simulator.meeting import raced as raced_once
from tests.simulator.parts import races, recorded, restores, share
from tests.simulator.restore import PAYING_STEPS, SCORING_STEPS
from tests.simulator.sites import EXCUSED, call_sites
from tests.simulator.sweep import LATE, MODES, PROMPT, SKEW, Mode, Tally
from tests.simulator.threes import MEETINGS
from tests.simulator.told import tally_stories
from tests.simulator.world import Fault

ROOT = Path(__file__).parent.parent.parent
PAGE, FULL_PAGE = ROOT / "docs" / "proof.md", ROOT / "docs" / "proof" / "full.md"
SHARES = 48  # of each sweep: small enough that two cores end together
PAIRS, STORMS = 8, 8  # seeds of pairs, and blocks of storms, in the plain run
PAIRS_EACH, STORMS_EACH = 250, 12
CLOCKS = 8  # blocks of months with clocks that are off, as many each
STEPS = (*SCORING_STEPS, *PAYING_STEPS)
FULL = 1_000_000
Job = tuple[Mode, str, int, int, int]


def jobs(*, every: int) -> Iterator[Job]:
    """The run, cut into shares. Late recovery is the slow one: it seldom comes back on the recorded path, so only every
    sixteenth of its points is played."""
    for mode in MODES:
        step = every if mode is not LATE else 16 * every
        for part in range(0, SHARES, step):
            yield mode, "singles", part, SHARES, 0
    for seed in range(0, PAIRS, every):
        yield PROMPT, "pairs", 100 + seed, 1, PAIRS_EACH
    for block in range(0, STORMS, every):
        yield PROMPT, "storms", 1000 + block * STORMS_EACH, 1, STORMS_EACH
    for block in range(0, CLOCKS, every):
        yield PROMPT, "clocks", 1000 + block * CLOCKS, 1, CLOCKS


def _do(job: Job) -> tuple[Job, Tally]:
    return job, share(*job)


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator.prove", description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="storms until 1,000,000 faults have fired")
    parser.add_argument("--exhaustive", action="store_true", help="every order of a race, to 20,000, and more stories")
    parser.add_argument("--every", type=int, default=1, help="only every so many of the shares, for a first look")
    parser.add_argument("--call", type=int, help="play one call's fault again")
    parser.add_argument("--fault", choices=[fault.value for fault in Fault], default=Fault.CRASH_BEFORE.value)
    parser.add_argument("--mode", choices=[mode.name for mode in MODES], default=PROMPT.name)
    parser.add_argument("--race", choices=[meeting.name for meeting in MEETINGS], help="play one race again")
    parser.add_argument("--schedule", default="", help="in this order; else the drawn ones")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    mode = next(mode for mode in MODES if mode.name == options.mode)
    if options.call:
        return _again(options.call, Fault(options.fault), mode)
    if options.race:
        meeting = next(meeting for meeting in MEETINGS if meeting.name == options.race)
        found = raced_once(meeting, only=options.schedule, sampled=0 if options.schedule else 200).findings
        print(*found or ["the race ended as one after the other"], sep="\n")
        return 1 if found else 0
    return _everything(options.jobs, full=options.full, exhaustive=options.exhaustive, every=options.every)


def _again(call: int, fault: Fault, mode: Mode) -> int:
    sweep = recorded(mode)
    with sweep.world.installed():
        tally = sweep.sweep([p for p in sweep.points() if p.call.number == call and p.fault is fault])
    print(*tally.findings or ["the month ended the same"], sep="\n")
    return 1 if tally.findings else 0


def _everything(workers: int, *, full: bool, exhaustive: bool, every: int) -> int:
    started, least = time.monotonic(), FULL if full else 0
    tallies: dict[tuple[str, str], Tally] = {}
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for job, tally in pool.map(_do, jobs(every=every)):
            _take(tallies, job, tally)
        seed = 100_000
        while (fired := _fired(tallies)) < least:
            print(f"{fired:,} of {least:,} faults, {time.monotonic() - started:.0f} s", flush=True)
            more: list[Job] = [(PROMPT, "storms", seed + 50 * n, 1, 50) for n in range(4 * workers)]
            seed += 50 * len(more)
            for job, tally in pool.map(_do, more):
                _take(tallies, job, tally)
        raced = list(pool.map(races, range(len(MEETINGS)), [exhaustive] * len(MEETINGS), [every] * len(MEETINGS)))
        cut = list(pool.map(restores, STEPS, [every] * len(STEPS)))
        told, untrue = tally_stories(pool, exhaustive=exhaustive, every=every)
    wrong = [f"RACED {m.name}: {found}" for m, (_, _, bad) in zip(MEETINGS, raced, strict=True) for found in bad]
    wrong += untrue
    wrong += [f"RESTORED {found}" for _, findings in cut for found in findings]
    print(*wrong, sep="\n", flush=True)
    page = report(tallies, raced, cut, every, time.monotonic() - started, workers) + told
    page = page.replace("(proof/mutants.md)", "(mutants.md)") if full else page
    print(page)
    (FULL_PAGE if full else PAGE).write_text(page, encoding="utf-8")
    return 1 if wrong or any(t.findings for t in tallies.values()) else 0


def _take(tallies: dict[tuple[str, str], Tally], job: Job, tally: Tally) -> None:
    tallies.setdefault((job[1], job[0].name), Tally()).add(tally)
    for found in tally.findings:
        print(f"ENDED DIFFERENTLY {found}", flush=True)


def _fired(tallies: dict[tuple[str, str], Tally]) -> int:
    return sum(sum(tally.fired.values()) for tally in tallies.values())


HEAD = """# Proof: the write path under faults

Written by `make prove` (`python -m tests.simulator.prove`) at commit {commit}, never by hand; with `FULL=1` it goes on
until 1,000,000 faults have fired. A small complete month
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

Two or three invocations at once, every order of their calls, or all in which the running one is interrupted at most
so often; where that is too many ("drawn") all with one interruption and a sample of the rest. "Torn" lets others in
between the items of one read. The end must be that of one after the other. {pairs_raced} pairs and {triples} triples,
{schedules:,} schedules, {wrongly} ended differently.

| who | at once | interruptions | schedules | ended differently |
|---|--:|---|--:|--:|
{races}

## Restores

Tables as they were between two calls and in the middle of every transaction of a step, audited, repaired, the facts
told again (docs/operations.md, "After a restore"): when the audit is silent all is as it was, and nobody is ever paid
twice. {cuts:,} cuts in {cut_steps} steps, {cut_wrong} broke the promise.

| step | cuts | broke the promise |
|---|--:|--:|
{restores}

## Coverage

- calls of the fault-free month: {calls:,}, in {steps} steps; each fails in every way it can
- call sites (handler, operation, function of the adapter, use case): {sites} of {all_sites}, and {more} more that only
  a recovery reaches
- functions of the adapters that call the outside, read from the source: {functions} of {all_functions}
{missed}- kinds of fault fired: {kinds_fired} of {all_kinds}
- [bugs planted on purpose](proof/mutants.md): {mutants}

Seeds: pairs {pairs}, storms {storms}, clocks (off by up to {skew:.0f} minutes) {clocks}.
Single faults need none: a call number and a fault reproduce a run.
"""


def report(
    tallies: dict[tuple[str, str], Tally],
    raced: list[tuple[int, bool, list[str]]],
    cut: list[tuple[int, list[str]]],
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
        **_raced(raced), **_restored(cut),
        faults="\n".join(f"| {fault.value} | {whole.fired[fault.value]:,} |" for fault in Fault),
        calls=len(sweep.calls), steps=len(sweep.story), sites=len(whole.sites & sites), all_sites=len(sites),
        more=len(whole.sites - sites), functions=len(functions & whole.functions), all_functions=len(functions),
        missed="".join(
            f"  - no fault at {operation} of {name}: {EXCUSED.get((operation, name), 'no reason given')}\n"
            for operation, name in sorted(functions - whole.functions)
        ),
        kinds_fired=sum(whole.fired[fault.value] > 0 for fault in Fault), all_kinds=len(Fault), mutants=_mutants(),
        commit=_commit(),
        clocks=f"from 1000, {CLOCKS} blocks of {CLOCKS}", skew=SKEW.total_seconds() / 60,
        pairs=f"100 to {100 + PAIRS - 1} of {PAIRS_EACH} runs each", storms="from 1000",
    )  # fmt: skip
    if whole.findings:
        page += "\n## Ended differently\n\n"
        page += "".join(f"- {f.step}; {f.mode}; {f.where}: {f.what[0][:300]}\n" for f in whole.findings)
    return page


def _raced(raced: list[tuple[int, bool, list[str]]]) -> dict[str, object]:
    rows = [
        f"| {m.name} | {len(m.actors)} | {'any' if m.switches is None else f'at most {m.switches}'}"
        f" | {schedules:,}{'' if all_ else ', drawn'} | {len(wrong)} |"
        for m, (schedules, all_, wrong) in zip(MEETINGS, raced, strict=True)
    ]
    triples = sum(len(meeting.actors) > 2 for meeting in MEETINGS)
    return {
        "races": "\n".join(rows), "pairs_raced": len(MEETINGS) - triples, "triples": triples,
        "schedules": sum(schedules for schedules, _, _ in raced), "wrongly": sum(len(wrong) for _, _, wrong in raced),
    }  # fmt: skip


def _restored(cut: list[tuple[int, list[str]]]) -> dict[str, object]:
    rows = [f"| {step} | {cuts} | {len(wrong)} |" for step, (cuts, wrong) in zip(STEPS, cut, strict=True)]
    return {
        "restores": "\n".join(rows), "cuts": sum(cuts for cuts, _ in cut), "cut_steps": len(STEPS),
        "cut_wrong": sum(len(wrong) for _, wrong in cut),
    }  # fmt: skip


def _commit() -> str:
    """The commit this tree is at, and whether something has been changed since."""
    asked = ["git", "describe", "--always", "--dirty=, changed since", "--exclude=*"]
    return subprocess.run(asked, cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip() or "none"


def _mutants() -> str:
    """What the last full run of tests.mutants.run said, and whether it was about the mutants there are now."""
    said = re.search(r"\*\*Caught (\d+) of (\d+)\.\*\*", MUTANTS_PAGE.read_text(encoding="utf-8"))
    caught, of = said.groups() if said else ("none", "0")
    return f"{caught} of {of} caught" + ("" if int(of) == len(MUTANTS) else f"; there are {len(MUTANTS)} now: run it")


if __name__ == "__main__":
    sys.exit(main())
