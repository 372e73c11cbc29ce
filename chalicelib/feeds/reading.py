"""A feed file from its bytes to events: unpack, identify, stamp, then hand over to the dialect.

`FEEDS` is the table of dialect families. A new layout of a known family is a profile (a document); a new family is
one file and one line here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from chalicelib.domain.calendar import local_day, starts_at
from chalicelib.domain.errors import RefusedFile
from chalicelib.feeds.control import ControlResult
from chalicelib.feeds.delimited import DelimitedReader
from chalicelib.feeds.identify import HEAD_BYTES, Identified, identify
from chalicelib.feeds.ingram import IngramReader
from chalicelib.feeds.normalise import Event, FileFacts
from chalicelib.feeds.profiles import Dialect, FeedProfile
from chalicelib.feeds.rejected import shown
from chalicelib.feeds.unpack import Limits, unpacked
from chalicelib.feeds.values import as_instant


class Reader(Protocol):
    """One file of one dialect."""

    control: ControlResult | None

    def events(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """Every row as an event. Raises: RefusedFile."""


FEEDS: dict[Dialect, Callable[[Identified, FileFacts], Reader]] = {
    "delimited": DelimitedReader,
    "ingram_orders": IngramReader,
    "ingram_invoices": IngramReader,
}

_CLOCKS_APART = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A feed file being read. `covers` is the last local day the file speaks of completely. `events` may be
    iterated once; after that `reader.control` says which totals were verified, and `sha256()` is the digest of the
    unpacked content (so a file and its gzip are the same file)."""

    profile: FeedProfile
    as_of: datetime
    covers: date
    reader: Reader
    events: Iterator[Event]
    sha256: Callable[[], str]


def open_feed(
    chunks: Iterable[bytes], *, name: str, distributor: str, uploaded_at: datetime,
    profiles: Sequence[FeedProfile] = (), limits: Limits = Limits(),  # noqa: B008 - an immutable default
) -> OpenFeed:  # fmt: skip
    """Begin to read a file dropped in the folder of `distributor` at `uploaded_at` (aware instant).

    Raises: RefusedFile when nothing of the file may be counted; iterating the events may raise it too.
    """
    digest = hashlib.sha256()
    pieces = _digested(unpacked(chunks, name, limits), digest.update)
    taken: list[bytes] = []
    size = 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= HEAD_BYTES:
            break
    found = identify(b"".join(taken)[:HEAD_BYTES], name, profiles, distributor)
    as_of, covers = _stamp(found, name, uploaded_at)
    reader = FEEDS[found.profile.dialect](found, FileFacts(distributor, name, as_of))
    return OpenFeed(found.profile, as_of, covers, reader, reader.events(_again(taken, pieces)), digest.hexdigest)


def _digested(pieces: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def _again(taken: list[bytes], rest: Iterable[bytes]) -> Iterator[bytes]:
    """The head as one piece (a byte-order mark is never cut in two), then the rest."""
    head = b"".join(taken)
    taken.clear()
    yield head
    yield from rest


def _stamp(found: Identified, name: str, uploaded_at: datetime) -> tuple[datetime, date]:
    """The instant the file speaks of (aware, UTC) and the last day it covers.

    An instant covers the local days before it; a declared last day is covered itself. Raises: RefusedFile when the
    declared stamp is missing, or lies in the future, where it would outrank every later correction.
    """
    profile, rule = found.profile, found.profile.as_of
    moment = uploaded_at
    if rule.source != "upload":
        text = found.before if rule.source == "header" else name
        match = re.search(rule.pattern, text, re.MULTILINE)
        try:
            moment = as_instant(match[1] if match else "", rule.format, profile.zone)
        except ValueError:
            where = "its lines before the data" if rule.source == "header" else "its name"
            raise RefusedFile(
                f'{name}: says nowhere of what time it speaks; {where} ("{shown(text)}") should have a stamp like '
                f"{rule.format}. Add it and drop the file again, or change as_of of profile {profile.id}."
            ) from None
    if moment > uploaded_at + _CLOCKS_APART:
        raise RefusedFile(
            f"{name}: says it is of {moment:%Y-%m-%d}, after it was dropped ({uploaded_at:%Y-%m-%d}). Correct the "
            "stamp and drop it again."
        )
    day = local_day(moment, profile.zone)
    if rule.covers_through and rule.source != "upload":
        return starts_at(day + timedelta(days=1), profile.zone), day
    return moment, day - timedelta(days=1)
