"""Disputes in memory, held to the real table by tests/adapters/test_disputes.py."""

from __future__ import annotations

from chalicelib.domain.disputes import Dispute


class MemoryDisputes:
    """Implements DisputeStore."""

    def __init__(self) -> None:
        self.held: dict[str, Dispute] = {}

    def dispute(self, id: str) -> Dispute | None:
        return self.held.get(id)

    def disputes(self, program: str) -> list[Dispute]:
        return sorted((d for d in self.held.values() if d.program == program), key=lambda d: (d.filed_at, d.id))

    def save_dispute(self, dispute: Dispute) -> bool:
        old = self.held.get(dispute.id)
        if (old.rev if old else -1) != dispute.rev - 1:
            return False
        self.held[dispute.id] = dispute
        return True
