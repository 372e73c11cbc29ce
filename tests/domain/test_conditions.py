"""Conditions, each on both sides of its edge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.conditions import CONDITIONS, Subject, condition, read_condition
from chalicelib.domain.documents import Fields
from chalicelib.domain.errors import Problem
from chalicelib.domain.money import Money
from chalicelib.domain.products import Families
from tests.builders import usd

# kind, as written, subject, holds, shortfall
CASES: list[tuple[str, Any, Subject, bool, str]] = [
    ("vendor", ["Acme Security"], Subject(vendor="ACME  SECURITY"), True, ""),
    ("vendor", ["Acme", "Nimbus"], Subject(vendor="Quill"), False, "only products of Acme or Nimbus count"),
    ("vendor", ["Acme"], Subject(), False, "only products of Acme count"),
    ("sku", ["ACM-EDR-1Y"], Subject(sku="acm-edr-1y="), True, ""),
    ("sku", ["ACM-EDR-1Y"], Subject(sku="ACM-EDR-3Y"), False, "sell ACM-EDR-1Y instead"),
    ("sku", ["ACM-EDR-1Y"], Subject(sku="ZZZ"), False, "only ACM-EDR-1Y counts"),
    ("sku", ["ACM-EDR-1Y"], Subject(), False, "name the SKU on the registration"),
    ("family", ["EDR"], Subject(sku="ACM-1", family="edr"), True, ""),
    ("family", ["edr"], Subject(sku="ACM-1"), False, "only products of edr count"),
    ("minimum_amount", {"amount": "1000", "currency": "USD"}, Subject(amount=usd("1000")), True, ""),
    ("minimum_amount", {"amount": "1000", "currency": "USD"}, Subject(amount=usd("999.99")), False, "0.01 USD more"),
    ("minimum_amount", {"amount": "1000", "currency": "USD"}, Subject(), False, "state an amount of 1,000 USD or more"),
    (
        "minimum_amount", {"amount": "1", "currency": "USD"}, Subject(amount=Money(10**9, "EUR")), False,
        "only deals in USD count",
    ),
    ("minimum_seats", 10, Subject(quantity=Decimal(10)), True, ""),
    ("minimum_seats", 10, Subject(quantity=Decimal(9)), False, "1 more seat"),
    ("minimum_seats", 10, Subject(quantity=Decimal("7.5")), False, "2.5 more seats"),
    ("deal_type", ["net_new", "expansion"], Subject(deal_type="expansion"), True, ""),
    ("deal_type", ["net_new"], Subject(deal_type="renewal"), False, "only a net-new deal counts"),
    ("deal_type", ["net_new"], Subject(), False, "state the deal type on the registration"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written", "subject", "holds", "shortfall"), CASES)
def test_a_condition_holds_up_to_its_edge_and_names_the_smallest_change(
    kind: str, written: Any, subject: Subject, holds: bool, shortfall: str
) -> None:
    """W18, W20: equal counts."""
    problems: list[Problem] = []
    spec = read_condition(Fields({kind: written}, "layers[0].conditions[0]", problems), problems)
    assert problems == [] and spec is not None
    made = condition(spec)
    assert (made.holds(subject), made.shortfall(subject)) == (holds, shortfall)
    assert made.describe() and made.value(subject)


def test_every_condition_of_the_table_is_tried_here() -> None:
    assert {kind for kind, *_ in CASES} == set(CONDITIONS)


@pytest.mark.parametrize(
    ("written", "path", "remedy"),
    [
        ({"minimun_seats": 3}, "c.minimun_seats", 'Did you mean "minimum_seats"?'),
        ({"minimum_seats": 0}, "c.minimum_seats", "a whole number from 1"),
        ({"minimum_seats": True}, "c.minimum_seats", "a whole number from 1"),
        ({"minimum_seats": 3, "vendor": ["A"]}, "c", "one condition an object"),
        ({}, "c", "one condition an object"),
        ([], "c", "an object"),
        ({"vendor": []}, "c.vendor", "a list of 1 to 50 texts"),
        ({"sku": ["A", "A"]}, "c.sku[1]", "Write it once."),
        ({"deal_type": ["renewl"]}, "c.deal_type[0]", 'Did you mean "renewal"?'),
        ({"minimum_amount": {"amount": "1.005", "currency": "USD"}}, "c.minimum_amount.amount", "at most 2 decimals"),
        ({"minimum_amount": {"amount": "10", "currency": "USX"}}, "c.minimum_amount.currency", "capital letters"),
        ({"minimum_amount": {"amount": "0", "currency": "USD"}}, "c.minimum_amount.amount", "above zero"),
        ({"minimum_amount": {"amount": 1e309, "currency": "USD"}}, "c.minimum_amount.amount", "as \"250\""),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_reported_with_its_path_and_a_way_out(written: Any, path: str, remedy: str) -> None:
    problems: list[Problem] = []
    assert read_condition(Fields(written, "c", problems), problems) is None
    assert [p.path for p in problems] == [path]
    assert remedy in problems[0].remedy


def test_the_longest_prefix_decides_the_family() -> None:
    """W55."""
    families = Families((("edr", ("ACM-",)), ("edr pro", ("ACM-PRO-", "apx"))))
    found = [families.of(s) for s in ("acm-1", "ACM-PRO-9", "ACM-PRO", "APX/1=", "NB-1", "")]
    assert found == ["edr", "edr pro", "edr", "edr pro", "", ""]
