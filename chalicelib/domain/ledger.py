"""The append-only ledger: entries of point changes, posted once, never edited.

An entry belongs to one rep and one event on one deal book; its legs say how much which deal's award changed under
which program and layer, and in which bucket. "base" is what the freeze pays; what is posted after a rep's standing
was frozen goes to "trailing" (domain.md 22, 37). A correction is another entry.

The entries of one book form a chain: each carries the hash of the one before it, and the book keeps the hash of the
last. So a changed, lost or added entry shows, and where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from chalicelib.domain.awards import BusinessTime

Bucket = Literal["base", "trailing"]

# 128 bits of sha256, in hex: no accident and nobody's patience meets the same hash twice, and two of them with the legs
# of a deal under three programs still leave an entry inside one write unit (1 KB). The chain finds what went wrong; it
# is no signature, and whoever may write the table could compute it anew.
HASH_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Leg:
    """A change of one rep's part of one award, in points; both changes may be negative. Both are zero only where
    nothing but `when`, its place in business time, has changed."""

    program: str
    layer: str
    registration: str
    bucket: Bucket
    provisional: int
    confirmed: int
    when: BusinessTime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. Identity is (`rep`, `book`, `revision`): the same event cannot post twice.

    `because` names the fact that caused it, for people ("registration 0065w… approved", "invoice INV1 line 017").
    `previous` is the hash of the entry before it in its book ("" for the first; the entries of one event follow each
    other by rep), `hash` its own.
    """

    rep: str
    book: str
    revision: int
    posted_at: datetime
    because: str
    legs: tuple[Leg, ...]
    previous: str = ""
    hash: str = ""

    def after(self, previous: str) -> Entry:
        """The entry chained behind the one with that hash."""
        linked = replace(self, previous=previous)
        return replace(linked, hash=content_hash(linked))


def content_hash(entry: Entry) -> str:
    """What an entry's `hash` must be: sha256 over everything it says and over `previous`, `HASH_DIGITS` of it."""
    legs = [
        [leg.program, leg.layer, leg.registration, leg.bucket, leg.provisional, leg.confirmed,
         leg.when.qualified_on.isoformat(), _utc(leg.when.approved_at), leg.when.registration]
        for leg in entry.legs
    ]  # fmt: skip
    said = [entry.rep, entry.book, entry.revision, _utc(entry.posted_at), entry.because, entry.previous, legs]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()[:HASH_DIGITS]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Balance:
    """What the ledger says of one rep's part of one award: points by bucket. Provisional is not split by bucket."""

    program: str
    layer: str
    registration: str
    provisional: int
    base: int
    trailing: int
    when: BusinessTime
    confirmed_at: datetime

    @property
    def confirmed(self) -> int:
        """Confirmed points of both buckets."""
        return self.base + self.trailing


def balances(entries: Iterable[Entry], program: str) -> list[Balance]:
    """Fold one rep's entries into her awards under one program, in business-time order.

    An award's `when` is what the last entry of the deal book it is in now says: entries of a book are counted, the
    clocks of two processes may differ, and a deal that moves leaves its old book in the same moment. `confirmed_at` is
    when the latest confirmed change was posted: the start of a trailing 48 h clock (domain.md 37).
    """
    found: dict[tuple[str, str], Balance] = {}
    places: dict[tuple[str, str], dict[str, _Place]] = {}
    for entry in sorted(entries, key=lambda e: (e.posted_at, e.book, e.revision)):
        for leg in entry.legs:
            if leg.program != program:
                continue
            key = (leg.layer, leg.registration)
            old = found.get(key)
            books = places.setdefault(key, {})
            books[entry.book] = _Place(entry.revision, leg.provisional + leg.confirmed, leg.when).after(
                books.get(entry.book)
            )
            found[key] = Balance(
                program, leg.layer, leg.registration,
                (old.provisional if old else 0) + leg.provisional,
                (old.base if old else 0) + (leg.confirmed if leg.bucket == "base" else 0),
                (old.trailing if old else 0) + (leg.confirmed if leg.bucket == "trailing" else 0),
                next((p.when for p in books.values() if p.points), leg.when),
                entry.posted_at if leg.confirmed or old is None else old.confirmed_at,
            )  # fmt: skip
    return sorted(found.values(), key=lambda b: (b.when, b.layer))


@dataclass(frozen=True, slots=True)
class _Place:
    """What the entries of one deal book say of an award: points in all, and `when` by the last of them."""

    revision: int
    points: int
    when: BusinessTime

    def after(self, other: _Place | None) -> _Place:
        """Both together, whichever came first."""
        if other is None:
            return self
        last = self if self.revision > other.revision else other
        return replace(last, points=self.points + other.points)
