"""Conditions on the deal as a whole: what it is worth, how many seats it has, of which type it is.

A minimum is judged on the registered value for the part that still waits and on the confirmed net value for the
confirmed part; equal counts (domain.md 34, W18, W20).
"""
# ruff: noqa: D102 - every condition is read in the same way, and said once what it answers: at `Condition`.

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from chalicelib.domain.awards import Change
from chalicelib.domain.conditions.subjects import (
    DEAL_WORDS,
    Arguments,
    Judged,
    Subject,
    Tables,
    Told,
    count_text,
    money_text,
    one_of,
)
from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.money import Money
from chalicelib.domain.registrations import DEAL_TYPES, DealType


def no_maximum(fields: Fields, kind: str, tables: Tables) -> None:
    """Refuse, in a `not`, what a return can lower: the return would then raise the deal (domain.md 7)."""
    if tables.negated:
        remedy = (
            "Take it out of the not, or a return would raise what the deal earns: only products and what the "
            "registration says of deal and customer can stand there."
        )
        fields.complain(kind, "cannot be turned round", remedy, fields.raw(kind))


@dataclass(frozen=True, slots=True)
class MinimumAmount(Told):
    """The deal is worth at least this much; equal counts. Another currency never holds: no rate is guessed."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ("amount",)
    amount: Money

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        no_maximum(fields, "minimum_amount", tables)
        least = fields.money("minimum_amount")
        if least and tables.currency and least.currency != tables.currency:
            remedy = f"Write it in {tables.currency}, the currency of the point."
            fields.complain("minimum_amount.currency", "is not the currency of the point", remedy, least.currency)
        return (("amount", least or Money(1, "USD")),)

    def judge(self, subject: Subject) -> bool | None:
        have = subject.amount
        return have is not None and have.currency == self.amount.currency and have.minor >= self.amount.minor

    def describe(self) -> str:
        return f"{money_text(self.amount)} or more"

    def value(self, subject: Subject) -> str:
        return money_text(subject.amount) if subject.amount else "no amount"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        to = f"{self.amount.decimal()} {self.amount.currency}"
        if subject.amount is None:
            return (Change("amount", to, f"state an amount of {self.describe()}", "state"),)
        if subject.amount.currency != self.amount.currency:
            return (Change("amount", to, f"only deals in {self.amount.currency} count"),)
        return (Change("amount", to, f"{money_text(self.amount - subject.amount)} more", "more"),)


@dataclass(frozen=True, slots=True)
class MinimumSeats(Told):
    """The deal has at least this many seats (or units); equal counts."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ("quantity",)
    seats: int

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        no_maximum(fields, "minimum_seats", tables)
        return (("seats", fields.integer("minimum_seats", 1, 1_000_000)),)

    def judge(self, subject: Subject) -> bool | None:
        return subject.quantity >= self.seats

    def describe(self) -> str:
        return f"{self.seats:,} seats or more"

    def value(self, subject: Subject) -> str:
        return f"{count_text(subject.quantity)} {'seat' if subject.quantity == 1 else 'seats'}"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        missing = Decimal(self.seats) - subject.quantity
        if missing <= 0:
            return ()
        text = f"{count_text(missing)} more {'seat' if missing == 1 else 'seats'}"
        return (Change("quantity", str(self.seats), text, "more"),)


@dataclass(frozen=True, slots=True)
class OfDealType(Told):
    """The deal is of one of these types, by the program's rule for deal types."""

    judged: ClassVar[Judged] = "deal"
    facts: ClassVar[tuple[str, ...]] = ("deal_type",)
    types: tuple[DealType, ...]

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        types = fields.texts("deal_type", least=1, most=3)
        for i, name in enumerate(types):
            if name and name not in DEAL_TYPES:
                near = nearest(name, DEAL_TYPES)
                hint = f' Did you mean "{near}"?' if near else ""
                remedy = f"Write one of: {', '.join(DEAL_TYPES)}.{hint}"
                fields.complain(f"deal_type[{i}]", "is no deal type", remedy, name)
        if tables.negated and set(types) == set(DEAL_TYPES):
            fields.complain("deal_type", "leaves no deal", "Keep at least one type of deal.", types)
        return (("types", types),)

    def judge(self, subject: Subject) -> bool | None:
        return subject.deal_type in self.types if subject.deal_type else None

    def describe(self) -> str:
        return f"a {one_of(tuple(DEAL_WORDS[t] for t in self.types))} deal"

    def value(self, subject: Subject) -> str:
        return DEAL_WORDS[subject.deal_type] if subject.deal_type else "no deal type"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        return (self._of(self.types[0], subject, f"only {self.describe()} counts"),)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        others = [t for t in DEAL_TYPES if t not in self.types]
        return (self._of(others[0] if others else "", subject, f"{self.describe()} does not count"),)

    def _of(self, to: str, subject: Subject, text: str) -> Change:
        if subject.deal_type is None:
            return Change("deal_type", to, "state the deal type on the registration", "state")
        return Change("deal_type", to, text)
