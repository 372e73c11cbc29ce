"""S3 tells of dropped files at least once and in any order; whatever comes how often, the lines end the same."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from local.story_world import castellan_file
from tests.simulator.meeting import sold
from tests.simulator.outcome import differences, outcome, untruths
from tests.simulator.parts import recorded
from tests.simulator.stage import Stage
from tests.simulator.story import MONTH

FILES = {
    "a.csv": sold("freight", "INV-2", 50, 7),
    "b.csv": sold("freight", "INV-2", 40, 7),  # says the same invoice otherwise, and later
    "c.csv": sold("freight", "CM-9", -10, 8, "Credit Memo"),
    "d.csv": castellan_file([]),
}


@pytest.fixture
def dropped():
    """The stage with all four files in the bucket, a minute apart, and the events that tell of them."""
    sweep = recorded()
    world = sweep.world
    with world.installed():
        world.restore(sweep.before[[step.name for step in sweep.story].index("week 1")])
        stage = Stage(world)
        for minute, (name, body) in enumerate(FILES.items()):
            world.now = max(world.now, MONTH.at(10, 3, minute))
            stage.drop("castellan", name, body)
        yield stage, world.snapshot()


def ended(stage: Stage, start: Any, events: list[int]) -> dict[str, Any]:
    """The outcome after the events came in this order."""
    world = stage.world
    world.restore(start)
    told = sorted((m for m in world.queues.waiting if m.queue == "feeds"), key=lambda m: m.id)
    world.queues.waiting = []
    for number in events:
        world.queues.put("feeds", told[number].body)
        stage.pump()
    seen = outcome(world)
    assert untruths(world) == []
    assert seen["dead letters"] == []
    # Of a file that another one had overtaken, the report says so: only what counts must be the same.
    return {topic: value for topic, value in seen.items() if topic not in ("files", "feeds")} | {
        "complete": {name: complete for name, (complete, _, _) in seen["feeds"].items()}
    }


def test_files_told_in_any_order_end_the_same(dropped: Any) -> None:
    stage, start = dropped
    expected = ended(stage, start, [0, 1, 2, 3])
    for order in permutations(range(4)):
        assert differences(expected, ended(stage, start, list(order))) == [], order


@pytest.mark.parametrize("events", [[0, 0, 1, 1, 2, 2, 3, 3], [1, 0, 1, 2, 0, 3, 2], [3, 2, 1, 0, 0, 1, 2, 3]])
def test_a_file_told_of_twice_counts_once(dropped: Any, events: list[int]) -> None:
    stage, start = dropped
    assert differences(ended(stage, start, [0, 1, 2, 3]), ended(stage, start, events)) == []


def test_a_name_used_twice_is_two_files_whichever_is_told_first(dropped: Any) -> None:
    """The event names the version: the older one's is not the newer one's content."""
    stage, start = dropped
    world = stage.world
    world.restore(start)
    world.queues.waiting = []
    stage.drop("castellan", "same.csv", FILES["a.csv"])
    world.now = MONTH.at(10, 4)
    stage.drop("castellan", "same.csv", FILES["b.csv"])
    both = world.snapshot()
    assert differences(ended(stage, both, [0, 1]), ended(stage, both, [1, 0])) == []
