"""A file was dropped: read it, say what was in it, hand its lines over to scoring.

Every file is read twice: once to the end to know that it may be taken at all (whole archive, control totals, known
content), then again to hand its lines over. So a refused file leaves nothing behind, and memory stays flat. A file
of at most 5,000 rows is kept from the first reading instead of being fetched again.

A file counts as taken only after its last chunk is in the queue. A crash before that means that the next delivery
reads and sends it all again; scoring the same line twice changes nothing, and a chunk is counted once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain, islice
from typing import Protocol

from chalicelib.domain.errors import NotFound, RefusedFile
from chalicelib.domain.orders import OrderLine
from chalicelib.feeds.chunks import MOST_LINES, ChunkCounts, FileTag, LineChunk, chunked, counted
from chalicelib.feeds.marks import Marks
from chalicelib.feeds.normalise import Event
from chalicelib.feeds.profiles import FeedProfile, Snapshot
from chalicelib.feeds.reading import OpenFeed, open_feed
from chalicelib.feeds.rejected import RejectedRow
from chalicelib.feeds.snapshot import Newer, check_loss, in_scope, missing, neighbours
from chalicelib.feeds.taken import TakenFile
from chalicelib.feeds.unpack import Limits
from chalicelib.reports.feed_report import (
    ROWS_EXPORTED,
    Counts,
    FeedReport,
    Summary,
    again_key,
    finished,
    from_bytes,
    quarantine_csv,
    quarantine_key,
    report_key,
    to_bytes,
)
from chalicelib.services.ports import Files, LineQueue, WorkList

_KEPT_ROWS = 5_000  # about 10 MB of order lines: a daily file is not fetched twice
_QUARANTINE_BATCH = 100
_SENT_TOGETHER = 10  # chunks handed to the queue in one call
_DISTRIBUTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALL = 100_000  # files of a feed ever taken: two a day make 730 a year
_JSON, _CSV = "application/json", "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file as the event tells of it: object key (decoded), version ("" for the latest), and the
    aware instant it was stored."""

    key: str
    version: str
    uploaded_at: datetime


class FeedObject(Protocol):
    """One version of one object."""

    version: str

    def chunks(self) -> Iterator[bytes]:
        """Its bytes from the start; every call reads the same version again."""


class FeedStore(Protocol):
    """The feed bucket."""

    def open(self, key: str, version: str) -> FeedObject:
        """That version, or the latest for "". Raises: NotFound."""


class FeedBook(Protocol):
    """The feed log as this use case needs it."""

    def profiles(self) -> Sequence[FeedProfile]:
        """The deployment's own profiles. Raises: InvalidDocument."""

    def taken(self, distributor: str, sha256: str) -> TakenFile | None:
        """The file with this content that was taken before."""

    def files(self, distributor: str, most: int) -> Sequence[TakenFile]:
        """The files taken last, newest first."""

    def take(self, distributor: str, file: TakenFile) -> None:
        """Remember the file, and when the feed last reported."""

    def complete(self, distributor: str, covers: date) -> None:
        """Every line up to this day is scored; a day that is already covered stays."""

    def quarantine(self, file: str, sha256: str, first: int, rows: Sequence[RejectedRow], now: datetime) -> None:
        """Keep rejected rows, numbered from `first`; again changes nothing."""

    def count_chunk(self, file: FileTag, number: int, counts: ChunkCounts, now: datetime) -> ChunkCounts | None:
        """Count a chunk once; the sum of all when none of the file is missing any more, else None."""


@dataclass(frozen=True, slots=True)
class FeedReader:
    """The use case with what it needs."""

    store: FeedStore
    queue: LineQueue
    book: FeedBook
    files: Files
    work: WorkList
    limits: Limits = field(default_factory=Limits)

    def read(self, dropped: Dropped, now: datetime) -> FeedReport | None:
        """Read one dropped file and hand its lines over. The report is stored and returned; None when the event
        was delivered again for a file that is already taken, or names a folder.

        A file that cannot be taken is no error: its report and a work-list entry ("refused-file") say why.
        Raises: whatever a port raises; then the event must be delivered again.
        """
        if dropped.key.endswith("/"):
            return None
        distributor = ""
        try:
            distributor, name = _parts(dropped.key)
            return self._read(dropped, distributor, name, now)
        except (RefusedFile, NotFound) as error:
            reason = str(error)
        # After the handler: a reason may quote the file, and what fails here is logged with what it happened during.
        report = FeedReport(dropped.key, distributor, "refused", dropped.uploaded_at, now, reason=reason)
        self._store(report, report_key(dropped.key))
        what: dict[str, object] = {"file": dropped.key, "version": dropped.version, "reason": reason}
        self.work.put("refused-file", dropped.key, what, now)
        return report

    def _read(self, dropped: Dropped, distributor: str, name: str, now: datetime) -> FeedReport | None:
        object_ = self.store.open(dropped.key, dropped.version)
        open_again = _Opener(self.store, distributor, self.book.profiles(), self.limits)
        feed = open_again(dropped.key, object_.version, dropped.uploaded_at)
        snapshot = feed.profile.snapshot
        summary, kept, ids = _surveyed(feed.events, Marks() if snapshot else None)
        sha256 = feed.sha256()
        blank = FeedReport(
            dropped.key, distributor, "scoring", dropped.uploaded_at, now, sha256=sha256, profile=feed.profile.id,
            as_of=feed.as_of, covers=feed.covers, control=feed.reader.control,
        )  # fmt: skip
        report = summary.fill(blank)
        if summary.quarantined:
            report = replace(report, rows_to_correct=quarantine_key(dropped.key, sha256))
        earlier = self.book.taken(distributor, sha256)
        told = bool(summary.lines or summary.quarantined)  # files without rows are alike and still report a day each
        if earlier is not None and (told or (earlier.key, earlier.version) == (dropped.key, object_.version)):
            return self._seen(dropped, object_.version, report, earlier)

        def events() -> Iterable[Event]:
            if kept is not None:
                return kept
            return open_again(dropped.key, object_.version, dropped.uploaded_at).events

        absent = None
        if snapshot and ids is not None and not summary.quarantined:
            # A row in quarantine may be the very line that seems to be missing: then absence proves nothing.
            newer = Newer(name, feed.as_of, feed.covers, ids)
            before, after = neighbours(self.book.files(distributor, _ALL), feed.profile.id, feed.as_of, sha256)
            absent = _Absent(open_again, snapshot, newer, before, after, events)
            report = report.with_absent(absent.count())
        lines = summary.lines + report.cancelled_by_absence
        tag = FileTag(dropped.key, distributor, sha256, -(-lines // MOST_LINES), feed.covers)
        self._store(report if lines else replace(report, state="done", done_at=now), report_key(dropped.key))
        self._hand_over(tag, chain(events(), absent.lines() if absent else ()), now)
        self._take(dropped, object_.version, report, now, lines)
        return report if lines else replace(report, state="done", done_at=now)

    def _take(self, dropped: Dropped, version: str, report: FeedReport, now: datetime, lines: int) -> None:
        """Everything is handed over: remember the file."""
        assert report.as_of is not None and report.covers is not None, "only a refused file has no as-of"
        key = report_key(dropped.key)
        if report.counts.quarantined:
            what: dict[str, object] = {
                "file": dropped.key, "rows": report.counts.quarantined, "report": key,
                "rows_to_correct": report.rows_to_correct,
            }  # fmt: skip
            self.work.put("quarantined-rows", f"{dropped.key}#{report.sha256[:12]}", what, now)
        taken = TakenFile(
            dropped.key, version, report.sha256, report.profile, key, report.as_of, report.covers,
            dropped.uploaded_at, now, report.counts.into, lines,
        )  # fmt: skip
        if lines == 0:
            self.book.complete(report.distributor, report.covers)
        self.book.take(report.distributor, taken)  # last: from here on a redelivery does nothing more

    def _hand_over(self, tag: FileTag, events: Iterable[Event], now: datetime) -> None:
        """Lines to the queue in chunks, rejected rows to the quarantine and into the CSV, in the order of the file."""
        rejected: list[RejectedRow] = []
        exported: list[RejectedRow] = []
        put = 0

        def lines() -> Iterator[OrderLine]:
            nonlocal put
            for event in events:
                if isinstance(event, OrderLine):
                    yield event
                elif isinstance(event, RejectedRow):
                    rejected.append(event)
                    if len(exported) < ROWS_EXPORTED:
                        exported.append(event)
                    if len(rejected) == _QUARANTINE_BATCH:
                        self.book.quarantine(tag.key, tag.sha256, put, rejected, now)
                        put += len(rejected)
                        rejected.clear()

        chunks = chunked(tag, lines())
        while batch := list(islice(chunks, _SENT_TOGETHER)):
            self.queue.send(batch)
        if rejected:
            self.book.quarantine(tag.key, tag.sha256, put, rejected, now)
        if exported:
            self.files.put(quarantine_key(tag.key, tag.sha256), quarantine_csv(exported), _CSV)

    def _seen(self, dropped: Dropped, version: str, report: FeedReport, earlier: TakenFile) -> FeedReport | None:
        """The same content again: a redelivered event, or a file dropped twice, under this or another name."""
        if earlier.key == dropped.key and earlier.version == version:
            return None
        rows = report.counts.into
        report = replace(
            report, state="duplicate", duplicate_of=earlier.key, counts=Counts(into=rows, duplicate=rows),
            quarantined=(), held=(), rows_to_correct="",
            reason=f"The same content was taken on {earlier.taken_at:%Y-%m-%d %H:%M} UTC as {earlier.key}; nothing of "
            "it was counted again.",
        )  # fmt: skip
        key = report_key(dropped.key)
        self._store(report, again_key(dropped.key, dropped.uploaded_at) if earlier.report == key else key)
        return report

    def _store(self, report: FeedReport, key: str) -> None:
        self.files.put(key, to_bytes(report), _JSON)


def chunk_scored(
    book: FeedBook, files: Files, chunk: LineChunk, fates: Mapping[str, str], now: datetime
) -> FeedReport | None:
    """A chunk has been scored: count it, and when it was the last one, finish the file's report and move the feed's
    watermark. Delivered twice it counts once. `fates` is what LineScorer.score returned.

    Returns the finished report with the chunk that completes it, else None. Raises: KeyError when `fates` misses a
    line, BrokenPromise when more or fewer lines were scored than read.
    """
    file = chunk.file
    total = book.count_chunk(file, chunk.number, counted(chunk.lines, fates), now)
    if total is None:
        return None
    report = from_bytes(files.get(report_key(file.key)))
    done = None
    if report.sha256 == file.sha256 and report.state in ("scoring", "done"):
        # Else another file was dropped under this name meanwhile, and the report is that one's.
        done = finished(report, total, now)
        files.put(report_key(file.key), to_bytes(done), _JSON)
    book.complete(file.distributor, file.covers)
    return done


def _parts(key: str) -> tuple[str, str]:
    """Distributor and file name from `feeds/<distributor>/<file>`. Raises: RefusedFile."""
    prefix, _, rest = key.partition("/")
    distributor, _, name = rest.partition("/")
    if prefix != "feeds" or not name or not _DISTRIBUTOR.fullmatch(distributor):
        raise RefusedFile(
            f"{key}: a feed file belongs in feeds/<distributor>/<file>, with letters, digits, dots and dashes in the "
            "distributor's name. Drop it there."
        )
    return distributor, name


def _surveyed(events: Iterable[Event], ids: Marks | None) -> tuple[Summary, list[Event] | None, Marks | None]:
    """The first reading: what is in the file, its events if they are few, and its line ids if asked for.

    Raises: RefusedFile.
    """
    summary = Summary()
    kept: list[Event] | None = []
    for event in events:
        summary.add(event)
        if ids is not None and isinstance(event, OrderLine):
            ids.add(event.id)
        if kept is not None:
            kept.append(event)
            if len(kept) > _KEPT_ROWS:
                kept = None
    return summary, kept, ids


@dataclass(frozen=True, slots=True)
class _Opener:
    """Opens a stored version of a file for another reading."""

    store: FeedStore
    distributor: str
    profiles: Sequence[FeedProfile]
    limits: Limits

    def __call__(self, key: str, version: str, uploaded_at: datetime) -> OpenFeed:
        """Raises: RefusedFile, NotFound."""
        name = _parts(key)[1]
        return open_feed(
            self.store.open(key, version).chunks(), name=name, distributor=self.distributor, uploaded_at=uploaded_at,
            profiles=self.profiles, limits=self.limits,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Absent:
    """The cancellations a snapshot brings: of lines the one before it had and it has not, and, when it comes late,
    of its own lines that the one after it has not."""

    opened: _Opener
    rule: Snapshot
    this: Newer
    before: TakenFile | None
    after: TakenFile | None
    own: Callable[[], Iterable[Event]]

    def count(self) -> int:
        """How many there are. Raises: RefusedFile when this file lost too many lines."""
        if self.before is not None:
            known = sum(1 for _ in in_scope(self._events(self.before), self.rule, self.this.covers))
            lost = sum(1 for _ in missing(self._events(self.before), self.this, self.rule))
            check_loss(self.this.name, known, lost, self.rule)
        return sum(1 for _ in self.lines())

    def lines(self) -> Iterator[OrderLine]:
        """The cancellations, in the same order each time."""
        if self.before is not None:
            yield from missing(self._events(self.before), self.this, self.rule)
        if self.after is not None:
            ids = Marks()
            for event in self._events(self.after):
                if isinstance(event, OrderLine):
                    ids.add(event.id)
            later = Newer(_parts(self.after.key)[1], self.after.as_of, self.after.covers, ids)
            yield from missing(self.own(), later, self.rule)

    def _events(self, file: TakenFile) -> Iterator[Event]:
        return self.opened(file.key, file.version, file.uploaded_at).events
