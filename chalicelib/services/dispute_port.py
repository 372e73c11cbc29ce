"""Where disputes lie: one record each, every write conditional on the revision it was read at."""

from __future__ import annotations

from typing import Protocol

from chalicelib.domain.disputes import Dispute


class DisputeStore(Protocol):
    """Disputes by program, strongly read."""

    def dispute(self, id: str) -> Dispute | None:
        """The dispute of that id."""

    def disputes(self, program: str) -> list[Dispute]:
        """All disputes of a program, oldest first."""

    def save_dispute(self, dispute: Dispute) -> bool:
        """Write revision `dispute.rev` over revision rev - 1 (0: put if absent). False: somebody was faster."""
