"""A deal book with conditions that look beyond one deal: whatever comes first, the book ends the same."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.dealbook import DealBook, settle
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import DealTypeRule
from chalicelib.domain.registrations import Registration
from chalicelib.domain.standings import Fence
from tests.builders import ANA, a_line, a_registration
from tests.domain.test_conditions_in_deals import TYPES, asking

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TARGET, BASE = "a0D5w00000REG01EAA", "a0D5w00000REG02EAA"
ATTACHED = asking(
    {"any_of": [{"family": ["endpoint security"]}, {"attach": {"family": ["endpoint security"], "within_days": 30}}]},
    rates=TYPES, deal_type_rule=DealTypeRule("vendor", "orders"),
)  # fmt: skip
FENCES = {(ATTACHED.id, ANA): Fence(date(2026, 10, 1), None, "base")}
Fact = tuple[str, Registration | OrderLine]


def told(book: DealBook, fact: Fact) -> DealBook:
    """The book with one fact more, settled."""
    deal, what = fact
    book = book.with_registration(what) if isinstance(what, Registration) else book.with_line(what, deal)
    return settle(book, {ATTACHED.id: (ATTACHED,)}, FENCES, because="a test", now=NOW).book


def ended(facts: list[Fact]) -> dict[str, tuple[int, int]]:
    """Provisional and confirmed points a deal, after these facts in this order."""
    book = DealBook("account/2026Q4")
    for fact in facts:
        book = told(book, fact)
    return {key[2]: (share.provisional, share.confirmed) for key, share in book.posted.items()}


def a_base(no: str, **changes: object) -> OrderLine:
    return a_line(no, **{"document_no": f"INV-{no}", "sku": "EDR-1", "ordered_on": date(2026, 10, 3), **changes})


FACTS: list[Fact] = [
    (TARGET, a_registration()),
    (BASE, a_registration(id=BASE, number="DR-2", sku="EDR-1", deal_type="renewal")),
    (TARGET, a_line()),
    (BASE, a_base("2")),
    (BASE, a_base("3", quantity=Decimal(-20), document_type="return", document_no="RMA-1")),
]


def possible(facts: list[Fact]) -> bool:
    """A line comes after the registration it is assigned to."""
    seen: set[str] = set()
    for deal, what in facts:
        seen |= {deal} if isinstance(what, Registration) else set()
        if deal not in seen:
            return False
    return True


def test_every_order_of_arrival_ends_in_the_same_points() -> None:
    """domain.md 6: the line another deal is attached to, and the order that makes it a renewal, may come last."""
    orders = [list(p) for p in itertools.permutations(FACTS) if possible(list(p))]
    ends = [ended(facts) for facts in orders]
    assert ends[0] == {TARGET: (0, 50), BASE: (0, 30)}
    assert all(end == ends[0] for end in ends)


def test_a_base_that_goes_back_whole_takes_the_attached_deal_with_it() -> None:
    gone: Fact = (BASE, a_base("3", quantity=Decimal(-50), document_type="return", document_no="RMA-1"))
    assert ended(FACTS[:4]) == {TARGET: (0, 50), BASE: (0, 50)}
    assert ended([*FACTS[:4], gone]) == {}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(FACTS), min_size=5, max_size=9), st.randoms(use_true_random=False))
def test_telling_a_fact_again_changes_nothing(again: list[Fact], chosen: random.Random) -> None:
    facts = [*FACTS, *again]
    chosen.shuffle(facts)
    registrations = sorted(facts, key=lambda f: not isinstance(f[1], Registration))
    assert ended(registrations) == ended(FACTS)
