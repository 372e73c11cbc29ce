"""Handlers at the same time: whatever the order of their calls, the end is that of one after the other (the bounded
part: schedules drawn from all there are; `make prove` tries every one). A finding names its schedule:
`python -m tests.simulator.prove --race N --schedule S` plays it again."""

from __future__ import annotations

import pytest

from tests.simulator.meeting import Meeting, raced
from tests.simulator.parts import recorded
from tests.simulator.races import race
from tests.simulator.threes import MEETINGS
from tests.simulator.world import CORE


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


@pytest.mark.parametrize(("torn", "seen"), [(False, {"00", "11"}), (True, {"00", "01", "10", "11"})])
def test_a_torn_read_sees_half_of_a_transaction(torn: bool, seen: set[str]) -> None:
    """Each item of a batch is read strongly; together they are no snapshot (and come in no promised order)."""
    world = recorded().world
    keys = [{"pk": {"S": "TORN"}, "sk": {"S": sk}} for sk in "ab"]
    found: set[str] = set()

    def put(rev: str) -> None:
        items = [{"Put": {"TableName": CORE, "Item": key | {"rev": {"N": rev}}}} for key in keys]
        world.tables.answer("TransactWriteItems", {"TransactItems": items})

    def writer(stage: object) -> None:
        world._next("TransactWriteItems")
        put("1")

    def reader(stage: object) -> None:
        for order in (keys, keys[::-1]):
            world._next("BatchGetItem")
            asked = {CORE: {"Keys": order, "ConsistentRead": True}}
            items = world.tables.answer("BatchGetItem", {"RequestItems": asked})["Responses"][CORE]
            found.add("".join(item["rev"]["N"] for item in sorted(items, key=lambda i: i["sk"]["S"])))

    with world.installed():
        world.restore(recorded().before[0])
        put("0")
        race(world, world.snapshot(), [reader, writer], seen=lambda _: {}, torn=torn)
    assert found == seen


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
