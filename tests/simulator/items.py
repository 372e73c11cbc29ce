"""Items as DynamoDB takes and gives them: checked, copied, projected; and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.meter import KB, item_size
from tests.simulator.expressions import Item, comparable, placeholders, projection

LARGEST_ITEM = 400 * KB
_KINDS = {"S": str, "N": str, "B": (bytes, bytearray), "BOOL": bool, "NULL": bool, "M": dict, "L": list}


class Refused(Exception):
    """An error answer of a service: code, message, and what else the answer carries."""

    def __init__(self, code: str, message: str = "", **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.more = more


def canceled(reasons: list[dict[str, Any]]) -> Refused:
    """A canceled transaction with its reasons, in the order of its actions."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refused("TransactionCanceledException", message, CancellationReasons=reasons)


def checked(item: Item) -> Item:
    """A copy of an item that may be stored. Raises: Refused."""
    for name, value in item.items():
        _checked_value(name, value)
    # The exact size costs more than the write; most items are far below.
    long = sum(len(v) for value in item.values() for v in value.values() if isinstance(v, str | bytes))
    if (long > LARGEST_ITEM // 4 or any("M" in v or "L" in v for v in item.values())) and item_size(
        item
    ) > LARGEST_ITEM:
        raise Refused("ValidationException", "Item size has exceeded the maximum allowed size")
    return copied(item)


def _checked_value(name: str, value: Any) -> None:
    if not isinstance(value, dict) or len(value) != 1:
        raise Refused("ValidationException", f"Supplied AttributeValue has more or less than one datatype: {name}")
    [(kind, content)] = value.items()
    if kind not in _KINDS:
        raise NotImplementedError(f"attribute type {kind} of {name}")
    if not isinstance(content, _KINDS[kind]):
        raise Refused("ValidationException", f"{name} is no {kind}: {type(content).__name__}")
    if kind == "N":
        comparable(value)  # raises for what is no number
    for part in content if kind == "L" else content.values() if kind == "M" else ():
        _checked_value(name, part)


def at(row: Item) -> tuple[str, str]:
    """Where an item lies: pk and sk."""
    return row["pk"]["S"], row["sk"]["S"]


def copied(item: Item) -> Item:
    """A copy no caller can change the table through; nested values are shared and never changed by the product."""
    return {name: dict(value) for name, value in item.items()}


def projected(item: Item, request: Mapping[str, Any]) -> Item:
    """A copy with the attributes the request asks for."""
    text = request.get("ProjectionExpression")
    if not text:
        return copied(item)
    names = request.get("ExpressionAttributeNames") or {}
    wanted = {names.get(path, path) for path in projection(text)}
    return {name: dict(value) for name, value in item.items() if name in wanted}


_EXPRESSIONS = (
    "ConditionExpression", "UpdateExpression", "FilterExpression", "ProjectionExpression", "KeyConditionExpression",
)  # fmt: skip


def all_used(request: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """DynamoDB refuses a placeholder nobody uses, and a value nobody gave."""
    used = frozenset().union(*(placeholders(request[name]) for name in _EXPRESSIONS if request.get(name)))
    given = names.keys() | values.keys()
    if unused := given - used:
        raise Refused("ValidationException", f"Value provided in expression unused in expressions: {sorted(unused)}")
    if missing := used - given:
        raise Refused("ValidationException", f"An expression attribute is not defined: {sorted(missing)}")
