"""Paying by hand: the provider for a reseller that pays through payroll, a bank run or gift cards from a drawer.

It keeps the port honest: no balance, no webhooks, no vendor, and still every payout is ordered at most once. A
payout is one object in the report bucket, put if absent under its key; finance pays the list and confirms each one,
through the API (`confirm`) or by dropping a confirmation object of the same shape:

    payouts/manual/<key>.json              what to pay: the exact bytes of the order
    payouts/manual/confirmed/<key>.json    {"key": "...", "paid_on": "2026-12-02", "reference": "bank run 1207"}

The statement reads every confirmation there is, one call each: fine for the hundreds of payouts a person can make by
hand, not for a hundred thousand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from chalicelib.domain.calendar import instant, iso
from chalicelib.domain.errors import BrokenPromise, Conflict, InvalidMessage, NotFound
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

ORDERS = "payouts/manual/"
CONFIRMED = "payouts/manual/confirmed/"
_ENCODER = msgspec.json.Encoder(order="sorted")


class Manual:
    """Payouts handed over to people. `client` is an S3 client, `bucket` the report bucket."""

    name = "manual"
    capabilities = Capabilities(per_second=50, detects_conflicts=True, has_webhooks=False)

    def __init__(self, client: Any, bucket: str) -> None:
        self._s3 = client
        self._bucket = bucket

    def request(self, intent: PayoutIntent) -> bytes:
        """The object's bytes: JSON, keys sorted, the amount as exact text."""
        assert 0 < len(intent.key) <= 35 and intent.key.isascii() and intent.key.isalnum(), f"key {intent.key!r}"
        assert intent.amount.minor > 0, f"payout {intent.key} asks for {intent.amount}: only positive amounts are paid"
        return _ENCODER.encode(
            {
                "key": intent.key,
                "amount": str(intent.amount.decimal()),
                "currency": intent.amount.currency,
                "recipient_name": intent.recipient_name,
                "recipient_email": intent.recipient_email,
                "rep": intent.rep,
                "program": intent.program,
                "products": list(intent.products),
                "message": intent.message,
            }
        )

    def place(self, key: str, body: bytes, intent: PayoutIntent) -> PlaceResult:
        """Put the payout on the list unless it is there already; the same key with other bytes is CONFLICT."""
        assert key == intent.key, f"key {key} was stored for another payout than {intent.key}"
        try:
            new = self._put_if_absent(f"{ORDERS}{key}.json", body)
            order = self.get(key)
            on_list = body if new else self._object(f"{ORDERS}{key}.json")[0]
        except EndpointConnectionError:
            return PlaceResult(Outcome.RETRY_LATER, reason="no connection to S3: nothing was handed over")
        except ClientError as error:
            return _refused(error)
        except (BotoCoreError, ProviderUnavailable) as error:
            return PlaceResult(Outcome.UNKNOWN, reason=f"no answer from S3 ({type(error).__name__})")
        if on_list != body:
            return PlaceResult(Outcome.CONFLICT, order, "another payout was handed over under this key")
        return PlaceResult(Outcome.ACCEPTED, order)

    def confirm(self, key: str, paid_on: date, reference: str, now: datetime) -> None:
        """Finance says this payout was made. Repeating it changes nothing.

        Raises: NotFound when no such payout was handed over; Conflict when it was confirmed with another date or
        reference; ProviderUnavailable.
        """
        if self.get(key) is None:
            raise NotFound(f"No payout {key} was handed over for payment by hand. Check the key on the list.")
        said = {"key": key, "paid_on": paid_on.isoformat(), "reference": reference}
        try:
            if self._put_if_absent(f"{CONFIRMED}{key}.json", _ENCODER.encode(said | {"confirmed_at": iso(now)})):
                return
            there = json.loads(self._object(f"{CONFIRMED}{key}.json")[0])
        except (BotoCoreError, ClientError, ValueError) as error:
            raise ProviderUnavailable(f"payout {key} could not be confirmed: {type(error).__name__}") from error
        if {name: there.get(name) for name in said} != said:
            raise Conflict(
                f"Payout {key} is already confirmed as paid on {there.get('paid_on')} ({there.get('reference')}). "
                "Correct it with finance before confirming anything else."
            )

    def find(self, key: str) -> ProviderOrder | None:
        """The payout under our key, which is also its id here. Raises: ProviderUnavailable."""
        return self.get(key)

    def get(self, order_id: str) -> ProviderOrder | None:
        """The payout, delivered when finance confirmed it. Raises: ProviderUnavailable."""
        try:
            body, created_at = self._object(f"{ORDERS}{order_id}.json")
            confirmation = self._confirmation(order_id)
        except NotFound:
            return None
        except (BotoCoreError, ClientError) as error:
            raise ProviderUnavailable(f"payout {order_id} could not be read: {type(error).__name__}") from error
        try:
            asked = json.loads(body)
            amount = Money.parse(asked["amount"], asked["currency"])
            key, email = str(asked["key"]), str(asked["recipient_email"])
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenPromise(
                f"{ORDERS}{order_id}.json was changed by hand: restore the version Kicker wrote"
            ) from error
        return ProviderOrder(
            order_id=order_id,
            key=key,
            state=confirmation[0],
            amount=amount,
            fee=Money(0, amount.currency),
            total=amount,
            reward_id=order_id if confirmation[0] is OrderState.DELIVERED else "",
            recipient_email=email,
            created_at=created_at,
            raw_state=confirmation[1],
        )

    def balance(self, currency: str) -> Money | None:  # noqa: ARG002 - the port's signature
        """None: nothing is prepaid."""
        return None

    def statement(self, since: datetime, until: datetime) -> list[Movement]:
        """Payments confirmed in [since, until), as debits. Raises: ProviderUnavailable."""
        found = []
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=CONFIRMED)
            names = [o["Key"].removeprefix(CONFIRMED) for page in pages for o in page.get("Contents", ())]
            for key in (name.removesuffix(".json") for name in names if name.endswith(".json")):
                order = self.get(key)
                if order is None or order.state is not OrderState.DELIVERED:
                    continue  # what somebody else put there is no payment of ours
                at = self._confirmed_at(key)
                if since <= at < until:
                    found.append(Movement(f"manual-{key}", key, -order.total, at))
        except (BotoCoreError, ClientError) as error:
            raise ProviderUnavailable(f"confirmed payouts could not be listed: {type(error).__name__}") from error
        return sorted(found, key=lambda m: (m.at, m.id), reverse=True)

    def resend(self, order: ProviderOrder, email: str) -> None:  # noqa: ARG002 - the port's signature
        """Raises: Conflict, always."""
        raise Conflict(f"Payout {order.key} is handed over by hand: whoever pays it needs no other e-mail address.")

    def order_of(self, event: ProviderEvent) -> str | None:  # noqa: ARG002 - the port's signature
        """None: there are no events."""
        return None

    def read_webhook(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:  # noqa: ARG002
        """Raises: InvalidMessage, always."""
        raise InvalidMessage("Payouts by hand are confirmed by finance through the API; they have no webhooks.")

    def _confirmation(self, key: str) -> tuple[OrderState, str]:
        """State and words: open, delivered, or unreadable when the dropped object is not what it should be."""
        try:
            said = json.loads(self._object(f"{CONFIRMED}{key}.json")[0])
            paid_on = date.fromisoformat(said["paid_on"])
            if said.get("key", key) != key:
                return OrderState.UNREADABLE, f"the confirmation is of another payout: {said['key']}"
            return OrderState.DELIVERED, f"paid on {paid_on}, {said['reference']}"
        except NotFound:
            return OrderState.OPEN, "handed over"
        except (ValueError, KeyError, TypeError, AttributeError):
            return OrderState.UNREADABLE, 'the confirmation needs "paid_on" (a date like 2026-12-02) and "reference"'

    def _confirmed_at(self, key: str) -> datetime:
        """When the API confirmed it, else when the object was dropped."""
        body, dropped_at = self._object(f"{CONFIRMED}{key}.json")
        try:
            return instant(json.loads(body)["confirmed_at"])
        except (ValueError, KeyError, TypeError):
            return dropped_at

    def _object(self, name: str) -> tuple[bytes, datetime]:
        """Body and time of storing. Raises: NotFound, ClientError, BotoCoreError."""
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                raise NotFound(name) from None
            raise
        return found["Body"].read(), found["LastModified"]

    def _put_if_absent(self, name: str, body: bytes) -> bool:
        """True when it was put now. S3 decides, so two callers at once cannot both win."""
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=name, Body=body, ContentType="application/json", IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                return False
            raise
        return True


def _refused(error: ClientError) -> PlaceResult:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    code = error.response["Error"]["Code"]
    if status == 409 or status >= 500:  # another put of the same key is under way, or S3 has not said
        return PlaceResult(Outcome.UNKNOWN, reason=f"S3 answered {code}: it may have stored the payout")
    return PlaceResult(Outcome.HALT, reason=f"S3 answered {code}: check the report bucket and this function's policy")
