"""Windows, local days and instants.

A window is two dates and an IANA zone; it is half-open in instants: [start 00:00, the day after the end 00:00)
local time (domain.md 2). A date without a time is compared as a date (domain.md 38).

>>> w = Window(date(2026, 10, 1), date(2026, 12, 31), "America/Chicago")
>>> w.contains(datetime(2027, 1, 1, 5, 59, tzinfo=UTC)), w.contains(datetime(2027, 1, 1, 6, 0, tzinfo=UTC))
(True, False)
>>> w.contains(date(2026, 12, 31))
True
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA zone `name`. Raises: ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError, bad keys are ValueErrors
        raise ValueError(f'"{name}" is no IANA time zone') from error
    except KeyError as error:
        raise ValueError(f'"{name}" is no IANA time zone') from error


def local_day(moment: date | datetime, zone_name: str) -> date:
    """The local calendar day of an instant; a plain date is itself."""
    if isinstance(moment, datetime):
        assert moment.tzinfo is not None, f"naive datetime {moment}: every instant is UTC-aware"
        return moment.astimezone(zone(zone_name)).date()
    return moment


def starts_at(day: date, zone_name: str) -> datetime:
    """The UTC instant at which `day` begins in the zone."""
    return datetime.combine(day, time(0), tzinfo=zone(zone_name)).astimezone(UTC)


def quarter_of(moment: datetime) -> str:
    """Calendar quarter of an instant in UTC, as "2026Q4": the second half of a deal book's key."""
    moment = moment.astimezone(UTC)
    return f"{moment.year}Q{(moment.month + 2) // 3}"


def quarters_from(quarter: str, first: int, last: int) -> tuple[str, ...]:
    """The quarters from `first` to `last` after this one, both included; negative numbers are before it.

    >>> quarters_from("2026Q4", -1, 1)
    ('2026Q3', '2026Q4', '2027Q1')
    """
    at = int(quarter[:4]) * 4 + int(quarter[5:]) - 1
    return tuple(f"{n // 4:04}Q{n % 4 + 1}" for n in range(at + first, at + last + 1))


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, the last day of a shorter month.

    >>> months_before(date(2026, 5, 31), 3)
    datetime.date(2026, 2, 28)
    """
    at = day.year * 12 + day.month - 1 - months
    year, month = at // 12, at % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def iso(moment: datetime) -> str:
    """An instant as ISO 8601 UTC with milliseconds and Z, which sorts as text in time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant with an offset or Z into UTC. Raises: ValueError when it has none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f'"{text}" has no time zone: write it with Z or an offset')
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Both days count; `zone` is an IANA name."""

    start: date
    end: date
    zone: str

    def contains(self, moment: date | datetime) -> bool:
        """Does this instant, or this local date, lie in the window?"""
        return self.start <= local_day(moment, self.zone) <= self.end

    def opens_at(self) -> datetime:
        """First instant that counts (UTC)."""
        return starts_at(self.start, self.zone)

    def closes_at(self) -> datetime:
        """First instant that no longer counts (UTC)."""
        return starts_at(self.end + timedelta(days=1), self.zone)

    def days(self) -> int:
        """Length in calendar days, both ends included."""
        return (self.end - self.start).days + 1


def day_text(day: date) -> str:
    """A date for people, as "31 Dec 2026"."""
    return f"{day.day} {day:%b %Y}"
