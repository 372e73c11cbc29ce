"""Compare what we ordered with what the provider says, both ways, and keep every difference.

Polling alone reaches the same end as the webhooks. A provider that does not answer proves nothing: its payouts stay
as they are until it does (domain.md 22, 23).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.money import Money
from chalicelib.domain.payouts import CHARGED, Payout, PayoutState
from chalicelib.domain.slo import is_aging
from chalicelib.services.confirm_payouts import ConfirmPayouts
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.pay import Pay
from chalicelib.services.payout_register import PayoutRegister
from chalicelib.services.provider_orders import a_break
from chalicelib.services.reward_port import Movement, ProviderUnavailable, RewardProvider

# Longer than any outage of the schedule that nobody noticed; finding a break twice is not two breaks.
WINDOW = timedelta(days=7)
# A statement may lag behind the orders; an order younger than this is not missed yet.
STATEMENT_LAGS = timedelta(hours=2)

# What polling can still move.
_POLLED = frozenset(
    {
        PayoutState.SUBMITTING, PayoutState.UNKNOWN, PayoutState.QUEUED, PayoutState.ACCEPTED,
        PayoutState.NEEDS_APPROVAL, PayoutState.DELIVERY_FAILED, PayoutState.IN_REVIEW,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one pass did: orders read, payouts moved, new breaks, payouts queued again, providers not reached,
    programs whose runs are halted, keys of payouts unpaid 36 h after their clock started."""

    read: int = 0
    moved: int = 0
    breaks: int = 0
    requeued: int = 0
    unreachable: tuple[str, ...] = ()
    halted: tuple[str, ...] = ()
    aging: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReconcileRewards:
    """The hourly use case."""

    money: MoneyStore
    providers: Callable[[str], RewardProvider]
    confirm: ConfirmPayouts
    pay: Pay
    register: PayoutRegister

    def reconcile_rewards(self, now: datetime) -> Reconciled:
        """Read every order that may have moved, compare the statements of the last week, queue what got lost and
        tell finance. Breaks are kept once each."""
        payouts: dict[str, list[Payout]] = defaultdict(list)
        periods = [p for p in self.money.periods() if p.done_at is None or now - p.done_at < WINDOW]
        for period in periods:
            for payout in self.money.payouts(period.program):
                payouts[payout.provider].append(payout)
        done = Reconciled(aging=tuple(sorted(p.key for mine in payouts.values() for p in mine if is_aging(p, now))))
        for name, mine in sorted(payouts.items()):
            provider = self.providers(name)
            try:
                done = self._poll(provider, mine, done, now)
                done = self._compare(provider, mine, done, now)
            except ProviderUnavailable:
                done = replace(done, unreachable=(*done.unreachable, name))
        done = replace(done, requeued=self.pay.requeue(now))
        for period in periods:
            self.register.publish(period.program, now)
        return replace(done, halted=tuple(p.program for p in self.money.periods() if p.halted))

    def _poll(self, provider: RewardProvider, payouts: Sequence[Payout], done: Reconciled, now: datetime) -> Reconciled:
        """Read the orders of payouts that may have moved."""
        for payout in payouts:
            if payout.state not in _POLLED or payout.attempt == 0:
                continue
            order = provider.get(payout.order_id) if payout.order_id else provider.find(payout.key)
            done = replace(done, read=done.read + 1)
            if order is None:
                # Of one in flight, "not found" proves nothing: it is sent again under its key. One that was accepted
                # must be there.
                if payout.state in CHARGED:
                    done = self._break(provider, "MISSING_AT_PROVIDER", payout.key, _missing(payout), done, now)
            elif self.confirm.apply(provider.name, order, now):
                done = replace(done, moved=done.moved + 1)
        return done

    def _compare(
        self, provider: RewardProvider, payouts: Sequence[Payout], done: Reconciled, now: datetime
    ) -> Reconciled:
        """Hold the statement against what we ordered."""
        since = now - WINDOW
        debits: dict[str, list[Movement]] = defaultdict(list)
        for movement in provider.statement(since, now):
            if movement.key and movement.amount.minor < 0:
                debits[movement.key].append(movement)
        for key, movements in sorted(debits.items()):
            payout = self.money.payout(key)
            for kind, detail in _differences(payout, movements):
                done = self._break(provider, kind, key, detail, done, now)
        if not debits:
            return done  # an account on invoice has no movements; polling has seen every order
        for payout in payouts:
            at = payout.ordered_at
            expected = payout.state in CHARGED and at is not None and since + STATEMENT_LAGS < at < now - STATEMENT_LAGS
            if expected and payout.key not in debits and provider.find(payout.key) is None:
                done = self._break(provider, "MISSING_AT_PROVIDER", payout.key, _missing(payout), done, now)
        return done

    def _break(
        self, provider: RewardProvider, kind: str, key: str, detail: str, done: Reconciled, now: datetime
    ) -> Reconciled:
        new = self.money.add_break(a_break(provider.name, kind, key, detail, now))
        return replace(done, breaks=done.breaks + new)


def _missing(payout: Payout) -> str:
    amount = Money(payout.amount_minor, payout.currency)
    return f"ordered as {payout.order_id} over {amount}, but the provider has no such order"


def _differences(payout: Payout | None, movements: Sequence[Movement]) -> list[tuple[str, str]]:
    """(kind, detail) of everything in which the statement's debits of one key differ from the payout."""
    names = ", ".join(sorted(m.id for m in movements))
    total = sum(-m.amount.minor for m in movements)
    currency = movements[0].amount.currency
    if payout is None:
        return [("UNKNOWN_AT_US", f"debited {Money(total, currency)} ({names}) under a key we never planned")]
    found = []
    charged = payout.charged_minor if payout.state in CHARGED else None
    if any(m.amount.currency != payout.currency for m in movements):
        found.append(("CURRENCY", f"debited in {currency} ({names}), the payout is in {payout.currency}"))
    elif charged is not None and total != charged:  # reward and fee may be two lines; together they are the order
        said = Money(charged, payout.currency)
        kind = "DUPLICATE" if len(movements) > 1 else "AMOUNT"
        found.append((kind, f"debited {Money(total, currency)} ({names}), the order said {said}"))
    if payout.state in {PayoutState.PLANNED, PayoutState.BLOCKED, PayoutState.NETTED, PayoutState.REJECTED}:
        found.append(("STATE", f"debited ({names}), but the payout is {payout.state}"))
    return found
