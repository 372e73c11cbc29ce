"""Settle deal books again because something beside their facts changed: a program version, an enrollment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.services.converge import Pause, merged, settled, until_committed
from chalicelib.services.core_port import CoreStore


@dataclass(frozen=True, slots=True)
class Rescorer:
    """The use case with what it needs."""

    store: CoreStore
    pause: Pause

    def rescore_rep(self, rep: str, because: str, now: datetime) -> int:
        """Settle every book the rep has a deal in; how many of them changed anybody's points."""
        return self.rescore([book.key for book in self.store.books_of(rep)], because, now)

    def rescore(self, books: Sequence[str], because: str, now: datetime) -> int:
        """Settle these books; how many of them changed anybody's points. A book that is right costs its read, a large
        one is settled in several steps."""
        return sum(self._one(key, because, now) for key in books)

    def _one(self, key: str, because: str, now: datetime) -> bool:
        changed, unfinished = False, True
        while unfinished:
            step, unfinished = until_committed(
                lambda: self._step(key, because, now), self.pause, f"deal book {key}"
            )  # fmt: skip
            changed = changed or step
        return changed

    def _step(self, key: str, because: str, now: datetime) -> tuple[bool, bool]:
        """Settle once: did it change anybody's points, and is the book unfinished?"""
        seen = self.store.read(books=[key], programs=True)
        assert seen.programs is not None
        book = seen.books[key]
        [settlement] = settled(self.store, [book], seen.programs, {}, trust_books=False, because=because, now=now)
        if settlement.changed_points or book.unfinished:
            self.store.commit(merged([settlement]))
        return settlement.changed_points, settlement.book.unfinished
