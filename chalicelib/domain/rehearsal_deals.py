"""Deals made up to try a program on: a registration, what the distributor tells of it, and what goes wrong with it.

They are made for *this* program: its SKUs and vendors, quantities just below, at and above its minima, days at both
edges of its window. Same program, same deals: the dice are seeded with the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

from chalicelib.domain.calendar import day_text, zone
from chalicelib.domain.conditions import Attach, count_text, leaves, money_text
from chalicelib.domain.conditions.products import Sku, Vendor
from chalicelib.domain.money import Money
from chalicelib.domain.orders import DocumentType, OrderLine, Revision
from chalicelib.domain.programs import ConditionSpec, Program
from chalicelib.domain.registrations import DEAL_TYPES, WHOLE, Credit, Registration

_NAMED = ("vendor", "sku", "vertical", "region")
REPS = ("Ana", "Ben", "Chi")
_SPLITS = (
    (WHOLE,), (5_000, 5_000), (3_333, 3_333, 3_334), (7_000, 3_000), (1, 9_999),
)  # fmt: skip
_SEATS = (1, 2, 3, 7, 10, 50, 333)


Thing = TypeVar("Thing")


class Dice:
    """Numbers that look random and are the same for the same seed: Knuth's MMIX linear congruential generator."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """A number from 0 up to, not including, `limit`."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % limit

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """One of them."""
        return things[self.below(len(things))]

    def shuffled(self, things: Iterable[Thing]) -> list[Thing]:
        """All of them in another order."""
        left, order = list(things), []
        while left:
            order.append(left.pop(self.below(len(left))))
        return order


@dataclass(frozen=True, slots=True)
class Case:
    """One made-up deal: its registration, the distributor's lines that confirm it, and what takes away from it."""

    registration: Registration
    lines: tuple[OrderLine, ...]
    corrections: tuple[OrderLine, ...] = ()

    @property
    def facts(self) -> tuple[Registration | OrderLine, ...]:
        """Everything that is told of it, in the order it happens."""
        return (self.registration, *self.lines, *self.corrections)

    def returned(self) -> Case:
        """The deal when everything that was delivered comes back, and everything ordered is cancelled."""
        gone = tuple(_taken(line, line.quantity, n) for n, line in enumerate(self.lines))
        return replace(self, corrections=gone)


class Maker:
    """Makes cases for a program."""

    def __init__(self, program: Program, seed: int) -> None:
        self._program = program
        self._dice = Dice(seed)
        self._count = 0
        specs = [leaf for layer in program.layers for spec in layer.conditions for leaf in leaves(spec)]
        texts = {kind: [t for s in specs if s.kind == kind for t in _texts(s)] for kind in _NAMED}
        prefixes = [p for table in (program.families, program.software_tiers) for _, found in table for p in found]
        self._vendors = texts["vendor"] or ["Veridane"]
        self._skus = [*texts["sku"], *(p + "7" for p in prefixes)] or ["SEC-ENT"]
        self._bases = [*_bases(specs), *prefixes] if any(s.kind == "attach" for s in specs) else []
        self._verticals, self._regions = [*texts["vertical"], ""], [*texts["region"], ""]
        edges = {n for _, least, most in program.size_bands for n in (least - 1, least, most) if n}
        self._employees: list[int | None] = [*sorted(edges), None]
        seats = [n for s in specs if s.kind == "minimum_seats" for _, n in s.arguments if isinstance(n, int)]
        self._seats = sorted({*_SEATS, *(n + d for n in seats for d in (-1, 0, 1) if n + d > 0)})
        self._minima = [m for s in specs if s.kind == "minimum_amount" for _, m in s.arguments if isinstance(m, Money)]

    def case(self, *, deal_type: str | None = None) -> Case:
        """The next deal: approved in the window, confirmed in one to three documents."""
        dice, program = self._dice, self._program
        self._count += 1
        seats = dice.one_of(self._seats)
        amount = Money(self._worth(seats), program.currency)
        opens, days = program.window.start, program.window.days()
        day = opens + timedelta(dice.one_of((0, days // 2, days - 1, dice.below(days))))
        number = f"DR-{self._count}"
        reps = dice.shuffled(REPS)
        split = dice.one_of(_SPLITS)
        approved = _noon(day, program)
        registration = Registration(
            id=f"made-up-{self._count}", version=approved, status="approved", account="made-up", created_at=approved,
            account_name="a customer", number=number, approved_at=approved, vendor=dice.one_of(self._vendors),
            sku=dice.one_of(self._skus), quantity=seats, amount=amount,
            deal_type=deal_type or dice.one_of(DEAL_TYPES), owner=reps[0],  # type: ignore[arg-type]
            credits=tuple(Credit(rep, share) for rep, share in zip(reps, split, strict=False)),
            employees=dice.one_of(self._employees), vertical=dice.one_of(self._verticals),
            region=dice.one_of(self._regions), public_sector=dice.one_of((None, False, False, True)),
            renewed_quantity=dice.one_of((None, None, max(1, seats // 2))),
        )  # fmt: skip
        return Case(registration, tuple(self._lines(registration, day)), ())

    def credit(self, case: Case) -> OrderLine:
        """A credit memo or a return over a part of one of the case's lines."""
        line = self._dice.one_of(case.lines)
        part = Decimal(1 + self._dice.below(max(1, int(line.quantity))))
        return _taken(line, part, len(case.corrections))

    def shuffled(self, facts: Iterable[Registration | OrderLine]) -> list[Registration | OrderLine]:
        """The same facts in another order, some of them twice."""
        told = [*facts]
        return self._dice.shuffled([*told, *self._dice.shuffled(told)[:2]])

    def _worth(self, seats: int) -> int:
        if self._minima and self._dice.below(2):
            return max(1, self._dice.one_of(self._minima).minor + self._dice.one_of((-1, 0, 1)))
        return seats * self._dice.one_of((100, 9_999, 45_050))

    def _lines(self, registration: Registration, day: date) -> Iterator[OrderLine]:
        """The confirming documents: the quantity in one to three parts, the last with the rest of the amount."""
        assert registration.amount is not None, "a made-up deal has an amount"
        parts = min(registration.quantity, self._dice.one_of((1, 1, 2, 3)))
        quantity, minor = registration.quantity, registration.amount.minor
        last = self._program.window.end
        if self._bases and self._dice.below(3):
            yield self._line(registration, f"{self._count}-0", day, 1, 100, self._dice.one_of(self._bases))
        for n in range(parts):
            share, worth = quantity // (parts - n), minor // (parts - n)
            quantity, minor = quantity - share, minor - worth
            dated = min(day + timedelta(n), last)
            yield self._line(registration, f"{self._count}-{n + 1}", dated, share, worth, registration.sku)

    def _line(
        self, registration: Registration, number: str, dated: date, seats: int, minor: int, sku: str
    ) -> OrderLine:
        kind: DocumentType = "order" if self._program.confirming_document == "order" else "invoice"
        document = f"{'PO' if kind == 'order' else 'INV'}-{number}"
        return OrderLine(
            f"made-up|{document}|1", "made-up", kind, document, "1", Revision(0, _noon(dated, self._program), 1),
            Decimal(seats), Money(minor, self._program.currency), sku, registration.vendor,
            registration_no=registration.number, ordered_on=dated, invoiced_on=dated,
        )  # fmt: skip


def _bases(specs: Iterable[ConditionSpec]) -> Iterator[str]:
    """Part numbers and vendors' products that others are attached to."""
    for spec in specs:
        if spec.kind == "attach":
            for product in Attach(**dict(spec.arguments)).products:  # type: ignore[arg-type]
                if isinstance(product, Sku):
                    yield from product.numbers
                elif isinstance(product, Vendor):
                    yield "BASE-1"


def _texts(spec: ConditionSpec) -> list[str]:
    return [t for _, value in spec.arguments if isinstance(value, tuple) for t in value if isinstance(t, str)]


def _noon(day: date, program: Program) -> datetime:
    return datetime.combine(day, time(12), tzinfo=zone(program.window.zone)).astimezone(UTC)


def _taken(line: OrderLine, quantity: Decimal, number: int) -> OrderLine:
    """What takes this quantity of a line back, with its share of the amount."""
    kind: DocumentType = "cancellation" if line.document_type == "order" else "credit"
    minor = line.amount.minor if quantity == line.quantity else int(line.amount.minor * quantity / line.quantity)
    document = f"CM-{line.document_no}-{number + 1}"
    return replace(
        line, id=f"made-up|{document}|1", document_type=kind, document_no=document, quantity=-quantity,
        amount=Money(-minor, line.amount.currency), reference=line.document_no,
    )  # fmt: skip


def story(facts: Iterable[Registration | OrderLine]) -> str:
    """Made-up facts as sentences, numbered."""
    return " ".join(f"{n}. {_sentence(fact)}" for n, fact in enumerate(facts, 1))


def _sentence(fact: Registration | OrderLine) -> str:
    if isinstance(fact, OrderLine):
        day = day_text(fact.dated())
        verb = "takes back" if fact.quantity < 0 else "confirms"
        what = f"{count_text(abs(fact.quantity))} seats of {fact.sku} for {money_text(_positive(fact.amount))}"
        return f"{fact.document_type} {fact.document_no} of {day} {verb} {what}."
    assert fact.amount is not None and fact.approved_at is not None
    who = ", ".join(f"{c.rep} {count_text(Decimal(c.share) / 100)} %" for c in fact.credits)
    kind = (fact.deal_type or "untyped").replace("_", "-")
    return (
        f"{fact.number} is {fact.status} on {day_text(fact.approved_at.date())}: {fact.quantity} seats of {fact.sku} "
        f"({fact.vendor}) for {money_text(fact.amount)}, {kind}; credited: {who}."
    )


def _positive(money: Money) -> Money:
    return Money(abs(money.minor), money.currency)
