"""The field mappings of this deployment: those bundled with the code, and the org's own from the ops table.

A mapping of the org replaces the bundled one of the same object. They are kept in this process for five minutes:
an event costs no call for them, and a new mapping rules within that time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import query_all
from chalicelib.domain.field_mapping import FieldMapping
from chalicelib.domain.mapping_documents import mapping_from

_BUNDLED = Path(__file__).parent / "mappings"
_KEEP_S = 300


@lru_cache(maxsize=1)
def bundled() -> dict[str, FieldMapping]:
    """The mappings that come with the code, by object name."""
    mappings = (mapping_from(msgspec.json.decode(path.read_bytes())) for path in sorted(_BUNDLED.glob("*.json")))
    return {mapping.object: mapping for mapping in mappings}


class FieldMappings:
    """Mappings by object name, from the code and from `CONFIG#field-mapping` in the ops table."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._read_at = float("-inf")
        self._mappings: dict[str, FieldMapping] = {}

    def all(self) -> dict[str, FieldMapping]:
        """Every mapping in force. Raises: InvalidDocument when a stored one cannot be used (it was checked when it
        was put): nothing is scored by half a configuration."""
        if self._clock() - self._read_at >= _KEEP_S:
            items = query_all(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "CONFIG#field-mapping"}},
            )
            own = (mapping_from(msgspec.json.decode(item["body"]["S"])) for item in items)
            self._mappings = bundled() | {mapping.object: mapping for mapping in own}
            self._read_at = self._clock()
        return self._mappings
