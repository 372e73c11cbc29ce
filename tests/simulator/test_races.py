"""Handlers at the same time: whatever the order of their calls, the end is that of one after the other (the bounded
part; `make prove` tries every schedule)."""

from __future__ import annotations

import pytest

from tests.simulator.pairs import PAIRS, Pair, raced
from tests.simulator.parts import recorded
from tests.simulator.races import race


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
def test_whatever_the_order_of_calls_the_end_is_that_of_one_after_the_other(pair: Pair) -> None:
    found = raced(pair, switches=1, most=60)
    assert not found.findings, f"{len(found.findings)} of {found.schedules}: " + "\n".join(found.findings[:5])
    assert found.schedules > 5


def test_a_race_tries_every_schedule_there_is() -> None:
    """Two invocations of two and two calls: six schedules, each once."""
    world = recorded().world
    seen: list[str] = []

    def actor(name: str):
        def act(stage: object) -> None:
            for _ in range(2):
                world._next("GetItem")
                seen.append(name)

        return act

    with world.installed():
        found = race(world, world.snapshot(), [actor("a"), actor("b")], seen=lambda _: {})
    tried = {"".join(seen[at : at + 4]) for at in range(0, len(seen), 4)}
    assert found.exhausted
    assert tried == {"aabb", "abab", "abba", "baab", "baba", "bbaa"}
