"""Scoring converges: any multiset of deliveries of the same facts, in any order, ends in the same balances."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.ledger import balances
from chalicelib.domain.orders import OrderLine, Revision
from chalicelib.domain.registrations import Credit, Registration
from chalicelib.domain.standings import Sums
from chalicelib.services.core_port import Change
from chalicelib.services.rescore import Rescorer
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from tests.builders import ANA, BEN, OCTOBER, a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core import MemoryCore

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
FIFTEENTH = date(2026, 10, 15)


def a_world(*programs: Any) -> MemoryCore:
    core = MemoryCore({p.id: (p,) for p in programs or (a_program(),)})
    for program in core.programs:
        for rep in (ANA, BEN):
            core.enroll(program, rep, date(2026, 10, 1), None)
    return core


def deliver(core: MemoryCore, *facts: Registration | OrderLine | list[OrderLine]) -> list[Any]:
    """Tell the facts one by one, as the handlers would."""
    lines = LineScorer(core, lambda tried: None)
    registrations = RegistrationScorer(core, lines.match_again, lambda tried: None)
    return [
        registrations.score_registration(f, NOW)
        if isinstance(f, Registration)
        else lines.score(f if isinstance(f, list) else [f], NOW)
        for f in facts
    ]


def balance(core: MemoryCore, rep: str = ANA, program: str = "security-push") -> tuple[int, int]:
    """(provisional, confirmed) points of the internal layer."""
    sums = core.held[program, rep].sums("internal")
    return sums.provisional, sums.confirmed


def ledger_equals_standings(core: MemoryCore) -> None:
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in core.ledger:
        for leg in entry.legs:
            sums[leg.program, entry.rep, leg.layer][0] += leg.provisional
            sums[leg.program, entry.rep, leg.layer][1] += leg.confirmed
    shown = {
        (p, r, layer): [s.provisional, s.confirmed]
        for (p, r), standing in core.held.items()
        for layer, s in standing.layers.items()
    }
    assert {k: v for k, v in sums.items() if any(v)} == {k: v for k, v in shown.items() if any(v)}


def test_an_approved_registration_posts_at_once_and_waits_for_its_order() -> None:
    """W65, W79, W60."""
    core = a_world()
    assert deliver(core, a_registration(status="submitted", approved_at=None, credits=())) == ["changed"]
    assert balance(core) == (0, 0) and [b.key for b in core.books_of(ANA)] == [a_registration().book()]
    deliver(core, a_registration(version=OCTOBER + timedelta(hours=1)))
    assert balance(core) == (150, 0)
    assert deliver(core, a_line()) == [{"castellan|INV-1|1": "scored"}]
    assert balance(core) == (0, 150)


def test_a_line_that_comes_before_its_registration_waits_and_is_found() -> None:
    core = a_world()
    assert deliver(core, a_line()) == [{"castellan|INV-1|1": "unmatched"}]
    deliver(core, a_registration())
    assert balance(core) == (0, 150)
    assert core.lines["castellan|INV-1|1"].state == "matched"


def test_a_line_whose_matching_died_is_found_by_the_next_delivery_of_its_registration() -> None:
    core = a_world()
    deliver(core, a_line())

    def dies(ids: list[str], now: datetime) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        RegistrationScorer(core, dies, lambda tried: None).score_registration(a_registration(), NOW)
    assert balance(core) == (150, 0)
    assert deliver(core, a_registration()) == ["duplicate"]
    assert balance(core) == (0, 150)


def test_an_order_without_a_registration_is_on_the_work_list_until_its_partner_comes() -> None:
    """W38, domain.md 11."""
    core = a_world()
    lines, work = LineScorer(core, lambda tried: None), core.work
    lines.score([a_line()], NOW)
    lines.score([a_line()], NOW)
    [orphan] = work.open("orphan")
    assert orphan["document"] == "INV-1" and "Register the deal" in str(orphan["remedy"])
    RegistrationScorer(core, lines.match_again, lambda tried: None).score_registration(a_registration(), NOW)
    assert work.open("orphan") == [] and balance(core) == (0, 150)


def test_a_registration_event_costs_two_calls_and_its_duplicate_one() -> None:
    core = a_world()
    deliver(core, a_registration(status="submitted", approved_at=None))
    core.reads = core.commits = 0
    deliver(core, a_registration(version=OCTOBER + timedelta(hours=1)))
    assert (core.reads, core.commits) == (1, 1)
    deliver(core, a_registration(version=OCTOBER + timedelta(hours=1)))
    assert (core.reads, core.commits) == (2, 1)


def test_a_chunk_costs_one_look_up_and_two_calls_per_deal_book() -> None:
    core = a_world()
    other = a_registration(id="a0D5w00000REG02EAA", number="DR-000102", account="0015w00002ACC02AAA")
    deliver(core, a_registration(), other)
    core.reads = core.commits = 0
    lines = [a_line(str(n), quantity=Decimal(1)) for n in range(10)]
    lines += [a_line(str(n), registration_no="DR-000102", quantity=Decimal(1), document_no="INV-2") for n in range(10)]
    deliver(core, lines)
    assert (core.reads, core.commits) == (1 + 2, 2)
    core.reads = core.commits = 0
    deliver(core, lines)
    assert (core.reads, core.commits) == (1, 0)


def test_an_older_version_changes_nothing() -> None:
    core = a_world()
    deliver(core, a_registration(version=OCTOBER + timedelta(hours=2), quantity=10))
    assert deliver(core, a_registration(quantity=50)) == ["stale"]
    assert balance(core) == (30, 0)


def test_an_older_telling_of_a_line_changes_nothing() -> None:
    """domain.md 8: what a file says of last week does not undo what a newer one said."""
    core, newer = a_world(), Revision(0, datetime(2026, 10, 22, tzinfo=UTC), 2)
    deliver(core, a_registration(), a_line(revision=newer, quantity=Decimal(10), amount=usd("1000")))
    assert deliver(core, a_line()) == [{"castellan|INV-1|1": "superseded"}]
    assert balance(core) == (120, 30)


def test_two_tellings_of_one_date_are_held_and_the_same_one_stands() -> None:
    """domain.md 39: neither is believed because it came first, or last."""
    tellings = [a_line(quantity=Decimal(q), amount=usd(f"{q}00")) for q in (10, 50)]
    stands = []
    for order in (tellings, tellings[::-1]):
        core = a_world()
        deliver(core, a_registration(), *order)
        [line] = core.books[a_registration().book()].lines.values()
        assert line.held and balance(core) == (150, 0)
        stands.append(line.quantity)
    assert stands[0] == stands[1]


def test_a_return_and_a_credit_note_never_raise_a_balance() -> None:
    """domain.md 7: a credit note that adds points is this trade's classic bug."""
    core = a_world()
    deliver(core, a_registration(), a_line())
    credit = a_line("9", document_type="credit", document_no="CM-1", quantity=Decimal(-20), amount=usd("-2000"))
    deliver(core, credit)
    assert balance(core) == (0, 90)
    deliver(core, replace(credit, id="castellan|CM-2|9", document_no="CM-2", quantity=Decimal(-90)))
    assert balance(core) == (0, 0)


def test_the_same_sale_told_by_two_distributors_is_held_not_paid_twice() -> None:
    """domain.md 8, 40: which one is held follows date, distributor and document, never arrival."""
    first = a_line(po="PO-77", document_no="INV-1")
    second = a_line(po="PO-77", distributor="broadmere", document_no="B-9", invoiced_on=date(2026, 10, 15))
    for order in ([first, second], [second, first]):
        core = a_world()
        deliver(core, a_registration(), *order)
        assert balance(core) == (0, 150)
        book = core.books[a_registration().book()]
        assert not book.lines[first.id].held and "possible duplicate" in book.lines[second.id].held


def test_a_second_sale_of_the_same_distributor_counts_beside_one_that_is_held() -> None:
    """domain.md 8: one distributor tells of two sales, the other of one of them between; in any order two count."""
    first = a_line(po="PO-77", quantity=Decimal(10), amount=usd("1000"))
    other = replace(first, id="broadmere|B-9|1", distributor="broadmere", document_no="B-9", invoiced_on=FIFTEENTH)
    second = replace(first, id="castellan|INV-2|1", document_no="INV-2", invoiced_on=FIFTEENTH + timedelta(days=1))
    for order in permutations([first, other, second]):
        core = a_world()
        deliver(core, a_registration(), *order)
        assert {i: s.twin for i, s in core.lines.items() if s.twin} == {other.id: first.id}
        assert balance(core) == (90, 60)


def test_two_registrations_under_one_bid_are_a_question_never_a_guess() -> None:
    """domain.md 10; and an answer that comes later undoes the earlier match."""
    line = a_line(registration_no="", bid="SB-1")
    one = a_registration(number="DR-1", bid="SB-1")
    two = a_registration(id="a0D5w00000REG02EAA", number="DR-2", bid="SB-1", account="0015w00002ACC02AAA")
    core = a_world()
    deliver(core, one, line)
    assert balance(core) == (0, 150)
    deliver(core, two)
    assert core.lines[line.id].state == "ambiguous" and balance(core) == (300, 0)
    deliver(core, replace(two, version=OCTOBER + timedelta(hours=1), bid=""))
    assert core.lines[line.id].registration == one.id and balance(core) == (150, 150)


def test_a_corrected_date_that_moves_no_points_still_moves_the_deal_in_business_time() -> None:
    """domain.md 36: who gets the rest of a budget goes by the date; found by story 29 of the simulator."""
    core = a_world(a_program(qualifying_date="order_invoiced"))
    corrected = a_line(invoiced_on=date(2026, 10, 12), revision=Revision(1, datetime(2026, 10, 22, tzinfo=UTC), 2))
    deliver(core, a_registration(), a_line(), corrected)
    [balance] = balances(core.entries(ANA), "security-push")
    assert (balance.confirmed, balance.when.qualified_on) == (150, date(2026, 10, 12))
    ledger_equals_standings(core)


def test_a_registration_that_changes_account_moves_book_with_its_lines() -> None:
    core = a_world()
    deliver(core, a_registration(), a_line())
    deliver(core, a_registration(account="0015w00002ACC09AAA", version=OCTOBER + timedelta(hours=1)))
    assert balance(core) == (0, 150)
    assert core.books["0015w00002ACC01AAA/2026Q4"].registrations == {}
    assert list(core.books["0015w00002ACC09AAA/2026Q4"].lines) == ["castellan|INV-1|1"]
    ledger_equals_standings(core)


def test_a_registration_that_moved_is_found_in_its_new_book() -> None:
    core = a_world()
    deliver(core, a_registration())
    deliver(core, a_registration(account="0015w00002ACC09AAA", version=OCTOBER + timedelta(hours=2), quantity=10))
    assert deliver(core, a_registration(version=OCTOBER + timedelta(hours=1), quantity=20)) == ["stale"]
    assert balance(core) == (30, 0)
    assert core.books["0015w00002ACC01AAA/2026Q4"].registrations == {}


def test_a_rep_enrolled_later_is_credited_by_the_same_call() -> None:
    core = MemoryCore({"security-push": (a_program(),)})
    deliver(core, a_registration())
    assert core.held == {}
    core.enroll("security-push", ANA, date(2026, 10, 1), None)
    assert Rescorer(core, lambda tried: None).rescore_rep(ANA, "enrolled", NOW) == 1
    assert balance(core) == (150, 0)


@pytest.mark.parametrize(("invoiced", "confirmed"), [(11, 0), (12, 150), (14, 150), (15, 0)])
def test_the_first_and_the_last_day_of_an_enrollment_count(invoiced: int, confirmed: int) -> None:
    """domain.md 17."""
    core = MemoryCore({"security-push": (a_program(qualifying_date="order_invoiced"),)})
    core.enroll("security-push", ANA, date(2026, 10, 12), date(2026, 10, 14))
    deliver(core, a_registration(), a_line(ordered_on=None, invoiced_on=date(2026, 10, invoiced)))
    assert balance(core) == (0, confirmed)


def test_a_score_that_races_with_the_freeze_goes_to_the_trailing_bucket() -> None:
    """domain.md 37: what the freeze saw is fixed; what comes after is posted apart."""
    core = a_world()
    deliver(core, a_registration())

    def freeze(change: Change) -> None:
        core.before_commit = lambda change: None
        core.freeze("security-push", ANA)

    core.before_commit = freeze
    deliver(core, a_line())
    sums = core.held["security-push", ANA].sums("internal")
    assert (sums.base_confirmed, sums.trailing_confirmed) == (0, 150)
    assert {leg.bucket for leg in core.ledger[-1].legs} == {"trailing"}, "the ledger ties to the frozen standing"


def test_two_layers_of_one_deal_are_posted_apart() -> None:
    """W11, W50."""
    core = a_world(a_program(layers=(a_layer(), a_layer(id="vendor:veridane", cap_points_per_rep=100))))
    deliver(core, a_registration(), a_line())
    standing = core.held["security-push", ANA]
    assert {k: v.confirmed for k, v in standing.layers.items()} == {"internal": 150, "vendor:veridane": 150}


# --- properties -------------------------------------------------------------------------------------------------

REGISTRATIONS = ["a0D5w00000REG01EAA", "a0D5w00000REG02EAA", "a0D5w00000REG03EAA"]


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    index = draw(st.integers(0, 2))
    share = draw(st.sampled_from([10_000, 6_000, 3_333]))
    credits = (Credit(ANA, share), Credit(BEN, 10_000 - share)) if share < 10_000 else (Credit(ANA, share),)
    return a_registration(
        id=REGISTRATIONS[index], number=f"DR-{index}", bid=draw(st.sampled_from(["", "SB-1", "SB-2"])),
        po=draw(st.sampled_from(["", "PO-1"])),
        account=draw(st.sampled_from(["0015w00002ACC01AAA", "0015w00002ACC02AAA"])),
        version=OCTOBER + timedelta(minutes=draw(st.integers(0, 3))), credits=credits,
        status=draw(st.sampled_from(["approved", "approved", "approved", "submitted", "rejected", "lost", "deleted"])),
        quantity=draw(st.integers(1, 60)), deal_type=draw(st.sampled_from(["net_new", "renewal"])),
    )  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> OrderLine:
    kind = draw(st.sampled_from(["invoice", "invoice", "credit", "cancellation"]))
    quantity = Decimal({"invoice": 1, "credit": -1, "cancellation": 0}[kind] * draw(st.integers(1, 60)))
    return a_line(
        str(draw(st.integers(1, 4))), document_type=kind, quantity=quantity, amount=usd(str(quantity * 100)),
        distributor=draw(st.sampled_from(["castellan", "broadmere"])),
        registration_no=draw(st.sampled_from(["", "DR-0", "DR-1", "DR-2"])),
        bid=draw(st.sampled_from(["", "SB-1", "SB-2"])),
        po=draw(st.sampled_from(["", "PO-1"])),
        revision=Revision(0, datetime(2026, 10, 20, tzinfo=UTC) + timedelta(days=draw(st.integers(0, 2))), 2),
    )  # fmt: skip


def _without_zeros(layers: dict[str, Sums]) -> dict[str, Sums]:
    return {name: sums for name, sums in layers.items() if sums != Sums()}


def outcome(core: MemoryCore) -> Any:
    """What must not depend on the order of delivery: standings, where every line is, what is held."""
    return (
        {
            k: (s.deals, s.deals_confirmed, {n: v for n, v in s.layers.items() if v != Sums()})
            for k, s in core.held.items()
        },
        {i: (s.state, s.registration, s.book) for i, s in core.lines.items()},
        {i: bool(line.held) for b in core.books.values() for i, line in b.lines.items()},
        {r: reg for b in core.books.values() for r, reg in b.registrations.items()},
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(registrations() | lines() | st.lists(lines(), max_size=4), max_size=9), st.data())
def test_any_order_and_any_repetition_end_in_the_same_balances(facts: list[Any], data: st.DataObject) -> None:
    """domain.md 6: state is a function of the set of facts seen."""
    one, two = a_world(), a_world()
    deliver(one, *facts)
    flat = [f for fact in facts for f in (fact if isinstance(fact, list) else [fact])]
    deliver(
        two,
        *data.draw(st.permutations([*flat, *data.draw(st.lists(st.sampled_from(flat), max_size=4))] if flat else [])),
    )
    assert outcome(one) == outcome(two)
    ledger_equals_standings(one)
    ledger_equals_standings(two)


@pytest.mark.parametrize("quantity", [1, 7, 49])
def test_the_remainder_waits_while_a_part_is_confirmed(quantity: int) -> None:
    """domain.md 6: score per order line and confirmed quantity; the rest stays pending."""
    core = a_world()
    deliver(core, a_registration(), a_line(quantity=Decimal(quantity), amount=usd(str(quantity * 100))))
    assert balance(core) == (150 - 3 * quantity, 3 * quantity)
