"""Of which type a deal is: net-new, renewal or expansion, by the rule its program declares, with the evidence.

The registration states the type. A program may declare that the account's orders are asked too, those of its quarter or
of so many months before the approval: one of the same vendor, family or SKU in another deal makes a net-new deal a
renewal. Orders never make a deal net-new, and a later return of that order changes nothing, so no correction raises a
deal (domain.md 7, 13).

A co-term names how many of its seats renew what the customer has; the rest is expansion. Each part earns its own rate
by its share of the quantity: 30 of 50 seats at 1 point and 20 at 3 earn 30 + 60. What is confirmed and what
waits are each rounded once, half up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.purchases import Purchase
from chalicelib.domain.registrations import DealType, Registration
from chalicelib.domain.rules import Rule

if TYPE_CHECKING:
    from chalicelib.domain.worth import Worth


def typed(
    registration: Registration, rule: Rule, approved_on: date, book: BookLines
) -> tuple[Registration, Purchase | None]:
    """The registration with the deal type that counts, and the purchase that decided (None: the registration did)."""
    shares = shares_of(registration)
    if len(shares) == 1 and shares[0][0] != registration.deal_type:
        return replace(registration, deal_type=shares[0][0]), None  # every seat is renewed
    asked = rule.program.deal_type_rule
    if asked is None or asked.source != "orders" or registration.deal_type != "net_new":
        return registration, None
    before = book.under(rule).bought_before(registration, asked, approved_on)
    return (replace(registration, deal_type="renewal"), before) if before else (registration, None)


def shares_of(registration: Registration) -> tuple[tuple[DealType | None, Fraction], ...]:
    """The deal's types with their share of the quantity: two for a co-term, else one; the shares sum to 1."""
    quantity, renewed = registration.quantity, registration.renewed_quantity or 0
    if not 0 < renewed <= quantity or registration.deal_type == "net_new":
        return ((registration.deal_type, Fraction(1)),)
    if renewed == quantity:
        return (("renewal", Fraction(1)),)
    return ("renewal", Fraction(renewed, quantity)), ("expansion", Fraction(quantity - renewed, quantity))


_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Part:
    """One type of a co-term: what the whole deal would be worth as this type, and the share of it that is."""

    deal_type: DealType | None
    share: Fraction
    whole: Worth


def parts_of(registration: Registration, worth_as: Callable[[Registration], Worth]) -> list[Part]:
    """The deal by type. `worth_as` says what a registration is worth under one layer."""
    return [
        Part(deal_type, share, worth_as(replace(registration, deal_type=deal_type)))
        for deal_type, share in shares_of(registration)
    ]


def divided(registration: Registration, worth_as: Callable[[Registration], Worth], point_minor: int) -> Worth:
    """What a co-term is worth: each part its share of the deal as that type. `point_minor` is what a point pays."""
    parts = parts_of(registration, worth_as)
    confirmed = sum((p.share * _confirmed(p.whole, point_minor) for p in parts), Fraction(0))
    waiting = sum((p.share * _waiting(p.whole, point_minor) for p in parts), Fraction(0))
    furthest = max((p.whole for p in parts), key=lambda w: (w.rate is not None, w.confirmed_holds, w.registered_holds))
    return replace(
        furthest,
        confirmed=floor(confirmed + _HALF),
        provisional=floor(waiting + _HALF),
        confirmed_holds=any(p.whole.confirmed_holds for p in parts),
        registered_holds=any(p.whole.registered_holds for p in parts),
    )


def _confirmed(whole: Worth, point_minor: int) -> Fraction:
    """Its confirmed points before rounding: a percentage is rounded once, after the parts are added up."""
    exact = _percentage(whole, whole.counted.net_minor, point_minor) if whole.confirmed else Fraction(0)
    return whole.confirmed + exact - floor(exact + _HALF)


def _waiting(whole: Worth, point_minor: int) -> Fraction:
    """The same of what waits."""
    exact = _percentage(whole, whole.waiting_minor, point_minor)
    return exact if whole.provisional and exact else Fraction(whole.provisional)


def _percentage(whole: Worth, minor: int, point_minor: int) -> Fraction:
    """Points of a percentage of this amount, zero at any other rate."""
    if whole.rate is None or whole.rate.kind != "percent":
        return Fraction(0)
    return Fraction(minor * whole.rate.hundredths, 10_000 * point_minor)
