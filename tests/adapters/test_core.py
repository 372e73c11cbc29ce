"""One contract for every core store: the table (on an in-process DynamoDB) and the one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.work import WorkListTable
from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.dealbook import DealBook, Share, StandingChange
from chalicelib.domain.ledger import Entry, Leg
from chalicelib.domain.matching import GONE, LineTrace, MatchKey
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Fence, Sums
from chalicelib.services.core_port import Change, Lost, StoredLine, WorkEntry
from tests.builders import ANA, BEN, a_line, a_program, a_registration
from tests.fakes.core import MemoryCore

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
OPEN = Fence(date(2026, 10, 1), None, "base")


class FixedRegistry:
    """A registry whose programs a test names."""

    def __init__(self, programs: dict[str, tuple[Program, ...]]) -> None:
        self.programs = programs

    def registry_key(self) -> dict[str, Any]:
        return {"pk": {"S": "REGISTRY"}, "sk": {"S": "PROGRAMS"}}

    def programs_for(self, registry_item: Any) -> dict[str, tuple[Program, ...]]:
        return self.programs


@pytest.fixture(params=["memory", "dynamodb"])
def core(request: pytest.FixtureRequest) -> Iterator[Any]:
    programs = {"security-push": (a_program(),)}
    if request.param == "memory":
        yield MemoryCore(programs)
    else:
        yield DynamoCore(request.getfixturevalue("tables"), "kicker-core", "kicker-ops", FixedRegistry(programs))


def a_book(revision: int = 1) -> DealBook:
    registration, line = a_registration(), a_line()
    when = BusinessTime(date(2026, 10, 5), datetime(2026, 10, 5, 15, tzinfo=UTC), registration.id)
    return DealBook(
        registration.book(), revision, {registration.id: registration}, {line.id: line}, {line.id: registration.id},
        {("security-push", "internal", registration.id, ANA): Share(0, 150, when)},
        {("security-push", ANA): str(OPEN)}, (ANA,),
    )  # fmt: skip


def an_entry(revision: int = 1, rep: str = ANA) -> Entry:
    book = a_book()
    when = BusinessTime(date(2026, 10, 5), datetime(2026, 10, 5, 15, tzinfo=UTC), "a0D")
    return Entry(
        rep, book.key, revision, NOW, "invoice", (Leg("security-push", "internal", "a0D", "base", 0, 150, when),)
    )


def test_what_was_committed_is_read_back_whole(core: Any) -> None:
    line = a_line()
    key = MatchKey("number:101", 1, {"a0D": "acc/2026Q4"}, {line.id: LineTrace("a0D", "k", ("2026-10-14", "d", "n"))})
    stored = StoredLine(line, 1, "matched", "a0D", "acc/2026Q4")
    core.commit(Change([a_book()], {"a0D": "acc/2026Q4"}, [key], [stored], [an_entry()]))
    seen = core.read(
        books=[a_book().key], located=["a0D", "gone"], keys=["number:101", "none"], lines=[line.id], programs=True
    )
    assert seen.books == {a_book().key: a_book()}
    assert seen.located == {"a0D": "acc/2026Q4"}
    assert seen.keys == {"number:101": key, "none": MatchKey("none")}
    assert seen.lines == {line.id: stored}
    assert set(seen.programs or ()) == {"security-push"}
    assert core.entries(ANA) == [an_entry()]
    assert core.books_of(ANA) == [a_book()] and core.books_of(BEN) == []


def test_the_registrations_a_book_and_a_line_have_left_behind_are_kept(core: Any) -> None:
    book = replace(a_book(), left={"a0D": ("po:PO1:SECENT", "bid:B1")})
    stored = StoredLine(a_line(), 1, "waiting", left=("po:PO1:SECENT",), twin="broadmere|B-9|1")
    core.commit(Change([book], lines=[stored]))
    seen = core.read(books=[book.key], lines=[a_line().id])
    assert (seen.books[book.key], seen.lines[a_line().id]) == (book, stored)


def test_traces_beside_a_key_are_read_without_those_that_are_gone(core: Any) -> None:
    trace = LineTrace("", "k", ("2026-10-14", "d", "n"), "another")
    key = MatchKey("po:1:S", 1, overflow=True)
    core.commit(Change(keys=[key], traces={("po:1:S", "one"): trace, ("po:1:S", "two"): trace}))
    core.commit(Change(keys=[replace(key, revision=2)], traces={("po:1:S", "two"): GONE}))
    assert core.overflowing("po:1:S") == {"one": trace}


def test_a_line_is_found_by_every_code_it_was_told_with_page_by_page(core: Any) -> None:
    mapped = replace(a_line("7"), sku="SEC-PRO", told_sku="SECENT#ABA")
    others = [a_line(str(n), sku="SECENT", distributor_sku="00-9177", upc="088") for n in range(3)]
    core.commit(Change(lines=[StoredLine(line, 1, "waiting") for line in (mapped, *others, a_line("9", sku=""))]))
    ids = sorted(line.id for line in (mapped, *others))
    assert core.lines_told_as("sku", "SECENT", "", 10) == ids
    assert core.lines_told_as("sku", "SECENT", "", 2) == ids[:2]
    assert core.lines_told_as("sku", "SECENT", ids[1], 10) == ids[2:]
    assert core.lines_told_as("distributor_sku", "9177", "", 10) == ids[:3] == core.lines_told_as("upc", "88", "", 10)
    assert core.lines_told_as("sku", "SEC-PRO", "", 10) == [], "found by what was told, not by what is meant"


def test_a_work_list_moves_with_the_line_or_not_at_all(request: pytest.FixtureRequest, core: Any) -> None:
    is_memory = isinstance(core, MemoryCore)
    work: Any = core.work if is_memory else WorkListTable(request.getfixturevalue("tables"), "kicker-ops")
    entry = WorkEntry("orphan", "L1", NOW, {"sku": "A"})
    core.commit(Change(lines=[StoredLine(a_line(), 1, "waiting")], work=[entry]))
    closing = [WorkEntry("orphan", "L1", NOW, outcome="settled")]
    with pytest.raises(Lost):
        core.commit(Change(lines=[StoredLine(a_line(), 1, "matched")], work=closing))
    assert work.open("orphan") == [{"id": "L1", "at": "2026-10-20T12:00:00.000Z", "sku": "A"}]
    moved = [WorkEntry("orphan", "L1", NOW, outcome="settled"), WorkEntry("held_line", "L1", NOW, {"sku": "A"})]
    core.commit(Change(work=moved))
    assert (work.open("orphan"), [e["id"] for e in work.open("held_line")]) == ([], ["L1"])
    core.commit(Change(work=[WorkEntry("orphan", "never", NOW, outcome="settled")]))
    assert work.open("orphan") == [], "closing what a person has closed, or nobody opened, is no trouble"


def test_a_commit_on_an_old_revision_is_lost_and_writes_nothing(core: Any) -> None:
    core.commit(Change([a_book(1)]))
    with pytest.raises(Lost):
        core.commit(Change([a_book(1)], {"a0D": "acc/2026Q4"}))
    core.commit(Change([replace(a_book(2), reps=())]))
    with pytest.raises(Lost):
        core.commit(Change([a_book(2)], entries=[an_entry()]))
    assert core.read(located=["a0D"]).located == {} and core.entries(ANA) == []


def test_a_key_or_line_on_an_old_revision_is_lost_too(core: Any) -> None:
    """Two that meet under one key cannot miss each other, and no correction of a line is undone."""
    key, stored = MatchKey("number:101", 1, {"a0D": "acc/2026Q4"}), StoredLine(a_line(), 1, "waiting")
    for late in (1, 2):
        core.commit(Change(keys=[replace(key, revision=late)], lines=[replace(stored, revision=late)]))
        with pytest.raises(Lost):
            core.commit(Change(keys=[replace(key, revision=late, registrations={})]))
        with pytest.raises(Lost):
            core.commit(Change(lines=[replace(stored, revision=late, state="ambiguous")]))
    seen = core.read(keys=["number:101"], lines=[a_line().id])
    assert seen.keys["number:101"].registrations == {"a0D": "acc/2026Q4"}
    assert seen.lines[a_line().id].state == "waiting"


def test_an_entry_is_never_written_over(core: Any) -> None:
    core.commit(Change(entries=[an_entry()]))
    with pytest.raises(Lost):
        core.commit(Change(entries=[replace(an_entry(), because="something else", legs=())]))
    assert core.entries(ANA) == [an_entry()]


def test_points_are_added_only_while_the_fence_stands(core: Any) -> None:
    assert core.enroll("security-push", ANA, date(2026, 10, 1), None)
    assert not core.enroll("security-push", ANA, date(2026, 10, 1), None)
    core.commit(Change(standings=[StandingChange("security-push", ANA, OPEN, {"internal": (150, -50)}, 1, 1)]))
    frozen = core.freeze("security-push", ANA)
    assert frozen.fence == replace(OPEN, bucket="trailing") and frozen.sums("internal") == Sums(150, -50)
    with pytest.raises(Lost):
        core.commit(
            Change([a_book()], standings=[StandingChange("security-push", ANA, OPEN, {"internal": (1, 0)}, 0, 0)])
        )
    late = StandingChange("security-push", ANA, frozen.fence, {"internal": (30, 0), "vendor:acme": (5, 0)}, 0, 0)
    core.commit(Change(standings=[late]))
    [standing] = core.standings("security-push")
    assert standing.layers == {"internal": Sums(150, -50, 30), "vendor:acme": Sums(0, 0, 5)}
    assert (standing.deals, standing.deals_confirmed) == (1, 1)
    assert core.freeze("security-push", ANA) == standing, "freezing twice changes nothing"
    assert core.standings_of(ANA, ["security-push", "other"]) == {"security-push": standing}


def test_a_lost_commit_moves_no_standing(core: Any) -> None:
    """Points are part of the transaction that posts their entries."""
    core.enroll("security-push", ANA, date(2026, 10, 1), None)
    core.commit(Change([a_book()]))
    points = StandingChange("security-push", ANA, OPEN, {"internal": (150, 0)}, 1, 1)
    with pytest.raises(Lost):
        core.commit(Change([a_book()], entries=[an_entry()], standings=[points]))
    [standing] = core.standings("security-push")
    assert (standing.layers, standing.deals) == ({}, 0)


def test_points_for_somebody_who_is_not_enrolled_are_lost(core: Any) -> None:
    with pytest.raises(Lost):
        core.commit(Change(standings=[StandingChange("security-push", BEN, OPEN, {"internal": (1, 0)}, 0, 0)]))


def test_moving_the_dates_of_an_enrollment_keeps_points_and_bucket(core: Any) -> None:
    core.enroll("security-push", ANA, date(2026, 10, 1), None)
    core.commit(Change(standings=[StandingChange("security-push", ANA, OPEN, {"internal": (10, 0)}, 1, 1)]))
    core.freeze("security-push", ANA)
    assert core.enroll("security-push", ANA, date(2026, 10, 1), date(2026, 11, 30))
    [standing] = core.standings("security-push")
    assert standing.fence == Fence(date(2026, 10, 1), date(2026, 11, 30), "trailing")
    assert standing.sums("internal").base_confirmed == 10


def test_an_enrollment_that_races_with_the_freeze_does_not_thaw_it(tables: Any) -> None:
    core, raced = DynamoCore(tables, "kicker-core", "kicker-ops", FixedRegistry({})), []
    core.enroll("security-push", ANA, date(2026, 10, 1), None)

    def freeze_first(**_: Any) -> None:
        if not raced:
            raced.append(core)
            core.freeze("security-push", ANA)

    tables.meta.events.register("before-call.dynamodb.UpdateItem", freeze_first)
    assert core.enroll("security-push", ANA, date(2026, 10, 1), date(2026, 11, 30))
    [standing] = core.standings("security-push")
    assert standing.fence == Fence(date(2026, 10, 1), date(2026, 11, 30), "trailing")


def test_traces_beyond_the_inline_ones_are_found_beside_their_key(core: Any) -> None:
    trace = LineTrace("", "", ("2026-10-14", "castellan", "INV-9"))
    core.commit(Change(traces={("bid:B", "castellan|INV9|1"): trace}))
    assert core.overflowing("bid:B") == {"castellan|INV9|1": trace} and core.overflowing("bid:C") == {}


def test_what_a_score_decides_on_is_read_strongly(tables: Any) -> None:
    core, asked = DynamoCore(tables, "kicker-core", "kicker-ops", FixedRegistry({})), []
    tables.meta.events.register("provide-client-params.dynamodb", lambda params, **_: asked.append(params))
    core.read(books=["acc/2026Q4"], keys=["number:101"], standings=[("security-push", ANA)], programs=True)
    core.overflowing("number:101")
    core.entries(ANA)
    requests = [r for params in asked for r in params.get("RequestItems", {"": params}).values()]
    assert len(requests) == 4 and all(r["ConsistentRead"] for r in requests)


def test_a_deal_book_that_grows_large_rings_before_it_is_too_large(
    tables: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """An item may have 400 KB: the figure is written from 100 KB on, and a book of that size still commits."""
    core = DynamoCore(tables, "kicker-core", "kicker-ops", FixedRegistry({}))
    many = {
        f"a0D{n:015}": a_registration(id=f"a0D{n:015}", number=sha256(str(n).encode()).hexdigest()) for n in range(2500)
    }
    core.commit(Change([DealBook("acc/2026Q3", 1, dict(list(many.items())[:5]))]))
    assert "LargeDealBook" not in capsys.readouterr().out
    core.commit(Change([DealBook("acc/2026Q4", 1, many)]))
    assert '"LargeDealBook":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert core.read(books=["acc/2026Q4"]).books["acc/2026Q4"].registrations == many
