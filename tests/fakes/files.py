"""Files in memory; it lives beside the scenarios that run on it."""

from local.memory.files import FakeFiles

__all__ = ["FakeFiles"]
