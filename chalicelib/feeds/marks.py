"""A set of texts in little memory: for ids of a whole file, where a Python set would grow to 100 MB a million."""

from __future__ import annotations

from array import array


class Marks:
    """Remembers texts by 64-bit hashes in an open-addressed table: 16 to 32 MB for a million.

    Two different texts share a hash once in 10^7 files of a million lines; then the second one counts as seen.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * 1024))
        self._used = 0

    def add(self, text: str) -> bool:
        """Remember; True when it is new."""
        return self._put(_mark(text))

    def __contains__(self, text: str) -> bool:
        return bool(self._table[self._slot(_mark(text))])

    def __len__(self) -> int:
        return self._used

    def _slot(self, mark: int) -> int:
        """Where the mark is, or would be put."""
        table = self._table
        mask = len(table) - 1
        slot = mark & mask
        while table[slot] and table[slot] != mark:
            slot = (slot + 1) & mask
        return slot

    def _put(self, mark: int) -> bool:
        slot = self._slot(mark)
        if self._table[slot]:
            return False
        self._table[slot] = mark
        self._used += 1
        if self._used * 2 > len(self._table):
            old, self._table, self._used = self._table, array("Q", bytes(16 * len(self._table))), 0
            for known in old:
                if known:
                    self._put(known)
        return True


def _mark(text: str) -> int:
    return (hash(text) & 0xFFFFFFFFFFFFFFFF) or 1
