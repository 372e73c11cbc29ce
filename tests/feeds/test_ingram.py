"""Ingram Micro's JSON: a document, an array, or one a line."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from tests.feeds.reading_of import GOLDEN, reading_of

ORDERS = json.loads((GOLDEN / "ingram_orders.json").read_text(encoding="utf-8"))


def orders(*documents: object) -> bytes:
    return json.dumps(documents[0] if len(documents) == 1 else list(documents)).encode()


def an_order(line: dict[str, object] | None = None, **order: object) -> dict[str, object]:
    item = {
        "ingramOrderLineNumber": "001", "lineStatus": "Open", "vendorPartNumber": "A-1", "unitPrice": 10,
        "extendedPrice": 20, "quantityOrdered": 2, "quantityConfirmed": 2,
    }  # fmt: skip
    return {
        "ingramOrderNumber": "20-AAAAA", "customerOrderNumber": "PO-1", "ingramOrderDate": "2026-10-14",
        "currencyCode": "USD", "lines": [item | (line or {})],
    } | order  # fmt: skip


def test_the_orders_of_the_sample_confirm_what_they_say_is_confirmed():
    read = reading_of((GOLDEN / "ingram_orders.json").read_bytes())
    assert read.feed.profile.id == "ingram-orders-json"
    full, part, cancelled, fractional = read.lines
    assert (full.id, full.document_type) == ("ingram|order:20KX3QV|2", "order")
    assert (full.quantity, full.amount.minor, full.bid, full.po) == (10, 41750, "SB-77120", "PO-7001")
    assert (full.registration_no, full.customer) == ("A1B2C3", "Northwind Health System, Inc.")
    assert full.ordered_on == date(2026, 10, 13)  # local day in Los Angeles, not the 14th of UTC
    assert (part.quantity, part.amount.minor, part.sku) == (1, 61240, "NB/FW-60F#ABB")
    assert (cancelled.document_type, cancelled.quantity, cancelled.cancelled) == ("cancellation", 0, 2)
    assert (fractional.quantity, fractional.amount.minor, fractional.ordered_on) == (
        Decimal("1.5"), 5040, date(2026, 10, 14),
    )  # fmt: skip
    assert [i.reason for i in read.ignored] == ["document without lines"]


def test_invoices_and_credit_memos_one_a_line():
    read = reading_of((GOLDEN / "ingram_invoices.ndjson").read_bytes())
    assert read.feed.profile.id == "ingram-invoices-json"
    invoice, credit = read.lines
    assert (invoice.id, invoice.quantity, invoice.invoiced_on) == ("ingram|20KX3QV11|2", 10, date(2026, 10, 16))
    assert (credit.document_type, credit.quantity, credit.amount.minor) == ("credit", -4, -16700)
    assert credit.reference == "20KX3QV11"
    assert [(r.line, r.column, r.value) for r in read.rejected] == [
        (3, "line.extendedPrice", "1e309"),
        (3, "line.quantity", "NaN"),
    ]


def test_an_order_and_an_invoice_of_one_number_are_two_documents():
    """Ingram's sub-order 20-KX3QV-11 is invoiced as 20KX3QV11: one must not overwrite the other."""
    [order] = reading_of(orders(an_order(ingramOrderNumber="20-KX3QV-11"))).lines
    invoice = reading_of((GOLDEN / "ingram_invoices.ndjson").read_bytes()).lines[0]
    assert order.id != invoice.id.replace("|2", "|1")
    assert order.id == "ingram|order:20KX3QV11|1"


@pytest.mark.parametrize("shape", ["one", "array", "lines", "split"])
def test_the_shapes_a_file_of_orders_comes_in(shape):
    first, second = an_order(), an_order(ingramOrderNumber="20-BBBBB")
    body, expected = {
        "one": (orders(first), 1),
        "array": (orders(first, second), 2),
        "lines": (orders(first) + b"\n" + orders(second) + b"\n", 2),
        "split": (orders({"customerOrderNumber": "PO-9", "orders": [first, second]}), 2),
    }[shape]
    read = reading_of(body, piece=13)
    assert len(read.lines) == expected
    assert read.rejected == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-14", 14), ("2026-10-14T00:38:52-07:00", 14), ("2026-10-14T06:38:52Z", 13),
        ("2026-10-14T00:38:52", 14), ("2026-10-14T06:38:52.123Z", 13), ("10/14/2026", 14),
    ],
)  # fmt: skip
def test_the_six_shapes_of_dates(text, day):
    [line] = reading_of(orders(an_order(ingramOrderDate=text))).lines
    assert line.ordered_on == date(2026, 10, day)


@pytest.mark.parametrize("word", ["Canceled", "Cancelled", "CANCELLED", "im::cancelled", "IM::Canceled"])
@pytest.mark.parametrize("where", ["line", "order"])
def test_every_spelling_of_cancelled(word, where):
    order = an_order({"lineStatus": word}) if where == "line" else an_order(orderStatus=word)
    [line] = reading_of(orders(order)).lines
    assert (line.document_type, line.quantity, line.amount.minor, line.cancelled) == ("cancellation", 0, 0, 2)


def test_a_purchase_order_in_the_notes_is_found():
    [line] = reading_of(orders(an_order(customerOrderNumber="", notes="EU-CNT-PH 555 || EU-PO-ID# 16"))).lines
    assert line.po == "16"


@pytest.mark.parametrize(
    ("notes", "number"),
    [("REG#A1B2C3 || x", "A1B2C3"), ("DR-0091827", "0091827"), ("regular customer", ""), ("DR SHP GROUN", "")],
)
def test_a_registration_number_in_the_notes_is_found(notes, number):
    [line] = reading_of(orders(an_order({"lineNotes": notes}))).lines
    assert line.registration_no == number


def test_a_line_shipped_from_two_warehouses_counts_twice():
    order = an_order()
    order["lines"] = [{**order["lines"][0], "subOrderNumber": f"20-AAAAA-1{n}"} for n in (1, 2)]
    assert [line.id for line in reading_of(orders(order)).lines] == [
        "ingram|order:20AAAAA|1", "ingram|order:20AAAAA|1#2",
    ]  # fmt: skip


def test_a_back_ordered_line_waits_with_nothing_confirmed():
    [line] = reading_of(orders(an_order({"quantityConfirmed": 0, "lineStatus": "im::backordered"}))).lines
    assert (line.document_type, line.quantity, line.amount.minor) == ("order", 0, 0)


def test_a_line_without_a_manufacturers_number_is_held():
    [line] = reading_of(orders(an_order({"vendorPartNumber": None, "ingramPartNumber": "4AW708"}))).lines
    assert "no manufacturer part number" in line.held


def test_a_broken_document_costs_itself():
    body = orders(an_order()) + b'\n{"ingramOrderNumber": tru}\n' + orders(an_order(ingramOrderNumber="20-B"))
    read = reading_of(body)
    assert len(read.lines) == 2
    assert [(r.line, r.reason[:14]) for r in read.rejected] == [(2, "not a document")]


def test_a_truncated_document_is_said_to_be_one():
    read = reading_of(orders(an_order()) + b"\n" + orders(an_order())[:80])
    assert len(read.lines) == 1
    assert read.rejected[0].reason == "not a document: the file ends inside it"


def test_two_hundred_thousand_brackets_are_one_rejected_document():
    deep = b'{"ingramOrderNumber": "1", "customerOrderNumber": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    read = reading_of(deep + b"\n" + orders(an_order()), piece=65_536)
    assert [r.reason for r in read.rejected] == ["document too large"]
    assert len(read.lines) == 1


def test_a_document_above_the_limit_is_skipped_in_flat_memory():
    big = b'{"ingramOrderNumber": "1", "customerOrderNumber": "' + b"x" * 20_000_000 + b'"}'
    read = reading_of(big + b"\n" + orders(an_order()), piece=1 << 18)
    assert [r.reason for r in read.rejected] == ["document too large"]
    assert len(read.lines) == 1
