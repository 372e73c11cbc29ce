"""A reseller in memory; it lives beside the scenarios that run on it."""

from local.memory.core_reader import MemoryBoards, MemorySources, Reseller

__all__ = ["MemoryBoards", "MemorySources", "Reseller"]
