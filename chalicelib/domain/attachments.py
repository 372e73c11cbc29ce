"""What is sold beside what: the order lines of a deal book, as `attach` and the rule for deal types ask for them.

A base product counts as there when its lines of the confirming document add up to more than nothing in its deal:
what was returned or cancelled whole is no base any more. Lines that wait for a person count for nothing here either. A
book holds one account's quarter, so no base is found beyond it; what was bought is, where the rule for deal types looks
back. Which line is named is decided by date and id, never by arrival.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice

from chalicelib.domain.calendar import months_before
from chalicelib.domain.conditions import Attach, folded
from chalicelib.domain.identifiers import sku_form
from chalicelib.domain.orders import CONFIRMS, OrderLine
from chalicelib.domain.programs import DealTypeRule
from chalicelib.domain.purchases import Purchase, asked_quarters, is_purchase, purchase, quarter_in
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import Rule, takes_away


@dataclass(frozen=True, slots=True)
class BookLines:
    """The order lines of a deal book by registration, its key, and by quarter what the account bought in its others.
    What conditions ask of them is put in order once a program."""

    registrations: Mapping[str, Registration]
    lines: Mapping[str, Sequence[OrderLine]]
    key: str = ""
    bought_elsewhere: Mapping[str, Sequence[Purchase]] = field(default_factory=dict)
    _under: dict[Rule, Bases] = field(default_factory=dict)

    def under(self, rule: Rule) -> Bases:
        """The same under one version of a program."""
        if rule not in self._under:
            self._under[rule] = Bases(self, rule)
        return self._under[rule]


_Bought = tuple[date, str, str, OrderLine | Purchase]
"""When, the line's id, its deal ("" for one of another quarter), and what."""


class Bases:
    """The base products of a book under one version of a program."""

    __slots__ = ("_book", "_bought", "_dated", "_found", "_rule")

    def __init__(self, book: BookLines, rule: Rule) -> None:
        self._book, self._rule = book, rule
        self._found: dict[Attach, dict[str, list[OrderLine]]] = {}
        self._dated: dict[Attach, list[tuple[int, str, OrderLine]]] = {}
        self._bought: dict[str, list[_Bought]] | None = None

    def attached(self, attach: Attach, deal: str, line: OrderLine | None) -> bool:
        """Is there a base product beside `line`?"""
        return self.base(attach, deal, line) is not None

    def base(self, attach: Attach, deal: str, line: OrderLine | None) -> OrderLine | None:
        """The line of the base product beside `line` in its deal, else in the book within the condition's days; for
        the deal as registered (None), any."""
        found = self._deals(attach)
        for own in found.get(deal, ()):
            if line is None or own.id != line.id:
                return own
        if attach.within_days is None:
            return None
        dated = self._dated[attach]
        first = line.dated().toordinal() - attach.within_days if line is not None else 0
        for day, _, base in dated[bisect_left(dated, first, key=lambda x: x[0]) :]:
            if line is not None and day > line.dated().toordinal() + attach.within_days:
                return None
            if line is None or base.id != line.id:
                return base
        return None

    def bought_before(self, registration: Registration, asked: DealTypeRule, day: date) -> Purchase | None:
        """The first purchase of the same vendor, family or SKU in another deal, ordered before `day` and, where the
        rule looks back, no more than its months before that: the day so many months earlier counts still."""
        if self._bought is None:
            self._bought = self._in_order(asked)
        name = self._scoped(asked.scope, registration.sku, registration.vendor, registration.family)
        same = self._bought.get(name, []) if name else []
        months = asked.look_back_months
        start = bisect_left(same, months_before(day, months), key=lambda x: x[0]) if months else 0
        first = next((x for x in islice(same, start, None) if x[2] != registration.id), None)
        if first is None or first[0] >= day:
            return None
        found = first[3]
        return found if isinstance(found, Purchase) else purchase(found, self._vendor(first[2]))

    def _in_order(self, asked: DealTypeRule) -> dict[str, list[_Bought]]:
        """All purchases by what the rule asks for, the earliest first."""
        found: dict[str, list[_Bought]] = {}
        for deal, lines in self._book.lines.items():
            vendor = self._vendor(deal)
            for x in lines:
                if is_purchase(x):
                    name = self._scoped(asked.scope, x.sku, x.vendor or vendor)
                    found.setdefault(name, []).append((x.ordered_on or x.dated(), x.id, deal, x))
        # The copy may hold more quarters, for a program that looks further back: they are none of this one's.
        for quarter in asked_quarters(quarter_in(self._book.key), asked.look_back_months or 0):
            for one in self._book.bought_elsewhere.get(quarter, ()):
                name = self._scoped(asked.scope, one.sku, one.vendor)
                found.setdefault(name, []).append((one.day, one.line, "", one))
        return {name: sorted(bought, key=lambda x: x[:2]) for name, bought in found.items()}

    def _vendor(self, deal: str) -> str:
        return self._book.registrations[deal].vendor if deal in self._book.registrations else ""

    def _scoped(self, scope: str, sku: str, vendor: str, family: str = "") -> str:
        if scope == "vendor":
            return folded(vendor)
        return sku_form(sku) if scope == "sku" else folded(self._rule.families.of(sku) or family)

    def _deals(self, attach: Attach) -> dict[str, list[OrderLine]]:
        """The lines of the base product by deal, the earliest first, for the deals that still have any of it."""
        if attach not in self._found:
            of_deals = {deal: self._of_deal(attach, deal) for deal in self._book.lines}
            self._found[attach] = found = {deal: lines for deal, lines in of_deals.items() if lines}
            self._dated[attach] = sorted((x.dated().toordinal(), x.id, x) for lines in found.values() for x in lines)
        return self._found[attach]

    def _of_deal(self, attach: Attach, deal: str) -> list[OrderLine]:
        document = self._rule.program.confirming_document
        vendor = self._vendor(deal)
        product, left, sold = self._rule.layers[0].product, Decimal(0), []
        for line in self._book.lines[deal]:
            taken = takes_away(line)
            counts = CONFIRMS[line.document_type] == document or (taken and document == "order")
            if line.held or not counts or not attach.fits(product(line.sku, line.vendor or vendor)):
                continue
            left += min(line.quantity or -abs(line.cancelled), Decimal(0)) if taken else line.quantity
            if not taken:
                sold.append(line)
        return sorted(sold, key=lambda x: (x.dated(), x.id)) if left > 0 else []
