"""Money in memory; it lives beside the scenarios that run on it."""

from local.memory.money import FakeMoney

__all__ = ["FakeMoney"]
