"""Propose an adjustment, let another person approve it, and post it: one commit of the core store, like any score.

The approval is the posting: the book's next revision, the ledger entry and the standing are written together or not at
all, so a crash, a double click or two approvers at once post it once. Everything a person decided is in the book.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.domain.adjustments import Adjustment, Proposal, approved, book_of, is_adjustment, refused
from chalicelib.domain.adjustments import Change as Step
from chalicelib.domain.calendar import local_day
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.disputes import close
from chalicelib.domain.errors import Conflict, Forbidden, InvalidDocument, NotFound, Problem
from chalicelib.domain.periods import ruling
from chalicelib.domain.programs import Program
from chalicelib.domain.salesforce_values import same_person
from chalicelib.services.converge import Pause, merged, settled, until_committed
from chalicelib.services.core_port import Change, CoreStore, WorkEntry
from chalicelib.services.dispute_port import DisputeStore
from chalicelib.services.last_run import PeriodRecords, before_the_last_run, still_pays
from chalicelib.services.ports import Programs

AWAITING = "adjustment_awaiting"  # the work list of those that wait for an approver
_TRIES = 6


class AdjustmentStore(CoreStore, Protocol):
    """The core store, and how adjustments are listed."""

    def adjustments(self, program: str) -> list[Adjustment]:
        """All adjustments of a program, oldest first."""


@dataclass(frozen=True, slots=True)
class Adjustments:
    """The use case with what it needs."""

    store: AdjustmentStore
    programs: Programs
    money: PeriodRecords
    disputes: DisputeStore
    pause: Pause

    def propose(self, proposal: Proposal, author: str, now: datetime) -> Adjustment:
        """Keep the proposal until somebody else decides on it; the same one again is the one that is kept.

        Raises: Forbidden (one's own points), InvalidDocument (no such rep, program, layer or deal, more taken than she
        has), Refused (the program's last run has been).
        """
        if same_person(author, proposal.rep):
            raise Forbidden("Nobody proposes points for herself: ask a colleague.")
        still_pays(self.money, proposal.program)
        id, key = proposal.id(author), book_of(proposal.program, proposal.rep)

        def attempt() -> Adjustment:
            pair = (proposal.program, proposal.rep)
            seen = self.store.read(books=[key], standings=[pair], programs=True)
            book = seen.books[key]
            if id in book.adjustments:
                return book.adjustments[id]
            standing = seen.standings[pair]
            has = None if standing is None else standing.sums(proposal.layer).confirmed
            assert seen.programs is not None
            self._check(proposal, seen.programs.get(proposal.program, ()), has)
            adjustment = Adjustment(
                id, proposal.program, proposal.rep, proposal.layer, proposal.registration, proposal.points,
                proposal.reason, proposal.evidence, author, now, proposal.dispute,
                steps=(Step(now, author, "", "proposed"),),
            )  # fmt: skip
            what = {"rep": proposal.rep, "program": proposal.program, "points": proposal.points, "author": author}
            after = replace(book.with_adjustment(adjustment), revision=book.revision + 1)
            self.store.commit(
                Change(books=[after], located={id: key}, work=[WorkEntry(AWAITING, id, now, what)]),
            )
            return adjustment

        return until_committed(attempt, self.pause, f"adjustment {id}")

    def approve(self, id: str, by: str, now: datetime) -> Adjustment:
        """Post it. The same person again changes nothing. Raises: NotFound, Forbidden (author or rep), Conflict
        (decided already, more than she has, its dispute decided otherwise), Refused (the last run has been)."""

        def attempt() -> Adjustment:
            book, adjustment = self._find(id)
            if (adjustment.state, adjustment.approver) == ("posted", by):
                return adjustment
            self._agrees(adjustment)
            pair = (adjustment.program, adjustment.rep)
            seen = self.store.read(standings=[pair], programs=True)
            standing, programs = seen.standings[pair], seen.programs
            assert programs is not None
            if adjustment.program not in programs or standing is None:
                raise Conflict(f"{adjustment.program} is retired: adjustment {id} can only be refused.")
            window = ruling(programs[adjustment.program]).window
            counts_on = max(window.start, min(local_day(now, window.zone), window.end))
            posted = approved(adjustment, by, now, counts_on, standing.sums(adjustment.layer).confirmed)
            before_the_last_run(self.money, adjustment.program)
            [settlement] = settled(
                self.store, [book.with_adjustment(posted)], programs, seen.standings,
                trust_books=False, because=f"adjustment {id}", now=now,
            )  # fmt: skip
            done = WorkEntry(AWAITING, id, now, outcome=f"approved by {by}")
            self.store.commit(replace(merged([settlement]), work=[done]))
            return posted

        return self._closed(until_committed(attempt, self.pause, f"adjustment {id}"), now)

    def refuse(self, id: str, by: str, text: str, now: datetime) -> Adjustment:
        """Never post it. The same person again changes nothing. Raises: NotFound, Forbidden (the rep), Conflict
        (decided already)."""

        def attempt() -> Adjustment:
            book, adjustment = self._find(id)
            if (adjustment.state, adjustment.approver) == ("refused", by):
                return adjustment
            after = refused(adjustment, by, now, text)
            done = WorkEntry(AWAITING, id, now, outcome=f"refused by {by}")
            book = replace(book.with_adjustment(after), revision=book.revision + 1)
            self.store.commit(Change(books=[book], work=[done]))
            return after

        return self._closed(until_committed(attempt, self.pause, f"adjustment {id}"), now)

    def find(self, id: str) -> Adjustment:
        """The adjustment of that id. Raises: NotFound."""
        return self._find(id)[1]

    def all(self, programs: list[str], state: str = "") -> list[Adjustment]:
        """The adjustments of these programs, oldest first; of one state when given."""
        found = [a for program in programs for a in self.store.adjustments(program)]
        return [a for a in found if state in ("", a.state)]

    def _find(self, id: str) -> tuple[DealBook, Adjustment]:
        key = self.store.read(located=[id]).located.get(id) if is_adjustment(id) else None
        if key is None:
            raise NotFound(f"There is no adjustment {id}.")
        book = self.store.read(books=[key]).books[key]
        return book, book.adjustments[id]

    def _agrees(self, adjustment: Adjustment) -> None:
        """Its dispute, if it came out of one, was upheld with just this."""
        if not adjustment.dispute:
            return
        dispute = self.disputes.dispute(adjustment.dispute)
        if dispute is None or dispute.adjustment != adjustment.id:
            raise Conflict(f"Dispute {adjustment.dispute} was not upheld with adjustment {adjustment.id}: refuse it.")

    def _closed(self, adjustment: Adjustment, now: datetime) -> Adjustment:
        """The dispute it came out of ends with it. A crash before this is mended by the next close."""
        if adjustment.dispute:
            close_dispute(self.disputes, adjustment, now)
        return adjustment

    def _check(self, proposal: Proposal, versions: tuple[Program, ...], has: int | None) -> None:
        """Everything that must be there. Raises: InvalidDocument with all of what is not."""
        found: list[Problem] = []

        def unless(holds: bool, path: str, message: str, remedy: str) -> None:
            if not holds:
                found.append(Problem(path, message, remedy, str(getattr(proposal, path))))

        unless(bool(versions), "program", "is no active program", "GET /programs lists them")
        layers = [layer.id for layer in ruling(versions).layers] if versions else []
        unless(
            not versions or proposal.layer in layers, "layer", "is no layer of the program", f"use {', '.join(layers)}"
        )
        unless(not versions or has is not None, "rep", "was never enrolled in the program", "give her Salesforce id")
        unless(
            has is None or has + proposal.points >= 0, "points", "takes more than the rep has confirmed there",
            f"take at most {has}",
        )  # fmt: skip
        # Not only hers: it may be about a deal that was credited to somebody else.
        about = proposal.registration
        unless(
            not about or (not is_adjustment(about) and about in self.store.read(located=[about]).located),
            "registration", "is no deal we know", "give the Salesforce id of a registration, or leave it out",
        )  # fmt: skip
        if found:
            raise InvalidDocument("the adjustment", found)


def close_dispute(disputes: DisputeStore, adjustment: Adjustment, now: datetime) -> None:
    """Close the dispute an adjustment came out of, once it is posted or refused. Repeating it changes nothing."""
    for _ in range(_TRIES):
        dispute = disputes.dispute(adjustment.dispute)
        if dispute is None or dispute.adjustment != adjustment.id:
            return
        closed = close(dispute, adjustment.approver, adjustment.state, now)
        if closed == dispute or disputes.save_dispute(closed):
            return
