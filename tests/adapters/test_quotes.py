"""What a quote reads: memory and the tables find the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.quotes import QuoteTable
from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.programs import DealTypeRule, Program
from chalicelib.services.boards import Boards
from chalicelib.services.core_port import Change
from tests.builders import ANA, BEN, a_line, a_program, a_registration
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


class Counting:
    """A client that counts its batch reads."""

    def __init__(self, client: Any) -> None:
        self.client, self.reads = client, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def batch_get_item(self, **request: Any) -> Any:
        self.reads += 1
        return self.client.batch_get_item(**request)


YEAR = a_program(deal_type_rule=DealTypeRule("vendor", "orders", 12))
EARLIER = a_registration(created_at=datetime(2026, 4, 10, tzinfo=UTC))
BOUGHT = DealBook(EARLIER.book(), 1).with_registration(EARLIER).with_line(a_line(), EARLIER.id)


def test_what_the_account_bought_in_other_quarters_is_read_where_a_program_looks_back(tables: Any) -> None:
    """At most two reads, one once it is known that a program asks."""
    client = Counting(tables)
    core = DynamoCore(client, "kicker-core", "kicker-ops", Registered(YEAR))
    core.commit(Change([BOUGHT]))
    shop = Reseller(YEAR)
    shop.core.commit(Change([BOUGHT]))
    table = QuoteTable(client, "kicker-core", "kicker-ops", Registered(YEAR), Boards(core))
    for reads in (2, 1):
        client.reads = 0
        found = table.quote_facts(ANA, a_registration().book())
        assert found.book is not None and found.book.bought_elsewhere == {"2026Q2": BOUGHT.purchases()}
        assert (client.reads, found.book) == (reads, shop.quotes.quote_facts(ANA, a_registration().book()).book)
    client.reads = 0
    assert (table.quote_facts(ANA, None).book, client.reads) == (None, 1)


def test_standings_are_read_by_program_and_rep_and_missing_ones_left_out(reader: Any) -> None:
    found = reader.standings_in({(PUSH.id, ANA), (PUSH.id, BEN), (OTHER.id, ANA)})
    assert sorted(s.rep for s in found) == [ANA, BEN]


def test_a_board_is_rebuilt_when_it_is_old(reader: Any) -> None:
    assert reader.board(PUSH, datetime(2026, 10, 21, tzinfo=UTC)).size == 2
