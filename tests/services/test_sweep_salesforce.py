"""The sweep finds what messages missed, says so, and never skips what it could not commit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.adapters.field_mappings import bundled
from chalicelib.domain.field_mapping import registration_from
from chalicelib.services.sweep_salesforce import FIRST_REACH, OVERLAP, SweepReport, sweep
from tests.fakes.salesforce import MemoryOrg, MemoryScorer, MemorySweeps

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEAL = bundled()["Deal_Registration__c"]


def a_row(number: int, minutes_ago: int, **fields: str) -> dict[str, str | None]:
    stamp = (NOW - timedelta(minutes=minutes_ago)).isoformat(timespec="milliseconds")
    return {
        "Id": f"a01{number:012d}AAA", "IsDeleted": "false", "SystemModstamp": stamp, "Status__c": "Submitted",
        "CreatedDate": "2026-10-01T00:00:00.000+0000", "Name": f"DR-{number:06d}", **fields,
    }  # fmt: skip


class Stage:
    def __init__(self, *rows: dict[str, str | None]) -> None:
        self.org = MemoryOrg(Deal_Registration__c=list(rows))
        self.sweeps, self.scorer = MemorySweeps(), MemoryScorer()

    def sweep(self, now: datetime = NOW) -> SweepReport:
        return sweep(DEAL, org=self.org, sweeps=self.sweeps, scorer=self.scorer, now=now)


def test_the_first_sweep_reads_everything_and_calls_nothing_missed() -> None:
    stage = Stage(*(a_row(n, 60 - n) for n in range(1, 6)))
    report = stage.sweep()
    assert (report.first, report.read, report.changed, report.missed) == (True, 5, 5, [])
    assert stage.org.asked == [("Deal_Registration__c", NOW - FIRST_REACH)]
    assert stage.sweeps.cursors["Deal_Registration__c"] == NOW - timedelta(minutes=55)


def test_later_sweeps_overlap_and_find_what_no_message_told() -> None:
    stage = Stage(a_row(1, 60))
    stage.sweep()
    told = a_row(2, 40)
    stage.scorer.score_registration(registration_from(DEAL, told), NOW)
    stage.org.records["Deal_Registration__c"] += [told, a_row(3, 30)]
    report = stage.sweep()
    assert report.missed == ["a01000000000003AAA"]
    assert (report.read, report.changed) == (3, 1), "the overlap reads the known one again; it is a duplicate"
    assert stage.org.asked[-1][1] == NOW - timedelta(minutes=60) - OVERLAP
    kept = stage.sweeps.reports["Deal_Registration__c"]
    assert (kept["missed"], kept["missed_ids"]) == (1, ["a01000000000003AAA"])


def test_a_record_whose_message_may_be_on_its_way_is_not_called_missed() -> None:
    stage = Stage(a_row(1, 60))
    stage.sweep()
    stage.org.records["Deal_Registration__c"].append(a_row(2, 1))
    report = stage.sweep()
    assert (report.changed, report.missed) == (1, [])


def test_a_long_transaction_that_became_visible_late_is_still_read() -> None:
    stage = Stage(a_row(1, 5))
    stage.sweep()
    stage.org.records["Deal_Registration__c"].append(a_row(2, 14))
    assert stage.sweep().missed == ["a01000000000002AAA"]


def test_a_deleted_row_becomes_a_deleted_registration() -> None:
    stage = Stage(a_row(1, 60))
    stage.sweep()
    stage.org.records["Deal_Registration__c"] = [a_row(1, 30, IsDeleted="true")]
    stage.sweep()
    assert stage.scorer.held["a01000000000001AAA"].status == "deleted"


def test_the_cursor_waits_before_a_record_that_cannot_be_committed() -> None:
    stage = Stage(*(a_row(n, 60 - n) for n in range(1, 7)))
    stage.scorer.broken = {"a01000000000004AAA"}
    report = stage.sweep()
    assert report.failed == ["a01000000000004AAA"]
    assert isinstance(report.failures[0], ConnectionError)
    assert len(stage.scorer.held) == 5, "the others are committed all the same"
    assert stage.sweeps.cursors["Deal_Registration__c"] == NOW - timedelta(minutes=58), "end of the first page"
    stage.scorer.broken = set()
    again = stage.sweep()
    assert (again.failures, again.missed) == ([], ["a01000000000004AAA"])
    assert stage.sweeps.cursors["Deal_Registration__c"] == NOW - timedelta(minutes=54)


def test_the_cursor_moves_after_each_page_and_never_back() -> None:
    stage = Stage(*(a_row(n, 60 - n) for n in range(1, 6)))
    stage.sweep()
    assert stage.sweeps.moves == [NOW - timedelta(minutes=m) for m in (58, 56, 55)]
    stage.sweep()
    assert len(stage.sweeps.moves) == 3


def test_fields_the_org_does_not_have_are_left_out_and_told() -> None:
    stage = Stage(a_row(1, 60, CurrencyIsoCode="USD"))
    stage.org.absent = {"CurrencyIsoCode"}
    report = stage.sweep()
    assert "CurrencyIsoCode" in report.absent_fields
    assert report.read == 1


def test_an_object_the_org_does_not_have_is_told_and_harms_nothing() -> None:
    stage = Stage()
    assert stage.sweep().read == 0
    assert "no such object" in str(stage.sweeps.reports["Deal_Registration__c"]["note"])
    assert stage.sweeps.cursors == {}


def test_another_content_of_the_same_version_is_told_as_disputed() -> None:
    stage = Stage(a_row(1, 30))
    stage.sweep()
    stage.org.records["Deal_Registration__c"] = [a_row(1, 30, Name="DR-999999")]
    assert stage.sweep().disputed == ["a01000000000001AAA"]
