"""Bytes of a file, unpacked, with limits before anything is parsed.

A gzip bomb is refused by its ratio long before it is unpacked; a truncated or damaged archive is refused with that
word. Memory stays at a few buffers whatever the file's size.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.domain.errors import RefusedFile

_GZIP = b"\x1f\x8b"
_ENOUGH = 3  # bytes to know gzip and the byte-order mark by
_PIECE = 256 * 1024  # bytes unpacked at a time
_RATIO_FROM = 4 * 1024 * 1024  # a short file of spaces may well pack 500:1; from here on the ratio counts


@dataclass(frozen=True, slots=True)
class Limits:
    """`most_bytes` of text one file may hold when unpacked; `ratio` of unpacked to packed bytes."""

    most_bytes: int = 4 * 1024**3
    ratio: int = 100


def unpacked(chunks: Iterable[bytes], name: str, limits: Limits) -> Iterator[bytes]:
    """The file's text in pieces of at most 256 KB, gunzipped when it starts like gzip (whatever its name says).

    Raises: RefusedFile when it is larger than allowed, unpacks by more than the ratio, is damaged or truncated.
    """
    source = iter(chunks)
    first = b""
    for chunk in source:
        first += chunk
        if len(first) >= _ENOUGH:
            break
    total = 0
    pieces = _gunzipped(first, source, name, limits) if first.startswith(_GZIP) else _sliced(first, source)
    for piece in pieces:
        total += len(piece)
        if total > limits.most_bytes:
            raise RefusedFile(
                f"{name}: holds more than {limits.most_bytes:,} bytes of text. Split it into smaller files."
            )
        yield piece


def _sliced(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in _chained(first, rest):
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def _chained(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _gunzipped(first: bytes, rest: Iterable[bytes], name: str, limits: Limits) -> Iterator[bytes]:
    """All members of a gzip file, one after the other, at most `_PIECE` bytes at a time."""
    member = zlib.decompressobj(wbits=31)
    taken = given = 0
    for chunk in _chained(first, rest):
        taken += len(chunk)
        pending = chunk
        while pending:
            if member.eof:
                if not pending.strip(b"\0"):  # tar-style padding after the last member
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(pending, _PIECE)
            except zlib.error as error:
                raise RefusedFile(f"{name}: the gzip file is damaged ({error}). Send it again.") from error
            pending = member.unused_data if member.eof else member.unconsumed_tail
            given += len(piece)
            if given > _RATIO_FROM and given > taken * limits.ratio:
                raise RefusedFile(
                    f"{name}: unpacks to more than {limits.ratio} times its size, as only an archive bomb does. "
                    "Send the file unpacked."
                )
            if piece:
                yield piece
    if not member.eof:
        raise RefusedFile(f"{name}: the gzip file ends early, part of it is missing. Send it again.")
