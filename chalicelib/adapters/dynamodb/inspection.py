"""The core table as the ledger audit reads it: item by item, strongly consistent, and without believing any of them.

What was not put like that (seal, key or content disagree) comes back as `Unreadable` beside what could be read, so one
bad item hides no other. Nothing is written here but a repaired standing, under the values that were seen.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from chalicelib.adapters.dynamodb.batches import get_all, query_all
from chalicelib.adapters.dynamodb.codec import unpack, unpack_book, unpack_entry
from chalicelib.adapters.dynamodb.core_items import (
    SHARDS,
    SUMS,
    Item,
    entry_name,
    foreign_attributes,
    is_intact,
    item_key,
    read_line,
    read_match_key,
    read_standing,
    standing_key,
)
from chalicelib.domain.audit import Inspected, Unreadable
from chalicelib.domain.calendar import iso
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import GONE, LineTrace, MatchKey
from chalicelib.domain.standings import Standing
from chalicelib.services.core_port import Snapshot

Record = TypeVar("Record")


class CoreInspection:
    """Implements `services.audit_walk.LedgerSource`. `client` is a botocore client."""

    def __init__(self, client: Any, table: str, ops_table: str) -> None:
        self._client = client
        self._table = table
        self._ops_table = ops_table

    def entries(self, rep: str) -> Inspected[Entry]:
        """See `LedgerSource.entries`."""
        return _inspected(self._query(f"REP#{rep}", "E#"), _entry)

    def standings(self, program: str) -> Inspected[Standing]:
        """See `LedgerSource.standings`."""
        items = (i for shard in range(SHARDS) for i in self._query(f"PROGRAM#{program}#{shard}", "REP#"))
        return _inspected(items, _standing)

    def look(
        self,
        *,
        books: Collection[str] = (),
        located: Collection[str] = (),
        keys: Collection[str] = (),
        lines: Collection[str] = (),
        standings: Collection[tuple[str, str]] = (),
    ) -> tuple[Snapshot, Sequence[Unreadable]]:
        """See `LedgerSource.look`."""
        wanted = [
            *(item_key(f"BOOK#{b}", "BOOK") for b in books),
            *(item_key(f"REG#{r}", "AT") for r in located),
            *(item_key(f"KEY#{k}", "KEY") for k in keys),
            *(item_key(f"LINE#{i}", "LINE") for i in lines),
            *(standing_key(p, r) for p, r in standings),
        ]
        bad: list[Unreadable] = []
        found: dict[tuple[str, str], Any] = {}
        for item in get_all(self._client, self._table, wanted):
            name = (item["pk"]["S"], item["sk"]["S"])
            read = _READERS.get(name[1], _standing)
            try:
                found[name] = read(item)
            except _BAD as why:
                bad.append(_unreadable(item, why))
        pairs = {(p, r): standing_key(p, r) for p, r in standings}
        return Snapshot(
            {b: found.get((f"BOOK#{b}", "BOOK"), DealBook(b)) for b in books},
            {r: at for r in located if (at := found.get((f"REG#{r}", "AT")))},
            {k: found.get((f"KEY#{k}", "KEY"), MatchKey(k)) for k in keys},
            {i: line for i in lines if (line := found.get((f"LINE#{i}", "LINE")))},
            {pair: found.get((key["pk"]["S"], key["sk"]["S"])) for pair, key in pairs.items()},
        ), bad

    def scanned(self) -> tuple[Collection[str], Collection[str]]:
        """See `LedgerSource.scanned`."""
        found: dict[str, set[str]] = {"BOOK": set(), "REP": set()}
        start: Item = {}
        while True:
            page = self._client.scan(
                TableName=self._table,
                ConsistentRead=True,
                ProjectionExpression="pk",
                FilterExpression="begins_with(pk, :book) OR begins_with(pk, :rep)",
                ExpressionAttributeValues={":book": {"S": "BOOK#"}, ":rep": {"S": "REP#"}},
                **start,
            )
            for item in page["Items"]:
                kind, _, name = item["pk"]["S"].partition("#")
                found[kind].add(name)
            if not page.get("LastEvaluatedKey"):
                return found["BOOK"], found["REP"]
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def beside(self, key: str) -> Mapping[str, LineTrace]:
        """See `LedgerSource.beside`."""
        traces = {i["sk"]["S"].removeprefix("L#"): i["body"]["B"] for i in self._query(f"KEY#{key}", "L#")}
        return {id: trace for id, body in traces.items() if (trace := unpack(body, LineTrace)) != GONE}

    def restate(self, was: Standing, now: Standing, by: str, at: datetime) -> bool:
        """See `LedgerSource.restate`: standing and audit event in one transaction."""
        what = f"standing/{was.program}/{was.rep}"
        event = {
            **item_key("AUDIT", f"{iso(at)}#{what}"), "what": {"S": what}, "by": {"S": by},
            "old": {"S": msgspec.json.encode(_figures(was)).decode()},
            "new": {"S": msgspec.json.encode(_figures(now)).decode()},
        }  # fmt: skip
        absent = {"TableName": self._ops_table, "Item": event, "ConditionExpression": "attribute_not_exists(pk)"}
        try:
            self._client.transact_write_items(TransactItems=[{"Update": self._restated(was, now)}, {"Put": absent}])
        except self._client.exceptions.TransactionCanceledException:
            return False
        return True

    def _restated(self, was: Standing, now: Standing) -> dict[str, Any]:
        """The update that makes a standing what the ledger says, only over exactly the figures that were seen."""
        seen, right = _figures(was), _figures(now)
        names, conditions, sets, gone = {}, ["fence = :fence"], [], []
        values: Item = {":fence": {"S": str(was.fence)}}
        for n, name in enumerate(sorted(seen.keys() | right.keys())):
            names[f"#a{n}"] = name
            values[f":was{n}"] = {"N": str(seen.get(name, 0))}
            same = f"#a{n} = :was{n}"
            conditions.append(same if seen.get(name) else f"({same} OR attribute_not_exists(#a{n}))")
            if name in right:
                values[f":now{n}"] = {"N": str(right[name])}
                sets.append(f"#a{n} = :now{n}")
            else:
                gone.append(f"#a{n}")
        return {
            "TableName": self._table,
            "Key": standing_key(was.program, was.rep),
            "UpdateExpression": "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(gone) if gone else ""),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    def _query(self, pk: str, prefix: str) -> Iterable[Item]:
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":sk": {"S": prefix}},
            ConsistentRead=True,
        )


class _Altered(Exception):
    """An item is not what was put; the message says what shows it."""


# What reading an item that is not what was put may raise: nothing in it can be relied on.
_BAD = (_Altered, msgspec.DecodeError, ValueError, KeyError, TypeError, AttributeError, zlib.error)


def _inspected(items: Iterable[Item], read: Callable[[Item], Record]) -> Inspected[Record]:
    good, bad = [], []
    for item in items:
        try:
            good.append(read(item))
        except _BAD as why:
            bad.append(_unreadable(item, why))
    return Inspected(tuple(good), tuple(bad))


def _unreadable(item: Item, why: Exception) -> Unreadable:
    said = str(why) if isinstance(why, _Altered) else f"it cannot be read ({type(why).__name__})"
    return Unreadable(f"{item['pk']['S']} {item['sk']['S']}", said)


def _whole(item: Item) -> Item:
    if not is_intact(item):
        raise _Altered("its seal is not that of its content")
    return item


def _entry(item: Item) -> Entry:
    entry = unpack_entry(_whole(item)["body"]["B"])
    if (item["pk"]["S"], item["sk"]["S"]) != entry_name(entry) or item["book"]["S"] != entry.book:
        raise _Altered("it lies under another rep, book or instant than it says")
    return entry


def _standing(item: Item) -> Standing:
    if foreign := foreign_attributes(item):
        raise _Altered(f"nothing of ours puts {', '.join(foreign)} there")
    return read_standing(_whole(item))


def _book(item: Item) -> DealBook:
    key = _whole(item)["pk"]["S"].removeprefix("BOOK#")
    return unpack_book(key, int(item["rev"]["N"]), item["body"]["B"])


_READERS: dict[str, Callable[[Item], Any]] = {
    "BOOK": _book,
    "AT": lambda item: _whole(item)["book"]["S"],
    "KEY": lambda item: read_match_key(item["pk"]["S"].removeprefix("KEY#"), _whole(item)),
    "LINE": lambda item: read_line(_whole(item)),
}


def _figures(standing: Standing) -> dict[str, int]:
    """A standing's figures by attribute: every kind of sum of each of its layers, and the counts."""
    figures = {"n": standing.deals, "nc": standing.deals_confirmed}
    for layer, sums in standing.layers.items():
        figures |= {f"{kind}:{layer}": getattr(sums, name) for kind, name in SUMS.items()}
    return figures
