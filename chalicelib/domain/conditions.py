"""The conditions a layer may name: one class each, in the visible table `CONDITIONS`.

A condition is judged per line (vendor, sku, family: what was sold) or per deal (minimum_amount, minimum_seats,
deal_type: the deal as a whole). A minimum is judged on the registered value for the part that still waits and on the
confirmed net value for the confirmed part; equal counts (domain.md 34, W18, W20).

In a document a condition is an object with one field, its kind:

    {"vendor": ["Acme Security"]}
    {"sku": ["ACM-EDR-1Y-100"]}
    {"family": ["edr"]}
    {"minimum_amount": {"amount": "10000.00", "currency": "USD"}}
    {"minimum_seats": 10}
    {"deal_type": ["net_new"]}

Adding a condition is one class here, one line in `CONDITIONS`, one line in the schema and in docs/rules.md.
"""
# ruff: noqa: D102 - what the four methods of a condition mean is said once, at `Condition`.

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, Protocol

from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.errors import Problem
from chalicelib.domain.identifiers import sku_form
from chalicelib.domain.money import Money, minor_digits
from chalicelib.domain.programs import ConditionSpec
from chalicelib.domain.registrations import DEAL_TYPES, DealType

Judged = Literal["line", "deal"]
Arguments = tuple[tuple[str, object], ...]

DEAL_WORDS: dict[DealType, str] = {"net_new": "net-new", "renewal": "renewal", "expansion": "expansion"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is asked about: one line, or a deal as registered or as confirmed net."""

    vendor: str = ""
    sku: str = ""
    family: str = ""
    quantity: Decimal = Decimal(0)
    amount: Money | None = None
    deal_type: DealType | None = None


class Condition(Protocol):
    """One condition of a layer."""

    judged: ClassVar[Judged]

    def holds(self, subject: Subject) -> bool:
        """Does it hold for this line or deal?"""

    def describe(self) -> str:
        """What it asks, as the threshold of a verdict."""

    def value(self, subject: Subject) -> str:
        """What the line or deal has, in words."""

    def shortfall(self, subject: Subject) -> str:
        """The smallest change that would make it hold; "" when it holds already."""


def folded(name: str) -> str:
    """A name for comparison: case and spaces do not matter."""
    return " ".join(name.split()).casefold()


def one_of(words: tuple[str, ...]) -> str:
    """A choice for people: "a, b or c"."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"


def money_text(money: Money) -> str:
    """An amount for people: no cents when there are none."""
    digits = minor_digits(money.currency)
    whole = money.minor % 10**digits == 0
    return f"{money.decimal():,.{0 if whole else digits}f} {money.currency}"


def count_text(quantity: Decimal) -> str:
    """A quantity for people: no trailing zeros."""
    return f"{quantity:f}".rstrip("0").rstrip(".") if "." in f"{quantity:f}" else f"{quantity:f}"


@dataclass(frozen=True, slots=True)
class Vendor:
    """The line's vendor is one of these names, whatever case and spaces; a line that names none has the
    registration's."""

    judged: ClassVar[Judged] = "line"
    names: tuple[str, ...]

    @staticmethod
    def read(fields: Fields) -> Arguments:
        """Arguments from a document."""
        return (("names", fields.texts("vendor", least=1, most=50)),)

    def holds(self, subject: Subject) -> bool:
        return folded(subject.vendor) in {folded(n) for n in self.names}

    def describe(self) -> str:
        return f"products of {one_of(self.names)}"

    def value(self, subject: Subject) -> str:
        return subject.vendor or "no vendor"

    def shortfall(self, subject: Subject) -> str:
        return "" if self.holds(subject) else f"only products of {one_of(self.names)} count"


@dataclass(frozen=True, slots=True)
class Sku:
    """The line's part number is one of these, in look-up form."""

    judged: ClassVar[Judged] = "line"
    numbers: tuple[str, ...]

    @staticmethod
    def read(fields: Fields) -> Arguments:
        """Arguments from a document."""
        return (("numbers", fields.texts("sku", least=1, most=2000)),)

    def holds(self, subject: Subject) -> bool:
        return sku_form(subject.sku) in {sku_form(n) for n in self.numbers}

    def describe(self) -> str:
        few = self.numbers[:5]
        return f"{one_of(few)}{f' and {len(self.numbers) - 5} more' if len(self.numbers) > 5 else ''}"

    def value(self, subject: Subject) -> str:
        return subject.sku or "no SKU"

    def shortfall(self, subject: Subject) -> str:
        if self.holds(subject):
            return ""
        if not subject.sku:
            return "name the SKU on the registration"
        near = nearest(sku_form(subject.sku), [sku_form(n) for n in self.numbers])
        return f"sell {near} instead" if near else f"only {self.describe()} counts"


@dataclass(frozen=True, slots=True)
class Family:
    """The line's product family (longest matching SKU prefix) is one of these."""

    judged: ClassVar[Judged] = "line"
    names: tuple[str, ...]

    @staticmethod
    def read(fields: Fields) -> Arguments:
        """Arguments from a document."""
        return (("names", fields.texts("family", least=1, most=50)),)

    def holds(self, subject: Subject) -> bool:
        return folded(subject.family) in {folded(n) for n in self.names}

    def describe(self) -> str:
        return f"products of the family {one_of(self.names)}"

    def value(self, subject: Subject) -> str:
        what = subject.sku or "no SKU"
        return f"{what} ({subject.family})" if subject.family else f"{what} (in no family)"

    def shortfall(self, subject: Subject) -> str:
        return "" if self.holds(subject) else f"only products of {one_of(self.names)} count"


@dataclass(frozen=True, slots=True)
class MinimumAmount:
    """The deal is worth at least this much; equal counts. Another currency never holds: no rate is guessed."""

    judged: ClassVar[Judged] = "deal"
    amount: Money

    @staticmethod
    def read(fields: Fields) -> Arguments:
        """Arguments from a document."""
        return (("amount", fields.money("minimum_amount") or Money(1, "USD")),)

    def holds(self, subject: Subject) -> bool:
        have = subject.amount
        return have is not None and have.currency == self.amount.currency and have.minor >= self.amount.minor

    def describe(self) -> str:
        return f"{money_text(self.amount)} or more"

    def value(self, subject: Subject) -> str:
        return money_text(subject.amount) if subject.amount else "no amount"

    def shortfall(self, subject: Subject) -> str:
        if self.holds(subject):
            return ""
        if subject.amount is None:
            return f"state an amount of {self.describe()}"
        if subject.amount.currency != self.amount.currency:
            return f"only deals in {self.amount.currency} count"
        return f"{money_text(self.amount - subject.amount)} more"


@dataclass(frozen=True, slots=True)
class MinimumSeats:
    """The deal has at least this many seats (or units); equal counts."""

    judged: ClassVar[Judged] = "deal"
    seats: int

    @staticmethod
    def read(fields: Fields) -> Arguments:
        """Arguments from a document."""
        return (("seats", fields.integer("minimum_seats", 1, 1_000_000)),)

    def holds(self, subject: Subject) -> bool:
        return subject.quantity >= self.seats

    def describe(self) -> str:
        return f"{self.seats:,} seats or more"

    def value(self, subject: Subject) -> str:
        return f"{count_text(subject.quantity)} {'seat' if subject.quantity == 1 else 'seats'}"

    def shortfall(self, subject: Subject) -> str:
        missing = self.seats - subject.quantity
        return f"{count_text(missing)} more {'seat' if missing == 1 else 'seats'}" if missing > 0 else ""


@dataclass(frozen=True, slots=True)
class OfDealType:
    """The deal is of one of these types, as the registration says."""

    judged: ClassVar[Judged] = "deal"
    types: tuple[DealType, ...]

    @staticmethod
    def read(fields: Fields) -> Arguments:
        """Arguments from a document."""
        types = fields.texts("deal_type", least=1, most=3)
        for i, name in enumerate(types):
            if name and name not in DEAL_TYPES:
                near = nearest(name, DEAL_TYPES)
                hint = f' Did you mean "{near}"?' if near else ""
                remedy = f"Write one of: {', '.join(DEAL_TYPES)}.{hint}"
                fields.complain(f"deal_type[{i}]", "is no deal type", remedy, name)
        return (("types", types),)

    def holds(self, subject: Subject) -> bool:
        return subject.deal_type in self.types

    def describe(self) -> str:
        return f"a {one_of(tuple(DEAL_WORDS[t] for t in self.types))} deal"

    def value(self, subject: Subject) -> str:
        return DEAL_WORDS[subject.deal_type] if subject.deal_type else "no deal type"

    def shortfall(self, subject: Subject) -> str:
        if self.holds(subject):
            return ""
        if subject.deal_type is None:
            return "state the deal type on the registration"
        return f"only {self.describe()} counts"


CONDITIONS: dict[str, type[Vendor | Sku | Family | MinimumAmount | MinimumSeats | OfDealType]] = {
    "vendor": Vendor,
    "sku": Sku,
    "family": Family,
    "minimum_amount": MinimumAmount,
    "minimum_seats": MinimumSeats,
    "deal_type": OfDealType,
}


def condition(spec: ConditionSpec) -> Condition:
    """The condition a specification means. Raises: KeyError, TypeError for one `read_condition` did not make."""
    return CONDITIONS[spec.kind](**dict(spec.arguments))  # type: ignore[arg-type]


def read_condition(fields: Fields, problems: list[Problem]) -> ConditionSpec | None:
    """One condition of a document; None when something is wrong with it, which is then reported."""
    if not fields.is_object:
        return None
    before = len(problems)
    kinds = fields.names()
    known = [k for k in kinds if k in CONDITIONS]
    for kind in kinds:
        if kind not in CONDITIONS:
            near = nearest(kind, CONDITIONS)
            hint = f' Did you mean "{near}"?' if near else ""
            remedy = f"Write one of: {', '.join(CONDITIONS)}.{hint}"
            fields.complain(kind, "is no condition", remedy, fields.raw(kind))
    if not problems[before:] and len(known) != 1:
        fields.complain("", "is not one condition", "Write one condition an object; all of a layer's must hold.", kinds)
    if len(known) != 1:
        return None
    arguments = CONDITIONS[known[0]].read(fields)
    return ConditionSpec(known[0], arguments) if len(problems) == before else None
