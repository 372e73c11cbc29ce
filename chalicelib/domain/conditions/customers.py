"""Conditions on the customer, as stamped on the registration: its size, vertical, region, public sector or not.

All are as of the deal's date: the stamp of the registration counts, nothing is looked up later (domain.md 14, W17,
W56).
"""
# ruff: noqa: ARG004, D102 - every condition is read in the same way, and said once what it answers: at `Condition`.

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.domain.awards import Change
from chalicelib.domain.conditions.subjects import Arguments, Judged, Subject, Tables, Told, folded, named, one_of
from chalicelib.domain.documents import Fields, nearest

Band = tuple[str, int, int | None]
"""A name, the least and the most employees, both included; None: no limit."""


@dataclass(frozen=True, slots=True)
class CustomerSize(Told):
    """The customer's number of employees lies in one of these bands of the program's `size_bands`; a registration
    without a number may name the band. `bands` are all of the program's."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ("employees", "segment")
    names: tuple[str, ...]
    bands: tuple[Band, ...]

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        names = fields.texts("customer_size", least=1, most=20)
        known = tables.size_bands or {}
        by_name = {folded(name): name for name in known}
        for i, name in enumerate(names):
            if name and folded(name) not in by_name:
                near = nearest(name, known)
                hint = f' Did you mean "{near}"?' if near else ""
                remedy = f'Add it to "size_bands" with its number of employees.{hint}'
                fields.complain(f"customer_size[{i}]", "is no size of this program", remedy, name)
        bands = tuple((name, least, most) for name, (least, most) in known.items())
        return (("names", tuple(by_name.get(folded(n), n) for n in names)), ("bands", bands))

    def band(self, subject: Subject) -> str | None:
        """The band the customer is in, "" when in none, None when nothing is known. The number decides."""
        deal = subject.deal
        if deal is None or (deal.employees is None and not deal.segment):
            return None
        if deal.employees is not None:
            found = (
                n
                for n, least, most in self.bands
                if least <= deal.employees and (most is None or deal.employees <= most)
            )
            return next(found, "")
        return next((n for n, _, _ in self.bands if folded(n) == folded(deal.segment)), "")

    def judge(self, subject: Subject) -> bool | None:
        band = self.band(subject)
        return None if band is None else band in self.names

    def describe(self) -> str:
        return f"a customer of size {one_of(tuple(self._shown(n) for n in self.names))}"

    def value(self, subject: Subject) -> str:
        band, deal = self.band(subject), subject.deal
        if band is None or deal is None:
            return "no customer size"
        if deal.employees is None:
            return deal.segment if band else f"{deal.segment} (in no band)"
        return f"{deal.employees:,} employees ({band or 'in no band'})"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        text = f"only {self.describe()} counts"
        return (self._to([b for b in self.bands if b[0] in self.names], subject, text),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        others = [b for b in self.bands if b[0] not in self.names]
        return (self._to(others, subject, f"{self.describe()} does not count"),)

    def _to(self, bands: list[Band], subject: Subject, text: str) -> Change:
        """The nearest edge of the bands, from the number of employees there is."""
        deal = subject.deal
        have = deal.employees if deal is not None else None
        edges = [e for _, least, most in bands for e in (least, most) if e is not None]
        near = min(edges, key=lambda e: (abs(e - (have or 0)), e), default=None)
        to = "" if near is None else str(near)
        if self.band(subject) is None:
            return Change("employees", to, "state the customer's number of employees on the registration", "state")
        return Change("employees", to, text)

    def _shown(self, name: str) -> str:
        for known, least, most in self.bands:
            if known == name:
                return f"{name} ({least:,} {f'to {most:,}' if most is not None else 'or more'} employees)"
        return name


@dataclass(frozen=True, slots=True)
class Stamped(Told):
    """A text of the registration is one of these names, whatever case and spaces."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ()
    field: ClassVar[str]
    names: tuple[str, ...]

    def judge(self, subject: Subject) -> bool | None:
        have = self._have(subject)
        return named(have, self.names) if have else None

    def describe(self) -> str:
        return f"a customer in {one_of(self.names)}"

    def value(self, subject: Subject) -> str:
        return self._have(subject) or f"no {self.field}"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        return () if self.holds(subject) else (self._to(self.names[0], subject, f"only {self.describe()} counts"),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        return (self._to("", subject, f"{self.describe()} does not count"),)

    def _to(self, to: str, subject: Subject, text: str) -> Change:
        if not self._have(subject):
            return Change(self.field, to, f"state the customer's {self.field} on the registration", "state")
        return Change(self.field, to, text)

    def _have(self, subject: Subject) -> str:
        return getattr(subject.deal, self.field) if subject.deal is not None else ""


@dataclass(frozen=True, slots=True)
class Vertical(Stamped):
    """The customer's vertical is one of these."""

    field: ClassVar[str] = "vertical"
    facts: ClassVar[tuple[str, ...]] = ("vertical",)

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        return (("names", fields.texts("vertical", least=1, most=50)),)


@dataclass(frozen=True, slots=True)
class Region(Stamped):
    """The customer's region is one of these."""

    field: ClassVar[str] = "region"
    facts: ClassVar[tuple[str, ...]] = ("region",)

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        return (("names", fields.texts("region", least=1, most=50)),)


@dataclass(frozen=True, slots=True)
class PublicSector(Told):
    """The customer is public sector (`wanted` True) or is not; what is not stated is neither."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ("public_sector",)
    wanted: bool

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        wanted = fields.raw("public_sector")
        if not isinstance(wanted, bool):
            fields.complain("public_sector", "is neither true nor false", "Write true or false.", wanted)
        return (("wanted", wanted is True),)

    def judge(self, subject: Subject) -> bool | None:
        stated = subject.deal.public_sector if subject.deal is not None else None
        return None if stated is None else stated is self.wanted

    def describe(self) -> str:
        return "a public-sector customer" if self.wanted else "a customer outside the public sector"

    def value(self, subject: Subject) -> str:
        return stated_text(subject)

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        return () if self.holds(subject) else (self._to(self.wanted, subject),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        return (self._to(not self.wanted, subject),)

    def _to(self, wanted: bool, subject: Subject) -> Change:
        to = "true" if wanted else "false"
        if self.judge(subject) is None:
            return Change("public_sector", to, "state on the registration whether it is public sector", "state")
        which = "public-sector customers" if wanted else "customers outside the public sector"
        return Change("public_sector", to, f"only {which} count")


@dataclass(frozen=True, slots=True)
class NoPublicSector(Told):
    """What every vendor's layer asks by itself: no deal that is known to be public sector, unless the program's
    `overrides.public_sector` gives compliance's `reason` (domain.md 26)."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ("public_sector",)
    reason: str = ""

    def judge(self, subject: Subject) -> bool | None:
        return bool(self.reason) or subject.deal is None or subject.deal.public_sector is not True

    def describe(self) -> str:
        return f"allowed: {self.reason}" if self.reason else "no public-sector customer in a vendor's layer"

    def value(self, subject: Subject) -> str:
        return stated_text(subject)

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        text = "a vendor pays nothing on public-sector deals unless compliance allows it"
        return () if self.holds(subject) else (Change("public_sector", "false", text),)


def stated_text(subject: Subject) -> str:
    """What the registration says of public sector, in words."""
    stated = subject.deal.public_sector if subject.deal is not None else None
    return {True: "public sector", False: "not public sector", None: "not stated"}[stated]
