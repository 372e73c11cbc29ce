"""What a rep sees of her payouts: how much for which program, where it is, and when it was promised and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout, PayoutLine, PayoutState, Run, payout_key
from chalicelib.domain.periods import PAID_WITHIN, Period

# What each state means to the person who waits for it; never an id of ours, never the provider's jargon.
IN_WORDS: dict[PayoutState, str] = {
    PayoutState.BLOCKED: "we have no e-mail address of yours to send it to; ask your sales operations team",
    PayoutState.PLANNED: "waits for finance to release the run",
    PayoutState.NETTED: "nothing was left to pay after what a return took back",
    PayoutState.APPROVED: "released, about to be ordered",
    PayoutState.QUEUED: "released, about to be ordered",
    PayoutState.SUBMITTING: "being ordered",
    PayoutState.UNKNOWN: "being ordered; the provider has not answered yet and is asked again",
    PayoutState.AWAITING_FUNDS: "waits for the reward account to be funded",
    PayoutState.NEEDS_APPROVAL: "ordered; waits for a release at the provider",
    PayoutState.ACCEPTED: "ordered; on its way to you",
    PayoutState.CONFIRMED: "delivered",
    PayoutState.DELIVERY_FAILED: "could not be delivered; your sales operations team was told",
    PayoutState.IN_REVIEW: "under review at the provider",
    PayoutState.REJECTED: "refused by the provider; your sales operations team was told",
    PayoutState.CONFLICT: "held until a person has looked at it; your sales operations team was told",
    PayoutState.CANCELED: "cancelled",
}


class Payouts(Protocol):
    """The part of the money store a rep's payouts are read from."""

    def periods(self) -> list[Period]:
        """Every period ever decided on."""

    def runs(self, program: str) -> list[Run]:
        """The program's runs."""

    def payout(self, key: str) -> Payout | None:
        """The payout of that key."""


@dataclass(frozen=True, slots=True)
class PayoutView:
    """One payout as its rep sees it. `pays_by` is the promise: 48 h after its clock started."""

    key: str
    program: str
    run: int
    amount: Money
    state: PayoutState
    in_words: str
    lines: tuple[PayoutLine, ...]
    earned_at: datetime
    pays_by: datetime
    ordered_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutsView:
    """A rep's payouts, the newest period first."""

    rep: str
    payouts: tuple[PayoutView, ...]


def payouts_of(rep: str, store: Payouts) -> PayoutsView:
    """Every payout of the rep. Keys follow from (program, period, rep, run), so each is one look-up and nobody else's
    is ever read."""
    found = [
        payout
        for period in store.periods()
        for run in store.runs(period.program)
        if (payout := store.payout(payout_key(period.program, period.id, rep, run.run))) is not None
    ]
    found.sort(key=lambda p: (p.period_end, p.program, p.run), reverse=True)
    return PayoutsView(rep, tuple(view_of(p) for p in found))


def view_of(payout: Payout) -> PayoutView:
    """A payout as its rep may see it: no addresses, no bytes, no ids of the provider."""
    return PayoutView(
        payout.key, payout.program, payout.run, Money(payout.amount_minor, payout.currency), payout.state,
        IN_WORDS[payout.state], payout.lines, payout.earned_at, payout.clock_from + PAID_WITHIN, payout.ordered_at,
        payout.confirmed_at,
    )  # fmt: skip
