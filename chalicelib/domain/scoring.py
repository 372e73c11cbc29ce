"""What one deal is worth under every program, from the facts alone.

A pure function of a registration, the order lines assigned to it and the program versions: no clock, no order of
arrival (domain.md 5, 6). In short:

* A program dated by the approval qualifies on the local day of approval; one dated by the order on each line's own
  order or invoice date. The version in force on that day rules the whole deal; while no order is known, the
  approval day's (domain.md 1, 34).
* A line counts when its document is the one the program names, it is not held, lies in the window and is dated no
  later than confirm-by and the registration's valid-until (both days included), and the layer's conditions on
  products hold. The other document is evidence; its returns and credits still take away (domain.md 7, 39).
* Provisional is the registered value that no document covers yet, confirmed the net of what counts. What was
  cancelled waits again, what was returned does not (domain.md 39). A credit or return never raises anything.
* Minima are judged on the registered value for the provisional part, on the confirmed net for the confirmed part.
* Points from seats use whole seats: a fraction of a confirmed or waiting quantity is rounded down. Percentages round
  half up once, on the whole of what they cover (domain.md 34).

The hot path (`explain=False`) builds no text: its awards carry `NO_PROOF`. `explain=True` gives the same numbers with
a proof for each (domain.md 29).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Award, BusinessTime, Proof
from chalicelib.domain.calendar import local_day
from chalicelib.domain.conditions import Subject
from chalicelib.domain.deal_types import divided, typed
from chalicelib.domain.money import Money, round_half_up
from chalicelib.domain.orders import CONFIRMS, OrderLine
from chalicelib.domain.programs import Program, Rate
from chalicelib.domain.purchases import Purchase
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import (
    LayerRule,
    Rule,
    Sorted,
    as_deal,
    in_time,
    layer_in_time,
    registered,
    rule_of,
    sold_at_most,
)
from chalicelib.domain.versions import ruling

NO_PROOF = Proof((), "", "")
ZERO = Decimal(0)
NO_LINES = Sorted((), (), (), frozenset())


@dataclass(frozen=True, slots=True)
class Counted:
    """What the documents say under one layer: `gross` is what was confirmed less what was cancelled, `net` that less
    returns and credits; quantities, and amounts in minor units, never negative. `first` is the earliest qualifying
    day of a line that counts, `foreign` a currency that kept a line from counting, `currency` that of the amounts
    when they matter ("" when they do not)."""

    gross: Decimal = ZERO
    gross_minor: int = 0
    net: Decimal = ZERO
    net_minor: int = 0
    first: date | None = None
    foreign: str = ""
    currency: str = ""


NOTHING = Counted()


@dataclass(slots=True)  # made as often as a Subject, and not frozen for the same reason
class Worth:
    """One award in numbers, and what they came from. `waiting` is the registered quantity no document covers yet,
    `waiting_minor` the same of the amount; `covered` says that nothing waits. `attached` is the attach bonus in
    `confirmed`. Where nothing waits, `registered_holds` is not asked for and False."""

    provisional: int
    confirmed: int
    counted: Counted
    waiting: Decimal
    waiting_minor: int
    covered: bool
    rate: Rate | None
    registered_holds: bool
    confirmed_holds: bool
    attached: int = 0


def refusal(registration: Registration) -> str:
    """Why a registration can earn nothing at all, in words; "" when it may."""
    if registration.status in ("submitted", "rejected", "deleted"):
        return f"the registration is {registration.status}"
    if registration.approved_at is None:
        return f"the registration is {registration.status} but carries no approval date"
    if registration.trouble:
        return "; ".join(registration.trouble)
    if not registration.credits:
        return "nobody is credited with the deal"
    return ""


def beside_lines(layer: LayerRule, registration: Registration, lines: Sorted) -> Subject:
    """The deal as it stands beside a line in a mixed condition: the net of all lines that meet the layer's others."""
    found = count(layer, registration, lines)
    return as_deal(registration, found.net, Money(found.net_minor, layer.layer.point.currency))


def _mixed(layer: LayerRule, registration: Registration, lines: Sorted, found: Counted) -> Counted:
    """What counts when conditions that mix a line with its deal are judged too, in a second fold. What a document
    covers does not wait again because a return took the deal below a minimum."""
    counts = count(layer, registration, lines, beside_lines(layer, registration, lines))
    return replace(found, net=counts.net, net_minor=counts.net_minor, first=counts.first or found.first)


def _mixed_holds(
    layer: LayerRule,
    registration: Registration,
    lines: Sorted,
    line: OrderLine,
    net: Subject,
    *,
    corrects: bool = False,
) -> bool:
    """A correction is asked for its product only: its dates are not those of the sale."""
    subject = layer.sold(line, registration, lines)
    subject = replace(subject, quantity=net.quantity, amount=net.amount, line=None if corrects else line)
    return all(c.holds(subject) for c in layer.mixed)


def count(layer: LayerRule, registration: Registration, lines: Sorted, beside: Subject | None = None) -> Counted:
    """Fold a deal's sorted lines under one layer. The order of the lines does not matter. `beside` is the deal that
    mixed conditions are judged beside; without it they are left out."""
    if not lines.may:
        return NOTHING
    in_money = layer.needs_money(layer.rates[registration.deal_type])
    currency = layer.layer.point.currency if in_money else ""
    if beside is not None or layer.each or layer.layer.window is not None:
        return _counted(layer, registration, lines, beside, currency, every=False)
    # Which lines fit and the currency are all the fold asks: many layers under many programs share one.
    fits = [layer.fits(sku, vendor) for sku, vendor in lines.products]
    fitting = (currency, *fits)
    found = lines.folded.get(fitting)
    if found is None:
        found = lines.folded[fitting] = _counted(layer, registration, lines, None, currency, every=all(fits))
    return found


def _counted(
    layer: LayerRule,
    registration: Registration,
    lines: Sorted,
    beside: Subject | None,
    currency: str,
    *,
    every: bool,
) -> Counted:
    """`every`: all products fit, none has to be asked again."""
    gross, gross_minor, first, foreign = ZERO, 0, None, ""
    counting: list[OrderLine] = []
    own = layer.layer.window
    for line, day in lines.may:
        if own is not None and not own[0] <= day <= own[1]:
            continue
        if not every and not layer.fits(line.sku, line.vendor or registration.vendor):
            continue
        if layer.each:
            subject = layer.sold(line, registration, lines)
            if not all(c.holds(subject) for c in layer.each):
                continue
        if beside is not None and not _mixed_holds(layer, registration, lines, line, beside):
            continue
        if currency and line.amount.currency != currency:
            foreign = max(foreign, line.amount.currency)
        elif line.quantity or line.amount.minor:
            gross += line.quantity
            gross_minor += line.amount.minor
            first = day if first is None or day < first else first
            counting.append(line)
    if first is None:
        return Counted(foreign=foreign) if foreign else NOTHING
    whole = Counted(gross, gross_minor, gross, gross_minor, first, foreign, currency)
    if not lines.corrections:
        return whole
    return _corrected(whole, layer, registration, lines, counting, beside)


def _corrected(
    whole: Counted,
    layer: LayerRule,
    registration: Registration,
    lines: Sorted,
    counting: Sequence[OrderLine],
    beside: Subject | None,
) -> Counted:
    """Take corrections away: never below zero, never adding (one with the wrong sign takes nothing).

    A correction that names a document of this deal follows it: it takes away only when that document counts. One
    that names nothing known takes away from the deal as a whole (domain.md 39).
    """
    currency = whole.currency
    confirmed = {name for x in counting for name in (x.document_no, x.order_no)}
    others = lines.elsewhere | {name for x, _ in lines.may if x not in counting for name in (x.document_no, x.order_no)}
    cancelled = returned = ZERO
    cancelled_minor = returned_minor = 0
    for line in lines.corrections:
        if not layer.fits(line.sku, line.vendor or registration.vendor):
            continue
        if beside is not None and not _mixed_holds(layer, registration, lines, line, beside, corrects=True):
            continue
        if line.reference and line.reference in others and line.reference not in confirmed:
            continue
        quantity, minor = _taken(line, whole)
        if CONFIRMS[line.document_type] == "order":
            cancelled, cancelled_minor = cancelled + quantity, cancelled_minor + minor
        else:
            returned, returned_minor = returned + quantity, returned_minor + minor
    left, left_minor = max(whole.gross + cancelled, ZERO), max(whole.gross_minor + cancelled_minor, 0)
    # Credited and billed again: where the order confirms, invoices beyond the order give back what credits took.
    again = [
        x for x in lines.evidence
        if layer.fits(x.sku, x.vendor or registration.vendor) and currency in ("", x.amount.currency)
    ]  # fmt: skip
    billed = sum((x.quantity for x in again), ZERO)
    billed_minor = sum(x.amount.minor for x in again)
    returned = min(returned + max(billed - left, ZERO), ZERO)
    returned_minor = min(returned_minor + max(billed_minor - left_minor, 0), 0)
    net, net_minor = max(left + returned, ZERO), max(left_minor + returned_minor, 0)
    if whole.gross > 0 and net == 0:
        net_minor = 0  # goods that all went back are worth nothing, even when the return carried no price
    return Counted(left, left_minor, net, net_minor, whole.first, whole.foreign, currency)


def _taken(line: OrderLine, whole: Counted) -> tuple[Decimal, int]:
    """Quantity and minor units a correction takes away, as numbers not above zero.

    A cancellation may come as a document of its own, quantity 0 and the cancelled quantity beside it; one that
    retells its own order line has replaced it already. A cancellation without a price, and any correction in a
    currency that cannot be subtracted, takes its share of the amount.
    """
    quantity, minor = min(line.quantity, ZERO), min(line.amount.minor, 0)
    cancels = line.document_type == "cancellation"
    if cancels and not quantity and line.reference not in ("", line.document_no):
        quantity = -abs(line.cancelled)
    foreign = whole.currency not in ("", line.amount.currency)
    if foreign or (cancels and not minor):
        share = min(-quantity / whole.gross, Decimal(1)) if whole.gross else ZERO
        minor = -round_half_up(whole.gross_minor * share)
    return quantity, minor


def points(rate: Rate, point: Money, quantity: Decimal, minor: int) -> int:
    """Points for a quantity and an amount in the point's currency: whole seats, half up for percentages."""
    if rate.kind == "per_deal":
        return rate.points
    if rate.kind == "per_seat":
        return rate.points * int(quantity.to_integral_value(ROUND_FLOOR))
    # minor x hundredths / 10,000 / point, half up: all integers, so exact at any size.
    divisor = 10_000 * point.minor
    return (2 * minor * rate.hundredths + divisor) // (2 * divisor)


def worth(rule: Rule, layer: LayerRule, registration: Registration, lines: Sorted, approved_on: date) -> Worth:
    """What an approved, credited deal is worth under one layer of one version."""
    point = layer.layer.point
    rate = layer.rates[registration.deal_type]
    instant = rule.program.behaviour == "deal_registered"  # the approval itself confirms
    found = NOTHING if instant else count(layer, registration, lines)
    if layer.mixed and found.first is not None:
        found = _mixed(layer, registration, lines, found)
    quantity = Decimal(registration.quantity)
    own = registration.amount is not None and registration.amount.currency == point.currency
    minor = registration.amount.minor if registration.amount is not None and own else 0
    covered = found.gross >= quantity if quantity else found.first is not None and found.gross_minor >= minor
    waiting = max(quantity - found.gross, ZERO)
    waiting_minor = 0 if covered else max(minor - found.gross_minor, 0)
    may_wait = instant or (registration.status == "approved" and not covered)
    # What nothing waits under is not asked for: most deals of a busy quarter are confirmed whole.
    registered_holds = may_wait and (own or not layer.needs_money(rate)) and _registered_holds(
        rule, layer, registration, approved_on, lines
    )  # fmt: skip
    confirmed_holds = bool(found.net or found.net_minor) and _minima_hold(
        layer, registration, found.net, found.net_minor
    )
    provisional = confirmed = 0
    if rate is not None:
        if confirmed_holds:
            confirmed = points(rate, point, found.net, found.net_minor)
        if registered_holds:
            if instant:
                confirmed = points(rate, point, quantity, minor)
            elif rate.kind == "percent":
                # Rounded on the whole first, so that both parts add up to one rounding of the total.
                provisional = points(rate, point, ZERO, found.gross_minor + waiting_minor)
                provisional -= points(rate, point, ZERO, found.gross_minor)
            elif rate.kind == "per_seat":
                provisional = points(rate, point, waiting, 0)
            elif not (found.first and _minima_hold(layer, registration, found.gross, found.gross_minor)):
                # Judged on the gross: a return must not make a deal's reward wait again.
                provisional = rate.points
    return Worth(
        provisional, confirmed, found, waiting, waiting_minor, covered, rate, registered_holds, confirmed_holds
    )  # fmt: skip


def attach_points(layer: LayerRule, registration: Registration, lines: Sorted) -> int:
    """The layer's attach bonus, once a deal, while anything of a base product is confirmed net of returns; only what a
    distributor confirmed counts, so nothing waits for it."""
    bonus = layer.layer.attach_bonus
    if bonus is None or layer.attach is None:
        return 0
    base = count(layer.attach, registration, lines)
    return bonus.points if base.net > 0 or base.net_minor > 0 else 0


def _registered_holds(
    rule: Rule, layer: LayerRule, registration: Registration, approved_on: date, lines: Sorted
) -> bool:
    if layer.commercial and registration.public_sector:
        return False
    if not in_time(rule, registration, approved_on) or not layer_in_time(rule, layer, registration, approved_on):
        return False
    if not layer.fits(registration.sku, registration.vendor, registration.family):
        return False
    if layer.each or layer.mixed:
        whole = registered(registration, layer, lines)
        if not all(c.holds(whole) for c in (*layer.each, *layer.mixed)):
            return False
    if not layer.deal:
        return True
    return _holds(layer, as_deal(registration, Decimal(registration.quantity), registration.amount))


def _minima_hold(layer: LayerRule, registration: Registration, quantity: Decimal, minor: int) -> bool:
    if layer.commercial and registration.public_sector:
        return False
    if not layer.deal:
        return True
    amount = Money(minor, layer.layer.point.currency) if layer.minimum_money else None
    return _holds(layer, as_deal(registration, quantity, amount))


def _holds(layer: LayerRule, subject: Subject) -> bool:
    for condition in layer.deal:  # noqa: SIM110 - asked for every layer of every deal: a generator costs as much again
        if not condition.holds(subject):
            return False
    return True


def deal_worth(rule: Rule, layer: LayerRule, registration: Registration, lines: Sorted, approved_on: date) -> Worth:
    """What a deal is worth under one layer; a co-term as its two parts (`deal_types`), its attach bonus once."""
    if registration.renewed_quantity:
        found = divided(registration, lambda r: worth(rule, layer, r, lines, approved_on), layer.layer.point.minor)
    else:
        found = worth(rule, layer, registration, lines, approved_on)
    if layer.attach is None or not found.confirmed or rule.program.behaviour == "deal_registered":
        return found
    attached = attach_points(layer, registration, lines)
    return replace(found, confirmed=found.confirmed + attached, attached=attached) if attached else found


def score_deal(
    registration: Registration,
    lines: Sequence[OrderLine],
    versions: Mapping[str, Sequence[Program]],
    *,
    explain: bool = False,
    book: BookLines | None = None,
    zeros: bool = True,
) -> list[Award]:
    """One award per program and layer, ordered as the programs and their layers are; without `zeros` those are left out
    that are worth nothing, which is most of them where many programs run.

    `lines` are the order lines assigned to this registration, in any order; `versions` maps a program id to all its
    activated versions; `book` holds the lines of the whole deal book, these among them (None: there are no others).
    `explain` adds the proof to each award; the numbers are the same without.
    """
    awards: list[Award] = []
    told = _Told(registration, lines, refusal(registration), book)
    products, most = sold_at_most(registration, lines)
    for program_id, all_versions in versions.items():
        if not all_versions:
            continue
        program = all_versions[0] if len(all_versions) == 1 else ruling(all_versions, registration, lines, book)
        rule = rule_of(program)
        reach = (1 << len(rule.layers)) - 1 if zeros else rule.reach(products)
        if not reach:
            continue
        under = told.under(rule)
        if not zeros and not under.deal.renewed_quantity:
            reach &= rule.paying[under.deal.deal_type]
        while reach:
            lowest = reach & -reach
            reach ^= lowest
            layer = rule.layers[lowest.bit_length() - 1]
            if not zeros and most < layer.least:
                continue
            found = None if told.refused or under.approved_on is None else deal_worth(
                rule, layer, under.deal, under.lines, under.approved_on
            )  # fmt: skip
            if not zeros and (found is None or not (found.provisional or found.confirmed)):
                continue
            proof = told.proof(rule, layer, under, found) if explain else NO_PROOF
            parts = (found.provisional, found.confirmed) if found is not None else (0, 0)
            when = told.when(under, found)
            awards.append(Award(registration.id, program_id, layer.layer.id, program.version, *parts, when, proof))
    return awards


@dataclass(slots=True)
class _Under:
    """The deal as one version sees it: its local day of approval, with the type that counts and the purchase that
    decided it (None: the registration did), its lines sorted."""

    approved_on: date | None
    deal: Registration
    bought: Purchase | None = None
    lines: Sorted = NO_LINES


@dataclass(slots=True)
class _Told:
    """A deal and all that was told of it. What versions with the same dates have in common is done once."""

    registration: Registration
    lines: Sequence[OrderLine]
    refused: str
    book: BookLines | None
    by_dates: dict[int, _Under] = field(default_factory=dict)

    def under(self, rule: Rule) -> _Under:
        """The deal under a version; nothing is looked at when it is refused or was never approved."""
        registration = self.registration
        if rule.asks_beside or registration.renewed_quantity:
            return self._beside(rule)
        known = self.by_dates.get(rule.dates)
        if known is None:
            approved_at = registration.approved_at
            approved_on = local_day(approved_at, rule.program.window.zone) if approved_at is not None else None
            known = self.by_dates[rule.dates] = _Under(approved_on, registration)
            if self.lines and approved_on is not None and not self.refused:
                known.lines = rule.sort(self.lines, registration, approved_on)
        return known

    def _beside(self, rule: Rule) -> _Under:
        """The same where the other lines of the deal book matter: each program asks for others."""
        registration = self.registration
        if registration.approved_at is None:
            return _Under(None, registration)
        approved_on = local_day(registration.approved_at, rule.program.window.zone)
        if self.refused:
            return _Under(approved_on, registration)
        book = self.book or BookLines({registration.id: registration}, {registration.id: self.lines})
        deal, bought = typed(registration, rule, approved_on, book)
        return _Under(approved_on, deal, bought, rule.sort(self.lines, registration, approved_on, book.under(rule)))

    def when(self, under: _Under, found: Worth | None) -> BusinessTime | None:
        """Where the award stands in business time: by the earliest line that counts, else by the approval."""
        approved_at = self.registration.approved_at
        if under.approved_on is None or approved_at is None:
            return None
        day = found.counted.first if found is not None and found.counted.first else under.approved_on
        return BusinessTime(day, approved_at, self.registration.id)

    def proof(self, rule: Rule, layer: LayerRule, under: _Under, found: Worth | None) -> Proof:
        """Why the award is what it is."""
        from chalicelib.domain.layer_terms import with_terms  # the hot path never needs these
        from chalicelib.domain.proofs import proof_of

        return with_terms(
            proof_of(rule, layer, under.deal, self.lines, found, self.refused, under.lines, under.bought),
            rule, layer, found, under.approved_on,
        )  # fmt: skip
