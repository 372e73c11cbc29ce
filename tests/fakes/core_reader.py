"""A reseller in memory; it lives beside the scenarios that run on it."""

from local.memory.core_reader import MemoryBoards as MemoryBoards, MemorySources as MemorySources, Reseller as Reseller
