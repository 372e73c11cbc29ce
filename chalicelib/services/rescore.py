"""Settle deal books again because something beside their facts changed: a program version, an enrollment, what the
account bought in other quarters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.purchases import look_back
from chalicelib.services.account_history import out_of_date, with_history
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

    def spread(self, changed: Collection[str], months: int, now: datetime) -> None:
        """These books were committed, or may have been by a process that died: settle every one again whose copy of
        what the account bought is not what its other books say, `months` back as far as any program asks (0: none
        does, and nothing is looked at)."""
        if changed and months:
            because = "what the account bought in other quarters"
            self.rescore(out_of_date(self.store, changed, months), because, now)

    def _one(self, key: str, because: str, now: datetime) -> bool:
        changed, again = False, True
        while again:
            step, again = until_committed(
                lambda: self._step(key, because, now), self.pause, f"deal book {key}"
            )  # fmt: skip
            changed = changed or step
        return changed

    def _step(self, key: str, because: str, now: datetime) -> tuple[bool, bool]:
        """Settle once: did it change anybody's points, and is another look needed, because the book is unfinished or
        took a new copy of what was bought elsewhere: it may have changed before this was committed."""
        seen = self.store.read(books=[key], programs=True)
        assert seen.programs is not None
        book, renewed = seen.books[key], False
        if book.revision and look_back(seen.programs.values()):
            stored, book = book, with_history(self.store, seen.books, seen.programs)[key]
            renewed = book is not stored
        [settlement] = settled(self.store, [book], seen.programs, {}, trust_books=False, because=because, now=now)
        if settlement.changed_points or book.unfinished or renewed:
            self.store.commit(merged([settlement]))
        return settlement.changed_points, settlement.book.unfinished or renewed
