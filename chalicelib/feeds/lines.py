"""Physical lines of a text file in blocks, decoded by policy, each with its number.

Encoding policy: a byte-order mark, else strict UTF-8, else the encoding the profile declares; no guessing. The file
is taken for the declared encoding from the first byte that is no UTF-8, unless UTF-8 letters came before: then that
row alone is wrong. Lines are split at newlines only (not at U+2028 and the like), so that their numbers are those
an editor shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CONTROL = bytes(b for b in (*range(0x20), 0x7F) if b not in b"\t\n\r")
_CONTROL_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
LONGEST_LINE = 1024 * 1024
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Block:
    """Some consecutive lines without their line ends. `first` is the number of the first one, from 1. `bad` maps
    an index to the reason its line cannot be read (a key of REMEDIES); the text there is only for showing."""

    first: int
    lines: list[str]
    bad: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Decoder:
    declared: str
    seen_utf8: bool = False
    current: str = "utf-8"

    def block(self, body: bytes, first: int) -> Block:
        """Whole lines (the last newline may be missing)."""
        bad: dict[int, str] = {}
        try:
            text = body.decode(self.current)
            self.seen_utf8 = self.seen_utf8 or (self.current == "utf-8" and not body.isascii())
        except UnicodeDecodeError:
            return self._one_by_one(body, first)
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        if len(body.translate(None, CONTROL)) != len(body) or "\r" in text:
            bad = {i: "control character" for i, line in enumerate(lines) if _CONTROL_TEXT.search(line)}
        return Block(first, lines, bad)

    def _one_by_one(self, body: bytes, first: int) -> Block:
        """A block with a line that is not in the current encoding."""
        block = Block(first, [])
        for index, raw in enumerate(body.removesuffix(b"\n").split(b"\n")):
            line = self._line(raw.removesuffix(b"\r"))
            if line is None:
                block.bad[index] = "wrong encoding"
                line = raw.decode("ascii", "backslashreplace")
            elif _CONTROL_TEXT.search(line):
                block.bad[index] = "control character"
            block.lines.append(line)
        return block

    def _line(self, raw: bytes) -> str | None:
        try:
            line = raw.decode(self.current)
            self.seen_utf8 = self.seen_utf8 or (self.current == "utf-8" and not raw.isascii())
            return line
        except UnicodeDecodeError:
            if self.current == self.declared or self.seen_utf8:
                return None
        self.current = self.declared
        return self._line(raw)


def blocks(chunks: Iterable[bytes], encoding: str) -> Iterator[Block]:
    """All lines of the file; a byte-order mark lies whole in its first piece.

    A line above 1 MB is skipped, not held in memory, and marked "line too long"."""
    decoder = _Decoder("utf-8" if encoding.lower() in ("utf8", "utf-8-sig") else encoding)
    rest = b""
    number = 1
    skipping = started = False
    for piece in chunks:
        chunk = piece
        if not started:
            started = True
            if piece.startswith(_BOM):
                chunk, decoder.seen_utf8 = piece[len(_BOM) :], True
        if skipping:
            end = chunk.find(b"\n")
            if end < 0:
                continue
            chunk, skipping = chunk[end + 1 :], False
        end = chunk.rfind(b"\n") + 1
        if end:
            block = decoder.block(rest + chunk[:end], number)
            number += len(block.lines)
            yield block
            rest = chunk[end:]
        else:
            rest += chunk
        if len(rest) > LONGEST_LINE:
            yield Block(number, [rest[:200].decode("ascii", "backslashreplace")], {0: "line too long"})
            rest, skipping = b"", True
            number += 1
    if rest:
        yield decoder.block(rest, number)
