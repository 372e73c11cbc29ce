"""Where each object's sweep stands, in the ops table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.domain.calendar import instant, iso


class SweepTable:
    """Implements `sweep_salesforce.Sweeps` on the ops table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def cursor(self, object_name: str) -> datetime | None:
        """SystemModstamp up to which everything is committed; None before the first sweep."""
        item = self._client.get_item(TableName=self._table, Key=sweep_key(object_name), ConsistentRead=True).get(
            "Item", {}
        )
        return instant(item["cursor"]["S"]) if "cursor" in item else None

    def move(self, object_name: str, cursor: datetime) -> None:
        """Everything up to `cursor` is committed."""
        self._set(object_name, "cursor", iso(cursor))

    def report(self, object_name: str, report: Mapping[str, object]) -> None:
        """Keep the last sweep's report."""
        self._set(object_name, "report", msgspec.json.encode(report).decode())

    def last_report(self, object_name: str) -> dict[str, object] | None:
        """The last sweep's report; None before the first sweep."""
        return read_report(self._client.get_item(TableName=self._table, Key=sweep_key(object_name)).get("Item", {}))

    def _set(self, object_name: str, attribute: str, text: str) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=sweep_key(object_name),
            UpdateExpression="SET #a = :t",
            ExpressionAttributeNames={"#a": attribute},
            ExpressionAttributeValues={":t": {"S": text}},
        )


def read_report(item: Mapping[str, Any]) -> dict[str, object] | None:
    """The report an item of the table holds."""
    return msgspec.json.decode(item["report"]["S"], type=dict[str, object]) if "report" in item else None


def sweep_key(object_name: str) -> dict[str, Any]:
    """Where an object's sweep stands."""
    return {"pk": {"S": "SWEEP"}, "sk": {"S": object_name}}
