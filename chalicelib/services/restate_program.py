"""Change the rules of days that have begun: an explicit act in two steps (domain.md 30).

A second person asks what a draft would change from a day on, and gets every deal before and after. Sending the
report's digest back applies exactly that; when facts have moved in between, she is shown the new report instead.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.restatement import Restatement, restatement
from chalicelib.services.account_history import with_history
from chalicelib.services.core_port import Snapshot
from chalicelib.services.ports import ProgramStore, Roster
from chalicelib.services.programs import prepared
from chalicelib.services.start_program import StartProgram

MOST_REPS = 2_000  # whose deals one request reads within the API's time


class Books(Protocol):
    """The part of the core a restatement reads."""

    def books_of(self, rep: str) -> Sequence[DealBook]:
        """Every book the rep has an entry in."""

    def read(self, *, books: Collection[str] = ()) -> Snapshot:
        """Whole deal books, each strongly consistent."""


@dataclass(frozen=True, slots=True)
class RestateProgram:
    """The use case with what it needs."""

    store: ProgramStore
    books: Books
    roster: Roster
    starter: StartProgram

    def restate(self, id: str, approver: str, now: datetime, first_day: date, digest: str) -> tuple[Restatement, bool]:
        """The report, and whether it was applied: only when `digest` is that of the report as it stands now.

        Raises: NotFound, InvalidDocument with every reason against it, Conflict when the digest is of another report
        or the draft moved, Refused for a program of more than `MOST_REPS` reps.
        """
        draft = self.store.draft(id)
        if digest and draft is not None and draft.activated_as is not None:  # the first answer was lost
            done = self.store.published(id)[-1]
            if done.restated is not None and (done.restated.digest, done.approver) == (digest, approver):
                self.starter.start(id, approver, now, first_day)
                return done.restated, True
        program, _ = prepared(self.store, id, approver, now, first_day, restating=True)
        before = self.store.versions(id)
        fences = {standing.rep: standing.fence for standing in self.roster.standings(id)}
        if len(fences) > MOST_REPS:
            raise Refused(
                f"{id} has {len(fences):,} reps: a program of more than {MOST_REPS:,} is not restated in one request. "
                "Let the change rule from tomorrow, or make a second program for what it should have paid."
            )
        books = {book.key: book for rep in fences for book in self.books.books_of(rep)}
        books = with_history(self.books, books, {id: (*before, program)})
        report = restatement(books.values(), before, (*before, program), fences)
        if not digest:
            return report, False
        if digest != report.digest:
            raise Conflict(
                f"The report on {id} has changed since it was read: {report.changed:,} parts of deals would change "
                "now. Ask for it again, read it, and send its digest."
            )
        self.starter.start(id, approver, now, first_day, restated=report)
        return report, True
