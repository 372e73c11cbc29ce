"""People in the ops table: one partition, one small item a user, so erasing a person is deleting one item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import get_all, put_all, query_all
from chalicelib.services.ports import Person

_PK = {"S": "USER"}


class PeopleTable:
    """Implements `ports.People` on the ops table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, ids: Iterable[str]) -> dict[str, Person]:
        """The people known among `ids`; one call for each hundred."""
        keys = [{"pk": _PK, "sk": {"S": id}} for id in dict.fromkeys(ids)]
        people = (_person(item) for item in get_all(self._client, self._table, keys))
        return {person.id: person for person in people}

    def put(self, people: Sequence[Person]) -> None:
        """Insert or replace; the last one of an id counts."""
        items = {p.id: {"pk": _PK, "sk": {"S": p.id}, "body": {"S": msgspec.json.encode(p).decode()}} for p in people}
        put_all(self._client, self._table, list(items.values()))

    def all(self) -> Iterator[Person]:
        """Everyone, by id."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": _PK},
            ConsistentRead=True,
        )
        return (_person(item) for item in items)


def _person(item: dict[str, Any]) -> Person:
    return msgspec.json.decode(item["body"]["S"], type=Person)
