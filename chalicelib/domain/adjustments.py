"""Manual adjustments: points one person proposes for a rep, another approves, and the ledger keeps like an award.

An adjustment is a fact of a deal book of its own (one for each rep and program), so that `dealbook.settle` posts it
exactly once and any retelling posts nothing more. It is added to what the rules say, never an edit of it: reason,
evidence, author and approver stay with it, and the rep sees it (domain.md 31). Once posted it stays; what was wrong
about it is another adjustment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.errors import Conflict, Forbidden
from chalicelib.domain.salesforce_values import same_person

AdjustmentState = Literal["proposed", "posted", "refused"]
STATES: tuple[AdjustmentState, ...] = ("proposed", "posted", "refused")

# No Salesforce id has a dash: nothing that goes by registrations takes an adjustment for one.
PREFIX = "ADJ-"
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an adjustment or dispute, for the audit: when, who, from which state to which, with what words."""

    at: datetime
    by: str
    old: str
    new: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points (never 0, negative ones take away) for one rep under one program and layer.

    `registration` is the deal it is about, `dispute` the dispute it came out of ("" for none). `counts_on` is its day
    in business time, a local day of the program's window, fixed when it is approved. `steps` say who did what.
    """

    id: str
    program: str
    rep: str
    layer: str
    registration: str
    points: int
    reason: str
    evidence: str
    author: str
    proposed_at: datetime
    dispute: str = ""
    state: AdjustmentState = "proposed"
    approver: str = ""
    decided_at: datetime | None = None
    counts_on: date | None = None
    text: str = ""
    steps: tuple[Change, ...] = ()

    def when(self) -> BusinessTime:
        """Its place in business time: the day it counts on, then the instant of its approval (domain.md 36)."""
        assert self.counts_on is not None and self.decided_at is not None, f"adjustment {self.id} was never approved"
        return BusinessTime(self.counts_on, self.decided_at, self.id)


def is_adjustment(id: str) -> bool:
    """Is this the id of an adjustment, where legs and payouts name a registration?"""
    return id.startswith(PREFIX)


def adjustment_id(*said: str) -> str:
    """The id of what was said: the same proposal sent twice is one adjustment.

    >>> len(adjustment_id("push", "005A", "internal", "", "50", "promised", "mail of 3 May", "005F"))
    28
    """
    return PREFIX + hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants posted; see `domain.adjustments.Adjustment`."""

    rep: str
    program: str
    layer: str
    registration: str
    points: int
    reason: str
    evidence: str
    dispute: str = ""

    def id(self, author: str) -> str:
        """The same words of the same person are the same adjustment; one out of a dispute names it as evidence."""
        return adjustment_id(
            self.program, self.rep, self.layer, self.registration, str(self.points), self.reason, self.evidence, author
        )  # fmt: skip


def book_of(program: str, rep: str) -> str:
    """Key of the deal book that holds a rep's adjustments under a program: one book, so that they follow each other."""
    return f"adjustments/{program}/{rep}"


def in_order(adjustments: Iterable[Adjustment]) -> list[Adjustment]:
    """Oldest first."""
    return sorted(adjustments, key=lambda a: (a.proposed_at, a.id))


def approved(adjustment: Adjustment, by: str, now: datetime, counts_on: date, has: int) -> Adjustment:
    """The adjustment, to be posted. `has` are the confirmed points the rep has now in that program and layer.

    Raises: Forbidden when `by` wrote it or is paid by it, Conflict when it is decided or would take more than she has.
    """
    _undecided(adjustment, by)
    if same_person(by, adjustment.author):
        raise Forbidden(f"{by} proposed adjustment {adjustment.id}: somebody else approves it.")
    if adjustment.points + has < 0:
        raise Conflict(
            f"Adjustment {adjustment.id} takes {-adjustment.points} points and the rep has {has} confirmed in "
            f"{adjustment.program}, layer {adjustment.layer}: no more than that can be taken. Refuse it, propose less."
        )
    step = Change(now, by, adjustment.state, "posted")
    return replace(
        adjustment, state="posted", approver=by, decided_at=now, counts_on=counts_on, steps=(*adjustment.steps, step)
    )


def refused(adjustment: Adjustment, by: str, now: datetime, text: str) -> Adjustment:
    """The adjustment, never to be posted; its author may take it back. Raises: Forbidden for the rep, Conflict when
    it is decided."""
    _undecided(adjustment, by)
    step = Change(now, by, adjustment.state, "refused", text)
    return replace(adjustment, state="refused", approver=by, decided_at=now, text=text, steps=(*adjustment.steps, step))


def _undecided(adjustment: Adjustment, by: str) -> None:
    if same_person(by, adjustment.rep):
        raise Forbidden("Nobody decides on her own points: ask a colleague.")
    if adjustment.state != "proposed":
        raise Conflict(f"Adjustment {adjustment.id} was {adjustment.state} by {adjustment.approver} already.")
