"""What the documents of a deal add up to under one layer: what was confirmed, and what is left of it.

The order of the lines does not matter. The lines that may confirm are added up; corrections take away and never raise
anything; where the order confirms, an invoice is evidence and gives back what a credit took (domain.md 7, 39).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.domain.conditions import Subject
from chalicelib.domain.money import Money, round_half_up
from chalicelib.domain.orders import CONFIRMS, OrderLine
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import ZERO, LayerRule, Sorted, as_deal


@dataclass(slots=True)  # made for every deal, and not frozen for the reason a Subject is not: nobody changes one
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


def count(layer: LayerRule, registration: Registration, lines: Sorted, beside: Subject | None = None) -> Counted:
    """Fold a deal's sorted lines under one layer. `beside` is the deal that mixed conditions are judged beside; without
    it they are left out."""
    if not lines.may:
        return NOTHING
    currency = layer.money_in[registration.deal_type]
    if beside is not None or layer.apart:
        return _counted(layer, registration, lines, beside, currency, every=False)
    # Which products fit and the currency are all the fold asks: many layers under many programs share one.
    fits = [layer.about(product) for product in lines.products]
    fitting = (currency, *fits)
    found = lines.folded.get(fitting)
    if found is None:
        found = lines.folded[fitting] = _counted(layer, registration, lines, None, currency, every=all(fits))
    return found


def count_mixed(layer: LayerRule, registration: Registration, lines: Sorted, found: Counted) -> Counted:
    """What counts when conditions that mix a line with its deal are judged too, in a second fold. What a document
    covers does not wait again because a return took the deal below a minimum."""
    counts = count(layer, registration, lines, beside_lines(layer, registration, lines))
    return replace(found, net=counts.net, net_minor=counts.net_minor, first=counts.first or found.first)


def beside_lines(layer: LayerRule, registration: Registration, lines: Sorted) -> Subject:
    """The deal as it stands beside a line in a mixed condition: the net of all lines that meet the layer's others."""
    found = count(layer, registration, lines)
    return as_deal(registration, found.net, Money(found.net_minor, layer.layer.point.currency))


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


def _counted(
    layer: LayerRule,
    registration: Registration,
    lines: Sorted,
    beside: Subject | None,
    currency: str,
    *,
    every: bool,
) -> Counted:
    """`every`: all lines count as far as the layer asks anything of lines, none has to be asked again."""
    gross, gross_minor, first, foreign = ZERO, 0, None, ""
    counting: list[OrderLine] = []
    for line, day in lines.may if every else _asked(layer, registration, lines, beside):
        quantity, amount = line.quantity, line.amount
        if currency and amount.currency != currency:
            foreign = max(foreign, amount.currency)
        elif quantity or amount.minor:
            gross += quantity
            gross_minor += amount.minor
            if first is None or day < first:
                first = day
            counting.append(line)
    if first is None:
        return Counted(foreign=foreign) if foreign else NOTHING
    whole = Counted(gross, gross_minor, gross, gross_minor, first, foreign, currency)
    if not lines.corrections:
        return whole
    return _corrected(whole, layer, registration, lines, counting, beside)


def _asked(
    layer: LayerRule, registration: Registration, lines: Sorted, beside: Subject | None
) -> Iterator[tuple[OrderLine, date]]:
    """The lines that may confirm and meet what the layer asks of lines."""
    own = layer.layer.window
    for line, day in lines.may:
        if own is not None and not own[0] <= day <= own[1]:
            continue
        if not layer.fits(line.sku, line.vendor or registration.vendor):
            continue
        if layer.each:
            subject = layer.sold(line, registration, lines)
            if not all(c.holds(subject) for c in layer.each):
                continue
        if beside is None or _mixed_holds(layer, registration, lines, line, beside):
            yield line, day


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
    currency, vendor = whole.currency, registration.vendor
    cancelled = returned = ZERO
    cancelled_minor = returned_minor = 0
    for line in lines.corrections:
        if not layer.fits(line.sku, line.vendor or vendor):
            continue
        if beside is not None and not _mixed_holds(layer, registration, lines, line, beside, corrects=True):
            continue
        if line.reference and not _names(line.reference, counting) and _known(line.reference, lines):
            continue
        quantity, minor = _taken(line, whole)
        if CONFIRMS[line.document_type] == "order":
            cancelled, cancelled_minor = cancelled + quantity, cancelled_minor + minor
        else:
            returned, returned_minor = returned + quantity, returned_minor + minor
    left, left_minor = max(whole.gross + cancelled, ZERO), max(whole.gross_minor + cancelled_minor, 0)
    if lines.evidence:
        # Credited and billed again: where the order confirms, invoices beyond the order give back what credits took.
        again = [
            x for x in lines.evidence
            if layer.fits(x.sku, x.vendor or vendor) and currency in ("", x.amount.currency)
        ]  # fmt: skip
        billed = sum((x.quantity for x in again), ZERO)
        billed_minor = sum(x.amount.minor for x in again)
        returned = min(returned + max(billed - left, ZERO), ZERO)
        returned_minor = min(returned_minor + max(billed_minor - left_minor, 0), 0)
    net, net_minor = max(left + returned, ZERO), max(left_minor + returned_minor, 0)
    if whole.gross > 0 and net == 0:
        net_minor = 0  # goods that all went back are worth nothing, even when the return carried no price
    return Counted(left, left_minor, net, net_minor, whole.first, whole.foreign, currency)


def _names(reference: str, documents: Sequence[OrderLine]) -> bool:
    """Does a correction's reference name one of these documents, or the order of one?"""
    for line in documents:  # noqa: SIM110 - a generator costs more than the few lines of a deal
        if reference in (line.document_no, line.order_no):
            return True
    return False


def _known(reference: str, lines: Sorted) -> bool:
    """Does it name any document of this deal that confirms, or could have?"""
    return reference in lines.elsewhere or _names(reference, [line for line, _ in lines.may])


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
