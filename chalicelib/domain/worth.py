"""What a deal is worth under one layer of one version, in points: the part that waits and the part that is confirmed.

Minima are judged on the registered value for the provisional part, on the confirmed net for the confirmed part. Points
from seats use whole seats: a fraction of a confirmed or waiting quantity is left out. Percentages round half up once,
on the whole of what they cover (domain.md 34).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.domain.counted import NOTHING, Counted, count, count_mixed
from chalicelib.domain.deal_types import divided
from chalicelib.domain.money import Money
from chalicelib.domain.programs import Rate
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import ZERO, LayerRule, Rule, Sorted, as_deal, in_time, layer_in_time, registered


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


def points(rate: Rate, point: Money, quantity: Decimal, minor: int) -> int:
    """Points for a quantity and an amount in the point's currency, neither below zero: whole seats, half up for
    percentages."""
    if rate.kind == "per_seat":
        return rate.points * int(quantity)
    if rate.kind == "per_deal":
        return rate.points
    # minor x hundredths / 10,000 / point, half up: all integers, so exact at any size.
    divisor = 10_000 * point.minor
    return (2 * minor * rate.hundredths + divisor) // (2 * divisor)


def worth(rule: Rule, layer: LayerRule, registration: Registration, lines: Sorted, approved_on: date) -> Worth:
    """What an approved, credited deal is worth under one layer of one version."""
    point, rate = layer.layer.point, layer.rates[registration.deal_type]
    found = NOTHING if rule.instant else count(layer, registration, lines)
    if layer.mixed and found.first is not None:
        found = count_mixed(layer, registration, lines, found)
    quantity, amount, gross = registration.quantity, registration.amount, found.gross
    minor = amount.minor if amount is not None and amount.currency == point.currency else 0
    covered = gross >= quantity if quantity else found.first is not None and found.gross_minor >= minor
    waiting, waiting_minor = ZERO, 0
    if not covered:
        waiting, waiting_minor = max(quantity - gross, ZERO), max(minor - found.gross_minor, 0)
    may_wait = rule.instant or (not covered and registration.status == "approved")
    # What nothing waits under is not asked for: most deals of a busy quarter are confirmed whole.
    registered_holds = may_wait and _registered_holds(rule, layer, registration, approved_on, lines)
    confirmed_holds = bool(found.net or found.net_minor) and _minima_hold(
        layer, registration, found.net, found.net_minor
    )
    provisional = confirmed = 0
    if rate is not None:
        if confirmed_holds:
            confirmed = points(rate, point, found.net, found.net_minor)
        if registered_holds:
            if rule.instant:
                confirmed = points(rate, point, Decimal(quantity), minor)
            elif rate.kind == "per_seat":
                provisional = points(rate, point, waiting, 0)
            elif rate.kind == "percent":
                # Rounded on the whole first, so that both parts add up to one rounding of the total.
                provisional = points(rate, point, ZERO, found.gross_minor + waiting_minor)
                provisional -= points(rate, point, ZERO, found.gross_minor)
            elif not (found.first and _minima_hold(layer, registration, gross, found.gross_minor)):
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


def deal_worth(rule: Rule, layer: LayerRule, registration: Registration, lines: Sorted, approved_on: date) -> Worth:
    """What a deal is worth under one layer; a co-term as its two parts (`deal_types`), its attach bonus once."""
    if registration.renewed_quantity:
        found = divided(registration, lambda r: worth(rule, layer, r, lines, approved_on), layer.layer.point.minor)
    else:
        found = worth(rule, layer, registration, lines, approved_on)
    if layer.attach is None or not found.confirmed or rule.instant:
        return found
    attached = attach_points(layer, registration, lines)
    return replace(found, confirmed=found.confirmed + attached, attached=attached) if attached else found


def _registered_holds(
    rule: Rule, layer: LayerRule, registration: Registration, approved_on: date, lines: Sorted
) -> bool:
    amount = registration.amount
    if layer.money_in[registration.deal_type] and (amount is None or amount.currency != layer.layer.point.currency):
        return False
    if not in_time(rule, registration, approved_on) or not layer_in_time(rule, layer, registration, approved_on):
        return False
    if not layer.fits(registration.sku, registration.vendor, registration.family):
        return False
    if layer.each or layer.mixed:
        whole = registered(registration, layer, lines)
        if not all(c.holds(whole) for c in (*layer.each, *layer.mixed)):
            return False
    return _deal_holds(layer, registration, registration.quantity, amount)


def _minima_hold(layer: LayerRule, registration: Registration, quantity: Decimal, minor: int) -> bool:
    amount = Money(minor, layer.layer.point.currency) if layer.minimum_money else None
    return _deal_holds(layer, registration, quantity, amount)


def _deal_holds(layer: LayerRule, registration: Registration, quantity: Decimal | int, amount: Money | None) -> bool:
    """Do the conditions on the deal as a whole hold, with this quantity and amount?"""
    if quantity < layer.least or (layer.commercial and registration.public_sector):
        return False
    asked = layer.asked[registration.deal_type]
    if not asked:
        return asked is not None
    subject = as_deal(registration, Decimal(quantity), amount)
    for condition in asked:  # noqa: SIM110 - asked for every layer of every deal: a generator costs as much again
        if not condition.holds(subject):
            return False
    return True
