"""The money table in memory, held to the real one by tests/adapters/test_money.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.payouts import Break, Payout, Run
from chalicelib.domain.periods import Period
from chalicelib.services.money_store import Seen


class FakeMoney:
    """Implements MoneyStore."""

    def __init__(self) -> None:
        self._periods: dict[str, Period] = {}
        self._runs: dict[tuple[str, int], Run] = {}
        self._payouts: dict[tuple[str, int, str], Payout] = {}
        self._keys: dict[str, tuple[str, int, str]] = {}
        self._debts: dict[tuple[str, str], int] = {}
        self._sources: dict[tuple[str, str, str], int] = {}
        self._webhooks: dict[tuple[str, str], tuple[str, bool]] = {}
        self._breaks: dict[tuple[str, str], Break] = {}
        self._stopped = ""

    def periods(self) -> list[Period]:
        return [self._periods[name] for name in sorted(self._periods)]

    def period(self, program: str) -> Period | None:
        return self._periods.get(program)

    def save_period(self, period: Period) -> bool:
        old = self._periods.get(period.program)
        if (old.rev if old else -1) != period.rev - 1:
            return False
        self._periods[period.program] = period
        return True

    def runs(self, program: str) -> list[Run]:
        return [run for (name, _), run in sorted(self._runs.items()) if name == program]

    def save_run(self, run: Run) -> bool:
        old = self._runs.get((run.program, run.run))
        if (old.rev if old else -1) != run.rev - 1:
            return False
        self._runs[run.program, run.run] = run
        return True

    def plan(self, run: Run, payouts: Sequence[Payout], carried: dict[str, int]) -> bool:
        assert len(payouts) <= 25
        places = [(p.program, p.run, p.rep) for p in payouts]
        if any(place in self._payouts for place in places) or any(p.key in self._keys for p in payouts):
            return False
        if any(self._debts.get((rep, run.currency), 0) < minor for rep, minor in carried.items()):
            return False
        if not self.save_run(run):
            return False
        for rep, minor in carried.items():
            self._debts[rep, run.currency] -= minor
        for place, payout in zip(places, payouts, strict=True):
            self._payouts[place] = payout
            self._keys[payout.key] = place
        return True

    def payouts(self, program: str) -> list[Payout]:
        return [payout for place, payout in sorted(self._payouts.items()) if place[0] == program]

    def payouts_after(self, program: str, run: int, rep: str, most: int) -> list[Payout]:
        return [p for p in self.payouts(program) if (p.run, p.rep) > (run, rep)][:most]

    def payout(self, key: str) -> Payout | None:
        place = self._keys.get(key)
        return self._payouts[place] if place else None

    def save_payout(self, payout: Payout) -> bool:
        place = (payout.program, payout.run, payout.rep)
        old = self._payouts.get(place)
        if old is None or old.rev != payout.rev - 1:
            return False
        self._payouts[place] = payout
        return True

    def debts(self, reps: Sequence[str], currency: str) -> dict[str, int]:
        owed = {rep: self._debts.get((rep, currency), 0) for rep in reps}
        return {rep: minor for rep, minor in owed.items() if minor > 0}

    def add_debt(self, rep: str, currency: str, program: str, minor: int) -> bool:
        known = self._sources.get((rep, currency, program), 0)
        if minor <= known:
            return False
        self._sources[rep, currency, program] = minor
        self._debts[rep, currency] = self._debts.get((rep, currency), 0) + minor - known
        return True

    def see_webhook(self, provider: str, uuid: str, sha256: str, now: datetime) -> Seen:
        known = self._webhooks.get((provider, uuid))
        if known is None:
            self._webhooks[provider, uuid] = (sha256, False)
            return "new"
        if known[0] != sha256:
            return "differs"
        return "done" if known[1] else "open"

    def finish_webhook(self, provider: str, uuid: str) -> None:
        sha256, _ = self._webhooks[provider, uuid]
        self._webhooks[provider, uuid] = (sha256, True)

    def add_break(self, found: Break) -> bool:
        if (found.provider, found.id) in self._breaks:
            return False
        self._breaks[found.provider, found.id] = found
        return True

    def breaks(self, provider: str) -> list[Break]:
        mine = [b for (name, _), b in self._breaks.items() if name == provider]
        return sorted(mine, key=lambda b: (b.found_at, b.id))

    def stopped(self) -> str:
        return self._stopped

    def stop(self, reason: str) -> None:
        self._stopped = reason

    def tamper(self, key: str, **changes: Any) -> None:
        """Change a stored payout behind everybody's back."""
        place = self._keys[key]
        self._payouts[place] = replace(self._payouts[place], **changes)
