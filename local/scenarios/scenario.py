"""What a scenario file says, as records: who takes part, what happened, what must have come of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.domain.orders import OrderLine
from chalicelib.domain.registrations import Registration


def person_id(name: str) -> str:
    """The Salesforce user id a person of this name has in every scenario."""
    return _id("005", name)


def record_id(prefix: str, name: str) -> str:
    """The Salesforce id of a record of this name: "a0D" registrations, "001" accounts."""
    return _id(prefix, name)


def _id(prefix: str, name: str) -> str:
    return f"{prefix}{hashlib.sha256(name.encode()).hexdigest()[:12]}AAA"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A program before it starts: its document, who wrote and who activates it, and on which local day."""

    id: str
    document: Mapping[str, object]
    author: str
    approver: str
    activated_on: date
    zone: str


@dataclass(frozen=True, slots=True)
class Joins:
    """A person is enrolled in every program from one local day to another (None: until further notice)."""

    name: str
    start: date
    end: date | None
    country: str = "US"


@dataclass(frozen=True, slots=True)
class Changes:
    """A new version of a program is written and activated; it rules from `start` (None: as early as it may)."""

    program: str
    document: Mapping[str, object]
    start: date | None


@dataclass(frozen=True, slots=True)
class Closes:
    """The feeds have reported up to `complete_to`, and whatever is due closes."""

    complete_to: date


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that must be so. `of` is "person", "deal" or "error"; `who` her name or the deal's; `program` and
    `layer` "" stand for the scenario's own program and all its layers together. `path` is where it is written."""

    path: str
    of: str
    who: str
    program: str
    layer: str
    what: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Then:
    """What must be so at this point of the story."""

    claims: tuple[Claim, ...]


Fact = Registration | OrderLine | Joins | Changes | Closes | Then


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: when it happened (UTC), what it was, and the line of the file that says so."""

    at: datetime
    fact: Fact
    path: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file. `programs` has the scenario's own program first; `happenings` are in the order of their dates;
    `ends_at` is when the expectations are looked at."""

    title: str
    proves: tuple[str, ...]
    programs: tuple[Drafted, ...]
    people: tuple[Joins, ...]
    happenings: tuple[Happening, ...]
    expected: tuple[Claim, ...]
    ends_at: datetime
