"""Settle deal books with the fences they need: the last step of every event, and the retry around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from chalicelib.domain.dealbook import ROOM, DealBook, Settlement, StandingChange, settle
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Fence, Standing
from chalicelib.services.core_port import Change, CoreStore, Lost

# Twelve tries with a full-jitter pause up to 2 s end within a minute: Salesforce waits that long for an Ack.
TRIES = 12

Pause = Callable[[int], None]
"""Waits a jittered moment before try number n (1, 2, ...). Injected: services know no clock."""

Answer = TypeVar("Answer")


def until_committed(attempt: Callable[[], Answer], pause: Pause, what: str) -> Answer:
    """Run `attempt` (read, decide, commit) until its commit is not lost.

    Raises: BrokenPromise naming `what` after `TRIES` lost commits: the caller's trigger delivers it again.
    """
    for tried in range(TRIES):
        if tried:
            pause(tried)
        try:
            return attempt()
        except Lost:
            continue
    raise BrokenPromise(f"{what} lost {TRIES} commits in a row: it will be delivered again")


def fences_for(
    store: CoreStore,
    books: Collection[DealBook],
    programs: Mapping[str, tuple[Program, ...]],
    read: Mapping[tuple[str, str], Standing | None],
    *,
    trust_books: bool,
) -> dict[tuple[str, str], Fence | None]:
    """The fences these books need: from the standings already read, else as the book last saw them, else by one
    more read. A book's memory may be old; the commit is conditional on it, and the retry reads for itself
    (`trust_books` False), so being wrong costs a retry, never a wrong score."""
    needed = {pair for book in books for pair in book.pairs(programs) if pair[0] in programs}
    fences: dict[tuple[str, str], Fence | None] = {}
    for pair in needed:
        if pair in read:
            standing = read[pair]
            fences[pair] = standing.fence if standing else None
        elif trust_books:
            remembered = next((b.fences[pair] for b in books if pair in b.fences), None)
            if remembered:
                fences[pair] = Fence.read(remembered)
    if missing := needed - set(fences):
        for pair, standing in store.read(standings=missing).standings.items():
            fences[pair] = standing.fence if standing else None
    return fences


def settled(
    store: CoreStore,
    books: Collection[DealBook],
    programs: Mapping[str, tuple[Program, ...]],
    read: Mapping[tuple[str, str], Standing | None],
    *,
    trust_books: bool,
    because: str,
    now: datetime,
    room: int = ROOM,
) -> list[Settlement]:
    """Settle every book against the programs, in key order; together they write at most `room` entries and standings
    (or those of one rep a book), the rest of a larger book is for the next settlement."""
    fences = fences_for(store, books, programs, read, trust_books=trust_books)
    room //= max(len(books), 1)
    return [
        settle(
            book, programs, {p: fences[p] for p in book.pairs(programs) if p in fences},
            because=because, now=now, room=room,
        )
        for book in sorted(books, key=lambda b: b.key)
    ]  # fmt: skip


def merged(settlements: Collection[Settlement]) -> Change:
    """The writes of several settlements as one change. One standing touched by two books becomes one update."""
    standings: dict[tuple[str, str], StandingChange] = {}
    for change in (c for s in settlements for c in s.standings):
        pair = (change.program, change.rep)
        standings[pair] = standings[pair].plus(change) if pair in standings else change
    return Change(
        books=[s.book for s in settlements],
        entries=[e for s in settlements for e in s.entries],
        standings=list(standings.values()),
    )
