"""A dropped file becomes chunks for scoring, a report that adds up, and a watermark (domain.md 8, 9, 22, 41)."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.domain.errors import BrokenPromise, KickerError
from chalicelib.feeds.chunks import LineChunk, encode
from chalicelib.reports.feed_report import FeedReport, from_bytes, report_key
from chalicelib.services.read_feed import Dropped, FeedReader, chunk_scored
from chalicelib.services.score_lines import LineScorer
from tests.fakes.core import MemoryCore
from tests.fakes.feeds import FakeFeedBook, FakeFeedStore, FakeLineQueue
from tests.fakes.files import FakeFiles
from tests.fakes.work import MemoryWork
from tests.feeds.reading_of import GOLDEN, an_item, items
from tests.services.house import Crash, Frail

AT = datetime(2026, 11, 2, 16, 10, tzinfo=UTC)
SET_A = sorted(p.name for p in GOLDEN.glob("setA_*"))


@dataclass
class House:
    store: FakeFeedStore = field(default_factory=FakeFeedStore)
    queue: FakeLineQueue = field(default_factory=FakeLineQueue)
    book: FakeFeedBook = field(default_factory=FakeFeedBook)
    files: FakeFiles = field(default_factory=FakeFiles)
    work: MemoryWork = field(default_factory=MemoryWork)

    def drop(self, body: bytes, key: str = "feeds/ingram/a.csv", at: datetime = AT) -> FeedReport | None:
        version = self.store.drop(key, body)
        return self.deliver(key, version, at)

    def deliver(self, key: str, version: str, at: datetime = AT) -> FeedReport | None:
        reader = FeedReader(self.store, self.queue, self.book, self.files, self.work)
        return reader.read(Dropped(key, version, at), at + timedelta(seconds=5))

    def score(self, chunk: LineChunk, fate: str = "scored") -> FeedReport | None:
        return chunk_scored(self.book, self.files, chunk, {line.id: fate for line in chunk.lines}, AT)

    def report(self, key: str = "feeds/ingram/a.csv") -> FeedReport:
        return from_bytes(self.files.get(report_key(key)))


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("name", SET_A)
def test_a_rendering_gives_sixty_canonical_lines_in_chunks_of_at_most_25(house, name):
    report = house.drop((GOLDEN / name).read_bytes(), f"feeds/ingram/{name}")
    chunks = house.queue.chunks()
    lines = [line for chunk in chunks for line in chunk.lines if not line.held]
    assert len(lines) == report.canonical.lines == 60
    assert report.canonical.net_quantity == 1018
    assert report.canonical.total == sum(report.canonical.amounts.values()) == Decimal("661758.35")
    assert [c.number for c in chunks] == [1, 2, 3] and {c.file.chunks for c in chunks} == {3}
    assert all(len(c.lines) <= 25 and len(encode(c).encode()) < 256_000 for c in chunks)
    assert report.counts.add_up()


def test_the_report_of_the_planted_file_names_every_row(house):
    report = house.drop((GOLDEN / "setA_pax8_style_planted_errors.csv").read_bytes(), "feeds/pax8/p.csv")
    assert (report.counts.into, report.counts.quarantined, report.counts.waiting) == (67, 4, 62)
    assert report.counts.ignored == {"repeated header": 1}
    assert [r.line for r in report.quarantined] == [6, 12, 18, 26]
    assert [h.source for h in report.held] == ["p.csv:29", "p.csv:32"]
    assert house.book.quarantined("feeds/pax8/p.csv") == list(report.quarantined)
    assert house.report("feeds/pax8/p.csv") == report
    [entry] = house.work.open("quarantined-rows")
    assert (entry["rows"], entry["rows_to_correct"]) == (4, report.rows_to_correct)
    rows = list(csv.DictReader(house.files.get(report.rows_to_correct).decode("utf-8-sig").splitlines()))
    assert [(row["file"], int(row["line"])) for row in rows] == [("p.csv", line) for line in (6, 12, 18, 26)]
    assert all(row["reason"] and row["remedy"] for row in rows)


def test_the_report_is_finished_when_the_last_chunk_is_scored_in_any_order(house):
    house.drop((GOLDEN / "setA_pax8_style_planted_errors.csv").read_bytes())
    first, second, third = house.queue.chunks()
    assert house.score(third) is None
    assert house.score(first, "unmatched") is None
    assert house.report().state == "scoring"
    assert house.book.complete_to("ingram") is None
    done = house.score(second, "duplicate")
    assert done == house.report()
    assert (done.state, done.counts.waiting) == ("done", 0)
    assert (done.counts.scored, done.counts.unmatched, done.counts.duplicate) == (12, 25, 25)
    assert done.counts.add_up() and done.counts.into == 67


def test_a_chunk_scored_twice_counts_once(house):
    house.drop(items(*[an_item(n) for n in range(30)]))
    first, second = house.queue.chunks()
    house.score(first)
    house.score(first, "duplicate")
    done = house.score(second)
    assert (done.counts.scored, done.counts.duplicate) == (30, 0)
    assert house.score(second, "duplicate").counts == done.counts


def test_superseded_lines_are_ignored_with_that_reason(house):
    house.drop(items(an_item(1), an_item(2)))
    done = house.score(house.queue.chunks()[0], "superseded")
    assert done.counts.ignored == {"superseded on arrival": 2}
    assert done.counts.add_up()


def test_a_line_told_twice_in_a_chunk_still_adds_up(house):
    house.drop(items(an_item(1), an_item(1)))
    done = house.score(house.queue.chunks()[0])
    assert (done.counts.scored, done.counts.ignored) == (1, {"superseded on arrival": 1})


def test_scoring_that_misses_a_line_is_a_broken_promise(house):
    house.drop(items(an_item(1), an_item(2)))
    chunk = house.queue.chunks()[0]
    with pytest.raises(KeyError):
        chunk_scored(house.book, house.files, chunk, {chunk.lines[0].id: "scored"}, AT)
    with pytest.raises(BrokenPromise, match="2 lines were read but 1 scored"):
        house.score(replace(chunk, lines=chunk.lines[:1]))


def test_the_watermark_moves_when_the_lines_are_scored_and_never_back(house):
    house.drop(items(an_item(1)), "feeds/ingram/today.csv")
    assert house.book.complete_to("ingram") is None
    house.score(house.queue.chunks()[0])
    assert house.book.complete_to("ingram") == date(2026, 11, 1)
    house.drop(items(an_item(2)), "feeds/ingram/old.csv", AT - timedelta(days=9))
    house.score(house.queue.chunks()[1])
    assert house.book.complete_to("ingram") == date(2026, 11, 1)
    assert house.book.state("ingram").last_file == "feeds/ingram/today.csv"


def test_a_file_without_a_good_row_is_done_at_once(house):
    report = house.drop(items(an_item(quantity="x")))
    assert (report.state, report.counts.quarantined) == ("done", 1)
    assert house.book.complete_to("ingram") == date(2026, 11, 1)


@pytest.mark.parametrize("order", [SET_A, SET_A[::-1], SET_A[2:] + SET_A[:2]])
def test_all_renderings_dropped_under_one_distributor_are_sixty_lines_counted_once(house, order):
    """Through the real scoring of lines: leading zeros, dashes and spellings differ, the lines do not."""
    scorer = LineScorer(MemoryCore({}), lambda _: None)
    for day, name in enumerate(order):
        key = f"feeds/ingram/{name}"
        sent = len(house.queue.bodies)
        house.drop((GOLDEN / name).read_bytes(), key, AT + timedelta(days=day))
        for chunk in house.queue.chunks()[sent:]:
            chunk_scored(house.book, house.files, chunk, scorer.score(chunk.lines, AT), AT)
        report = house.report(key)
        assert report.counts.add_up() and report.counts.waiting == 0
    stored = [s.line for s in scorer.store.lines.values() if not s.line.held]
    assert len(stored) == 60
    assert sum(line.quantity for line in stored) == 1018
    assert sum(line.amount.decimal() for line in stored) == Decimal("661758.35")


class TestDuplicates:
    def test_the_same_content_under_another_name_is_a_duplicate(self, house):
        house.drop(items(an_item(1), an_item(2, quantity="x")))
        again = house.drop(items(an_item(1), an_item(2, quantity="x")), "feeds/ingram/b.csv")
        assert (again.state, again.duplicate_of) == ("duplicate", "feeds/ingram/a.csv")
        assert (again.counts.into, again.counts.duplicate) == (2, 2) and again.counts.add_up()
        assert len(house.queue.bodies) == 1
        assert house.report("feeds/ingram/b.csv") == again

    def test_the_same_content_packed_is_a_duplicate(self, house):
        house.drop((GOLDEN / "setA_ingram_flat_utf8bom.csv").read_bytes())
        assert house.drop((GOLDEN / "setA_ingram_flat.csv.gz").read_bytes(), "feeds/ingram/b.gz").state == "duplicate"

    def test_the_same_file_again_keeps_the_first_report(self, house):
        first = house.drop(items(an_item(1)))
        again = house.drop(items(an_item(1)), at=AT + timedelta(hours=1))
        assert again.state == "duplicate"
        assert house.report() == first
        assert "reports/feeds/ingram/a.csv.again-20261102T171000Z.json" in house.files.stored

    def test_the_same_event_again_changes_nothing(self, house):
        house.drop(items(an_item(1)))
        stored = dict(house.files.stored)
        assert house.deliver("feeds/ingram/a.csv", "v1") is None
        assert house.files.stored == stored
        assert len(house.queue.bodies) == 1

    def test_the_same_content_of_another_distributor_is_its_own_file(self, house):
        house.drop(items(an_item(1)))
        assert house.drop(items(an_item(1)), "feeds/pax8/a.csv").state == "scoring"


class TestCrashes:
    def test_a_crash_in_the_middle_is_read_again_completely(self, house):
        body = items(*[an_item(n) for n in range(600)], an_item(7, quantity="x"))
        house.queue.fails_after = 12
        with pytest.raises(KickerError):
            house.drop(body)
        assert house.book.files_taken == {}
        report = house.deliver("feeds/ingram/a.csv", "v1")
        assert report.state == "scoring"
        sent = house.queue.chunks()
        assert [c.number for c in sent] == [*range(1, 13), *range(1, 25)]
        assert sent[:12] == sent[12:24]
        for chunk in sent:
            house.score(chunk)
        assert (house.report().counts.scored, house.report().state) == (600, "done")

    def test_chunks_scored_before_the_crash_was_noticed_still_finish_the_report(self, house):
        house.drop(items(*[an_item(n) for n in range(30)]))
        for chunk in house.queue.chunks():
            house.score(chunk)
        house.book.files_taken.clear()  # the crash came between the last chunk and the note that it was taken
        house.deliver("feeds/ingram/a.csv", "v1")
        assert house.report().state == "scoring"
        for chunk in house.queue.chunks()[2:]:
            house.score(chunk, "duplicate")
        assert (house.report().state, house.report().counts.scored) == ("done", 30)

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize(
        "body",
        [items(*[an_item(n) for n in range(60)], an_item(7, quantity="x")), items(an_item(quantity="x")), b"?"],
        ids=["lines", "no good row", "refused"],
    )
    def test_whatever_call_it_dies_in_the_next_delivery_ends_the_same(self, body, after):
        """domain.md 9, 22: report, quarantine, watermark and work lists of a file that died anywhere are those of one
        that did not; lines may be sent twice, for scoring twice changes nothing."""
        calm = House()
        calm.drop(body)
        for chunk in calm.queue.chunks():
            calm.score(chunk)
        at = 0
        died = True
        while died:
            at += 1
            house = House()
            version = house.store.drop("feeds/ingram/a.csv", body)
            calls: list[str] = []
            store, queue, book, files, work = (
                Frail(port, calls, at, after)
                for port in (house.store, house.queue, house.book, house.files, house.work)
            )
            dropped = Dropped("feeds/ingram/a.csv", version, AT)
            try:
                FeedReader(store, queue, book, files, work).read(dropped, AT)
                died = False
            except Crash:
                house.deliver("feeds/ingram/a.csv", version)
            for chunk in house.queue.chunks():
                house.score(chunk)
            assert house.report().counts == calm.report().counts and house.report().state == calm.report().state
            assert house.book.completed == calm.book.completed
            assert house.book.rows == calm.book.rows
            assert list(house.work.held) == list(calm.work.held)
            assert {c.number for c in house.queue.chunks()} == {c.number for c in calm.queue.chunks()}
        assert at > 2


class TestRefused:
    def test_a_refused_file_leaves_a_report_and_a_work_list_entry_and_nothing_else(self, house):
        body = (GOLDEN / "setA_sap_pipe_trailer.dat").read_bytes().replace(b"TRL|60|", b"TRL|59|")
        report = house.drop(body)
        assert report.state == "refused" and "control record says rows 59" in report.reason
        assert house.report() == report
        assert house.work.open("refused-file")[0]["reason"] == report.reason
        assert (house.queue.bodies, house.book.files_taken, house.book.rows) == ([], {}, {})

    def test_a_file_cut_off_in_its_gzip_enqueues_nothing(self, house):
        import gzip

        body = gzip.compress(items(*[an_item(n, po=f"P{n * 7919}") for n in range(20_000)]))
        assert house.drop(body[: len(body) // 2]).state == "refused"
        assert house.queue.bodies == []

    @pytest.mark.parametrize("key", ["feeds/a.csv", "feeds/in gram/a.csv", "other/ingram/a.csv", "feeds/a|b/c.csv"])
    def test_a_file_in_the_wrong_folder_is_told_where_it_belongs(self, house, key):
        assert "feeds/<distributor>/<file>" in house.drop(items(an_item(1)), key).reason

    def test_a_file_deleted_before_it_was_read_is_said_to_be(self, house):
        assert "deleted before it was read" in house.deliver("feeds/ingram/gone.csv", "").reason

    def test_a_folder_is_no_file(self, house):
        assert house.drop(b"", "feeds/ingram/") is None
        assert house.files.stored == {}

    def test_dropped_again_after_its_profile_was_added_it_is_taken(self, house):
        from tests.feeds.test_profiles import a_profile

        body = b"Beleg;Artikel;Menge;Summe;Datum\nB1;A-1;2;10,50;01.10.2026\n"
        assert house.drop(body, "feeds/also/a.csv").state == "refused"
        house.book.own_profiles.append(a_profile())
        assert house.drop(body, "feeds/also/a.csv").state == "scoring"


def test_a_large_file_is_fetched_again_and_a_small_one_is_not(house):
    house.drop(items(an_item(1)))
    assert len(house.store.readings) == 1
    house.drop(items(*[an_item(n) for n in range(6_000)]), "feeds/ingram/b.csv")
    assert len(house.store.readings) == 3
    assert sum(len(c.lines) for c in house.queue.chunks()) == 6_001


def test_another_file_under_the_same_name_keeps_its_own_report(house):
    house.drop(items(an_item(1)))
    house.drop(items(an_item(2), an_item(3)))
    first, second = house.queue.chunks()
    assert house.score(first) is None
    assert house.report().counts.into == 2
    assert house.score(second).counts.scored == 2


def test_no_cell_of_an_exported_quarantine_runs_as_a_formula(house):
    report = house.drop(items(an_item(1, company="=1+1", quantity="=cmd|' /C calc'!A0")))
    exported = house.files.get(report.rows_to_correct).decode("utf-8-sig")
    assert "'=cmd|" in exported and ",=cmd" not in exported


def test_a_file_without_bad_rows_has_none_to_correct(house):
    report = house.drop(items(an_item(1)))
    assert report.rows_to_correct == ""
    assert not [key for key in house.files.stored if key.startswith("reports/quarantine/")]


def test_the_rows_to_correct_are_the_first_ten_thousand_and_the_report_counts_all(house):
    report = house.drop(items(*(an_item(n, quantity="many") for n in range(10_001))))
    assert report.counts.quarantined == 10_001
    assert len(house.files.get(report.rows_to_correct).splitlines()) == 1 + 10_000


class TestSnapshots:
    """domain.md 39: a line missing from a snapshot is cancelled if the snapshot's scope covers it."""

    DAY = timedelta(days=1)

    @pytest.fixture
    def house(self):
        from tests.feeds.test_profiles import DOCUMENTS, parse_profile

        own = {**DOCUMENTS["pax8-invoice-items-csv"], "id": "open-items", "mode": "snapshot", "snapshot": {}}
        return House(book=FakeFeedBook(own_profiles=[parse_profile(own)]))

    @staticmethod
    def listing(*numbers: int, **other: str) -> bytes:
        return items(*[an_item(n, **other) for n in numbers])

    def cancelled(self, house: House) -> dict[str, datetime]:
        """Cancelled line -> as of which instant, newest telling of each line only."""
        newest = {}
        for chunk in house.queue.chunks():
            for line in chunk.lines:
                if line.id not in newest or line.revision.key() >= newest[line.id].revision.key():
                    newest[line.id] = line
        return {i: n.revision.as_of for i, n in newest.items() if n.document_type == "cancellation"}

    def test_a_line_no_longer_listed_is_cancelled(self, house):
        house.drop(self.listing(*range(10)), "feeds/ingram/1.csv")
        report = house.drop(self.listing(*range(1, 10), 11), "feeds/ingram/2.csv", AT + self.DAY)
        assert self.cancelled(house) == {"ingram|INV0|1": AT + self.DAY}
        assert (report.cancelled_by_absence, report.counts.into, report.canonical.lines) == (1, 11, 10)
        for chunk in house.queue.chunks():
            house.score(chunk)
        assert house.report("feeds/ingram/2.csv").counts.scored == 11
        [line] = [x for c in house.queue.chunks() for x in c.lines if x.document_type == "cancellation"]
        assert (line.quantity, line.cancelled, line.amount.minor, line.source) == (0, 2, 0, "2.csv:absent")

    def test_the_order_of_arrival_does_not_matter(self, house):
        files = {
            "feeds/ingram/1.csv": (self.listing(*range(10)), AT),
            "feeds/ingram/2.csv": (self.listing(*range(1, 11)), AT + self.DAY),
            "feeds/ingram/3.csv": (self.listing(0, *range(2, 10)), AT + 2 * self.DAY),
        }
        outcomes = []
        for order in ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)):
            fresh = House(book=FakeFeedBook(own_profiles=house.book.own_profiles))
            for n in order:
                body, at = files[f"feeds/ingram/{n}.csv"]
                fresh.drop(body, f"feeds/ingram/{n}.csv", at)
            outcomes.append(self.cancelled(fresh))
        assert outcomes == [{f"ingram|INV{n}|1": AT + 2 * self.DAY for n in (1, 10)}] * 6

    def test_a_snapshot_that_loses_too_much_is_refused(self, house):
        house.drop(self.listing(*range(10)), "feeds/ingram/1.csv")
        sent = len(house.queue.bodies)
        report = house.drop(self.listing(*range(7)), "feeds/ingram/2.csv", AT + self.DAY)
        assert report.state == "refused" and "lists 7 of the 10 lines" in report.reason
        assert len(house.queue.bodies) == sent

    def test_a_snapshot_with_a_row_in_quarantine_cancels_nothing(self, house):
        house.drop(self.listing(*range(10)), "feeds/ingram/1.csv")
        body = self.listing(*range(9)) + (an_item(9, quantity="x") + "\n").encode()
        report = house.drop(body, "feeds/ingram/2.csv", AT + self.DAY)
        assert (report.cancelled_by_absence, report.counts.quarantined) == (0, 1)

    def test_a_line_outside_the_scope_stays(self, house):
        house.book.own_profiles[0] = replace(
            house.book.own_profiles[0], snapshot=replace(house.book.own_profiles[0].snapshot, scope_days=20)
        )
        recent = [an_item(n, date="2026-10-31") for n in range(9)]
        house.drop(items(*recent, an_item(20, date="2026-09-01")), "feeds/ingram/1.csv")
        assert house.drop(items(*recent), "feeds/ingram/2.csv", AT + self.DAY).cancelled_by_absence == 0
        assert house.drop(items(*recent[1:]), "feeds/ingram/3.csv", AT + 2 * self.DAY).cancelled_by_absence == 1

    def test_the_snapshots_of_another_distributor_are_not_compared(self, house):
        house.drop(self.listing(*range(10)), "feeds/ingram/1.csv")
        assert house.drop(self.listing(1), "feeds/pax8/1.csv", AT + self.DAY).state == "scoring"


def test_a_quiet_distributors_empty_files_still_move_its_watermark(house):
    """Two days without a row have the same content, and each says that its day is complete (domain.md 22)."""
    header = (GOLDEN / "setA_ingram_flat_utf8bom.csv").read_bytes().splitlines(keepends=True)[0]
    reached = []
    for day in (12, 13, 14):
        report = house.drop(header, f"feeds/ingram/day-{day}.csv", at=AT.replace(day=day))
        assert report.state == "done"
        reached.append(house.book.complete_to("ingram"))
    assert reached == sorted(set(reached)), reached
