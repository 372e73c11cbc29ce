"""What a provider's order means for the payout it belongs to."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.money import Money
from chalicelib.domain.payouts import MOVES, Break, Payout, PayoutState, move
from chalicelib.services.reward_port import OrderState, PayoutIntent, ProviderOrder

# FAILED: an order exists under the key and will never be delivered; the key is used up, so a person decides.
STATE_OF: dict[OrderState, PayoutState] = {
    OrderState.OPEN: PayoutState.ACCEPTED,
    OrderState.NEEDS_APPROVAL: PayoutState.NEEDS_APPROVAL,
    OrderState.DELIVERED: PayoutState.CONFIRMED,
    OrderState.DELIVERY_FAILED: PayoutState.DELIVERY_FAILED,
    OrderState.IN_REVIEW: PayoutState.IN_REVIEW,
    OrderState.CANCELED: PayoutState.CANCELED,
    OrderState.FAILED: PayoutState.CANCELED,
}


def intent(payout: Payout) -> PayoutIntent:
    """What the payout asks the provider for; the same payout always asks for the same."""
    return PayoutIntent(
        payout.key, Money(payout.amount_minor, payout.currency), payout.recipient_name, payout.recipient_email,
        payout.rep, payout.products, payout.message, payout.program,
    )  # fmt: skip


def observed(payout: Payout, order: ProviderOrder, now: datetime) -> Payout | None:
    """The payout after its order was read; None when that changes nothing (older news, a state we cannot read)."""
    to = STATE_OF.get(order.state)
    if to is None or to is payout.state or to not in MOVES[payout.state]:
        return None
    ordered_at = payout.ordered_at or max(now, payout.queued_at or now)
    moved = move(payout, to, now, order.failure or order.raw_state)
    return replace(
        moved,
        order_id=order.order_id,
        reward_id=order.reward_id or payout.reward_id,
        charged_minor=order.total.minor,
        ordered_at=ordered_at,
        # A provider's clock and ours may differ: nothing is confirmed before it was ordered.
        confirmed_at=max(now, ordered_at) if to is PayoutState.CONFIRMED else payout.confirmed_at,
        lease_until=None,
        retry_at=None,
    )


def a_break(provider: str, kind: str, key: str, detail: str, now: datetime) -> Break:
    """A break whose id follows from what it is about: finding it again is not another one."""
    about = hashlib.sha256(f"{kind}\x1f{key}\x1f{detail}".encode()).hexdigest()[:24]
    return Break(provider, f"{kind}-{about}", kind, key, detail, now)


def mismatch(payout: Payout, order: ProviderOrder) -> tuple[str, str] | None:
    """(kind of break, detail) when the order is not what we asked for; None when it is."""
    if order.amount.currency != payout.currency:
        return "CURRENCY", f"order {order.order_id} is in {order.amount.currency}, the payout in {payout.currency}"
    if order.amount.minor != payout.amount_minor:
        return "AMOUNT", f"order {order.order_id} is over {order.amount}, the payout over {intent(payout).amount}"
    return None
