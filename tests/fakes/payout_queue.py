"""Payout queue in memory; it lives beside the scenarios that run on it."""

from local.memory.payout_queue import FakePayoutQueue

__all__ = ["FakePayoutQueue"]
