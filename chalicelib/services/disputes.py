"""File a dispute, ask, answer, withdraw, decide: each step one conditional write of one record (domain.md 32).

A dispute holds back its own award and nothing else; which award that is, the next payout run reads from the record.
What a decision posts is an adjustment, which another person approves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.domain.adjustments import Change, Proposal
from chalicelib.domain.disputes import (
    Dispute,
    Filing,
    Outcome,
    answer,
    ask,
    decide,
    dispute_id,
    withdraw,
)
from chalicelib.domain.errors import Conflict, Forbidden, InvalidDocument, NotFound, Problem, Refused
from chalicelib.domain.periods import ruling
from chalicelib.services.adjustments import Adjustments
from chalicelib.services.deal_views import deal_of
from chalicelib.services.dispute_port import DisputeStore
from chalicelib.services.last_run import PeriodRecords, before_the_last_run, still_pays
from chalicelib.services.ports import Programs
from chalicelib.services.rep_views import CoreReader

_TRIES = 6
MOST_OF_A_DEAL = 20  # disputes of one deal under one program, one after the other


@dataclass(frozen=True, slots=True)
class Disputes:
    """The use case with what it needs."""

    store: DisputeStore
    money: PeriodRecords
    programs: Programs
    reader: CoreReader
    adjustments: Adjustments

    def file(self, rep: str, filing: Filing, now: datetime) -> tuple[Dispute, bool]:
        """The rep's dispute of her deal, with the deal as she sees it now, and whether it is new: the one that lives
        already is returned instead of a second one.

        Raises: NotFound (not her deal), Forbidden (she sees it and somebody else is credited), InvalidDocument (no such
        program or layer), Refused (the program's last run has been).
        """
        still_pays(self.money, filing.program)
        versions = self.programs.active().get(filing.program)
        deal = next((d for b in self.reader.books_of(rep) for d in b.registrations.values()
                     if d.id == filing.registration and rep in d.seen_by()), None)  # fmt: skip
        if deal is None:
            raise NotFound(f"you have no deal with the registration {filing.registration}")
        if rep not in {credit.rep for credit in (*deal.credits, *deal.overlays)}:
            raise Forbidden(f"{deal.number or deal.id} is credited to somebody else: only she may dispute it.")
        if versions is None:
            raise _no("program", "is no active program", "GET /programs lists them", filing.program)
        layers = [layer.id for layer in ruling(versions).layers]
        if filing.layer and filing.layer not in layers:
            raise _no("layer", "is no layer of the program", f"use {', '.join(layers)}, or leave it out", filing.layer)
        for number in range(MOST_OF_A_DEAL):
            id = dispute_id(filing.program, rep, deal.id, number)
            found = self.store.dispute(id)
            if found is None:
                new = Dispute(
                    id, rep, deal.id, deal.number, filing.program, filing.layer, filing.reason, filing.text, now, now,
                    ruling(versions).window.zone, self.evidence(rep, deal.id, filing.program, now) or {},
                    steps=(Change(now, rep, "", "open", filing.reason),),
                )  # fmt: skip
                if self.store.save_dispute(new):
                    return self._in_time(new, now), True
                found = self.store.dispute(id)
            if found is not None and found.live:
                return found, False
        raise Refused(f"{deal.number or deal.id} was disputed {MOST_OF_A_DEAL} times: talk to your operations team.")

    def evidence(self, rep: str, registration: str, program: str, now: datetime) -> dict[str, Any] | None:
        """The deal as the rep sees it at `now`, under that program only: facts, lines, awards and proof tree. None
        when it is hers no more."""
        try:
            deal = deal_of(rep, registration, self.programs, self.reader, now)
        except NotFound:
            return None
        told: dict[str, Any] = msgspec.to_builtins(deal)
        told["programs"] = [p for p in told["programs"] if p["program"] == program]
        return told

    def answer(self, id: str, rep: str, text: str, now: datetime) -> Dispute:
        """The rep says more. Raises: NotFound (not hers), Conflict (decided)."""
        return self._changed(id, lambda d: answer(d, text, now), rep)

    def withdraw(self, id: str, rep: str, now: datetime) -> Dispute:
        """The rep takes it back. Raises: NotFound (not hers), Conflict (decided)."""
        return self._changed(id, lambda d: withdraw(d, now), rep)

    def ask(self, id: str, by: str, text: str, now: datetime) -> Dispute:
        """A reviewer asks. Raises: NotFound, Forbidden (her own), Conflict (decided)."""
        return self._changed(id, lambda d: ask(d, by, text, now))

    def decide(
        self,
        id: str,
        by: str,
        outcome: Outcome,
        reason: str,
        text: str,
        adjustment: Mapping[str, Any] | None,
        now: datetime,
    ) -> Dispute:
        """A reviewer decides; `adjustment` {"layer", "points"} is proposed in her name and waits for somebody else.

        The proposal is kept first: a crash in between leaves one that nobody can approve, and the same decision again
        finds it. Raises: NotFound, Forbidden (her own), Conflict (decided otherwise), InvalidDocument, Refused.
        """
        dispute = self.find(id)
        proposal = None
        if adjustment is not None:
            proposal = Proposal(
                dispute.rep, dispute.program, adjustment["layer"], dispute.registration, adjustment["points"], text,
                f"dispute {id}: {reason}", id,
            )  # fmt: skip
        named = proposal.id(by) if proposal is not None else ""
        decide(dispute, by, outcome, reason, text, named, now)
        if proposal is not None:
            self.adjustments.propose(proposal, by, now)
        return self._changed(id, lambda d: decide(d, by, outcome, reason, text, named, now))

    def find(self, id: str, rep: str = "") -> Dispute:
        """The dispute of that id; with `rep` only if it is hers. Raises: NotFound."""
        found = self.store.dispute(id)
        if found is None or rep not in ("", found.rep):
            raise NotFound(f"There is no dispute {id}.")
        return found

    def of(self, programs: list[str], rep: str = "", state: str = "") -> list[Dispute]:
        """The disputes of these programs, oldest first; of one rep and in one state when given."""
        found = [d for program in programs for d in self.store.disputes(program)]
        return sorted(
            (d for d in found if rep in ("", d.rep) and state in ("", d.state)), key=lambda d: (d.filed_at, d.id)
        )

    def _in_time(self, new: Dispute, now: datetime) -> Dispute:
        """The dispute, when no close has ended the runs meanwhile; else it is taken back. Raises: Refused."""
        try:
            before_the_last_run(self.money, new.program)
        except Refused as late:
            if not isinstance(late, Conflict):
                self._changed(new.id, lambda d: withdraw(d, now))
            raise
        return new

    def _changed(self, id: str, change: Callable[[Dispute], Dispute], rep: str = "") -> Dispute:
        """The dispute after a change that was stored, or was stored before."""
        for _ in range(_TRIES):
            dispute = self.find(id, rep)
            after = change(dispute)
            if after == dispute or self.store.save_dispute(after):
                return after
        raise Conflict(f"Dispute {id} keeps changing: read it again.")


def _no(path: str, message: str, remedy: str, value: str) -> InvalidDocument:
    return InvalidDocument("the dispute", [Problem(path, message, remedy, value[:100])])
