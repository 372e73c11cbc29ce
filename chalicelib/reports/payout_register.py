"""The payout register finance gets: every line of every payout, and totals that tie.

CSV for the spreadsheet (one row a payout line, names neutralised against formulas), JSON for machines (the payouts,
totals by layer and state, and the ties to the ledger and to the provider). The same rows always give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from chalicelib.domain.calendar import iso
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import CHARGED, Payout, Run
from chalicelib.domain.slo import Slo

COLUMNS = (
    "program", "run", "period_end", "key", "rep", "line", "layer", "points", "amount", "currency", "payer_of_record",
    "tax_treatment", "state", "provider", "provider_order", "earned_at", "ordered_at", "confirmed_at", "within_48h",
    "why_not",
)  # fmt: skip

PAY_LIST = ("key", "rep", "name", "email", "amount", "currency", "program", "run", "state", "reference_to_confirm")


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A payout and its record of time."""

    payout: Payout
    slo: Slo


def neutral(text: str) -> str:
    """Text a spreadsheet will not run: a leading = + - @, tab or line break gets an apostrophe."""
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text


def as_csv(run: Run, rows: Sequence[RegisterRow]) -> bytes:
    """The register as UTF-8 CSV with a header; amounts in major units, instants in ISO 8601 UTC."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in sorted(rows, key=lambda r: (r.payout.run, r.payout.rep)):
        payout, slo = row.payout, row.slo
        for line in payout.lines:
            writer.writerow(
                (
                    neutral(payout.program), run.run, iso(payout.period_end), payout.key, neutral(payout.rep),
                    line.kind, neutral(line.layer), line.points,
                    str(Money(line.amount_minor, payout.currency).decimal()), payout.currency,
                    neutral(line.payer_of_record), line.tax_treatment, payout.state.value, payout.provider,
                    neutral(payout.order_id), iso(slo.earned_at), _iso(slo.ordered_at), _iso(slo.confirmed_at),
                    {True: "yes", False: "no", None: ""}[slo.within_48h], neutral(slo.why_not),
                )
            )  # fmt: skip
    return out.getvalue().encode()


def as_pay_list(payouts: Sequence[Payout]) -> bytes:
    """What finance pays by hand, one row a payout: a CSV for payroll or the bank, names neutralised. The key is what a
    confirmation names. The only report with names and addresses, and only for payouts that nobody else delivers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(PAY_LIST)
    for payout in sorted(payouts, key=lambda p: (p.run, p.rep)):
        writer.writerow(
            (
                payout.key, neutral(payout.rep), neutral(payout.recipient_name), neutral(payout.recipient_email),
                str(Money(payout.amount_minor, payout.currency).decimal()), payout.currency, neutral(payout.program),
                payout.run, payout.state.value, f"/payouts/{payout.key}/confirm",
            )
        )  # fmt: skip
    return out.getvalue().encode()


def as_json(run: Run, rows: Sequence[RegisterRow]) -> bytes:
    """The register as JSON: run, payouts, totals and ties; minor units, sorted keys."""
    payouts = [r.payout for r in rows]
    document = {
        "program": run.program,
        "run": run.run,
        "currency": run.currency,
        "digest": run.digest,
        "planned_at": run.planned_at,
        "approval": run.approval,
        "payouts": [register_row(r) for r in sorted(rows, key=lambda r: r.payout.rep)],
        "totals": {
            "run_minor": run.total_minor,
            "by_layer": run.totals,
            "by_layer_minor": by_layer(payouts),
            "by_state_minor": by_state(payouts),
        },
        "ties": ties(run, payouts),
    }
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n"


def register_row(row: RegisterRow) -> dict[str, object]:
    """One payout as finance and the API see it: no address, no bytes."""
    payout, slo = row.payout, row.slo
    return {
        "key": payout.key,
        "program": payout.program,
        "run": payout.run,
        "rep": payout.rep,
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "lines": payout.lines,
        "state": payout.state.value,
        "reason": payout.reason,
        "provider": payout.provider,
        "provider_order_id": payout.order_id,
        "earned_at": slo.earned_at,
        "period_end": slo.period_end,
        "due_at": slo.due_at,
        "planned_at": slo.planned_at,
        "approved_at": slo.approved_at,
        "ordered_at": slo.ordered_at,
        "confirmed_at": slo.confirmed_at,
        "within_48h": slo.within_48h,
        "why_not": slo.why_not,
    }


def by_layer(payouts: Sequence[Payout]) -> dict[str, int]:
    """Minor units per layer; what other programs get back is under "carry"."""
    found: dict[str, int] = defaultdict(int)
    for payout in payouts:
        for line in payout.lines:
            found[line.layer or line.kind] += line.amount_minor
    return dict(found)


def by_state(payouts: Sequence[Payout]) -> dict[str, int]:
    """Minor units per state."""
    found: dict[str, int] = defaultdict(int)
    for payout in payouts:
        found[payout.state.value] += payout.amount_minor
    return dict(found)


def ties(run: Run, payouts: Sequence[Payout]) -> dict[str, object]:
    """What must be equal, and whether it is: payouts to the sealed run, lines to the ledger's payable amount, and what
    is to be sent to the provider's orders, each of which was read back over exactly its payout's amount (what differs
    is a break, and not counted as ordered). What the provider charged beyond that are its fees."""
    placed = [p for p in payouts if p.state in CHARGED]
    carried = -sum(x.amount_minor for p in payouts for x in p.lines if x.kind == "carry")
    ledger = sum(t.amount_minor + t.prizes_minor for t in run.totals)
    total = sum(p.amount_minor for p in payouts)
    charged = sum(p.charged_minor or 0 for p in placed)
    ordered = sum(p.amount_minor for p in placed)
    return {
        "run_minor": run.total_minor,
        "payouts_minor": total,
        "payouts_tie_to_run": total == run.total_minor,
        "ledger_payable_minor": ledger,
        "carried_minor": carried,
        "payouts_tie_to_ledger": total == ledger - carried,
        "orders": len(placed),
        "orders_due": sum(1 for p in payouts if p.amount_minor),
        "ordered_minor": ordered,
        "payouts_tie_to_provider": ordered == total,
        "charged_minor": charged,
        "fees_minor": charged - ordered,
    }


def _iso(moment: datetime | None) -> str:
    return iso(moment) if moment is not None else ""
