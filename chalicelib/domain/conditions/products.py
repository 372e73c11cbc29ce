"""Conditions on what was sold: vendor, SKU, product family, software tier."""
# ruff: noqa: ARG004, D102 - every condition is read in the same way, and said once what it answers: at `Condition`.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from chalicelib.domain.awards import Change
from chalicelib.domain.conditions.subjects import Arguments, Judged, Subject, Tables, Told, folded, named, one_of
from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.identifiers import sku_form


@dataclass(frozen=True, slots=True)
class Vendor(Told):
    """The line's vendor is one of these names, whatever case and spaces; a line that names none has the
    registration's."""

    judged: ClassVar[Judged] = "product"
    facts: ClassVar[tuple[str, ...]] = ("vendor",)
    names: tuple[str, ...]

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        return (("names", fields.texts("vendor", least=1, most=50)),)

    def judge(self, subject: Subject) -> bool | None:
        return named(subject.vendor, self.names) if subject.vendor else None

    def describe(self) -> str:
        return f"products of {one_of(self.names)}"

    def value(self, subject: Subject) -> str:
        return subject.vendor or "no vendor"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        return (Change("vendor", self.names[0], f"only products of {one_of(self.names)} count"),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        if not subject.vendor:
            return (Change("vendor", "", "name the vendor on the registration", "state"),)
        return (Change("vendor", "", f"products of {one_of(self.names)} do not count"),)


@dataclass(frozen=True, slots=True)
class Sku(Told):
    """The line's part number is one of these, in look-up form."""

    judged: ClassVar[Judged] = "product"
    facts: ClassVar[tuple[str, ...]] = ("sku",)
    numbers: tuple[str, ...]

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        return (("numbers", fields.texts("sku", least=1, most=2000)),)

    def judge(self, subject: Subject) -> bool | None:
        return sku_form(subject.sku) in {sku_form(n) for n in self.numbers} if subject.sku else None

    def describe(self) -> str:
        few = self.numbers[:5]
        return f"{one_of(few)}{f' and {len(self.numbers) - 5} more' if len(self.numbers) > 5 else ''}"

    def value(self, subject: Subject) -> str:
        return told_as(subject)

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        if not subject.sku:
            return (Change("sku", self.numbers[0], "name the SKU on the registration", "state"),)
        near = nearest(sku_form(subject.sku), [sku_form(n) for n in self.numbers])
        text = f"sell {near} instead" if near else f"only {self.describe()} counts"
        return (Change("sku", near or self.numbers[0], text),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        if not subject.sku:
            return (Change("sku", "", "name the SKU on the registration", "state"),)
        return (Change("sku", "", f"{self.describe()} does not count"),)


@dataclass(frozen=True, slots=True)
class Prefixed(Told):
    """A name that the longest matching SKU prefix gives a product: its family, its software tier. `prefixes` are those
    of `names`."""

    judged: ClassVar[Judged] = "product"
    facts: ClassVar[tuple[str, ...]] = ("sku",)
    word: ClassVar[str]
    place: ClassVar[Literal[0, 1]]  # in (family, software tier)
    names: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def judge(self, subject: Subject) -> bool | None:
        name = self.found(subject)[0]
        return named(name, self.names) if name or subject.sku else None

    def found(self, subject: Subject) -> tuple[str, str]:
        """The product's name of this kind and the prefix that decided ("" when the registration names it)."""
        return (subject.family, subject.tier)[self.place], subject.prefixes[self.place]

    def describe(self) -> str:
        return f"products of the {self.word} {one_of(self.names)}"

    def value(self, subject: Subject) -> str:
        name, prefix = self.found(subject)
        told = told_as(subject)
        if not name:
            return f"{told} (in no {self.word})"
        return f"{told} ({name}, by {prefix}...)" if prefix else f"{told} ({name})"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        return (self._sold(self.prefixes[0] if self.prefixes else "", f"only products of {one_of(self.names)} count"),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        if self.judge(subject) is None:
            return (Change("sku", "", "name the SKU on the registration", "state"),)
        return (Change("sku", "", f"{self.describe()} do not count"),)

    def _sold(self, sku: str, text: str) -> Change:
        return Change("sku", sku, text) if sku else Change("family", self.names[0], text)


@dataclass(frozen=True, slots=True)
class Family(Prefixed):
    """The line's product family (longest matching SKU prefix) is one of these."""

    word: ClassVar[str] = "family"
    place: ClassVar[Literal[0, 1]] = 0

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        return read_prefixed(fields, "family", "families", tables.families)


@dataclass(frozen=True, slots=True)
class SoftwareTier(Prefixed):
    """The line's software tier (longest matching SKU prefix of the program's `software_tiers`) is one of these."""

    word: ClassVar[str] = "software tier"
    place: ClassVar[Literal[0, 1]] = 1

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        return read_prefixed(fields, "software_tier", "software_tiers", tables.software_tiers)


def told_as(subject: Subject) -> str:
    """The part number for people, with the code the distributor told it under when an alias has put it there."""
    line = subject.line
    if not subject.sku:
        return "no SKU"
    code = (line.told_sku or line.distributor_sku or line.upc) if line and line.told_sku is not None else ""
    return f"{subject.sku}, told as {code}" if code else subject.sku


def read_prefixed(
    fields: Fields, field: str, table: str, known: Mapping[str, tuple[str, ...]] | None
) -> tuple[tuple[str, object], ...]:
    """Names of a program's table as the arguments of a condition, with their SKU prefixes; unknown names are told."""
    names = fields.texts(field, least=1, most=50)
    if known is None:
        return (("names", names),)
    by_name = {folded(name): prefixes for name, prefixes in known.items()}
    for i, name in enumerate(names):
        if name and folded(name) not in by_name:
            near = nearest(name, known)
            hint = f' Did you mean "{near}"?' if near else ""
            remedy = f'Add it to "{table}" with its SKU prefixes.{hint}'
            fields.complain(f"{field}[{i}]", f"is no {field.replace('_', ' ')} of this program", remedy, name)
    prefixes = tuple(p for name in names for p in by_name.get(folded(name), ()))
    return (("names", names), ("prefixes", prefixes)) if prefixes else (("names", names),)
