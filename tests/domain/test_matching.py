"""One line pays at most one registration, by the strongest identifier they share, and never by a guess.

domain.md 10, 40; W38.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.identifiers import match_keys
from chalicelib.domain.matching import Ambiguous, Match, decide
from tests.builders import a_line, a_registration

NUMBER, BID, PO = "number:101", "bid:SB1", "po:PO1:SEC-ENT"
ALL = (NUMBER, BID, PO)


@pytest.mark.parametrize(
    ("keys", "candidates", "expected"),
    [
        (ALL, {}, None),
        ((), {NUMBER: {"r1"}}, None),
        (ALL, {NUMBER: {"r1"}}, Match("r1", NUMBER)),
        (ALL, {PO: {"r1"}}, Match("r1", PO)),
        (ALL, {NUMBER: {"r1"}, BID: {"r2"}, PO: {"r2"}}, Match("r1", NUMBER)),
        (ALL, {BID: {"r1", "r2"}, PO: {"r2"}}, Match("r2", BID)),
        (ALL, {NUMBER: {"r1", "r2", "r3"}, BID: {"r2", "r3"}, PO: {"r3"}}, Match("r3", NUMBER)),
        (ALL, {BID: {"r1", "r2"}}, Ambiguous(("r1", "r2"), BID)),
        (ALL, {BID: {"r2", "r1"}, PO: {"r9"}}, Ambiguous(("r1", "r2"), BID)),
        (ALL, {NUMBER: {"r1", "r2"}, BID: {"r1", "r2"}, PO: {"r1", "r2"}}, Ambiguous(("r1", "r2"), NUMBER)),
    ],
    ids=[
        "nobody yet: it waits", "no identifier", "by its number", "by order and product", "the strongest wins",
        "a weaker one tells two apart", "two weaker ones narrow further", "a question, not a guess",
        "a weaker one that fits none of them", "nothing tells them apart",
    ],
)  # fmt: skip
def test_a_line_is_matched_asked_about_or_waits(keys, candidates, expected) -> None:
    assert decide(keys, candidates) == expected


REGISTRATIONS = st.sets(st.sampled_from(["r1", "r2", "r3", "r4"]))


@given(st.dictionaries(st.sampled_from(ALL), REGISTRATIONS), st.sampled_from([ALL, ALL[:2], ALL[1:], (PO,)]))
def test_a_match_holds_the_strongest_key_and_a_question_names_all_that_do(candidates, keys) -> None:
    verdict = decide(keys, candidates)
    strongest = next((candidates[k] for k in keys if candidates.get(k)), set())
    if verdict is None:
        assert not strongest
    elif isinstance(verdict, Match):
        assert verdict.registration in strongest
    else:
        assert set(verdict.candidates) <= strongest and len(verdict.candidates) > 1


def test_room_left_does_not_decide_between_two_registrations() -> None:
    """domain.md 40: an order over 50 fits only one of them, and still a person decides."""
    small, large = a_registration(number="", bid="SB-1", quantity=3), a_registration(number="", bid="SB-1", quantity=90)
    assert small.match_keys() == large.match_keys() == a_line(registration_no="", bid="sb 1").match_keys()
    assert isinstance(decide(small.match_keys(), {small.match_keys()[0]: {"small", "large"}}), Ambiguous)


@pytest.mark.parametrize("told", ["DR-000101", "REG#000101", "dr 101", " 101 ", "Deal Reg: 0101"])
def test_a_garbled_registration_number_finds_its_registration(told: str) -> None:
    assert set(a_line(registration_no=told).match_keys()) & set(a_registration().match_keys()) == {NUMBER}


def test_a_purchase_order_finds_nothing_without_its_product() -> None:
    """A PO number is reused; only with the SKU it is an identifier."""
    assert match_keys(number="", bid="", po="PO-1", sku="") == ()
    one, other = (match_keys(number="", bid="", po="PO-1", sku=sku) for sku in ("SEC-ENT", "SEC-PRO"))
    assert not set(one) & set(other)
