"""Reward provider in memory; it lives beside the scenarios that run on it."""

from local.memory.reward_provider import FakeProvider

__all__ = ["FakeProvider"]
