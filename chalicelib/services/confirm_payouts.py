"""Believe a reward was delivered when the provider's own order says so.

A webhook is a hint: it is verified, remembered for good, and then the order is read; a forged, replayed, reordered or
early one can cause a read and nothing else (domain.md 23). The reconciler reads the same orders without any webhook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.payouts import Payout, PayoutState
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.ports import WorkList
from chalicelib.services.provider_orders import STATE_OF, a_break, mismatch, observed
from chalicelib.services.reward_port import ProviderOrder, ProviderUnavailable, RewardProvider

_TRIES = 6
# States nobody has sent an order in: an order seen then was placed by somebody else, or before it was approved.
_UNSENT = frozenset({PayoutState.BLOCKED, PayoutState.PLANNED, PayoutState.NETTED, PayoutState.APPROVED})
_FOR_A_PERSON = {
    PayoutState.DELIVERY_FAILED: "payout_not_delivered",
    PayoutState.IN_REVIEW: "payout_in_review",
    PayoutState.CANCELED: "payout_canceled",
}


@dataclass(frozen=True, slots=True)
class ConfirmPayouts:
    """The use case behind `POST /rewards/{provider}/webhooks`, and what the reconciler does with an order."""

    money: MoneyStore
    providers: Callable[[str], RewardProvider]
    work: WorkList

    def receive(self, name: str, raw: bytes, headers: Mapping[str, str], now: datetime) -> str:
        """Take one webhook of the provider `name`; `raw` are the bytes as they came.

        Returns "applied", "nothing" (no order of ours, or no news), "seen" (dealt with before), "differs" (the same
        uuid with another body: kept as a break), or "later" (remembered; the provider could not be asked, the
        reconciler will). When it returns, the event is stored.
        Raises: InvalidMessage (signature, shape), NotFound (no such provider), Misconfigured (no secret).
        """
        provider = self.providers(name)
        event = provider.read_webhook(raw, headers)
        seen = self.money.see_webhook(name, event.uuid, event.body_sha256, now)
        if seen == "differs":
            detail = f"webhook {event.uuid} came again with body {event.body_sha256[:12]}"
            self.money.add_break(a_break(name, "WEBHOOK_DIFFERS", event.uuid, detail, now))
            return "differs"
        if seen == "done":
            return "seen"
        try:
            order_id = provider.order_of(event)
            order = provider.get(order_id) if order_id else None
        except ProviderUnavailable:
            return "later"
        outcome = "applied" if order is not None and self.apply(name, order, now) else "nothing"
        self.money.finish_webhook(name, event.uuid)
        return outcome

    def apply(self, name: str, order: ProviderOrder, now: datetime) -> bool:
        """Move the payout of this order to where its order is; True when that changed something.

        An order that is not ours, not over our amount, or that exists for a payout nobody sent, becomes a break and
        changes no payout. An order in a state nobody told us about changes nothing. Raises: BrokenPromise when the
        payout could not be written.
        """
        for _ in range(_TRIES):
            payout = self.money.payout(order.key)
            problem = _problem(name, payout, order)
            if problem:
                self.money.add_break(a_break(name, problem[0], order.key, problem[1], now))
                return False
            assert payout is not None
            after = observed(payout, order, now)
            if after is None:
                return False
            if kind := _FOR_A_PERSON.get(after.state):
                what: dict[str, object] = {
                    "key": payout.key, "program": payout.program, "rep": payout.rep, "reason": after.reason,
                    "amount_minor": payout.amount_minor, "currency": payout.currency, "order": order.order_id,
                }  # fmt: skip
                self.work.put(kind, payout.key, what, now)
            if self.money.save_payout(after):
                return True
        raise BrokenPromise(f"Payout {order.key}: its order {order.order_id} ({order.state}) could not be recorded.")


def _problem(name: str, payout: Payout | None, order: ProviderOrder) -> tuple[str, str] | None:
    """(kind of break, detail) when the order cannot be believed to be this payout's."""
    if payout is None:
        return "UNKNOWN_AT_US", f"order {order.order_id} over {order.amount} has the key {order.key or 'of nobody'}"
    if payout.provider != name:
        return "UNKNOWN_AT_US", f"order {order.order_id} is at {name}, the payout belongs to {payout.provider}"
    if wrong := mismatch(payout, order):
        return wrong
    if payout.state in _UNSENT and order.state in STATE_OF:
        return "STATE", f"order {order.order_id} is {order.state}, but the payout is {payout.state}: nobody sent it"
    if payout.order_id and payout.order_id != order.order_id:
        return "DUPLICATE", f"orders {payout.order_id} and {order.order_id} carry the same key"
    return None
