"""The port every reward provider stands behind.

Traps the port hides: 200 and 201 mean opposite things at different providers, so neither decides anything; a
"duplicate" may come as an error and is a success; "no funds" may come as a success. A time-out or an unreadable
answer is UNKNOWN: never failed, and never sent again under another key (domain.md 23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.domain.money import Money


class Outcome(StrEnum):
    """What a placing call came to."""

    ACCEPTED = "accepted"
    AWAITING_FUNDS = "awaiting_funds"  # not sent, definite: halt the run, keep the keys
    NEEDS_APPROVAL = "needs_approval"  # placed, waits for a person at the provider
    REJECTED = "rejected"  # definite refusal of this payout (address, product, amount)
    HALT = "halt"  # definite refusal of us (key revoked, forbidden): halt the whole run
    RETRY_LATER = "retry_later"  # definite: not processed (rate limit, connection never made)
    CONFLICT = "conflict"  # same key, other content: a break for a person, never a new key
    UNKNOWN = "unknown"  # may have been processed: same key and bytes again, later


class OrderState(StrEnum):
    """Where a placed order is, in our words."""

    OPEN = "open"
    NEEDS_APPROVAL = "needs_approval"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    IN_REVIEW = "in_review"
    CANCELED = "canceled"
    FAILED = "failed"
    UNREADABLE = "unreadable"  # a state the provider never told us about: shown, never guessed


@dataclass(frozen=True, slots=True)
class PayoutIntent:
    """What one reward order asks for. `key` is at most 35 alphanumerics and never changes; `amount` > 0."""

    key: str
    amount: Money
    recipient_name: str
    recipient_email: str
    rep: str
    products: tuple[str, ...]
    message: str
    program: str


@dataclass(frozen=True, slots=True)
class ProviderOrder:
    """An order as the provider tells it. `fee` and `total` are what our account is charged. `reward_id` is the
    deliverable inside it ("" while there is none); `failure` says in the provider's words why it was not delivered."""

    order_id: str
    key: str
    state: OrderState
    amount: Money
    fee: Money
    total: Money
    reward_id: str
    recipient_email: str
    created_at: datetime
    failure: str = ""
    raw_state: str = ""


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """Outcome of one placing call. `order` is set when the answer could be read; `retry_after_s` when the provider
    asked for a pause; `reason` says in words what happened (no personal data)."""

    outcome: Outcome
    order: ProviderOrder | None = None
    reason: str = ""
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the provider's statement; negative is a debit. `key` is our key when the line belongs to an order."""

    id: str
    key: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified webhook: a hint that an object changed. Read the object before believing anything."""

    uuid: str
    kind: str
    resource_type: str
    resource_id: str
    created_at: datetime
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do. `per_second` is the pace it allows; `detects_conflicts`: it refuses the same key with
    other content by itself; `has_webhooks`; it `resends` what could not be delivered; `key_pattern` its keys must
    match."""

    per_second: float
    detects_conflicts: bool
    has_webhooks: bool
    resends: bool = False
    key_pattern: str = r"[A-Za-z0-9]{1,35}"


class RewardProvider(Protocol):
    """One provider. `request` is pure; everything else calls out and never raises for what a network does."""

    name: str
    capabilities: Capabilities

    def request(self, intent: PayoutIntent) -> bytes:
        """The exact bytes to store and send for this intent; the same intent always gives the same bytes."""

    def place(self, key: str, body: bytes, intent: PayoutIntent) -> PlaceResult:
        """Send stored bytes. A readable order whose amount, currency or recipient is not the intent's is CONFLICT."""

    def find(self, key: str) -> ProviderOrder | None:
        """The order under our key; None is no proof right after an UNKNOWN. Raises: ProviderUnavailable."""

    def get(self, order_id: str) -> ProviderOrder | None:
        """The order by the provider's id. Raises: ProviderUnavailable."""

    def balance(self, currency: str) -> Money | None:
        """Available funds, None when the provider has no prepaid balance. Raises: ProviderUnavailable."""

    def statement(self, since: datetime, until: datetime) -> Sequence[Movement]:
        """Movements created in [since, until). Raises: ProviderUnavailable."""

    def resend(self, order: ProviderOrder, email: str) -> None:
        """Deliver the reward of an order that could not be delivered once more, to this address: never another order.
        Asking twice is one more e-mail, not one more reward.
        Raises: Conflict (refused, in words: it was delivered, the address is not accepted), ProviderUnavailable."""

    def order_of(self, event: ProviderEvent) -> str | None:
        """The provider order id an event is about (a reward's order is looked up), None when it is not about one.
        Raises: ProviderUnavailable."""

    def read_webhook(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Verify and parse. Raises: InvalidMessage (bad or missing signature, not JSON, too large)."""


class ProviderUnavailable(Exception):
    """A reading call that could not be answered now; nothing is known from it."""
