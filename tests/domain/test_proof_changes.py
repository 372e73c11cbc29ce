"""The change a proof names is true: make it, and the condition that was missed holds."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.domain.awards import Award, Change, Verdict
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.domain.verdicts import told
from tests.builders import a_line, a_registration
from tests.domain.test_conditions_in_deals import asking, scored

SKUS = ("SEC-ENT-1", "SEC-1", "EDR-1", "ZZ-9")
Deal = tuple[Registration, list[OrderLine]]


def some(values: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


PRODUCT = {
    "vendor": some(("Veridane", "Nimbrook", "Quill")), "sku": some(SKUS),
    "family": some(("endpoint security", "backup")), "software_tier": some(("standard", "enterprise")),
}  # fmt: skip
STATED = {
    "deal_type": some(("net_new", "renewal", "expansion")), "customer_size": some(("small", "mid-market")),
    "vertical": some(("bank", "retail", "healthcare")), "region": some(("EMEA", "APJ")), "public_sector": st.booleans(),
}  # fmt: skip
MEASURED = {
    "minimum_seats": st.integers(20, 80), "registered_before_order": st.sampled_from([True, {"days": 1}, {"days": 3}]),
    "minimum_amount": st.integers(1, 9).map(lambda n: {"amount": f"{n}000.50", "currency": "USD"}),
    "attach": st.sampled_from([{"family": ["endpoint security"]}, {"vendor": ["Quill"]}, {"sku": ["EDR-1"]}]),
}  # fmt: skip


def one(kinds: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(*(values.map(lambda v, kind=kind: {kind: v}) for kind, values in kinds.items()))


ATOMS = one({**PRODUCT, **STATED, **MEASURED})
TURNED = one({**PRODUCT, **STATED}).map(lambda c: {"not": c})
LEAVES = ATOMS | TURNED


def combined(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    kinds = st.sampled_from(["any_of", "all_of"])
    return st.builds(lambda kind, found: {kind: found}, kinds, st.lists(parts, min_size=2, max_size=3))


TREES = LEAVES | combined(LEAVES) | combined(LEAVES | combined(LEAVES))


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    """A registration with whatever may be stamped on it, without an order or with one invoice line for all of it."""
    quantity, minor = draw(st.integers(10, 90)), draw(st.integers(1, 900_000))
    sku, vendor = draw(st.sampled_from(SKUS)), draw(st.sampled_from(["Veridane", "Nimbrook", "Orchid"]))
    deal = a_registration(
        quantity=quantity, amount=Money(minor, "USD"), sku=sku, vendor=vendor,
        deal_type=draw(st.sampled_from([None, "net_new", "renewal", "expansion"])),
        employees=draw(st.sampled_from([None, 0, 50, 500, 5000])), segment=draw(st.sampled_from(["", "small", "huge"])),
        vertical=draw(st.sampled_from(["", "bank", "retail"])), region=draw(st.sampled_from(["", "EMEA", "LATAM"])),
        public_sector=draw(st.sampled_from([None, True, False])),
        approved_at=datetime(2026, 10, draw(st.integers(5, 9)), 18, tzinfo=UTC),
    )  # fmt: skip
    if draw(st.booleans()):
        return deal, []
    ordered = draw(st.none() | st.dates(date(2026, 10, 5), date(2026, 10, 12)))
    return deal, [
        a_line(sku=sku, vendor=vendor, quantity=Decimal(quantity), amount=Money(minor, "USD"), ordered_on=ordered)
    ]


def made(change: Change, deal: Deal) -> Deal:
    """The deal after one named change, in its registration or in its line."""
    registration, lines = deal
    fact, to = change.fact, change.to
    if fact == "base":
        sold = {"vendor": to} if to == "Quill" else {"sku": to, "vendor": "Veridane"}
        target = a_line(
            sku=registration.sku, vendor=registration.vendor, quantity=Decimal(registration.quantity),
            amount=registration.amount, ordered_on=date(2026, 10, 12),
        )  # fmt: skip
        lines = lines or [target]  # what is attached is sold as well
        return registration, [*lines, a_line("8", quantity=Decimal(1), amount=Money(0, "USD"), **sold)]
    if fact == "approved_on":
        day = date.fromisoformat(to)
        return replace(registration, approved_at=datetime(day.year, day.month, day.day, 18, tzinfo=UTC)), lines
    if fact == "ordered_on":
        return registration, [replace(x, ordered_on=date.fromisoformat(to)) for x in lines]
    value: Any = to or "another"
    if fact == "quantity":
        value = int(to)
    elif fact == "amount":
        value = Money.parse(*to.split(" "))
    elif fact == "employees":
        value = int(to)
    elif fact == "public_sector":
        value = to == "true"
    registration = replace(registration, **{fact: value})
    if fact in ("sku", "vendor", "quantity", "amount"):
        own = Decimal(value) if fact == "quantity" else value
        lines = [replace(x, **{fact: own}) if x.line_no == "1" else x for x in lines]
    return registration, lines


def conditions(program: Program, award: Award) -> list[Verdict]:
    """The verdicts on the layer's conditions, in their order."""
    kinds = [spec.kind for spec in program.layers[0].conditions]
    found = [v for v in award.proof.verdicts if v.condition.partition(" (")[0] in kinds]
    assert [v.condition.partition(" (")[0] for v in found] == kinds
    return found


@settings(max_examples=500, deadline=None)
@given(TREES, deals())
def test_the_change_a_miss_names_makes_it_hold(condition: dict[str, Any], deal: Deal) -> None:
    """domain.md 29: of a combination it is a branch that really would count."""
    program = asking(condition)
    [verdict] = conditions(program, scored(program, *deal))
    assume(not verdict.holds and verdict.changes)
    for change in sorted(verdict.changes, key=lambda c: c.fact == "base"):
        deal = made(change, deal)
    [after] = conditions(program, scored(program, *deal))
    assert after.holds, (verdict, after)


@settings(max_examples=400, deadline=None)
@given(LEAVES | combined(LEAVES), deals(), st.randoms(use_true_random=False))
def test_the_change_of_a_single_miss_makes_the_whole_deal_count(
    condition: dict[str, Any], deal: Deal, chosen: random.Random
) -> None:
    """Beside conditions that hold already, and still do after the change."""
    registration, lines = deal
    assume(lines)
    held: list[dict[str, Any]] = [
        {"minimum_seats": registration.quantity}, {"vendor": [registration.vendor, "Quill"]}, {"sku": list(SKUS)},
        {"not": {"sku": ["OLD-1"]}},
        *([{"family": ["endpoint security", "backup"]}] if registration.sku != "ZZ-9" else []),
        *([{"vertical": ["bank", "retail"]}] if registration.vertical else []),
    ]  # fmt: skip
    kept = chosen.sample([c for c in held if set(c) != set(condition)], 2)
    program = asking(condition, *kept)
    award = scored(program, registration, lines)
    missed, *others = conditions(program, award)
    assume(not missed.holds and missed.changes and all(v.holds for v in others))
    assert award.confirmed == 0
    for change in missed.changes:
        deal = made(change, deal)
    after = scored(program, *deal)
    if not all(v.holds for v in conditions(program, after)) or not after.confirmed:  # also: each met by another line
        assert excluded(program, deal), "a change that breaks another condition, where one would not have"


def excluded(program: Program, deal: Deal) -> bool:
    """Do the conditions exclude each other, whatever is sold to whom?"""
    for sku, vendor, vertical in itertools.product(
        (*SKUS, "another"), ("Veridane", "Nimbrook", "Quill", "another"), ("bank", "retail", "healthcare", "another")
    ):
        other = deal
        for change in (Change("sku", sku, ""), Change("vendor", vendor, ""), Change("vertical", vertical, "")):
            other = made(change, other)
        if scored(program, *other).confirmed:
            return False
    return True


@settings(max_examples=200, deadline=None)
@given(TREES, TREES, deals())
def test_every_value_has_a_source_and_the_sentences_say_what_the_tree_says(
    one_: dict[str, Any], other: dict[str, Any], deal: Deal
) -> None:
    program = asking(*([one_, other] if set(one_) != set(other) else [one_]))
    award = scored(program, *deal)

    def nodes(verdict: Verdict) -> list[Verdict]:
        return [verdict, *(n for part in verdict.parts for n in nodes(part))]

    for node in (n for v in conditions(program, award) for n in nodes(v)):
        assert node.parts or node.origins, node
        assert not node.parts or node.holds is holds_of(node), node
    sentences = told(award.proof)
    missed = [v for v in award.proof.verdicts if not v.holds]
    assert len(sentences) == max(1, len(missed))
    assert all(v.shortfall in s and v.value in s for v, s in zip(missed, sentences, strict=bool(missed)))


def holds_of(node: Verdict) -> bool:
    """What a combination's parts say of it; a not of something unknown does not hold either way."""
    parts = [p.holds for p in node.parts]
    kind = node.condition.partition(" (")[0]
    return any(parts) if kind == "any_of" else all(parts) if kind == "all_of" else node.holds and not parts[0]
