"""What a distributor calls a product, and what the catalogue calls it (domain.md 14)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chalicelib.domain.aliases import KINDS, NO_ALIASES, Aliases, alias_from, codes
from chalicelib.domain.errors import InvalidDocument
from chalicelib.domain.orders import OrderLine
from chalicelib.feeds.rejected import HELD, held
from chalicelib.services.core_port import HELD_FOR_PRODUCT, StoredLine
from tests.builders import a_line
from tests.feeds.reading_of import an_item, items, reading_of

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "alias.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def an_alias(**changes: object) -> dict[str, Any]:
    return {"distributor": "castellan", "kind": "sku", "code": "sec ent 1y", "sku": "SEC-ENT", **changes}


def told(aliases: Aliases, **changes: object) -> str:
    return aliases.canonical(a_line(**{"sku": "SECENT1Y", **changes})).sku


def of(**documents: dict[str, Any]) -> Aliases:
    return Aliases(alias_from(name, document) for name, document in documents.items())


@pytest.mark.parametrize(
    ("document", "line", "sku"),
    [
        (an_alias(), {}, "SEC-ENT"),
        (an_alias(), {"sku": "SECENT2Y"}, "SECENT2Y"),
        (an_alias(), {"distributor": "broadmere"}, "SECENT1Y"),
        (an_alias(distributor="*"), {"distributor": "broadmere"}, "SEC-ENT"),
        (an_alias(), {"sku": "SECENT1Y#ABA"}, "SEC-ENT"),
        (an_alias(code="SECENT1Y#ABA"), {}, "SECENT1Y"),
        (an_alias(code="SECENT1Y#ABA", sku="NORDIC"), {"sku": "SECENT1Y#ABA"}, "NORDIC"),
        (an_alias(kind="distributor_sku", code="00-917733"), {"distributor_sku": "917733"}, "SEC-ENT"),
        (an_alias(kind="distributor_sku", code="917733"), {"sku": "", "distributor_sku": "0091 7733"}, "SEC-ENT"),
        (an_alias(kind="upc", code="0 88908 12345 6"), {"upc": "088908123456"}, "SEC-ENT"),
        (an_alias(kind="upc", code="917733"), {"distributor_sku": "917733"}, "SECENT1Y"),
        (an_alias(valid_from="2026-10-14", valid_to="2026-10-14"), {}, "SEC-ENT"),
        (an_alias(valid_from="2026-10-15"), {}, "SECENT1Y"),
        (an_alias(valid_to="2026-10-13"), {}, "SECENT1Y"),
        (an_alias(valid_to="2026-10-12"), {"document_type": "order"}, "SEC-ENT"),  # an order is dated by its order
    ],
)
def test_a_line_goes_by_the_catalogues_number_when_an_alias_speaks_for_it(document, line, sku) -> None:
    assert told(of(one=document), **line) == sku


def test_what_was_told_is_kept_and_asked_again_with_other_aliases() -> None:
    line = a_line(sku="SECENT1Y")
    mapped = of(one=an_alias()).canonical(line)
    assert (mapped.sku, mapped.told_sku, mapped.content()) == ("SEC-ENT", "SECENT1Y", line.content())
    assert of(one=an_alias()).canonical(mapped) == mapped
    assert of(one=an_alias(sku="SEC-PRO")).canonical(mapped).sku == "SEC-PRO"
    assert NO_ALIASES.canonical(mapped) == line, "an alias that is ended leaves no trace"
    assert codes(mapped) == codes(line)


def test_of_several_aliases_the_own_one_then_the_latest_then_the_first_by_name_speaks() -> None:
    every = an_alias(distributor="*", sku="EVERY", valid_from="2026-10-10")
    first, later = an_alias(sku="FIRST"), an_alias(sku="LATER", valid_from="2026-09-01")
    for documents in ({"a": every, "b": first, "c": later}, {"c": later, "b": first, "a": every}):
        assert told(of(**documents)) == "LATER"
    assert told(of(a=every, b=first)) == "FIRST"
    assert told(of(b=first, a=an_alias(sku="ALSO"))) == "ALSO"
    by_code = an_alias(kind="distributor_sku", code="917733", sku="OTHER")
    assert told(of(a=by_code, b=first), distributor_sku="917733") == "FIRST", "the manufacturer's number is asked first"


BROKEN: list[tuple[dict[str, Any], set[str], bool]] = [
    ({"kind": "vpn"}, {"kind"}, True),
    ({"kind": None}, {"kind"}, True),
    ({"code": " "}, {"code"}, True),
    ({"code": "---", "kind": "upc"}, {"code"}, False),
    ({"code": "8.89271E+11"}, {"code"}, False),
    ({"sku": "8,89271e+11"}, {"sku"}, False),
    ({"sku": 3}, {"sku"}, True),
    ({"sku": "X" * 101}, {"sku"}, True),
    ({"sku": "SEC ENT 1Y"}, {"sku"}, False),
    ({"valid_from": "1 October"}, {"valid_from"}, True),
    ({"valid_from": "2026-02-30"}, {"valid_from"}, False),
    ({"valid_from": "2026-10-02", "valid_to": "2026-10-01"}, {"valid_to"}, False),
    ({"colour": "red"}, {"colour"}, True),
    ({"distributor": ""}, {"distributor"}, True),
    ({"kind": "x", "code": "", "sku": None, "valid_to": 5, "x": 1}, {"kind", "code", "sku", "valid_to", "x"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("change", "paths", "in_schema"), BROKEN)
def test_a_broken_alias_is_refused_with_every_problem(change, paths: set[str], in_schema: bool) -> None:
    document = {**an_alias(), **change}
    with pytest.raises(InvalidDocument) as refused:
        alias_from("one", document)
    assert {p.path for p in refused.value.problems} == paths
    assert all(p.remedy for p in refused.value.problems)
    assert VALIDATOR.is_valid(document) is not in_schema


def test_the_schema_takes_what_the_code_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert tuple(SCHEMA["properties"]["kind"]["enum"]) == KINDS
    plain = {"kind": "upc", "code": "88908", "sku": "SEC-ENT"}
    for document in (an_alias(), plain, an_alias(valid_from=None, valid_to="2026-10-01")):
        VALIDATOR.validate(document)
        alias_from("one", document)
    assert alias_from("one", plain).distributor == "*"
    assert alias_from("one", an_alias(valid_to="2026-10-01")).valid_to == date(2026, 10, 1)


# --- lines that wait for a part number only --------------------------------------------------------------------------


def counted(line: OrderLine) -> OrderLine:
    return StoredLine(line, 1, "matched", "r", "b").counted()


def test_a_line_that_lacked_only_a_part_number_is_free_once_an_alias_gives_it_one() -> None:
    assert set(HELD_FOR_PRODUCT) <= set(HELD)
    aliases = of(one=an_alias(kind="distributor_sku", code="917733"))
    for reason in HELD:
        line = a_line(sku="", distributor_sku="917733", held=held(reason, "x"))
        assert bool(counted(aliases.canonical(line)).held) is (reason not in HELD_FOR_PRODUCT)
        assert counted(line).held, "without the alias it waits"


def test_a_second_reason_to_wait_stays() -> None:
    [line] = reading_of(items(an_item(1, sku="", company="=1+1"))).lines
    assert all(reason in line.held for reason in ("no manufacturer part number", "spreadsheet formula"))
    aliases = of(one=an_alias(distributor="*", kind="distributor_sku", code="917733"))
    assert counted(aliases.canonical(replace(line, distributor_sku="917733"))).held
