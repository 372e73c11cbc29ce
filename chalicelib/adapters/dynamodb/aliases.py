"""Aliases in the ops table, beside the registry that scoring reads with every event.

The registry counts the changes of aliases in `aliases`; only a count not met yet costs a Query.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import query_all
from chalicelib.domain.aliases import NO_ALIASES, Aliases, alias_from


class AliasTable:
    """The aliases of this deployment; keep one per process for its cache. `table` is the ops table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._known: tuple[str, Aliases] = ("0", NO_ALIASES)

    def aliases_for(self, registry_item: dict[str, Any] | None) -> Aliases:
        """The aliases in force when the registry was as this item tells. Raises: InvalidDocument for a stored one that
        this version cannot use: nothing is matched by half a configuration."""
        count = registry_item["aliases"]["N"] if registry_item and "aliases" in registry_item else "0"
        if count != self._known[0]:
            items = query_all(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "CONFIG#alias"}},
                ConsistentRead=True,
            )
            found = [alias_from(i["sk"]["S"], msgspec.json.decode(i["body"]["S"])) for i in items]
            self._known = (count, Aliases(found))
        return self._known[1]
