"""Programs in memory; it lives beside the scenarios that run on it."""

from local.memory.programs import MemoryPrograms

__all__ = ["MemoryPrograms"]
