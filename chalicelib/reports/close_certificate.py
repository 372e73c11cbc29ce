"""The close certificate: what was known when a period closed, who released it, and totals that tie (domain.md 22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from chalicelib.domain.calendar import iso
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout, Run
from chalicelib.domain.periods import Period
from chalicelib.reports.payout_register import ties


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the certificate is made of. `confirm_by` is until when pending deals may still confirm."""

    period: Period
    runs: tuple[Run, ...]
    payouts: tuple[Payout, ...]
    confirm_by: date


def as_json(certificate: Certificate) -> bytes:
    """For machines; minor units, sorted keys, the same facts always give the same bytes."""
    period = certificate.period
    document = {
        "program": period.program,
        "version": period.version,
        "period": period.id,
        "closes_at": period.closes_at,
        "decided_at": period.decided_at,
        "frozen_at": period.fenced_at,
        "feeds": period.watermark.feeds,
        "missing_feeds": period.watermark.missing,
        "pending": period.pending,
        "pending_until": certificate.confirm_by,
        "trailing_ended_at": period.trailed_at,
        "trailing_ended_without": period.trailed_without,
        "owed_back": period.shortfalls,
        "runs": [
            {
                "run": run.run,
                "approval": run.approval,
                "digest": run.digest,
                "payouts": run.planned,
                "total_minor": run.total_minor,
                "layers": run.totals,
                "held_by_disputes": run.held,
                "ties": ties(run, _of(certificate.payouts, run)),
            }
            for run in certificate.runs
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n"


def as_text(certificate: Certificate) -> str:
    """For people, in plain sentences."""
    period = certificate.period
    lines = [
        f"{period.program}, {period.id}: closed {iso(period.decided_at)} (window ended {iso(period.closes_at)}).",
    ]
    for feed in period.watermark.feeds:
        reach = f"complete to {feed.complete_to}" if feed.complete_to else "never reported"
        late = "  MISSING: closed without it after the time-out" if feed.distributor in period.watermark.missing else ""
        lines.append(f"Feed {feed.distributor}: {reach}.{late}")
    lines += [
        f"Layer {p.layer}: {p.points} points of {p.deals} deals wait for their order, until {certificate.confirm_by}."
        for p in period.pending
    ]
    for run in certificate.runs:
        lines += _run_lines(run, _of(certificate.payouts, run))
    if period.trailed_at is not None:
        late = f" without {', '.join(period.trailed_without)} up to {certificate.confirm_by}"
        lines.append(f"Trailing runs ended {iso(period.trailed_at)}{late if period.trailed_without else ''}.")
    for short in period.shortfalls:
        fate = "counts against later rewards" if short.carried else "is written off"
        amount = Money(short.minor, certificate.runs[0].currency) if certificate.runs else short.minor
        lines.append(f"Rep {short.rep} was paid {amount} more than her deals are worth now; it {fate}.")
    return "\n".join(lines) + "\n"


def _run_lines(run: Run, payouts: Sequence[Payout]) -> list[str]:
    released = f"released by {run.approval.by} at {iso(run.approval.at)}" if run.approval else "not yet released"
    lines = [f"Run {run.run}: {run.planned} payouts, {Money(run.total_minor, run.currency)}, {released}."]
    lines += [
        f"  {t.layer}: {t.confirmed} confirmed + {t.bonus} bonus - {t.cut_by_cap} over caps - {t.cut_by_budget} over "
        f"budget - {t.held} held by disputes + {t.owed_back} owed back - {t.granted_before} paid before = {t.points} "
        f"points = {Money(t.amount_minor, run.currency)}."
        for t in run.totals
    ]
    lines += [f"  {t.layer}: {Money(t.prizes_minor, run.currency)} rank prizes." for t in run.totals if t.prizes_minor]
    lines += [
        f"  Held by dispute {h.dispute}: deal {h.registration} of rep {h.rep}{f', {h.layer}' if h.layer else ''}."
        for h in run.held
    ]
    tied = ties(run, payouts)
    holds = tied["payouts_tie_to_run"] and tied["payouts_tie_to_ledger"]
    lines.append(f"  Payouts, run and ledger {'tie' if holds else 'DO NOT TIE'}.")
    ordered, charged, fees = (
        Money(int(str(tied[name])), run.currency) for name in ("ordered_minor", "charged_minor", "fees_minor")
    )
    lines.append(
        f"  {tied['orders']} of {tied['orders_due']} ordered and read back, {ordered}; the provider charged {charged}, "
        f"{fees} of it fees."
    )
    return lines


def _of(payouts: Sequence[Payout], run: Run) -> list[Payout]:
    return [p for p in payouts if p.run == run.run]
