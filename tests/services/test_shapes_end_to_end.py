"""Shapes from facts to figures: whatever order the facts came in, a rep sees the same and is paid the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.ledger import balances
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.payout_plan import RepAwards, plan
from chalicelib.domain.programs import AttachBonus, Program, RankPrizes, Rate, Tier
from chalicelib.domain.registrations import Credit, Registration
from chalicelib.domain.shapes import with_prizes
from chalicelib.services.deal_views import deal_of
from chalicelib.services.leaderboard_view import leaderboard
from chalicelib.services.rep_views import standings_of
from tests.builders import ANA, BEN, CHI, OCTOBER, a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core_reader import Reseller

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
PROGRAM = with_prizes(
    a_program(
        layers=(
            a_layer(first_deals_per_rep=2, attach_bonus=AttachBonus("sku", ("EDR-1",), 40), budget=usd("900")),
            a_layer(
                id="vendor:acme", rates=(Rate("per_deal", 30),), tier_kind="retroactive",
                tiers=(Tier("Gold", 60, percent=150),), window=(date(2026, 10, 2), date(2026, 10, 20)),
            ),
            a_layer(id="internal/se", rates=(Rate("per_deal", 10),), cap_points_per_rep=15),
        ),
        cap_per_rep=usd("400"), rank_prizes=RankPrizes("internal", (usd("100"), usd("50"))),
    )
)  # fmt: skip


def a_deal(n: int, rep: str, day: int, **more: Any) -> Registration:
    at = datetime(2026, 10, day, 15, tzinfo=UTC)
    return a_registration(
        id=f"a0D5w00000REG{n:02}EAA", number=f"DR-{n:03}", account=f"0015w00002ACC{n:02}AAA", approved_at=at,
        version=at, quantity=30, credits=(Credit(rep, 10_000),), overlays=(Credit(CHI, 10_000, "se"),), **more,
    )  # fmt: skip


def ordered(n: int, seats: int = 30, no: str = "1", **more: Any) -> OrderLine:
    return a_line(no, document_no=f"INV-{n}", registration_no=f"DR-{n:03}", quantity=Decimal(seats), **more)


FACTS: list[Registration | OrderLine] = [
    a_deal(1, ANA, 3), ordered(1), ordered(1, 2, "2", sku="EDR-1"),
    a_deal(2, ANA, 5), ordered(2, 20),
    a_deal(3, ANA, 1), ordered(3),
    a_deal(4, BEN, 6), ordered(4), a_deal(5, BEN, 25), ordered(5, 30),
    a_line("1", document_type="return", document_no="CM-5", registration_no="DR-005", quantity=Decimal(-30)),
]  # fmt: skip


def a_shop(facts: list[Registration | OrderLine], program: Program = PROGRAM) -> Reseller:
    shop = Reseller(program)
    for rep, name in ((ANA, "Ana"), (BEN, "Ben"), (CHI, "Chi")):
        shop.enroll(rep, date(2026, 10, 1), name=name)
    for fact in facts:
        shop.told(fact, OCTOBER) if isinstance(fact, Registration) else shop.ordered(fact, OCTOBER)
    return shop


def figures(shop: Reseller) -> Any:
    """What everybody sees, and what the freeze would pay her for what she sold."""
    views = {rep: standings_of(rep, shop, shop.reader, shop.sources, NOW).programs[0] for rep in (ANA, BEN, CHI)}
    shown = {rep: [(x.layer, x.confirmed.points, x.payable.minor) for x in v.layers] for rep, v in views.items()}
    reps = [RepAwards(rep, tuple(balances(shop.core.entries(rep), PROGRAM.id))) for rep in (ANA, BEN, CHI)]
    paid = {
        d.rep: {kind: sum(x.amount_minor for x in d.lines if x.kind == kind) for kind in ("award", "prize")}
        for d in plan(PROGRAM, 0, reps, [], {})
    }
    assert {rep: v.combined.payable.minor for rep, v in views.items()} == {r: p["award"] for r, p in paid.items()}
    return shown, paid


@settings(max_examples=40, deadline=None)
@given(st.permutations(FACTS), st.lists(st.sampled_from(FACTS), max_size=4))
def test_no_order_or_repetition_of_the_facts_changes_what_is_shown_or_paid(order, again) -> None:
    """domain.md 6, 21, 36: first deals, caps, attach bonus, own window, overlay, retroactive tier and prizes at once.

    Ana's deals of 1 and 3 October are her first two: 90, and 136 with the
    base product. The vendor pays those of 3 and 5 October at 150 %.
    Ben's second deal came back whole. The engineer's overlay is capped at 15 dollars.
    """
    assert figures(a_shop([*order, *again])) == (
        {
            ANA: [("internal", 286, 226_00), ("vendor:acme", 60, 90_00)],
            BEN: [("internal", 90, 90_00), ("vendor:acme", 30, 30_00)],
            CHI: [("internal", 0, 0), ("vendor:acme", 0, 0), ("internal/se", 40, 15_00)],
        },
        {
            ANA: {"award": 316_00, "prize": 100_00},
            BEN: {"award": 120_00, "prize": 50_00},
            CHI: {"award": 15_00, "prize": 0},
        },
    )


def test_a_deal_beyond_the_first_ones_says_so() -> None:
    shop = a_shop(FACTS)
    later = deal_of(ANA, "a0D5w00000REG02EAA", shop, shop.reader, NOW).programs[0].layers[0]
    first = deal_of(ANA, "a0D5w00000REG01EAA", shop, shop.reader, NOW).programs[0].layers[0]
    assert later.note == "only your first 2 deals are paid here; this one is later" and later.confirmed.points == 60
    assert first.note == "" and "40 of them for EDR-1" in first.confirmed_because


def test_an_overlay_is_explained_to_the_seller_and_shown_to_whom_it_pays() -> None:
    """domain.md 16; W50: what each funder and role gets stands apart."""
    shop = a_shop(FACTS)
    hers = deal_of(ANA, "a0D5w00000REG01EAA", shop, shop.reader, NOW).programs[0].layers[-1]
    his = deal_of(CHI, "a0D5w00000REG01EAA", shop, shop.reader, NOW).programs[0].layers[-1]
    assert (hers.layer, hers.confirmed.points, hers.note) == ("internal/se", 0, "for the role se, beside the split")
    assert (his.confirmed.points, his.note) == (10, "")


def test_the_board_shows_what_each_place_would_get_now() -> None:
    shop = a_shop(FACTS)
    view = leaderboard(PROGRAM, BEN, shop.reader, shop.people, NOW, top=5)
    assert [(place.name, place.prize) for place in view.top] == [("Ana", usd("100")), ("Ben", usd("50")), ("Chi", None)]
    assert (view.prizes, view.your_prize) == ((usd("100"), usd("50")), usd("50"))
    for rep in (ANA, BEN, CHI):
        shop.core.freeze(PROGRAM.id, rep)
    later = leaderboard(PROGRAM, BEN, shop.reader, shop.people, NOW + timedelta(minutes=1), top=5)
    assert later.your_prize is None, "the freeze has given them"


def test_the_gap_to_a_retroactive_tier_is_in_money() -> None:
    """W46."""
    shop = a_shop(FACTS)
    vendor = standings_of(BEN, shop, shop.reader, shop.sources, NOW).programs[0].layers[1]
    assert vendor.next_tier is not None
    assert (vendor.next_tier.missing_points, vendor.next_tier.bonus.money, vendor.next_tier.percent) == (
        30, usd("30"), 150,
    )  # fmt: skip
