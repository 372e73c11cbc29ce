"""Activation and what follows from it: everybody it is meant for is enrolled, and deals already known are settled.

The steps can stop anywhere: the same person repeating the request finds the program active and finishes the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.calendar import local_day
from chalicelib.domain.errors import Conflict
from chalicelib.domain.programs import Program
from chalicelib.services.ports import People, ProgramStore, Roster
from chalicelib.services.programs import activate
from chalicelib.services.sync_users import enroll_program

if TYPE_CHECKING:
    from chalicelib.domain.restatement import Restatement


class Rescores(Protocol):
    """Asks for reps' deals to be settled again."""

    def rescore(self, reps: Sequence[str], because: str) -> None:
        """Settle every book of these reps soon. Raises: KickerError when it could not be asked for."""


@dataclass(frozen=True, slots=True)
class StartProgram:
    """The use case with what it needs."""

    store: ProgramStore
    people: People
    roster: Roster
    rescores: Rescores

    def start(
        self,
        id: str,
        approver: str,
        now: datetime,
        effective_from: date | None,
        restated: Restatement | None = None,
    ) -> Program:
        """Activate the draft, enroll its audience, ask for their deals to be settled. Raises: as `activate`."""
        try:
            program = activate(self.store, id, approver, now, effective_from, restated)
        except Conflict:
            published = self.store.published(id)
            draft = self.store.draft(id)
            if draft is None or draft.activated_as is None or published[-1].approver != approver:
                raise
            program = published[-1].program
        enroll_program(program, self.people, self.roster, local_day(now, program.window.zone))
        reps = [standing.rep for standing in self.roster.standings(id)]
        self.rescores.rescore(reps, f"{program.name}, version {program.version}, was activated")
        return program
