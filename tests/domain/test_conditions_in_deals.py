"""Conditions on whole deals: what counts when lines, customers, other orders and combinations decide."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Award, Verdict
from chalicelib.domain.conditions import Tables, read_condition
from chalicelib.domain.documents import Fields
from chalicelib.domain.errors import Problem
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import ConditionSpec, DealTypeRule, Program, Rate
from chalicelib.domain.registrations import Registration
from chalicelib.domain.scoring import score_deal
from tests.builders import OCTOBER, a_layer, a_line, a_program, a_registration, usd

TABLES = Tables(
    families={"endpoint security": ("EDR-",), "backup": ("SEC-",)},
    software_tiers={"standard": ("SEC-",), "enterprise": ("SEC-ENT",)},
    size_bands={"small": (1, 99), "mid-market": (100, 999)},
)
ANY = (Rate("per_seat", 3),)
TYPES = (Rate("per_seat", 3, deal_type="net_new"), Rate("per_seat", 1, deal_type="renewal"),
         Rate("per_seat", 2, deal_type="expansion"))  # fmt: skip


def written(*conditions: dict[str, Any]) -> tuple[ConditionSpec, ...]:
    """Conditions as a document writes them."""
    problems: list[Problem] = []
    found = [read_condition(Fields(c, f"c[{i}]", problems), problems, TABLES) for i, c in enumerate(conditions)]
    assert problems == []
    return tuple(c for c in found if c is not None)


def asking(
    *conditions: dict[str, Any], rates: tuple[Rate, ...] = ANY, layer: str = "internal", **changes: Any
) -> Program:
    """A program of one layer with these conditions, and the tables above."""
    tables = {
        "families": tuple((TABLES.families or {}).items()),
        "software_tiers": tuple((TABLES.software_tiers or {}).items()),
        "size_bands": tuple((n, *b) for n, b in (TABLES.size_bands or {}).items()),
    }
    return a_program(layers=(a_layer(id=layer, conditions=written(*conditions), rates=rates),), **{**tables, **changes})


def scored(
    program: Program,
    deal: Registration,
    lines: Sequence[OrderLine],
    others: Mapping[str, Sequence[OrderLine]] | None = None,
) -> Award:
    """The one award of the deal, beside other deals' lines in its book; explained and not, which must agree."""
    book = BookLines({deal.id: deal}, {deal.id: lines, **(others or {})})
    [quick] = score_deal(deal, lines, {program.id: (program,)}, book=book)
    [told] = score_deal(deal, lines, {program.id: (program,)}, book=book, explain=True)
    assert (quick.provisional, quick.confirmed, quick.when) == (told.provisional, told.confirmed, told.when)
    return told


def parts(program: Program, deal: Registration, lines: Sequence[OrderLine], **more: Any) -> tuple[int, int]:
    award = scored(program, deal, lines, **more)
    return award.provisional, award.confirmed


def verdict(award: Award, condition: str) -> Verdict:
    [found] = [v for v in award.proof.verdicts if v.condition == condition]
    return found


def base(document: str = "INV-7", **changes: Any) -> OrderLine:
    """Ten seats of endpoint security on another invoice."""
    plain = {"document_no": document, "sku": "EDR-1", "quantity": Decimal(10), "amount": usd("900")}
    return a_line("1", **{**plain, **changes})


# --- the product and the customer ---------------------------------------------------------------------------------


def test_the_longest_prefix_decides_the_tier_and_the_proof_shows_it_and_the_alias() -> None:
    """W16, W55."""
    program = asking({"software_tier": ["enterprise"]})
    line = a_line(sku="SEC-ENT-9", told_sku="5529013")
    award = scored(program, a_registration(), [line])
    assert award.confirmed == 150
    told = verdict(award, "software_tier")
    assert told.value == "SEC-ENT-9, told as 5529013 (enterprise, by SEC-ENT...)"
    assert [(o.kind, o.field) for o in told.origins] == [("order line", "sku"), ("program", "software_tiers")]
    assert parts(program, a_registration(), [a_line(sku="SEC-1")]) == (150, 0)


@pytest.mark.parametrize(
    ("condition", "stamp", "counts"),
    [
        ({"customer_size": ["mid-market"]}, {"employees": 100}, True),
        ({"customer_size": ["mid-market"]}, {"employees": 99}, False),
        ({"customer_size": ["mid-market"]}, {"segment": "Mid-Market"}, True),
        ({"customer_size": ["mid-market"]}, {}, False),
        ({"vertical": ["healthcare"]}, {"vertical": "Healthcare"}, True),
        ({"region": ["EMEA"]}, {"region": "APJ"}, False),
        ({"public_sector": False}, {"public_sector": False}, True),
        ({"public_sector": False}, {}, False),
    ],
)  # fmt: skip
def test_what_the_registration_was_stamped_with_decides(
    condition: dict[str, Any], stamp: dict[str, Any], counts: bool
) -> None:
    """W17, W56: as of the deal's date."""
    program = asking(condition)
    assert parts(program, a_registration(**stamp), []) == ((150, 0) if counts else (0, 0))
    assert parts(program, a_registration(**stamp), [a_line()]) == ((0, 150) if counts else (0, 0))


@pytest.mark.parametrize(
    ("layer", "stated", "overrides", "confirmed"),
    [
        ("vendor:veridane", True, (), 0),
        ("vendor:veridane", True, (("public_sector", "cleared by compliance on 2 Oct"),), 150),
        ("vendor:veridane", False, (), 150),
        ("vendor:veridane", None, (), 150),
        ("vendor:veridane/se", True, (), 0),
        ("internal", True, (), 150),
        ("internal/se", True, (), 150),
    ],
)
def test_a_public_sector_deal_is_left_out_of_vendor_layers_unless_compliance_says_why(
    layer: str, stated: bool | None, overrides: tuple[tuple[str, str], ...], confirmed: int
) -> None:
    """domain.md 26."""
    award = scored(asking(layer=layer, overrides=overrides), a_registration(public_sector=stated), [a_line()])
    assert award.confirmed == confirmed
    if layer.startswith("vendor"):
        told = verdict(award, "public sector")
        assert (told.holds, told.origins[0].field) == (bool(confirmed), "public_sector")
        assert overrides == () or "cleared by compliance" in told.threshold


# --- dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "ordered", "confirmed"),
    [
        # 03:00 UTC on the 6th is still the evening of the 5th in Chicago
        (True, date(2026, 10, 5), 150),
        (True, date(2026, 10, 4), 0),
        ({"days": 3}, date(2026, 10, 8), 150),
        ({"days": 3}, date(2026, 10, 7), 0),
        (True, None, 0),
    ],
)
def test_an_order_before_the_registration_does_not_count_where_the_program_asks(
    asked: Any, ordered: date | None, confirmed: int
) -> None:
    """domain.md 38: by the local day of the approval; without the condition it counts."""
    deal = a_registration(approved_at=datetime(2026, 10, 6, 3, tzinfo=UTC))
    award = scored(asking({"registered_before_order": asked}), deal, [a_line(ordered_on=ordered)])
    assert (award.provisional, award.confirmed) == (150 - confirmed, confirmed)
    told = verdict(award, "registered_before_order")
    assert told.holds is bool(confirmed)
    assert parts(asking(), deal, [a_line(ordered_on=ordered)]) == (0, 150)


# --- attachments --------------------------------------------------------------------------------------------------

TARGET = {"family": ["backup"]}


@pytest.mark.parametrize(
    ("attach", "own", "others", "expected"),
    [
        ({}, [base()], {}, (0, 150)),
        ({}, [], {}, (0, 0)),
        ({}, [], {"other": [base()]}, (0, 0)),
        ({"within_days": 30}, [], {"other": [base(invoiced_on=date(2026, 11, 13))]}, (0, 150)),
        ({"within_days": 30}, [], {"other": [base(invoiced_on=date(2026, 11, 14))]}, (150, 0)),
        ({"within_days": 30}, [], {"other": [base(invoiced_on=date(2026, 9, 14))]}, (0, 150)),
        ({"within_days": 30}, [], {"other": [base(invoiced_on=date(2026, 9, 13))]}, (150, 0)),
        # within the deal no day is too far
        ({"within_days": 30}, [base(invoiced_on=date(2026, 12, 30))], {}, (0, 150)),
        # a base that went back, waits for a person, or is only ordered where invoices confirm is none
        ({}, [base(), base("RMA-1", document_type="return", quantity=Decimal(-10))], {}, (0, 0)),
        ({}, [base(), base("RMA-1", document_type="return", quantity=Decimal(-9))], {}, (0, 150)),
        ({}, [base(held="a person must look")], {}, (0, 0)),
        ({}, [base(document_type="order", invoiced_on=None)], {}, (0, 0)),
    ],
)  # fmt: skip
def test_the_target_counts_only_beside_its_base_product(
    attach: dict[str, Any], own: list[OrderLine], others: dict[str, list[OrderLine]], expected: tuple[int, int]
) -> None:
    program = asking(TARGET, {"attach": {"family": ["endpoint security"], **attach}})
    assert parts(program, a_registration(), [a_line(), *own], others=others) == expected


def test_the_proof_of_an_attachment_names_the_line_it_is_attached_to() -> None:
    program = asking(TARGET, {"attach": {"sku": ["EDR-1"], "within_days": 30}})
    found = verdict(scored(program, a_registration(), [a_line()], {"other": [base()]}), "attach")
    assert found.value == "EDR-1 on invoice INV-7 of 14 Oct 2026"
    assert [o.record for o in found.origins] == ["castellan invoice INV-7 line 1"]
    missing = verdict(scored(program, a_registration(), [a_line()]), "attach")
    assert (missing.shortfall, missing.changes[0].fact) == ("sell EDR-1 in the same deal", "base")


# --- combinations -------------------------------------------------------------------------------------------------

EITHER = {"any_of": [{"sku": ["SEC-ENT"]}, {"minimum_seats": 50}]}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("SEC-ENT", 20)], (90, 60)),
        ([("SEC-PRO", 20)], (90, 0)),
        ([("SEC-ENT", 20), ("SEC-PRO", 20)], (30, 60)),
        ([("SEC-ENT", 20), ("SEC-PRO", 30)], (0, 150)),
        ([("SEC-PRO", 50)], (0, 150)),
        # a return takes the deal below the minimum: what was covered does not wait again
        ([("SEC-PRO", 50), ("SEC-PRO", -1)], (0, 0)),
        ([("SEC-ENT", 20), ("SEC-PRO", 30), ("SEC-PRO", -5)], (0, 60)),
        ([("SEC-ENT", 20), ("SEC-PRO", 30), ("SEC-ENT", -5)], (0, 45)),
    ],
)
def test_a_line_mixed_with_its_deal_is_judged_beside_the_net_of_all(
    lines: list[tuple[str, int]], expected: tuple[int, int]
) -> None:
    told = [
        a_line(str(n), sku=sku, quantity=Decimal(seats), amount=usd(str(seats)),
               document_type="invoice" if seats > 0 else "return", document_no="INV-1" if seats > 0 else "RMA-1")
        for n, (sku, seats) in enumerate(lines)
    ]  # fmt: skip
    assert parts(asking(EITHER), a_registration(), told) == expected


def test_the_proof_of_a_combination_is_a_tree_with_the_cheapest_way_out() -> None:
    """domain.md 29."""
    award = scored(
        asking({"any_of": [{"vertical": ["retail"]}, {"minimum_seats": 60}]}), a_registration(vertical="bank"), []
    )
    found = verdict(award, "any_of")
    assert [(p.condition, p.value, p.threshold, p.holds) for p in found.parts] == [
        ("vertical", "bank", "a customer in retail", False), ("minimum_seats", "50 seats", "60 seats or more", False),
    ]  # fmt: skip
    assert found.shortfall == "10 more seats" and found.changes[0].to == "60"
    assert [(o.record, o.field, o.version) for o in found.parts[1].origins] == [
        ("DR-000101", "quantity", "2026-10-05T15:00:00.000Z")
    ]


# --- deal types ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "others", "confirmed"),
    [
        ("vendor", [base(ordered_on=date(2026, 10, 4))], 50),
        ("vendor", [base(ordered_on=date(2026, 10, 5))], 150),  # on the day of the approval is not before it
        ("vendor", [base(vendor="Nimbrook", ordered_on=date(2026, 10, 1))], 150),
        ("family", [base(ordered_on=date(2026, 10, 1))], 150),
        ("family", [base(sku="SEC-PRO", ordered_on=date(2026, 10, 1))], 50),
        ("sku", [base(sku="SEC-PRO", ordered_on=date(2026, 10, 1))], 150),
        ("sku", [base(sku="sec-ent=", ordered_on=date(2026, 10, 1))], 50),
        ("vendor", [base(held="look", ordered_on=date(2026, 10, 1))], 150),
        # its later return changes nothing: no credit raises a deal
        ("vendor", [base(ordered_on=date(2026, 10, 4)), base("R", document_type="return", quantity=Decimal(-10))], 50),
    ],
)
def test_an_earlier_order_of_the_account_makes_a_net_new_deal_a_renewal(
    scope: Any, others: list[OrderLine], confirmed: int
) -> None:
    """W19, domain.md 13: with the order as evidence."""
    program = asking(rates=TYPES, deal_type_rule=DealTypeRule(scope, "orders"))
    award = scored(program, a_registration(), [a_line()], {"other": others})
    assert award.confirmed == confirmed
    told = verdict(award, "deal type")
    assert told.value.startswith("renewal: " if confirmed == 50 else "net-new")
    assert told.origins[0].kind == ("order line" if confirmed == 50 else "registration")


def test_a_deals_own_order_is_no_evidence_against_it_and_orders_never_make_a_deal_net_new() -> None:
    program = asking(rates=TYPES, deal_type_rule=DealTypeRule("vendor", "orders"))
    early = a_line(ordered_on=date(2026, 10, 1))
    assert parts(program, a_registration(), [early]) == (0, 150)
    assert parts(program, a_registration(deal_type="renewal"), [a_line()]) == (0, 50)


def test_a_declared_look_back_is_shown_where_the_registration_states_the_type() -> None:
    program = asking(rates=TYPES, deal_type_rule=DealTypeRule("vendor", "registration", 12))
    told = verdict(scored(program, a_registration(), [a_line()]), "deal type")
    assert (
        told.threshold
        == "as the registration states: net-new is an account that bought nothing of the vendor in 12 months"
    )
    assert told.origins[0].field == "deal_type"


@pytest.mark.parametrize(
    ("quantity", "renewed", "lines", "expected"),
    [
        (50, 30, [], (30 * 1 + 20 * 2, 0)),
        (50, 30, [50], (0, 70)),
        (50, 30, [25], (35, 35)),
        (50, 30, [50, -10], (0, 56)),
        (50, 50, [50], (0, 50)),
        (50, 0, [50], (0, 100)),
        (3, 1, [3], (0, 5)),
    ],
)
def test_a_co_term_earns_each_part_at_its_own_rate(
    quantity: int, renewed: int, lines: list[int], expected: tuple[int, int]
) -> None:
    """W72, domain.md 13: the old quantity is renewal, the extra expansion."""
    deal = a_registration(deal_type="expansion", quantity=quantity, renewed_quantity=renewed)
    told = [
        a_line(str(n), quantity=Decimal(q), document_type="invoice" if q > 0 else "return", document_no=f"D-{q > 0}")
        for n, q in enumerate(lines)
    ]
    assert parts(asking(rates=TYPES), deal, told) == expected


def test_a_condition_on_the_type_keeps_its_part_of_a_co_term_only() -> None:
    deal = a_registration(deal_type="renewal", renewed_quantity=30)
    award = scored(asking({"deal_type": ["expansion"]}, {"minimum_seats": 50}, rates=TYPES), deal, [a_line()])
    assert award.confirmed == 20 * 2
    kind = verdict(award, "deal_type")
    assert kind.holds and [(p.condition, p.holds) for p in kind.parts] == [
        ("deal_type of the renewal part", False), ("deal_type of the expansion part", True),
    ]  # fmt: skip
    assert verdict(award, "deal type").value == "30 of 50 seats renewed, 20 added"
    assert award.proof.holds()


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 400),
    st.integers(0, 400),
    st.integers(0, 10**7),
    st.sampled_from(["per_seat", "per_deal", "percent"]),
)
def test_a_co_term_with_one_rate_for_all_earns_what_the_whole_does(
    quantity: int, renewed: int, cents: int, kind: Any
) -> None:
    """Dividing conserves: the parts of a co-term lose and gain nothing."""
    rate = Rate("percent", hundredths=275) if kind == "percent" else Rate(kind, 7)
    whole = a_registration(deal_type="expansion", quantity=quantity, amount=replace(usd("1"), minor=cents))
    line = a_line(quantity=Decimal(quantity), amount=replace(usd("1"), minor=cents))
    program = asking(rates=(rate,))
    co_term = replace(whole, renewed_quantity=min(renewed, quantity))
    assert parts(program, co_term, [line]) == parts(program, whole, [line])
    assert parts(program, co_term, []) == parts(program, whole, [])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_net_new_is_exactly_three_times_the_renewal_at_any_size(seats: int, rate: int) -> None:
    """W74: the same SKU and size, in integers."""
    rates = (Rate("per_seat", 3 * rate, deal_type="net_new"), Rate("per_seat", rate, deal_type="renewal"))
    program = asking({"software_tier": ["enterprise"]}, rates=rates)
    lines = [a_line(quantity=Decimal(seats))]
    new, old = (
        parts(program, a_registration(quantity=seats, deal_type=kind), lines)[1] for kind in ("net_new", "renewal")
    )
    assert new == 3 * old == 3 * rate * seats


# --- what holds for all -------------------------------------------------------------------------------------------

CONDITIONS: list[dict[str, Any]] = [
    TARGET, EITHER, {"software_tier": ["enterprise"]}, {"registered_before_order": True}, {"vertical": ["bank"]},
    {"attach": {"family": ["endpoint security"], "within_days": 20}}, {"minimum_seats": 20},
    {"all_of": [{"minimum_amount": {"amount": "2000", "currency": "USD"}}, {"not": {"sku": ["SEC-PRO"]}}]},
    {"any_of": [{"attach": {"sku": ["EDR-1"]}}, {"minimum_seats": 40}, {"region": ["EMEA"]}]},
]  # fmt: skip


@st.composite
def sales(draw: st.DrawFn) -> list[OrderLine]:
    """Invoices and orders of some products, a few of them corrected."""
    found = []
    for n in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["invoice", "invoice", "order", "return", "credit", "cancellation"]))
        taken = kind in ("return", "credit", "cancellation")
        quantity = draw(st.integers(1, 30)) * (-1 if taken else 1)
        day = date(2026, 10, draw(st.integers(1, 28)))
        found.append(
            a_line(
                str(n), document_no=f"{kind}-{n}", document_type=kind, quantity=Decimal(quantity),
                sku=draw(st.sampled_from(["SEC-ENT", "SEC-PRO", "EDR-1"])), amount=usd(str(quantity * 100)),
                ordered_on=day, invoiced_on=day,
            )
        )  # fmt: skip
    return found


@settings(max_examples=200, deadline=None)
@given(
    sales(), sales(), st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3), st.randoms(use_true_random=False)
)
def test_no_order_of_lines_matters_and_no_correction_raises_what_is_confirmed(
    own: list[OrderLine], others: list[OrderLine], conditions: list[dict[str, Any]], shuffled: random.Random
) -> None:
    """domain.md 6, 7, under every condition there is."""
    others = [replace(x, id=f"other-{x.id}", document_no=f"O-{x.document_no}") for x in others]
    program = asking(*conditions, rates=TYPES, deal_type_rule=DealTypeRule("sku", "orders"))
    deal = a_registration(vertical="bank", region="EMEA", approved_at=OCTOBER)
    once = parts(program, deal, own, others={"b": others})
    mixed, beside = list(own), list(others)
    shuffled.shuffle(mixed)
    shuffled.shuffle(beside)
    assert parts(program, deal, mixed, others={"b": beside}) == once
    sold = [x for x in own if x.quantity > 0]
    uncorrected = parts(program, deal, sold, others={"b": others})
    assert uncorrected[1] >= once[1] and sum(uncorrected) >= sum(once)
