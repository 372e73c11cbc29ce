"""One contract for disputes, kept by the table and by the store in memory; and how the core keeps adjustments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.codec import pack_book, unpack_book
from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.disputes import DisputeTable
from chalicelib.adapters.dynamodb.programs import ProgramTable
from chalicelib.domain.adjustments import Adjustment, book_of
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.disputes import Dispute, ask, decide, dispute_id
from chalicelib.services.core_port import Change, Lost
from chalicelib.services.dispute_port import DisputeStore
from local.memory.disputes import MemoryDisputes
from tests.builders import ANA, BEN
from tests.fakes.core import MemoryCore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAY = "0055w00000FAY00AAA"
PUSH = "security-push"


def a_dispute(rep: str = ANA, program: str = PUSH, at: datetime = NOW, number: int = 0) -> Dispute:
    return Dispute(
        dispute_id(program, rep, "a0D5w00000REG01EAA", number), rep, "a0D5w00000REG01EAA", "DR-1", program, "",
        "other", "Why?", at, at, "America/Chicago", {"quantity": 50, "programs": [{"layers": [{"told": ["yes"]}]}]},
    )  # fmt: skip


@pytest.fixture(params=["table", "memory"])
def store(request: pytest.FixtureRequest) -> DisputeStore:
    if request.param == "memory":
        return MemoryDisputes()
    return DisputeTable(request.getfixturevalue("tables"), "kicker-money")


def test_a_dispute_is_put_once_and_comes_back_whole(store: DisputeStore) -> None:
    dispute = a_dispute()
    assert store.dispute(dispute.id) is None
    assert store.save_dispute(dispute) and not store.save_dispute(dispute)
    assert store.dispute(dispute.id) == dispute


def test_a_change_is_written_over_the_revision_it_was_made_of(store: DisputeStore) -> None:
    dispute = a_dispute()
    store.save_dispute(dispute)
    asked = ask(dispute, FAY, "Which order?", NOW)
    assert store.save_dispute(asked)
    assert not store.save_dispute(decide(dispute, FAY, "denied", "other", "no", "", NOW)), "it was read before"
    decided = decide(asked, FAY, "upheld", "other", "yes", "ADJ-1", NOW)
    assert store.save_dispute(decided) and store.dispute(dispute.id) == decided


def test_what_was_never_put_is_not_changed(store: DisputeStore) -> None:
    assert not store.save_dispute(replace(a_dispute(), rev=1))


def test_disputes_come_by_program_oldest_first(store: DisputeStore) -> None:
    later, first, other = a_dispute(at=NOW + timedelta(days=1)), a_dispute(BEN), a_dispute(program="other-push")
    for dispute in (later, first, other):
        store.save_dispute(dispute)
    assert store.disputes(PUSH) == [first, later] and store.disputes("nothing") == []


# --- adjustments in the core table --------------------------------------------------------------------------------


def a_book(rep: str = ANA, program: str = PUSH, **changes: Any) -> DealBook:
    plain: dict[str, Any] = {
        "id": f"ADJ-{rep}-{program}", "program": program, "rep": rep, "layer": "internal", "registration": "",
        "points": 5, "reason": "why", "evidence": "a mail", "author": FAY, "proposed_at": NOW,
    }  # fmt: skip
    return DealBook(book_of(program, rep), 1).with_adjustment(Adjustment(**{**plain, **changes}))


@pytest.fixture(params=["table", "memory"])
def core(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryCore()
    tables = request.getfixturevalue("tables")
    return DynamoCore(tables, "kicker-core", "kicker-ops", ProgramTable(tables, "kicker-ops"))


def test_a_book_of_adjustments_comes_back_whole() -> None:
    book = a_book()
    assert unpack_book(book.key, 1, pack_book(book)) == book


def test_adjustments_are_listed_by_program_oldest_first(core: Any) -> None:
    books = [a_book(proposed_at=NOW + timedelta(days=1)), a_book(BEN), a_book(program="other-push")]
    for book in books:
        core.commit(Change(books=[book]))
    assert [a.rep for a in core.adjustments(PUSH)] == [BEN, ANA]
    assert core.adjustments("nothing") == []


def test_a_second_adjustment_is_in_the_same_book(core: Any) -> None:
    book = a_book()
    core.commit(Change(books=[book], located={f"ADJ-{ANA}-{PUSH}": book.key}))
    second = replace(book.adjustments[f"ADJ-{ANA}-{PUSH}"], id="ADJ-2", points=-3)
    core.commit(Change(books=[replace(book.with_adjustment(second), revision=2)]))
    assert [a.points for a in core.adjustments(PUSH)] == [5, -3]
    with pytest.raises(Lost):
        core.commit(Change(books=[replace(book, revision=2)]))
