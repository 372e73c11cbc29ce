"""The same promise when processes die: whatever call a delivery dies in, before or after its effect, the next delivery
of the same fact ends where the undisturbed one did. And with aliases among the facts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.aliases import Alias, Aliases
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.registrations import WHOLE, Credit, Registration
from chalicelib.services import retry_lines, score_lines
from chalicelib.services.line_questions import question
from chalicelib.services.ports import Retry
from chalicelib.services.rescore import Rescorer
from chalicelib.services.retry_lines import LineRetry
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from tests.builders import OCTOBER, a_line, a_program, a_registration
from tests.fakes.core import MemoryCore
from tests.services.house import Crash, Frail
from tests.services.test_convergence import (
    NOW,
    a_world,
    balance,
    ledger_equals_standings,
    lines,
    outcome,
    registrations,
)

CODES = ("SEC-ENT", "SECENT", "SE")


@dataclass(frozen=True)
class Renamed:
    """An alias that is put, by its name."""

    alias: Alias


class Town:
    """A world and its deliveries; every alias ever put is kept by name, as the configuration would."""

    def __init__(self) -> None:
        self.core = a_world()
        self.aliases: dict[str, Alias] = {}
        self.asked: list[Retry] = []

    def send(self, retries: Any, delay_s: int) -> None:
        self.asked += retries

    def deliver(self, fact: Any, store: Any = None) -> None:
        store = store or self.core
        scorer = LineScorer(store, lambda tried: None)
        if isinstance(fact, Registration):
            RegistrationScorer(store, scorer.match_again, lambda tried: None).score_registration(fact, NOW)
        elif isinstance(fact, Renamed):
            was = self.aliases.get(fact.alias.name)
            self.aliases[fact.alias.name] = fact.alias
            self.core.aliases = Aliases(self.aliases.values())
            self.asked += [Retry(a.kind, a.code) for a in (was, fact.alias) if a]
            retry = LineRetry(store, scorer.match_again, self)
            while self.asked:
                retry.retry(self.asked[0], NOW)
                self.asked.pop(0)
        else:
            scorer.score([fact], NOW)

    def died(self, fact: Any, at: int, *, after: bool) -> bool:
        """Deliver; the `at`-th call to the store dies, before or after its effect. Did it come to that?"""
        try:
            self.deliver(fact, Frail(self.core, [], at, after))
        except Crash:
            return True
        return False

    def until_done(self, fact: Any, at: int, *, after: bool) -> None:
        """Deliver, die, and deliver again as queue or org would."""
        if self.died(fact, at, after=after):
            self.deliver(fact)


def told_lines() -> st.SearchStrategy[OrderLine]:
    """Lines under several spellings of the part number, of several vendors and references."""
    return st.builds(
        lambda line, sku, vendor, reference: replace(line, sku=sku, vendor=vendor, reference=reference),
        lines(), st.sampled_from(["SEC-ENT", "SECENT"]), st.sampled_from(["", "Veridane"]), st.sampled_from(["", "X"]),
    )  # fmt: skip


def aliases() -> st.SearchStrategy[Renamed]:
    return st.builds(
        lambda name, who, sku: Renamed(Alias(name, who, "sku", "SECENT", sku)),
        st.sampled_from(["one", "two"]), st.sampled_from(["*", "castellan"]), st.sampled_from(["SEC-ENT", "OTHER"]),
    )  # fmt: skip


def settled_questions(core: MemoryCore) -> None:
    """The work lists say of every line what it asks now, and nothing else."""
    asks = {(kind, i) for i, s in core.lines.items() if (kind := question(s))}
    assert set(core.work.held) == asks


def told_through(calm: Town, stormy: Town, facts: list[tuple[Any, int, bool, bool]]) -> None:
    """Each fact, the call at which its delivery dies in the stormy town, before or after its effect, and whether it is
    delivered again at once; those that are not come again in both towns, after everything else."""
    again = []
    for fact, at, after, at_once in facts:
        calm.deliver(fact)
        if stormy.died(fact, at, after=after):
            if at_once:
                stormy.deliver(fact)
            else:
                again.append(fact)
    for fact in again:
        calm.deliver(fact)
        stormy.deliver(fact)


FACTS = registrations() | told_lines() | told_lines() | aliases()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(FACTS, st.integers(1, 12), st.booleans(), st.booleans()), max_size=9))
def test_a_delivery_that_died_anywhere_is_completed_by_the_next_one(facts: list[tuple[Any, int, bool, bool]]) -> None:
    """domain.md 6, 15: with any crash and retry, at once or after everything else, standings and ledger equal those
    without."""
    calm, stormy = Town(), Town()
    told_through(calm, stormy, facts)
    assert outcome(stormy.core) == outcome(calm.core)
    ledger_equals_standings(stormy.core)
    settled_questions(stormy.core)


@settings(max_examples=300, deadline=None)
@given(st.lists(registrations() | told_lines() | told_lines(), max_size=8), st.lists(aliases(), max_size=2), st.data())
def test_an_alias_counts_the_same_whenever_it_comes(facts: list[Any], renamed: list[Any], data: st.DataObject) -> None:
    """domain.md 14: mapping a code later is as if it had been mapped from the start."""
    first = {r.alias.name: r for r in renamed}
    early, late = Town(), Town()
    for fact in [*first.values(), *facts]:
        early.deliver(fact)
    for fact in data.draw(st.permutations([*first.values(), *facts])):
        late.deliver(fact)
    assert outcome(early.core) == outcome(late.core)
    assert {i: s.line for i, s in early.core.lines.items()} == {i: s.line for i, s in late.core.lines.items()}
    settled_questions(late.core)


@pytest.mark.parametrize("inline", [1, 2])
def test_traces_beside_a_crowded_key_count_like_those_in_it(inline: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a hundred lines a match key keeps the others beside it; nothing may depend on which those are."""
    monkeypatch.setattr(score_lines, "INLINE_LINES", inline)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(FACTS, max_size=9), st.data())
    def holds(facts: list[Any], data: st.DataObject) -> None:
        roomy, crowded = Town(), Town()
        moved = [f for f in facts if not isinstance(f, Renamed)]
        for fact in moved:
            crowded.deliver(fact)
        monkeypatch.setattr(score_lines, "INLINE_LINES", 100)
        for fact in data.draw(st.permutations(moved)):
            roomy.deliver(fact)
        monkeypatch.setattr(score_lines, "INLINE_LINES", inline)
        assert outcome(roomy.core) == outcome(crowded.core)

    holds()


SHARED_BY_TWENTY = tuple(Credit(f"0055w000000{n:04d}AAA", 500) for n in range(20))


@pytest.mark.parametrize("at", [0, *range(2, 16)])
def test_a_deal_of_twenty_people_in_six_programs_is_posted_to_all_of_them(at: int) -> None:
    """20 entries and 120 standings are more than DynamoDB writes in one transaction: they come in several, and a
    process that dies between two of them leaves nobody without her points."""
    programs = {f"push-{n}": (a_program(id=f"push-{n}"),) for n in range(6)}
    town = Town()
    town.core = MemoryCore(programs)
    for credit in SHARED_BY_TWENTY:
        for program in programs:
            town.core.enroll(program, credit.rep, date(2026, 10, 1), None)
    deal = a_registration(credits=SHARED_BY_TWENTY, quantity=200)
    town.until_done(deal, at, after=True)
    assert {s.sums("internal").provisional for s in town.core.held.values()} == {30}
    town.until_done(a_line(quantity=Decimal(200)), at, after=True)
    assert {s.sums("internal").confirmed for s in town.core.held.values()} == {30}
    town.until_done(replace(deal, account="0015w00002ACC09AAA", version=OCTOBER.replace(hour=20)), at, after=False)
    assert {(s.sums("internal").confirmed, s.deals) for s in town.core.held.values()} == {(30, 1)}
    ledger_equals_standings(town.core)


@pytest.mark.parametrize("at", [0, *range(2, 10)])
def test_a_new_program_reaches_all_sixty_people_of_one_large_account(at: int) -> None:
    core = MemoryCore({})
    reps = [f"0055w000000{n:04d}AAA" for n in range(60)]
    scorer = RegistrationScorer(core, LineScorer(core, lambda tried: None).match_again, lambda tried: None)
    for n, rep in enumerate(reps):
        deal = a_registration(id=f"a0D5w0000{n:06d}EAA", number=f"DR-{n}", credits=(Credit(rep, WHOLE),), owner=rep)
        scorer.score_registration(deal, NOW)
        core.enroll("security-push", rep, date(2026, 10, 1), None)
    core.programs["security-push"] = (a_program(),)
    with contextlib.suppress(Crash):
        Rescorer(Frail(core, [], at, after=True), lambda tried: None).rescore_rep(reps[0], "activated", NOW)
    Rescorer(core, lambda tried: None).rescore_rep(reps[0], "activated", NOW)
    assert {s.sums("internal").provisional for s in core.held.values()} == {150}
    ledger_equals_standings(core)


@pytest.mark.parametrize("at", range(1, 14))
def test_a_popular_code_is_retried_page_by_page_wherever_it_dies(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_lines, "PAGE", 2)
    town = Town()
    for n in range(5):
        town.deliver(a_line(str(n), sku="SECENT"))
    town.until_done(Renamed(Alias("one", "*", "sku", "SECENT", "SEC-ENT")), at, after=True)
    assert {s.line.sku for s in town.core.lines.values()} == {"SEC-ENT"}


def test_the_same_sale_is_seen_under_a_crowded_key_and_forgotten_once_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_lines, "INLINE_LINES", 0)
    town = Town()
    first = a_line(po="PO-77", document_no="INV-1")
    second = a_line(po="PO-77", distributor="broadmere", document_no="B-9", invoiced_on=date(2026, 10, 15))
    town.deliver(first)
    town.deliver(second)
    assert town.core.lines[second.id].twin == first.id
    town.deliver(replace(first, po="PO-78", revision=replace(first.revision, number=1)))
    assert not any(s.twin for s in town.core.lines.values())
    town.deliver(replace(second, customer="Harborline Foods Inc", revision=replace(second.revision, number=1)))
    assert not any(s.twin for s in town.core.lines.values())


def test_a_purchase_order_that_a_registration_gave_away_is_free_for_the_other_even_after_a_crash() -> None:
    """Two registrations shared a PO; one gives it away and the process dies before the line is decided again."""
    one = a_registration(number="DR-1", po="PO-1")
    two = a_registration(id="a0D5w00000REG02EAA", number="DR-2", po="PO-1", account="0015w00002ACC02AAA")
    line = a_line(registration_no="", po="PO-1")
    gives_away = replace(two, version=OCTOBER.replace(hour=20), po="")
    for at in range(1, 12):
        for after in (False, True):
            town = Town()
            for fact in (one, two, line):
                town.deliver(fact)
            assert town.core.lines[line.id].state == "ambiguous"
            town.until_done(gives_away, at, after=after)
            assert town.core.lines[line.id].registration == one.id, (at, after)
            assert balance(town.core) == (150, 150)


def test_a_line_held_back_for_another_is_free_when_that_one_is_corrected_even_after_a_crash() -> None:
    first = a_line(po="PO-77", document_no="INV-1")
    second = a_line(po="PO-77", distributor="broadmere", document_no="B-9", invoiced_on=date(2026, 10, 15))
    corrected = replace(first, po="PO-78", revision=replace(first.revision, number=1))
    for at in range(1, 12):
        for after in (False, True):
            town = Town()
            for fact in (a_registration(quantity=200), first, second):
                town.deliver(fact)
            assert town.core.lines[second.id].twin == first.id
            town.until_done(corrected, at, after=after)
            assert not any(s.twin for s in town.core.lines.values()), (at, after)
            settled_questions(town.core)


def test_a_registration_with_more_lines_than_fit_in_one_transaction_still_moves() -> None:
    """A bulk deal of 120 lines whose account changes; the process dies anywhere on the way."""
    deal = a_registration(quantity=200)
    moved = replace(deal, account="0015w00002ACC09AAA", version=OCTOBER.replace(hour=20))
    for at in (0, 3, 4, 7, 9, 15):
        town = Town()
        town.deliver(deal)
        scorer = LineScorer(town.core, lambda tried: None)
        for start in range(0, 120, 25):
            scorer.score([a_line(str(n), quantity=1) for n in range(start, min(start + 25, 120))], NOW)
        assert balance(town.core) == (240, 360)
        town.until_done(moved, at, after=True)
        assert balance(town.core) == (240, 360)
        assert len(town.core.books[moved.book()].lines) == 120
        assert town.core.books[deal.book()].lines == {}


@pytest.mark.parametrize("fate", ["duplicate", "pending"])
def test_a_file_is_counted_as_it_was_when_its_process_died_after_the_commit(fate: str) -> None:
    """Finding E of the simulator: a later file told a line again; only the dead process knew that (domain.md 41)."""
    first = a_line()
    told = {
        "duplicate": replace(first, source="late.csv:3", po="PO-8", revision=replace(first.revision, number=1)),
        "pending": replace(first, source="late.csv:3", quantity=first.quantity + 1),
    }[fate]
    for at in range(1, 8):
        for after in (False, True):
            town = Town()
            for fact in (a_registration(quantity=200), first):
                town.deliver(fact)
            with contextlib.suppress(Crash):
                town.deliver(told, Frail(town.core, [], at, after))
            scorer = LineScorer(town.core, lambda tried: None)
            assert scorer.score([told], NOW) == {told.id: fate}, (at, after)
            scorer.match_again([told.id], NOW)
            assert scorer.score([told], NOW) == {told.id: fate}, (at, after)
