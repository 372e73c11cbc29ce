"""A program version ready to judge: what its document asks, compiled once and kept.

Scoring runs tens of thousands of lines a second on one core; interpreting conditions per line would not. Verdicts on
products are remembered by part number and vendor, so a line usually costs one dictionary look-up per layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from chalicelib.domain.conditions import (
    Beside,
    Condition,
    MinimumSeats,
    NoPublicSector,
    Subject,
    condition,
    for_type,
    kind_of,
    least_seats,
    leaves,
)
from chalicelib.domain.money import Money
from chalicelib.domain.orders import CONFIRMS, OrderLine
from chalicelib.domain.products import Families
from chalicelib.domain.programs import AttachBonus, ConditionSpec, Layer, Program, Rate
from chalicelib.domain.registrations import DEAL_TYPES, DealType, Registration

if TYPE_CHECKING:
    from chalicelib.domain.counted import Counted

# Programs live for a quarter and a handful of versions; beyond this the cache is dropped rather than grown.
_RULES_KEPT = 1024
# Part numbers seen per layer; a feed with more distinct ones only pays for judging them again.
_VERDICTS_KEPT = 65_536

ZERO = Decimal(0)
_CORRECTING = frozenset(("credit", "return", "cancellation"))

ProductKey = tuple[str, str, str]
"""SKU, vendor, and the family a registration names (a line names none)."""

LineRefusal = Literal["", "held", "other document", "undated", "outside", "late", "expired"]


def takes_away(line: OrderLine) -> bool:
    """Is this a correction: a credit, a return, a cancellation, or anything negative?"""
    return line.document_type in _CORRECTING or line.quantity < ZERO or line.amount.minor < 0


class LayerRule:
    """A layer ready to judge. `conditions` are all of them as written, with their kinds; by what they are judged on:
    `line` those on products, `each` those on single order lines, `deal` those on the whole, `mixed` combinations of a
    line and its deal. `commercial` says that public-sector deals are left out: a vendor's layer, and compliance has
    not allowed them (domain.md 26).

    What the document decides alone is worked out here: `pays` are the types of deal it can pay anything for, `least`
    the seats below which it pays nothing, `asked` the conditions of `deal` that are left to ask of a type (None: one
    of them never holds for it), `money_in` the currency that amounts must be in to count for a type ("": they do not
    matter). `apart` says that lines are judged one by one, so that what counts is not shared with other layers."""

    __slots__ = (
        "_families", "_seen", "_tiers", "apart", "asked", "attach", "commercial", "conditions", "deal", "each", "layer",
        "least", "line", "minimum_money", "mixed", "money_in", "pays", "rates",
    )  # fmt: skip

    def __init__(self, layer: Layer, families: Families, tiers: Families, public_sector: str = "") -> None:
        self.layer = layer
        made = [condition(spec) for spec in layer.conditions]
        by_itself = [NoPublicSector(public_sector)] if layer.of_vendor else []
        self.conditions = tuple((kind_of(c), c) for c in (*made, *by_itself))
        self.commercial = bool(by_itself) and not public_sector
        self.line: tuple[Condition, ...] = tuple(c for c in made if c.judged == "product")
        self.each: tuple[Condition, ...] = tuple(c for c in made if c.judged == "line")
        self.deal: tuple[Condition, ...] = tuple(c for c in made if c.judged == "deal")
        self.mixed: tuple[Condition, ...] = tuple(c for c in made if c.judged == "mixed")
        self.minimum_money = any(s.kind == "minimum_amount" for spec in layer.conditions for s in leaves(spec))
        self.rates: dict[DealType | None, Rate | None] = {t: layer.rate_for(t) for t in (None, *DEAL_TYPES)}
        self.asked = {t: self._left_to_ask(t) for t in self.rates}
        self.pays = frozenset(t for t, rate in self.rates.items() if rate is not None and self.asked[t] is not None)
        self.least = max(map(least_seats, self.deal), default=0)
        self.money_in = {t: layer.point.currency if self._needs_money(rate) else "" for t, rate in self.rates.items()}
        self.apart = bool(self.each) or layer.window is not None
        base = base_layer(layer, layer.attach_bonus) if layer.attach_bonus else None
        self.attach = LayerRule(base, families, tiers, public_sector) if base is not None else None
        self._families, self._tiers = families, tiers
        self._seen: dict[ProductKey, bool] = {}

    def _left_to_ask(self, deal_type: DealType | None) -> tuple[Condition, ...] | None:
        """The conditions on the deal that its type and `least` leave open; None when one of them rules the type out.
        Where the type is not known every condition answers for itself."""
        said = [for_type(c, deal_type) if deal_type else None for c in self.deal]
        if False in said:
            return None
        return tuple(c for c, a in zip(self.deal, said, strict=True) if a is None and not isinstance(c, MinimumSeats))

    def _needs_money(self, rate: Rate | None) -> bool:
        """Does the worth depend on amounts, so that a foreign currency cannot count?"""
        return self.minimum_money or (rate is not None and rate.kind == "percent")

    def fits(self, sku: str, vendor: str, family: str = "") -> bool:
        """Do the conditions on products hold for what was sold? `family` counts when the SKU is in none."""
        return self.about((sku, vendor, family))

    def about(self, product: ProductKey) -> bool:
        """The same of a product in one."""
        if not self.line:
            return True
        known = self._seen.get(product)
        if known is None:
            if len(self._seen) >= _VERDICTS_KEPT:
                self._seen.clear()
            subject = self.product(*product)
            known = self._seen[product] = all(c.holds(subject) for c in self.line)
        return known

    def product(self, sku: str, vendor: str, family: str = "") -> Subject:
        """A product as conditions see it."""
        name, prefix = self._families.found(sku) if sku else ("", "")
        tier, tier_prefix = self._tiers.found(sku) if sku else ("", "")
        return Subject(vendor, sku, name or family, tier=tier, prefixes=(prefix, tier_prefix))

    def sold(self, line: OrderLine, registration: Registration, lines: Sorted) -> Subject:
        """An order line as conditions see it, with its deal as registered."""
        return replace(
            self.product(line.sku, line.vendor or registration.vendor),
            quantity=Decimal(registration.quantity), amount=registration.amount, deal_type=registration.deal_type,
            deal=registration, line=line, approved_on=lines.approved_on, beside=lines.beside,
        )  # fmt: skip

    def admits(self, line: OrderLine, registration: Registration, lines: Sorted) -> bool:
        """Do the conditions on the product and the line hold, those mixed with the deal as it is registered?"""
        if not self.fits(line.sku, line.vendor or registration.vendor):
            return False
        if not self.each and not self.mixed:
            return True
        subject = self.sold(line, registration, lines)
        return all(c.holds(subject) for c in (*self.each, *self.mixed))


def base_layer(layer: Layer, bonus: AttachBonus) -> Layer:
    """The layer that counts the base products of an attach bonus: they are confirmed, returned and dated by the same
    rules as everything else."""
    name = {"family": "names", "sku": "numbers"}[bonus.kind]
    asked = ConditionSpec(bonus.kind, ((name, bonus.products),))
    return replace(layer, conditions=(asked,), rates=(Rate("per_deal", bonus.points),), attach_bonus=None)


class Rule:
    """One program version ready to judge. `by_order`: the qualifying date is that of an order or invoice; `instant`:
    the approval itself confirms. `dates` numbers all that decides which lines count at all: versions of one number
    share a deal's `Sorted`."""

    __slots__ = (
        "asks_beside", "by_order", "confirm_by", "confirming", "dates", "ends", "families", "instant", "layers",
        "opens", "program", "tiers",
    )  # fmt: skip

    def __init__(self, program: Program) -> None:
        self.program = program
        self.families, self.tiers = Families(program.families), Families(program.software_tiers)
        public_sector = dict(program.overrides).get("public_sector", "")
        self.layers = tuple(LayerRule(x, self.families, self.tiers, public_sector) for x in program.layers)
        # Does anything ask for other order lines of the deal or the book?
        self.asks_beside = program.deal_type_rule is not None or any(
            s.kind == "attach" for x in program.layers for c in x.conditions for s in leaves(c)
        )
        self.instant = program.behaviour == "deal_registered"
        self.by_order = program.qualifying_date != "registration_approved" and not self.instant
        window = program.window
        self.opens, self.ends, self.confirm_by = window.start, window.end, program.confirm_by
        self.confirming = program.confirming_document
        asked = program.qualifying_date if self.by_order else ""
        dates = (asked, program.confirming_document, window.start, window.end, window.zone, program.confirm_by)
        self.dates = _DATES.setdefault(dates, len(_DATES))

    def qualified_on(self, line: OrderLine, approved_on: date) -> date | None:
        """The day a line qualifies under this version; None when its document does not say."""
        if not self.by_order:
            return approved_on
        return line.ordered_on if self.program.qualifying_date == "order_placed" else line.invoiced_on

    def refusal(self, line: OrderLine, registration: Registration, approved_on: date) -> LineRefusal:
        """Why a line cannot confirm, "" when it may as far as document and dates go."""
        if CONFIRMS[line.document_type] != self.confirming:
            return "other document"
        if line.held:
            return "held"
        day = self.qualified_on(line, approved_on) if self.by_order else approved_on
        if day is None:
            return "undated"
        if not self.opens <= day <= self.ends:
            return "outside"
        dated = line.dated()
        if dated > self.confirm_by:
            return "late"
        valid_until = registration.valid_until
        if valid_until is not None and (line.ordered_on or dated) > valid_until:
            return "expired"
        return ""

    def sort(
        self,
        lines: Sequence[OrderLine],
        registration: Registration,
        approved_on: date,
        beside: Beside | None = None,
        products: Sequence[ProductKey] | None = None,
    ) -> Sorted:
        """Which lines may confirm, which take away, which are only evidence; what cannot count is left out. `products`
        are `products_of` the lines where they are known already."""
        may: list[tuple[OrderLine, date]] = []
        corrections: list[OrderLine] = []
        evidence: list[OrderLine] = []
        elsewhere: set[str] = set()
        by_order, by_order_document = self.by_order, self.confirming == "order"
        for line in lines:
            if takes_away(line):
                # An order that was cancelled before it was invoiced takes nothing from what was invoiced.
                if not line.held and (by_order_document or CONFIRMS[line.document_type] == "invoice"):
                    corrections.append(line)
                continue
            refusal = self.refusal(line, registration, approved_on)
            if not refusal:
                day = self.qualified_on(line, approved_on) if by_order else approved_on
                assert day is not None, "an undated line was refused above"
                may.append((line, day))
            elif refusal == "other document" and by_order_document and not line.held:
                evidence.append(line)
            elif refusal != "other document":
                elsewhere.update((line.document_no, line.order_no))
        if elsewhere:
            elsewhere.update(line.document_no for line in evidence if line.order_no in elsewhere)
        if products is None:
            products = products_of(lines, registration.vendor)
        return Sorted(may, corrections, evidence, elsewhere, approved_on, beside, products)


@dataclass(slots=True)  # one is made for every deal; frozen, it would take five times as long
class Sorted:
    """A deal's lines under one version: `may` confirm (with the day they qualify), `corrections` take away,
    `evidence` are invoices beside the orders that confirm. `elsewhere` names the documents of this deal that do not
    count: what corrects them takes nothing from those that do. `approved_on` is the local day of the approval, `beside`
    the lines of the whole deal book, for the conditions that ask. `products` are those of all lines;
    `folded` remembers what counts by which of them fit and in which currency, for layers that ask nothing else of a
    line."""

    may: Sequence[tuple[OrderLine, date]]
    corrections: Sequence[OrderLine]
    evidence: Sequence[OrderLine]
    elsewhere: AbstractSet[str]
    approved_on: date | None = None
    beside: Beside | None = None
    products: Sequence[ProductKey] = ()
    folded: dict[tuple[object, ...], Counted] = field(default_factory=dict)


_rules: dict[tuple[str, int], Rule] = {}
_DATES: dict[tuple[object, ...], int] = {}
"""The number of each set of dates, documents and zone: a few dozen in the life of a process."""


def rule_of(program: Program) -> Rule:
    """The compiled form of a version; made once per Program object."""
    key = (program.id, program.version)
    known = _rules.get(key)
    if known is None or known.program is not program:
        if len(_rules) >= _RULES_KEPT:
            _rules.clear()
        known = _rules[key] = Rule(program)
    return known


def products_of(lines: Sequence[OrderLine], vendor: str) -> list[ProductKey]:
    """The products of a deal's lines, each once; `vendor` is the deal's, where a line names none."""
    found: list[ProductKey] = []
    sku = brand = None
    for line in lines:
        if line.sku == sku and line.vendor == brand:
            continue  # the lines of a document mostly tell one product
        sku, brand = line.sku, line.vendor
        product = (sku, brand or vendor, "")
        if product not in found:
            found.append(product)
    return found


def registered(registration: Registration, layer: LayerRule, lines: Sorted) -> Subject:
    """The deal as registered; its family is that of the SKU, else the one it names."""
    return replace(
        layer.product(registration.sku, registration.vendor, registration.family),
        quantity=Decimal(registration.quantity), amount=registration.amount, deal_type=registration.deal_type,
        deal=registration, approved_on=lines.approved_on, beside=lines.beside,
    )  # fmt: skip


def as_deal(registration: Registration, quantity: Decimal, amount: Money | None) -> Subject:
    """The deal as a whole with this quantity and amount, for the conditions judged on it."""
    return Subject(quantity=quantity, amount=amount, deal_type=registration.deal_type, deal=registration)


def in_time(rule: Rule, registration: Registration, approved_on: date) -> bool:
    """Can the registered value still qualify by date? Dated by the approval: that day lies in the window. Dated by
    the order: an order placed from the approval on, within the registration's validity, can lie in it."""
    if not rule.by_order:
        return rule.opens <= approved_on <= rule.ends
    valid_until = registration.valid_until
    return approved_on <= rule.ends and (valid_until is None or rule.opens <= valid_until)


def layer_in_time(rule: Rule, layer: LayerRule, registration: Registration, approved_on: date) -> bool:
    """The same for a layer's own window."""
    if layer.layer.window is None:
        return True
    start, end = layer.layer.window
    if not rule.by_order:
        return start <= approved_on <= end
    valid_until = registration.valid_until
    return approved_on <= end and (valid_until is None or start <= valid_until)
