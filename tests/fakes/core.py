"""The core in memory; it lives beside the scenarios that run on it."""

from local.memory.core import MemoryCore

__all__ = ["MemoryCore"]
