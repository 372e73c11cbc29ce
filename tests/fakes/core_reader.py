"""A reseller in memory; it lives beside the scenarios that run on it."""

from local.memory.core_reader import MemoryBoards, MemoryQuotes, MemorySources, Reseller

__all__ = ["MemoryBoards", "MemoryQuotes", "MemorySources", "Reseller"]
