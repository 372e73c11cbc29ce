"""How fresh the facts are: what Salesforce and every distributor last told us, for the badge beside each standing and
for the admin's list of feeds (W21, W23)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.calendar import instant
from chalicelib.feeds.taken import FeedState
from chalicelib.reports.feed_report import Canonical, Counts, FeedReport, State, from_bytes, report_key
from chalicelib.services.rep_views import Source


class FeedRecords(Protocol):
    """What the feed log tells."""

    def state(self, distributor: str) -> FeedState | None:
        """Where the feed stands; None when it never reported."""


class ReportFiles(Protocol):
    """The reports beside the files."""

    def newest(self, prefix: str, limit: int) -> Sequence[str]:
        """Keys below `prefix`, the newest first."""

    def get(self, key: str) -> bytes:
        """A report's bytes."""


class SweepReports(Protocol):
    """What the sweeps of Salesforce last reported."""

    def last_report(self, object_name: str) -> dict[str, object] | None:
        """The last sweep's report of an object; None before the first."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One distributor in the admin's list, and the programs that wait for its files."""

    distributor: str
    last_file_at: datetime | None
    complete_to: date | None
    stale: bool
    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of a distributor in short: `counts` always add up (domain.md 9), `reason` says why it was refused,
    `report` is the key of the whole report in the report bucket."""

    file: str
    state: State
    uploaded_at: datetime
    read_at: datetime
    done_at: datetime | None
    profile: str
    covers: date | None
    counts: Counts
    canonical: Canonical
    reason: str
    duplicate_of: str
    report: str


@dataclass(frozen=True, slots=True)
class FreshSources:
    """`rep_views.Sources` over the sweep's reports and the feed log. `objects` are the swept registration objects."""

    sweeps: SweepReports
    feeds: FeedRecords
    objects: Sequence[str]

    def sources(self, feeds: Collection[str]) -> list[Source]:
        """Salesforce first: read up to the oldest of its objects' last sweeps. Messages are newer still, but only the
        sweep knows that none was missed."""
        reports = [report for name in self.objects if (report := self.sweeps.last_report(name)) is not None]
        swept = [instant(str(report["at"])) for report in reports]
        found = [Source("salesforce", "salesforce", min(swept, default=None))]
        for distributor in feeds:
            state = self.feeds.state(distributor)
            if state is None:
                found.append(Source(distributor, "feed", None))
            else:
                found.append(Source(distributor, "feed", state.reported_at, state.complete_to))
        return found


def feed_list(
    sources: FreshSources, distributors: Collection[str], waiting: Mapping[str, Sequence[str]], now: datetime
) -> dict[str, object]:
    """Salesforce and every known distributor. `waiting` maps a distributor to the programs that expect its files."""
    salesforce, *feeds = (s.seen_at(now) for s in sources.sources(sorted({*distributors, *waiting})))
    lines = [FeedLine(s.name, s.as_of, s.complete_to, s.stale, tuple(sorted(waiting.get(s.name, ())))) for s in feeds]
    return {"as_of": now, "salesforce": salesforce, "feeds": lines}


def feed_files(files: ReportFiles, distributor: str, limit: int) -> dict[str, object]:
    """A distributor's latest files, newest first."""
    keys = files.newest(report_key(f"feeds/{distributor}/").removesuffix(".json"), limit)
    return {"distributor": distributor, "files": [_file_line(key, from_bytes(files.get(key))) for key in keys]}


def _file_line(key: str, report: FeedReport) -> FileLine:
    return FileLine(
        report.file, report.state, report.uploaded_at, report.read_at, report.done_at, report.profile, report.covers,
        report.counts, report.canonical, report.reason, report.duplicate_of, key,
    )  # fmt: skip
