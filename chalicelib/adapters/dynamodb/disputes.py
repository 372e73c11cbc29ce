"""Disputes in the money table: one item each, in a partition of its program (docs/storage.md)."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.dynamodb.batches import query_all
from chalicelib.adapters.dynamodb.codec import pack, unpack
from chalicelib.domain.disputes import Dispute, program_of


class DisputeTable:
    """Implements `dispute_port.DisputeStore` on the money table. `client` is a botocore client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def dispute(self, id: str) -> Dispute | None:
        """The dispute of that id, strongly read."""
        item = self._client.get_item(TableName=self._table, Key=_key(id), ConsistentRead=True).get("Item")
        return _read(item) if item else None

    def disputes(self, program: str) -> list[Dispute]:
        """All disputes of a program, oldest first."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"DISPUTES#{program}"}},
            ConsistentRead=True,
        )
        return sorted(map(_read, items), key=lambda d: (d.filed_at, d.id))

    def save_dispute(self, dispute: Dispute) -> bool:
        """Write over revision rev - 1, or put if absent; see the port."""
        item = _key(dispute.id) | {
            "rev": {"N": str(dispute.rev)}, "state": {"S": dispute.state}, "body": {"B": pack(dispute)},
        }  # fmt: skip
        absent = "attribute_not_exists(pk)"
        put: dict[str, Any] = {"TableName": self._table, "Item": item, "ConditionExpression": absent}
        if dispute.rev:
            put["ConditionExpression"] = "rev = :was"
            put["ExpressionAttributeValues"] = {":was": {"N": str(dispute.rev - 1)}}
        try:
            self._client.put_item(**put)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(id: str) -> dict[str, Any]:
    return {"pk": {"S": f"DISPUTES#{program_of(id)}"}, "sk": {"S": id}}


def _read(item: dict[str, Any]) -> Dispute:
    found: Dispute = unpack(item["body"]["B"], Dispute)
    return found
