"""Conditions, each on both sides of its edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.conditions import (
    CONDITIONS,
    Attach,
    Subject,
    Tables,
    condition,
    for_type,
    leaves,
    read_condition,
)
from chalicelib.domain.documents import Fields
from chalicelib.domain.errors import Problem
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.products import Families
from tests.builders import a_line, a_registration, usd


@dataclass(frozen=True)
class Basket:
    """A deal book in which one other line was sold in the deal."""

    sku: str

    def attached(self, attach: Attach, deal: str, line: OrderLine | None) -> bool:
        return self.base(attach, deal, line) is not None

    def base(self, attach: Attach, deal: str, line: OrderLine | None) -> OrderLine | None:
        found = a_line("7", sku=self.sku)
        return found if attach.fits(Subject(sku=self.sku)) and deal and line is None else None


def customer(**stamp: Any) -> Subject:
    """A deal with what its registration says of the customer."""
    return Subject(deal=a_registration(**stamp))


def ordered(on: date | None) -> Subject:
    """A line of a deal that was approved on 6 October."""
    return Subject(line=a_line(ordered_on=on), approved_on=date(2026, 10, 6))


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
    # W16, W55: the tier is given by the longest prefix of the program's table
    ("software_tier", ["Enterprise"], Subject(sku="SEC-ENT-1", tier="enterprise"), True, ""),
    ("software_tier", ["enterprise"], Subject(sku="SEC-1", tier="pro"), False, "only products of enterprise count"),
    ("software_tier", ["enterprise"], Subject(), False, "only products of enterprise count"),
    # W17, W56: as stamped on the registration; bands include both ends, the number decides over the name
    ("customer_size", ["mid-market"], customer(employees=100), True, ""),
    ("customer_size", ["Mid-Market"], customer(employees=999), True, ""),
    ("customer_size", ["mid-market"], customer(employees=99), False,
     "only a customer of size mid-market (100 to 999 employees) counts"),
    ("customer_size", ["mid-market"], customer(employees=1000, segment="mid-market"), False,
     "only a customer of size mid-market (100 to 999 employees) counts"),
    ("customer_size", ["mid-market"], customer(segment="Mid-market"), True, ""),
    ("customer_size", ["enterprise"], customer(segment="galactic"), False,
     "only a customer of size enterprise (1,000 or more employees) counts"),
    ("customer_size", ["mid-market"], customer(), False,
     "state the customer's number of employees on the registration"),
    ("vertical", ["healthcare", "Retail"], customer(vertical="retail"), True, ""),
    ("vertical", ["healthcare"], customer(vertical="banking"), False, "only a customer in healthcare counts"),
    ("vertical", ["healthcare"], customer(), False, "state the customer's vertical on the registration"),
    ("region", ["EMEA"], customer(region="emea "), True, ""),
    ("region", ["EMEA"], customer(region="APJ"), False, "only a customer in EMEA counts"),
    ("public_sector", False, customer(public_sector=False), True, ""),
    ("public_sector", False, customer(public_sector=True), False, "only customers outside the public sector count"),
    ("public_sector", True, customer(public_sector=False), False, "only public-sector customers count"),
    ("public_sector", False, customer(), False, "state on the registration whether it is public sector"),
    # F34's price of a rule is paid in reading time; what each asks stays one phrase
    ("registered_before_order", True, ordered(date(2026, 10, 6)), True, ""),
    ("registered_before_order", True, ordered(date(2026, 10, 5)), False, "register before ordering"),
    ("registered_before_order", {"days": 3}, ordered(date(2026, 10, 9)), True, ""),
    ("registered_before_order", {"days": 3}, ordered(date(2026, 10, 8)), False,
     "register at least 3 days before ordering"),
    ("registered_before_order", True, ordered(None), False, "the distributor's file must carry the order date"),
    ("registered_before_order", True, Subject(approved_on=date(2026, 10, 6)), True, ""),
    ("attach", {"sku": ["EDR-1"]}, Subject(deal=a_registration()), False, "sell EDR-1 in the same deal"),
    ("attach", {"sku": ["EDR-1"]}, Subject(deal=a_registration(), beside=Basket("EDR-1")), True, ""),
    ("any_of", [{"minimum_seats": 60}, {"vertical": ["retail"]}], customer(vertical="retail"), True, ""),
    ("any_of", [{"vertical": ["retail"]}, {"minimum_seats": 60}], customer(vertical="bank"), False, "60 more seats"),
    ("any_of", [{"minimum_seats": 60}, {"minimum_seats": 40}], Subject(quantity=Decimal(30)), False, "10 more seats"),
    ("any_of", [{"vertical": ["retail"]}, {"all_of": [{"minimum_seats": 9}, {"region": ["EMEA"]}]}],
     customer(vertical="bank", region="APJ"), False, "only a customer in retail counts"),
    ("all_of", [{"minimum_seats": 40}, {"region": ["EMEA"]}], customer(region="APJ"), False,
     "40 more seats and only a customer in EMEA counts"),
    ("all_of", [{"minimum_seats": 40}, {"minimum_seats": 60}], Subject(quantity=Decimal(50)), False, "10 more seats"),
    ("all_of", [{"sku": ["A"]}, {"vendor": ["Acme"]}], Subject(sku="A", vendor="ACME"), True, ""),
    ("not", {"region": ["EMEA"]}, customer(region="APJ"), True, ""),
    ("not", {"region": ["EMEA"]}, customer(region="EMEA"), False, "a customer in EMEA does not count"),
    # what is not known is neither: a not around it does not hold
    ("not", {"region": ["EMEA"]}, customer(), False, "state the customer's region on the registration"),
    ("not", {"not": {"vendor": ["Acme"]}}, Subject(vendor="acme"), True, ""),
    ("not", {"any_of": [{"region": ["EMEA"]}, {"vertical": ["bank"]}]}, customer(region="EMEA", vertical="bank"), False,
     "a customer in EMEA does not count and a customer in bank does not count"),
    ("not", {"all_of": [{"region": ["EMEA"]}, {"vertical": ["bank"]}]}, customer(region="EMEA", vertical="bank"), False,
     "a customer in EMEA does not count"),
    ("not", {"deal_type": ["renewal"]}, Subject(deal_type="renewal"), False, "a renewal deal does not count"),
    ("not", {"sku": ["ACM-1"]}, Subject(sku="ACM-1"), False, "ACM-1 does not count"),
    ("not", {"vendor": ["Acme"]}, Subject(), False, "name the vendor on the registration"),
]  # fmt: skip
TABLES = Tables(size_bands={"small": (1, 99), "mid-market": (100, 999), "enterprise": (1000, None)})


@pytest.mark.parametrize(("kind", "written", "subject", "holds", "shortfall"), CASES)
def test_a_condition_holds_up_to_its_edge_and_names_the_smallest_change(
    kind: str, written: Any, subject: Subject, holds: bool, shortfall: str
) -> None:
    """W18, W20: equal counts."""
    problems: list[Problem] = []
    spec = read_condition(Fields({kind: written}, "layers[0].conditions[0]", problems), problems, TABLES)
    assert problems == [] and spec is not None
    made = condition(spec)
    assert (made.holds(subject), made.shortfall(subject)) == (holds, shortfall)
    assert made.describe() and made.value(subject)


def test_every_condition_of_the_table_is_tried_here() -> None:
    assert {kind for kind, *_ in CASES} == set(CONDITIONS)


WRONG_TABLES = Tables(software_tiers={"enterprise": ("SEC-",)}, size_bands={"mid-market": (1, None)})


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
        ({"customer_sise": ["small"]}, "c.customer_sise", 'Did you mean "customer_size"?'),
        ({"customer_size": ["mid market"]}, "c.customer_size[0]", 'Did you mean "mid-market"?'),
        ({"software_tier": ["enterprize"]}, "c.software_tier[0]", 'Did you mean "enterprise"?'),
        ({"public_sector": "no"}, "c.public_sector", "Write true or false"),
        ({"public_sector": None}, "c.public_sector", "Write true or false"),
        ({"registered_before_order": False}, "c.registered_before_order", "leave the condition out"),
        ({"registered_before_order": {"weeks": 1}}, "c.registered_before_order.days", "a whole number"),
        ({"registered_before_order": {"days": 93}}, "c.registered_before_order.days", "from 1 to 92"),
        ({"attach": {}}, "c.attach", "Write one of: vendor, sku, family, software_tier"),
        ({"attach": {"sku": ["A"], "within_day": 3}}, "c.attach.within_day", 'Did you mean "within_days"?'),
        ({"attach": {"sku": ["A"], "within_days": "30"}}, "c.attach.within_days", "from 1 to 92"),
        ({"attach": {"famly": ["A"]}}, "c.attach.famly", 'Did you mean "family"?'),
        ({"any_of": [{"vendor": ["A"]}]}, "c.any_of", "a list of 2 to 10"),
        ({"any_of": [{"vendor": ["A"]}, {"vendr": ["B"]}]}, "c.any_of[1].vendr", 'Did you mean "vendor"?'),
        ({"not": [{"vendor": ["A"]}]}, "c.not", "an object"),
        ({"not": {"minimum_seats": 10}}, "c.not.minimum_seats", "a return would raise"),
        ({"not": {"any_of": [{"vendor": ["A"]}, {"attach": {"sku": ["B"]}}]}}, "c.not.any_of[1].attach", "a return"),
        ({"not": {"deal_type": ["net_new", "renewal", "expansion"]}}, "c.not.deal_type", "at least one type"),
        ({"not": {"not": {"not": {"not": {"vendor": ["A"]}}}}}, "c.not.not.not.not", "at most 3 deep"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_reported_with_its_path_and_a_way_out(written: Any, path: str, remedy: str) -> None:
    problems: list[Problem] = []
    assert read_condition(Fields(written, "c", problems), problems, WRONG_TABLES) is None
    assert path in [p.path for p in problems]
    assert remedy in next(p.remedy for p in problems if p.path == path)
    assert len(problems) <= 2


def test_the_longest_prefix_decides_the_family() -> None:
    """W55."""
    families = Families((("edr", ("ACM-",)), ("edr pro", ("ACM-PRO-", "apx"))))
    found = [families.of(s) for s in ("acm-1", "ACM-PRO-9", "ACM-PRO", "APX/1=", "NB-1", "")]
    assert found == ["edr", "edr pro", "edr", "edr pro", "", ""]


def test_every_reason_inside_a_combination_is_told_at_once() -> None:
    problems: list[Problem] = []
    written = {"any_of": [{"vendr": ["A"]}, {"all_of": [{"minimum_seats": 0}, {"region": []}]}, {"not": {"sku": "A"}}]}
    assert read_condition(Fields(written, "c", problems), problems) is None
    assert [p.path for p in problems] == [
        "c.any_of[0].vendr", "c.any_of[1].all_of[0].minimum_seats", "c.any_of[1].all_of[1].region",
        "c.any_of[2].not.sku",
    ]  # fmt: skip


def test_three_deep_is_read_and_every_condition_inside_is_counted() -> None:
    """F34: what hides in a combination is counted as well."""
    problems: list[Problem] = []
    written = {"any_of": [{"all_of": [{"not": {"vendor": ["A"]}}, {"minimum_seats": 3}]}, {"region": ["EMEA"]}]}
    spec = read_condition(Fields(written, "c", problems), problems)
    assert problems == [] and spec is not None
    assert [leaf.kind for leaf in leaves(spec)] == ["vendor", "minimum_seats", "region"]


@pytest.mark.parametrize(
    ("written", "judged"),
    [
        ({"any_of": [{"vendor": ["A"]}, {"not": {"sku": ["B"]}}]}, "product"),
        ({"any_of": [{"minimum_seats": 3}, {"region": ["EMEA"]}]}, "deal"),
        ({"any_of": [{"vendor": ["A"]}, {"registered_before_order": True}]}, "line"),
        ({"any_of": [{"vendor": ["A"]}, {"minimum_seats": 3}]}, "mixed"),
        ({"all_of": [{"region": ["A"]}, {"any_of": [{"sku": ["B"]}, {"minimum_seats": 3}]}]}, "mixed"),
    ],
)
def test_a_combination_is_judged_on_what_its_parts_are_judged_on(written: Any, judged: str) -> None:
    problems: list[Problem] = []
    spec = read_condition(Fields(written, "c", problems), problems)
    assert spec is not None and condition(spec).judged == judged


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"deal_type": ["net_new"]}, False),
        ({"not": {"deal_type": ["renewal"]}}, False),
        ({"any_of": [{"deal_type": ["net_new"]}, {"minimum_seats": 3}]}, None),
        ({"all_of": [{"deal_type": ["net_new"]}, {"minimum_seats": 3}]}, False),
        ({"any_of": [{"deal_type": ["renewal"]}, {"minimum_seats": 3}]}, True),
        ({"minimum_seats": 3}, None),
    ],
)
def test_a_card_can_ask_whether_renewals_are_kept_out(written: Any, says: bool | None) -> None:
    """W73: renewals that earn nothing are said so, whatever combination says it."""
    problems: list[Problem] = []
    spec = read_condition(Fields(written, "c", problems), problems)
    assert spec is not None and for_type(condition(spec), "renewal") is says
