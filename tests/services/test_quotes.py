"""What a quote promises is what scoring and the close will say of the same sale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.conditions import Sku
from chalicelib.domain.errors import InvalidDocument
from chalicelib.domain.orders import Revision
from chalicelib.domain.programs import ConditionSpec, DealTypeRule, Program, Rate, Tier
from chalicelib.domain.quotes import Asked, read_asked
from chalicelib.domain.registrations import DEAL_TYPES, WHOLE, Credit
from chalicelib.services.quotes import LayerOffer, QuoteView, quote
from tests.builders import ANA, BEN, OCTOBER, a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core_reader import Reseller

NOW = OCTOBER + timedelta(days=9)  # 14 October, noon and a little in Chicago
FIFTY = Asked("SEC-ENT", 50, vendor="Veridane", amount=usd("5000"), deal_type="net_new")


def a_shop(*programs: Program) -> Reseller:
    shop = Reseller(*(programs or (a_program(),)))
    for rep in (ANA, BEN):
        shop.enroll(rep, date(2026, 10, 1))
    return shop


def asked_of(shop: Reseller, asked: Asked = FIFTY, now: datetime = NOW, rep: str = ANA) -> QuoteView:
    return quote(asked, rep, shop.quotes, now)


def layer_of(view: QuoteView, program: str = "security-push", deal_type: str = "net_new") -> LayerOffer:
    [one] = [p for p in view.programs if p.program == program]
    [offer] = [o for o in one.offers if o.deal_type == deal_type]
    return offer.layers[0]


def test_new_business_and_renewal_stand_side_by_side_whatever_was_asked() -> None:
    """W48, W49, W74, W75."""
    for asked in (FIFTY, replace(FIFTY, deal_type="renewal"), replace(FIFTY, deal_type=None)):
        view = asked_of(a_shop(), asked)
        assert (layer_of(view).points, layer_of(view, deal_type="renewal").points) == (150, 50)
        assert [t.deal_type for t in view.totals if t.asked] == ([asked.deal_type] if asked.deal_type else [])


def test_a_miss_is_told_with_the_smallest_change() -> None:
    """W20, domain.md 29."""
    ten = a_layer(conditions=(ConditionSpec("minimum_seats", (("seats", 10),)),))
    found = layer_of(asked_of(a_shop(a_program(layers=(ten,))), replace(FIFTY, quantity=7)))
    assert (found.points, found.counts) == (0, False)
    assert "3 more seats" in [v.shortfall for v in found.missing]


def test_every_program_she_is_enrolled_in_answers_and_the_best_comes_first() -> None:
    """W02, W43, W51."""
    shop = a_shop(a_program(), a_program(id="richer", layers=(a_layer(rates=(Rate("per_deal", 900),)),)))
    shop.core.programs["not-hers"] = (a_program(id="not-hers"),)
    view = asked_of(shop)
    assert [p.program for p in view.programs] == ["richer", "security-push"]
    [total] = [t for t in view.totals if t.asked]
    assert (total.worth, total.pays) == (usd("1050"), usd("1050"))


def test_the_bonus_of_a_tier_it_reaches_is_part_of_what_it_pays() -> None:
    """W46."""
    shop = a_shop(a_program(layers=(a_layer(tiers=(Tier("Silver", 200, 100), Tier("Gold", 400, 200))),)))
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    found = layer_of(asked_of(shop))
    assert (found.points, found.pays, found.tier, found.to_next_tier) == (150, usd("250"), "Silver", 100)


def test_a_cap_her_waiting_deals_fill_is_not_promised_twice() -> None:
    shop = a_shop(a_program(layers=(a_layer(cap_points_per_rep=200),)))
    shop.told(a_registration(), OCTOBER)
    found = layer_of(asked_of(shop))
    assert (found.points, found.worth, found.pays) == (150, usd("150"), usd("50")) and "cap" in found.note


@pytest.mark.parametrize(
    ("budget", "pays", "note"),
    [("1000", "150", ""), ("250", "100", "only 100 points"), ("150", "0", "spoken for"), ("100", "0", "spoken for")],
)
def test_a_budget_is_never_promised_beyond_what_is_left(budget: str, pays: str, note: str) -> None:
    """F21, domain.md 21: Ben's deal waits and has reserved 150."""
    shop = a_shop(a_program(layers=(a_layer(budget=usd(budget)),)))
    shop.told(a_registration(owner=BEN, credits=(replace(a_registration().credits[0], rep=BEN),)), OCTOBER)
    shop.reader.board(shop.core.programs["security-push"][0], OCTOBER)
    found = layer_of(asked_of(shop))
    assert found.pays == usd(pays) and note in found.note


def test_an_exhausted_budget_stops_promising_at_once_though_the_board_is_old() -> None:
    """domain.md 21: nobody has looked at the board since Ben's order came."""
    shop = a_shop(a_program(layers=(a_layer(budget=usd("150")),)))
    shop.reader.board(shop.core.programs["security-push"][0], NOW - timedelta(minutes=1))
    assert layer_of(asked_of(shop)).pays == usd("150")
    shop.told(a_registration(owner=BEN, credits=(replace(a_registration().credits[0], rep=BEN),)), NOW)
    shop.ordered(a_line(), NOW)
    found = layer_of(asked_of(shop))
    assert found.pays == usd("0") and "used up" in found.note


def test_what_the_account_has_bought_this_quarter_counts_as_it_will_when_scored() -> None:
    """domain.md 13: net-new by orders, and what is attached to an earlier deal of the account."""
    again = a_program(deal_type_rule=DealTypeRule("vendor", "orders"))
    near = ConditionSpec("attach", (("products", (Sku(("BASE-1",)),)), ("within_days", 30)))
    beside = a_program(id="attach-push", layers=(a_layer(conditions=(near,)),))
    shop = a_shop(again, beside)
    named = replace(FIFTY, account=a_registration().account)
    before = asked_of(shop, named)
    assert [layer_of(before, p).points for p in ("security-push", "attach-push")] == [150, 0]
    earlier = a_registration(sku="BASE-1", credits=(Credit(BEN, WHOLE),), owner=BEN)
    shop.told(earlier, NOW - timedelta(days=3))
    shop.ordered(a_line(sku="BASE-1", ordered_on=date(2026, 10, 1), invoiced_on=date(2026, 10, 2)), NOW)
    after = asked_of(shop, named)
    assert [layer_of(after, p).points for p in ("security-push", "attach-push")] == [50, 150]
    assert asked_of(shop, FIFTY) == before, "where no account is named nothing is known of it"


def test_what_the_account_bought_in_other_quarters_counts_as_it_will_when_scored() -> None:
    """domain.md 13: the deal book of this quarter may not even be there yet."""
    shop = a_shop(a_program(deal_type_rule=DealTypeRule("vendor", "orders", 12)))
    named = replace(FIFTY, account=a_registration().account)
    spring = datetime.fromisoformat("2026-04-10T12:00:00+00:00")
    shop.told(a_registration(created_at=spring, approved_at=spring), spring)
    assert layer_of(asked_of(shop, named)).points == 150
    shop.ordered(a_line(ordered_on=date(2026, 4, 12), invoiced_on=date(2026, 4, 14)), spring)
    assert layer_of(asked_of(shop, named)).points == 50
    assert layer_of(asked_of(shop, FIFTY)).points == 150, "where no account is named nothing is known of it"
    shop.told(a_registration(id="a0D5w00000REG02EAA", number="DR-2"), NOW)
    assert shop.core.held["security-push", ANA].sums("internal").provisional == 50


def test_rank_and_place_follow_the_sale() -> None:
    shop = a_shop()
    shop.told(a_registration(owner=BEN, credits=(replace(a_registration().credits[0], rep=BEN),)), OCTOBER)
    shop.ordered(a_line(quantity=Decimal(40), amount=usd("4000")), OCTOBER)
    shop.reader.board(shop.core.programs["security-push"][0], NOW)
    [program] = asked_of(shop).programs
    places = {o.deal_type: (o.rank_now, o.rank_then) for o in program.offers}
    assert places["net_new"] == (2, 1) and places["renewal"] == (2, 2)


def test_a_program_that_has_not_begun_promises_nothing_yet() -> None:
    early = layer_of(asked_of(a_shop(), now=datetime.fromisoformat("2026-09-30T12:00:00+00:00")))
    assert early.points == 0 and any("on or after 1 Oct 2026" in v.shortfall for v in early.missing)


def test_a_quote_costs_one_read_and_a_second_only_for_an_old_budget() -> None:
    """The bound is two."""
    shop = a_shop(a_program(), a_program(id="limited", layers=(a_layer(budget=usd("900")),)))
    for seconds, reads in ((1, 1), (60, 2)):
        for [program] in shop.core.programs.values():
            shop.reader.board(program, NOW - timedelta(seconds=seconds))
        shop.boards.saved = {
            p: replace(b, built_at=NOW - timedelta(seconds=seconds)) for p, b in shop.boards.saved.items()
        }
        shop.quotes.reads = 0
        asked_of(shop)
        assert shop.quotes.reads == reads, seconds


@pytest.mark.parametrize(
    ("document", "path", "said"),
    [
        ({"quantity": 1}, "sku", "is missing"),
        ({"sku": "A", "quantity": 0}, "quantity", "whole number from 1"),
        ({"sku": "A", "quantity": True}, "quantity", "whole number"),
        ({"sku": "A", "quantity": 1, "deal_type": "netnew"}, "deal_type", 'Did you mean "net_new"?'),
        ({"sku": "A", "quantity": 1, "amont": {}}, "amont", 'Did you mean "amount"?'),
        ({"sku": "A", "quantity": 1, "amount": {"amount": "1.234", "currency": "USD"}}, "amount.amount", "decimals"),
        ({"sku": "A", "quantity": 1, "rep": BEN}, "rep", "Remove it"),
        ({"sku": "A\n", "quantity": 1}, "sku", "line breaks"),
        ({"sku": "A", "quantity": 1, "account": "Harborline"}, "account", "15 or 18 characters"),
        ({"sku": {"a": 1}, "quantity": 1}, "sku", "text"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_with_every_reason(document: Any, path: str, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_asked(document)
    assert any(p.path == path and said in p.message + p.remedy for p in refused.value.problems), refused.value


# --- the property: what is quoted is what is scored -------------------------------------------------------------

LAYERS = st.builds(
    a_layer,
    conditions=st.lists(
        st.sampled_from([
            ConditionSpec("minimum_seats", (("seats", 20),)), ConditionSpec("vendor", (("names", ("Veridane",)),)),
            ConditionSpec("minimum_amount", (("amount", usd("1000")),)),
            ConditionSpec("deal_type", (("types", ("net_new", "expansion")),)),
            ConditionSpec("sku", (("numbers", ("SEC-ENT",)),)),
        ]), max_size=3, unique_by=lambda c: c.kind,
    ).map(tuple),
    rates=st.sampled_from([
        (Rate("per_seat", 3, deal_type="net_new"), Rate("per_seat", 1, deal_type="renewal")),
        (Rate("percent", hundredths=250),), (Rate("per_deal", 100, deal_type="renewal"), Rate("per_deal", 40)),
    ]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    layer=LAYERS,
    qualifying=st.sampled_from(["registration_approved", "order_placed", "order_invoiced"]),
    deal_type=st.sampled_from(DEAL_TYPES), quantity=st.integers(1, 60), amount=st.none() | st.integers(1, 900_000),
    vendor=st.sampled_from(["Veridane", "Orchid", ""]), sku=st.sampled_from(["SEC-ENT", "OTHER"]),
    day=st.integers(-40, 100),
)  # fmt: skip
def test_what_is_quoted_is_what_is_scored(
    layer: Any, qualifying: str, deal_type: Any, quantity: int, amount: int | None, vendor: str, sku: str, day: int
) -> None:
    """W48: quote, then register, order and invoice the very same: the same points."""
    shop, now = a_shop(a_program(layers=(layer,), qualifying_date=qualifying)), NOW + timedelta(days=day)
    value = replace(usd("0"), minor=amount) if amount is not None else None
    asked = Asked(sku, quantity, vendor=vendor, amount=value, deal_type=deal_type)
    promised = layer_of(asked_of(shop, asked, now), deal_type=deal_type)
    shop.told(
        a_registration(
            version=now, created_at=now, approved_at=now, vendor=vendor, sku=sku, quantity=quantity, amount=value,
            deal_type=deal_type,
        ),
        now,
    )  # fmt: skip
    today = now.date()
    shop.ordered(
        a_line(
            quantity=Decimal(quantity), amount=value or usd("0"), sku=sku, vendor=vendor, ordered_on=today,
            invoiced_on=today, revision=Revision(0, now, 2),
        ),
        now,
    )  # fmt: skip
    sums = shop.core.held["security-push", ANA].sums("internal")
    assert (sums.provisional, sums.confirmed) == (0, promised.points)
