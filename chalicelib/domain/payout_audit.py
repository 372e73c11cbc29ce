"""Payouts against the ledger: the base run planned again from the frozen entries, every run against its seal.

The base run is a pure function of the points the freeze fixed, so planning it again must give the same lines to the
same people. A trailing run was right when it was planned and its awards may have moved since; what holds for all runs
together is that nobody was granted more than she ever earned.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.audit import Finding
from chalicelib.domain.ledger import Entry, balances
from chalicelib.domain.payout_plan import Draft, RepAwards, earned_by, plan
from chalicelib.domain.payouts import PaidAward, Payout, PayoutLine, Run, digest, payout_key
from chalicelib.domain.periods import Period
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import payable_points


@dataclass(frozen=True, slots=True)
class RepLedger:
    """What the payouts of one rep must follow from: her awards as the freeze fixed them, and per layer the most
    confirmed points she ever had (base, and every later gain without the losses)."""

    frozen: RepAwards
    most: Mapping[str, int]


def rep_ledger(program: str, rep: str, entries: Sequence[Entry]) -> RepLedger:
    """Fold a rep's entries for the audit of one program's payouts."""
    base = [replace(e, legs=tuple(leg for leg in e.legs if leg.bucket == "base")) for e in entries]
    most: dict[str, int] = defaultdict(int)
    for leg in (leg for entry in entries for leg in entry.legs if leg.program == program):
        if leg.bucket == "base" or leg.confirmed > 0:
            most[leg.layer] += leg.confirmed
    return RepLedger(RepAwards(rep, tuple(balances(base, program))), most)


def audit_payouts(
    program: Program, period: Period, runs: Sequence[Run], payouts: Sequence[Payout], reps: Sequence[RepLedger]
) -> list[Finding]:
    """Every payout and run of the period that does not follow from the ledger, each with its first difference.

    `program` are the terms the period was frozen with, `payouts` all of its runs, `reps` everybody with a standing.
    """
    found = [f for p in payouts if (f := _inconsistent(program, period, p))]
    found += _miscounted(program, runs, payouts)
    if not all(_pays(program, line.layer) for p in payouts for line in p.lines if line.kind != "carry"):
        return found
    found += [f for run in runs if run.digest and (f := _unsealed(program, run, payouts))]
    found += [f for rep in reps if (f := _overpaid(program, rep, payouts))]
    base = next((run for run in runs if run.run == 0 and run.digest), None)
    if base is not None and (planned := _replanned(program, base, payouts, reps)):
        found.append(planned)
    return found


def _miscounted(program: Program, runs: Sequence[Run], payouts: Sequence[Payout]) -> list[Finding]:
    """Runs that are still being planned, or are not there, and have more or fewer payouts than they count: one write
    puts a payout and counts it."""
    put, planned = Counter(p.run for p in payouts), {run.run: run.planned for run in runs if not run.digest}
    sealed = {run.run for run in runs if run.digest}  # those are compared whole
    return [
        Finding("payout_run", f"{program.id}, run {run}, payouts", f"{planned.get(run, 0)}", f"{put[run]}")
        for run in sorted((put.keys() | planned.keys()) - sealed)
        if put[run] != planned.get(run, 0)
    ]


def _pays(program: Program, layer: str) -> bool:
    return any(own.id == layer for own in program.layers)


def _named(payout: Payout) -> str:
    return f"{payout.program}, run {payout.run}, rep {payout.rep}, payout {payout.key}"


def _inconsistent(program: Program, period: Period, payout: Payout) -> Finding | None:
    """The first thing one payout says twice and differently."""

    def differs(what: str, expected: object, found: object) -> Finding | None:
        return Finding("payout", f"{_named(payout)}, {what}", str(expected), str(found)) if expected != found else None

    key = payout_key(program.id, period.id, payout.rep, payout.run)
    if finding := differs("key", key, payout.key):
        return finding
    for line in payout.lines:
        if line.kind == "carry":
            continue
        if not _pays(program, line.layer):
            return differs("layer", f"a layer of version {program.version}", line.layer)
        value = line.points * program.layer(line.layer).point.minor
        if line.kind == "prize":  # money without points: the plan made again says whether it is the right one
            value = line.amount_minor if line.points == 0 and line.amount_minor > 0 and payout.run == 0 else 0
        if finding := differs(f"line {line.kind} {line.layer}, minor units", value, line.amount_minor):
            return finding
    if finding := differs("amount in minor units", sum(x.amount_minor for x in payout.lines), payout.amount_minor):
        return finding
    for layer in sorted({a.layer for a in payout.awards} | {x.layer for x in payout.lines if x.layer}):
        of_awards = sum(a.points for a in payout.awards if a.layer == layer)
        of_lines = sum(x.points for x in payout.lines if x.layer == layer and x.kind != "carry")
        if finding := differs(f"points of layer {layer}", of_awards, of_lines):
            return finding
    if payout.request:
        return differs("sha256 of the request", hashlib.sha256(payout.request).hexdigest(), payout.request_sha256)
    return None


def _unsealed(program: Program, run: Run, payouts: Sequence[Payout]) -> Finding | None:
    """The first figure of a sealed run that is not that of its payouts."""
    mine = [p for p in payouts if p.run == run.run]
    figures = [
        ("payouts", len(mine), run.planned),
        ("total in minor units", sum(p.amount_minor for p in mine), run.total_minor),
        ("digest", digest(mine), run.digest),
    ]
    for total in run.totals:
        layer = total.layer
        points = sum(x.points for p in mine for x in p.lines if x.layer == layer and x.kind != "carry")
        minor = sum(p.granted_minor(layer) for p in mine)
        figures += [(f"points of layer {layer}", points, total.points)]
        figures += [(f"minor units of layer {layer}", minor, total.amount_minor)]
        figures += [(f"prizes of layer {layer}", sum(p.prize_minor(layer) for p in mine), total.prizes_minor)]
    for what, expected, found in figures:
        if expected != found:
            return Finding("payout_run", f"{program.id}, run {run.run}, {what}", str(expected), str(found))
    return None


def _overpaid(program: Program, rep: RepLedger, payouts: Iterable[Payout]) -> Finding | None:
    """The first layer in which a rep was granted more points than the most she ever had pays."""
    mine = [p for p in payouts if p.rep == rep.frozen.rep]
    for layer in program.layers:
        granted = sum(a.points for p in mine for a in p.awards if a.layer == layer.id)
        most = payable_points(layer, rep.most.get(layer.id, 0))
        if granted > most:
            where = f"{program.id}, rep {rep.frozen.rep}, layer {layer.id}, points granted in all runs"
            return Finding("payout", where, f"at most {most}", str(granted))
    minor = sum(p.granted_minor(layer.id) for p in mine for layer in program.layers)
    if program.cap_per_rep is not None and minor > program.cap_per_rep.minor:
        where = f"{program.id}, rep {rep.frozen.rep}, all layers, minor units granted in all runs"
        return Finding("payout", where, f"at most {program.cap_per_rep.minor}", str(minor))
    return None


# --- the base run again -----------------------------------------------------------------------------------------

_Paid = tuple[tuple[PayoutLine, ...], tuple[PaidAward, ...]]


def _replanned(program: Program, run: Run, payouts: Sequence[Payout], reps: Sequence[RepLedger]) -> Finding | None:
    """The first rep whose base payout is not what the frozen entries give.

    Somebody enrolled after the freeze has base points and no base payout: she is paid in a trailing run. Such reps are
    left out only when the rest is exactly what the run's own totals counted, so a payout that is missing shows.
    """
    base = {p.rep: (_without_carry(p.lines), p.awards) for p in payouts if p.run == 0}
    everybody = [rep.frozen for rep in reps]
    first = _first_unlike(program, run, base, everybody)
    if first is None:
        return None
    late = {draft.rep for draft in _drafts(program, run, everybody)} - base.keys()
    rest = [rep for rep in everybody if rep.rep not in late]
    if late and _first_unlike(program, run, base, rest) is None and _counted(program, rest) == _told(run):
        return None
    return first


def _first_unlike(program: Program, run: Run, base: Mapping[str, _Paid], reps: Sequence[RepAwards]) -> Finding | None:
    try:
        planned: dict[str, _Paid] = {d.rep: (_without_carry(d.lines), d.awards) for d in _drafts(program, run, reps)}
    except AssertionError as impossible:
        return Finding("payout", f"{program.id}, run 0", "a plan from the frozen entries", str(impossible))
    for rep in sorted(planned.keys() | base.keys()):
        should, is_ = planned.get(rep), base.get(rep)
        if should != is_:
            where = f"{program.id}, run 0, rep {rep}"
            return Finding("payout", where, _in_words(should), _in_words(is_))
    return None


def _drafts(program: Program, run: Run, reps: Sequence[RepAwards]) -> list[Draft]:
    return plan(program, 0, reps, (), {}, run.held)


def _without_carry(lines: Iterable[PayoutLine]) -> tuple[PayoutLine, ...]:
    return tuple(line for line in lines if line.kind != "carry")


def _counted(program: Program, reps: Sequence[RepAwards]) -> dict[str, int]:
    counted = {layer.id: 0 for layer in program.layers}
    for rep in reps:
        for layer, awards in earned_by(program, rep, (), run=0).items():
            counted[layer] = counted.get(layer, 0) + sum(e.confirmed for e in awards)
    return counted


def _told(run: Run) -> dict[str, int]:
    return {total.layer: total.confirmed for total in run.totals}


def _in_words(paid: _Paid | None) -> str:
    if paid is None:
        return "no payout"
    lines, awards = paid
    return (
        " and ".join(
            f"prize of {x.amount_minor} minor units of {x.layer}"
            if x.kind == "prize"
            else f"{x.kind} of {x.points} points of {x.layer}"
            for x in lines
        )
        + " for "
        + ", ".join(f"{a.registration} {a.points} (of {a.confirmed} confirmed)" for a in awards)
    )
