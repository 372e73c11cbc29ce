"""Mailbox in memory; it lives beside the scenarios that run on it."""

from local.memory.mailbox import FakeMailbox

__all__ = ["FakeMailbox"]
