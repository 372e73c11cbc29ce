"""The verdicts on a layer's conditions: the proof tree of one deal, with the source of every value.

A combination is a node with its parts below it. A condition on products or lines is judged for every line of the deal,
or for the deal as registered while there is none; it holds when it does for one of them, and a miss names the change
that takes least. A minimum is judged twice once something is confirmed: on what waits, and on the confirmed net.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.awards import Change, Origin, Proof, Verdict
from chalicelib.domain.calendar import day_text, iso
from chalicelib.domain.conditions import (
    DEAL_WORDS,
    Attach,
    Condition,
    MinimumAmount,
    MinimumSeats,
    OfDealType,
    Subject,
    changes_text,
    kind_of,
)
from chalicelib.domain.conditions.combinations import cheapest
from chalicelib.domain.conditions.customers import CustomerSize
from chalicelib.domain.conditions.products import Family, SoftwareTier
from chalicelib.domain.conditions.ways_out import Product, smallest
from chalicelib.domain.counted import beside_lines
from chalicelib.domain.deal_types import shares_of
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import DealTypeRule, Program
from chalicelib.domain.purchases import Purchase
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import LayerRule, Sorted, as_deal, registered, takes_away
from chalicelib.domain.worth import Worth

# A proof is read by a person: beyond this many, lines are not named one by one.
LINES_SHOWN = 20


def of_registration(registration: Registration, *names: str) -> tuple[Origin, ...]:
    """These fields of the registration, at the version that was read."""
    record, version = registration.number or registration.id, iso(registration.version)
    return tuple(Origin("registration", record, name, version) for name in names)


def of_line(line: OrderLine, name: str) -> Origin:
    """A field of an order line, as the file told it."""
    document = f"{line.document_type} {line.document_no}"
    return _line_origin(line.distributor, document, line.line_no, line.revision.as_of, name)


def of_purchase(bought: Purchase, name: str) -> Origin:
    """A field of the order line that shows a purchase, of whatever quarter it is."""
    return _line_origin(bought.distributor, bought.document, bought.line_no, bought.told_at, name)


def _line_origin(distributor: str, document: str, line_no: str, told_at: datetime, name: str) -> Origin:
    return Origin("order line", f"{distributor} {document} line {line_no}".rstrip(), name, iso(told_at))


def of_program(program: Program, name: str) -> Origin:
    """A part of the program's document."""
    return Origin("program", program.id, name, f"version {program.version}")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the facts of one deal under one program come from. `product` says what a SKU is there, `bought` is the
    purchase that made the deal a renewal."""

    program: Program
    registration: Registration
    lines: Sequence[OrderLine]
    product: Product
    bought: Purchase | None = None

    def of(self, asked: Condition, subject: Subject, *, confirmed: bool = False) -> tuple[Origin, ...]:
        """The sources of one condition's value; `confirmed`: its quantities are those of the order lines."""
        if isinstance(asked, Attach):
            base = asked.found(subject)
            return (of_line(base, "sku"),) if base is not None else of_registration(self.registration, "account")
        found = [origin for name in asked.facts for origin in self._fact(name, subject, confirmed)]
        tables = {Family: "families", SoftwareTier: "software_tiers", CustomerSize: "size_bands"}
        found += [of_program(self.program, table) for kind, table in tables.items() if isinstance(asked, kind)]
        return tuple(found)

    def _fact(self, name: str, subject: Subject, confirmed: bool) -> Iterable[Origin]:
        line = subject.line
        if name in ("quantity", "amount") and confirmed:
            return [of_line(x, name) for x in self.lines[:LINES_SHOWN]]
        if line is not None and name in ("sku", "ordered_on"):
            return [of_line(line, name)]
        if line is not None and name == "vendor" and line.vendor:
            return [of_line(line, name)]
        if name == "deal_type" and self.bought is not None:
            return [of_purchase(self.bought, "sku")]
        if name == "deal_type" and len(shares_of(self.registration)) > 1:
            return of_registration(self.registration, "renewed_quantity", "quantity")
        if name == "segment" and self.registration.employees is not None:
            return ()
        if name == "employees" and self.registration.employees is None and self.registration.segment:
            return ()
        if name == "sku" and not self.registration.sku and self.registration.family:
            return of_registration(self.registration, "family")
        return of_registration(self.registration, name) if name != "ordered_on" else ()


def tree(
    name: str,
    asked: Condition,
    subject: Subject,
    sources: Sources,
    *,
    beside: Sequence[Condition] = (),
    confirmed: bool = False,
    turned: bool = False,
) -> Verdict:
    """One condition on one subject, with its parts below it. `beside` are the layer's others: what counts must not
    break those that hold. `turned`: it stands in a `not`, where a part that does not hold asks for nothing."""
    parts = tuple(
        tree(kind_of(p), p, subject, sources, confirmed=confirmed, turned=turned or kind_of(asked) == "not")
        for p in parts_of(asked)
    )
    changes: tuple[Change, ...] = ()
    if not turned and not asked.holds(subject):
        kept = [c for c in beside if c is not asked and c.holds(subject)]
        changes = smallest(asked, kept, subject, sources.product)
    origins = sources.of(asked, subject, confirmed=confirmed)
    value, threshold, holds = asked.value(subject), asked.describe(), asked.holds(subject)
    shortfall = "" if holds or turned else changes_text(changes) or "only another deal would count"
    return Verdict(name, value, threshold, holds, shortfall, changes, origins, parts)


def parts_of(asked: Condition) -> tuple[Condition, ...]:
    """The conditions a combination is made of; none for a simple one."""
    return getattr(asked, "parts", ())


def atoms(asked: Condition) -> Iterator[Condition]:
    """The simple conditions of this one."""
    parts = parts_of(asked)
    if not parts:
        yield asked
    for part in parts:
        yield from atoms(part)


def on_conditions(
    layer: LayerRule,
    registration: Registration,
    lines: Sequence[OrderLine],
    found: Worth,
    around: Sorted,
    sources: Sources,
) -> Iterator[Verdict]:
    """A verdict, or two, on every condition of the layer, in the order they are written."""
    shares = shares_of(registration)
    for kind, asked in layer.conditions:
        judge = _Judge(layer, lines, found, around, sources)
        if len(shares) == 1 or not any(isinstance(a, OfDealType) for a in atoms(asked)):
            yield from judge.verdicts(kind, asked, registration)
            continue
        parts: list[Verdict] = []
        for deal_type, _ in shares:
            assert deal_type is not None, "the parts of a co-term have a type each"
            name = f"{kind} of the {DEAL_WORDS[deal_type]} part"
            parts += judge.verdicts(name, asked, replace(registration, deal_type=deal_type))
        holds = any(p.holds for p in parts)
        changes = () if holds else cheapest([p.changes for p in parts])
        value = f"{sum(p.holds for p in parts)} of {len(parts)} hold"
        origins = of_registration(registration, "renewed_quantity", "quantity")
        yield Verdict(kind, value, asked.describe(), holds, changes_text(changes), changes, origins, tuple(parts))


@dataclass(frozen=True, slots=True)
class _Judge:
    layer: LayerRule
    lines: Sequence[OrderLine]
    found: Worth
    around: Sorted
    sources: Sources

    def verdicts(self, kind: str, asked: Condition, registration: Registration) -> Iterator[Verdict]:
        counted = self.found.counted
        if asked.judged != "deal":
            yield self._on_lines(kind, asked, registration)
            return
        whole = registered(registration, self.layer, self.around)
        if not any(isinstance(a, MinimumAmount | MinimumSeats) for a in atoms(asked)):
            yield tree(kind, asked, whole, self.sources, beside=self._all())
            return
        if counted.first is None or not self.found.covered:
            name = kind if counted.first is None else f"{kind} (registered)"
            yield tree(name, asked, whole, self.sources, beside=self._all())
        if counted.first is not None:
            net = as_deal(registration, counted.net, Money(counted.net_minor, self.layer.layer.point.currency))
            yield tree(f"{kind} (confirmed)", asked, net, self.sources, confirmed=True)

    def _on_lines(self, kind: str, asked: Condition, registration: Registration) -> Verdict:
        subjects = self._subjects(asked, registration)
        best = next((s for s in subjects if asked.holds(s)), None)
        if best is None:
            least = cheapest([asked.changes(s) for s in subjects])
            best = next((s for s in subjects if asked.changes(s) == least), subjects[0])
        confirmed = best.line is not None and asked.judged == "mixed"
        verdict = tree(kind, asked, best, self.sources, beside=self._all(), confirmed=confirmed)
        if verdict.parts:
            return verdict
        values = dict.fromkeys(asked.value(s) for s in subjects)
        origins = dict.fromkeys(o for s in subjects[:LINES_SHOWN] for o in self.sources.of(asked, s))
        return replace(verdict, value=", ".join(values), origins=tuple(origins))

    def _all(self) -> list[Condition]:
        return [c for _, c in self.layer.conditions]

    def _subjects(self, asked: Condition, registration: Registration) -> list[Subject]:
        """What it is judged on: every sale's product, or the lines that may confirm; else the deal as registered."""
        whole = registered(registration, self.layer, self.around)
        if asked.judged == "product":
            sold = [x for x in self.lines if not takes_away(x)]
        else:
            sold = sorted((x for x, _ in self.around.may), key=lambda x: (x.document_no, x.line_no, x.id))
        subjects = [self.layer.sold(x, registration, self.around) for x in sold]
        if asked.judged == "mixed" and subjects:
            net = beside_lines(self.layer, registration, self.around)
            subjects = [replace(s, quantity=net.quantity, amount=net.amount) for s in subjects]
        return subjects or [whole]


def on_deal_type(registration: Registration, program: Program, bought: Purchase | None) -> Iterator[Verdict]:
    """How the deal's type was decided, with the evidence: where the program declares a rule, and for co-terms."""
    rule, shares = program.deal_type_rule, shares_of(registration)
    if rule is None and len(shares) == 1:
        return
    threshold, origins = rule_text(rule), of_registration(registration, "deal_type")
    value = DEAL_WORDS[registration.deal_type] if registration.deal_type else "no deal type"
    if bought is not None:
        value = f"renewal: {bought.sku} on {bought.document} was ordered {day_text(bought.day)}"
        origins = (of_purchase(bought, "ordered_on"),)
    elif len(shares) > 1:
        renewed = registration.renewed_quantity or 0
        value = f"{renewed:,} of {registration.quantity:,} seats renewed, {registration.quantity - renewed:,} added"
        origins = of_registration(registration, "renewed_quantity", "quantity")
    if rule is not None:
        origins = (*origins, of_program(program, "deal_type_rule"))
    yield Verdict("deal type", value, threshold, holds=True, origins=origins)


def rule_text(rule: DealTypeRule | None) -> str:
    """How a program decides what is net-new, in words."""
    if rule is None:
        return "as the registration states; renewed seats are renewal, the rest expansion"
    what = {"vendor": "of the vendor", "family": "of the product family", "sku": "of the SKU"}[rule.scope]
    months = f"{rule.look_back_months} {'month' if rule.look_back_months == 1 else 'months'}"
    if rule.source == "orders":
        when = f"in the {months} before its approval" if rule.look_back_months else "earlier in the quarter"
        return f"net-new as registered, unless the account ordered something {what} {when}"
    return f"as the registration states: net-new is an account that bought nothing {what} in {months}"


def told(proof: Proof) -> tuple[str, ...]:
    """The proof for people, from its tree alone: one sentence, or one for every miss with what would count."""
    missed = [v for v in proof.verdicts if not v.holds]
    if not missed:
        return ("Counts: every condition holds.",)
    return tuple(f"{v.condition}: {v.value}, asked for {v.threshold}; {_help(v)}." for v in missed)


def _help(verdict: Verdict) -> str:
    return verdict.shortfall or changes_text(verdict.changes) or "nothing can change that"
