"""Programs in DynamoDB and in memory hold one contract; then what only the table has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.programs import ProgramTable
from chalicelib.domain.errors import BrokenPromise, Conflict, Problem
from chalicelib.domain.program_documents import parse
from chalicelib.services.ports import ProgramDraft, ProgramStore, PublishedProgram, Review
from tests.fakes.programs import MemoryPrograms

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "examples" / "programs" / "co-funded.json").read_text()
)
NOW = datetime(2026, 9, 20, 12, 0, 0, 123_000, tzinfo=UTC)
LATER = datetime(2026, 9, 21, tzinfo=UTC)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[ProgramStore]:
    if request.param == "memory":
        yield MemoryPrograms()
    else:
        yield ProgramTable(request.getfixturevalue("tables"), "kicker-ops")


@pytest.fixture
def table(tables: Any) -> ProgramTable:
    return ProgramTable(tables, "kicker-ops")


def a_draft(id: str = "co-funded", revision: int = 1, **changes: Any) -> ProgramDraft:
    return replace(ProgramDraft(id, revision, DOCUMENT, "ops", ("ops",), NOW), **changes)


def a_version(id: str = "co-funded", version: int = 1, at: datetime = NOW) -> PublishedProgram:
    day = date(2026, 9, 30 if version == 1 else 10 + version)
    program = parse(DOCUMENT, id=id, version=version, effective_from=day, author="ops")
    return PublishedProgram(program, DOCUMENT, "boss", at)


def activated(store: ProgramStore, id: str = "co-funded") -> None:
    store.put_draft(a_draft(id), None)
    store.publish(a_version(id), a_draft(id))


def test_what_was_never_saved_is_absent(store: ProgramStore) -> None:
    assert (store.draft("co-funded"), store.published("co-funded"), store.versions("x"), store.active()) == (
        None, (), (), {},
    )  # fmt: skip


def test_a_draft_comes_back_as_it_was_saved(store: ProgramStore) -> None:
    store.put_draft(a_draft(), None)
    assert store.draft("co-funded") == a_draft()
    newer = a_draft(revision=2, author="eve", contributors=("ops", "eve"), saved_at=LATER)
    store.put_draft(newer, a_draft())
    assert store.draft("co-funded") == newer


def test_of_two_drafts_saved_at_once_one_loses(store: ProgramStore) -> None:
    store.put_draft(a_draft(), None)
    for old in (None, a_draft(revision=7)):
        with pytest.raises(Conflict):
            store.put_draft(a_draft(revision=8, saved_at=LATER), old)
    assert store.draft("co-funded") == a_draft()


def test_an_activated_version_is_active_and_never_changes(store: ProgramStore) -> None:
    activated(store)
    assert store.published("co-funded") == (a_version(),)
    assert store.active() == {"co-funded": (a_version().program,)} == {"co-funded": store.versions("co-funded")}
    draft = store.draft("co-funded")
    assert draft == a_draft(activated_as=1)
    second = a_draft(revision=2, saved_at=LATER)
    store.put_draft(second, draft)
    store.publish(a_version(version=2, at=LATER), second)
    assert [p.version for p in store.active()["co-funded"]] == [1, 2]
    assert store.published("co-funded")[0] == a_version()


def test_of_two_activations_one_loses(store: ProgramStore) -> None:
    activated(store)
    with pytest.raises(Conflict):
        store.publish(a_version(at=LATER), a_draft())
    with pytest.raises(Conflict):
        store.publish(a_version(version=2, at=LATER), a_draft())  # this revision is active already
    assert len(store.published("co-funded")) == 1


def test_a_draft_that_moved_is_not_activated(store: ProgramStore) -> None:
    store.put_draft(a_draft(), None)
    store.put_draft(a_draft(revision=2, saved_at=LATER), a_draft())
    with pytest.raises(Conflict):
        store.publish(a_version(), a_draft())
    assert store.active() == {} and store.published("co-funded") == ()


def test_warnings_stay_with_the_version_and_a_program_that_ran_is_remembered(store: ProgramStore) -> None:
    warned = replace(a_version(), warnings=(Problem("window", "comes 3 days after Other", "Wait.", "edr"),))
    store.put_draft(a_draft(), None)
    store.publish(warned, a_draft())
    assert [p.warnings for p in store.published("co-funded")] == [warned.warnings]
    activated(store, "never-opened")
    store.withdraw("never-opened", Review("withdrawn", "", "boss", LATER))
    assert store.past() == ()
    store.withdraw("co-funded", Review("repeat", "it worked", "boss", datetime(2027, 3, 1, tzinfo=UTC)))
    assert [p.id for p in store.past()] == ["co-funded"]


def test_a_retired_program_keeps_its_versions_and_is_not_activated_again(store: ProgramStore) -> None:
    activated(store)
    activated(store, "other")
    store.withdraw("co-funded", Review("withdrawn", "", "boss", LATER))
    assert set(store.active()) == {"other"}
    assert store.versions("co-funded") == (a_version().program,)
    assert store.review("co-funded") == Review("withdrawn", "", "boss", LATER) and store.review("other") is None
    with pytest.raises(Conflict):
        store.withdraw("co-funded", Review("withdrawn", "", "boss", LATER))
    second = a_draft(revision=2, saved_at=LATER)
    store.put_draft(second, store.draft("co-funded"))
    with pytest.raises(Conflict):
        store.publish(a_version(version=2, at=LATER), second)


# --- what only the table has ------------------------------------------------------------------------------------------


def audit(tables: Any) -> list[dict[str, Any]]:
    found = tables.query(
        TableName="kicker-ops", KeyConditionExpression="pk = :a", ExpressionAttributeValues={":a": {"S": "AUDIT"}}
    )
    items: list[dict[str, Any]] = found["Items"]
    return items


def test_every_change_is_an_audit_event_with_old_and_new_value(tables: Any, table: ProgramTable) -> None:
    """domain.md 31."""
    activated(table)
    second = a_draft(revision=2, document={**DOCUMENT, "name": "New"}, saved_at=LATER)
    table.put_draft(second, table.draft("co-funded"))
    table.withdraw("co-funded", Review("withdrawn", "", "boss", LATER))
    events = {e["what"]["S"]: e for e in audit(tables)}
    assert list(events) == [
        "program/co-funded/draft#1", "program/co-funded/version#1", "program/co-funded/draft#2",
        "program/co-funded/retired",
    ]  # fmt: skip
    assert json.loads(events["program/co-funded/version#1"]["new"]["S"]) == DOCUMENT
    changed = events["program/co-funded/draft#2"]
    assert json.loads(changed["old"]["S"]) == DOCUMENT and json.loads(changed["new"]["S"])["name"] == "New"
    assert events["program/co-funded/retired"]["by"]["S"] == "boss"


class Counting:
    """A client that counts its calls and lets a test act in between."""

    def __init__(self, client: Any) -> None:
        self.client, self.calls, self.before_commit = client, [], None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if not callable(found) or name == "exceptions":
            return found

        def call(**arguments: Any) -> Any:
            self.calls.append(name)
            if name == "transact_write_items" and self.before_commit:
                act, self.before_commit = self.before_commit, None
                act()
            return found(**arguments)

        return call


def test_activations_of_two_programs_in_the_same_moment_lose_none(tables: Any, table: ProgramTable) -> None:
    """The registry names both or refuses one: it never forgets the other."""
    slow = Counting(tables)
    mine = ProgramTable(slow, "kicker-ops")
    mine.put_draft(a_draft("mine"), None)
    slow.before_commit = lambda: activated(table, "theirs")
    with pytest.raises(Conflict):
        mine.publish(a_version("mine"), a_draft("mine"))
    assert set(table.active()) == {"theirs"}
    mine.publish(a_version("mine"), a_draft("mine"))
    assert set(table.active()) == {"mine", "theirs"}


def test_versions_are_read_once_and_the_registry_each_time(tables: Any, table: ProgramTable) -> None:
    activated(table)
    activated(table, "other")
    counted = Counting(tables)
    reader = ProgramTable(counted, "kicker-ops")
    first = reader.active()
    assert counted.calls == ["get_item", "batch_get_item"]
    again = reader.active()
    assert counted.calls[2:] == ["get_item"]
    assert all(again[id_][0] is first[id_][0] for id_ in first), "compiled rules are kept by identity"
    table.withdraw("other", Review("withdrawn", "", "boss", LATER))
    assert set(reader.active()) == {"co-funded"}
    assert counted.calls[3:] == ["get_item"], "a moved epoch reads no document twice"


def test_the_registry_item_read_with_an_event_gives_the_same_programs(tables: Any, table: ProgramTable) -> None:
    activated(table)
    key = table.registry_key()
    answer = tables.batch_get_item(RequestItems={"kicker-ops": {"Keys": [key], "ConsistentRead": True}})
    (item,) = answer["Responses"]["kicker-ops"]
    assert table.programs_for(item) == table.active()
    assert table.programs_for(None) == {}


def test_a_version_that_is_gone_or_unreadable_stops_the_work(tables: Any, table: ProgramTable) -> None:
    activated(table)
    key = {"pk": {"S": "PROGRAM#co-funded"}, "sk": {"S": "V#0001"}}
    tables.update_item(
        TableName="kicker-ops", Key=key, UpdateExpression="SET body = :b", ExpressionAttributeValues={":b": {"S": "{}"}}
    )
    with pytest.raises(BrokenPromise, match="refused now"):
        ProgramTable(tables, "kicker-ops").active()
    tables.delete_item(TableName="kicker-ops", Key=key)
    with pytest.raises(BrokenPromise, match="restore"):
        ProgramTable(tables, "kicker-ops").active()
