"""Work in memory; it lives beside the scenarios that run on it."""

from local.memory.work import MemoryWork

__all__ = ["MemoryWork"]
