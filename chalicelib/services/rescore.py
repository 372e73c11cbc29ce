"""Settle deal books again because something beside their facts changed: a program version, an enrollment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
        """Settle these books; how many of them changed anybody's points. A book that is right costs its read."""
        return sum(self._one(key, because, now) for key in books)

    def _one(self, key: str, because: str, now: datetime) -> bool:
        def attempt() -> bool:
            seen = self.store.read(books=[key], programs=True)
            assert seen.programs is not None
            book = seen.books[key]
            [settlement] = settled(
                self.store, [book], seen.programs, {}, trust_books=False, because=because, now=now
            )  # fmt: skip
            if not settlement.changed_points:
                return False
            self.store.commit(replace(merged([settlement])))
            return True

        return until_committed(attempt, self.pause, f"deal book {key}")
