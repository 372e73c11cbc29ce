"""Feed profiles are documents: checked as a whole, published with a schema, documented one by one (W69)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from chalicelib.domain.errors import InvalidDocument
from chalicelib.feeds import rejected
from chalicelib.feeds.profiles import FIELDS, FeedProfile, bundled, parse_profile
from tests.feeds.reading_of import an_item, items, reading_of

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/feed-profile.schema.json").read_text())
DOCUMENTS = {p.stem: json.loads(p.read_text()) for p in (ROOT / "chalicelib/feeds/profiles").glob("*.json")}
GUIDE = (ROOT / "docs/feeds.md").read_text(encoding="utf-8")

GERMAN = {
    "id": "also-csv", "name": "ALSO daily invoices", "distributor": "also", "dialect": "delimited",
    "recognise": {"columns": ["Beleg", "Artikel", "Menge", "Summe"]}, "confirms": "invoice", "zone": "Europe/Berlin",
    "delimiter": ";", "decimal": ",", "thousands": ".", "currency": "EUR", "default_type": "invoice",
    "dates": ["%d.%m.%Y"],
    "columns": {
        "document_no": "Beleg", "sku": "Artikel", "quantity": "Menge", "amount": "Summe", "invoiced_on": "Datum"
    },
}  # fmt: skip


def a_profile(**other: object) -> FeedProfile:
    return parse_profile({**GERMAN, **other})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bundled_profile_fits_its_schema_and_is_usable(name):
    jsonschema.Draft202012Validator(SCHEMA).validate(DOCUMENTS[name])
    assert parse_profile(DOCUMENTS[name]).id == name


def test_the_schema_knows_every_field_and_no_other():
    assert set(SCHEMA["properties"]) == set(FeedProfile.__dataclass_fields__)
    assert set(SCHEMA["properties"]["columns"]["properties"]) == set(FIELDS)


def test_a_profile_from_configuration_reads_a_layout_nobody_bundled():
    body = "Beleg;Artikel;Menge;Summe;Datum\nB1;a-1;2;1.310,50;01.10.2026\n".encode("cp1252")
    [line] = reading_of(body, profiles=[a_profile()], distributor="also").lines
    assert (line.id, line.sku, str(line.amount), str(line.invoiced_on)) == (
        "also|B1|A-1#1", "A-1", "1,310.50 EUR", "2026-10-01",
    )  # fmt: skip


def test_a_deployments_own_profile_wins_over_a_bundled_one_of_the_same_header():
    own = {**DOCUMENTS["pax8-invoice-items-csv"], "id": "own-items", "currency": "DKK"}
    read = reading_of(items(an_item(currency="")), profiles=[parse_profile(own)])
    assert (read.feed.profile.id, read.lines[0].amount.currency) == ("own-items", "DKK")


def test_a_stamp_in_the_file_name():
    own = a_profile(as_of={"source": "file_name", "pattern": r"(\d{8})", "format": "%Y%m%d"})
    body = b"Beleg;Artikel;Menge;Summe;Datum\nB1;a-1;2;10;01.10.2026\n"
    feed = reading_of(body, name="pos_20261002.csv", profiles=[own]).feed
    assert (str(feed.covers), feed.as_of.isoformat()) == ("2026-10-01", "2026-10-01T22:00:00+00:00")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"encoding": "klingon"}, "encoding"),
        ({"dialect": "x12"}, "dialect"),
        ({"confirms": "quote"}, "confirms"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"thousands": ","}, "thousands"),
        ({"colums": {}}, "colums"),
        ({"id": "Bad Id"}, "id"),
        ({"columns": {"document_no": "Beleg", "price": "x"}}, "columns.price"),
        ({"columns": {"document_no": "Beleg"}}, "columns.sku"),
        ({"document_types": {"refund": ["R"]}}, "document_types.refund"),
        ({"default_type": None}, "default_type"),
        ({"recognise": {}}, "recognise"),
        ({"recognise": {"first_line": "^(HDR"}}, "recognise.first_line"),
        ({"as_of": {"source": "file_name"}}, "as_of.pattern"),
        ({"as_of": {"source": "header", "pattern": "x"}}, "as_of.pattern"),
        ({"mode": "snapshot"}, "snapshot"),
        ({"snapshot": {"most_lost_percent": 101}}, "snapshot"),
    ],
)
def test_a_profile_that_cannot_be_used_names_the_place(change, path):
    with pytest.raises(InvalidDocument) as refused:
        a_profile(**change)
    assert path in [p.path for p in refused.value.problems]
    assert all(p.remedy for p in refused.value.problems)


def test_every_problem_is_told_at_once():
    with pytest.raises(InvalidDocument) as refused:
        parse_profile({"id": "x", "zone": 3, "decimal": "·"})
    paths = {p.path for p in refused.value.problems}
    assert {"zone", "decimal", "name", "dialect", "columns", "recognise", "confirms", "distributor"} <= paths


def test_the_guide_has_a_row_for_every_profile_field_reason_and_dialect():
    for profile in bundled():
        assert f"| `{profile.id}` |" in GUIDE, f"docs/feeds.md has no row for profile {profile.id}"
    for reason, remedy in {**rejected.REMEDIES, **rejected.HELD}.items():
        assert f"| {reason} | {remedy} |" in GUIDE, f"docs/feeds.md does not explain: {reason}"
    for name in FIELDS:
        assert re.search(rf"^\| `{name}` \|", GUIDE, re.MULTILINE), f"docs/feeds.md does not describe {name}"
