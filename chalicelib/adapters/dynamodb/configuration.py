"""Configuration documents and their audit in the ops table: one transaction stores both or neither."""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import query_all
from chalicelib.adapters.dynamodb.programs import aliases_moved
from chalicelib.domain.calendar import instant, iso
from chalicelib.domain.configured import Stored
from chalicelib.domain.errors import Conflict


class ConfigurationTable:
    """Implements `configuration.Documents` on the ops table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, kind: str, name: str) -> Stored | None:
        """The document as it stands, strongly read."""
        key = {"pk": {"S": f"CONFIG#{kind}"}, "sk": {"S": name}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _stored(item) if item else None

    def all(self, kind: str) -> list[Stored]:
        """Every document of the kind, by name."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"CONFIG#{kind}"}},
            ConsistentRead=True,
        )
        return [_stored(item) for item in items]

    def replace(self, new: Stored, old: Stored | None) -> None:
        """Store `new` over `old` and say so in the audit. Raises: Conflict when `old` no longer stands."""
        body = msgspec.json.encode(new.document).decode()
        item = {
            "pk": {"S": f"CONFIG#{new.kind}"},
            "sk": {"S": new.name},
            "body": {"S": body},
            "rev": {"N": str(new.revision)},
            "by": {"S": new.changed_by},
            "at": {"S": iso(new.changed_at)},
        }
        event = {
            "pk": {"S": "AUDIT"},
            "sk": {"S": f"{iso(new.changed_at)}#{new.kind}/{new.name}#{new.revision}"},
            "what": {"S": f"{new.kind}/{new.name}"},
            "by": {"S": new.changed_by},
            "old": {"S": msgspec.json.encode(old.document).decode() if old else ""},
            "new": {"S": body},
        }
        standing: dict[str, Any] = {"TableName": self._table, "Item": item}
        if old is None:
            standing["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            standing["ConditionExpression"] = "rev = :old"
            standing["ExpressionAttributeValues"] = {":old": {"N": str(old.revision)}}
        absent = {"TableName": self._table, "Item": event, "ConditionExpression": "attribute_not_exists(pk)"}
        actions = [{"Put": standing}, {"Put": absent}]
        if new.kind == "alias":
            actions.append({"Update": aliases_moved(self._table)})
        try:
            self._client.transact_write_items(TransactItems=actions)
        except self._client.exceptions.TransactionCanceledException:
            raise Conflict(f"{new.kind} {new.name} was changed by somebody else: read it again") from None


def _stored(item: dict[str, Any]) -> Stored:
    kind = item["pk"]["S"].removeprefix("CONFIG#")
    document = msgspec.json.decode(item["body"]["S"])
    return Stored(kind, item["sk"]["S"], int(item["rev"]["N"]), document, item["by"]["S"], instant(item["at"]["S"]))
