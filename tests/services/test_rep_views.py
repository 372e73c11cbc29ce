"""One answer shows a rep every program, both layers, their sum and every deal she ever registered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.domain.calendar import Window
from chalicelib.domain.conditions import Sku
from chalicelib.domain.errors import InvalidDocument, NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.programs import ConditionSpec, Rate, Tier
from chalicelib.domain.registrations import Credit
from chalicelib.services.deal_views import deal_of, deals_of
from chalicelib.services.leaderboard_view import leaderboard
from chalicelib.services.rep_views import Source, StandingsView, standings_of, window_view
from tests.builders import ANA, BEN, CHI, OCTOBER, a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core_reader import Reseller

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VENDOR = a_layer(
    id="vendor:Veridane", point=usd("0.50"), payer_of_record="Veridane", tax_treatment="vendor_other_income",
    conditions=(ConditionSpec("vendor", (("names", ("Veridane",)),)),),
    rates=(Rate("per_deal", 100),), tiers=(Tier("gold", 200, 50),),
)  # fmt: skip
BOTH = a_program(id="both-layers", layers=(a_layer(tiers=(Tier("silver", 400, 100),)), VENDOR), feeds=("castellan",))


@pytest.fixture
def shop() -> Reseller:
    shop = Reseller(BOTH)
    shop.enroll(ANA, date(2026, 10, 1), name="Ana Ruiz")
    return shop


def view(shop: Reseller, rep: str = ANA, now: datetime = NOW) -> StandingsView:
    return standings_of(rep, shop, shop.reader, shop.sources, now)


def test_six_programs_come_back_in_one_answer_and_add_up() -> None:
    """W02, W51: at least five vendor programs and one internal one, one response, one total per currency."""
    vendors = [a_program(id=f"vendor-{i}", layers=(replace(VENDOR, id=f"vendor:V{i}"),)) for i in range(5)]
    euros = a_program(id="euros", layers=(a_layer(point=Money(100, "EUR")),))
    shop = Reseller(a_program(), *vendors, euros)
    shop.enroll(ANA, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    answer = view(shop)
    assert {p.program for p in answer.programs} == {"security-push", "euros", *(f"vendor-{i}" for i in range(5))}
    totals = {t.confirmed.currency: t.confirmed.minor for t in answer.totals}
    assert totals == {"EUR": 150_00, "USD": 150_00 + 5 * 50_00}
    for currency, minor in totals.items():
        assert minor == sum(
            p.combined.confirmed.minor for p in answer.programs if p.combined.confirmed.currency == currency
        )


def test_registration_and_order_each_move_points_count_and_gap(shop: Reseller) -> None:
    """W45-W47: provisional from the approval, confirmed from the order; the total never dips in between."""
    [before] = view(shop).programs
    shop.told(a_registration(), OCTOBER)
    [waiting] = view(shop).programs
    shop.ordered(a_line(), OCTOBER)
    [done] = view(shop).programs
    points = [(x.layers[0].provisional.points, x.layers[0].confirmed.points) for x in (before, waiting, done)]
    assert points == [(0, 0), (150, 0), (0, 150)]
    assert [x.layers[0].total.money for x in (waiting, done)] == [usd("150")] * 2
    assert [(x.deals.qualifying, x.deals.confirmed, x.deals.pending) for x in (before, waiting, done)] == [
        (0, 0, 0), (1, 0, 1), (1, 1, 0),
    ]  # fmt: skip
    gaps = [x.layers[0].next_tier for x in (before, waiting, done)]
    assert [g and (g.missing_points, g.missing_deals, g.pending_reaches) for g in gaps] == [
        (400, None, False), (400, None, False), (250, 2, False),
    ]  # fmt: skip


def test_the_order_may_come_before_the_registration(shop: Reseller) -> None:
    shop.ordered(a_line(), OCTOBER)
    shop.told(a_registration(), OCTOBER)
    [program] = view(shop).programs
    assert program.layers[0].confirmed.points == 150 and program.deals.confirmed == 1


def test_both_layers_stand_side_by_side_with_their_sum_and_pay_date(shop: Reseller) -> None:
    """W12, W63: one place, the split always shown, and when each is paid."""
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    [program] = view(shop).programs
    internal, vendor = program.layers
    assert (internal.layer, internal.confirmed.money) == ("internal", usd("150"))
    assert (vendor.layer, vendor.confirmed.money) == ("vendor:Veridane", usd("50"))
    assert program.combined.confirmed == usd("200")
    # The window ends 31 Dec in Chicago, which is 06:00 UTC on 1 Jan; 48 hours later everybody is paid.
    assert internal.pays_by == vendor.pays_by == program.pays_by == datetime(2027, 1, 3, 6, 0, tzinfo=UTC)


def test_a_reached_tier_is_in_what_would_be_paid_and_pending_may_reach_the_next(shop: Reseller) -> None:
    for n in range(3):
        deal = a_registration(id=f"a0D5w00000REG0{n}EAA", number=f"DR-00020{n}", quantity=20)
        shop.told(deal, OCTOBER)
        if n < 2:
            shop.ordered(a_line(document_no=f"INV-{n}", registration_no=deal.number, quantity=Decimal(20)), OCTOBER)
    [program] = view(shop).programs
    internal, vendor = program.layers
    assert vendor.confirmed.points == 200 and vendor.tier_bonus.points == 50 and vendor.next_tier is None
    assert vendor.payable == usd("125") and vendor.if_all_confirms == usd("175")
    assert internal.next_tier is not None and not internal.next_tier.pending_reaches
    assert internal.next_tier.missing_points == 280 and internal.next_tier.bonus.money == usd("100")


@pytest.mark.parametrize(
    ("now", "state", "left"),
    [
        (datetime(2026, 10, 1, 4, 59, tzinfo=UTC), "upcoming", 93),
        (datetime(2026, 10, 1, 5, 0, tzinfo=UTC), "running", 92),
        (datetime(2026, 12, 31, 12, 0, tzinfo=UTC), "running", 1),
        (datetime(2027, 1, 1, 5, 59, tzinfo=UTC), "running", 1),
        (datetime(2027, 1, 1, 6, 0, tzinfo=UTC), "over", 0),
        (datetime(2027, 3, 1, 6, 0, tzinfo=UTC), "over", 0),
    ],
)
def test_days_left_count_in_the_programs_own_zone(now: datetime, state: str, left: int) -> None:
    """F17: the countdown. The last day is one day left, not zero."""
    shown = window_view(Window(date(2026, 10, 1), date(2026, 12, 31), "America/Chicago"), now)
    assert (shown.state, shown.days_left) == (state, left)


def test_programs_that_end_first_come_first_and_those_over_last() -> None:
    zone = "America/Chicago"
    shop = Reseller(
        a_program(id="over", window=Window(date(2026, 7, 1), date(2026, 9, 30), zone)),
        a_program(id="later"),
        a_program(id="soon", window=Window(date(2026, 11, 1), date(2026, 11, 30), zone)),
    )
    shop.enroll(ANA, date(2026, 7, 1))
    assert [p.program for p in view(shop).programs] == ["soon", "later", "over"]


def test_a_rep_enrolled_today_sees_a_zero_standing_and_the_card(shop: Reseller) -> None:
    """W30: she joins on the 15th and sees rules and starting balance the same minute."""
    shop.enroll(CHI, date(2026, 11, 15))
    [program] = view(shop, CHI).programs
    assert program.combined.confirmed == usd("0") and program.card == BOTH.card
    assert (program.enrolled_from, program.enrolled_to) == (date(2026, 11, 15), None)
    assert (program.rank.rank, program.rank.of) == (1, 2), "two reps at zero share the first place"


def test_somebody_enrolled_nowhere_gets_an_empty_answer_not_an_error(shop: Reseller) -> None:
    answer = view(shop, BEN)
    assert answer.programs == () and answer.totals == ()


def test_every_standing_says_how_old_its_sources_are(shop: Reseller) -> None:
    """W21, W23: as-of per source; a source that never reported is stale, not silent."""
    shop.sources.known["salesforce"] = Source("salesforce", "salesforce", NOW - timedelta(minutes=4))
    assert [(s.name, s.stale) for s in view(shop).programs[0].sources] == [("salesforce", False), ("castellan", True)]
    shop.sources.known["salesforce"] = Source("salesforce", "salesforce", NOW - timedelta(minutes=61))
    shop.sources.known["castellan"] = Source("castellan", "feed", NOW - timedelta(days=7), date(2026, 11, 14))
    assert [(s.name, s.stale) for s in view(shop).sources] == [("salesforce", True), ("castellan", False)]


def test_the_rank_follows_a_return_before_the_board_is_rebuilt(shop: Reseller) -> None:
    """A snapshot that still knows her higher amount must not count her as somebody above herself."""
    shop.enroll(BEN, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    assert view(shop).programs[0].rank.rank == 1
    credit = a_line("9", document_type="credit", document_no="CR-1", quantity=Decimal(-30), amount=usd("-3000"))
    shop.ordered(credit, NOW)
    [program] = view(shop, now=NOW).programs
    assert program.combined.confirmed.minor < 200_00
    assert program.rank.rank == 1 and program.rank.of == 2


def test_the_gap_to_the_next_place_is_money(shop: Reseller) -> None:
    """W39: the middle of the team looks at the neighbour."""
    shop.enroll(BEN, date(2026, 10, 1), name="Ben Okafor")
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    [program] = view(shop, BEN).programs
    assert (program.rank.rank, program.rank.to_next) == (2, usd("200"))
    assert view(shop).programs[0].rank.to_next is None


def deals(shop: Reseller, rep: str = ANA, **options: object):
    return deals_of(rep, shop, shop.reader, NOW, **{"limit": 50, **options})


def test_a_deal_once_registered_is_never_absent(shop: Reseller) -> None:
    """W24, W60: every status has a row with a state and what it waits for."""
    for n, status in enumerate(("submitted", "approved", "rejected", "lost", "expired", "deleted")):
        approved_at = None if status in ("submitted", "rejected") else OCTOBER
        shop.told(
            a_registration(id=f"a0D5w00000REG0{n}EAA", number=f"DR-{n}", status=status, approved_at=approved_at), NOW
        )
    shown = {d.registration: d for d in deals(shop).deals}
    assert len(shown) == 6
    assert [shown[f"a0D5w00000REG0{n}EAA"].state for n in range(6)] == [
        "submitted", "pending", "rejected", "lost", "expired", "deleted",
    ]  # fmt: skip
    assert all(d.waits_for for d in shown.values())


def test_a_pending_deal_says_when_it_came_what_it_waits_for_and_until_when(shop: Reseller) -> None:
    """W61."""
    shop.told(a_registration(valid_until=date(2026, 12, 15)), OCTOBER)
    [deal] = deals(shop).deals
    assert deal.state == "pending" and "invoice" in deal.waits_for
    assert deal.received_at == datetime(2026, 10, 1, 9, 0, tzinfo=UTC) and deal.valid_until == date(2026, 12, 15)
    assert deal.programs[0].confirm_by == date(2027, 1, 31)


def test_a_partly_confirmed_deal_shows_the_lines_that_did_it(shop: Reseller) -> None:
    shop.told(a_registration(quantity=3, amount=usd("300")), OCTOBER)
    shop.ordered(a_line(quantity=Decimal(2), amount=usd("200")), OCTOBER)
    [deal] = deals(shop).deals
    assert deal.state == "partly confirmed (2 of 3)"
    assert [(x.document_no, x.quantity, x.amount) for x in deal.lines] == [("INV-1", "2", usd("200"))]
    assert [(x.provisional.points, x.confirmed.points) for x in deal.programs[0].layers] == [(3, 6), (0, 100)]


def test_a_deal_that_does_not_qualify_names_the_smallest_change_that_would() -> None:
    """W24, domain.md 29."""
    minimum = a_layer(conditions=(ConditionSpec("minimum_seats", (("seats", 60),)),))
    shop = Reseller(a_program(layers=(minimum,)))
    shop.enroll(ANA, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    [deal] = deals(shop).deals
    [layer] = deal.programs[0].layers
    assert not layer.counts and layer.provisional.points == 0
    assert [v.shortfall for v in layer.verdicts if not v.holds and v.condition.startswith("minimum_seats")] == [
        "10 more seats"
    ]
    assert layer.in_reach is not None and layer.in_reach.points == 60 * 3 and layer.in_reach.money == usd("180")


def test_what_is_in_reach_is_her_part_of_it() -> None:
    minimum = a_layer(conditions=(ConditionSpec("minimum_seats", (("seats", 60),)),))
    shop = Reseller(a_program(layers=(minimum,)))
    for rep in (ANA, BEN):
        shop.enroll(rep, date(2026, 10, 1))
    shop.told(a_registration(credits=(Credit(ANA, 6000), Credit(BEN, 4000))), OCTOBER)
    parts = [deals(shop, rep).deals[0].programs[0].layers[0].in_reach for rep in (ANA, BEN)]
    assert [part and part.points for part in parts] == [108, 72]


def test_a_deal_is_told_by_the_tree_of_its_proof_with_what_other_deals_of_the_customer_add() -> None:
    """domain.md 29: the answer a rep reads, a dispute quotes and a claim attaches."""
    base = ConditionSpec("attach", (("products", (Sku(("EDR-1",)),)), ("within_days", 30)))
    target = ConditionSpec("sku", (("numbers", ("SEC-ENT",)),))
    shop = Reseller(a_program(layers=(a_layer(conditions=(target, base)),)))
    shop.enroll(ANA, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    [deal] = deals(shop).deals
    [layer] = deal.programs[0].layers
    assert (layer.counts, layer.confirmed.points, layer.provisional.points) == (False, 0, 0)
    assert layer.told[0] == (
        "attach: no EDR-1, asked for EDR-1 in the same deal, or within 30 days at the same customer in the same"
        " quarter; sell EDR-1 in the same deal."
    )
    shop.told(a_registration(id="a0D5w00000REG02EAA", number="DR-000102", sku="EDR-1"), OCTOBER)
    shop.ordered(a_line(document_no="INV-2", sku="EDR-1", registration_no="DR-000102"), OCTOBER)
    first, other = (
        deal_of(ANA, id, shop, shop.reader, NOW).programs[0].layers[0]
        for id in ("a0D5w00000REG01EAA", "a0D5w00000REG02EAA")
    )
    assert (first.counts, first.confirmed.points, first.told) == (True, 150, ("Counts: every condition holds.",))
    attached = next(v for v in first.verdicts if v.condition == "attach")
    assert [(o.kind, o.record, o.field) for o in attached.origins] == [
        ("order line", "castellan invoice INV-2 line 1", "sku")
    ]
    assert not other.counts


def test_a_list_names_programs_about_something_else_and_leaves_their_proof_to_the_deals_own_answer() -> None:
    """A page of deals is polled every minute; W24 holds for each: what would have counted is one question away."""
    about_another = a_layer(conditions=(ConditionSpec("vendor", (("names", ("Nimbrook",)),)),))
    too_small = a_layer(conditions=(ConditionSpec("minimum_seats", (("seats", 60),)),))
    shop = Reseller(
        a_program(id="another", layers=(about_another,)), a_program(id="bigger", layers=(too_small,)),
        a_program(id="pays"), a_program(id="two-layers", layers=(about_another, replace(too_small, id="vendor:Small"))),
    )  # fmt: skip
    shop.enroll(ANA, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    [listed] = deals(shop).deals
    assert [(p.program, p.elsewhere, len(p.layers)) for p in listed.programs] == [
        ("pays", False, 1), ("bigger", False, 1), ("two-layers", False, 2), ("another", True, 0),
    ]  # fmt: skip
    assert not [v.origins for p in listed.programs for x in p.layers for v in x.verdicts if v.origins]
    whole = deal_of(ANA, listed.registration, shop, shop.reader, NOW)
    assert [v.shortfall for v in whole.programs[-1].layers[0].verdicts if v.condition == "vendor"] == [
        "only products of Nimbrook count"
    ]
    unsourced = {v.condition for p in whole.programs for x in p.layers for v in x.verdicts if not v.origins}
    assert unsourced == {"confirmed by the distributor"}  # there is no line yet
    assert replace(whole, programs=()) == replace(listed, programs=())


def test_the_deals_add_up_to_the_standings(shop: Reseller) -> None:
    """W51: the list, the standing and the ledger are one number."""
    shop.enroll(BEN, date(2026, 10, 1))
    split = (Credit(ANA, 6667), Credit(BEN, 3333))
    for n in range(4):
        deal = a_registration(id=f"a0D5w00000REG0{n}EAA", number=f"DR-{n}1", quantity=7 + n, credits=split)
        shop.told(deal, OCTOBER)
        if n % 2:
            shop.ordered(a_line(document_no=f"I{n}", registration_no=deal.number, quantity=Decimal(5)), OCTOBER)
    for rep in (ANA, BEN):
        listed = [x for d in deals(shop, rep).deals for p in d.programs for x in p.layers]
        standing = view(shop, rep).programs[0]
        for layer in standing.layers:
            mine = [x for x in listed if x.layer == layer.layer]
            assert sum(x.confirmed.points for x in mine) == layer.confirmed.points
            assert sum(x.provisional.points for x in mine) == layer.provisional.points
        assert standing.combined.confirmed.minor > 0


def test_a_deal_from_before_she_was_enrolled_is_shown_with_the_reason(shop: Reseller) -> None:
    shop.enroll(CHI, date(2026, 11, 15))
    shop.told(a_registration(owner=CHI, credits=(Credit(CHI, 10_000),)), OCTOBER)
    [deal] = deals(shop, CHI).deals
    layer = deal.programs[0].layers[0]
    assert layer.provisional.points == 0
    assert layer.note == "qualified on 2026-10-05; you are enrolled from 2026-11-15"


def test_the_owner_of_a_deal_credited_to_somebody_else_sees_it_and_why(shop: Reseller) -> None:
    shop.enroll(BEN, date(2026, 10, 1))
    shop.told(a_registration(owner=BEN), OCTOBER)
    [deal] = deals(shop, BEN).deals
    assert deal.share == 0 and deal.programs[0].layers[0].note == "credited to somebody else"


def test_pages_follow_each_other_without_gap_or_overlap(shop: Reseller) -> None:
    """Deals of the same second keep their order; a new deal on top does not shift the pages below."""
    for n in range(7):
        shop.told(a_registration(id=f"a0D5w00000REG0{n}EAA", number=f"DR-{n}1"), OCTOBER)
    first = deals(shop, limit=3)
    newer = datetime(2026, 11, 1, tzinfo=UTC)
    shop.told(a_registration(id="a0D5w00000REG99EAA", number="DR-99", created_at=newer), NOW)
    second = deals(shop, limit=3, cursor=first.next)
    third = deals(shop, limit=3, cursor=second.next)
    seen = [d.registration for page in (first, second, third) for d in page.deals]
    assert seen == [f"a0D5w00000REG0{n}EAA" for n in reversed(range(7))] and third.next == ""


@pytest.mark.parametrize("cursor", ["x", "%%%", "bm90aGluZw", "é", "A" * 5000])
def test_a_cursor_that_is_none_of_ours_is_named(shop: Reseller, cursor: str) -> None:
    with pytest.raises(InvalidDocument, match="cursor"):
        deals(shop, cursor=cursor)


def test_somebody_elses_deal_looks_the_same_as_one_that_never_was(shop: Reseller) -> None:
    shop.enroll(BEN, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    assert deal_of(ANA, "a0D5w00000REG01EAA", shop, shop.reader, NOW).number == "DR-000101"
    errors = []
    for id in ("a0D5w00000REG01EAA", "a0D5w00000NEVEREAA"):
        with pytest.raises(NotFound) as missing:
            deal_of(BEN, id, shop, shop.reader, NOW)
        errors.append(str(missing.value).replace(id, "..."))
    assert errors[0] == errors[1]


def test_a_colleagues_deal_with_the_same_account_is_not_shown(shop: Reseller) -> None:
    """Two reps sell to one account in one quarter: their deals lie in one book, and each sees her own."""
    his = {"id": "a0D5w00000REG02EAA", "number": "DR-000102", "owner": BEN, "credits": (Credit(BEN, 10_000),)}
    shop.enroll(BEN, date(2026, 10, 1))
    shop.told(a_registration(), OCTOBER)
    shop.told(a_registration(**his), OCTOBER)
    assert [d.number for d in deals_of(BEN, shop, shop.reader, NOW, limit=10).deals] == ["DR-000102"]
    with pytest.raises(NotFound):
        deal_of(BEN, "a0D5w00000REG01EAA", shop, shop.reader, NOW)


_REPS = (ANA, BEN, CHI, "0055w00000DEE00AAA", "0055w00000EVE00AAA")


def _five(shop: Reseller) -> None:
    for n, rep in enumerate(_REPS):
        shop.enroll(rep, date(2026, 10, 1), name=f"Rep {n}")
        deal = a_registration(
            id=f"a0D5w00000REG0{n}EAA",
            number=f"DR-{n}1",
            quantity=10 * (5 - n),
            credits=(Credit(rep, 10_000),),
            owner=rep,
        )
        shop.told(deal, OCTOBER)
        shop.ordered(a_line(document_no=f"I{n}", registration_no=deal.number, quantity=Decimal(10 * (5 - n))), OCTOBER)


def test_the_board_shows_top_own_place_and_neighbours(shop: Reseller) -> None:
    _five(shop)
    board = leaderboard(BOTH, CHI, shop.reader, shop.people, NOW, top=2)
    assert [(p.rank, p.name) for p in board.top] == [(1, "Rep 0"), (2, "Rep 1")]
    assert board.you is not None and (board.you.rank, board.you.of, board.you.to_next) == (3, 5, usd("30"))
    assert [(p.name, p.you) for p in board.neighbours] == [
        ("Rep 0", False), ("Rep 1", False), ("Rep 2", True), ("Rep 3", False), ("Rep 4", False),
    ]  # fmt: skip


def test_a_board_of_pseudonyms_gives_away_neither_name_nor_id(shop: Reseller) -> None:
    """domain.md 19: per country policy; her own name stays."""
    _five(shop)
    board = leaderboard(replace(BOTH, board="pseudonyms"), CHI, shop.reader, shop.people, NOW, top=5)
    shown = repr(board)
    assert not [word for n, rep in enumerate(_REPS) if rep != CHI for word in (f"Rep {n}'", rep) if word in shown]
    others = [p for p in board.top if not p.you]
    assert all(p.rep == "" and p.name == f"Rep at place {p.rank}" for p in others)
    assert [(p.name, p.rep) for p in board.top if p.you] == [("Rep 2", CHI)]


def test_a_board_of_neighbours_shows_the_gap_and_nobody_further_away(shop: Reseller) -> None:
    """domain.md 19, W39: neighbours and the gap."""
    _five(shop)
    program = replace(BOTH, board="neighbours_only")
    board = leaderboard(program, ANA, shop.reader, shop.people, NOW, top=5)
    assert board.top == () and [p.name for p in board.neighbours] == ["Rep 0", "Rep 1", "Rep 2"]
    second = leaderboard(program, BEN, shop.reader, shop.people, NOW, top=5)
    assert second.you is not None and (second.you.rank, second.you.to_next) == (2, usd("30"))
    outside = leaderboard(program, "0055w00000ADM00AAA", shop.reader, shop.people, NOW, top=5)
    assert (outside.top, outside.neighbours, outside.size) == ((), (), 5)


def test_somebody_who_does_not_take_part_sees_the_board_without_a_place(shop: Reseller) -> None:
    _five(shop)
    board = leaderboard(BOTH, "0055w00000ADM00AAA", shop.reader, shop.people, NOW, top=10)
    assert board.you is None and board.neighbours == () and len(board.top) == 5


def test_an_erased_person_stays_on_the_board_without_a_name(shop: Reseller) -> None:
    _five(shop)
    del shop.people.held[ANA]
    board = leaderboard(BOTH, BEN, shop.reader, shop.people, NOW, top=1)
    assert board.top[0].name == "Former colleague"
