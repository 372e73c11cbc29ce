"""How domain values lie in items: JSON without fields at their default, deflated when that pays.

A book of one registration and two lines is about 900 bytes of JSON and 450 deflated, so it stays within one write
unit (1 KB); DynamoDB refuses items above 400 KB, which deflated is some 5,000 registrations of one account in one
quarter.
"""

from __future__ import annotations

import zlib
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import lru_cache
from typing import Any

import msgspec

from chalicelib.domain.adjustments import Adjustment
from chalicelib.domain.dealbook import DealBook, Share
from chalicelib.domain.ledger import Entry
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.purchases import Purchase
from chalicelib.domain.registrations import Registration

DEFLATE_ABOVE = 384  # bytes; below it the deflate header and dictionary eat the gain

_encode = msgspec.json.Encoder(decimal_format="string").encode


def pack(value: object) -> bytes:
    """A domain value as JSON bytes, deflated above `DEFLATE_ABOVE` (the first byte tells: JSON starts with `{`/`[`)."""
    plain = _encode(_lean(value))
    return zlib.compress(plain, 9) if len(plain) > DEFLATE_ABOVE else plain


def unpack(body: bytes, type_: Any) -> Any:
    """The inverse of `pack`. Raises: msgspec.ValidationError for what never was such a value."""
    return _decoder(type_).decode(body if body[:1] in b"{[" else zlib.decompress(body))


@lru_cache(maxsize=32)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def _lean(value: Any) -> Any:
    """Dataclasses as dicts without the fields that are at their default; a reader puts those back."""
    if is_dataclass(value):
        kind: Any = type(value)
        pairs = ((name, getattr(value, name), default) for name, default in _defaults(kind))
        return {name: _lean(v) for name, v, default in pairs if v != default}
    if isinstance(value, dict):
        return {k: _lean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_lean(v) for v in value]
    return value


@lru_cache(maxsize=64)
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Field names of a dataclass with their defaults; a required field has `MISSING`, which nothing equals."""
    return tuple((f.name, f.default_factory() if f.default_factory is not MISSING else f.default) for f in fields(kind))


@dataclass(frozen=True, slots=True)
class BookBody:
    """A deal book's facts as stored. Keys of `posted` and `fences` are their parts joined by `|`."""

    registrations: list[Registration] = field(default_factory=list)
    lines: list[tuple[str, OrderLine]] = field(default_factory=list)  # (registration, line)
    posted: dict[str, Share] = field(default_factory=dict)
    fences: dict[str, str] = field(default_factory=dict)
    reps: list[str] = field(default_factory=list)
    left: dict[str, tuple[str, ...]] = field(default_factory=dict)
    chain: str = ""
    unfinished: bool = False
    behind: tuple[str, ...] = ()
    adjustments: list[Adjustment] = field(default_factory=list)
    bought_elsewhere: dict[str, tuple[Purchase, ...]] = field(default_factory=dict)


def pack_book(book: DealBook) -> bytes:
    """The book without key and revision, which are attributes of their own."""
    return pack(
        BookBody(
            registrations=list(book.registrations.values()),
            lines=[(book.assigned[i], line) for i, line in book.lines.items()],
            posted={"|".join(k): v for k, v in book.posted.items()},
            fences={"|".join(k): v for k, v in book.fences.items()},
            reps=list(book.reps),
            left=book.left,
            chain=book.chain,
            unfinished=book.unfinished,
            behind=book.behind,
            adjustments=list(book.adjustments.values()),
            bought_elsewhere=book.bought_elsewhere,
        )
    )


def unpack_book(key: str, revision: int, body: bytes) -> DealBook:
    """The inverse of `pack_book`."""
    stored: BookBody = unpack(body, BookBody)
    return DealBook(
        key,
        revision,
        {r.id: r for r in stored.registrations},
        {line.id: line for _, line in stored.lines},
        {line.id: registration for registration, line in stored.lines},
        {tuple(k.split("|")): v for k, v in stored.posted.items()},  # type: ignore[misc]
        {tuple(k.split("|")): v for k, v in stored.fences.items()},  # type: ignore[misc]
        tuple(stored.reps),
        stored.left,
        stored.chain,
        stored.unfinished,
        stored.behind,
        {a.id: a for a in stored.adjustments},
        stored.bought_elsewhere,
    )


def pack_entry(entry: Entry) -> bytes:
    """A ledger entry, whole."""
    return pack(entry)


def unpack_entry(body: bytes) -> Entry:
    """The inverse of `pack_entry`."""
    found: Entry = unpack(body, Entry)
    return found
