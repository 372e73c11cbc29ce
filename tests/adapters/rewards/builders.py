"""Payout intents without the noise, and the two desks every provider is tested at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3

from chalicelib.adapters.rewards.manual import Manual
from chalicelib.adapters.rewards.tremendous import Timeouts, Tremendous
from chalicelib.domain.money import Money
from chalicelib.services.reward_port import PayoutIntent
from local.reward_simulator import Simulator

SECRET = "whsec-current-0123456789"
# For faults that never answer: a test waits no longer than this.
QUICK = Timeouts(connect_s=2.0, read_s=0.2, answer_s=0.3)
PATIENT = Timeouts(connect_s=5.0, read_s=10.0, answer_s=15.0)


def an_intent(key: str = "SPFA1B2C3", minor: int = 12550, **changes: Any) -> PayoutIntent:
    """A payout of 125.50 USD to one rep, unless told otherwise."""
    fields: dict[str, Any] = {
        "key": key,
        "amount": Money(minor, "USD"),
        "recipient_name": "Zoë O'Neil",
        "recipient_email": "zoe.oneil@reseller.example",
        "rep": "005000000000001AAA",
        "products": ("OKMHM2X2OHYV",),
        "message": "For four net-new deals in November",
        "program": "edr-netnew",
    }
    return PayoutIntent(**(fields | changes))


def at(simulator: Simulator, timeouts: Timeouts = PATIENT, **options: Any) -> Tremendous:
    """The adapter in front of a simulator."""
    fields: dict[str, Any] = {"stage": "test", "webhook_secrets": [SECRET], "timeouts": timeouts}
    return Tremendous(simulator.url, "TEST_local", **(fields | options))


@dataclass
class TremendousDesk:
    """Tremendous in front of its simulator."""

    simulator: Simulator

    def __post_init__(self) -> None:
        self.provider = at(self.simulator)
        self.orders = lambda: len(self.simulator.account.orders)

    def deliver(self, key: str) -> None:
        self.simulator.deliver(key)


class ManualDesk:
    """Payments by hand, with finance beside it."""

    def __init__(self) -> None:
        self._s3 = boto3.client("s3")
        self._s3.create_bucket(Bucket="kicker-reports")
        self.provider = Manual(self._s3, "kicker-reports")

    def orders(self) -> int:
        listed = self._s3.list_objects_v2(Bucket="kicker-reports", Prefix="payouts/manual/", Delimiter="/")
        return len(listed.get("Contents", ()))

    def deliver(self, key: str) -> None:
        self.provider.confirm(key, date(2026, 12, 2), "bank run 1207", datetime.now(UTC))


def around_now() -> tuple[datetime, datetime]:
    """A window that holds everything a test does."""
    now = datetime.now(UTC)
    return now - timedelta(hours=1), now + timedelta(hours=1)
