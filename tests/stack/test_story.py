"""The demo's month, on a stack of its own: every claim it makes must be true (W98)."""

from __future__ import annotations

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
