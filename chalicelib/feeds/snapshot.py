"""Snapshots: a file that lists everything open, so that a line it no longer lists was cancelled (domain.md 39).

Neighbouring snapshots are compared, in the order of what they speak of, not of arrival: a late one is compared with
the one before it and with the one after it, so any order of arrival ends in the same cancellations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.domain.errors import RefusedFile
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine, Revision
from chalicelib.feeds.marks import Marks
from chalicelib.feeds.normalise import Event
from chalicelib.feeds.profiles import Snapshot
from chalicelib.feeds.taken import TakenFile


@dataclass(frozen=True, slots=True)
class Newer:
    """The later one of two snapshots: its file name, the instant it speaks of, the last day it covers, its line ids."""

    name: str
    as_of: datetime
    covers: date
    ids: Marks


def neighbours(
    files: Sequence[TakenFile], profile: str, as_of: datetime, sha256: str
) -> tuple[TakenFile | None, TakenFile | None]:
    """The snapshots of this profile taken before that speak of the instant next before and next after `as_of`."""
    others = [f for f in files if f.profile == profile and f.sha256 != sha256]
    before = max((f for f in others if f.as_of < as_of), key=lambda f: f.as_of, default=None)
    after = min((f for f in others if f.as_of > as_of), key=lambda f: f.as_of, default=None)
    return before, after


def in_scope(older: Iterable[Event], rule: Snapshot, covers: date) -> Iterator[OrderLine]:
    """The lines of an older snapshot that a newer one, which covers up to `covers`, would have to list."""
    since = covers - timedelta(days=rule.scope_days) if rule.scope_days is not None else date.min
    for event in older:
        if not isinstance(event, OrderLine) or event.document_type not in ("order", "invoice"):
            continue
        if event.quantity > 0 and since <= event.dated() <= covers:
            yield event


def missing(older: Iterable[Event], newer: Newer, rule: Snapshot) -> Iterator[OrderLine]:
    """A cancellation, dated by the newer snapshot, for every line in scope that it does not list."""
    for line in in_scope(older, rule, newer.covers):
        if line.id not in newer.ids:
            yield replace(
                line, document_type="cancellation", quantity=Decimal(0), amount=Money(0, line.amount.currency),
                cancelled=line.quantity, revision=Revision(line.revision.number, newer.as_of, 0),
                source=f"{newer.name}:absent", held="",
            )  # fmt: skip


def check_loss(name: str, known: int, lost: int, rule: Snapshot) -> None:
    """A snapshot that loses too much is a broken export, not a wave of cancellations. Raises: RefusedFile."""
    if lost * 100 > known * rule.most_lost_percent:
        raise RefusedFile(
            f"{name}: lists {known - lost} of the {known} lines the snapshot before it had, so {lost} would be "
            f"cancelled; at most {rule.most_lost_percent} % may be. Ask for the whole file, or raise most_lost_percent "
            "in the profile if this is right."
        )
