"""What Tremendous sends and takes, as records of ours: exact request bytes, orders, statement lines, webhooks.

Pure: bytes in, records out. Answers are read by hand and only where we need them, because a parser of the whole
answer fails on a field the vendor adds tomorrow, after the order is placed. Numbers are read as decimals from the
JSON text, so 5.1 is 510 cents and never 509.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from chalicelib.domain.calendar import instant
from chalicelib.domain.errors import InvalidMessage
from chalicelib.domain.money import Money, minor_digits
from chalicelib.services.reward_port import Movement, OrderState, PayoutIntent, ProviderEvent, ProviderOrder

# The vendor adds order statuses now and then (OPEN was CART until February 2026): one not listed here is UNREADABLE.
ORDER_STATES = {
    "OPEN": OrderState.OPEN,
    "PENDING SETTLEMENT": OrderState.OPEN,
    "PENDING APPROVAL": OrderState.NEEDS_APPROVAL,
    "PENDING INTERNAL PAYMENT APPROVAL": OrderState.IN_REVIEW,
    "CANCELED": OrderState.CANCELED,
    "FAILED": OrderState.FAILED,
}
DELIVERY_STATES = {
    "": OrderState.OPEN,  # paid, nothing said of the delivery yet
    "SCHEDULED": OrderState.OPEN,
    "PENDING": OrderState.OPEN,
    "SUCCEEDED": OrderState.DELIVERED,
    "FAILED": OrderState.DELIVERY_FAILED,
}

_NOISE = Decimal("1e-6")  # of a minor unit: binary floats in the vendor's JSON may be off by this, cents may not
_ADDRESS = re.compile(r"[^\s@\"']+@[^\s@\"']+")
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


class Unreadable(Exception):
    """An answer that is not what the documentation promises; says which part."""


def order_request(intent: PayoutIntent, *, funding_source: str, rep_field: str) -> bytes:
    """The body of `POST /orders`: keys sorted, the amount written exactly ("denomination":5.10).

    Products are product ids the recipient chooses from; a single `campaign:<ID>` names a campaign instead. The rep id
    goes into the custom field `rep_field` on every order, or, when that is empty, on none: the vendor counts
    recipients for tax by this field and must not see both kinds.
    """
    assert 0 < len(intent.key) <= 35 and intent.key.isascii() and intent.key.isalnum(), f"payout key {intent.key!r}"
    assert intent.amount.minor > 0, f"payout {intent.key} asks for {intent.amount}: only positive amounts are ordered"
    assert intent.recipient_email and intent.products, f"payout {intent.key} needs an address and a product"
    reward: dict[str, Any] = {
        "value": {"denomination": intent.amount.decimal(), "currency_code": intent.amount.currency},
        "recipient": {"name": intent.recipient_name, "email": intent.recipient_email},
        "delivery": {"method": "EMAIL"},
    }
    campaign = intent.products[0].removeprefix("campaign:")
    if campaign != intent.products[0]:
        assert len(intent.products) == 1, f"payout {intent.key}: a campaign stands alone, it names its own products"
        reward["campaign_id"] = campaign
    else:
        reward["products"] = list(intent.products)
    if intent.message:
        reward["delivery"]["meta"] = {"message": intent.message}
    if rep_field:
        reward["custom_fields"] = [{"id": rep_field, "value": intent.rep}]
    order = {"external_id": intent.key, "payment": {"funding_source_id": funding_source}, "reward": reward}
    return _ENCODER.encode(order)


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, numbers as int or Decimal. Raises: Unreadable."""
    try:
        answer = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the answer is no JSON ({type(error).__name__})") from None
    return _object(answer, "the answer")


def order(found: Any) -> ProviderOrder:
    """One order with its one reward. Raises: Unreadable naming the missing or strange part."""
    found = _object(found, "order")
    rewards = found.get("rewards")
    if not isinstance(rewards, list) or len(rewards) != 1:
        raise Unreadable("order.rewards is not exactly one reward")
    reward = _object(rewards[0], "reward")
    value = _object(reward.get("value"), "reward.value")
    delivery = reward.get("delivery")
    raw_delivery = str(delivery.get("status") or "") if isinstance(delivery, dict) else ""
    raw_order = _text(found.get("status"), "order.status")
    state = _state(raw_order, raw_delivery)
    currency = _text(value.get("currency_code"), "reward.value.currency_code")
    fee, total = _charged(found.get("payment"), currency)
    return ProviderOrder(
        order_id=_text(found.get("id"), "order.id"),
        key=found["external_id"] if isinstance(found.get("external_id"), str) else "",
        state=state,
        amount=money(value.get("denomination"), currency),
        fee=fee,
        total=total,
        reward_id=_text(reward.get("id"), "reward.id"),
        recipient_email=_text(_object(reward.get("recipient"), "recipient").get("email"), "recipient.email"),
        created_at=_instant(found.get("created_at"), "order.created_at"),
        failure="the provider could not deliver it; its dashboard shows why" if state is OrderState.DELIVERY_FAILED
        else "",
        raw_state=f"{raw_order}/{raw_delivery}".rstrip("/"),
    )  # fmt: skip


def mismatch(order: ProviderOrder, intent: PayoutIntent) -> str:
    """What of an order is not what the intent asked for, in words and without personal data; "" when all agrees."""
    if order.key != intent.key:
        return f"the order answered is filed under another key ({order.key!r} instead of {intent.key})"
    if order.amount != intent.amount:
        return f"the order is over {order.amount} instead of {intent.amount}"
    if order.recipient_email.casefold() != intent.recipient_email.casefold():
        return "the order goes to another recipient"
    return ""


def funds(source: Any) -> Money:
    """What a funding source has left for orders. Raises: Unreadable, also when orders may not be paid from it."""
    source = _object(source, "funding_source")
    permissions = source.get("usage_permissions")
    if source.get("status", "active") != "active" or (permissions is not None and "api_orders" not in permissions):
        raise Unreadable("the funding source is not active for API orders: choose another one in the dashboard")
    meta = _object(source.get("meta"), "funding_source.meta")
    currency = _text(meta.get("currency_code"), "funding_source.meta.currency_code")
    cents = meta.get("available_cents")
    if type(cents) is int and minor_digits(currency) == 2:
        return Money(cents, currency)
    return money(meta.get("available_amount"), currency)


def movements(lines: Iterable[Any]) -> list[Movement]:
    """Statement lines as movements; a debit is negative. Raises: Unreadable.

    The vendor gives its lines no id: ours is a hash of what cannot change (instant, amount, action, order) and the
    count of equal lines before it. The running balance is left out, it "may be delayed and contain null". The vendor
    does not document the sign either: money that belongs to an order comes back only as a refund, so a positive line
    of an order without one is a debit.
    """
    found: list[Movement] = []
    seen: dict[str, int] = {}
    for line in lines:
        entry = _object(line, "transaction")
        amount = money(entry.get("amount"), _text(entry.get("currency_code"), "transaction.currency_code"))
        owner = _object(entry.get("order") or {}, "transaction.order")
        payment = _object(owner.get("payment") or {}, "transaction.order.payment")
        if owner and amount.minor > 0 and not payment.get("refund"):
            amount = -amount
        at = _instant(entry.get("created_at"), "transaction.created_at")
        content = json.dumps(
            [at.isoformat(), amount.minor, amount.currency, str(entry.get("action")), str(owner.get("id"))]
        )
        seen[content] = seen.get(content, 0) + 1
        id = hashlib.sha256(f"{content}#{seen[content]}".encode()).hexdigest()[:32]
        found.append(Movement(id, owner.get("external_id") or "", amount, at))
    return found


def event(raw: bytes) -> ProviderEvent:
    """A webhook whose signature was already found good. Raises: InvalidMessage naming what is missing."""
    try:
        body = parsed(raw)
        payload = body.get("payload")
        resource = payload.get("resource") if isinstance(payload, dict) else None
        resource = resource if isinstance(resource, dict) else {}
        return ProviderEvent(
            uuid=_text(body.get("uuid"), "uuid", longest=64),  # becomes a part of a table key
            kind=_text(body.get("event"), "event"),
            resource_type=str(resource.get("type") or ""),
            resource_id=str(resource.get("id") or ""),
            created_at=_instant(body.get("created_utc"), "created_utc"),
            body_sha256=hashlib.sha256(raw).hexdigest(),
        )
    except Unreadable as error:
        raise InvalidMessage(f"Tremendous webhook: {error}") from None


def refusal(body: bytes, recipient_name: str = "") -> str:
    """The provider's reason for an error status, without what identifies the recipient; "" when it gave none."""
    try:
        answer = parsed(body)
    except Unreadable:
        return ""
    errors = answer.get("errors") or answer.get("error")  # the rate limit answers with the singular
    if not isinstance(errors, dict):
        return ""
    words = [str(errors.get("message") or ""), *_leaves(errors.get("payload"), "")]
    text = "; ".join(word for word in words if word)
    if recipient_name:
        text = text.replace(recipient_name, "<recipient>")
    return _ADDRESS.sub("<address>", text)[:300]


def money(number: object, currency: str) -> Money:
    """A JSON number of major units as Money. Raises: Unreadable when it is none or has a fraction of a minor unit."""
    if type(number) is not int and not isinstance(number, Decimal):
        raise Unreadable(f"{type(number).__name__} where an amount belongs")
    try:
        amount = Money.parse(Decimal(number), currency)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if abs(amount.decimal() - Decimal(number)) > _NOISE:
        raise Unreadable(f"{number} {currency} has a fraction of the smallest unit")
    return amount


def _state(raw_order: str, raw_delivery: str) -> OrderState:
    if raw_order == "EXECUTED":
        return DELIVERY_STATES.get(raw_delivery, OrderState.UNREADABLE)
    return ORDER_STATES.get(raw_order, OrderState.UNREADABLE)


def _charged(payment: object, currency: str) -> tuple[Money, Money]:
    """Fee and total; an order that is not processed yet has no payment and is not charged."""
    if not isinstance(payment, dict):
        return Money(0, currency), Money(0, currency)
    paid_in = _text(payment.get("currency_code"), "order.payment.currency_code")
    return money(payment.get("fees"), paid_in), money(payment.get("total"), paid_in)


def _leaves(payload: object, path: str) -> list[str]:
    """`reward.recipient.email is invalid` for every leaf of an error payload."""
    if isinstance(payload, Mapping):
        return [leaf for key, value in payload.items() for leaf in _leaves(value, f"{path}.{key}" if path else key)]
    return [f"{path} {payload}"] if payload else []


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _object(found: Any, what: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Unreadable(f"{what} is missing or no object")
    return found


def _text(found: Any, what: str, longest: int = 1000) -> str:
    if not isinstance(found, str) or not found.strip() or len(found) > longest:
        raise Unreadable(f"{what} is missing or no text of at most {longest} characters")
    return found


def _instant(found: Any, what: str) -> datetime:
    try:
        return instant(_text(found, what))
    except ValueError as error:
        raise Unreadable(f"{what}: {error}") from None
