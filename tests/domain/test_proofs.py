"""Every deal under every program has its proof: what was asked, what it had, and for a miss what counts instead.

domain.md 29; W24, W36, W60.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.awards import Verdict
from chalicelib.domain.conditions import CONDITIONS, Sku
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import ConditionSpec, Program, Rate
from chalicelib.domain.registrations import Credit
from chalicelib.domain.scoring import score_deal
from tests.builders import ANA, a_layer, a_line, a_program, a_registration, usd
from tests.domain.test_scoring import PROGRAMS, order_lines

ORDERED = {"qualifying_date": "order_invoiced"}

SIXTY = ConditionSpec("minimum_seats", (("seats", 60),))
RENEWAL = ConditionSpec("deal_type", (("types", ("renewal",)),))
NET_NEW = ConditionSpec("deal_type", (("types", ("net_new",)),))
# One condition of each kind that the plain deal misses: specification, what it had, what was asked, what would count.
MISSES: dict[str, tuple[ConditionSpec, str, str, str]] = {
    "vendor": (
        ConditionSpec("vendor", (("names", ("Nimbrook",)),)), "Veridane", "products of Nimbrook",
        "only products of Nimbrook count",
    ),
    "sku": (ConditionSpec("sku", (("numbers", ("SEC-PRO",)),)), "SEC-ENT", "SEC-PRO", "only SEC-PRO counts"),
    "family": (
        ConditionSpec("family", (("names", ("backup",)),)), "SEC-ENT (in no family)", "products of the family backup",
        "only products of backup count",
    ),
    "minimum_amount": (
        ConditionSpec("minimum_amount", (("amount", usd("6000")),)), "5,000 USD", "6,000 USD or more",
        "1,000 USD more",
    ),
    "minimum_seats": (
        ConditionSpec("minimum_seats", (("seats", 60),)), "50 seats", "60 seats or more", "10 more seats",
    ),
    "deal_type": (
        ConditionSpec("deal_type", (("types", ("renewal",)),)), "net-new", "a renewal deal",
        "only a renewal deal counts",
    ),
    "software_tier": (
        ConditionSpec("software_tier", (("names", ("pro",)), ("prefixes", ("SEC-PRO",)))),
        "SEC-ENT (in no software tier)", "products of the software tier pro", "only products of pro count",
    ),
    "customer_size": (
        ConditionSpec("customer_size", (("names", ("small",)), ("bands", (("small", 1, 99),)))), "no customer size",
        "a customer of size small (1 to 99 employees)", "state the customer's number of employees on the registration",
    ),
    "vertical": (
        ConditionSpec("vertical", (("names", ("bank",)),)), "no vertical", "a customer in bank",
        "state the customer's vertical on the registration",
    ),
    "region": (
        ConditionSpec("region", (("names", ("EMEA",)),)), "no region", "a customer in EMEA",
        "state the customer's region on the registration",
    ),
    "public_sector": (
        ConditionSpec("public_sector", (("wanted", False),)), "not stated", "a customer outside the public sector",
        "state on the registration whether it is public sector",
    ),
    "attach": (
        ConditionSpec("attach", (("products", (Sku(("EDR-1",)),)), ("within_days", 30))), "no EDR-1",
        "EDR-1 in the same deal, or within 30 days at the same customer in the same quarter",
        "sell EDR-1 in the same deal",
    ),
    "any_of": (
        ConditionSpec("any_of", (("parts", (SIXTY, RENEWAL)),)), "0 of 2 hold",
        "either 60 seats or more or a renewal deal", "10 more seats",
    ),
    "all_of": (
        ConditionSpec("all_of", (("parts", (SIXTY, RENEWAL)),)), "0 of 2 hold",
        "both 60 seats or more and a renewal deal", "10 more seats and only a renewal deal counts",
    ),
    "not": (
        ConditionSpec("not", (("parts", (NET_NEW,)),)), "net-new", "not a net-new deal",
        "a net-new deal does not count",
    ),
}  # fmt: skip
# What can only be missed by an order that is there: the line, and the same four words.
MISSED_BY_A_LINE = {
    "registered_before_order": (
        ConditionSpec("registered_before_order", (("days", 0),)), "ordered 1 Oct 2026, approved 5 Oct 2026",
        "an order placed on or after the approval", "register before ordering",
    ),
}  # fmt: skip


def verdicts(program: Program, lines: list[OrderLine] | None = None, **deal: Any) -> list[Verdict]:
    [award] = score_deal(a_registration(**deal), lines or [], {program.id: (program,)}, explain=True)
    return list(award.proof.verdicts)


def test_every_condition_of_the_table_is_missed_once_here() -> None:
    assert {*MISSES, *MISSED_BY_A_LINE} == set(CONDITIONS)


@pytest.mark.parametrize("kind", [*MISSES, *MISSED_BY_A_LINE])
def test_a_missed_condition_shows_value_threshold_verdict_and_what_would_count(kind: str) -> None:
    spec, value, threshold, shortfall = {**MISSES, **MISSED_BY_A_LINE}[kind]
    lines = [a_line(ordered_on=date(2026, 10, 1))] if kind in MISSED_BY_A_LINE else []
    program = a_program(layers=(a_layer(conditions=(spec,)),), software_tiers=(("pro", ("SEC-PRO",)),))
    [missed] = [v for v in verdicts(program, lines) if v.condition == kind]
    assert (missed.value, missed.threshold, missed.holds, missed.shortfall) == (value, threshold, False, shortfall)


@pytest.mark.parametrize(
    ("program", "deal", "lines", "condition", "says"),
    [
        ({}, {"status": "submitted", "approved_at": None}, [], "approved", "have the registration approved"),
        ({}, {"status": "rejected"}, [], "approved", "an approved registration would have counted"),
        ({}, {"status": "deleted"}, [], "approved", "an approved registration would have counted"),
        ({}, {"credits": ()}, [], "approved", "mend the registration in Salesforce"),
        ({}, {"approved_at": datetime(2027, 1, 5, tzinfo=UTC)}, [], "approved in the window",
         "an approval by 31 Dec 2026 would have counted"),
        ({}, {"approved_at": datetime(2026, 9, 5, tzinfo=UTC)}, [], "approved in the window",
         "have it approved on or after 1 Oct 2026"),
        (ORDERED, {"valid_until": date(2026, 9, 30)}, [], "invoiced in the window",
         "having it invoiced in those days would have counted"),
        (ORDERED, {}, [], "invoiced in the window", "have it invoiced by 31 Dec 2026"),
        (ORDERED, {}, [a_line(invoiced_on=date(2027, 1, 2))], "invoice INV-1 line 1",
         "an invoice dated in those days would have counted"),
        ({}, {}, [a_line(invoiced_on=date(2027, 2, 2))], "invoice INV-1 line 1",
         "a document dated by 31 Jan 2027 would have counted"),
        ({}, {"valid_until": date(2026, 10, 11)}, [a_line()], "invoice INV-1 line 1",
         "a line ordered by 11 Oct 2026, while the registration was valid, would have counted"),
        ({}, {}, [a_line(held="possible duplicate of INV-7")], "invoice INV-1 line 1", "a person must decide first"),
        ({}, {}, [], "confirmed by the distributor", "the distributor's invoice, dated by 31 Jan 2027"),
        ({}, {"status": "expired"}, [], "confirmed by the distributor",
         "the distributor's invoice, dated by 31 Jan 2027, would have counted; the registration is expired"),
        ({}, {"deal_type": "expansion"}, [], "rate", "only net-new or renewal earns"),
        ({}, {"deal_type": None}, [], "rate", "state the deal type on the registration"),
    ],
)  # fmt: skip
def test_a_miss_that_is_no_condition_says_what_counts_too(program, deal, lines, condition: str, says: str) -> None:
    found = [v for v in verdicts(a_program(**program), lines, **deal) if v.condition == condition]
    assert [(v.holds, v.shortfall) for v in found] == [(False, says)]


DEALS = st.builds(
    lambda status, approved, quantity, amount, kind, until, credited: a_registration(
        status=status, quantity=quantity, amount=amount, deal_type=kind, valid_until=until,
        approved_at=None if status == "submitted" else approved, credits=(Credit(ANA, 10_000),) if credited else (),
    ),
    st.sampled_from(["submitted", "approved", "rejected", "lost", "expired", "deleted"]),
    st.dates(date(2026, 8, 1), date(2027, 2, 1)).map(lambda d: datetime(d.year, d.month, d.day, 15, tzinfo=UTC)),
    st.integers(0, 90), st.none() | st.builds(Money, st.integers(0, 900_000), st.sampled_from(["USD", "EUR"])),
    st.sampled_from([None, "net_new", "renewal", "expansion"]),
    st.none() | st.dates(date(2026, 9, 1), date(2027, 1, 31)), st.booleans(),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(DEALS, order_lines(), PROGRAMS, st.sets(st.sampled_from(sorted(MISSES))))
def test_no_verdict_is_without_value_and_threshold_and_no_miss_without_what_counts(deal, lines, program, kinds) -> None:
    layers = tuple(
        replace(layer, conditions=(*layer.conditions, *(MISSES[k][0] for k in sorted(kinds))))
        for layer in program.layers
    )
    program = replace(program, layers=layers)
    for award in score_deal(deal, lines, {program.id: (program,)}, explain=True):
        assert award.proof.verdicts, "a deal under a program has at least one verdict"
        for verdict in award.proof.verdicts:
            assert verdict.condition and verdict.value and verdict.threshold, verdict
            assert verdict.holds or verdict.shortfall, verdict
        if award.confirmed or award.provisional:
            assert award.proof.verdicts[0].holds
        plain = score_deal(deal, lines, {program.id: (program,)})
        assert (award.provisional, award.confirmed) in {(p.provisional, p.confirmed) for p in plain}


def test_a_partly_confirmed_deal_says_how_far_it_got_and_what_is_missing() -> None:
    program = a_program()
    [verdict] = [
        v for v in verdicts(program, [a_line(quantity=Decimal(20))]) if v.condition == "confirmed by the distributor"
    ]
    assert (verdict.value, verdict.holds) == ("20 of 50 confirmed", True)
    assert verdict.shortfall == "invoice for 30 more, dated by 31 Jan 2027"


def test_a_rate_for_any_type_of_deal_is_never_missed() -> None:
    program = a_program(layers=(a_layer(rates=(Rate("per_seat", 3),)),))
    [rate] = [v for v in verdicts(program, deal_type="expansion") if v.condition == "rate"]
    assert rate.holds and rate.shortfall == ""
