"""The look-back through orders: which purchases of which days, of which books, make a net-new deal a renewal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.awards import Award, Verdict
from chalicelib.domain.calendar import months_before
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import DealTypeRule, Program
from chalicelib.domain.purchases import books_asked, books_asking, look_back
from chalicelib.domain.registrations import Registration
from chalicelib.domain.scoring import score_deal
from tests.builders import a_line, a_program, a_registration

ACCOUNT = a_registration().account
APPROVED = date(2026, 10, 5)
YEAR = a_program(deal_type_rule=DealTypeRule("vendor", "orders", 12))


def bought(**changes: Any) -> OrderLine:
    """An invoice of another deal of the account."""
    return a_line("9", **{"document_no": "INV-9", "registration_no": "DR-9", **changes})


def a_book(quarter: str, *lines: OrderLine, **changes: Any) -> DealBook:
    """The account's book of a quarter with one registration that is no deal of the tests', and its lines."""
    other = a_registration(**{"id": f"other-{quarter}", "number": "DR-9", "vendor": "Veridane", **changes})
    book = DealBook(f"{ACCOUNT}/{quarter}").with_registration(other)
    for line in lines:
        book = book.with_line(line, other.id)
    return book


def scored(program: Program, book: DealBook, deal: Registration | None = None) -> Award:
    deal = deal or a_registration()
    around = book.with_registration(deal).with_line(a_line(), deal.id).book_lines()
    [award] = score_deal(deal, around.lines[deal.id], {program.id: (program,)}, book=around, explain=True)
    return award


def elsewhere(*lines: OrderLine, quarter: str = "2026Q2", **changes: Any) -> DealBook:
    """The book of the quarter in which the deal was registered, with what this other quarter's book bought."""
    purchases = a_book(quarter, *lines, **changes).purchases()
    return DealBook(f"{ACCOUNT}/2026Q4", bought_elsewhere={quarter: purchases} if purchases else {})


def on_deal_type(award: Award) -> Verdict:
    return next(v for v in award.proof.verdicts if v.condition == "deal type")


RENEWAL, NET_NEW = 50, 150


@pytest.mark.parametrize("where", ["its own quarter", "another quarter"])
@pytest.mark.parametrize(
    ("ordered_on", "confirmed"),
    [
        (date(2025, 10, 4), NET_NEW),  # the day before the twelve months
        (date(2025, 10, 5), RENEWAL),  # their first day
        (date(2026, 4, 1), RENEWAL),
        (date(2026, 10, 4), RENEWAL),  # the last day before the approval
        (date(2026, 10, 5), NET_NEW),  # the day of the approval itself
        (date(2026, 10, 20), NET_NEW),
    ],
)
def test_the_look_back_ends_the_day_before_the_approval_and_begins_so_many_months_earlier(
    where: str, ordered_on: date, confirmed: int
) -> None:
    """W19, domain.md 13: both for orders of the deal's own book and for those of others."""
    line = bought(ordered_on=ordered_on, invoiced_on=None)
    book = a_book("2026Q4", line) if where == "its own quarter" else elsewhere(line)
    assert scored(YEAR, book).confirmed == confirmed


def test_without_months_the_quarter_alone_is_asked_however_long_ago_the_order_was() -> None:
    quarter = a_program(deal_type_rule=DealTypeRule("vendor", "orders"))
    old = bought(ordered_on=date(2024, 1, 1))
    assert scored(quarter, a_book("2026Q4", old)).confirmed == RENEWAL
    assert scored(quarter, elsewhere(bought(ordered_on=date(2026, 9, 30)))).confirmed == NET_NEW


@pytest.mark.parametrize(
    ("scope", "changes", "deal", "confirmed"),
    [
        ("vendor", {"sku": "OTHER-1"}, {}, RENEWAL),
        ("vendor", {"vendor": "veridane "}, {}, RENEWAL),
        ("vendor", {"vendor": "", "sku": "OTHER-1"}, {}, RENEWAL),  # the line names none: its registration's
        ("vendor", {"vendor": "Nimbrook"}, {}, NET_NEW),
        ("sku", {"sku": "sec-ent="}, {}, RENEWAL),
        ("sku", {"sku": "SEC-PRO"}, {}, NET_NEW),
        ("family", {"sku": "SEC-PRO"}, {}, RENEWAL),
        ("family", {"sku": "NIM-1"}, {}, NET_NEW),
        ("family", {"sku": "SEC-PRO"}, {"sku": "", "family": "security"}, RENEWAL),
        ("vendor", {"held": "a person must look"}, {}, NET_NEW),
        ("vendor", {"document_type": "return", "quantity": Decimal(-9)}, {}, NET_NEW),
        ("vendor", {"quantity": Decimal(0), "cancelled": Decimal(5)}, {}, NET_NEW),
        ("vendor", {}, {"deal_type": "expansion"}, 0),  # orders change nothing but net-new; this type has no rate
        ("vendor", {}, {"vendor": ""}, NET_NEW),  # a deal without a vendor is not compared by it
    ],
)
def test_what_counts_as_bought_before(
    scope: Any, changes: dict[str, Any], deal: dict[str, Any], confirmed: int
) -> None:
    program = a_program(
        deal_type_rule=DealTypeRule(scope, "orders", 12), families=(("security", ("SEC-",)), ("backup", ("NIM-",))),
    )  # fmt: skip
    line = bought(**{"ordered_on": date(2026, 4, 1), **changes})
    asked = a_registration(**deal)
    assert scored(program, elsewhere(line), asked).confirmed == confirmed
    assert scored(program, a_book("2026Q4", line), asked).confirmed == confirmed, "its own book says the same"


def test_what_came_back_later_was_bought_all_the_same() -> None:
    """domain.md 7: no return raises a deal."""
    back = a_line("10", document_no="RMA-1", document_type="return", quantity=Decimal(-50))
    assert scored(YEAR, elsewhere(bought(ordered_on=date(2026, 4, 1)), back)).confirmed == RENEWAL


def test_a_deals_own_early_order_is_no_evidence_against_it() -> None:
    deal = a_registration()
    early = a_line("2", document_no="INV-2", ordered_on=date(2026, 9, 1))
    book = DealBook(f"{ACCOUNT}/2026Q4").with_registration(deal).with_line(early, deal.id)
    assert scored(YEAR, book).confirmed == 300


def test_the_earliest_purchase_in_the_months_is_the_evidence() -> None:
    lines = [
        replace(bought(ordered_on=day), id=id, line_no=id)
        for id, day in zip(
            "cbad", [date(2026, 1, 9), date(2025, 12, 1), date(2025, 12, 1), date(2025, 9, 1)], strict=True
        )
    ]
    told = on_deal_type(scored(YEAR, elsewhere(*lines)))
    assert told.value == "renewal: SEC-ENT on invoice INV-9 was ordered 1 Dec 2025"
    assert told.threshold == (
        "net-new as registered, unless the account ordered something of the vendor in the 12 months before its approval"
    )
    [line, program] = told.origins
    assert (line.kind, line.record, line.field) == ("order line", "castellan invoice INV-9 line a", "ordered_on")
    assert line.version == "2026-10-20T00:00:00.000Z" and program.field == "deal_type_rule"


def test_evidence_of_another_quarter_reads_as_that_of_ones_own() -> None:
    line = bought(ordered_on=date(2026, 10, 1))
    own, copied = (on_deal_type(scored(YEAR, book)) for book in (a_book("2026Q4", line), elsewhere(line)))
    assert own == copied


def test_a_program_that_looks_back_less_does_not_see_what_was_copied_for_another() -> None:
    """What a program pays does not hang on what else runs: the copy may hold more than it asks for."""
    old = elsewhere(bought(ordered_on=date(2026, 9, 1)), quarter="2024Q1")
    assert scored(YEAR, old).confirmed == NET_NEW
    assert scored(replace(YEAR, deal_type_rule=DealTypeRule("vendor", "orders", 36)), old).confirmed == RENEWAL


def test_purchases_are_one_a_product_vendor_and_day_shown_by_the_line_of_the_lowest_id() -> None:
    lines = [replace(bought(), id=id) for id in "dbca"]
    lines[1] = replace(lines[1], sku="SEC-PRO")
    found = a_book("2026Q2", *lines).purchases()
    assert [(p.line, p.sku) for p in found] == [("a", "SEC-ENT"), ("b", "SEC-PRO")]


# --- which books ask which ----------------------------------------------------------------------------------------


def test_a_book_asks_from_two_quarters_before_its_look_back_to_the_quarter_after_it() -> None:
    asked = [key.removeprefix("acc/") for key in books_asked("acc/2026Q4", 12)]
    assert asked == ["2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3", "2027Q1"]
    assert len(books_asked("acc/2026Q4", 36)) == 15
    assert books_asked("acc/2026Q4", 13) == ("acc/2025Q1", *books_asked("acc/2026Q4", 12))


@pytest.mark.parametrize("months", [1, 3, 4, 12, 36])
def test_a_book_is_asked_by_those_that_it_would_name(months: int) -> None:
    quarters = [f"acc/{2020 + n // 4}Q{n % 4 + 1}" for n in range(60)]
    for one in quarters[20:40]:
        assert set(books_asking(one, months)) == {other for other in quarters if one in books_asked(other, months)}


@pytest.mark.parametrize("key", ["adjustments/security-push/0055w00000ANA00AAA", "made-up", "acc/2026"])
def test_a_book_of_no_quarter_asks_none(key: str) -> None:
    assert books_asked(key, 12) == books_asking(key, 12) == ()


def test_the_longest_look_back_of_any_version_is_kept_for() -> None:
    longer = replace(YEAR, version=2, deal_type_rule=DealTypeRule("sku", "orders", 18))
    stated = a_program(deal_type_rule=DealTypeRule("vendor", "registration", 36))
    assert look_back([(YEAR, longer), (stated,), (a_program(),)]) == 18
    assert look_back([(a_program(deal_type_rule=DealTypeRule("vendor", "orders")),)]) == 0


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
        (date(2026, 10, 5), 36, date(2023, 10, 5)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def test_the_approvals_own_local_day_counts() -> None:
    """Approved at 03:00 UTC on the 6th, in Chicago still the 5th: an order of the 5th is not before it."""
    deal = a_registration(approved_at=datetime(2026, 10, 6, 3, tzinfo=UTC))
    assert scored(YEAR, elsewhere(bought(ordered_on=APPROVED)), deal).confirmed == NET_NEW
    later = replace(deal, approved_at=datetime(2026, 10, 6, 6, tzinfo=UTC))
    assert scored(YEAR, elsewhere(bought(ordered_on=APPROVED)), later).confirmed == RENEWAL
