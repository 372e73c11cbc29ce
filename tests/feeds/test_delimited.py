"""Bad rows cost themselves and nothing else (domain.md 9)."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from tests.feeds.reading_of import an_item, items, reading_of


def test_an_unclosed_quote_costs_one_row_and_line_numbers_stay_right():
    read = reading_of(items(an_item(1), an_item(2, company='"Contoso'), an_item(3), an_item(4, quantity="x")))
    assert [line.document_no for line in read.lines] == ["INV1", "INV3"]
    assert [(r.line, r.reason) for r in read.rejected] == [(3, "unclosed quote"), (5, "no number")]


def test_an_unclosed_quote_before_rows_with_quotes_of_their_own_costs_one_row():
    read = reading_of(items(an_item(1, company='"Contoso'), an_item(2, company='"City, ME"'), an_item(3)))
    assert [line.document_no for line in read.lines] == ["INV2", "INV3"]
    assert [r.line for r in read.rejected] == [2]


def test_an_unclosed_quote_is_not_closed_by_the_inch_mark_of_a_later_row():
    read = reading_of(items(an_item(1, company='"Contoso'), an_item(2), an_item(3, company='Frames 24"'), an_item(4)))
    assert [line.document_no for line in read.lines] == ["INV2", "INV3", "INV4"]
    assert [r.line for r in read.rejected] == [2]


def test_an_unclosed_quote_on_the_last_row_is_found_at_the_end():
    read = reading_of(items(an_item(1), an_item(2, company='"Contoso')))
    assert [line.document_no for line in read.lines] == ["INV1"]
    assert [(r.line, r.reason) for r in read.rejected] == [(3, "unclosed quote")]


def test_a_quoted_field_may_run_over_lines():
    read = reading_of(items(an_item(1, company='"Adventure\nWorks,\n""EMEA"" BV"'), an_item(2, quantity="x")))
    assert [line.customer for line in read.lines] == ['Adventure Works, "EMEA" BV']
    assert [r.line for r in read.rejected] == [5]


def test_a_row_with_text_after_its_closing_quote_is_rejected_alone():
    read = reading_of(items(an_item(1, company='"Con"toso'), an_item(2)))
    assert [line.document_no for line in read.lines] == ["INV2"]
    assert "text after a closing quote" in read.rejected[0].reason


def test_a_hundred_bad_rows_planted_in_ten_thousand_are_exactly_the_hundred_found():
    rng = random.Random(7)
    bad = set(rng.sample(range(10_000), 100))
    kinds = [
        {"company": '"Contoso'}, {"quantity": "ten"}, {"date": "2026-02-30"}, {"company": "Con\0toso"},
        {"total": "1e309"}, {"currency": "dollars"}, {"company": "a,b"},
    ]  # fmt: skip
    rows = [an_item(n, **(rng.choice(kinds) if n in bad else {})) for n in range(10_000)]
    read = reading_of(items(*rows), piece=3_001)
    assert {r.line - 2 for r in read.rejected} == bad
    assert {int(line.document_no[3:]) for line in read.lines} == set(range(10_000)) - bad


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("total", "1e309", "no number"),
        ("total", "NaN", "no number"),
        ("total", "Infinity", "no number"),
        ("total", "1,23", "no number"),
        ("total", "--5", "no number"),
        ("total", "(5", "no number"),
        ("total", "٣٤", "no number"),
        ("total", "99999999999", "number too large"),
        ("total", "", "no amount"),
        ("quantity", "", "no quantity"),
        ("quantity", "0x10", "no number"),
        ("date", "2026-02-30", "no date"),
        ("date", "", "no date"),
        ("date", "0001-01-01", "no date"),
        ("currency", "US", "no currency"),
        ("invoice", " ", "no document number"),
        ("type", "quotation", "unknown document type"),
        ("sku", "X" * 101, "text too long"),
        ("po", "P" * 101, "text too long"),
        ("company", "C" * 251, "text too long"),
        ("line", "9" * 101, "text too long"),
    ],
)
def test_a_value_that_cannot_be_read_rejects_its_row(column, value, reason):
    value = f'"{value}"' if "," in value else value
    read = reading_of(items(an_item(1, **{column: value}), an_item(2)))
    assert [line.document_no for line in read.lines] == ["INV2"]
    assert read.rejected[0].reason.startswith(reason)
    assert read.rejected[0].line == 2


@pytest.mark.parametrize(
    ("quantity", "total", "kind", "expected"),
    [
        ("-2", "-67.20", "subscription", (-2, -6720)),
        ("10.000-", "5010.00-", "credit", (-10, -501000)),
        ('"(1,234.50)"', '"(1,234.50)"', "subscription", (Decimal("-1234.5"), -123450)),
        ("2", "67.20", "credit", (-2, -6720)),  # the type alone says credit: it must not add points
        ("-2", "-67.20", "credit", (-2, -6720)),  # already negative: not negated twice
        ("-2", "67.20", "credit", (-2, -6720)),
        ("-2", "67.20", "subscription", (-2, -6720)),
        ("+2", "+67.20", "subscription", (2, 6720)),
        ("0.5", "1.005", "subscription", (Decimal("0.5"), 101)),  # half up, away from zero
        ("-0.5", "-1.005", "subscription", (Decimal("-0.5"), -101)),
    ],
)
def test_every_sign_convention_ends_in_one(quantity, total, kind, expected):
    """domain.md 7: returns arrive with five sign conventions and mixes of them."""
    read = reading_of(items(an_item(quantity=quantity, total=total, type=kind)))
    [line] = read.lines
    assert (line.quantity, line.amount.minor) == expected


def test_a_cancelled_line_has_no_quantity_and_says_what_was_cancelled():
    [line] = reading_of(items(an_item(quantity="5", total="168.00", type="Cancelled"))).lines
    assert (line.document_type, line.quantity, line.amount.minor, line.cancelled) == ("cancellation", 0, 0, 5)


def test_a_positive_quantity_with_a_negative_amount_waits_for_a_person():
    [line] = reading_of(items(an_item(quantity="5", total="-168.00"))).lines
    assert "return or a discount" in line.held


def test_yen_have_no_cents():
    [line] = reading_of(items(an_item(total="1234", currency="JPY"))).lines
    assert str(line.amount) == "1,234 JPY"


def test_identical_lines_without_a_number_both_count_and_are_the_same_two_next_time():
    body = items(an_item(1, line=""), an_item(1, line=""), an_item(1, line="", sku="ACM-SVC-ONB"))
    ids = [line.id for line in reading_of(body).lines]
    assert ids == ["ingram|INV1|NB-M365-E3#1", "ingram|INV1|NB-M365-E3#2", "ingram|INV1|ACM-SVC-ONB#1"]
    assert ids == [line.id for line in reading_of(body).lines]


def test_occurrences_are_counted_among_many_lines():
    rows = [an_item(n % 3_000, line="") for n in range(9_000)]
    ids = [line.id for line in reading_of(items(*rows)).lines]
    assert len(set(ids)) == 9_000
    assert {i.rpartition("#")[2] for i in ids} == {"1", "2", "3"}


def test_line_numbers_with_and_without_zeros_are_one_line():
    ids = {reading_of(items(an_item(line=n))).lines[0].id for n in ("17", "017", "000017")}
    assert ids == {"ingram|INV1|17"}


def test_blank_lines_are_no_rows():
    read = reading_of(items(an_item(1), "", "   ", ",,,,,,,,,,", an_item(2)))
    assert (len(read.lines), read.rejected, read.ignored) == (2, [], [])


def test_a_line_of_more_than_a_megabyte_costs_itself():
    read = reading_of(items(an_item(1), an_item(2, company="x" * 3_000_000), an_item(3)), piece=65_536)
    assert [line.document_no for line in read.lines] == ["INV1", "INV3"]
    assert [(r.line, r.reason) for r in read.rejected] == [(3, "line too long")]


def test_unicode_line_separators_are_no_line_ends():
    read = reading_of(items(an_item(1, company="Con\u2028toso"), an_item(2, quantity="x")))
    assert [r.line for r in read.rejected] == [3]


def test_columns_may_come_in_any_order_with_others_between():
    header = "note,line,currencyCode,poNumber,startPeriod,total,quantity,sku,TYPE, companyName ,invoiceId"
    read = reading_of(f"{header}\nx,1,USD,PO-1,2026-10-01,10.00,1,A,subscription,Contoso,INV1\n".encode())
    assert read.lines[0].po == "PO-1"


class TestEncoding:
    def test_utf8_is_read_strictly(self):
        [line] = reading_of(items(an_item(company="Łódź 東京"))).lines
        assert line.customer == "Łódź 東京"

    def test_what_is_not_utf8_is_read_as_declared(self):
        body = items(an_item(1), an_item(2, company="Blåhäger €")).decode().encode("cp1252")
        assert reading_of(body).lines[1].customer == "Blåhäger €"

    def test_a_broken_letter_in_a_utf8_file_costs_its_row(self):
        body = items(an_item(1, company="Blåhäger"), an_item(2, company="XX"), an_item(3)).replace(b"XX", b"\xe5\xe4")
        read = reading_of(body)
        assert [line.document_no for line in read.lines] == ["INV1", "INV3"]
        assert (read.rejected[0].line, read.rejected[0].reason) == (3, "wrong encoding")

    def test_a_byte_the_declared_encoding_does_not_have_costs_its_row(self):
        read = reading_of(items(an_item(1, company="XX"), an_item(2)).replace(b"XX", b"\x81\xff"))
        assert [line.document_no for line in read.lines] == ["INV2"]
        assert read.rejected[0].reason == "wrong encoding"


def test_documents_are_told_apart_whatever_their_numbers_are_written_in():
    """A number of which the look-up form leaves nothing is kept as it is; two documents never become one."""
    numbers = ["000", "---", "0-0", "№ 12-ж", "№ 12-д", "注文12", "Ü12", "12"]
    read = reading_of(items(*(an_item(1, invoice=number) for number in numbers)))
    assert [line.document_no for line in read.lines] == numbers
    assert len({line.id for line in read.lines}) == len(numbers)
