"""The demo's month, on a stack of its own: every claim it makes must be true (W98)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.down import down
from local.story import Story
from local.story_world import Month
from local.theatre import Theatre
from local.up import Progress, up


@pytest.fixture
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A fresh stage: the story moves the clocks of org and provider."""
    directory = tmp_path_factory.mktemp("story")
    try:
        up(directory, Progress())
        yield Theatre.open(directory)
    finally:
        down(directory)


def test_a_month_of_a_resellers_life_is_true_from_the_first_day_to_the_last_payout(theatre: Theatre) -> None:
    story = Story(theatre, Month.around(datetime.now(UTC).date()), print)
    story.play()
    assert len(story.truths) > 40
    assert [truth for truth in story.truths if not truth[1]] == []
    audit_finds_nothing(theatre)


def audit_finds_nothing(theatre: Theatre) -> None:
    """Issue 3 item 7: what the month left behind ties, and there was something to look at."""
    surroundings = {**os.environ, "KICKER_LOCAL": str(theatre.directory)}
    audited = subprocess.run(
        [sys.executable, "-m", "local.audit"], env=surroundings, capture_output=True, text=True, check=False
    )
    assert audited.returncode == 0, audited.stdout + audited.stderr
    looked_at = {name: int(count) for count, name in re.findall(r"(\d+) ([a-z ]+)", audited.stdout)}
    assert min(looked_at[name] for name in ("books", "entries", "lines", "match keys", "payouts", "standings")) > 0
