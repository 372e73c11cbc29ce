"""The look-back through an account's quarters converges: whatever comes first, moves, dies or races, every deal book
ends with what the account's other books bought, and so with the points that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.orders import OrderLine, Revision
from chalicelib.domain.programs import DealTypeRule
from chalicelib.domain.purchases import books_asked, quarter_in
from chalicelib.domain.registrations import Registration
from chalicelib.services.core_port import Change, Lost
from chalicelib.services.rescore import Rescorer
from tests.builders import ANA, a_line, a_program, a_registration
from tests.fakes.core import MemoryCore
from tests.services.test_convergence import (
    NOW,
    REGISTRATIONS,
    a_world,
    balance,
    deliver,
    ledger_equals_standings,
    lines,
    outcome,
    registrations,
)
from tests.services.test_convergence_after_crashes import Town, told_through

YEAR = a_program(deal_type_rule=DealTypeRule("vendor", "orders", 12))
LATER = datetime(2026, 10, 25, tzinfo=UTC)
SPRING, SUMMER = datetime(2026, 4, 10, tzinfo=UTC), datetime(2026, 8, 10, tzinfo=UTC)

OLD = a_registration(id=REGISTRATIONS[0], number="DR-7", created_at=SPRING, approved_at=SPRING)
BOUGHT = a_line("1", document_no="INV-0", registration_no="DR-7", ordered_on=date(2026, 4, 12),
                invoiced_on=date(2026, 4, 14))  # fmt: skip
NEW = a_registration(id=REGISTRATIONS[2], number="DR-2")
SOLD = a_line("1", document_no="INV-2", registration_no="DR-2")


def corrected(line: OrderLine, **changes: Any) -> OrderLine:
    """The line told again by a later file."""
    return replace(line, revision=Revision(1, LATER, 2), **changes)


def a_year(*more: Any) -> MemoryCore:
    return a_world(YEAR, *more)


def skewed(core: MemoryCore, months: int = 12) -> list[str]:
    """Every stored book whose copy is not what the account's other books bought."""
    found = []
    for key, book in core.books.items():
        others = {
            q: core.books[k].purchases() for k in books_asked(key, months) if (q := quarter_in(k)) and k in core.books
        }
        if book.bought_elsewhere != {quarter: bought for quarter, bought in others.items() if bought}:
            found.append(key)
    return found


FACTS: list[Any] = [OLD, BOUGHT, NEW, SOLD]


@pytest.mark.parametrize(
    ("last", "points"),
    [
        ([], (0, 50)),
        ([corrected(BOUGHT, ordered_on=date(2025, 10, 4))], (0, 150)),  # a day before the twelve months, after all
        ([corrected(BOUGHT, ordered_on=date(2025, 10, 5))], (0, 50)),
        ([corrected(BOUGHT, held="a person must look")], (0, 150)),
        ([corrected(BOUGHT, vendor="Nimbrook")], (0, 150)),
        ([corrected(BOUGHT, registration_no="DR-8")], (0, 150)),  # it belongs to nobody known
        ([replace(OLD, version=OLD.version + timedelta(hours=1), account="0015w00002ACC09AAA")], (0, 150)),
        ([replace(OLD, version=OLD.version + timedelta(hours=1), status="deleted")], (0, 150)),
        ([a_line("2", document_no="RMA-1", registration_no="DR-7", document_type="return", quantity=Decimal(-50))],
         (0, 50)),  # what came back was bought all the same
    ],
    ids=["bought", "too early", "first day", "held", "other vendor", "nobody's", "moved", "deleted", "returned"],
)  # fmt: skip
def test_every_order_of_arrival_ends_with_the_same_points(last: list[Any], points: tuple[int, int]) -> None:
    """W19, domain.md 6, 13: the purchase, its correction or its move may come last."""
    for order in permutations([*FACTS, *last]):
        core = a_year()
        deliver(core, *order)
        told = [getattr(f, "document_no", f.id) if isinstance(f, OrderLine) else f.number for f in order]
        assert (balance(core), skewed(core)) == (points, []), told
        ledger_equals_standings(core)


def test_a_new_deal_is_posted_as_the_renewal_it_is_and_never_as_net_new_before() -> None:
    core = a_year()
    deliver(core, OLD, BOUGHT, NEW)
    assert balance(core) == (50, 0)
    assert [e.legs[0].provisional for e in core.ledger if e.legs] == [50]


def test_a_purchase_that_comes_later_is_told_in_the_ledger() -> None:
    core = a_year()
    deliver(core, OLD, NEW, SOLD, BOUGHT)
    last = core.ledger[-1]
    assert (last.book, [leg.confirmed for leg in last.legs]) == (NEW.book(), [-100])
    assert last.because == "what the account bought in other quarters"


def test_only_programs_that_look_back_cost_more_calls() -> None:
    """docs/performance.md: by event, reads and commits without and with a look-back."""
    away = corrected(BOUGHT, ordered_on=date(2025, 9, 1))
    costs: dict[int | None, list[tuple[int, int]]] = {}
    for months in (None, 12):
        core = a_world(a_program(deal_type_rule=DealTypeRule("vendor", "orders", months)))
        deliver(core, OLD)
        for fact in (BOUGHT, NEW, SOLD, SOLD, NEW, away):
            core.reads = core.commits = 0
            deliver(core, fact)
            costs.setdefault(months, []).append((core.reads, core.commits))
    assert costs[None] == [(2, 1), (1, 1), (2, 1), (1, 0), (1, 0), (2, 1)]
    assert costs[12] == [(4, 1), (3, 1), (4, 1), (2, 0), (5, 0), (10, 2)]


def test_a_line_that_is_only_told_again_reaches_no_other_book() -> None:
    core = a_year()
    deliver(core, *FACTS)
    core.commits = 0
    deliver(core, corrected(BOUGHT))
    assert core.commits == 1 and balance(core) == (0, 50)


def test_a_registration_without_an_account_has_no_other_quarters() -> None:
    core = a_year()
    deliver(core, replace(OLD, account=""), BOUGHT, replace(NEW, account=""), SOLD)
    assert balance(core) == (0, 150)


def test_a_program_that_begins_to_look_back_finds_what_was_bought_before() -> None:
    """Activation settles the books of everybody enrolled: that fills them."""
    core = a_world()
    deliver(core, *FACTS)
    assert balance(core) == (0, 150)
    core.programs[YEAR.id] = (YEAR,)
    assert Rescorer(core, lambda tried: None).rescore_rep(ANA, "activated", NOW) == 1
    assert (balance(core), skewed(core)) == ((0, 50), [])
    commits = core.commits
    assert Rescorer(core, lambda tried: None).rescore_rep(ANA, "again", NOW) == 0
    assert core.commits == commits, "a book that is right is not written"


def test_a_longer_look_back_beside_it_changes_nothing_for_a_program() -> None:
    then = datetime(2024, 2, 1, tzinfo=UTC)
    old = a_registration(id=REGISTRATIONS[0], number="DR-7", created_at=then, approved_at=then)
    late = corrected(BOUGHT, ordered_on=date(2026, 9, 1))  # an order of this autumn under a registration that old
    longer = a_program(id="long-push", deal_type_rule=DealTypeRule("vendor", "orders", 36))
    alone, beside = a_year(), a_year(longer)
    for core in (alone, beside):
        deliver(core, old, late, NEW, SOLD)
    assert balance(alone) == balance(beside) == (0, 150)
    assert balance(beside, program="long-push") == (0, 50)


# --- processes that die -------------------------------------------------------------------------------------------


def died(fact: Any, before: list[Any]) -> Iterator[tuple[str, MemoryCore]]:
    """The world after each way in which a delivery of the fact can die and come again."""
    for at in range(1, 60):
        for after in (False, True):
            town = Town()
            town.core = a_year()
            for one in before:
                town.deliver(one)
            if not town.died(fact, at, after=after):
                assert at > 4, "it calls the store more often than that"
                return
            town.deliver(fact)
            yield f"call {at}, {'after' if after else 'before'} its effect", town.core


MOVED = replace(OLD, version=OLD.version + timedelta(hours=1), account="0015w00002ACC09AAA")
RIVAL = a_registration(
    id=REGISTRATIONS[1], number="DR-8", po="PO-1", created_at=SUMMER, approved_at=SUMMER, account="0015w00002ACC09AAA"
)
UNDER_PO = replace(BOUGHT, registration_no="", po="PO-1")
TWIN = replace(
    UNDER_PO, id="broadmere|B-9|1", distributor="broadmere", document_no="B-9", invoiced_on=date(2026, 4, 16)
)
WITH_PO = replace(OLD, po="PO-1")


@pytest.mark.parametrize(
    ("before", "fact", "points"),
    [
        ([OLD, NEW, SOLD], BOUGHT, (0, 50)),
        ([OLD, BOUGHT, SOLD], NEW, (0, 50)),
        ([BOUGHT, NEW, SOLD], OLD, (0, 50)),
        ([OLD, BOUGHT, NEW, SOLD], corrected(BOUGHT, ordered_on=date(2025, 9, 1)), (0, 150)),
        ([OLD, BOUGHT, NEW, SOLD], corrected(BOUGHT, registration_no="DR-9"), (0, 150)),
        ([OLD, RIVAL, BOUGHT, NEW, SOLD], corrected(BOUGHT, registration_no="DR-8"), (0, 150)),
        ([OLD, BOUGHT, NEW, SOLD], MOVED, (0, 150)),
        ([OLD, BOUGHT, NEW, SOLD], replace(MOVED, account=OLD.account, vendor="Nimbrook"), (0, 50)),
        ([WITH_PO, UNDER_PO, NEW, SOLD], RIVAL, (0, 150)),  # ambiguous from now on: the line leaves its book
        ([WITH_PO, RIVAL, UNDER_PO, NEW, SOLD], replace(RIVAL, version=MOVED.version + timedelta(days=200), po=""),
         (0, 50)),
        # the line goes over to the rival, whose key the registration never had: only the line knows
        ([replace(WITH_PO, bid="SB-1"), RIVAL, replace(UNDER_PO, bid="SB-1"), NEW, SOLD],
         replace(WITH_PO, version=MOVED.version, po=""), (0, 150)),
    ],
    ids=["a line", "the deal", "the other deal", "a correction", "to nobody", "to a rival", "an account's move",
         "another vendor", "a claim", "a claim given up", "a bid given up"],
)  # fmt: skip
def test_a_delivery_that_died_anywhere_is_completed_by_the_next_one(
    before: list[Any], fact: Any, points: tuple[int, int]
) -> None:
    """Also between the commit and the look at the account's other books."""
    for where, core in died(fact, before):
        assert (balance(core), skewed(core)) == (points, []), where
        ledger_equals_standings(core)


def test_a_possible_duplicate_that_is_no_purchase_any_more_is_none_elsewhere_even_after_a_crash() -> None:
    """The line that is held back lies in a book that neither line's keys lead to."""
    own = a_registration(id=REGISTRATIONS[1], number="DR-8", created_at=SUMMER, approved_at=SUMMER)
    twin = replace(TWIN, registration_no="DR-8", po="PO-1")
    first = replace(BOUGHT, registration_no="DR-7", po="PO-1")
    elsewhere = replace(OLD, account="0015w00002ACC09AAA")
    for where, core in died(first, [elsewhere, own, twin, NEW, SOLD]):
        assert core.books[own.book()].lines[twin.id].held, where
        assert (balance(core), skewed(core)) == ((0, 150), []), where


def quarterly(registration: Registration) -> Registration:
    """The registration created, and approved, in a quarter of its own."""
    when = (SPRING, SUMMER, NEW.created_at)[REGISTRATIONS.index(registration.id)]
    return replace(registration, created_at=when, approved_at=when + timedelta(days=4))


FACTS_OF_A_YEAR = registrations().map(quarterly) | st.builds(
    lambda line, day: replace(line, ordered_on=day),
    lines(),
    st.sampled_from([date(2026, 4, 12), date(2025, 10, 4), date(2026, 8, 20), date(2026, 10, 12)]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FACTS_OF_A_YEAR, max_size=8), st.data())
def test_any_order_and_any_repetition_end_in_the_same_balances(facts: list[Any], data: st.DataObject) -> None:
    """domain.md 6."""
    one, two = a_year(), a_year()
    deliver(one, *facts)
    again = data.draw(st.lists(st.sampled_from(facts), max_size=4)) if facts else []
    deliver(two, *data.draw(st.permutations([*facts, *again])))
    assert outcome(one) == outcome(two)
    assert skewed(one) == skewed(two) == []
    ledger_equals_standings(two)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(FACTS_OF_A_YEAR, st.integers(1, 20), st.booleans(), st.booleans()), max_size=8))
def test_deliveries_that_died_anywhere_leave_no_book_behind(facts: list[tuple[Any, int, bool, bool]]) -> None:
    """domain.md 6, 15: come again at once, or after everything else."""
    calm, stormy = Town(), Town()
    calm.core, stormy.core = a_year(), a_year()
    told_through(calm, stormy, facts)
    assert outcome(stormy.core) == outcome(calm.core)
    assert skewed(stormy.core) == skewed(calm.core) == []
    ledger_equals_standings(stormy.core)


# --- two at once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "first", "second", "points"),
    [
        ([OLD], BOUGHT, NEW, (50, 0)),
        ([OLD], NEW, BOUGHT, (50, 0)),
        ([OLD, SOLD], BOUGHT, NEW, (0, 50)),
        ([OLD, SOLD], NEW, BOUGHT, (0, 50)),
        ([OLD, NEW], SOLD, BOUGHT, (0, 50)),
        ([OLD, NEW], BOUGHT, SOLD, (0, 50)),
        ([OLD, NEW], BOUGHT, corrected(BOUGHT, ordered_on=date(2025, 9, 1)), (150, 0)),
        ([OLD, NEW, BOUGHT], corrected(BOUGHT, ordered_on=date(2025, 9, 1)), SOLD, (0, 150)),
    ],
)
def test_two_books_that_change_at_once_both_see_each_other(
    told: list[Any], first: Any, second: Any, points: tuple[int, int]
) -> None:
    """Whichever commits last looks at the other: the second fact comes in just before the n-th commit of the first,
    and neither comes again."""
    met, meets = True, 1
    while met:
        core, commits, met = a_year(), 0, False
        deliver(core, *told)

        def meet(change: Change, core: MemoryCore = core, meets: int = meets) -> None:
            nonlocal commits, met
            commits += 1
            if commits == meets:
                met, core.before_commit = True, lambda change: None
                deliver(core, second)

        core.before_commit = meet
        deliver(core, first)
        if met:
            assert (balance(core), skewed(core)) == (points, []), f"before commit {meets}"
        meets += 1
    assert meets > 2, "it commits"


def test_a_copy_that_was_overtaken_while_it_was_taken_is_taken_again() -> None:
    """The purchase changes and changes back while a book copies the first change: nobody else has reason to look."""
    core = a_year()
    deliver(core, *FACTS)
    away = corrected(BOUGHT, ordered_on=date(2025, 9, 1))
    back = replace(BOUGHT, revision=Revision(2, BOUGHT.revision.as_of, 2))
    seen: list[str] = []

    def overtake(change: Change) -> None:
        if [b.key for b in change.books] == [NEW.book()] and not seen:
            seen.append(NEW.book())
            core.before_commit = lambda change: None
            deliver(core, back)

    core.before_commit = overtake
    deliver(core, away)
    assert seen and (balance(core), skewed(core)) == ((0, 50), [])


def test_a_lost_commit_of_a_copy_is_tried_again() -> None:
    core = a_year()
    deliver(core, OLD, NEW, SOLD)
    lost: list[str] = []

    def lose(change: Change) -> None:
        if [b.key for b in change.books] == [NEW.book()] and not lost:
            lost.append(NEW.book())
            raise Lost("a revision moved")

    core.before_commit = lose
    deliver(core, BOUGHT)
    assert lost and balance(core) == (0, 50)
