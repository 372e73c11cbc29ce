"""Once a day: what is getting old, which feeds a closing period still misses, and what came back after the end;
and whether every standing is still the sum of its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.ledger import Entry
from chalicelib.domain.periods import PeriodState, open_state, ruling, watermark
from chalicelib.domain.slo import is_aging
from chalicelib.domain.standings import Standing, Sums
from chalicelib.services.close_periods import ClosePeriods
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.ports import FeedLog, Programs, Roster

# A feed that is a week behind shortly before the end will not make it by itself.
LATE_FEED_WARNED_BEFORE = timedelta(days=3)
LATE_FEED_BY = timedelta(days=7)
_READS = 3


@dataclass(frozen=True, slots=True)
class Day:
    """The day's figures. `aging` are keys of payouts unpaid 36 h after their clock started; `missing_feeds` maps a
    program that is closing, or soon will be, to the feeds it waits for; `halted` maps a program to the reason;
    `mismatches` names standings that are not the sum of their entries."""

    periods: dict[str, PeriodState]
    aging: tuple[str, ...]
    missing_feeds: dict[str, tuple[str, ...]]
    halted: dict[str, str]
    carried: int
    breaks_open: int
    mismatches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Daily:
    """The use case."""

    money: MoneyStore
    programs: Programs
    feeds: FeedLog
    roster: Roster
    close: ClosePeriods

    def daily(self, now: datetime) -> Day:
        """Look at everything as of `now`; changes nothing but debts of late reversals."""
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
        return Day(
            periods=dict(sorted(states.items())),
            aging=tuple(sorted(p.key for p in payouts if is_aging(p, now))),
            missing_feeds=missing,
            halted={p.program: p.halted for p in live if p.halted},
            carried=self.close.carry_late_reversals(),
            breaks_open=sum(not b.resolution for name in names for b in self.money.breaks(name)),
            mismatches=tuple(self._audit()),
        )

    def _audit(self) -> list[str]:
        """Standings of active programs that are not the sum of their entries, in words.

        A score may fall between the two reads, so a difference is read again before it is believed.
        """
        reps: dict[str, list[str]] = {}
        for name in sorted(self.programs.active()):
            for standing in self.roster.standings(name):
                reps.setdefault(standing.rep, []).append(name)
        found = []
        for rep, names in reps.items():
            wrong: list[str] = []
            for _ in range(_READS):
                wrong = _mismatches(self.roster.standings_of(rep, names), self.roster.entries(rep))
                if not wrong:
                    break
            found += wrong
        return found


def _mismatches(standings: Mapping[str, Standing], entries: Sequence[Entry]) -> list[str]:
    found = []
    for name, standing in standings.items():
        posted: dict[str, Sums] = {}
        for leg in (leg for entry in entries for leg in entry.legs if leg.program == name):
            old = posted.get(leg.layer, Sums())
            posted[leg.layer] = replace(
                old,
                **{
                    f"{leg.bucket}_confirmed": getattr(old, f"{leg.bucket}_confirmed") + leg.confirmed,
                    f"{leg.bucket}_provisional": getattr(old, f"{leg.bucket}_provisional") + leg.provisional,
                },
            )
        found += [
            f"{name}, rep {standing.rep}, layer {layer}"
            for layer in sorted(posted.keys() | standing.layers.keys())
            if posted.get(layer, Sums()) != standing.sums(layer)
        ]
    return found
