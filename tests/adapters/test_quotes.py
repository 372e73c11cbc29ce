"""What a quote reads: memory and the tables find the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.quotes import QuoteTable
from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.programs import Program
from chalicelib.services.boards import Boards
from tests.builders import ANA, BEN, a_program
from tests.fakes.core_reader import Reseller

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)


class Registered:
    """A registry that lists these programs, whatever the item says."""

    def __init__(self, *programs: Program) -> None:
        self.programs = {p.id: (p,) for p in programs}

    def registry_key(self) -> dict[str, Any]:
        return {"pk": {"S": "REGISTRY"}, "sk": {"S": "PROGRAMS"}}

    def programs_for(self, registry_item: Any) -> dict[str, tuple[Program, ...]]:
        return dict(self.programs)


PUSH, OTHER = a_program(), a_program(id="other-push")
BOARD = Board(PUSH.id, NOW, (), (), (), 0, 0)


@pytest.fixture(params=["memory", "tables"])
def reader(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        shop = Reseller(PUSH, OTHER)
        shop.core.enroll(PUSH.id, ANA, date(2026, 10, 1), None)
        shop.core.enroll(PUSH.id, BEN, date(2026, 10, 1), None)
        shop.boards.save_board(BOARD)
        return shop.quotes
    client = request.getfixturevalue("tables")
    core = DynamoCore(client, "kicker-core", "kicker-ops", Registered(PUSH, OTHER))
    core.enroll(PUSH.id, ANA, date(2026, 10, 1), None)
    core.enroll(PUSH.id, BEN, date(2026, 10, 1), None)
    core.save_board(BOARD)
    return QuoteTable(client, "kicker-core", "kicker-ops", Registered(PUSH, OTHER), Boards(core))


def test_one_read_finds_the_programs_her_standings_and_the_boards(reader: Any) -> None:
    for _ in range(2):  # before the programs are known, and after
        found = reader.quote_facts(ANA, "0015w00002ACC01AAA/2026Q4")
        assert set(found.programs) == {PUSH.id, OTHER.id}
        assert {id: s.rep for id, s in found.standings.items()} == {PUSH.id: ANA}
        assert dict(found.boards) == {PUSH.id: BOARD}
        assert found.book == DealBook("0015w00002ACC01AAA/2026Q4")
    assert reader.quote_facts(ANA, None).book is None


def test_standings_are_read_by_program_and_rep_and_missing_ones_left_out(reader: Any) -> None:
    found = reader.standings_in({(PUSH.id, ANA), (PUSH.id, BEN), (OTHER.id, ANA)})
    assert sorted(s.rep for s in found) == [ANA, BEN]


def test_a_board_is_rebuilt_when_it_is_old(reader: Any) -> None:
    assert reader.board(PUSH, datetime(2026, 10, 21, tzinfo=UTC)).size == 2
