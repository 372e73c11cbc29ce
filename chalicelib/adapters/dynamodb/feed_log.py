"""The feed log in the ops table: watermarks, files taken, chunks counted, rows in quarantine.

`FEED#<distributor>` holds one `STATE` and one `FILE#<sha256>` a file; `FEEDS` lists the distributors.
`CHUNKS#<distributor>#<sha256>` counts scored chunks, 200 to an item, one attribute a chunk: a conditional update
that fails tells a redelivery, and one call in the common case says whether the file is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from chalicelib.adapters.dynamodb.batches import put_all, query_all
from chalicelib.domain.calendar import instant, iso
from chalicelib.feeds.chunks import ChunkCounts, FileTag
from chalicelib.feeds.profiles import FeedProfile, parse_profile
from chalicelib.feeds.rejected import RejectedRow
from chalicelib.feeds.taken import FeedState, TakenFile

_SHARD = 200  # chunks counted in one item: 3 KB, three write units
_KEPT_S = 60 * 86_400  # chunk counts; a chunk lives at most 28 days in the queue and its dead letters
_encode = msgspec.json.encode
_taken = msgspec.json.Decoder(TakenFile).decode


class FeedLogTable:
    """Implements `ports.FeedLog` and `read_feed.FeedBook`. `client` is a boto3 `dynamodb` client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def complete_to(self, distributor: str) -> date | None:
        """The last local day whose lines are all read and scored; None when no file was."""
        item = self._get(f"FEED#{distributor}", "STATE")
        return date.fromisoformat(item["complete_to"]["S"]) if item and "complete_to" in item else None

    def state(self, distributor: str) -> FeedState | None:
        """Where the distributor's feed stands; None when it never reported."""
        item = self._get(f"FEED#{distributor}", "STATE")
        return read_state(distributor, item) if item else None

    def states(self) -> list[FeedState]:
        """Where every feed stands that ever reported, by distributor."""
        known = self._query("FEEDS")
        return [state for item in known if (state := self.state(item["sk"]["S"])) is not None]

    def files(self, distributor: str, most: int) -> list[TakenFile]:
        """The files taken last, newest first."""
        found = [_taken(item["body"]["S"]) for item in self._query(f"FEED#{distributor}", "FILE#")]
        return sorted(found, key=lambda f: (f.taken_at, f.key), reverse=True)[:most]

    def profiles(self) -> list[FeedProfile]:
        """The deployment's own feed profiles. Raises: InvalidDocument for one this version cannot use."""
        return [parse_profile(msgspec.json.decode(item["body"]["S"])) for item in self._query("CONFIG#feed-profile")]

    def taken(self, distributor: str, sha256: str) -> TakenFile | None:
        """The file with this content that was taken before, strongly read."""
        item = self._get(f"FEED#{distributor}", f"FILE#{sha256}")
        return _taken(item["body"]["S"]) if item else None

    def take(self, distributor: str, file: TakenFile) -> None:
        """Remember the file (the first of its content stays), and when the feed last reported."""
        self._put({"pk": {"S": "FEEDS"}, "sk": {"S": distributor}})
        self._raise_to(distributor, "reported_at", iso(file.uploaded_at), last_file=file.key)
        self._raise_to(distributor, "as_of", iso(file.as_of))
        self._put(
            {
                "pk": {"S": f"FEED#{distributor}"},
                "sk": {"S": f"FILE#{file.sha256}"},
                "body": {"S": _encode(file).decode()},
            },
            ConditionExpression="attribute_not_exists(pk)",
        )

    def complete(self, distributor: str, covers: date) -> None:
        """Every line up to `covers` is scored; a later day that is already covered stays."""
        self._raise_to(distributor, "complete_to", covers.isoformat())

    def quarantine(self, file: str, sha256: str, first: int, rows: Sequence[RejectedRow], now: datetime) -> None:
        """Keep rejected rows of a file, numbered from `first`; the same rows again replace themselves."""
        items = [
            {
                "pk": {"S": f"QUARANTINE#{file}"},
                "sk": {"S": f"{sha256[:12]}#{first + n:08d}"},
                "line": {"N": str(row.line)},
                "column": {"S": row.column},
                "value": {"S": row.value},
                "reason": {"S": row.reason},
                "remedy": {"S": row.remedy},
                "at": {"S": iso(now)},
            }
            for n, row in enumerate(rows)
        ]
        put_all(self._client, self._table, items)

    def quarantined(self, file: str) -> list[RejectedRow]:
        """Every row in quarantine of the file with this key, of all its versions, in file order."""
        return [
            RejectedRow(
                file.rpartition("/")[2], int(i["line"]["N"]),
                *(i[name]["S"] for name in ("column", "value", "reason", "remedy")),
            )
            for i in self._query(f"QUARANTINE#{file}")
        ]  # fmt: skip

    def count_chunk(self, file: FileTag, number: int, counts: ChunkCounts, now: datetime) -> ChunkCounts | None:
        """Count chunk `number` (from 1) once; the sum of all chunks when none of the file is missing, else None."""
        shard = (number - 1) // _SHARD
        key = {"pk": {"S": f"CHUNKS#{file.distributor}#{file.sha256}"}, "sk": {"S": f"{shard:06d}"}}
        told = f"{counts.scored},{counts.pending},{counts.unmatched},{counts.duplicate},{counts.superseded}"
        try:
            item = self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET #chunk = :counts, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(#chunk)",
                # nosemgrep: expression - a chunk's number is an integer
                ExpressionAttributeNames={"#chunk": f"c{number}", "#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":counts": {"S": told},
                    ":ttl": {"N": str(int(now.timestamp()) + _KEPT_S)},
                },
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            item = self._get(key["pk"]["S"], key["sk"]["S"]) or {}
        here = _chunks(item)
        if len(here) < min(_SHARD, file.chunks - shard * _SHARD):
            return None
        if file.chunks > _SHARD:
            here = [c for i in self._query(key["pk"]["S"]) for c in _chunks(i)]
        return sum(here, ChunkCounts()) if len(here) == file.chunks else None

    def _raise_to(self, distributor: str, name: str, value: str, **beside: str) -> None:
        """Set a value of the feed's state unless a larger one stands; ISO texts sort in time order."""
        names = {"#v": name, **{f"#{k}": k for k in beside}}
        sets = ", ".join(["#v = :v", *(f"#{k} = :{k}" for k in beside)])
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"FEED#{distributor}"}, "sk": {"S": "STATE"}},
                UpdateExpression=f"SET {sets}",  # nosemgrep: expression - the names are this class's own keywords
                ConditionExpression="attribute_not_exists(#v) OR #v <= :v",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={":v": {"S": value}, **{f":{k}": {"S": v} for k, v in beside.items()}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # a later file was faster

    def _put(self, item: dict[str, Any], **condition: str) -> None:
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # it stands already, and the first one stays

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        ).get("Item")
        return found

    def _query(self, pk: str, begins: str = "") -> list[dict[str, Any]]:
        values = {":pk": {"S": pk}}
        condition = "pk = :pk"
        if begins:
            condition += " AND begins_with(sk, :begins)"
            values[":begins"] = {"S": begins}
        return list(
            query_all(
                self._client,
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
            )
        )


def state_key(distributor: str) -> dict[str, Any]:
    """Where a feed stands."""
    return {"pk": {"S": f"FEED#{distributor}"}, "sk": {"S": "STATE"}}


def read_state(distributor: str, item: dict[str, Any]) -> FeedState | None:
    """What the item of that key holds; None while the feed never reported."""
    if "reported_at" not in item:
        return None
    complete = item.get("complete_to")
    return FeedState(
        distributor, instant(item["reported_at"]["S"]), instant(item["as_of"]["S"]), item["last_file"]["S"],
        date.fromisoformat(complete["S"]) if complete else None,
    )  # fmt: skip


def _chunks(item: dict[str, Any]) -> list[ChunkCounts]:
    return [
        ChunkCounts(*map(int, value["S"].split(",")))
        for name, value in item.items()
        if name[0] == "c" and name[1:].isdigit()
    ]
