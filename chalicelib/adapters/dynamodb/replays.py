"""Replays on their way, in the ops table; their reports lie in the report bucket."""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib.domain.errors import Conflict
from chalicelib.services.ports import ReplayJob


class ReplayTable:
    """Implements `ports.ReplayJobs`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, id: str) -> ReplayJob | None:
        """See `ports.ReplayJobs`."""
        item = self._client.get_item(TableName=self._table, Key=_key(id), ConsistentRead=True).get("Item")
        return msgspec.json.decode(item["body"]["S"], type=ReplayJob) if item else None

    def put(self, job: ReplayJob) -> None:
        """See `ports.ReplayJobs`."""
        body = msgspec.json.encode(job).decode()
        item = {**_key(job.id), "body": {"S": body}, "rev": {"N": str(job.rev)}}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if job.rev:
            condition = {
                "ConditionExpression": "rev = :was", "ExpressionAttributeValues": {":was": {"N": str(job.rev - 1)}},
            }  # fmt: skip
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            raise Conflict(f"Replay {job.id} has moved: read it again.") from None


def _key(id: str) -> dict[str, Any]:
    return {"pk": {"S": "REPLAY"}, "sk": {"S": id}}
