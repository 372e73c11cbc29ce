"""The report of one feed file: what was in it, what became of every row, and what a person should do.

Its counts always add up: in = scored + pending + unmatched + quarantined + duplicate + ignored + waiting, where
waiting is what scoring has not said yet (domain.md 9, 41). It is written before the first line is scored and again
when the last one is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.feeds.chunks import ChunkCounts
from chalicelib.feeds.control import ControlResult
from chalicelib.feeds.rejected import IgnoredRow, RejectedRow, neutral

ROWS_SHOWN = 200  # of each kind, in the report itself
ROWS_EXPORTED = 10_000  # in the CSV beside it; the quarantine holds every rejected row

State = Literal["scoring", "done", "refused", "duplicate"]


class Counts(msgspec.Struct, frozen=True):
    """Rows by what became of them. `into` is their sum; as JSON it is called "in", a word Python keeps for itself."""

    into: int = msgspec.field(default=0, name="in")
    scored: int = 0
    pending: int = 0
    unmatched: int = 0
    quarantined: int = 0
    duplicate: int = 0
    ignored: dict[str, int] = msgspec.field(default_factory=dict)
    waiting: int = 0

    def add_up(self) -> bool:
        """The promise of domain.md 9."""
        known = self.scored + self.pending + self.unmatched + self.quarantined + self.duplicate
        return self.into == known + sum(self.ignored.values()) + self.waiting


@dataclass(frozen=True, slots=True)
class Canonical:
    """The order lines that may count (held ones are not among them): how many, their net quantity, their amounts by
    currency and the plain sum over currencies, as control totals state it."""

    lines: int = 0
    net_quantity: Decimal = Decimal(0)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    total: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A line that was read but waits for a person."""

    source: str
    line: str
    why: str


@dataclass(frozen=True, slots=True)
class FeedReport:
    """`file` is the object key; `covers` the last local day the file covers; `reason` says why it was refused, in
    words with the way out; `duplicate_of` is the earlier file with the same content; `rows_to_correct` is the key of
    the CSV with the rows in quarantine ("" when there are none)."""

    file: str
    distributor: str
    state: State
    uploaded_at: datetime
    read_at: datetime
    sha256: str = ""
    profile: str = ""
    as_of: datetime | None = None
    covers: date | None = None
    canonical: Canonical = Canonical()
    counts: Counts = field(default_factory=Counts)
    control: ControlResult | None = None
    quarantined: tuple[RejectedRow, ...] = ()
    held: tuple[HeldRow, ...] = ()
    cancelled_by_absence: int = 0
    reason: str = ""
    duplicate_of: str = ""
    rows_to_correct: str = ""
    done_at: datetime | None = None

    def with_absent(self, cancelled: int) -> FeedReport:
        """The report of a snapshot that brings this many cancellations of lines it no longer lists. They count as
        rows of the file, for each is scored."""
        into, waiting = self.counts.into + cancelled, self.counts.waiting + cancelled
        counts = msgspec.structs.replace(self.counts, into=into, waiting=waiting)
        return replace(self, counts=counts, cancelled_by_absence=cancelled)


class Summary:
    """Adds up the events of a file while they stream past; keeps the first rows of each kind for the report."""

    def __init__(self) -> None:
        self.lines = self.quarantined = self.held = 0
        self._canonical = 0
        self._quantity = Decimal(0)
        self._minor: dict[str, int] = {}
        self._ignored: dict[str, int] = {}
        self._rejected: list[RejectedRow] = []
        self._held: list[HeldRow] = []

    def add(self, event: OrderLine | RejectedRow | IgnoredRow) -> None:
        """Count one row."""
        if isinstance(event, OrderLine):
            self.lines += 1
            if event.held:
                self.held += 1
                if len(self._held) < ROWS_SHOWN:
                    self._held.append(HeldRow(event.source, event.id, event.held))
                return
            self._canonical += 1
            self._quantity += event.quantity
            amount = event.amount
            self._minor[amount.currency] = self._minor.get(amount.currency, 0) + amount.minor
        elif isinstance(event, RejectedRow):
            self.quarantined += 1
            if len(self._rejected) < ROWS_SHOWN:
                self._rejected.append(event)
        else:
            self._ignored[event.reason] = self._ignored.get(event.reason, 0) + 1

    def rows(self) -> int:
        """All rows seen."""
        return self.lines + self.quarantined + sum(self._ignored.values())

    def fill(self, report: FeedReport) -> FeedReport:
        """The report with what was read; every line waits for scoring."""
        amounts = {code: Money(minor, code).decimal() for code, minor in sorted(self._minor.items())}
        return replace(
            report,
            canonical=Canonical(self._canonical, self._quantity, amounts, sum(amounts.values(), Decimal(0))),
            counts=Counts(
                into=self.rows(), quarantined=self.quarantined, ignored=dict(self._ignored), waiting=self.lines
            ),
            quarantined=tuple(self._rejected),
            held=tuple(self._held),
        )


def finished(report: FeedReport, scored: ChunkCounts, now: datetime) -> FeedReport:
    """The report once every chunk is scored. `scored` sums them up.

    Raises: BrokenPromise when it is about another number of lines than were read.
    """
    before = report.counts
    lines = before.into - before.quarantined - sum(v for k, v in before.ignored.items() if k != SUPERSEDED)
    ignored = {k: v for k, v in before.ignored.items() if k != SUPERSEDED}
    if scored.superseded:
        ignored[SUPERSEDED] = scored.superseded
    counts = Counts(
        into=before.into, scored=scored.scored, pending=scored.pending, unmatched=scored.unmatched,
        quarantined=before.quarantined, duplicate=scored.duplicate, ignored=ignored,
    )  # fmt: skip
    if scored.total() != lines or not counts.add_up():
        raise BrokenPromise(
            f"{report.file}: {lines} lines were read but {scored.total()} scored. Compare the report with the chunks "
            "of the file (docs/operations) before anything of it is paid."
        )
    return replace(report, state="done", counts=counts, done_at=now)


SUPERSEDED = "superseded on arrival"


def report_key(file: str) -> str:
    """Where the report of a feed file lies in the report bucket.

    >>> report_key("feeds/ingram/2026-11-21.csv")
    'reports/feeds/ingram/2026-11-21.csv.json'
    """
    return f"reports/{file}.json"


def again_key(file: str, uploaded_at: datetime) -> str:
    """Where the report of the same file dropped again under the same name lies: the first report stays."""
    return f"reports/{file}.again-{uploaded_at:%Y%m%dT%H%M%SZ}.json"


_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder(FeedReport)


def to_bytes(report: FeedReport) -> bytes:
    """The report as indented JSON; amounts are decimal texts. Raises: BrokenPromise when its counts do not add up."""
    if not report.counts.add_up():
        raise BrokenPromise(f"{report.file}: the counts of its report do not add up: {report.counts}")
    return msgspec.json.format(_encoder.encode(report), indent=2)


def from_bytes(body: bytes) -> FeedReport:
    """The inverse of `to_bytes`. Raises: msgspec.ValidationError."""
    return _decoder.decode(body)


def quarantine_key(file: str, sha256: str) -> str:
    """Where the rows in quarantine of this content of the file lie as CSV."""
    return f"reports/quarantine/{file}.{sha256[:12]}.csv"


def quarantine_csv(rows: Iterable[RejectedRow]) -> bytes:
    """Rejected rows as CSV (UTF-8 with BOM, CRLF) for the distributor or a spreadsheet; no cell runs as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = ("file", "line", "column", "value", "reason", "remedy")
    writer.writerow(names)
    writer.writerows([neutral(str(getattr(row, name))) for name in names] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
