"""Another transaction is at work on the item of the money table: who writes over a revision looks again, nobody else
may take it for an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pynamodb.exceptions import PynamoDBException

from chalicelib.adapters.dynamodb.money import MoneyTable
from chalicelib.domain.payouts import Break
from chalicelib.domain.periods import Period, Watermark
from tests.simulator.parts import recorded
from tests.simulator.world import MONEY, Fault

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BREAK = Break("tremendous", "AMOUNT-1", "AMOUNT", "SPF1", "debited 2, said 1", NOW)


@pytest.fixture
def conflicting():
    """A money table whose next call meets another transaction."""
    world = recorded().world
    with world.installed():
        world.restore(recorded().before[0])
        world.plan = {world.number + 1: Fault.CONFLICT}
        try:
            yield MoneyTable(MONEY, "us-east-1")
        finally:
            world.plan = {}


def test_over_a_revision_it_means_read_again(conflicting: MoneyTable) -> None:
    period = Period("push", 1, "p", NOW, NOW, NOW, Watermark((), ()))
    assert not conflicting.save_period(period)
    assert conflicting.save_period(period)


@pytest.mark.parametrize(
    "put",
    [lambda t: t.stop("wait"), lambda t: t.add_break(BREAK), lambda t: t.see_webhook("tremendous", "u1", "aa", NOW)],
    ids=["the kill switch", "a break", "a webhook"],
)
def test_a_put_of_its_own_fails_and_is_never_taken_for_done(
    conflicting: MoneyTable, put: Callable[[MoneyTable], object]
) -> None:
    with pytest.raises(PynamoDBException):
        put(conflicting)
    assert conflicting.stopped() == ""
    assert conflicting.breaks("tremendous") == []
    put(conflicting)
    assert conflicting.stopped() or conflicting.breaks("tremendous") or conflicting.see_webhook(
        "tremendous", "u1", "aa", NOW
    ) == "open"  # fmt: skip
