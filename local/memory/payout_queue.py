"""The payout queue in memory: at least once, in any order, held to SQS by tests/adapters/test_money.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class FakePayoutQueue:
    """Implements PayoutQueue: `waiting` holds (key, now of the message, delay)."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, datetime, int]] = []

    def send(self, keys: Sequence[str], now: datetime, delay_s: int = 0) -> None:
        assert 0 <= delay_s <= 900
        self.waiting += [(key, now, delay_s) for key in keys]

    def take(self) -> list[tuple[str, datetime, int]]:
        """Everything that waits; the queue is empty afterwards."""
        taken, self.waiting = self.waiting, []
        return taken
