"""Where every period stands, for finance and auditors: what it waits for, what was planned, and who released it.

The digest of a run shown here is what an approval must repeat: what was looked at is what is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.domain.errors import NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Approval, Held, LayerTotal, Payout, PayoutState, Run
from chalicelib.domain.periods import (
    PAID_WITHIN,
    Pending,
    Period,
    PeriodState,
    Shortfall,
    Watermark,
    open_state,
    ruling,
    timeout_at,
    watermark,
)
from chalicelib.domain.programs import Program
from chalicelib.services.ports import FeedLog, Programs


class Periods(Protocol):
    """The part of the money store periods are read from."""

    def periods(self) -> list[Period]:
        """Every period ever decided on."""

    def period(self, program: str) -> Period | None:
        """The program's period."""

    def runs(self, program: str) -> list[Run]:
        """The program's runs."""

    def payouts(self, program: str) -> list[Payout]:
        """All payouts of the program."""


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One program's period in the list. `waits_for` names what holds it back, in words ("" when nothing does)."""

    program: str
    name: str
    state: PeriodState
    closes_at: datetime
    pays_by: datetime
    missing_feeds: tuple[str, ...]
    waits_for: str
    halted: str


@dataclass(frozen=True, slots=True)
class RunView:
    """One payout run. `approval` is None while nobody released it; `held` are the awards it left out because they were
    disputed; `states` counts its payouts by state."""

    run: int
    payouts: int
    total: Money
    digest: str
    sealed_at: datetime | None
    approval: Approval | None
    totals: tuple[LayerTotal, ...]
    held: tuple[Held, ...]
    states: Mapping[PayoutState, int]


@dataclass(frozen=True, slots=True)
class PeriodView:
    """One period in full. `watermark` is what the close knew of the feeds, or knows now while it is not decided."""

    program: str
    name: str
    state: PeriodState
    closes_at: datetime
    pays_by: datetime
    closes_without_feeds_at: datetime
    trailing_until: datetime | None
    watermark: Watermark
    timed_out: bool
    decided_at: datetime | None
    fenced_at: datetime | None
    planned_at: datetime | None
    done_at: datetime | None
    pending: tuple[Pending, ...]
    shortfalls: tuple[Shortfall, ...]
    halted: str
    runs: tuple[RunView, ...]


@dataclass(frozen=True, slots=True)
class PeriodViews:
    """The use case with what it needs."""

    money: Periods
    programs: Programs
    feeds: FeedLog

    def all(self, now: datetime) -> dict[str, object]:
        """Every active program's period and every closed one's, those that end first first."""
        active = self.programs.active()
        decided = {p.program: p for p in self.money.periods()}
        versions = {name: active.get(name) or self.programs.versions(name) for name in active.keys() | decided.keys()}
        lines = [self._line(ruling(v), decided.get(name), now) for name, v in versions.items() if v]
        return {"as_of": now, "periods": sorted(lines, key=lambda line: (line.closes_at, line.program))}

    def one(self, name: str, now: datetime) -> PeriodView:
        """One program's period. Raises: NotFound for a program that was never active."""
        versions = self.programs.versions(name)
        if not versions:
            raise NotFound(f"there is no active or closed program {name}")
        program, period = ruling(versions), self.money.period(name)
        line = self._line(program, period, now)
        payouts = self.money.payouts(name) if period else []
        return PeriodView(
            name, program.name, line.state, line.closes_at, line.pays_by, timeout_at(program),
            period.trailing_until if period else None,
            period.watermark if period else self._watermark(program),
            period.timed_out if period else False,
            period.decided_at if period else None,
            period.fenced_at if period else None,
            period.planned_at if period else None,
            period.done_at if period else None,
            period.pending if period else (),
            period.shortfalls if period else (),
            period.halted if period else "",
            tuple(_run(run, payouts, program.currency) for run in self.money.runs(name)) if period else (),
        )  # fmt: skip

    def _watermark(self, program: Program) -> Watermark:
        return watermark(program, {feed: self.feeds.complete_to(feed) for feed in program.feeds})

    def _line(self, program: Program, period: Period | None, now: datetime) -> PeriodLine:
        closes_at = period.closes_at if period else program.window.closes_at()
        mark = period.watermark if period else self._watermark(program)
        # Due but not yet decided: the next quarter-hourly close decides, so it is as good as closing.
        state = period.state(now) if period else open_state(program, mark, now) or PeriodState.CLOSING
        missing = mark.missing if state is not PeriodState.OPEN else ()
        return PeriodLine(
            program.id, program.name, state, closes_at, closes_at + PAID_WITHIN, missing,
            self._waits_for(program, period, state, missing), period.halted if period else "",
        )  # fmt: skip

    def _waits_for(self, program: Program, period: Period | None, state: PeriodState, missing: tuple[str, ...]) -> str:
        if state is PeriodState.WAITING:
            until = f"{timeout_at(program):%Y-%m-%d %H:%M} UTC"
            return f"the files of {', '.join(missing)} up to {program.window.end}, or {until}"
        if period is not None and period.halted:
            return f"somebody to resume it: {period.halted}"
        unreleased = [r.run for r in self.money.runs(program.id) if r.digest and r.approval is None] if period else []
        if unreleased:
            return f"finance to release run {', '.join(str(n) for n in unreleased)}"
        return ""


def _run(run: Run, payouts: list[Payout], currency: str) -> RunView:
    mine = [p for p in payouts if p.run == run.run]
    states = {state: sum(1 for p in mine if p.state is state) for state in sorted({p.state for p in mine})}
    return RunView(
        run.run,
        len(mine),
        Money(run.total_minor, run.currency or currency),
        run.digest,
        run.sealed_at,
        run.approval,
        run.totals,
        run.held,
        states,
    )
