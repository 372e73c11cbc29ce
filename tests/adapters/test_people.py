"""One contract for people, kept by the table and by the fake."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.batches import get_all, put_all
from chalicelib.adapters.dynamodb.people import PeopleTable
from chalicelib.domain.errors import KickerError
from chalicelib.services.ports import People, Person
from tests.fakes.people import MemoryPeople

ANN = Person("005000000000001AAA", "Ann Ångström", "ann@example.com", True, "US", "Sales", "AE", date(2026, 10, 15))


@pytest.fixture(params=["table", "memory"])
def people(request: pytest.FixtureRequest) -> People:
    if request.param == "memory":
        return MemoryPeople()
    return PeopleTable(request.getfixturevalue("tables"), "kicker-ops")


def test_people_come_back_as_they_were_put(people: People) -> None:
    left = Person("005000000000002AAA", "Bob", "", False, created_on=None, left_on=date(2026, 11, 1))
    people.put([ANN, left])
    assert people.get([ANN.id, left.id, "005000000000009AAA", ANN.id]) == {ANN.id: ANN, left.id: left}
    assert list(people.all()) == [ANN, left]


def test_the_last_telling_of_a_person_counts(people: People) -> None:
    moved = Person(ANN.id, ANN.name, ANN.email, True, "DE")
    people.put([ANN])
    people.put([ANN, moved])
    assert people.get([ANN.id]) == {ANN.id: moved}


def test_more_people_than_one_call_holds(people: People) -> None:
    many = [Person(f"005{n:012d}AAA", f"Rep {n}", "", True) for n in range(130)]
    people.put(many)
    assert len(people.get(p.id for p in many)) == 130
    assert len(list(people.all())) == 130


def test_nobody_asked_for_is_nobody_found(people: People) -> None:
    people.put([])
    assert people.get([]) == {}
    assert list(people.all()) == []


class Busy:
    """A table that leaves part of every batch unprocessed, the first `times` calls."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.written: list[Any] = []

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        [(table, requests)] = RequestItems.items()
        self.times -= 1
        left = requests[1:] if self.times >= 0 else []
        self.written += requests[: len(requests) - len(left)]
        return {"UnprocessedItems": {table: left} if left else {}}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        [(table, asked)] = RequestItems.items()
        self.times -= 1
        left = asked["Keys"][1:] if self.times >= 0 else []
        found = asked["Keys"][: len(asked["Keys"]) - len(left)]
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {**asked, "Keys": left}} if left else {}}


def test_what_a_busy_table_leaves_over_is_asked_again() -> None:
    waits: list[int] = []
    items = [{"pk": {"S": str(n)}} for n in range(5)]
    busy = Busy(3)
    put_all(busy, "t", items, waits.append)
    assert [r["PutRequest"]["Item"] for r in busy.written] == items
    assert get_all(Busy(3), "t", items, waits.append) == items
    assert waits == [1, 2, 3, 1, 2, 3]


def test_a_table_that_stays_busy_is_an_error_and_not_a_loss() -> None:
    items = [{"pk": {"S": str(n)}} for n in range(20)]
    with pytest.raises(KickerError, match="too busy"):
        put_all(Busy(99), "t", items, lambda _: None)
    with pytest.raises(KickerError, match="too busy"):
        get_all(Busy(99), "t", items, lambda _: None)
