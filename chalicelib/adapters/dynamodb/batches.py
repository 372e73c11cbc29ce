"""Batch calls of DynamoDB until nothing is left over.

A batch answers what it had no capacity for as "unprocessed"; asking again at once makes it worse, so the pauses
double with jitter. What is still left after eight rounds raises: nothing is dropped in silence.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from chalicelib.domain.errors import BrokenPromise, KickerError

GET_AT_MOST, WRITE_AT_MOST = 100, 25  # DynamoDB's own limits for one call
_ROUNDS = 8

Part = TypeVar("Part")
Pause = Callable[[int], None]


def jittered(tried: int) -> None:
    """Wait a random time up to 50 ms, 100 ms, ... at most 3.2 s."""
    time.sleep(random.uniform(0, 0.05 * 2 ** min(tried, 6)))  # noqa: S311 # nosec B311 # jitter, no secret


def chunks(parts: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    """`parts` in runs of at most `size`."""
    for start in range(0, len(parts), size):
        yield parts[start : start + size]


def get_all(client: Any, table: str, keys: Sequence[dict[str, Any]], pause: Pause = jittered) -> list[dict[str, Any]]:
    """The items of these (distinct) keys that exist, strongly consistent, in no order.

    Raises: KickerError when the table stays too busy.
    """
    found: list[dict[str, Any]] = []
    for chunk in chunks(keys, GET_AT_MOST):
        asked: dict[str, Any] = {table: {"Keys": list(chunk), "ConsistentRead": True}}
        for tried in range(_ROUNDS):
            if tried:
                pause(tried)
            answer = client.batch_get_item(RequestItems=asked)
            found += answer["Responses"].get(table, [])
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                break
        else:
            raise KickerError(f"Table {table} stays too busy to read {len(keys)} items: try again later.")
    return found


def get_across(client: Any, wanted: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The items of these (table, key) pairs that exist, by table, strongly consistent, in no order: what an event needs
    of several tables costs one call for up to 100 items. Asked again at once, for a person or a message waits.

    Raises: BrokenPromise when items stay unprocessed.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    pending = list(wanted)
    for _ in range(20 + len(pending) // GET_AT_MOST):
        if not pending:
            return found
        chunk, pending = pending[:GET_AT_MOST], pending[GET_AT_MOST:]
        request: dict[str, Any] = {}
        for table, key in chunk:
            request.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
        answer = client.batch_get_item(RequestItems=request)
        for table, items in answer["Responses"].items():
            found.setdefault(table, []).extend(items)
        pending += [(t, k) for t, r in answer.get("UnprocessedKeys", {}).items() for k in r["Keys"]]
    raise BrokenPromise(f"{len(pending)} items stayed unprocessed after 20 reads: the table is throttled")


def put_all(client: Any, table: str, items: Sequence[dict[str, Any]], pause: Pause = jittered) -> None:
    """Insert or replace these items (distinct keys). Raises: KickerError when the table stays too busy."""
    for chunk in chunks(items, WRITE_AT_MOST):
        asked: dict[str, Any] = {table: [{"PutRequest": {"Item": item}} for item in chunk]}
        for tried in range(_ROUNDS):
            if tried:
                pause(tried)
            asked = client.batch_write_item(RequestItems=asked).get("UnprocessedItems") or {}
            if not asked:
                break
        else:
            raise KickerError(f"Table {table} stays too busy to write {len(items)} items: try again later.")


def query_all(client: Any, **query: Any) -> Iterator[dict[str, Any]]:
    """Every item of a Query, page by page."""
    start: dict[str, Any] = {}
    while True:
        page = client.query(**query, **start)
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
