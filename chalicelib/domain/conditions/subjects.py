"""What a condition is asked about, what it answers, and the words it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from chalicelib.domain.awards import Change
from chalicelib.domain.money import Money, minor_digits
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.registrations import DealType, Registration

if TYPE_CHECKING:
    from chalicelib.domain.conditions.lines import Attach

Judged = Literal["product", "line", "deal", "mixed"]
"""product: what was sold, remembered by part number. line: this very order line. deal: the deal as a whole. mixed: a
combination of the deal with one of the others, judged per line."""

Arguments = tuple[tuple[str, object], ...]

DEAL_WORDS: dict[DealType, str] = {"net_new": "net-new", "renewal": "renewal", "expansion": "expansion"}


@dataclass(slots=True)  # one is made for every layer of every deal; frozen, it would take three times as long
class Subject:
    """One line, or a deal as registered or as confirmed net.

    `tier` is the software tier of the SKU, `prefixes` the SKU prefixes that decided family and tier. `deal` is the
    registration, for what it says of the customer; `line` the order line, None for the deal as registered; `beside`
    the order lines of the customer's deal book. A condition reads only what it is about.
    """

    vendor: str = ""
    sku: str = ""
    family: str = ""
    quantity: Decimal = Decimal(0)
    amount: Money | None = None
    deal_type: DealType | None = None
    tier: str = ""
    prefixes: tuple[str, str] = ("", "")
    deal: Registration | None = None
    line: OrderLine | None = None
    approved_on: date | None = None
    beside: Beside | None = None


class Beside(Protocol):
    """The order lines of a customer's deal book, as a condition may ask for them."""

    def attached(self, attach: Attach, deal: str, line: OrderLine | None) -> bool:
        """Is there a `base`?"""

    def base(self, attach: Attach, deal: str, line: OrderLine | None) -> OrderLine | None:
        """The line the condition asks for beside `line` of this deal (None: the deal as registered); None without."""


class Condition(Protocol):
    """One condition of a layer."""

    facts: ClassVar[tuple[str, ...]]
    """The fields of registration and order line it reads, for the sources of a proof."""

    @property
    def judged(self) -> Judged:
        """On what."""

    def judge(self, subject: Subject) -> bool | None:
        """Does it hold for this line or deal? None: the fact it asks for is not known. Only True counts."""

    def describe(self) -> str:
        """What it asks, as the threshold of a verdict."""

    def value(self, subject: Subject) -> str:
        """What the line or deal has, in words."""

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        """The smallest changes that would together make it hold; none when it holds already."""

    def away(self, subject: Subject) -> tuple[Change, ...]:
        """The smallest changes that would make it plainly not hold, for the `not` around it."""

    def holds(self, subject: Subject) -> bool:
        """Does it hold?"""

    def shortfall(self, subject: Subject) -> str:
        """`changes` for people; "" when it holds already."""


class Told:
    """What every condition answers in the same way."""

    __slots__ = ()

    def holds(self: Condition, subject: Subject) -> bool:  # noqa: D102 - said at `Condition`
        return self.judge(subject) is True

    def away(self: Condition, subject: Subject) -> tuple[Change, ...]:  # noqa: ARG002, D102 - said at `Condition`
        raise AssertionError(f"{self.describe()} is never turned round: no document may put it in a not")

    def shortfall(self: Condition, subject: Subject) -> str:  # noqa: D102 - said at `Condition`
        return changes_text(self.changes(subject))


@dataclass(frozen=True, slots=True)
class Tables:
    """What the conditions of one program may name. None: not known here, and not checked.

    `families` and `software_tiers` map names to SKU prefixes, `size_bands` names to the least and most employees (None:
    no limit). `depth` counts the combinations around the condition being read, `negated` says that it stands in a
    `not`.
    """

    families: Mapping[str, tuple[str, ...]] | None = None
    software_tiers: Mapping[str, tuple[str, ...]] | None = None
    size_bands: Mapping[str, tuple[int, int | None]] | None = None
    currency: str | None = None
    depth: int = 0
    negated: bool = False


NO_TABLES = Tables()


def folded(name: str) -> str:
    """A name for comparison: case and spaces do not matter."""
    return " ".join(name.split()).casefold()


def named(name: str, names: tuple[str, ...]) -> bool:
    """Is it one of these, whatever case and spaces?"""
    return folded(name) in {folded(n) for n in names}


def one_of(words: tuple[str, ...]) -> str:
    """A choice for people: "a, b or c"."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"


def changes_text(changes: Iterable[Change]) -> str:
    """Changes that are all needed, for people; "" for none."""
    return " and ".join(dict.fromkeys(c.text for c in changes))


def money_text(money: Money) -> str:
    """An amount for people: no cents when there are none."""
    digits = minor_digits(money.currency)
    whole = money.minor % 10**digits == 0
    return f"{money.decimal():,.{0 if whole else digits}f} {money.currency}"


def count_text(quantity: Decimal) -> str:
    """A quantity for people: no trailing zeros."""
    return f"{quantity:f}".rstrip("0").rstrip(".") if "." in f"{quantity:f}" else f"{quantity:f}"
