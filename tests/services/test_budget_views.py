"""A budget is visible while it lasts, and nothing is promised beyond it (domain.md 21, F21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.domain.cards import card
from chalicelib.domain.registrations import Credit
from chalicelib.services.deal_views import deals_of
from chalicelib.services.program_views import cards
from chalicelib.services.rep_views import ProgramStanding, standings_of
from tests.builders import ANA, BEN, a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core_reader import Reseller

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PUSH = a_program(layers=(a_layer(budget=usd("200.00")),))
PUSH = replace(PUSH, card=card(PUSH).sentence)


@pytest.fixture
def shop() -> Reseller:
    """200 dollars for two reps; 50 seats earn 150."""
    shop = Reseller(PUSH)
    shop.enroll(ANA, date(2026, 10, 1))
    shop.enroll(BEN, date(2026, 10, 1))
    return shop


def approved(shop: Reseller, rep: str, number: int, day: int, seats: int = 50) -> None:
    shop.told(
        a_registration(
            id=f"a0D5w00000REG0{number}EAA", number=f"DR-{number}", quantity=seats, owner=rep,
            approved_at=datetime(2026, 10, day, 15, tzinfo=UTC), credits=(Credit(rep, 10_000),),
        ), NOW,
    )  # fmt: skip


def invoiced(shop: Reseller, number: int, seats: int = 50) -> None:
    shop.ordered(a_line(document_no=f"I{number}", registration_no=f"DR-{number}", quantity=Decimal(seats)), NOW)


def of(shop: Reseller, rep: str, now: datetime = NOW) -> ProgramStanding:
    [found] = standings_of(rep, shop, shop.reader, shop.sources, now).programs
    return found


def test_pending_reserves_confirmed_consumes_and_a_return_releases(shop: Reseller) -> None:
    seen = []

    def look(minutes: int) -> None:
        budget = of(shop, ANA, NOW + timedelta(minutes=minutes)).layers[0].budget
        assert budget is not None
        seen.append((budget.consumed.minor, budget.reserved.minor, budget.left.minor))

    look(0)
    approved(shop, ANA, 1, 5)
    look(1)
    invoiced(shop, 1)
    look(2)
    shop.ordered(
        a_line("9", document_no="C1", document_type="credit", registration_no="DR-1", quantity=Decimal(-20)), NOW
    )
    look(3)
    assert seen == [(0, 0, 20000), (0, 15000, 5000), (15000, 0, 5000), (9000, 0, 11000)]


def test_an_earlier_deal_that_arrives_later_displaces_and_everybody_sees_it(shop: Reseller) -> None:
    """Exhaustion follows the qualifying date, never arrival."""
    approved(shop, BEN, 1, 9)
    invoiced(shop, 1)
    assert of(shop, BEN).layers[0].payable == usd("150")
    approved(shop, ANA, 2, 5)
    invoiced(shop, 2)
    later = NOW + timedelta(minutes=1)
    ana, ben = of(shop, ANA, later), of(shop, BEN, later)
    assert (ana.layers[0].payable, ben.layers[0].payable) == (usd("150"), usd("50"))
    assert ana.combined.payable + ben.combined.payable == usd("200")
    assert ben.layers[0].confirmed.money == usd("150"), "the points are hers, the money is not there"


def test_the_card_stops_promising_at_once_when_the_budget_is_spoken_for(shop: Reseller) -> None:
    approved(shop, ANA, 1, 5)
    approved(shop, BEN, 2, 9)
    standing = of(shop, BEN)
    [shown] = cards(shop, shop.reader, NOW)["programs"]  # type: ignore[misc,attr-defined]
    for told in (standing.card, shown.card):
        assert told.startswith("All of the budget is spoken for") and told.endswith(PUSH.card)
    assert standing.layers[0].budget is not None and standing.layers[0].budget.exhausted
    assert (standing.layers[0].payable, standing.layers[0].if_all_confirms) == (usd("0"), usd("50"))
    invoiced(shop, 1)
    invoiced(shop, 2)
    assert of(shop, BEN, NOW + timedelta(minutes=1)).card.startswith("The budget is used up")


def test_a_deal_says_what_the_budget_leaves_of_it(shop: Reseller) -> None:
    approved(shop, ANA, 1, 5)
    approved(shop, BEN, 2, 9)
    approved(shop, BEN, 3, 12)

    def notes(minutes: int) -> dict[str, str]:
        view = deals_of(BEN, shop, shop.reader, NOW + timedelta(minutes=minutes), limit=10)
        return {deal.number: deal.programs[0].layers[0].note for deal in view.deals}

    spoken_for = "paid in full only if a deal that qualified before it falls through: the budget is spoken for"
    assert notes(0) == {"DR-2": spoken_for, "DR-3": spoken_for}
    for number in (1, 2, 3):
        invoiced(shop, number)
    assert notes(1) == {
        "DR-2": "only 50 points of it fit into the rest of the budget",
        "DR-3": "the budget is used up by deals that qualified before it",
    }


def test_after_the_end_what_was_paid_is_consumed_whatever_came_back(shop: Reseller) -> None:
    approved(shop, ANA, 1, 5)
    invoiced(shop, 1)
    over = PUSH.window.closes_at()
    [seen] = standings_of(ANA, shop, shop.reader, shop.sources, over, lambda program: {"internal": 200_00}).programs
    assert seen.layers[0].budget is not None and seen.layers[0].budget.left == usd("0")


def test_a_layer_without_a_budget_shows_none(shop: Reseller) -> None:
    shop.core.programs["security-push"] = (replace(PUSH, layers=(a_layer(),)),)
    assert of(shop, ANA).layers[0].budget is None
    assert of(shop, ANA).card == PUSH.card
