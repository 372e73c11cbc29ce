"""Send one approved payout to its reward provider, at most once, whatever is delivered twice or dies midway.

The order of things is the point: a lease is taken by a conditional write, then the stored bytes are sent, then the
outcome is written. A worker that dies after the call leaves a lease that runs out; the next one sends the same bytes
under the same key, and the provider answers with the order it already has (domain.md 23).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.payouts import LEASE_S, Payout, PayoutState, checked, move
from chalicelib.services.money_store import MoneyStore, PayoutQueue
from chalicelib.services.ports import WorkList
from chalicelib.services.provider_orders import a_break, intent, mismatch, observed
from chalicelib.services.reward_port import Outcome, PlaceResult, ProviderUnavailable, RewardProvider

# A message may wait for hours behind a provider of one order a second; a copy costs one read.
QUEUED_LOST_AFTER = timedelta(minutes=30)
HALT_PROBED_AFTER = timedelta(hours=1)
SHORTEST_RETRY_S, LONGEST_DELAY_S = 30, 900  # 900 s is the longest delay SQS knows; the schedule takes over
_TRIES = 5  # writers of one payout: this worker, a webhook, the reconciler

SENDABLE = frozenset({PayoutState.QUEUED, PayoutState.SUBMITTING, PayoutState.UNKNOWN, PayoutState.AWAITING_FUNDS})


@dataclass(frozen=True, slots=True)
class Pay:
    """The use case; one call a message."""

    money: MoneyStore
    providers: Callable[[str], RewardProvider]
    queue: PayoutQueue
    work: WorkList

    def pay(self, key: str, now: datetime) -> PayoutState:
        """Send the payout of that key unless it is not its turn; returns the state it is in afterwards.

        A copy of a message, a stopped or halted run, a live lease and a retry that is not due change nothing:
        `requeue` brings the payout back. Raises: BrokenPromise for an unknown key, or when amount, bytes and
        approval do not agree.
        """
        payout = self.money.payout(key)
        if payout is None:
            raise BrokenPromise(f"Payout {key} is queued but was never planned. Nothing was sent; find who queued it.")
        if not _is_its_turn(payout, now) or self.money.stopped():
            return payout.state
        period = self.money.period(payout.program)
        if period is None or period.halted:
            return payout.state
        provider = self.providers(payout.provider)
        attempt = payout.attempt + 1
        leased = replace(
            move(checked(payout), PayoutState.SUBMITTING, now, f"attempt {attempt}"),
            attempt=attempt,
            lease_until=now + timedelta(seconds=LEASE_S),
            retry_at=None,
        )
        if not self.money.save_payout(leased):
            return payout.state  # another worker took it
        result = provider.place(key, leased.request, intent(leased))
        if result.order and result.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_APPROVAL}:
            result = _believed(leased, result)
        self._tell(leased, result, now)
        return self._settle(leased, result, now)

    def _tell(self, payout: Payout, result: PlaceResult, now: datetime) -> None:
        """What others must know is written before the payout leaves SUBMITTING: a crash repeats it, never loses it."""
        if result.outcome in {Outcome.AWAITING_FUNDS, Outcome.HALT}:
            self._halt(payout.program, result, now)
        elif result.outcome is Outcome.REJECTED:
            self.work.put("payout_rejected", payout.key, _for_a_person(payout, result.reason), now)
        elif result.outcome is Outcome.CONFLICT:
            self.money.add_break(a_break(payout.provider, "CONFLICT", payout.key, result.reason, now))

    def _halt(self, program: str, result: PlaceResult, now: datetime) -> None:
        for _ in range(_TRIES):
            period = self.money.period(program)
            assert period is not None, f"{program} has payouts but no period"
            halted = period.halt(result.reason, now, for_funds=result.outcome is Outcome.AWAITING_FUNDS)
            if halted is period or self.money.save_period(halted):
                return
        raise BrokenPromise(f"{program} could not be halted after {_TRIES} tries: {result.reason}")

    def _settle(self, leased: Payout, result: PlaceResult, now: datetime) -> PayoutState:
        current = leased
        for _ in range(_TRIES):
            after = _outcome(current, leased, result, now)
            if after is None:
                return current.state
            if self.money.save_payout(after):
                if after.retry_at is not None:
                    delay = min(LONGEST_DELAY_S, int((after.retry_at - now).total_seconds()))
                    self.queue.send([after.key], now + timedelta(seconds=delay), delay)
                return after.state
            found = self.money.payout(leased.key)
            assert found is not None
            current = found
        raise BrokenPromise(f"Payout {leased.key}: its outcome ({result.outcome}) could not be written; it is retried")

    def requeue(self, now: datetime) -> int:
        """Queue again whatever should be on its way and is not: approved, lost, out of lease, unknown and due, or
        waiting for funds that came. Returns how many."""
        if self.money.stopped():
            return 0
        sent = 0
        for period in self.money.periods():
            if period.done_at is not None:
                continue
            payouts = self.money.payouts(period.program)
            due = [p for p in payouts if needs_queueing(p, now)]
            if period.halted:
                # The messages of the others were dropped while the run was halted: they go again at once.
                due = self._fundable([p for p in payouts if p.state is PayoutState.QUEUED or p in due], now)
                if not due or not self.money.save_period(period.resume()):
                    continue
            sent += self.enqueue(due, now)
        return sent

    def enqueue(self, payouts: list[Payout], now: datetime) -> int:
        """Mark QUEUED and send; one that changed meanwhile is left to whoever changed it."""
        keys = []
        for payout in payouts:
            queued = replace(move(payout, PayoutState.QUEUED, now), queued_at=now, retry_at=None, lease_until=None)
            if self.money.save_payout(queued):
                keys.append(payout.key)
        if keys:
            self.queue.send(keys, now)
        return len(keys)

    def _fundable(self, waiting: list[Payout], now: datetime) -> list[Payout]:
        """Which payouts of a halted period may go again: those the provider's balance covers, in plan order; none
        while the provider does not answer, or the halt for another reason is younger than an hour."""
        if not waiting:
            return []
        period = self.money.period(waiting[0].program)
        assert period is not None
        if not period.halted_for_funds and period.halted_at is not None and now < period.halted_at + HALT_PROBED_AFTER:
            return []
        try:
            available = self.providers(waiting[0].provider).balance(waiting[0].currency)
        except ProviderUnavailable:
            return []
        if available is None or not period.halted_for_funds:
            return waiting
        left, fundable = available.minor, []
        for payout in waiting:
            if payout.amount_minor <= left:
                left -= payout.amount_minor
                fundable.append(payout)
        return fundable


def needs_queueing(payout: Payout, now: datetime) -> bool:
    """Should it be on its way, while no message for it can be counted on?"""
    match payout.state:
        case PayoutState.APPROVED | PayoutState.AWAITING_FUNDS:
            return True
        case PayoutState.QUEUED:
            since = max(payout.queued_at or now, payout.retry_at or payout.queued_at or now)
            return now >= since + QUEUED_LOST_AFTER
        case PayoutState.SUBMITTING:
            return payout.lease_until is None or now >= payout.lease_until
        case PayoutState.UNKNOWN:
            return payout.retry_at is None or now >= payout.retry_at + QUEUED_LOST_AFTER
        case _:
            return False


def retry_delay_s(key: str, attempt: int) -> int:
    """Seconds until the next try: doubling from 30 s to an hour, spread by the key so that a run does not return
    as one wave."""
    spread = sum(key.encode()) % 30
    return int(min(3600, SHORTEST_RETRY_S * 2 ** min(attempt - 1, 10))) + spread


def _is_its_turn(payout: Payout, now: datetime) -> bool:
    if payout.state not in SENDABLE:
        return False
    if payout.state is PayoutState.SUBMITTING and payout.lease_until is not None and now < payout.lease_until:
        return False
    return payout.retry_at is None or now >= payout.retry_at


def _believed(payout: Payout, result: PlaceResult) -> PlaceResult:
    """An accepted order that is not ours is a conflict, also where the provider does not notice it."""
    assert result.order is not None
    wrong = mismatch(payout, result.order)
    if wrong or result.order.key != payout.key:
        reason = wrong[1] if wrong else f"order {result.order.order_id} carries the key {result.order.key}"
        return PlaceResult(Outcome.CONFLICT, None, reason)
    return result


def _outcome(current: Payout, leased: Payout, result: PlaceResult, now: datetime) -> Payout | None:
    """The payout after the call; None when it has already moved on (a webhook was faster, the lease was lost)."""
    if result.order is not None and result.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_APPROVAL}:
        return observed(current, result.order, now)
    if current.state is not PayoutState.SUBMITTING or current.attempt != leased.attempt:
        return None
    wait = timedelta(seconds=max(result.retry_after_s or 0, retry_delay_s(leased.key, leased.attempt)))
    match result.outcome:
        case Outcome.REJECTED:
            return replace(move(current, PayoutState.REJECTED, now, result.reason), lease_until=None)
        case Outcome.CONFLICT:
            return replace(move(current, PayoutState.CONFLICT, now, result.reason), lease_until=None)
        case Outcome.AWAITING_FUNDS:
            return replace(move(current, PayoutState.AWAITING_FUNDS, now, result.reason), lease_until=None)
        case Outcome.HALT:
            return replace(move(current, PayoutState.QUEUED, now, result.reason), lease_until=None, queued_at=now)
        case Outcome.RETRY_LATER:
            wait = timedelta(seconds=result.retry_after_s or SHORTEST_RETRY_S)
            return replace(
                move(current, PayoutState.QUEUED, now, result.reason),
                lease_until=None, queued_at=now, retry_at=now + wait,
            )  # fmt: skip
        case _:  # UNKNOWN, and an acceptance nobody could read
            return replace(
                move(current, PayoutState.UNKNOWN, now, result.reason), lease_until=None, retry_at=now + wait
            )


def _for_a_person(payout: Payout, reason: str) -> dict[str, object]:
    """What a work list shows of a payout: no address, no name."""
    return {
        "key": payout.key, "program": payout.program, "run": payout.run, "rep": payout.rep,
        "amount_minor": payout.amount_minor, "currency": payout.currency, "reason": reason,
    }  # fmt: skip
