"""A period: a program's window as it closes.

The state is never stored; it follows from what happened and the time: open until the window ends, waiting until every
expected feed has reached the end (or the time-out names the missing ones), then frozen, planned, trailing until the
confirm-by date, done (domain.md 3, 22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.domain.calendar import starts_at
from chalicelib.domain.programs import Program, in_force

# Everything confirmed is paid within 48 h (domain.md 22); a deal confirmed on the confirm-by date still gets a run.
PAID_WITHIN = timedelta(hours=48)


class PeriodState(StrEnum):
    """Where a period is. WAITING: the window is over, a feed is not yet complete. CLOSING: fenced in part. TRAILING:
    the base run is planned, late confirmations are still paid. PLANNED: all is planned, something is unpaid."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSING = "closing"
    FROZEN = "frozen"
    TRAILING = "trailing"
    PLANNED = "planned"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class FeedReach:
    """How far one expected feed reaches: the last local day it fully covers, None when it never reported."""

    distributor: str
    complete_to: date | None


@dataclass(frozen=True, slots=True)
class Watermark:
    """What the close knew of the feeds. `missing` are those that do not reach the end of the window."""

    feeds: tuple[FeedReach, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Did every expected feed report up to the end?"""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Pending:
    """What still waits for its order at the freeze, per layer: points and number of deals."""

    layer: str
    points: int
    deals: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What one rep was paid and no longer earns, minor units, when the period was done: carried or written off."""

    rep: str
    minor: int
    carried: bool


@dataclass(frozen=True, slots=True)
class Period:
    """The facts of one period, from the decision to close on. `version` is the program version whose tiers, caps,
    budgets and point values pay; `id` is the window, part of every payout key. Instants are when it happened;
    `trailed_without` names the feeds that had not reached the confirm-by date when the trailing runs ended."""

    program: str
    version: int
    id: str
    closes_at: datetime
    trailing_until: datetime
    decided_at: datetime
    watermark: Watermark
    fenced_at: datetime | None = None
    planned_at: datetime | None = None
    pending: tuple[Pending, ...] = ()
    trailed_at: datetime | None = None
    trailed_without: tuple[str, ...] = ()
    done_at: datetime | None = None
    shortfalls: tuple[Shortfall, ...] = ()
    halted: str = ""
    halted_at: datetime | None = None
    halted_for_funds: bool = False
    rev: int = 0

    @property
    def timed_out(self) -> bool:
        """Was the period closed without every feed?"""
        return not self.watermark.complete

    def state(self, now: datetime) -> PeriodState:
        """Where the period is at `now`."""
        if self.done_at is not None:
            return PeriodState.DONE
        if self.fenced_at is None:
            return PeriodState.CLOSING
        if self.planned_at is None:
            return PeriodState.FROZEN
        if self.trailed_at is None and now >= self.closes_at:
            return PeriodState.TRAILING
        return PeriodState.PLANNED

    def halt(self, reason: str, now: datetime, *, for_funds: bool) -> Period:
        """Stop sending orders of this period; keys and bytes stay. The first reason stays until resumed."""
        if self.halted:
            return self
        return replace(self, halted=reason, halted_at=now, halted_for_funds=for_funds, rev=self.rev + 1)

    def resume(self) -> Period:
        """Send again."""
        return replace(self, halted="", halted_at=None, halted_for_funds=False, rev=self.rev + 1)


def ruling(versions: Sequence[Program]) -> Program:
    """The version whose window and money terms the close uses: in force on the last day of the newest window.

    Raises: ValueError when there is no version.
    """
    if not versions:
        raise ValueError("a program without an activated version cannot close")
    window = max(versions, key=lambda p: p.version).window
    program = in_force(versions, window.end)
    assert program is not None
    return _with_dropped_layers(replace(program, window=window), versions)


def frozen_terms(versions: Sequence[Program], period: Period) -> Program:
    """The version the period was frozen with, whatever was activated since. Raises: ValueError when it is gone."""
    for program in versions:
        if program.version == period.version:
            return _with_dropped_layers(program, [v for v in versions if v.version < period.version])
    raise ValueError(f"{period.program} was frozen with version {period.version}, which no longer exists")


def _with_dropped_layers(program: Program, versions: Sequence[Program]) -> Program:
    """Layers an older version had and this one dropped stay: points earned under them are still owed."""
    layers = {layer.id: layer for v in sorted(versions, key=lambda v: v.version) for layer in v.layers}
    own = {layer.id for layer in program.layers}
    dropped = tuple(layer for layer_id, layer in layers.items() if layer_id not in own)
    return replace(program, layers=(*program.layers, *dropped)) if dropped else program


def watermark(program: Program, complete_to: Mapping[str, date | None], end: date | None = None) -> Watermark:
    """Which of the program's feeds reach the end of its window (or another `end`), and which do not."""
    feeds = tuple(FeedReach(name, complete_to.get(name)) for name in sorted(program.feeds))
    end = end or program.window.end
    missing = tuple(f.distributor for f in feeds if f.complete_to is None or f.complete_to < end)
    return Watermark(feeds, missing)


def timeout_at(program: Program) -> datetime:
    """When the close no longer waits for feeds."""
    return program.window.closes_at() + timedelta(hours=program.close_timeout_hours)


def last_confirming_day(program: Program) -> date:
    """The last local day a document may be dated to confirm anything; both ends included (domain.md 38)."""
    return max(program.confirm_by, program.window.end)


def trailing_over(program: Program, period: Period, mark: Watermark, now: datetime) -> bool:
    """May the trailing runs end? `mark` says which feeds reach the last confirming day.

    A document of that day confirms however late its file comes, so they wait for the feeds as the close did, and as
    long (domain.md 1, 22).
    """
    waits = timedelta(0) if mark.complete else timedelta(hours=program.close_timeout_hours)
    return now >= period.trailing_until + waits


def open_state(program: Program, mark: Watermark, now: datetime) -> PeriodState | None:
    """OPEN or WAITING while the period must not close yet; None when it is due."""
    if now < program.window.closes_at():
        return PeriodState.OPEN
    if not mark.complete and now < timeout_at(program):
        return PeriodState.WAITING
    return None


def due(program: Program, mark: Watermark, now: datetime) -> Period | None:
    """The period to freeze, or None while the window is open or a feed may still report (domain.md 22)."""
    if open_state(program, mark, now) is not None:
        return None
    window = program.window
    last = last_confirming_day(program)
    return Period(
        program=program.id,
        version=program.version,
        id=f"{window.start}/{window.end}",
        closes_at=window.closes_at(),
        # Confirm-by includes that day (domain.md 38); what confirms on it is ours to pay within 48 h.
        trailing_until=starts_at(last + timedelta(days=1), window.zone) + PAID_WITHIN,
        decided_at=now,
        watermark=mark,
    )
