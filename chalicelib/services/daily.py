"""Once a day: what is getting old, which feeds a closing period still misses, what came back after the end, and
whether the ledger audit finds anything."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.errors import NotFound
from chalicelib.domain.periods import PeriodState, open_state, ruling, watermark
from chalicelib.domain.slo import is_aging
from chalicelib.services.audit import LedgerAudit
from chalicelib.services.close_periods import ClosePeriods
from chalicelib.services.dispute_port import DisputeStore
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.ports import FeedLog, Programs, WorkList

# A feed that is a week behind shortly before the end will not make it by itself.
LATE_FEED_WARNED_BEFORE = timedelta(days=3)
LATE_FEED_BY = timedelta(days=7)
# Payouts of a period that was done five weeks ago were audited every day of them; `make audit` still reads all.
AUDITED_AFTER_DONE = timedelta(days=35)
OVERDUE = "dispute_overdue"  # the work list of disputes whose day is over


@dataclass(frozen=True, slots=True)
class Day:
    """The day's figures. `aging` are keys of payouts unpaid 36 h after their clock started; `missing_feeds` maps a
    program that is closing, or soon will be, to the feeds it waits for; `halted` maps a program to the reason;
    `mismatches` is what the ledger audit found, in words, `audited` how much it looked at, and `audit_complete` is
    False when it stopped because there was too much to tell. `disputes_overdue` are ids of disputes nobody acted on in
    time (W10)."""

    periods: dict[str, PeriodState]
    aging: tuple[str, ...]
    missing_feeds: dict[str, tuple[str, ...]]
    halted: dict[str, str]
    carried: int
    breaks_open: int
    mismatches: tuple[str, ...]
    audited: dict[str, int]
    audit_complete: bool
    disputes_overdue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Daily:
    """The use case."""

    money: MoneyStore
    programs: Programs
    feeds: FeedLog
    audit: LedgerAudit
    close: ClosePeriods
    disputes: DisputeStore
    work: WorkList

    def daily(self, now: datetime) -> Day:
        """Look at everything as of `now`; changes nothing but debts of late reversals and the list of disputes nobody
        acted on in time."""
        periods = {p.program: p for p in self.money.periods()}
        states = {name: period.state(now) for name, period in periods.items()}
        missing: dict[str, tuple[str, ...]] = {}
        for name, versions in sorted(self.programs.active().items()):
            if name in periods:
                continue
            program = ruling(versions)
            mark = watermark(program, {feed: self.feeds.complete_to(feed) for feed in program.feeds})
            states[name] = open_state(program, mark, now) or PeriodState.CLOSING
            reached = min((f.complete_to for f in mark.feeds if f.complete_to is not None), default=None)
            near = now >= program.window.closes_at() - LATE_FEED_WARNED_BEFORE
            behind = reached is None or now.date() - reached > LATE_FEED_BY
            if mark.missing and near and (behind or now >= program.window.closes_at()):
                missing[name] = mark.missing
        live = [p for p in periods.values() if p.done_at is None]
        payouts = [payout for period in live for payout in self.money.payouts(period.program)]
        names = sorted({p.provider for p in payouts})
        report = self.audit.run(done_since=now - AUDITED_AFTER_DONE)
        return Day(
            periods=dict(sorted(states.items())),
            aging=tuple(sorted(p.key for p in payouts if is_aging(p, now))),
            missing_feeds=missing,
            halted={p.program: p.halted for p in live if p.halted},
            carried=self.close.carry_late_reversals(),
            breaks_open=sum(not b.resolution for name in names for b in self.money.breaks(name)),
            mismatches=tuple(str(finding) for finding in report.findings),
            audited=report.checked,
            audit_complete=report.complete,
            disputes_overdue=self._overdue(sorted(states), now),
        )

    def _overdue(self, programs: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Put every overdue dispute on its work list, and take off what somebody has acted on since."""
        late = {d.id: d for program in programs for d in self.disputes.disputes(program) if d.overdue(now)}
        for id, dispute in sorted(late.items()):
            what: dict[str, object] = {"program": dispute.program, "rep": dispute.rep, "state": dispute.state}
            self.work.put(OVERDUE, id, what | {"due_on": str(dispute.due_on())}, now)
        for entry in self.work.open(OVERDUE):
            if entry["id"] not in late:
                _resolve(self.work, str(entry["id"]), now)
        return tuple(sorted(late))


def _resolve(work: WorkList, id: str, now: datetime) -> None:
    """Close an entry, unless a person did just now."""
    with suppress(NotFound):
        work.resolve(OVERDUE, id, "kicker", "somebody acted", now)
