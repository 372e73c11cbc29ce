"""DynamoDB in memory: tables keyed by pk and sk, conditional writes, transactions, pages, and a meter.

Harsh where the service is allowed to be: pages are short, batches answer in any order, and a read that is not
strongly consistent may, for a minute, see the item as it was before its last write. What the product does not use
raises NotImplementedError.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.meter import KB, item_size
from tests.simulator.expressions import Invalid, Item, condition, key_condition, updated
from tests.simulator.items import Refused, all_used, at, canceled, checked, copied, projected

Place = tuple[str, str, str]  # table, pk, sk
LAGS = timedelta(seconds=60)  # a weak read or an index may be that old; the service's own word is "within a second"
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Tables:
    """Every table. Items are never changed in place, so a snapshot is a shallow copy.

    `page` items at most come back from one Query call; `stale` lets weakly consistent reads see the past; `torn` is
    called between the items of one BatchGetItem or Query, so that others may write there: a read of many items is no
    snapshot, strongly consistent or not; `written` takes the items every call wrote, if it is a list; `metered`
    counts units and refuses items above 400 KB.
    """

    def __init__(
        self, *names: str, page: int = 5, metered: bool = True, clock: Callable[[], datetime] = lambda: _NEVER
    ) -> None:
        self.items: dict[str, dict[str, dict[str, Item]]] = {name: {} for name in names}
        self.before: dict[Place, tuple[Item | None, datetime]] = {}
        self.clock = clock
        self.page = page
        self.stale = False
        self.torn: Callable[[], None] | None = None
        self.written: list[list[tuple[Place, Item | None]]] | None = None
        self.metered = metered
        self.read_units = 0.0
        self.write_units = 0
        self.largest: Counter[str] = Counter()

    def snapshot(self) -> Any:
        """Everything a run can change."""
        return {t: {pk: dict(rows) for pk, rows in table.items()} for t, table in self.items.items()}, dict(self.before)

    def restore(self, snapshot: Any) -> None:
        """Back to a snapshot."""
        tables, before = snapshot
        self.items = {t: {pk: dict(rows) for pk, rows in table.items()} for t, table in tables.items()}
        self.before = dict(before)

    def rows(self, table: str) -> list[Item]:
        """Every item of a table, by key."""
        found = self._table(table)
        return [found[pk][sk] for pk in sorted(found) for sk in sorted(found[pk])]

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one call. Raises: Refused as the service would, NotImplementedError for what it does not know."""
        operations: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "Query": self._query,
            "Scan": self._scan,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "BatchWriteItem": self._batch_write,
            "TransactWriteItems": self._transact,
        }
        if operation not in operations:
            raise NotImplementedError(f"DynamoDB {operation}")
        if self.written is not None:
            self.written.append([])
        try:
            return operations[operation](request)
        except Invalid as error:
            raise Refused("ValidationException", str(error)) from None

    # --- reads ---

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        place = self._place(request["TableName"], request["Key"])
        consistent = bool(request.get("ConsistentRead"))
        item = self._seen(place, consistent)
        self._read([item] if item else [{}], consistent)
        if item is None:
            return {}
        return {"Item": projected(item, request)}

    def _batch_get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        asked = [(table, k, what) for table, what in request["RequestItems"].items() for k in what["Keys"]]
        if not 0 < len(asked) <= 100:
            raise Refused("ValidationException", f"Too many items requested for the BatchGetItem call: {len(asked)}")
        places = [self._place(table, key) for table, key, _ in asked]
        if len(set(places)) != len(places):
            raise Refused("ValidationException", "Provided list of item keys contains duplicates")
        answer: dict[str, list[Item]] = {table: [] for table in request["RequestItems"]}
        for place, (table, _, what) in reversed(list(zip(places, asked, strict=True))):  # no order is promised
            consistent = bool(what.get("ConsistentRead"))
            item = self._seen(place, consistent)
            self._read([item or {}], consistent)
            if item is not None:
                answer[table].append(projected(item, what))
            self._tear()
        return {"Responses": answer, "UnprocessedKeys": {}}

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
        all_used(request, names, values)
        consistent = bool(request.get("ConsistentRead"))
        rows = self._matching(request, names, values, consistent)
        if not request.get("ScanIndexForward", True):
            rows = rows[::-1]
        if start := request.get("ExclusiveStartKey"):
            after = (start["pk"]["S"], start["sk"]["S"])
            forward = request.get("ScanIndexForward", True)
            rows = [r for r in rows if (at(r) > after) is forward and at(r) != after]
        most = min(self.page, int(request.get("Limit") or self.page))
        page, rest = rows[:most], rows[most:]
        self._read(page, consistent)
        keep = page
        if text := request.get("FilterExpression"):
            holds = condition(text)
            keep = [row for row in page if holds(row, names, values)]
        answer: dict[str, Any] = {
            "Items": [projected(row, request) for row in keep], "Count": len(keep), "ScannedCount": len(page),
        }  # fmt: skip
        if rest:
            last = page[-1]
            answer["LastEvaluatedKey"] = last if "IndexName" in request else {"pk": last["pk"], "sk": last["sk"]}
        return answer

    def _scan(self, request: Mapping[str, Any]) -> dict[str, Any]:
        names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
        all_used(request, names, values)
        start = request.get("ExclusiveStartKey")
        after = (start["pk"]["S"], start["sk"]["S"]) if start else ("", "")
        rows = [row for row in self.rows(request["TableName"]) if at(row) > after]
        page = rows[: self.page]
        holds = condition(request["FilterExpression"]) if "FilterExpression" in request else None
        keep = [projected(row, request) for row in page if holds is None or holds(row, names, values)]
        answer: dict[str, Any] = {"Items": keep, "Count": len(keep), "ScannedCount": len(page)}
        if len(rows) > len(page):
            answer["LastEvaluatedKey"] = {"pk": page[-1]["pk"], "sk": page[-1]["sk"]}
        return answer

    def _matching(self, request: Mapping[str, Any], names: Any, values: Any, consistent: bool) -> list[Item]:
        parts = key_condition(request["KeyConditionExpression"])
        if index := request.get("IndexName"):
            return self._indexed(request["TableName"], index, parts, names, values, consistent)
        if names.get(parts["pk"], parts["pk"]) != "pk":
            raise Refused("ValidationException", "Query condition missed key schema element: pk")
        pk = values[parts["pv"]]["S"]
        table = request["TableName"]
        rows = []
        for sk in sorted(self._table(table).get(pk, {})):
            row = self._seen((table, pk, sk), consistent)
            if row is not None:
                rows.append(row)
                self._tear()
        if "bv" in parts:
            begin = values[parts["bv"]]["S"]
            rows = [r for r in rows if r["sk"]["S"].startswith(begin)]
        elif "cv" in parts:
            holds = condition(f"sk {parts['op']} {parts['cv']}")
            rows = [r for r in rows if holds(r, names, values)]
        elif "lo" in parts:
            low, high = values[parts["lo"]]["S"], values[parts["hi"]]["S"]
            rows = [r for r in rows if low <= r["sk"]["S"] <= high]
        return rows

    def _indexed(
        self, table: str, index: str, parts: dict[str, str], names: Any, values: Any, consistent: bool
    ) -> list[Item]:
        """Keys of the items under one value of an index "lines-by-<attribute>" (infra/template.yml), by pk."""
        attribute = index.removeprefix("lines-by-")
        if consistent:
            raise Refused("ValidationException", "Consistent reads are not supported on global secondary indexes")
        on = {name: parts[name] for name in ("b", "c", "d") if name in parts}
        if attribute == index or names.get(parts["pk"], parts["pk"]) != attribute or on not in ({}, {"c": "pk"}):
            raise NotImplementedError(f"index {index} with {parts}")
        found = [self._seen((table, pk, sk), False) for pk, rows in self._table(table).items() for sk in rows]
        wanted = values[parts["pv"]]
        rows = [row for row in found if row is not None and row.get(attribute) == wanted]
        if "cv" in parts:
            holds = condition(f"pk {parts['op']} {parts['cv']}")
            rows = [row for row in rows if holds(row, names, values)]
        return sorted(({"pk": row["pk"], "sk": row["sk"], attribute: wanted} for row in rows), key=at)

    def _tear(self) -> None:
        if self.torn is not None:
            self.torn()

    def _seen(self, place: Place, consistent: bool) -> Item | None:
        if self.stale and not consistent and place in self.before:
            old, written_at = self.before[place]
            if self.clock() - written_at < LAGS:
                return old
        return self._stored(place)

    # --- writes ---

    def _put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        place, old, new = self._decided("Put", request)
        self._write(place, new, units=1)
        return {"Attributes": copied(old)} if request.get("ReturnValues") == "ALL_OLD" and old else {}

    def _update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        place, old, new = self._decided("Update", request)
        assert new is not None
        self._write(place, new, units=1)
        wanted = request.get("ReturnValues", "NONE")
        if wanted == "ALL_NEW":
            return {"Attributes": copied(new)}
        if wanted == "ALL_OLD":
            return {"Attributes": copied(old)} if old else {}
        if wanted != "NONE":
            raise NotImplementedError(f"ReturnValues {wanted}")
        return {}

    def _delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        place, old, _ = self._decided("Delete", request)
        self._write(place, None, units=1)
        return {"Attributes": copied(old)} if request.get("ReturnValues") == "ALL_OLD" and old else {}

    def _batch_write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        asked = [(table, kind, what) for table, all_ in request["RequestItems"].items() for a in all_
                 for kind, what in a.items()]  # fmt: skip
        if not 0 < len(asked) <= 25:
            raise Refused("ValidationException", "Too many items requested for the BatchWriteItem call")
        places = [self._place(t, w["Item"] if k == "PutRequest" else w["Key"]) for t, k, w in asked]
        if len(set(places)) != len(places):
            raise Refused("ValidationException", "Provided list of item keys contains duplicates")
        for place, (_, kind, what) in zip(places, asked, strict=True):
            self._write(place, checked(what["Item"]) if kind == "PutRequest" else None, units=1)
        return {"UnprocessedItems": {}}

    def _transact(self, request: Mapping[str, Any]) -> dict[str, Any]:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        if not 0 < len(actions) <= 100:
            raise Refused("ValidationException", f"Member must have length less than or equal to 100: {len(actions)}")
        places = [self._place(what["TableName"], what.get("Item") or what["Key"]) for _, what in actions]
        if len(set(places)) != len(places):
            message = "Transaction request cannot include multiple operations on one item"
            raise Refused("ValidationException", message)
        decided: list[tuple[Place, Item | None]] = []
        reasons: list[dict[str, Any]] = []
        for kind, what in actions:
            try:
                place, _, new = self._decided(kind, what)
            except Refused as error:
                if error.code != "ConditionalCheckFailedException":
                    raise
                reason = {"Code": "ConditionalCheckFailed", "Message": error.message}
                reasons.append(reason | ({"Item": error.more["Item"]} if "Item" in error.more else {}))
                continue
            reasons.append({"Code": "None"})
            if kind != "ConditionCheck":
                decided.append((place, new))
        if any(r["Code"] != "None" for r in reasons):
            raise canceled(reasons)
        for place, new in decided:
            self._write(place, new, units=2)
        return {}

    def _decided(self, kind: str, what: Mapping[str, Any]) -> tuple[Place, Item | None, Item | None]:
        """(place, item before, item after) of one action whose condition holds. Raises: Refused, Invalid."""
        names, values = what.get("ExpressionAttributeNames") or {}, what.get("ExpressionAttributeValues") or {}
        all_used(what, names, values)
        place = self._place(what["TableName"], what["Item"] if kind == "Put" else what["Key"])
        old = self._stored(place)
        text = what.get("ConditionExpression")
        if text and not condition(text)(old or {}, names, values):
            more = {}
            if what.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old:
                more = {"Item": copied(old)}
            raise Refused("ConditionalCheckFailedException", "The conditional request failed", **more)
        if kind == "Put":
            return place, old, checked(what["Item"])
        if kind == "Delete":
            return place, old, None
        if kind == "ConditionCheck":
            if not text:
                raise Refused("ValidationException", "a condition check needs a condition")
            return place, old, old
        if kind != "Update":
            raise NotImplementedError(kind)
        start = old if old is not None else dict(what["Key"])
        new, touched = updated(what["UpdateExpression"], start, names, values) if "UpdateExpression" in what else (
            start, frozenset())  # fmt: skip
        if touched & {"pk", "sk"}:
            raise Refused("ValidationException", "Cannot update attribute pk. This attribute is part of the key")
        return place, old, checked(new)

    def _write(self, place: Place, item: Item | None, *, units: int) -> None:
        table, pk, sk = place
        rows = self._table(table).setdefault(pk, {})
        old = rows.get(sk)
        self.before[place] = old, self.clock()
        if self.written is not None:
            self.written[-1].append((place, item))
        if item is None:
            rows.pop(sk, None)
            if not rows:
                del self.items[table][pk]
        else:
            rows[sk] = item
        if not self.metered:
            return
        bytes_ = max(item_size(old or {}), item_size(item or {}))
        kind = pk.split("#")[0]
        self.largest[kind] = max(self.largest[kind], bytes_)
        self.write_units += max(1, math.ceil(bytes_ / KB)) * units

    def _read(self, items: list[Item], consistent: bool) -> None:
        if not self.metered:
            return
        bytes_ = sum(item_size(item) for item in items)
        self.read_units += max(1, math.ceil(bytes_ / (4 * KB))) * (1 if consistent else 0.5)

    # --- places ---

    def _table(self, name: str) -> dict[str, dict[str, Item]]:
        if name not in self.items:
            raise Refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
        return self.items[name]

    def _place(self, table: str, item: Item) -> Place:
        self._table(table)
        for name in ("pk", "sk"):
            if not isinstance(item.get(name, {}).get("S"), str) or not item[name]["S"]:
                raise Refused("ValidationException", f"One of the required keys was not given a value: {name}")
        return table, item["pk"]["S"], item["sk"]["S"]

    def _stored(self, place: Place) -> Item | None:
        table, pk, sk = place
        return self._table(table).get(pk, {}).get(sk)
