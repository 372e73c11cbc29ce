"""A scenario file read whole: every problem at once, each with its line, what is allowed and the nearest spelling."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from chalicelib.domain.calendar import zone
from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.errors import Problem
from chalicelib.domain.registrations import Registration
from local.scenarios.expected_part import read_expected
from local.scenarios.facts_part import (
    LINE_VERBS,
    REGISTRATION_VERBS,
    Told,
    instant_of,
    line,
    read_line,
    read_registration,
    registrations,
)
from local.scenarios.program_part import read_changes, read_program
from local.scenarios.scenario import Changes, Claim, Closes, Drafted, Fact, Happening, Joins, Scenario, Then
from local.scenarios.sheet import read_sheet

OTHER_VERBS = ("joins", "changes", "closes", "then")
VERBS = (*REGISTRATION_VERBS, *LINE_VERBS, *OTHER_VERBS)


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file. Raises: InvalidDocument with every problem; OSError, UnicodeDecodeError."""
    return scenario_from(path.read_text(encoding="utf-8"), path.name)


def scenario_from(text: str, what: str) -> Scenario:
    """The scenario of a YAML text; `what` names it in errors. Raises: InvalidDocument with every problem."""
    sheet = read_sheet(text, what)
    problems: list[Problem] = []
    reader = _Reader(Fields(sheet.values, "", problems), problems)
    scenario = reader.read()
    if problems:
        raise sheet.told(what, problems)
    return scenario


class _Reader:
    """The parts of one file, in the order they depend on each other."""

    def __init__(self, fields: Fields, problems: list[Problem]) -> None:
        self.fields, self.problems = fields, problems
        self.programs: list[Drafted] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.people: dict[str, Joins] = {}
        self.names: list[str] = []
        self.deals: dict[str, Registration] = {}

    def read(self) -> Scenario:
        title = self.fields.text("scenario", longest=200)
        proves = self.fields.texts("proves", least=1, most=60)
        self._programs()
        self._people()
        happened = self._happened()
        expected = self.fields.child("expected")
        ends_at = max([h.at for h in happened], default=_noon(self.programs[0]))
        if expected.has("on"):
            ends_at = instant_of(expected, self.programs[0].zone)[0]
        claims = self._claims(expected)
        if not claims and not any(isinstance(h.fact, Then) for h in happened):
            self.fields.complain("expected", "expects nothing", "Write what people, deals or errors must look like.")
        self.fields.end()
        return Scenario(
            title, proves, tuple(self.programs), tuple(self.people.values()), tuple(happened), claims, ends_at
        )

    def _programs(self) -> None:
        self.programs.append(read_program(self.fields.child("program"), ""))
        if self.fields.has("programs"):
            others = self.fields.child("programs")
            self.programs += [read_program(others.child(name), name) for name in others.names()]
        self.documents = {p.id: dict(p.document) for p in self.programs}

    def _people(self) -> None:
        start = self.programs[0].activated_on + timedelta(days=1)
        if self.fields.has("people"):
            part = self.fields.child("people")
            self.people = {name: _joins(part.child(name), name, start) for name in part.names()}

    def _happened(self) -> list[Happening]:
        told = [(event, self._verb(event)) for event in self.fields.children("what happened", most=500)]
        # Somebody who joins later is known from the first event on: a deal may be hers before she is enrolled.
        self.names = [*self.people, *(str(event.raw("joins")) for event, verb in told if verb == "joins")]
        zone_name = self.programs[0].zone
        said = [read_registration(e, v, zone_name, self.names) for e, v in told if v in REGISTRATION_VERBS]
        versions = registrations(said)
        self.deals = {t.name: r for t, r in versions}
        found = [Happening(t.at, r, t.path) for t, r in versions]
        for row, (event, verb) in enumerate(told, start=2):
            if verb in LINE_VERBS:
                document = read_line(event, verb, zone_name)
                self._quoted(event, document)
                found.append(Happening(document.at, line(document, self.deals, row), event.path))
            elif verb in OTHER_VERBS:
                at, day = instant_of(event, zone_name)
                found.append(Happening(at, self._other(event, verb, day), event.path))
        order = {event.path: position for position, (event, _) in enumerate(told)}
        return sorted(found, key=lambda h: (h.at, order[h.path]))

    def _verb(self, event: Fields) -> str:
        """The one word that says what happened; "" when there is none or more than one, which is then reported."""
        found = [verb for verb in VERBS if event.has(verb)]
        if len(found) == 1:
            return found[0]
        if event.is_object:
            near = next((near for name in event.names() if (near := nearest(name, VERBS))), "")
            hint = f' Did you mean "{near}"?' if near and not found else ""
            event.complain(
                "", "says nothing that happened" if not found else "says two things at once",
                f"Write one of: {', '.join(VERBS)}.{hint}", ", ".join(event.names()),
            )  # fmt: skip
        return ""

    def _quoted(self, event: Fields, document: Told) -> None:
        number = document.said["for"]
        if number and number not in self.deals:
            near = nearest(number, self.deals)
            hint = f' Did you mean "{near}"?' if near else ""
            event.complain(
                "for", "is no registration of this scenario", f"Leave it out if nobody registered it.{hint}", number
            )

    def _other(self, event: Fields, verb: str, day: date) -> Fact:
        if verb == "joins":
            return _joins(event, event.text("joins"), day)
        if verb == "closes":
            event.choice("closes", ("the period",))
            complete_to = event.day("feeds complete to") if event.has("feeds complete to") else None
            event.end()
            return Closes(complete_to or day)
        if verb == "changes":
            return self._changes(event)
        then = event.child("then")
        event.end()
        return Then(self._claims(then))

    def _changes(self, event: Fields) -> Changes:
        id = event.choice("changes", [p.id for p in self.programs])
        document = copy.deepcopy(self.documents[id])
        read_changes(event, document)
        start = event.day("from") if event.has("from") else None
        event.end()
        self.documents[id] = document  # the next change starts from this one
        return Changes(id, document, start)

    def _claims(self, fields: Fields) -> tuple[Claim, ...]:
        found = read_expected(fields, self.names, self.deals, [p.id for p in self.programs[1:]])
        fields.end()
        return found


def _joins(fields: Fields, name: str, start: date) -> Joins:
    first = fields.day("from") if fields.has("from") else None
    last = fields.day("to") if fields.has("to") else None
    country = fields.text("country", required=False) or "US"
    fields.end()
    return Joins(name, first or start, last, country)


def _noon(program: Drafted) -> datetime:
    return datetime.combine(program.activated_on, time(12), tzinfo=zone(program.zone)).astimezone(UTC)
