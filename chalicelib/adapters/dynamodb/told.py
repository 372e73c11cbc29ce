"""What Salesforce was told, which bells were claimed and who is telling: the ops table. Which books may have something
to tell, and what was posted lately: the ledger in the core table, which this only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import get_all, query_all
from chalicelib.adapters.dynamodb.codec import unpack_entry
from chalicelib.domain.calendar import iso
from chalicelib.domain.ledger import Entry
from chalicelib.domain.moments import Moment
from chalicelib.services.told_port import Teller, ToldBook

_TELLER = {"pk": {"S": "TELLER"}, "sk": {"S": "TELLER"}}
# A moment is news for a day; its claim stays long enough for every clock and every outage to be past.
_CLAIMED_FOR = timedelta(days=90)


class ToldTable:
    """Implements `told_port.ToldStore`."""

    def __init__(self, client: Any, core_table: str, ops_table: str) -> None:
        self._client = client
        self._core = core_table
        self._ops = ops_table

    def lease(self, now: datetime, until: datetime) -> Teller | None:
        """See `ToldStore.lease`."""
        try:
            answer = self._client.update_item(
                TableName=self._ops,
                Key=_TELLER,
                UpdateExpression="SET lease = :until",
                ConditionExpression="attribute_not_exists(lease) OR lease <= :now",
                ExpressionAttributeValues={":until": {"S": iso(until)}, ":now": {"S": iso(now)}},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        item = answer["Attributes"]
        if "body" not in item:
            return Teller(until)
        kept: Teller = msgspec.json.decode(item["body"]["S"], type=Teller)
        return replace(kept, lease=until)

    def release(self, teller: Teller) -> None:
        """See `ToldStore.release`."""
        try:
            self._client.put_item(
                TableName=self._ops,
                Item={**_TELLER, "body": {"S": msgspec.json.encode(teller).decode()}},
                ConditionExpression="lease = :mine",
                ExpressionAttributeValues={":mine": {"S": iso(teller.lease)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def told(self, books: Sequence[str]) -> dict[str, ToldBook]:
        """See `ToldStore.told`."""
        items = get_all(self._client, self._ops, [_told_key(book) for book in dict.fromkeys(books)])
        told = (msgspec.json.decode(item["body"]["S"], type=ToldBook) for item in items)
        return {book.key: book for book in told}

    def keep(self, told: ToldBook) -> None:
        """See `ToldStore.keep`."""
        body = msgspec.json.encode(told).decode()
        self._client.put_item(TableName=self._ops, Item={**_told_key(told.key), "body": {"S": body}})

    def claim(self, moment: Moment, now: datetime) -> bool:
        """See `ToldStore.claim`."""
        until = int((now + _CLAIMED_FOR).timestamp())
        try:
            self._client.put_item(
                TableName=self._ops,
                Item={
                    **_moment_key(moment),
                    "state": {"S": "claimed"},
                    "at": {"S": iso(now)},
                    "ttl": {"N": str(until)},
                },
                ConditionExpression="attribute_not_exists(pk) OR #state = :open",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":open": {"S": "open"}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def give_back(self, moment: Moment) -> None:
        """See `ToldStore.give_back`."""
        self._client.update_item(
            TableName=self._ops,
            Key=_moment_key(moment),
            UpdateExpression="SET #state = :open",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":open": {"S": "open"}},
        )

    def books_since(self, rep: str, since: datetime) -> set[str]:
        """See `ToldStore.books_since`."""
        return {item["book"]["S"] for item in self._entries(rep, since, "book")}

    def entries(self, rep: str, since: datetime, until: datetime) -> list[Entry]:
        """See `ToldStore.entries`."""
        end = f"E#{iso(until)}"
        found = self._entries(rep, since, "sk, body")
        return [unpack_entry(item["body"]["B"]) for item in found if item["sk"]["S"] < end]

    def _entries(self, rep: str, since: datetime, attributes: str) -> Iterator[dict[str, Any]]:
        """Nothing but entries lies under a rep, in the order they were posted."""
        yield from query_all(
            self._client,
            TableName=self._core,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk >= :since",
            ExpressionAttributeValues={":pk": {"S": f"REP#{rep}"}, ":since": {"S": f"E#{iso(since)}"}},
            ProjectionExpression=attributes,
        )


def _told_key(book: str) -> dict[str, Any]:
    return {"pk": {"S": f"TOLD#{book}"}, "sk": {"S": "TOLD"}}


def _moment_key(moment: Moment) -> dict[str, Any]:
    return {"pk": {"S": f"MOMENT#{moment.rep}"}, "sk": {"S": moment.key}}
