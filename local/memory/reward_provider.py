"""A reward provider in memory that keeps its contract (one order a key) and fails on command."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.domain.errors import Conflict, InvalidMessage
from chalicelib.domain.money import Money
from chalicelib.services.reward_port import (
    Capabilities,
    Movement,
    OrderState,
    Outcome,
    PayoutIntent,
    PlaceResult,
    ProviderEvent,
    ProviderOrder,
    ProviderUnavailable,
)


class FakeProvider:
    """Implements RewardProvider. `faults` are used up one a call of `place`: "lost" (never arrived, no answer),
    "silent" (placed, no answer), or an Outcome. `funds` None: unlimited. `down`: reading calls fail."""

    name = "tremendous"
    capabilities = Capabilities(10, detects_conflicts=True, has_webhooks=True, resends=True)

    def __init__(self, secret: bytes = b"webhook-secret") -> None:
        self.secret = secret
        self.orders: dict[str, ProviderOrder] = {}
        self.bodies: dict[str, bytes] = {}
        self.sent: list[tuple[str, bytes]] = []
        self.movements: list[Movement] = []
        self.faults: list[str | Outcome] = []
        self.funds: Money | None = None
        self.down = False
        self.clock = datetime(2027, 1, 1, 12, tzinfo=UTC)

    def request(self, intent: PayoutIntent) -> bytes:
        amount = f"{intent.amount.decimal()} {intent.amount.currency}"
        return json.dumps([intent.key, amount, intent.recipient_email, intent.recipient_name, intent.program]).encode()

    def place(self, key: str, body: bytes, intent: PayoutIntent) -> PlaceResult:
        self.sent.append((key, body))
        fault = self.faults.pop(0) if self.faults else None
        if fault == "lost":
            return PlaceResult(Outcome.UNKNOWN, reason="no answer")
        if isinstance(fault, Outcome):
            return PlaceResult(fault, reason=f"told to: {fault}", retry_after_s=5)
        if key in self.orders:
            if self.bodies[key] != body:
                return PlaceResult(Outcome.CONFLICT, self.orders[key], "same key, other content")
            return PlaceResult(Outcome.ACCEPTED, self.orders[key])
        if self.funds is not None:
            if self.funds.minor < intent.amount.minor:
                return PlaceResult(Outcome.AWAITING_FUNDS, reason="not enough funds")
            self.funds = self.funds - intent.amount
        number = f"O{len(self.orders) + 1}"
        self.orders[key] = ProviderOrder(
            number, key, OrderState.OPEN, intent.amount, Money(0, intent.amount.currency), intent.amount, f"R{number}",
            intent.recipient_email, self.clock,
        )  # fmt: skip
        self.bodies[key] = body
        self.movements.append(Movement(f"M{number}", key, -intent.amount, self.clock))
        if fault == "silent":
            return PlaceResult(Outcome.UNKNOWN, reason="no answer")
        return PlaceResult(Outcome.ACCEPTED, self.orders[key])

    def find(self, key: str) -> ProviderOrder | None:
        self._reachable()
        return self.orders.get(key)

    def get(self, order_id: str) -> ProviderOrder | None:
        self._reachable()
        return next((o for o in self.orders.values() if o.order_id == order_id), None)

    def balance(self, currency: str) -> Money | None:
        self._reachable()
        return self.funds

    def statement(self, since: datetime, until: datetime) -> Sequence[Movement]:
        self._reachable()
        return [m for m in self.movements if since <= m.at < until]

    def resend(self, order: ProviderOrder, email: str) -> None:
        self._reachable()
        if order.state is not OrderState.DELIVERY_FAILED:
            raise Conflict("it did not fail")
        self.orders[order.key] = replace(self.orders[order.key], state=OrderState.OPEN, recipient_email=email)

    def order_of(self, event: ProviderEvent) -> str | None:
        self._reachable()
        return event.resource_id if event.resource_type == "orders" else None

    def read_webhook(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        if not hmac.compare_digest(self.sign(raw), headers.get("signature", "")):
            raise InvalidMessage("the signature is not ours")
        said = json.loads(raw)
        return ProviderEvent(
            said["uuid"], said["event"], said["type"], said["id"], self.clock, hashlib.sha256(raw).hexdigest()
        )

    def sign(self, raw: bytes) -> str:
        """What the provider would put into the header."""
        return hmac.new(self.secret, raw, hashlib.sha256).hexdigest()

    def event(self, key: str, uuid: str, kind: str = "DELIVERED") -> tuple[bytes, dict[str, str]]:
        """A signed webhook about the order of that key."""
        order = self.orders[key]
        raw = json.dumps({"uuid": uuid, "event": kind, "type": "orders", "id": order.order_id}).encode()
        return raw, {"signature": self.sign(raw)}

    def becomes(self, state: OrderState, *keys: str) -> None:
        """Let orders (all when none is named) reach a state."""
        for key in keys or tuple(self.orders):
            self.orders[key] = replace(self.orders[key], state=state)

    def later(self, hours: int) -> None:
        """Let the provider's clock go on."""
        self.clock += timedelta(hours=hours)

    def _reachable(self) -> None:
        if self.down:
            raise ProviderUnavailable("told to be down")
