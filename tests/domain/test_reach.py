"""What a deal would be worth after the smallest change (domain.md 29): true, because it is scored."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import ConditionSpec, Program, Rate
from chalicelib.domain.reach import in_reach
from chalicelib.domain.registrations import Registration
from chalicelib.domain.scoring import score_deal
from tests.builders import a_layer, a_line, a_program, a_registration, usd

SEATS = ConditionSpec("minimum_seats", (("seats", 60),))
AMOUNT = ConditionSpec("minimum_amount", (("amount", usd("6000")),))
VENDOR = ConditionSpec("vendor", (("names", ("Nimbrook",)),))


def reach(program: Program, deal: Registration, lines: tuple[OrderLine, ...] = ()) -> int:
    book = BookLines({deal.id: deal}, {deal.id: lines})
    [award] = score_deal(deal, lines, {program.id: (program,)}, explain=True, book=book)
    return in_reach(deal, lines, award, (program,), book)


def asking(*conditions: ConditionSpec, **more: Any) -> Program:
    return a_program(layers=(a_layer(conditions=conditions, rates=(Rate("per_seat", 3),)),), **more)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((SEATS,), 180),  # 50 seats are registered: 60 at 3 points
        ((AMOUNT,), 150),  # 5,000 is registered; the seats stay
        ((SEATS, AMOUNT), 180),  # both at once
        ((SEATS, VENDOR), 0),  # another vendor's product is another deal
        ((VENDOR,), 0),
        ((), 0),  # nothing is missing
    ],
    ids=["seats", "amount", "both", "and another vendor", "another vendor", "nothing"],
)
def test_it_is_what_scoring_says_of_the_larger_deal(conditions: tuple[ConditionSpec, ...], expected: int) -> None:
    program, deal = asking(*conditions), a_registration(quantity=50, amount=usd("5000"))
    assert reach(program, deal) == expected
    if expected:
        larger = replace(deal, quantity=60 if SEATS in conditions else 50, amount=usd("6000"))
        [award] = score_deal(larger, (), {program.id: (program,)})
        assert award.provisional == expected


def test_what_is_invoiced_already_stays_below_the_minimum_until_more_is() -> None:
    """20 seats are invoiced. Of 60 registered ones the other 40 would wait; 20 alone are too few to be confirmed."""
    line = a_line(quantity=Decimal(20), amount=usd("2000"))
    assert reach(asking(SEATS), a_registration(quantity=50, amount=usd("5000")), (line,)) == 40 * 3


@pytest.mark.parametrize("status", ["submitted", "rejected", "expired", "lost", "deleted"])
def test_a_deal_that_cannot_earn_has_nothing_in_reach(status: Any) -> None:
    assert reach(asking(SEATS), a_registration(quantity=50, status=status)) == 0
