"""The core table: deal books, match keys, order lines, ledger and standings (docs/storage.md).

`read` is one BatchGetItem with strong consistency, the registry of programs included; `commit` is one
TransactWriteItems. botocore gives every commit a request token of its own and repeats it with that token, so a lost
answer inside ten minutes is not written twice; after that the revisions say so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.batches import get_across
from chalicelib.adapters.dynamodb.codec import pack, pack_book, pack_entry, unpack, unpack_entry
from chalicelib.adapters.dynamodb.core_items import (
    SHARDS,
    Item,
    entry_name,
    item_key,
    read_book,
    read_line,
    read_match_key,
    read_standing,
    sealed,
    sealed_fence,
    standing_key,
)
from chalicelib.adapters.dynamodb.work import put_entry, settle_entry
from chalicelib.domain.adjustments import Adjustment, book_of, in_order
from chalicelib.domain.aliases import NO_ALIASES, Aliases, Kind, codes
from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook, StandingChange
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import GONE, LineTrace, MatchKey
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Fence, Standing
from chalicelib.services.core_port import Change, Lost, Snapshot, StoredLine, WorkEntry

# A packed book of 100 KB holds some 400 registrations with their lines of one account in one quarter; the service's
# limit is four times that, so there is time to move that account's deals to accounts of their own.
LARGE_BOOK = 100_000

_RETRY = {"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "None"}
# The indexes by which a line is found from the code it was told with, and the attribute each one is keyed by.
_CODES: dict[Kind, str] = {"sku": "sku", "distributor_sku": "dsku", "upc": "upc"}


class Registry(Protocol):
    """What the core needs of the programs: where the registry lies and what it means."""

    def registry_key(self) -> dict[str, Any]:
        """Key of the registry item in the ops table."""

    def programs_for(self, registry_item: Any) -> dict[str, tuple[Program, ...]]:
        """The active programs by a raw registry item; documents not met yet are loaded."""


@dataclass(slots=True)
class DynamoCore:
    """`services.core_port.CoreStore` and `services.ports.Roster` over DynamoDB. `client` is a botocore client,
    `aliases` gives those in force by a raw registry item."""

    client: Any
    table: str
    ops_table: str
    registry: Registry
    aliases: Callable[[Any], Aliases] = lambda _: NO_ALIASES
    _known: tuple[str, ...] = field(default=())
    _aliases: Aliases = field(default=NO_ALIASES)

    # --- one read -----------------------------------------------------------------------------------------------

    def read(
        self,
        *,
        books: Collection[str] = (),
        located: Collection[str] = (),
        keys: Collection[str] = (),
        lines: Collection[str] = (),
        standings: Collection[tuple[str, str]] = (),
        programs: bool = False,
    ) -> Snapshot:
        """See `CoreStore.read`: one call for up to 100 items, more calls beyond that."""
        wanted = [
            *(item_key(f"BOOK#{b}", "BOOK") for b in books),
            *(item_key(f"REG#{r}", "AT") for r in located),
            *(item_key(f"KEY#{k}", "KEY") for k in keys),
            *(item_key(f"LINE#{i}", "LINE") for i in lines),
            *(standing_key(p, r) for p, r in standings),
        ]
        found, registry = self._batch(wanted, programs=programs)
        by_pk = {(i["pk"]["S"], i["sk"]["S"]): i for i in found}
        active = self.registry.programs_for(registry) if programs else None
        if active is not None:
            self._known = tuple(active)
            self._aliases = self.aliases(registry)
        return Snapshot(
            {b: read_book(b, by_pk.get((f"BOOK#{b}", "BOOK"))) for b in books},
            {r: i["book"]["S"] for r in located if (i := by_pk.get((f"REG#{r}", "AT")))},
            {k: read_match_key(k, by_pk.get((f"KEY#{k}", "KEY"))) for k in keys},
            {x: read_line(i) for x in lines if (i := by_pk.get((f"LINE#{x}", "LINE")))},
            {(p, r): _found_standing(by_pk, p, r) for p, r in standings},
            active,
            self._aliases if programs else NO_ALIASES,
        )

    def known_programs(self) -> Collection[str]:
        """See `CoreStore.known_programs`."""
        return self._known

    def known_aliases(self) -> Aliases:
        """See `CoreStore.known_aliases`."""
        return self._aliases

    def _batch(self, keys: Sequence[Item], *, programs: bool) -> tuple[list[Item], Item | None]:
        wanted = [(self.table, k) for k in keys]
        if programs:
            wanted.append((self.ops_table, self.registry.registry_key()))
        found = get_across(self.client, wanted)
        return found.get(self.table, []), next(iter(found.get(self.ops_table, ())), None)

    def overflowing(self, key: str) -> Mapping[str, LineTrace]:
        """See `CoreStore.overflowing`."""
        items = self._query(f"KEY#{key}", "L#")
        found = {i["sk"]["S"].removeprefix("L#"): unpack(i["body"]["B"], LineTrace) for i in items}
        return {id: trace for id, trace in found.items() if trace != GONE}

    def lines_told_as(self, kind: Kind, code: str, after: str, most: int) -> list[str]:
        """See `CoreStore.lines_told_as`: a Query of an index, which may lag behind the table by a moment."""
        attribute = _CODES[kind]
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": f"lines-by-{attribute}",
            "KeyConditionExpression": "#code = :code AND pk > :after",
            "ExpressionAttributeNames": {"#code": attribute},
            "ExpressionAttributeValues": {":code": {"S": code}, ":after": {"S": f"LINE#{after}"}},
        }
        found: list[str] = []
        while True:
            answer = self.client.query(**request, Limit=most - len(found))
            found += [i["pk"]["S"].removeprefix("LINE#") for i in answer["Items"]]
            if len(found) >= most or "LastEvaluatedKey" not in answer:
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _query(self, pk: str, prefix: str, attributes: str = "") -> Iterable[Item]:
        request: dict[str, Any] = {
            "TableName": self.table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": prefix}},
        }
        if attributes:
            request["ProjectionExpression"] = attributes
        while True:
            answer = self.client.query(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    # --- one transaction ----------------------------------------------------------------------------------------

    def commit(self, change: Change) -> None:
        """See `CoreStore.commit`."""
        actions = [
            *(self._versioned(_watched(_book_item(b)), b.revision) for b in change.books),
            *(self._put(_adjusted_item(b)) for b in change.books if b.revision == 1 and b.adjustments),
            *(self._put(item_key(f"REG#{r}", "AT") | {"book": {"S": b}}) for r, b in change.located.items()),
            *(self._versioned(_key_item(k), k.revision) for k in change.keys),
            *(self._versioned(_line_item(s), s.revision) for s in change.lines),
            *(self._put(_trace_item(k, i, t)) for (k, i), t in change.traces.items()),
            *(self._put(_entry_item(e), "attribute_not_exists(pk)") for e in change.entries),
            *(self._add(s) for s in change.standings),
            *(_work(self.ops_table, w) for w in change.work),
        ]
        assert len(actions) <= 100, f"one event writes {len(actions)} items: DynamoDB takes 100 in a transaction"
        try:
            self.client.transact_write_items(TransactItems=actions)
        except self.client.exceptions.TransactionCanceledException as canceled:
            reasons = {r.get("Code", "None") for r in canceled.response.get("CancellationReasons", [])}
            if reasons <= _RETRY:
                raise Lost(f"the commit met {sorted(reasons - {'None'})}") from canceled
            raise
        except self.client.exceptions.TransactionInProgressException as running:
            raise Lost("the same commit is still running") from running

    def _put(self, item: Item, condition: str = "") -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self.table, "Item": sealed(item)}
        if condition:
            put["ConditionExpression"] = condition
        return {"Put": put}

    def _versioned(self, item: Item, revision: int) -> dict[str, Any]:
        """Put at `revision`, only over revision - 1 (or nothing, for the first)."""
        action = self._put(item | {"rev": {"N": str(revision)}}, "attribute_not_exists(pk)")
        if revision > 1:
            action["Put"]["ConditionExpression"] = "rev = :was"
            action["Put"]["ExpressionAttributeValues"] = {":was": {"N": str(revision - 1)}}
        return action

    def _add(self, change: StandingChange) -> dict[str, Any]:
        prefix = "b" if change.fence.bucket == "base" else "t"
        names: dict[str, str] = {}
        values: Item = {":fence": {"S": str(change.fence)}}
        adds: list[str] = []
        for layer, (confirmed, provisional) in change.points.items():
            for kind, points in (("c", confirmed), ("p", provisional)):
                if points:
                    place = f"a{len(names)}"
                    names[f"#{place}"] = f"{prefix}{kind}:{layer}"
                    values[f":{place}"] = {"N": str(points)}
                    adds.append(f"#{place} :{place}")
        for name, count in (("n", change.deals), ("nc", change.deals_confirmed)):
            if count:
                names[f"#{name}"] = name
                values[f":{name}"] = {"N": str(count)}
                adds.append(f"#{name} :{name}")
        update: dict[str, Any] = {
            "TableName": self.table,
            "Key": standing_key(change.program, change.rep),
            "ConditionExpression": "fence = :fence",
            "ExpressionAttributeValues": values,
        }
        if adds:
            update |= {"UpdateExpression": "ADD " + ", ".join(adds), "ExpressionAttributeNames": names}
            return {"Update": update}
        return {"ConditionCheck": update}

    # --- roster -------------------------------------------------------------------------------------------------

    def enroll(self, program: str, rep: str, start: date, end: date | None) -> bool:
        """See `Roster.enroll`. A standing that exists keeps its bucket and its points."""
        key = standing_key(program, rep)
        try:
            self.client.put_item(
                TableName=self.table,
                Item=key | sealed_fence(key, Fence(start, end, "base")),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return self._refence(program, rep, lambda old: Fence(start, end, old.bucket))[0]
        return True

    def freeze(self, program: str, rep: str) -> Standing:
        """See `Roster.freeze`."""
        return self._refence(program, rep, lambda old: Fence(old.enrolled_from, old.enrolled_to, "trailing"))[1]

    def _refence(self, program: str, rep: str, change: Any) -> tuple[bool, Standing]:
        """Move the fence of an existing standing, whatever scores race with it: (changed, standing)."""
        key = standing_key(program, rep)
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        while True:
            if item is None:
                raise BrokenPromise(f"{rep} has no standing in {program}: enroll first")
            old = Fence.read(item["fence"]["S"])
            new = change(old)
            if new == old:
                return False, read_standing(item)
            try:
                answer = self.client.update_item(
                    TableName=self.table,
                    Key=key,
                    UpdateExpression="SET fence = :fence, seal = :seal",
                    ConditionExpression="fence = :old",
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in sealed_fence(key, new).items()},
                        ":old": {"S": str(old)},
                    },
                    ReturnValues="ALL_NEW",
                )
            except self.client.exceptions.ConditionalCheckFailedException:
                item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
                continue
            return True, read_standing(answer["Attributes"])

    def standings(self, program: str) -> Iterable[Standing]:
        """See `Roster.standings`."""
        found = [read_standing(i) for shard in range(SHARDS) for i in self._query(f"PROGRAM#{program}#{shard}", "REP#")]
        return sorted(found, key=lambda s: s.rep)

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        """See `Roster.standings_of`."""
        found = self.read(standings=[(p, rep) for p in programs]).standings
        return {program: s for (program, _), s in found.items() if s is not None}

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        """See `BoardStore.standings_in`."""
        wanted = [(self.table, standing_key(*pair)) for pair in sorted(pairs)]
        return [read_standing(item) for item in get_across(self.client, wanted).get(self.table, [])]

    def entries(self, rep: str) -> list[Entry]:
        """See `Roster.entries`."""
        return [unpack_entry(i["body"]["B"]) for i in self._query(f"REP#{rep}", "E#")]

    def adjustments(self, program: str) -> list[Adjustment]:
        """See `Roster.adjustments`."""
        reps = [i["sk"]["S"].removeprefix("REP#") for i in self._query(f"ADJUSTED#{program}", "REP#")]
        found = self.read(books=[book_of(program, rep) for rep in reps]).books if reps else {}
        return in_order(a for book in found.values() for a in book.adjustments.values())

    def books_of(self, rep: str) -> list[DealBook]:
        """See `CoreStore.books_of`."""
        names = sorted({i["book"]["S"] for i in self._query(f"REP#{rep}", "E#", "book")})
        found = self.read(books=names).books
        return [found[name] for name in names]

    # --- board snapshot -----------------------------------------------------------------------------------------

    def load_board(self, program: str) -> Board | None:
        """The snapshot as stored, None when there is none."""
        item = self.client.get_item(TableName=self.table, Key=item_key(f"BOARD#{program}", "BOARD")).get("Item")
        return unpack(item["body"]["B"], Board) if item else None

    def save_board(self, board: Board) -> None:
        """Replace the snapshot: it is derived, so the last writer may win."""
        item = item_key(f"BOARD#{board.program}", "BOARD") | {"body": {"B": pack(board)}}
        self.client.put_item(TableName=self.table, Item=item)


def _found_standing(by_pk: Mapping[tuple[str, str], Item], program: str, rep: str) -> Standing | None:
    key = standing_key(program, rep)
    item = by_pk.get((key["pk"]["S"], key["sk"]["S"]))
    return read_standing(item) if item else None


def _book_item(book: DealBook) -> Item:
    return item_key(f"BOOK#{book.key}", "BOOK") | {"body": {"B": pack_book(book)}}


def _adjusted_item(book: DealBook) -> Item:
    """Says that a rep has adjustments under a program: how the book of them is found."""
    first = next(iter(book.adjustments.values()))
    return item_key(f"ADJUSTED#{first.program}", f"REP#{first.rep}")


def _watched(item: Item) -> Item:
    if len(item["body"]["B"]) > LARGE_BOOK:
        metrics.count("LargeDealBook", 1)
    return item


def _key_item(key: MatchKey) -> Item:
    return item_key(f"KEY#{key.key}", "KEY") | {"body": {"B": pack(key)}}


def _trace_item(key: str, line: str, trace: LineTrace) -> Item:
    return item_key(f"KEY#{key}", f"L#{line}") | {"body": {"B": pack(trace)}}


def _work(table: str, entry: WorkEntry) -> dict[str, Any]:
    if entry.what is None:
        return settle_entry(table, entry.kind, entry.id, entry.outcome, entry.at)
    return {"Put": {"TableName": table, "Item": put_entry(entry.kind, entry.id, entry.what, entry.at)}}


def _line_item(stored: StoredLine) -> Item:
    item = item_key(f"LINE#{stored.line.id}", "LINE") | {"body": {"B": pack(stored.line)}, "state": {"S": stored.state}}
    if stored.book:
        item |= {"registration": {"S": stored.registration}, "book": {"S": stored.book}}
    if stored.twin:
        item["twin"] = {"S": stored.twin}
    if stored.left:
        item["left"] = {"L": [{"S": key} for key in stored.left]}
    if stored.unsettled:
        item["unsettled"] = {"BOOL": True}
    if stored.retold:
        item["retold"] = {"S": stored.retold}
    # The last code of each kind is the shortest: a manufacturer's number without its suffix.
    return item | {_CODES[kind]: {"S": code} for kind, code in codes(stored.line)}


def _entry_item(entry: Entry) -> Item:
    return item_key(*entry_name(entry)) | {"book": {"S": entry.book}, "body": {"B": pack_entry(entry)}}
