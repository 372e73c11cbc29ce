"""Paid within 48 hours, or why not: one record a payout (domain.md 22; W42, W52, W53).

The clock of a base payout starts at the period's end, that of a trailing payout when the first of its awards became
confirmed for us. Waiting for late feeds, approval or funds does not stop it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.payouts import Payout, PayoutState
from chalicelib.domain.periods import PAID_WITHIN, Period

# Two thirds of the time are gone: finance still has half a day to act (docs/operations.md).
AGING = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Slo:
    """When each step happened. `within_48h` is None while it can still be kept; `why_not` is "" unless it is False.
    A payout that needed no order (all netted) counts as paid when it was planned."""

    earned_at: datetime
    period_end: datetime
    clock_from: datetime
    due_at: datetime
    planned_at: datetime
    approved_at: datetime | None
    ordered_at: datetime | None
    confirmed_at: datetime | None
    within_48h: bool | None
    why_not: str = ""


STUCK_BECAUSE = {
    PayoutState.BLOCKED: "no address to send it to",
    PayoutState.PLANNED: "waits for approval",
    PayoutState.APPROVED: "approved, not yet queued",
    PayoutState.QUEUED: "queued, not yet ordered",
    PayoutState.SUBMITTING: "being ordered",
    PayoutState.UNKNOWN: "the provider did not answer; asked again with the same key",
    PayoutState.AWAITING_FUNDS: "the reward account was short of funds",
    PayoutState.NEEDS_APPROVAL: "waits for approval at the provider",
    PayoutState.ACCEPTED: "ordered, delivery not yet confirmed",
    PayoutState.DELIVERY_FAILED: "the provider could not deliver it",
    PayoutState.IN_REVIEW: "under review at the provider",
    PayoutState.REJECTED: "the provider refused it",
    PayoutState.CONFLICT: "the provider holds another order under its key",
    PayoutState.CANCELED: "the order was canceled at the provider",
}


def measure(payout: Payout, period: Period, now: datetime) -> Slo:
    """The record of one payout as of `now`."""
    due_at = payout.clock_from + PAID_WITHIN
    paid_at = payout.planned_at if payout.state is PayoutState.NETTED else payout.confirmed_at
    canceled = payout.state is PayoutState.CANCELED
    within = None if paid_at is None and not canceled and now <= due_at else False
    if paid_at is not None and not canceled:
        within = paid_at <= due_at
    return Slo(
        payout.earned_at, payout.period_end, payout.clock_from, due_at, payout.planned_at, payout.approved_at,
        payout.ordered_at, payout.confirmed_at, within, _why_not(payout, period) if within is False else "",
    )  # fmt: skip


def is_aging(payout: Payout, now: datetime) -> bool:
    """Is it unpaid 36 h after its clock started?"""
    paid = payout.state in {PayoutState.CONFIRMED, PayoutState.NETTED, PayoutState.CANCELED}
    return not paid and now - payout.clock_from >= AGING


def _why_not(payout: Payout, period: Period) -> str:
    """The longest wait, in words, and what it is stuck on now when it is still unpaid."""
    reached = payout.clock_from
    waits: list[tuple[timedelta, str]] = []
    late_feeds = f" (missing feeds: {', '.join(period.watermark.missing)})" if period.timed_out else ""
    steps = (
        (payout.planned_at, f"until the payout was planned{late_feeds if payout.run == 0 else ''}"),
        (payout.approved_at, "for approval"),
        (payout.ordered_at, f"for the order{_trouble(payout)}"),
        (payout.confirmed_at, "for the provider's confirmation"),
    )
    for at, what in steps:
        if at is None:
            break
        waits.append((at - reached, what))
        reached = max(reached, at)
    longest = max(waits)
    hours = int(longest[0].total_seconds() // 3600)
    text = f"{hours} h {longest[1]}" if hours else ""
    stuck = STUCK_BECAUSE.get(payout.state, "")  # none for what was delivered or netted
    reason = f": {payout.reason}" if stuck and payout.reason else ""
    return "; ".join(part for part in (f"{stuck}{reason}" if stuck else "", text) if part)


def _trouble(payout: Payout) -> str:
    """What happened between approval and order, when it was more than the queue."""
    seen = {step.state for step in payout.history}
    for state in (PayoutState.AWAITING_FUNDS, PayoutState.REJECTED, PayoutState.UNKNOWN, PayoutState.BLOCKED):
        if state in seen:
            return f" ({STUCK_BECAUSE[state]})"
    return ""
