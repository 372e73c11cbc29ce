"""Replays on their way: memory and the table keep the same promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.replays import ReplayTable
from chalicelib.domain.errors import Conflict
from chalicelib.services.ports import ReplayJob, ReplayLane
from tests.fakes.replays import MemoryReplays

JOB = ReplayJob(
    "R1", "security-push", (ReplayLane("security-push", 0, {"name": "Push", "n": 1}), ReplayLane("other", 2, None)),
    date(2026, 10, 1), "queued", 0, 0, "0055w00000OPS00AAA", datetime(2026, 11, 22, 12, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture(params=["memory", "table"])
def jobs(request: pytest.FixtureRequest) -> Any:
    return (
        MemoryReplays() if request.param == "memory" else ReplayTable(request.getfixturevalue("tables"), "kicker-ops")
    )


def test_a_job_is_read_as_it_was_put(jobs: Any) -> None:
    assert jobs.get("R1") is None
    jobs.put(JOB)
    assert jobs.get("R1") == JOB


def test_of_two_moves_at_once_one_is_refused(jobs: Any) -> None:
    jobs.put(JOB)
    with pytest.raises(Conflict):
        jobs.put(JOB)
    moved = replace(JOB, state="running", page=1, rev=1)
    jobs.put(moved)
    with pytest.raises(Conflict):
        jobs.put(replace(moved, done=9))
    assert jobs.get("R1") == moved
