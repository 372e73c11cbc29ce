"""What is remembered of a distributor's feed: files taken, and how far it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file all of whose chunks were handed over. `version` is the object version read; `report` the key of its
    report; `rows` counts everything that was in it."""

    key: str
    version: str
    sha256: str
    profile: str
    report: str
    as_of: datetime
    covers: date
    uploaded_at: datetime
    taken_at: datetime
    rows: int
    lines: int


@dataclass(frozen=True, slots=True)
class FeedState:
    """Where a distributor's feed stands. `reported_at` is when its latest file was dropped, `as_of` the latest
    instant any file speaks of; `complete_to` the last local day whose lines are all scored (None: no file yet)."""

    distributor: str
    reported_at: datetime
    as_of: datetime
    last_file: str
    complete_to: date | None = None
