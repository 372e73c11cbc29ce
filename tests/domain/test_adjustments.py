"""Adjustments: two people, a floor, and a fact of a deal book like any other (domain.md 31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import pytest

from chalicelib.domain.adjustments import Adjustment, Proposal, approved, is_adjustment, refused
from chalicelib.domain.audit import broken_chain, misposted, restated, unconverged
from chalicelib.domain.budgets import Earned, first_deals
from chalicelib.domain.dealbook import DealBook, settle
from chalicelib.domain.errors import Conflict, Forbidden
from chalicelib.domain.standings import Fence, Standing, Sums
from tests.builders import ANA, BEN, CHI, a_layer, a_program

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2026, 11, 22)
PUSH = "security-push"
OPS, FAY = "0055w00000OPS00AAA", "0055w00000FAY00AAA"
PROGRAMS = {PUSH: (a_program(),)}


def an_adjustment(**changes: object) -> Adjustment:
    plain: dict[str, object] = {
        "id": "ADJ-1", "program": PUSH, "rep": ANA, "layer": "internal", "registration": "", "points": 50,
        "reason": "promised before the rules changed", "evidence": "mail of 3 November", "author": OPS,
        "proposed_at": NOW,
    }  # fmt: skip
    return Adjustment(**{**plain, **changes})  # type: ignore[arg-type]


def posted(**changes: object) -> Adjustment:
    return approved(an_adjustment(**changes), FAY, NOW, DAY, 100)


def test_another_person_approves_and_all_of_it_is_kept() -> None:
    found = posted()
    assert (found.state, found.approver, found.decided_at, found.counts_on) == ("posted", FAY, NOW, DAY)
    [step] = found.steps
    assert (step.at, step.by, step.old, step.new) == (NOW, FAY, "proposed", "posted")


@pytest.mark.parametrize("by", [OPS, OPS[:15], ANA, ANA[:15]], ids=["author", "author, short id", "rep", "rep, short"])
def test_neither_author_nor_rep_approves(by: str) -> None:
    """domain.md 31: the author is not the approver, and nobody approves her own."""
    with pytest.raises(Forbidden):
        approved(an_adjustment(), by, NOW, DAY, 100)


def test_the_author_may_take_it_back_and_the_rep_may_not_refuse() -> None:
    assert refused(an_adjustment(), OPS, NOW, "a mistake").state == "refused"
    with pytest.raises(Forbidden):
        refused(an_adjustment(), ANA, NOW, "no")


def test_what_is_decided_is_decided() -> None:
    with pytest.raises(Conflict, match="posted"):
        refused(posted(), CHI, NOW, "no")
    with pytest.raises(Conflict, match="refused"):
        approved(refused(an_adjustment(), FAY, NOW, "no"), CHI, NOW, DAY, 100)


def test_no_more_is_taken_than_the_rep_has() -> None:
    assert approved(an_adjustment(points=-100), FAY, NOW, DAY, 100).points == -100
    with pytest.raises(Conflict, match="takes 101 points and the rep has 100"):
        approved(an_adjustment(points=-101), FAY, NOW, DAY, 100)


def test_the_same_words_of_the_same_person_are_one_adjustment() -> None:
    said = Proposal(ANA, PUSH, "internal", "", 50, "why", "proof")
    assert said.id(OPS) == replace(said).id(OPS) and is_adjustment(said.id(OPS))
    assert len({said.id(OPS), said.id(FAY), replace(said, points=51).id(OPS), replace(said, rep=BEN).id(OPS)}) == 4


# --- in a deal book ---------------------------------------------------------------------------------------------------


def a_book(*adjustments: Adjustment) -> DealBook:
    book = DealBook(f"adjustments/{PUSH}/{ANA}")
    for adjustment in adjustments:
        book = book.with_adjustment(adjustment)
    return book


def fences(bucket: str = "base") -> dict[tuple[str, str], Fence | None]:
    return {(PUSH, ANA): Fence(date(2026, 10, 1), None, bucket)}  # type: ignore[arg-type]


def test_an_approved_one_is_posted_once_and_a_proposed_one_not_at_all() -> None:
    book = a_book(posted(), an_adjustment(id="ADJ-2", points=7))
    first = settle(book, PROGRAMS, fences(), because="adjustment", now=NOW)
    [leg] = first.entries[0].legs
    assert (leg.registration, leg.confirmed, leg.provisional, leg.bucket) == ("ADJ-1", 50, 0, "base")
    assert first.standings[0].points == {"internal": (50, 0)} and first.standings[0].deals == 0
    again = settle(first.book, PROGRAMS, fences(), because="again", now=NOW)
    assert again.entries == () and not again.changed_points


def test_after_the_freeze_it_lands_in_the_trailing_bucket() -> None:
    [entry] = settle(a_book(posted()), PROGRAMS, fences("trailing"), because="late", now=NOW).entries
    assert entry.legs[0].bucket == "trailing"


def test_who_has_left_still_gets_what_two_people_say_is_hers() -> None:
    left: dict[tuple[str, str], Fence | None] = {(PUSH, ANA): Fence(date(2026, 10, 1), date(2026, 10, 31), "base")}
    [entry] = settle(a_book(posted()), PROGRAMS, left, because="late", now=NOW).entries
    assert entry.legs[0].confirmed == 50


def test_any_order_of_several_ends_in_the_same() -> None:
    """Convergence: the same facts, the same sums."""
    facts = [posted(), posted(id="ADJ-2", points=-30), posted(id="ADJ-3", points=5, layer="vendor:Acme")]
    ends = set()
    for order in permutations(facts):
        book = a_book()
        sums: dict[str, int] = {}
        for fact in order:
            after = settle(book.with_adjustment(fact), PROGRAMS, fences(), because="one", now=NOW)
            for entry in after.entries:
                for leg in entry.legs:
                    sums[leg.layer] = sums.get(leg.layer, 0) + leg.confirmed
            book = after.book
        ends.add((tuple(sorted(sums.items())), tuple(sorted(book.posted))))
    assert len(ends) == 1 and dict(next(iter(ends))[0]) == {"internal": 20, "vendor:Acme": 5}


def test_the_audit_rebuilds_it_from_its_facts() -> None:
    after = settle(a_book(posted()), PROGRAMS, fences(), because="adjustment", now=NOW)
    assert broken_chain(after.book, after.entries) is None
    assert misposted(after.book, after.entries) is None
    assert unconverged(after.book, PROGRAMS, fences()) is None
    standing = Standing(PUSH, ANA, Fence(date(2026, 10, 1), None, "base"))
    assert restated(standing, after.entries) == replace(standing, layers={"internal": Sums(base_confirmed=50)})


def test_the_audit_finds_one_whose_points_were_changed_in_the_book() -> None:
    after = settle(a_book(posted()), PROGRAMS, fences(), because="adjustment", now=NOW)
    altered = after.book.with_adjustment(replace(after.book.adjustments["ADJ-1"], points=5_000))
    found = unconverged(altered, PROGRAMS, fences())
    assert found is not None and "5000 confirmed" in found.expected and "50 confirmed" in found.found


def test_it_takes_no_place_among_the_first_deals() -> None:
    layer = a_layer(first_deals_per_rep=1)
    by_hand = Earned("ADJ-1", posted().when(), 50)
    deals = [Earned(f"D{n}", replace(posted().when(), registration=f"D{n}"), 10) for n in (1, 2)]
    assert first_deals(layer, [by_hand, *deals]) == {"ADJ-1", "D1"}
