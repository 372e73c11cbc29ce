"""People in memory; it lives beside the scenarios that run on it."""

from local.memory.people import MemoryPeople

__all__ = ["MemoryPeople"]
