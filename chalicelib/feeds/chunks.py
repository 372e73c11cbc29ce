"""Chunks: what goes from `read_feed` to `score_lines` in one message.

A chunk names its file by content (sha256), its number and how many there are, so that scoring can say when the
whole file is scored, and a chunk delivered twice is counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from chalicelib.domain.orders import OrderLine

MOST_LINES = 25  # as many strongly consistent reads as one transaction's read set comfortably holds


@dataclass(frozen=True, slots=True)
class FileTag:
    """The file a chunk belongs to. `key` is its object key in the feed bucket; `sha256` that of its unpacked
    content; `chunks` how many it was cut into; `covers` the last local day it covers."""

    key: str
    distributor: str
    sha256: str
    chunks: int
    covers: date


@dataclass(frozen=True, slots=True)
class LineChunk:
    """At most 25 lines of one file. `number` counts from 1 to `file.chunks`."""

    file: FileTag
    number: int
    lines: tuple[OrderLine, ...]


_encode = msgspec.json.Encoder(decimal_format="string").encode
_decode = msgspec.json.Decoder(LineChunk).decode


def encode(chunk: LineChunk) -> str:
    """The body of a queue message. 25 lines of the longest texts allowed stay below 256 KB. The two code points that
    are no characters, which SQS refuses, are escaped."""
    return _encode(chunk).decode().replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


def decode(body: str | bytes) -> LineChunk:
    """The inverse of `encode`. Raises: msgspec.ValidationError for what never was a chunk."""
    return _decode(body)


def chunked(file: FileTag, lines: Iterable[OrderLine]) -> Iterator[LineChunk]:
    """The lines of a file in chunks, in the order of the file; the same file gives the same chunks again."""
    batch: list[OrderLine] = []
    number = 0
    for line in lines:
        batch.append(line)
        if len(batch) == MOST_LINES:
            number += 1
            yield LineChunk(file, number, tuple(batch))
            batch = []
    if batch:
        yield LineChunk(file, number + 1, tuple(batch))


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """What became of a chunk's lines, or of all lines of a file (domain.md 9, 41). `superseded` ones were older
    than what is known."""

    scored: int = 0
    pending: int = 0
    unmatched: int = 0
    duplicate: int = 0
    superseded: int = 0

    def __add__(self, other: ChunkCounts) -> ChunkCounts:
        """Both together."""
        return ChunkCounts(
            self.scored + other.scored,
            self.pending + other.pending,
            self.unmatched + other.unmatched,
            self.duplicate + other.duplicate,
            self.superseded + other.superseded,
        )

    def total(self) -> int:
        """All lines counted."""
        return self.scored + self.pending + self.unmatched + self.duplicate + self.superseded


def counted(lines: Iterable[OrderLine], fates: Mapping[str, str]) -> ChunkCounts:
    """The counts of a chunk from what scoring said of each line id ("scored", "pending", "unmatched", "duplicate"
    or "superseded"). A line told twice in one chunk has one fate; its other telling is superseded.

    Raises: KeyError when scoring said nothing of a line.
    """
    totals: dict[str, int] = {}
    seen: set[str] = set()
    for line in lines:
        fate = fates[line.id] if line.id not in seen else "superseded"
        seen.add(line.id)
        totals[fate] = totals.get(fate, 0) + 1
    return ChunkCounts(**totals)
