"""Fifty rules and the lines they are judged on, as plain values: the same for everybody.

A rule asks for a product (one of twenty part numbers), a least number of seats, and one or two types of deal, and gives
so many points a seat. Deals have four lines of one product; a rule asks for the seats of the whole deal.
"""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTS, RULES, LINES_A_DEAL = 200, 50, 4
TYPES = ("net_new", "renewal", "expansion")


@dataclass(frozen=True, slots=True)
class PlainRule:
    """One rule."""

    number: int
    skus: tuple[str, ...]
    least_seats: int
    types: tuple[str, ...]
    points: int


@dataclass(frozen=True, slots=True)
class PlainLine:
    """One line: its product, its own quantity, and of its deal the type and all seats."""

    deal: int
    sku: str
    quantity: int
    deal_type: str
    seats: int


def rules() -> list[PlainRule]:
    """The fifty rules."""
    return [
        PlainRule(
            n,
            tuple(f"SEC-{(n * 7 + step) % PRODUCTS:03}" for step in range(20)),
            n % 30 + 1,
            (TYPES[n % 3],) if n % 2 else (TYPES[n % 3], TYPES[(n + 1) % 3]),
            n % 5 + 1,
        )
        for n in range(RULES)
    ]


def lines(count: int) -> list[PlainLine]:
    """`count` lines, a multiple of four."""
    found = []
    for n in range(count):
        deal = n // LINES_A_DEAL
        quantity = deal % 12 + 1
        found.append(
            PlainLine(deal, f"SEC-{deal * 13 % PRODUCTS:03}", quantity, TYPES[deal % 3], LINES_A_DEAL * quantity)
        )
    return found
