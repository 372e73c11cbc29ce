"""A vendor's list of SKUs, rates and dates becomes layers (W76)."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chalicelib.domain.cards import card
from chalicelib.domain.conditions import condition
from chalicelib.domain.errors import InvalidDocument
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import Program, Rate

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = jsonschema.Draft202012Validator(json.loads((DOCS / "schemas" / "program.schema.json").read_text()))
CSV = """sku,rate,unit,valid from,valid to
ACM-EDR-1Y,25,seat,2026-10-01,2026-11-30
ACM-EDR-3Y,25.00,seat,2026-09-01,2026-11-30
ACM-XDR-1Y,2.5,percent,,
ACM-FW-9,100,deal,2026-01-01,2027-12-31
"""


def a_document(criteria: object, **changes: Any) -> dict[str, Any]:
    document = json.loads((DOCS / "examples" / "programs" / "acme-overlay.json").read_text())
    [layer] = document["layers"]
    for gone in ("rates", "budget", "conditions"):
        del layer[gone]
    layer |= {"criteria": criteria, **changes}
    return document


def read(document: object) -> Program:
    return parse(document, id="acme", version=1, effective_from=None, author="ops")


def problems(document: object) -> dict[str, str]:
    with pytest.raises(InvalidDocument) as refused:
        read(document)
    return {p.path: p.remedy for p in refused.value.problems}


def test_a_vendors_csv_becomes_a_layer_for_each_rate_and_validity() -> None:
    program = read(a_document(CSV))
    found = [(x.id, x.rates, x.window, condition(x.conditions[0]).describe()) for x in program.layers]
    assert found == [
        ("vendor:acme", (Rate("per_seat", 25),), (date(2026, 10, 1), date(2026, 11, 30)), "ACM-EDR-1Y or ACM-EDR-3Y"),
        ("vendor:acme-2", (Rate("percent", hundredths=250),), None, "ACM-XDR-1Y"),
        ("vendor:acme-3", (Rate("per_deal", 100),), None, "ACM-FW-9"),
    ]
    assert {x.payer_of_record for x in program.layers} == {"Acme Security, Inc."}
    assert SCHEMA.is_valid(a_document(CSV))
    assert "25 USD a seat from Acme for ACM-EDR-1Y or ACM-EDR-3Y" in card(program).sentence


def test_rows_as_objects_and_a_file_with_semicolons_read_the_same() -> None:
    rows = [
        {"sku": "ACM-EDR-1Y", "rate": 25, "unit": "seat", "valid_to": "2026-11-30"},
        {"sku": "ACM-EDR-3Y", "rate": "25", "unit": "per_seat", "valid_to": "2026-11-30"},
        {"sku": "ACM-XDR-1Y", "rate": 2.5, "unit": "%"},
        {"sku": "ACM-FW-9", "rate": 100, "unit": "deal"},
    ]
    marked = "\ufeff" + CSV.replace(",", ";").replace("sku;rate", "SKU;Rate").replace("\n", "\r\n")
    assert read(a_document(rows)).layers == read(a_document(CSV)).layers == read(a_document(marked)).layers
    assert SCHEMA.is_valid(a_document(rows))


def test_conditions_of_the_layer_hold_for_every_row_and_other_layers_keep_their_place() -> None:
    document = a_document(CSV, conditions=[{"deal_type": ["net_new"]}])
    internal = {
        "id": "internal", "rates": [{"per_deal": 5}], "point": {"amount": "1", "currency": "USD"},
        "conditions": [{"minimum_seats": 0}],
    }  # fmt: skip
    document["layers"].append(internal)
    assert list(problems(document)) == ["layers[1].conditions[0].minimum_seats"]
    internal["conditions"] = []
    program = read(document)
    assert [x.id for x in program.layers] == ["vendor:acme", "internal", "vendor:acme-2", "vendor:acme-3"]
    kinds = [tuple(spec.kind for spec in x.conditions) for x in program.layers]
    assert kinds == [("deal_type", "sku"), (), ("deal_type", "sku"), ("deal_type", "sku")]


def a_row(**changes: Any) -> list[dict[str, Any]]:
    plain = {"sku": "A-1", "rate": 25, "unit": "seat", **changes}
    return [{k: v for k, v in plain.items() if v is not None}]


@pytest.mark.parametrize(
    ("criteria", "path", "remedy"),
    [
        ("", "layers[0].criteria", "1 to 2,000 rows"),
        ([], "layers[0].criteria", "1 to 2,000 rows"),
        (17, "layers[0].criteria", "1 to 2,000 rows"),
        ("sku,rte,unit\nA-1,5,seat", "layers[0].criteria.rte", 'Did you mean "rate"?'),
        (a_row(sku=None), "layers[0].criteria[0].sku", "part number"),
        (a_row(unit="seats"), "layers[0].criteria[0].unit", 'Did you mean "seat"?'),
        (a_row(rate="25 USD"), "layers[0].criteria[0].rate", "without a currency"),
        (a_row(rate=2.5), "layers[0].criteria[0].rate", "whole points"),
        (a_row(rate="101", unit="percent"), "layers[0].rates[0].percent", "up to 100"),
        (a_row(valid_from="1.10.2026"), "layers[0].criteria[0].valid_from", "2026-12-31"),
        (a_row(valid_to="2026-09-30"), "layers[0].criteria[0]", "runs from 2026-10-01"),
        (a_row(colour="red"), "layers[0].criteria[0].colour", "sku, rate"),
        (a_row() + a_row(sku="a-1", rate=30), "layers[0].criteria[1].sku", "Row 1"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_the_way_out(criteria: object, path: str, remedy: str) -> None:
    found = problems(a_document(criteria))
    assert path in found and remedy in found[path]


def test_every_bad_row_is_told_at_once() -> None:
    found = problems(a_document([*a_row(unit="x"), *a_row(sku="B", rate="?"), *a_row(sku="C")]))
    assert set(found) == {"layers[0].criteria[0].unit", "layers[0].criteria[1].rate"}


def test_one_sku_may_be_rated_anew_when_its_days_are_over() -> None:
    rows = a_row(valid_to="2026-10-31") + a_row(rate=30, valid_from="2026-11-01")
    assert [x.window for x in read(a_document(rows)).layers] == [
        (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 12, 31)),
    ]  # fmt: skip


def test_what_belongs_to_one_layer_is_not_copied_into_several() -> None:
    document = a_document(CSV, budget={"amount": "500", "currency": "USD"})
    assert list(problems(document)) == ["layers[0].budget"]
    single = copy.deepcopy(document)
    single["layers"][0]["criteria"] = a_row()
    assert read(single).layers[0].budget is not None
    assert list(problems(a_document(CSV, rates=[{"per_seat": 3}]))) == ["layers[0].rates"]
