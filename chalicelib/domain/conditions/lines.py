"""Conditions on one order line: registered before it was ordered, sold beside another product."""
# ruff: noqa: D102 - every condition is read in the same way, and said once what it answers: at `Condition`.

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from chalicelib.domain.awards import Change
from chalicelib.domain.calendar import day_text
from chalicelib.domain.conditions.deals import no_maximum
from chalicelib.domain.conditions.products import Family, Sku, SoftwareTier, Vendor
from chalicelib.domain.conditions.subjects import Arguments, Judged, Subject, Tables, Told
from chalicelib.domain.documents import Fields
from chalicelib.domain.orders import OrderLine

LONGEST_DAYS = 92  # the longest quarter: a deal book holds no more


@dataclass(frozen=True, slots=True)
class RegisteredBeforeOrder(Told):
    """The order was placed on or after the local day of the approval, `days` later at the earliest. A line without an
    order date does not count; what is not ordered yet still can."""

    judged: ClassVar[Judged] = "line"
    facts: ClassVar[tuple[str, ...]] = ("approved_at", "ordered_on")
    days: int = 0

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        no_maximum(fields, "registered_before_order", tables)
        written = fields.raw("registered_before_order")
        if isinstance(written, dict):
            inner = fields.child("registered_before_order")
            days = inner.integer("days", 1, LONGEST_DAYS)
            inner.end()
            return (("days", days),)
        if written is not True:
            remedy = 'Write true, or {"days": 3} for three days before; leave the condition out if it is not asked.'
            fields.complain("registered_before_order", "is neither true nor a number of days", remedy, written)
        return (("days", 0),)

    def judge(self, subject: Subject) -> bool | None:
        if subject.line is None:
            return True
        if subject.line.ordered_on is None or subject.approved_on is None:
            return None
        return subject.line.ordered_on >= subject.approved_on + timedelta(self.days)

    def describe(self) -> str:
        return f"an order placed {self._from()} the approval"

    def value(self, subject: Subject) -> str:
        if subject.line is None:
            return "not ordered yet"
        ordered = f"ordered {day_text(subject.line.ordered_on)}" if subject.line.ordered_on else "no order date"
        return f"{ordered}, approved {day_text(subject.approved_on)}" if subject.approved_on else ordered

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject) or subject.line is None or subject.approved_on is None:
            return ()
        ordered = subject.line.ordered_on
        if ordered is None:
            to = (subject.approved_on + timedelta(self.days)).isoformat()
            return (Change("ordered_on", to, "the distributor's file must carry the order date", "state"),)
        early = f" at least {self.days} {'day' if self.days == 1 else 'days'}" if self.days else ""
        return (
            Change(
                "approved_on", (ordered - timedelta(self.days)).isoformat(), f"register{early} before ordering", "date"
            ),
        )

    def _from(self) -> str:
        return f"{self.days} {'day' if self.days == 1 else 'days'} or more after" if self.days else "on or after"


PRODUCTS: dict[str, type[Vendor | Sku | Family | SoftwareTier]] = {
    "vendor": Vendor, "sku": Sku, "family": Family, "software_tier": SoftwareTier,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attach(Told):
    """The line counts only beside another product: one in the same deal or, with `within_days`, in another deal of
    the same deal book (this account, this quarter) dated within so many days. `products` must all hold for it."""

    judged: ClassVar[Judged] = "line"
    facts: ClassVar[tuple[str, ...]] = ()
    products: tuple[Vendor | Sku | Family | SoftwareTier, ...]
    within_days: int | None = None

    @staticmethod
    def read(fields: Fields, tables: Tables) -> Arguments:
        """Arguments from a document."""
        no_maximum(fields, "attach", tables)
        written = fields.child("attach")
        products = tuple(
            kind(**dict(kind.read(written, tables)))  # type: ignore[arg-type]
            for name, kind in PRODUCTS.items()
            if written.has(name)
        )
        days = written.integer("within_days", 1, LONGEST_DAYS) if written.has("within_days") else None
        unknown = set(written.names()) - {*PRODUCTS, "within_days"}  # a misspelt product is reported as that, once
        written.end()
        if written.is_object and not products and not unknown:
            written.complain("", "names no product", f"Write one of: {', '.join(PRODUCTS)}.", written.names())
        return (("products", products), ("within_days", days))

    def fits(self, subject: Subject) -> bool:
        """Is this product the one to be attached to?"""
        return all(p.holds(subject) for p in self.products)

    def judge(self, subject: Subject) -> bool | None:
        beside, deal = subject.beside, subject.deal
        return beside is not None and deal is not None and beside.attached(self, deal.id, subject.line)

    def found(self, subject: Subject) -> OrderLine | None:
        """The order line it is attached to, None without."""
        if subject.beside is None or subject.deal is None:
            return None
        return subject.beside.base(self, subject.deal.id, subject.line)

    def describe(self) -> str:
        if self.within_days is None:
            return f"{self._what()} in the same deal"
        days = f"{self.within_days} {'day' if self.within_days == 1 else 'days'}"
        return f"{self._what()} in the same deal, or within {days} at the same customer in the same quarter"

    def value(self, subject: Subject) -> str:
        base = self.found(subject)
        if base is None:
            return f"no {self._what()}"
        return f"{base.sku} on {base.document_type} {base.document_no} of {day_text(base.dated())}"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        if self.holds(subject):
            return ()
        return (Change("base", self._example(), f"sell {self._what()} in the same deal", "with"),)

    def _what(self) -> str:
        return " and ".join(p.describe() for p in self.products)

    def _example(self) -> str:
        """A part number, prefix or vendor that would do."""
        for p in self.products:
            numbers = p.numbers if isinstance(p, Sku) else () if isinstance(p, Vendor) else p.prefixes
            if numbers:
                return numbers[0]
        first = self.products[0]
        return first.numbers[0] if isinstance(first, Sku) else first.names[0]
