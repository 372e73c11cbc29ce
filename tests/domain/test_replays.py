"""A program over past facts: what it would have cost, for whom, until when."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.programs import Program, Rate, Tier
from chalicelib.domain.registrations import Credit
from chalicelib.domain.replays import Gathered, Lane
from chalicelib.domain.standings import Fence
from chalicelib.reports.what_if import DESIGN, WhatIf, lanes_of, what_if
from tests.builders import ANA, BEN, CHI, a_layer, a_line, a_program, a_registration, usd


def a_book(name: str, rep: str, approved: date, *, seats: int = 50, invoiced: int | None = None) -> DealBook:
    """One deal of a rep, invoiced in full unless said otherwise."""
    at = datetime(approved.year, approved.month, approved.day, 15, tzinfo=UTC)
    deal = a_registration(
        id=f"a0D{name:>012}AAA", number=name, created_at=at, approved_at=at, quantity=seats, amount=usd(f"{seats}00"),
        owner=rep, credits=(Credit(rep, 10_000),),
    )  # fmt: skip
    book = DealBook(f"{name}/2026Q4").with_registration(deal)
    count = seats if invoiced is None else invoiced
    if not count:
        return book
    day = approved + timedelta(days=3)
    line = a_line(
        document_no=name, registration_no=name, quantity=Decimal(count), amount=usd(f"{count}00"), ordered_on=day,
        invoiced_on=day,
    )  # fmt: skip
    return book.with_line(line, deal.id)


def replayed(books: list[DealBook], *programs: Program, fences: dict[str, Fence] | None = None) -> WhatIf:
    lanes = [Lane(p.id, (p,), fences) for p in programs or (a_program(),)]
    found = Gathered()
    for book in books:
        found.take(book, lanes_of(lanes))
    return what_if(lanes, found)


OCTOBER = [
    a_book("D1", ANA, date(2026, 10, 5)), a_book("D2", ANA, date(2026, 10, 20), seats=20),
    a_book("D3", BEN, date(2026, 11, 3), seats=10), a_book("D4", CHI, date(2026, 12, 1), seats=30, invoiced=10),
]  # fmt: skip


def test_the_cost_is_what_the_rules_would_have_paid() -> None:
    asked = replayed(OCTOBER).asked
    assert (asked.cost, asked.if_all_confirms, asked.deals) == (usd("270"), usd("330"), 4)
    assert {r.rep: r.cost for r in asked.reps} == {ANA: usd("210"), BEN: usd("30"), CHI: usd("30")}
    assert [(m.month, m.cost) for m in asked.months] == [
        ("2026-10", usd("210")), ("2026-11", usd("30")), ("2026-12", usd("30")),
    ]  # fmt: skip
    assert (asked.spread.least, asked.spread.median, asked.spread.most) == (usd("30"), usd("30"), usd("210"))
    assert [(len(t.reps), t.share) for t in asked.terciles] == [(1, 7777), (1, 1111), (1, 1111)]


def test_a_budget_says_on_which_day_it_runs_out() -> None:
    """domain.md 21: in the order deals qualified."""
    [layer] = replayed(OCTOBER, a_program(layers=(a_layer(budget=usd("220")),))).asked.layers
    assert (layer.cost, layer.unpaid, layer.runs_out_on) == (usd("220"), usd("50"), date(2026, 11, 3))
    [layer] = replayed(OCTOBER, a_program(layers=(a_layer(budget=usd("270")),))).asked.layers
    assert layer.runs_out_on is None


def test_tiers_and_caps_are_part_of_the_cost() -> None:
    tiers = a_layer(tiers=(Tier("Silver", 200, 100),), cap_points_per_rep=250)
    assert replayed(OCTOBER, a_program(layers=(tiers,))).asked.cost == usd("310")


def test_deals_as_many_as_before_are_told_as_an_estimate_and_never_as_evidence() -> None:
    """F25, F46, domain.md 33."""
    before = [
        a_book("B1", ANA, date(2026, 8, 5)),
        a_book("B2", BEN, date(2026, 7, 10)),
        a_book("B3", BEN, date(2026, 8, 1)),
    ]
    found = replayed([a_book("B0", CHI, date(2026, 1, 2)), *before, *OCTOBER]).asked.deadweight
    assert (found.design, found.deals, found.of_deals) == (DESIGN, 2, 4) and "not evidence" in found.how
    assert found.cost == usd("135") and found.reaches_back, "half of Ana's 210, all of Ben's 30"
    assert found.compared_with == (date(2026, 7, 1), date(2026, 9, 30))
    assert not replayed(OCTOBER).asked.deadweight.reaches_back


def test_another_draft_is_compared_rep_by_rep() -> None:
    fixed = a_program(id="fixed", layers=(a_layer(rates=(Rate("per_deal", 60),)),))
    found = replayed(OCTOBER, a_program(), fixed)
    assert found.against is not None and found.difference is not None
    assert (found.asked.cost, found.against.cost, found.difference.cost) == (usd("270"), usd("240"), usd("30"))
    assert (found.difference.earn_more, found.difference.earn_less) == ((ANA,), (BEN, CHI))


def test_only_those_enrolled_count_where_the_program_ran() -> None:
    fences = {ANA: Fence(date(2026, 10, 10), None, "base")}
    found = replayed(OCTOBER, fences=fences).asked
    assert {r.rep: r.cost for r in found.reps} == {ANA: usd("60")} and found.enrolled == "as enrolled"


def test_the_same_facts_in_any_order_and_in_parts_give_the_same_report() -> None:
    tiers = a_layer(tiers=(Tier("Silver", 200, 100),), budget=usd("250"))
    program = a_program(layers=(tiers,), tie_rule="earlier_to_reach")
    books = [*OCTOBER, a_book("D5", BEN, date(2026, 10, 20), seats=15), a_book("B1", ANA, date(2026, 8, 5))]
    first = replayed(books, program)
    lanes = [Lane(program.id, (program,))]
    for seed in range(5):
        shuffled = random.Random(seed).sample(books, len(books))
        assert replayed(shuffled, program) == first
        whole, part = Gathered(), Gathered()
        for n, book in enumerate(shuffled):
            (whole if n % 2 else part).take(book, lanes_of(lanes))
        whole.join(part)
        assert what_if(lanes, whole) == first


def test_what_the_freeze_had_fixed_is_paid_first_and_stays_paid() -> None:
    """domain.md 37: Ben's late deal gets what is left, though it qualified first; what came back stays paid."""
    program = a_program(layers=(a_layer(budget=usd("200")),))
    lane = Lane(program.id, (program,))
    books = [a_book("L1", BEN, date(2026, 10, 1)), a_book("D1", ANA, date(2026, 10, 5))]
    found = Gathered()
    for book in books:
        found.take(book, lanes_of([lane]))
    assert {r.rep: r.cost for r in what_if([lane], found).asked.reps} == {BEN: usd("150"), ANA: usd("50")}
    [hers] = found.awards[program.id][ANA]
    found.fix(ANA, [hers])
    found.fix(BEN, [])
    assert {r.rep: r.cost for r in what_if([lane], found).asked.reps} == {ANA: usd("150"), BEN: usd("50")}
    found.awards[program.id][ANA] = [replace(hers, base=60)]
    assert {r.rep: r.cost for r in what_if([lane], found).asked.reps} == {ANA: usd("150"), BEN: usd("50")}
