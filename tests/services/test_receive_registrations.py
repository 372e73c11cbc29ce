"""What becomes of the records of one outbound message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from chalicelib.adapters.field_mappings import bundled
from chalicelib.services.receive_registrations import Reception, Told, receive
from tests.fakes.salesforce import MemoryScorer
from tests.fakes.work import MemoryWork

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class ARecord:
    object_type: str = "Deal_Registration__c"
    record_id: str = "a01000000000001AAA"
    fields: dict[str, str] = field(default_factory=dict)
    id: str = "04l000000000001AAA"

    def is_empty(self) -> bool:
        return not set(self.fields) - {"Id"}


def a_deal(number: int = 1, stamp: str = "2026-11-01T00:00:00.000Z", **fields: str) -> ARecord:
    id = f"a01{number:012d}AAA"
    stamps = {"SystemModstamp": stamp, "CreatedDate": "2026-10-01T00:00:00.000Z", "Status__c": "Submitted"}
    return ARecord(record_id=id, fields={"Id": id, **stamps, **fields})


class Stage:
    """A scorer and a work list, and messages put to them."""

    def __init__(self) -> None:
        self.scorer, self.work = MemoryScorer(), MemoryWork()

    def receive(self, *records: Told) -> Reception:
        return receive(records, mappings=bundled(), scorer=self.scorer, work=self.work, now=NOW)


def test_each_of_a_hundred_records_is_committed() -> None:
    stage = Stage()
    told = stage.receive(*(a_deal(n) for n in range(1, 101)))
    assert (told.outcomes, told.unmapped, told.nameless) == ({"changed": 100}, 0, 0)
    assert len(stage.scorer.held) == 100


def test_duplicates_and_older_stamps_change_nothing() -> None:
    stage = Stage()
    newest = a_deal(stamp="2026-11-03T00:00:00.000Z", Amount__c="3")
    told = stage.receive(newest, newest, a_deal(stamp="2026-11-02T00:00:00.000Z", Amount__c="2"))
    assert told.outcomes == {"changed": 1, "duplicate": 1, "stale": 1}
    [held] = stage.scorer.held.values()
    assert held.amount is not None
    assert held.amount.minor == 300


def test_an_empty_record_is_a_deletion() -> None:
    stage = Stage()
    stage.receive(a_deal(1), a_deal(2))
    told = stage.receive(ARecord(record_id="a01000000000001"), ARecord(record_id="a01000000000002AAA", object_type=""))
    assert told.outcomes == {"changed": 2}
    assert stage.scorer.deleted == ["a01000000000001AAA", "a01000000000002AAA"]


def test_a_notification_that_names_no_record_waits_for_a_person() -> None:
    stage = Stage()
    told = stage.receive(ARecord(record_id=""), ARecord(record_id="nonsense", id="04l000000000002AAA"))
    assert told == Reception({}, 0, 2)
    assert [e["notification"] for e in stage.work.open("nameless_notification")] == [
        "04l000000000001AAA",
        "04l000000000002AAA",
    ]


def test_an_unmapped_object_is_kept_without_its_secrets_and_counted() -> None:
    stage = Stage()
    contact = ARecord(
        "Contact", "003000000000001AAA", {"LastName": "Doe", "Portal_Password__c": "x", "API_Key__c": "y"}
    )
    told = stage.receive(contact, a_deal(1), contact)
    assert (told.outcomes, told.unmapped) == ({"changed": 1}, 2)
    [entry] = stage.work.open("unmapped_object")
    assert (entry["object"], entry["record"]) == ("Contact", "003000000000001AAA")
    assert entry["fields"] == {"LastName": "Doe"}


def test_a_huge_unmapped_record_leaves_only_what_a_person_needs() -> None:
    stage = Stage()
    stage.receive(ARecord("Contact", "003000000000001AAA", {f"F{n:03d}": "x" * 1000 for n in range(300)}))
    [entry] = stage.work.open("unmapped_object")
    assert isinstance(entry["fields"], dict)
    assert len(entry["fields"]) == 100
    assert {len(v) for v in entry["fields"].values()} == {300}


def test_one_broken_record_withholds_the_ack_and_not_the_other_records() -> None:
    stage = Stage()
    stage.scorer.broken = {"a01000000000002AAA"}
    with pytest.raises(ExceptionGroup, match="1 of 3") as failed:
        stage.receive(a_deal(1), a_deal(2), a_deal(3))
    assert list(stage.scorer.held) == ["a01000000000001AAA", "a01000000000003AAA"]
    assert "a01000000000002AAA" in failed.value.exceptions[0].__notes__[0]
    stage.scorer.broken = set()
    assert stage.receive(a_deal(1), a_deal(2), a_deal(3)).outcomes == {"duplicate": 2, "changed": 1}
