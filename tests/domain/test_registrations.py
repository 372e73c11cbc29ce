"""Splits are conserved, and match keys meet whatever a distributor does to an identifier (domain.md 10, 16, 35)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.identifiers import match_keys
from chalicelib.domain.registrations import Credit, divide
from tests.builders import ANA, BEN, a_line, a_registration


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_the_parts_of_a_split_always_sum_to_the_whole(total: int, weights: list[int]) -> None:
    shares = [w * 10_000 // sum(weights) for w in weights]
    shares[0] += 10_000 - sum(shares)
    credits = [Credit(f"r{n}", share) for n, share in enumerate(shares)]
    parts = divide(total, credits)
    assert sum(parts) == total
    assert all(abs(part - total * c.share / 10_000) < 1 for part, c in zip(parts, credits, strict=True))
    assert divide(-total, credits) == [-part for part in parts]


def test_equal_remainders_go_by_the_order_of_the_split() -> None:
    assert divide(1, [Credit("z", 5000), Credit("a", 5000)]) == [1, 0]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("DR-0091827", "REG#0091827"), ("0006ZX2201", "6ZX2201"), ("reg# a1b2c3", "DR A1B2C3"), ("DR-000101", "101")],
)
def test_garbled_registration_numbers_still_meet(sent: str, kept: str) -> None:
    assert match_keys(number=sent, bid="", po="", sku="") == match_keys(number=kept, bid="", po="", sku="")


def test_a_purchase_order_alone_is_no_key() -> None:
    assert match_keys(number="", bid="", po="PO-1", sku="") == ()


def test_a_rejected_registration_keeps_its_number_only_and_a_deleted_one_nothing() -> None:
    full = a_registration(bid="SB-1", po="PO-1")
    assert len(full.match_keys()) == 3
    assert a_registration(bid="SB-1", po="PO-1", status="rejected").match_keys() == ("number:101",)
    assert a_registration(bid="SB-1", po="PO-1", status="deleted").match_keys() == ()


def test_a_deal_is_seen_by_its_owner_before_anybody_is_credited() -> None:
    """W24, W60."""
    assert a_registration(credits=(), owner=ANA).seen_by() == (ANA,)
    assert a_registration(credits=(Credit(BEN, 10_000),), owner=ANA).seen_by() == (BEN, ANA)


def test_a_retelling_in_other_spelling_is_the_same_line_and_another_price_is_not() -> None:
    assert a_line().content() == a_line(customer="HARBORLINE FOODS INC", source="other.csv:9").content()
    assert a_line().content() != a_line(amount=a_line().amount + a_line().amount).content()
