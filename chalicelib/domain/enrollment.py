"""Who takes part in a program, and from which day to which (domain.md 17).

A rep takes part from the day her Salesforce user was created (in her own time zone) or the window's first day,
whichever is later; a leaver until the day she left, and keeps what she earned until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.domain.programs import Program


class Someone(Protocol):
    """What enrollment needs to know of a person."""

    @property
    def id(self) -> str:
        """Salesforce user id, 18 characters."""

    @property
    def active(self) -> bool:
        """May she log in today?"""

    @property
    def department(self) -> str:
        """As in Salesforce; "" when none."""

    @property
    def role(self) -> str:
        """Name of the user role; "" when none."""

    @property
    def created_on(self) -> date | None:
        """Local day her user was created; None when unknown."""

    @property
    def left_on(self) -> date | None:
        """Local day she was deactivated; None while active."""


@dataclass(frozen=True, slots=True, order=True)
class Enrollment:
    """One rep in one program; both days count, `end` None is until further notice."""

    program: str
    rep: str
    start: date
    end: date | None


def belongs(person: Someone, audience: Sequence[str]) -> bool:
    """Is the person in the audience? It names departments, roles or user ids (capitals do not matter); an empty
    one is everybody."""
    if not audience:
        return True
    hers = {person.id.casefold(), person.department.casefold(), person.role.casefold()} - {""}
    return any(name.strip().casefold() in hers for name in audience)


def enrollments_due(people: Iterable[Someone], programs: Iterable[Program], today: date) -> list[Enrollment]:
    """Every enrollment that should stand, for programs whose window has not ended by `today` (a day of the
    program's zone). Repeating it gives the same; people outside a program's audience, who left before its start or
    joined after its end, have none.
    """
    due = []
    everyone = list(people)
    for program in programs:
        window = program.window
        if today > window.end:
            continue
        for person in everyone:
            if not belongs(person, program.audience):
                continue
            start = max(window.start, person.created_on or window.start)
            end = None if person.active else person.left_on
            left_unknown = not person.active and person.left_on is None
            if start > window.end or left_unknown or (end is not None and end < start):
                continue
            due.append(Enrollment(program.id, person.id, start, end))
    return sorted(due, key=lambda e: (e.program, e.rep))
