"""Counts AWS calls and DynamoDB write units of what runs through a client, from the items' own sizes.

The units are those of the service's documentation: a write costs one unit a started KB, twice that in a transaction,
where an update counts the larger of the item before and after. Emulators invent these figures; this does not ask
them.
"""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import Any

KB = 1024
COUNTED = {"put_item", "update_item", "delete_item", "get_item", "query", "batch_get_item", "transact_write_items"}


def size(value: dict[str, Any]) -> int:
    """Bytes of one attribute value as DynamoDB counts them."""
    [(kind, content)] = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content)
    if kind == "N":
        digits = Decimal(content).as_tuple().digits
        return (len(digits) + 1) // 2 + 1
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return 3 + sum(len(k.encode()) + size(v) + 1 for k, v in content.items())
    if kind == "L":
        return 3 + sum(size(v) + 1 for v in content)
    return sum(size({kind[0]: v}) for v in content)  # sets


def item_size(item: dict[str, Any]) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + size(value) for name, value in item.items())


class Meter:
    """A DynamoDB client that counts. `calls` by operation, `units` written, `items` as (kind, bytes)."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions
        self.calls: Counter[str] = Counter()
        self.units = 0
        self.items: list[tuple[str, int]] = []

    def reset(self) -> None:
        """Count from zero."""
        self.calls.clear()
        self.units = 0
        self.items.clear()

    def __getattr__(self, name: str) -> Any:
        """The client's own operation, counted."""
        operation = getattr(self._client, name)
        if name not in COUNTED:
            return operation

        def counted(**request: Any) -> Any:
            self.calls[name] += 1
            before = {self._id(a): self._stored(a) for a in _updates(name, request)}
            answer = operation(**request)
            self._weigh(name, request, before)
            return answer

        return counted

    def _weigh(self, name: str, request: dict[str, Any], before: dict[str, dict[str, Any]]) -> None:
        actions = request.get("TransactItems") or ([{_KINDS[name]: request}] if name in _KINDS else [])
        for action in actions:
            [(kind, what)] = action.items()
            if kind == "Put":
                bytes_ = item_size(what["Item"])
            else:
                bytes_ = max(item_size(before.get(self._id(what), {})), item_size(self._stored(what)))
            self.items.append((what.get("Item", what.get("Key"))["pk"]["S"].split("#")[0], bytes_))
            self.units += max(1, math.ceil(bytes_ / KB)) * (2 if "TransactItems" in request else 1)

    def _stored(self, what: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get_item(TableName=what["TableName"], Key=what["Key"]).get("Item", {})
        return found

    @staticmethod
    def _id(what: dict[str, Any]) -> str:
        return str(sorted(what["Key"].items()))


_KINDS = {"put_item": "Put", "update_item": "Update"}


def _updates(name: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    if name == "update_item":
        return [request]
    return [a["Update"] for a in request.get("TransactItems", []) if "Update" in a]
