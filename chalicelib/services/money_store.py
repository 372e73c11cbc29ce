"""What the close, pay and reconcile need of the money table, and of the queue between them.

Every write is conditional: on absence, or on the revision it was read at. False means somebody else wrote first (or
our own earlier attempt did, unheard): read again and decide again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from chalicelib.domain.payouts import Break, Payout, Run
from chalicelib.domain.periods import Period

Seen = Literal["new", "open", "done", "differs"]


class MoneyStore(Protocol):
    """Periods, runs, payouts, what reps owe back, webhooks seen and breaks."""

    def periods(self) -> list[Period]:
        """Every period ever decided on, by program."""

    def period(self, program: str) -> Period | None:
        """The program's period; None while nothing was decided."""

    def save_period(self, period: Period) -> bool:
        """Write revision `period.rev` over revision rev - 1 (0: put if absent)."""

    def runs(self, program: str) -> list[Run]:
        """The program's runs, by number."""

    def save_run(self, run: Run) -> bool:
        """Write revision `run.rev` over revision rev - 1 (0: put if absent)."""

    def plan(self, run: Run, payouts: Sequence[Payout], carried: dict[str, int]) -> bool:
        """In one transaction: the run (as `save_run`), each payout with its key (if absent), and what is taken off
        each rep's debt (minor units in the run's currency, refused when she owes less). At most 25 payouts."""

    def payouts(self, program: str) -> list[Payout]:
        """All payouts of the program's period, by run and rep, strongly read."""

    def payouts_after(self, program: str, run: int, rep: str, most: int) -> list[Payout]:
        """At most `most` of them, by run and rep, from the one after that place on ("" is before every rep)."""

    def payout(self, key: str) -> Payout | None:
        """The payout of that key, strongly read."""

    def save_payout(self, payout: Payout) -> bool:
        """Write revision `payout.rev` over revision rev - 1."""

    def debts(self, reps: Sequence[str], currency: str) -> dict[str, int]:
        """Minor units each rep owes back from finished programs; reps who owe nothing are left out."""

    def add_debt(self, rep: str, currency: str, program: str, minor: int) -> bool:
        """Let the rep's debt from `program` be at least `minor` in all: adds what is missing, once however often it
        is repeated. True when something was added."""

    def see_webhook(self, provider: str, uuid: str, sha256: str, now: datetime) -> Seen:
        """Remember the event for good. "new": first time; "open": seen, not yet dealt with; "done"; "differs": the
        same uuid came with another body."""

    def finish_webhook(self, provider: str, uuid: str) -> None:
        """The event was dealt with."""

    def add_break(self, found: Break) -> bool:
        """Keep a break unless it is known. True when it is new."""

    def breaks(self, provider: str) -> list[Break]:
        """All breaks of a provider, oldest first."""

    def stopped(self) -> str:
        """Why no order may be sent now ("" when orders may be sent): the kill switch."""

    def stop(self, reason: str) -> None:
        """Set or clear ("") the kill switch."""


class PayoutQueue(Protocol):
    """Where approved payouts wait for `pay`; one message a payout, at least once."""

    def send(self, keys: Sequence[str], now: datetime, delay_s: int = 0) -> None:
        """Enqueue, to be delivered not before `delay_s` (at most 900) from now. `now` travels with the message."""
