"""Who takes part in a program, and from which day to which (domain.md 17).

A rep takes part from the day her Salesforce user was created (in her own time zone) or the window's first day,
whichever is later; a leaver until the day she left, and keeps what she earned until then. Somebody we hear of only
after the window, because Salesforce was out of reach when it ended, takes part all the same while trailing runs pay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.calendar import local_day
from chalicelib.domain.periods import PAID_WITHIN, last_confirming_day
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

    @property
    def heard_at(self) -> datetime | None:
        """Instant we first heard of her; None when nobody noted it."""


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
    """Every enrollment that should stand by `today`, a day of the program's zone. Repeating it gives the same; people
    outside a program's audience, who left before its start or joined after its end, have none.

    A window that has ended takes in only whom we first heard of after it: the audience of the others was decided while
    it was open, and a change of team since does not count back.
    """
    due = []
    everyone = list(people)
    for program in programs:
        window = program.window
        if today > last_confirming_day(program) + PAID_WITHIN:  # the trailing runs have ended
            continue
        for person in everyone:
            if not belongs(person, program.audience) or (today > window.end and not _heard_after(person, program)):
                continue
            start = max(window.start, person.created_on or window.start)
            end = None if person.active else person.left_on
            left_unknown = not person.active and person.left_on is None
            if start > window.end or left_unknown or (end is not None and end < start):
                continue
            due.append(Enrollment(program.id, person.id, start, end))
    return sorted(due, key=lambda e: (e.program, e.rep))


def _heard_after(person: Someone, program: Program) -> bool:
    heard, window = person.heard_at, program.window
    return heard is not None and local_day(heard, window.zone) > window.end
