"""Work lists in the ops table: things a person must look at, put once and resolved once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import query_all
from chalicelib.domain.calendar import iso
from chalicelib.domain.errors import NotFound


class WorkListTable:
    """Implements `ports.WorkList` on the ops table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, kind: str, id: str, what: dict[str, object], now: datetime) -> bool:
        """Add unless an entry of that kind and id is open. True when it is new (or was resolved and is back)."""
        item = put_entry(kind, id, what, now)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR #state <> :open",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":open": {"S": "open"}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def open(self, kind: str) -> list[dict[str, object]]:
        """Open entries of a kind, oldest first: what was put, with "id" and "at" (ISO instant)."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="#state = :open",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":pk": {"S": f"WORK#{kind}"}, ":open": {"S": "open"}},
            ConsistentRead=True,
        )
        entries: list[dict[str, object]] = [
            {**msgspec.json.decode(i["what"]["S"]), "id": i["sk"]["S"], "at": i["at"]["S"]} for i in items
        ]
        return sorted(entries, key=lambda e: (str(e["at"]), str(e["id"])))

    def resolve(self, kind: str, id: str, by: str, outcome: str, now: datetime) -> None:
        """Close an entry. Raises: NotFound when none is open."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"WORK#{kind}"}, "sk": {"S": id}},
                UpdateExpression="SET #state = :done, resolved_by = :by, outcome = :outcome, resolved_at = :now",
                ConditionExpression="#state = :open",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":done": {"S": "done"},
                    ":open": {"S": "open"},
                    ":by": {"S": by},
                    ":outcome": {"S": outcome},
                    ":now": {"S": iso(now)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise NotFound(f'No open entry "{id}" on the work list "{kind}".') from None


def put_entry(kind: str, id: str, what: Mapping[str, object], now: datetime) -> dict[str, Any]:
    """The item of an open entry."""
    return {
        "pk": {"S": f"WORK#{kind}"},
        "sk": {"S": id},
        "state": {"S": "open"},
        "at": {"S": iso(now)},
        "what": {"S": msgspec.json.encode(what).decode()},
    }


def settle_entry(table: str, kind: str, id: str, outcome: str, now: datetime) -> dict[str, Any]:
    """The transaction's action that closes an entry; what a person did about it before stays hers."""
    values = {":done": "done", ":by": "kicker", ":outcome": outcome, ":now": iso(now)}
    return {
        "Update": {
            "TableName": table,
            "Key": {"pk": {"S": f"WORK#{kind}"}, "sk": {"S": id}},
            "UpdateExpression": "SET #state = :done, resolved_by = if_not_exists(resolved_by, :by), "
            "outcome = if_not_exists(outcome, :outcome), resolved_at = if_not_exists(resolved_at, :now)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {k: {"S": v} for k, v in values.items()},
        }
    }
