"""Handlers at the same time: whatever the order of their calls, the end is that of one after the other (the bounded
part: schedules drawn from all there are; `make prove` tries every one). A finding names its schedule:
`python -m tests.simulator.prove --race N --schedule S` plays it again."""

from __future__ import annotations

import pytest

from tests.simulator.meeting import Meeting, raced
from tests.simulator.parts import recorded
from tests.simulator.races import race
from tests.simulator.threes import MEETINGS


@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name.replace(" ", "-"))
def test_whatever_the_order_of_calls_the_end_is_that_of_one_after_the_other(meeting: Meeting) -> None:
    found = raced(meeting, sampled=24)
    assert not found.findings, f"{len(found.findings)} of {found.schedules}: " + "\n".join(found.findings[:5])
    assert found.schedules > 20


def test_a_race_tries_every_schedule_there_is() -> None:
    """Two invocations of two and two calls: six schedules, each once."""
    assert tried(actors=2, calls=2) == {"aabb", "abab", "abba", "baab", "baba", "bbaa"}


def test_a_race_of_three_tries_every_schedule_there_is() -> None:
    assert len(tried(actors=3, calls=2)) == 90  # 6! / (2! 2! 2!)
    assert tried(actors=3, calls=1, switches=0) == {"abc", "acb", "bac", "bca", "cab", "cba"}


def tried(*, actors: int, calls: int, switches: int | None = None) -> set[str]:
    """Every order seen of the calls of so many actors."""
    world = recorded().world
    seen: list[str] = []

    def actor(name: str):
        def act(stage: object) -> None:
            for _ in range(calls):
                world._next("GetItem")
                seen.append(name)

        return act

    with world.installed():
        found = race(
            world, world.snapshot(), [actor(name) for name in "abc"[:actors]], seen=lambda _: {}, switches=switches
        )
    assert found.exhausted
    one = actors * calls
    return {"".join(seen[at : at + one]) for at in range(0, len(seen), one)}
