"""The paper of the money: the register of every run to finance, and the close certificate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.errors import NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import SETTLED, Payout, PayoutState, Run
from chalicelib.domain.periods import frozen_terms
from chalicelib.domain.slo import measure
from chalicelib.reports import close_certificate, payout_register
from chalicelib.reports.close_certificate import Certificate
from chalicelib.reports.payout_register import RegisterRow, by_state
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.ports import Files, Mailbox, Programs

BY_HAND = "manual"
# Released and not delivered by anybody else: what finance is to hand over, or has handed over.
HANDED_OVER = frozenset(
    {
        PayoutState.APPROVED, PayoutState.QUEUED, PayoutState.SUBMITTING, PayoutState.UNKNOWN, PayoutState.ACCEPTED,
        PayoutState.CONFIRMED,
    }
)  # fmt: skip
CSV, JSON, TEXT = "text/csv; charset=utf-8", "application/json", "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class PayoutRegister:
    """The use cases of finance that only read payouts. `finance` are the addresses that get the register."""

    money: MoneyStore
    programs: Programs
    files: Files
    mailbox: Mailbox
    finance: tuple[str, ...]

    def publish(self, program: str, now: datetime) -> int:
        """Write and mail the register of every run that was planned, released or completely confirmed since finance
        last heard of it, each once, and renew the certificate. Returns how many were mailed.

        The mark follows the mail: a crash between the two sends it twice, never not at all.
        """
        period = self.money.period(program)
        if period is None or period.fenced_at is None:
            return 0
        runs = self.money.runs(program)
        if all(run.confirmed_sent_at for run in runs):
            return 0  # nothing can be news; the payouts are not read
        payouts, sent = self.money.payouts(program), 0
        for run in runs:
            mine = [p for p in payouts if p.run == run.run]
            news = _news(run, mine)
            if not news:
                continue
            rows = [RegisterRow(p, measure(p, period, now)) for p in mine]
            names = self._write(run, rows)
            self._mail(run, mine, news, names)
            marked = replace(
                run,
                planned_sent_at=run.planned_sent_at or now,
                approved_sent_at=run.approved_sent_at or (None if news == "planned" else now),
                confirmed_sent_at=now if news == "confirmed" else None,
                rev=run.rev + 1,
            )
            # Lost to an approval just made: the next call sees the new state and mails that.
            self.money.save_run(marked)
            sent += 1
        if sent:
            self.certify(program)
        return sent

    def certificate(self, program: str) -> Certificate:
        """The certificate as of now. Raises: NotFound while the period is not frozen."""
        period = self.money.period(program)
        if period is None or period.fenced_at is None:
            raise NotFound(f"{program} is not closed yet: there is no certificate.")
        terms = frozen_terms(self.programs.versions(program), period)
        runs = tuple(r for r in self.money.runs(program) if r.digest)
        return Certificate(period, runs, tuple(self.money.payouts(program)), terms.confirm_by)

    def certify(self, program: str) -> None:
        """Write the certificate as of now, as JSON and as text. Raises: NotFound while the period is not frozen."""
        certificate = self.certificate(program)
        base = f"reports/periods/{program}/certificate"
        self.files.put(f"{base}.json", close_certificate.as_json(certificate), JSON)
        self.files.put(f"{base}.txt", close_certificate.as_text(certificate).encode(), TEXT)

    def _write(self, run: Run, rows: Sequence[RegisterRow]) -> list[str]:
        """Both files, and for what is paid by hand the list to pay; returns "key sha256" for each."""
        names = []
        for ending, body, kind in (
            ("csv", payout_register.as_csv(run, rows), CSV),
            ("json", payout_register.as_json(run, rows), JSON),
        ):
            key = f"reports/payouts/{run.program}/{run.run}.{ending}"
            self.files.put(key, body, kind)
            names.append(f"{key}  sha256 {hashlib.sha256(body).hexdigest()}")
        if by_hand := [r.payout for r in rows if r.payout.provider == BY_HAND and r.payout.state in HANDED_OVER]:
            key, body = f"reports/payouts/{run.program}/{run.run}.to-pay.csv", payout_register.as_pay_list(by_hand)
            self.files.put(key, body, CSV)
            names.append(f"{key}  sha256 {hashlib.sha256(body).hexdigest()}")
        return names

    def _mail(self, run: Run, payouts: Sequence[Payout], news: str, names: Sequence[str]) -> None:
        what = {
            "planned": "planned, waits for approval",
            "approved": f"released by {run.approval.by if run.approval else ''}",
            "confirmed": "completely confirmed",
        }[news]
        states = "".join(f"  {k}: {Money(v, run.currency)}\n" for k, v in sorted(by_state(payouts).items()))
        layers = "".join(f"  {t.layer}: {t.points} points, {Money(t.amount_minor, run.currency)}\n" for t in run.totals)
        text = (
            f"{run.program}, payout run {run.run}: {what}.\n"
            f"{run.planned} payouts, {Money(run.total_minor, run.currency)}.\n\n"
            f"By layer\n{layers}\nBy state\n{states}\n"
            f"Digest to approve: {run.digest}\n\nIn the report bucket:\n" + "".join(f"  {n}\n" for n in names)
        )
        if self.finance:
            self.mailbox.send(self.finance, f"{run.program}: payout run {run.run} {what}", text)


def _news(run: Run, payouts: Sequence[Payout]) -> str:
    """What finance has not heard yet: planned, approved or confirmed, the furthest one; "" when nothing."""
    if not run.digest:
        return ""
    if run.approval is not None and all(p.state in SETTLED for p in payouts):
        return "" if run.confirmed_sent_at else "confirmed"
    if run.approval is not None:
        return "" if run.approved_sent_at else "approved"
    return "" if run.planned_sent_at else "planned"
