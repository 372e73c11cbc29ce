"""What the rule must leave alone: times that were passed in, and words that only sound like a clock."""

from datetime import UTC, datetime, timedelta


def is_open(program, now):
    # ok: clock
    return program.closes_at > now


def week_after(now: datetime) -> datetime:
    # ok: clock
    return now.astimezone(UTC) + timedelta(days=7)


def read(text):
    # ok: clock
    return datetime.fromisoformat(text), text.time
