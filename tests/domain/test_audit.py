"""The chain of a book's entries, and the order of findings."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.audit import KINDS, Finding, broken_chain, in_order, unlinked
from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.dealbook import DealBook, settle
from chalicelib.domain.ledger import HASH_DIGITS, Entry, Leg, content_hash
from chalicelib.domain.registrations import Credit
from chalicelib.domain.standings import Fence
from tests.builders import ANA, BEN, OCTOBER, a_program, a_registration

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
OPEN = Fence(date(2026, 10, 1), None, "base")
LEG = Leg("security-push", "internal", "a0D", "base", 0, 150, BusinessTime(date(2026, 10, 5), OCTOBER, "a0D"))
ENTRY = Entry(ANA, "acc/2026Q4", 1, NOW, "invoice", (LEG,)).after("")


def a_story(events: int) -> tuple[DealBook, list[Entry]]:
    """A split deal whose quantity changes with every event: two entries each."""
    credits = (Credit(ANA, 6000), Credit(BEN, 4000))
    book, told = DealBook(a_registration().book()), []
    for n in range(events):
        changed = a_registration(version=OCTOBER + timedelta(hours=n), quantity=10 + n * 10, credits=credits)
        fences = {("security-push", rep): OPEN for rep in (ANA, BEN)}
        settlement = settle(
            book.with_registration(changed), {"security-push": (a_program(),)}, fences, because=f"event {n}", now=NOW
        )
        book = settlement.book
        told += settlement.entries
    return book, told


def test_the_entries_of_a_book_follow_each_other_event_by_event_and_rep_by_rep() -> None:
    book, told = a_story(3)
    assert [(e.revision, e.rep) for e in told] == [(n, rep) for n in (1, 2, 3) for rep in sorted((ANA, BEN))]
    assert [e.previous for e in told] == ["", *(e.hash for e in told[:-1])]
    assert book.chain == told[-1].hash and all(len(e.hash) == HASH_DIGITS for e in told)
    assert broken_chain(book, reversed(told)) is None and unlinked(book, told) is None


def test_an_event_without_an_entry_leaves_the_chain_where_it_is() -> None:
    book, _ = a_story(1)
    [registration] = book.registrations.values()
    renamed = book.with_registration(replace(registration, account_name="Harborline Foods Inc"))
    fences = {("security-push", rep): OPEN for rep in (ANA, BEN)}
    settlement = settle(renamed, {"security-push": (a_program(),)}, fences, because="renamed", now=NOW)
    assert settlement.entries == () and settlement.book.chain == book.chain


OTHER: dict[str, Any] = {
    "rep": BEN, "book": "acc/2026Q3", "revision": 2, "posted_at": NOW + timedelta(microseconds=1), "because": "Invoice",
    "legs": (), "previous": "0" * HASH_DIGITS,
    "program": "push", "layer": "vendor:a", "registration": "a0E", "bucket": "trailing", "provisional": 1,
    "confirmed": 151, "when": BusinessTime(date(2026, 10, 6), OCTOBER, "a0D"),
}  # fmt: skip


@pytest.mark.parametrize("name", [f.name for f in fields(Entry) if f.name != "hash"])
def test_the_hash_covers_every_field_of_an_entry(name: str) -> None:
    assert content_hash(replace(ENTRY, **{name: OTHER[name]})) != ENTRY.hash


@pytest.mark.parametrize("name", [f.name for f in fields(Leg)])
def test_the_hash_covers_every_field_of_a_leg(name: str) -> None:
    assert content_hash(replace(ENTRY, legs=(replace(LEG, **{name: OTHER[name]}),))) != ENTRY.hash


@pytest.mark.parametrize("when", [BusinessTime(date(2026, 10, 5), OCTOBER + timedelta(seconds=1), "a0D"),
                                  BusinessTime(date(2026, 10, 5), OCTOBER, "a0E")])  # fmt: skip
def test_the_hash_covers_business_time_whole(when: BusinessTime) -> None:
    assert content_hash(replace(ENTRY, legs=(replace(LEG, when=when),))) != ENTRY.hash


def test_the_same_instant_in_another_zone_is_the_same_entry() -> None:
    elsewhere = replace(ENTRY, posted_at=NOW.astimezone(timezone(timedelta(hours=-6))))
    assert content_hash(elsewhere) == ENTRY.hash


def test_the_hash_of_a_known_entry_stays_what_it_is() -> None:
    """Another encoding would make every entry ever posted a finding."""
    assert ENTRY.hash == "fd93d061a7c22e466c991e657bd0c2cb"


@given(st.integers(2, 5), st.data())
def test_a_lost_swapped_or_doubled_entry_breaks_the_chain_at_the_entry_after_it(
    events: int, data: st.DataObject
) -> None:
    book, told = a_story(events)
    n = data.draw(st.integers(0, len(told) - 1))
    finding = broken_chain(book, [*told[:n], *told[n + 1 :]])
    assert finding is not None and finding.kind == "chain"
    if n < len(told) - 1:
        assert finding.where == f"deal book {book.key}, revision {told[n + 1].revision}, rep {told[n + 1].rep}"
    else:
        assert finding.where == f"deal book {book.key}, revision {book.revision}"
    assert broken_chain(book, [*told, told[n]]) is not None


def test_a_book_older_than_its_entries_is_a_finding_and_its_ledger_whole() -> None:
    """After a restore: the standings may be repaired from such entries, the book may not stay."""
    older, _ = a_story(1)
    _, told = a_story(3)
    finding = broken_chain(older, told)
    assert finding is not None and finding.where.endswith(f"revision 2, rep {min(ANA, BEN)}")
    assert unlinked(older, told) is None
    assert unlinked(a_story(3)[0], told[:-1]) is not None


def test_findings_come_by_kind_then_place_whatever_order_they_were_made_in() -> None:
    made = [Finding(kind, where, "a", "b") for kind in reversed(KINDS) for where in ("z", "a")]
    assert [(f.kind, f.where) for f in in_order(made)] == [(kind, where) for kind in KINDS for where in ("a", "z")]
