"""How the items of the core table are read, and the seal that shows a changed byte (docs/storage.md).

Every item the write path puts carries a seal over all its attributes. A standing is added to without being read, so its
seal covers what is set and not added: key and fence; its sums are proved by the ledger. The ledger audit looks at all
of them; a deal book is looked at by every event that decides on it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from chalicelib.adapters.dynamodb.codec import unpack, unpack_book
from chalicelib.domain.calendar import iso
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.ledger import Entry
from chalicelib.domain.matching import MatchKey
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.standings import Fence, Standing, Sums
from chalicelib.services.core_port import StoredLine

Item = dict[str, dict[str, Any]]

# One partition takes 1,000 write units a second: four shards score some 2,000 events a second for one program.
SHARDS = 4

# 64 bits: it stands against accidents, and 15 bytes an item keep every item of an event in the write unit it was in.
_SEAL_BYTES = 8

SUMS = {"bc": "base_confirmed", "bp": "base_provisional", "tc": "trailing_confirmed", "tp": "trailing_provisional"}
_OF_STANDING = frozenset({"pk", "sk", "fence", "seal", "n", "nc"})


def item_key(pk: str, sk: str) -> Item:
    """A primary key as an item holds it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def standing_key(program: str, rep: str) -> Item:
    """Key of a standing; the shard is a stable hash of the rep."""
    shard = int.from_bytes(sha256(rep.encode()).digest()[:2], "big") % SHARDS
    return item_key(f"PROGRAM#{program}#{shard}", f"REP#{rep}")


def entry_name(entry: Entry) -> tuple[str, str]:
    """Both parts of the key of a ledger entry: by rep, then by when it was posted."""
    return f"REP#{entry.rep}", f"E#{iso(entry.posted_at)}#{entry.book}#{entry.revision:08d}"


# --- seals ------------------------------------------------------------------------------------------------------


def sealed(item: Item) -> Item:
    """The item with the seal over everything in it."""
    return item | {"seal": {"B": _seal(item)}}


def sealed_fence(key: Item, fence: Fence) -> Item:
    """A standing's fence with the seal over its key and itself."""
    set_ = {"fence": {"S": str(fence)}}
    return set_ | {"seal": {"B": _seal(key | set_)}}


def is_intact(item: Item) -> bool:
    """Is an item what was put? Of a standing, key and fence."""
    stored = item.get("seal", {}).get("B")
    rest = {name: value for name, value in item.items() if name != "seal"}
    if "fence" in item:
        rest = {name: rest[name] for name in ("pk", "sk", "fence")}
    return stored is not None and bytes(stored) == _seal(rest)


def foreign_attributes(item: Item) -> list[str]:
    """What lies on a standing's item and nothing of ours ever puts there."""
    return sorted(
        name for name in item if name not in _OF_STANDING and (":" not in name or name.partition(":")[0] not in SUMS)
    )


def _seal(item: Item) -> bytes:
    total = sha256()
    for name in sorted(item):
        [(kind, value)] = item[name].items()
        raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
        total.update(f"{len(name)}:{name}{kind}{len(raw)}:".encode())
        total.update(raw)
    return total.digest()[:_SEAL_BYTES]


# --- items as records -------------------------------------------------------------------------------------------


def read_standing(item: Item) -> Standing:
    """A standing from its item."""
    _, program, _ = item["pk"]["S"].split("#")
    layers: dict[str, dict[str, int]] = {}
    for name, value in item.items():
        kind, _, layer = name.partition(":")
        if layer and kind in SUMS:
            layers.setdefault(layer, {})[SUMS[kind]] = int(value["N"])
    return Standing(
        program,
        item["sk"]["S"].removeprefix("REP#"),
        Fence.read(item["fence"]["S"]),
        {layer: Sums(**sums) for layer, sums in layers.items()},
        int(item.get("n", {"N": "0"})["N"]),
        int(item.get("nc", {"N": "0"})["N"]),
    )


def read_book(key: str, item: Item | None) -> DealBook:
    """A deal book; an empty one at revision 0 when there is none. Raises: BrokenPromise when the item is not what was
    put: scoring goes no further on it."""
    if item is None:
        return DealBook(key)
    if not is_intact(item):
        raise BrokenPromise(
            f"Deal book {key} is not what was stored: nothing is scored on it. Run the ledger audit and put the item "
            "back from a backup (docs/operations.md, Ledger audit)."
        )
    return unpack_book(key, int(item["rev"]["N"]), item["body"]["B"])


def read_match_key(key: str, item: Item | None) -> MatchKey:
    """A match key; an empty one at revision 0 when there is none."""
    if item is None:
        return MatchKey(key)
    stored: MatchKey = unpack(item["body"]["B"], MatchKey)
    return MatchKey(key, int(item["rev"]["N"]), stored.registrations, stored.lines, stored.overflow)


def read_line(item: Item) -> StoredLine:
    """A stored order line."""
    stored: OrderLine = unpack(item["body"]["B"], OrderLine)
    return StoredLine(
        stored,
        int(item["rev"]["N"]),
        item["state"]["S"],
        item.get("registration", {"S": ""})["S"],
        item.get("book", {"S": ""})["S"],
        item.get("twin", {"S": ""})["S"],
        tuple(k["S"] for k in item["left"]["L"]) if "left" in item else (),
        "unsettled" in item,
        item.get("retold", {"S": ""})["S"],
    )
