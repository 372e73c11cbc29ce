from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.ledger import Entry, Leg, balances
from tests.builders import ANA, BEN

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
WHEN = BusinessTime(date(2026, 10, 14), NOW, "a0D5w00000REG01EAA")
LEG = Leg("security-push", "internal", "a0D5w00000REG01EAA", "base", -150, 150, WHEN)
CONFIRMED = replace(LEG, provisional=0)
ENTRY = Entry(ANA, "0015w00002ACC01AAA/2026Q4", 3, NOW, "invoice INV-1", (LEG,)).after("before")


def with_leg(**changes: Any) -> Entry:
    return replace(ENTRY, legs=(replace(LEG, **changes),))


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENTRY, rep=BEN),
        replace(ENTRY, book="0015w00002ACC02AAA/2026Q4"),
        replace(ENTRY, revision=4),
        replace(ENTRY, posted_at=NOW + timedelta(microseconds=1)),
        replace(ENTRY, because="invoice INV-2"),
        replace(ENTRY, legs=()),
        replace(ENTRY, legs=(LEG, LEG)),
        with_leg(program="another"),
        with_leg(layer="vendor:veridane"),
        with_leg(registration="a0D5w00000REG02EAA"),
        with_leg(bucket="trailing"),
        with_leg(provisional=-149),
        with_leg(confirmed=151),
        with_leg(when=replace(WHEN, qualified_on=date(2026, 10, 15))),
        with_leg(when=replace(WHEN, approved_at=NOW + timedelta(seconds=1))),
        with_leg(when=replace(WHEN, registration="a0D5w00000REG02EAA")),
    ],
)
def test_whatever_is_changed_in_an_entry_changes_its_hash(changed: Entry) -> None:
    assert changed.after("before").hash != ENTRY.hash
    assert ENTRY.after("before") == ENTRY


def test_an_entry_behind_another_one_has_another_hash() -> None:
    assert ENTRY.after("another").hash != ENTRY.hash


def test_an_award_counts_from_what_its_deal_book_said_last_whatever_the_clocks_say() -> None:
    """domain.md 36: a process whose clock is behind wrote last; the book's revisions say so."""
    later = replace(WHEN, qualified_on=date(2026, 10, 16))
    first = replace(ENTRY, revision=3, legs=(CONFIRMED,))
    second = replace(ENTRY, revision=4, posted_at=NOW - timedelta(seconds=2), legs=(_moved(later),))
    for entries in ([first, second], [second, first]):
        [balance] = balances(entries, "security-push")
        assert (balance.when, balance.confirmed) == (later, 150)


@pytest.mark.parametrize(("old", "new"), [("A/2026Q4", "B/2026Q4"), ("B/2026Q4", "A/2026Q4")])
def test_an_award_that_moved_counts_from_what_its_new_deal_book_says(old: str, new: str) -> None:
    """Both books are written in one moment, in either order of their names."""
    earlier = replace(WHEN, qualified_on=date(2026, 10, 12))
    posted = replace(ENTRY, book=old, posted_at=NOW - timedelta(days=1), legs=(CONFIRMED,))
    left = replace(ENTRY, book=old, revision=4, legs=(replace(CONFIRMED, confirmed=-150),))
    came = replace(ENTRY, book=new, revision=1, legs=(replace(CONFIRMED, when=earlier),))
    [balance] = balances([posted, left, came], "security-push")
    assert (balance.when, balance.confirmed) == (earlier, 150)


def _moved(when: BusinessTime) -> Leg:
    return replace(CONFIRMED, confirmed=0, when=when)
