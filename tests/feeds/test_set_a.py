"""Five renderings of the same sixty lines must be the same sixty lines (domain.md 7-9, W69)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from chalicelib.domain.identifiers import normal
from tests.feeds.reading_of import GOLDEN, reading_of

RENDERINGS = {
    "setA_ingram_flat_utf8bom.csv": "ingram-flat-csv",
    "setA_ingram_flat.csv.gz": "ingram-flat-csv",
    "setA_sap_pipe_trailer.dat": "sap-pipe",
    "setA_vad_pos_semicolon_cp1252.csv": "vad-pos-report",
    "setA_pax8_style_planted_errors.csv": "pax8-invoice-items-csv",
}
EXPECTED = json.loads((GOLDEN / "expected_setA.json").read_text(encoding="utf-8"))
TYPES = {"invoice": "invoice", "credit": "credit", "order_cancelled": "cancellation"}


@pytest.fixture(params=RENDERINGS)
def rendering(request):
    name = request.param
    return name, reading_of((GOLDEN / name).read_bytes(), name)


def test_every_rendering_is_recognised_by_its_own_profile(rendering):
    name, read = rendering
    assert read.feed.profile.id == RENDERINGS[name]


def test_every_rendering_gives_the_sixty_lines_of_the_truth(rendering):
    _, read = rendering
    found = {line.id: line for line in read.countable}
    assert len(read.countable) == len(found) == 60
    for truth in EXPECTED:
        line = found[f"ingram|{normal(truth['doc_no'])}|{truth['line'].lstrip('0')}"]
        assert line.document_type == TYPES[truth["doc_type"]]
        assert line.quantity == truth["qty"]
        assert line.amount.decimal() == Decimal(truth["amount"])
        assert line.amount.currency == truth["currency"]
        assert line.sku == truth["mpn"].replace(" ", "").upper()
        assert str(line.ordered_on) == truth["order_date"]
        assert str(line.invoiced_on or "") == (truth["ship_date"] or "")
        assert (line.po, line.bid, line.registration_no) == (truth["po"], truth["bid"], truth["deal_reg"])
        assert normal(line.order_no) == normal(truth["order_no"])
        assert normal(line.distributor_sku) == normal(truth["dist_sku"])
        assert (line.vendor, line.country) == (truth["vendor"], truth["country"])


def test_every_rendering_adds_up_to_1018_units_and_661758_35(rendering):
    _, read = rendering
    assert sum(line.quantity for line in read.countable) == 1018
    assert sum(line.amount.decimal() for line in read.countable) == Decimal("661758.35")


def test_every_rendering_has_the_same_fingerprints_so_dropping_all_counts_once(rendering):
    _, read = rendering
    first = reading_of((GOLDEN / "setA_ingram_flat_utf8bom.csv").read_bytes())
    assert {line.id: line.content() for line in read.countable} == {line.id: line.content() for line in first.lines}


def test_returns_are_negative_in_every_rendering(rendering):
    _, read = rendering
    credits = [line for line in read.countable if line.document_type == "credit"]
    assert len(credits) == 6
    assert all(line.quantity < 0 and line.amount.minor < 0 for line in credits)


@pytest.mark.parametrize("piece", [1, 7, 997])
def test_it_does_not_matter_in_which_pieces_the_bytes_arrive(rendering, piece):
    name, read = rendering
    again = reading_of((GOLDEN / name).read_bytes(), name, piece=piece)
    assert again.lines == read.lines
    assert again.rejected == read.rejected
    assert again.feed.sha256() == read.feed.sha256()


def test_a_file_and_its_gzip_have_the_same_digest():
    digests = {
        reading_of((GOLDEN / name).read_bytes(), name).feed.sha256()
        for name in ("setA_ingram_flat_utf8bom.csv", "setA_ingram_flat.csv.gz")
    }
    assert len(digests) == 1


def test_control_totals_of_the_sap_and_vad_files_are_verified():
    sap = reading_of((GOLDEN / "setA_sap_pipe_trailer.dat").read_bytes()).feed.reader.control
    vad = reading_of((GOLDEN / "setA_vad_pos_semicolon_cp1252.csv").read_bytes()).feed.reader.control
    assert (sap.rows, sap.amount, sap.unreadable) == (60, Decimal("661758.35"), 0)
    assert (vad.quantity, vad.amount, vad.unreadable) == (1018, Decimal("661758.35"), 0)


def test_planted_errors_cost_exactly_their_own_rows():
    planted = json.loads((GOLDEN / "planted_setA_pax8_style_planted_errors.json").read_text())
    read = reading_of((GOLDEN / "setA_pax8_style_planted_errors.csv").read_bytes(), "setA.csv")
    wanted = {p["line"]: p["wanted"] for p in planted}
    assert [r.line for r in read.rejected] == [n for n, what in wanted.items() if what.startswith("reject")]
    assert [(i.line, i.reason) for i in read.ignored] == [(22, "repeated header")]
    assert [line.source for line in read.held] == ["setA.csv:29", "setA.csv:32"]


def test_a_rejected_row_names_column_value_reason_and_remedy():
    read = reading_of((GOLDEN / "setA_pax8_style_planted_errors.csv").read_bytes(), "setA.csv")
    by_line = {r.line: r for r in read.rejected}
    assert by_line[6].reason == "wrong number of columns: 3 where 22 were expected"
    assert (by_line[12].column, by_line[12].value, by_line[12].reason) == ("quantity", "ten", "no number")
    assert (by_line[18].column, by_line[18].value) == ("startPeriod", "2026-02-30")
    assert by_line[26].reason == "control character"
    assert "\\x00" in by_line[26].value and "\x00" not in by_line[26].value
    assert all(r.remedy and r.file == "setA.csv" for r in read.rejected)


def test_held_lines_say_why_and_what_to_do():
    destroyed, formula = reading_of((GOLDEN / "setA_pax8_style_planted_errors.csv").read_bytes()).held
    assert (
        "destroyed by a spreadsheet (8.89271E+11)" in destroyed.held and "without opening it in Excel" in destroyed.held
    )
    assert "spreadsheet formula" in formula.held and "release the line" in formula.held
