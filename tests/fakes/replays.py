"""Replays on their way, in memory; held to the real table by tests/adapters/test_replays.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.domain.errors import Conflict
from chalicelib.services.ports import ReplayJob


@dataclass
class MemoryReplays:
    """Implements ReplayJobs and ReplayQueue: `waiting` holds (id, page)."""

    held: dict[str, ReplayJob] = field(default_factory=dict)
    waiting: list[tuple[str, int]] = field(default_factory=list)

    def get(self, id: str) -> ReplayJob | None:
        return self.held.get(id)

    def put(self, job: ReplayJob) -> None:
        old = self.held.get(job.id)
        if (old.rev if old else -1) != job.rev - 1:
            raise Conflict(f"{job.id} has moved")
        self.held[job.id] = job

    def send(self, id: str, page: int) -> None:
        self.waiting.append((id, page))
