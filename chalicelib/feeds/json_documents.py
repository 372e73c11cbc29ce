"""JSON documents out of a stream: one object, an array of objects, or one object a line (NDJSON).

Only brackets and quotes are looked at until an object is whole, so memory is one document, not the file; depth and
size are limited before anything is parsed. Numbers come back as the text that stood there: `1e309`, `NaN` and
33.60 are then read by the same rules as in a CSV file, and nothing passes through a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.feeds.rejected import RejectedRow, rejected

_MOST_BYTES = 8 * 1024 * 1024
_MOST_DEPTH = 64
_STRUCTURE = re.compile(rb'["{}\[\]]')
_STRING_PART = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)  # up to the closing quote, or half an escape
_TAIL = 200  # bytes of a bad document that are shown


class _Splitter:
    """Finds where objects begin and end, piece by piece."""

    def __init__(self) -> None:
        self.buffer = b""
        self.line = 1  # line of the first byte of the buffer
        self.at = 0  # the buffer is looked at up to here
        self.start = -1  # where the current object begins in the buffer
        self.depth = 0  # brackets open inside the current object
        self.too_large = False
        self.in_string = False

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes | None]]:
        """(line, document) for every object that ends in this piece; None for one above the limits."""
        self.buffer += piece
        while self._out_of_string():
            found = _STRUCTURE.search(self.buffer, self.at)
            if found is None:
                self.at = len(self.buffer)
                break
            self.at = found.end()
            if found[0] == b'"':
                self.in_string = True
            else:
                yield from self._bracket(found[0], found.start())
        if self.start < 0:
            self._drop(self.at)
        elif len(self.buffer) - self.start > _MOST_BYTES:
            self.too_large = True
            self._drop(self.at)
            self.start = 0

    def _out_of_string(self) -> bool:
        """Skip the rest of the string we are in; False when it does not end in this piece."""
        if self.in_string:
            part = _STRING_PART.match(self.buffer, self.at)
            assert part is not None, "the pattern matches anything, if only nothing"
            self.at = part.end()
            if self.buffer[self.at : self.at + 1] != b'"':
                return False
            self.at += 1
            self.in_string = False
        return True

    def _bracket(self, sign: bytes, place: int) -> Iterator[tuple[int, bytes | None]]:
        if self.start < 0:
            if sign == b"{":
                self._drop(place)
                self.start, self.depth, self.at = 0, 1, 1
            return
        self.depth += 1 if sign in b"{[" else -1
        self.too_large = self.too_large or self.depth > _MOST_DEPTH
        if self.depth == 0:
            yield self.line, None if self.too_large else self.buffer[self.start : place + 1]
            self.start, self.too_large = -1, False

    def _drop(self, upto: int) -> None:
        self.line += self.buffer.count(b"\n", 0, upto)
        self.buffer = self.buffer[upto:]
        self.at -= upto


def documents(pieces: Iterable[bytes], name: str) -> Iterator[tuple[int, dict[str, Any]] | RejectedRow]:
    """(line on which it starts, document) for every object; a RejectedRow for one that is no JSON, is too large or
    too deep, or ends before it is closed."""
    splitter = _Splitter()
    for piece in pieces:
        for line, body in splitter.feed(piece):
            if body is None:
                yield rejected(name, line, "", "", "document too large")
                continue
            try:
                yield line, _parsed(body)
            except (ValueError, RecursionError) as error:
                yield rejected(
                    name, line, "", body[:_TAIL].decode("utf-8", "replace"), "not a document", str(error)[:120]
                )
    if splitter.start >= 0:
        tail = splitter.buffer[:_TAIL].decode("utf-8", "replace")
        yield rejected(name, splitter.line, "", tail, "not a document", "the file ends inside it")


def _parsed(body: bytes) -> dict[str, Any]:
    """The document. Raises: ValueError for what is no JSON, or holds half a character, which nobody could store."""
    found: dict[str, Any] = json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    if b"\\u" in body:  # an escape can name one half of a surrogate pair
        json.dumps(found, ensure_ascii=False).encode()
    return found
