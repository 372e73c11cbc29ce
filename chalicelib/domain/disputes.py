"""A dispute: a rep's question about one deal under one program, from filing to its end (domain.md 32).

    open  <->  needs_info          while either, the disputed award waits out of every payout run, and nothing else does
    open, needs_info  ->  denied     the rules were right: nothing is posted
    open, needs_info  ->  upheld     an adjustment waits for a second person; closed once it is posted or refused
    open, needs_info  ->  closed     upheld with nothing to post: the corrected fact re-scores by itself
    open, needs_info  ->  withdrawn  by the rep

Every state but upheld and the two undecided ones is an end; the same deal may be disputed again then. A dispute itself
moves no points: its outcome is an adjustment or nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from chalicelib.domain.adjustments import Change
from chalicelib.domain.calendar import local_day
from chalicelib.domain.errors import Conflict, Forbidden
from chalicelib.domain.salesforce_values import same_person

DisputeState = Literal["open", "needs_info", "upheld", "denied", "withdrawn", "closed"]
Outcome = Literal["upheld", "denied"]

# Reason codes with what each means to whoever reads it.
REASONS = {
    "not_counted": "the deal should count and does not",
    "wrong_amount": "it counts with the wrong amount",
    "wrong_product": "it was taken for another product",
    "wrong_rep": "somebody else is credited with it",
    "order_missing": "its order or invoice is missing",
    "other": "something else",
}
DECISIONS = {
    "rule_applied_right": "the rules were applied as the card says",
    "evidence_missing": "nothing that was given shows it",
    "data_corrected": "the data was wrong and was put right",
    "rule_exception": "an exception from the rules was granted",
    "duplicate": "it was decided before",
    "other": "something else",
}

STATES: tuple[DisputeState, ...] = ("open", "needs_info", "upheld", "denied", "withdrawn", "closed")
UNDECIDED: frozenset[DisputeState] = frozenset({"open", "needs_info"})
LIVE: frozenset[DisputeState] = UNDECIDED | {"upheld"}

# Business days until somebody must have acted, by state. A rep who hears nothing for a week goes to her channel manager
# instead (W10, W81), so a reviewer has three days. She gets five, for the answer may lie with the customer. An approval
# is one look at what was argued already: two.
DUE_WITHIN: dict[DisputeState, int] = {"open": 3, "needs_info": 5, "upheld": 2}

WAITS_FOR: dict[DisputeState, str] = {
    "open": "a reviewer to look at it",
    "needs_info": "your answer",
    "upheld": "a second person to approve the adjustment",
    "denied": "",
    "withdrawn": "",
    "closed": "",
}
MOST_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class Filing:
    """What a rep disputes; `layer` "" means all of them. `reason` is a code of `REASONS`."""

    registration: str
    program: str
    layer: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message: when, by which side, by whom, and what."""

    at: datetime
    by: Literal["rep", "reviewer"]
    user: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer decided, with a code of `DECISIONS` and her words to the rep."""

    outcome: Outcome
    reason: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """One dispute at one revision. `deal` is the registration's number, `layer` "" when all layers are meant, `reason`
    a code of `REASONS`. `evidence` is the deal as the rep saw it when she filed, with its proof tree; it never changes.
    `since` is when it came into its state, `adjustment` the id of what an upheld one proposes. `rev` counts writes."""

    id: str
    rep: str
    registration: str
    deal: str
    program: str
    layer: str
    reason: str
    text: str
    filed_at: datetime
    since: datetime
    zone: str
    evidence: dict[str, Any]
    state: DisputeState = "open"
    messages: tuple[Message, ...] = ()
    decision: Decision | None = None
    adjustment: str = ""
    ended_at: datetime | None = None
    steps: tuple[Change, ...] = ()
    rev: int = 0

    @property
    def holds(self) -> bool:
        """Does it keep its award out of payout runs?"""
        return self.state in UNDECIDED

    @property
    def live(self) -> bool:
        """Does anything still follow from it?"""
        return self.state in LIVE

    def due_on(self) -> date | None:
        """The local day by which somebody must have acted; None when nobody has to."""
        days = DUE_WITHIN.get(self.state)
        return None if days is None else business_days_after(local_day(self.since, self.zone), days)

    def overdue(self, now: datetime) -> bool:
        """Is that day over?"""
        due = self.due_on()
        return due is not None and local_day(now, self.zone) > due

    def holds_back(self, rep: str, layer: str, registration: str) -> bool:
        """Is this the award it is about?"""
        return (rep, registration) == (self.rep, self.registration) and self.layer in ("", layer)


def business_days_after(day: date, days: int) -> date:
    """The day so many business days later. Weekends do not count; holidays differ by country and are not known here.

    >>> business_days_after(date(2026, 10, 2), 1)  # a Friday
    datetime.date(2026, 10, 5)
    """
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def dispute_id(program: str, rep: str, registration: str, number: int) -> str:
    """The id of a rep's dispute of that number about one deal under one program: whoever files twice at once, or again
    because no answer came, files the same one. The program is in it, so that it is found by its id alone."""
    parts = "\x1f".join((program, rep, registration, str(number)))
    return f"{program}-{hashlib.sha256(parts.encode()).hexdigest()[:20]}"


def program_of(id: str) -> str:
    """The program a dispute's id names ("" for what is none)."""
    return id.rpartition("-")[0]


def ask(dispute: Dispute, by: str, text: str, now: datetime) -> Dispute:
    """A reviewer asks the rep. Raises: Forbidden for one's own dispute, Conflict when it is decided."""
    _review(dispute, by)
    if _said_last(dispute, "reviewer", by, text):
        return dispute
    _room(dispute)
    message = Message(now, "reviewer", by, text)
    return _moved(dispute, "needs_info", by, now, messages=(*dispute.messages, message))


def answer(dispute: Dispute, text: str, now: datetime) -> Dispute:
    """The rep answers, or adds to what she said. Raises: Conflict when it is decided."""
    _undecided(dispute)
    if _said_last(dispute, "rep", dispute.rep, text):
        return dispute
    _room(dispute)
    message = Message(now, "rep", dispute.rep, text)
    return _moved(dispute, "open", dispute.rep, now, messages=(*dispute.messages, message))


def withdraw(dispute: Dispute, now: datetime) -> Dispute:
    """The rep takes it back. Raises: Conflict when it is decided."""
    if dispute.state == "withdrawn":
        return dispute
    _undecided(dispute)
    return _moved(dispute, "withdrawn", dispute.rep, now, ended_at=now)


def decide(
    dispute: Dispute, by: str, outcome: Outcome, reason: str, text: str, adjustment: str, now: datetime
) -> Dispute:
    """A reviewer decides. `adjustment` is the id of the one an upheld dispute proposes ("": nothing to post).

    The same decision by the same person again changes nothing. Raises: Forbidden for one's own dispute, Conflict when
    it was decided otherwise.
    """
    made = dispute.decision
    if made is not None and made == Decision(outcome, reason, text, by, made.at) and dispute.adjustment == adjustment:
        return dispute
    _review(dispute, by)
    to: DisputeState = "denied" if outcome == "denied" else "upheld" if adjustment else "closed"
    decision = Decision(outcome, reason, text, by, now)
    return _moved(dispute, to, by, now, text=reason, decision=decision, adjustment=adjustment, ended_at=now)


def close(dispute: Dispute, by: str, fate: str, now: datetime) -> Dispute:
    """Its adjustment was posted or refused; one that is closed stays as it is."""
    if dispute.state != "upheld":
        return dispute
    return _moved(dispute, "closed", by, now, text=f"its adjustment was {fate}")


def _review(dispute: Dispute, by: str) -> None:
    if same_person(by, dispute.rep):
        raise Forbidden("Nobody decides on her own dispute: ask a colleague.")
    _undecided(dispute)


def _undecided(dispute: Dispute) -> None:
    if dispute.state not in UNDECIDED:
        raise Conflict(f"Dispute {dispute.id} is {dispute.state}: nothing can be added to it any more.")


def _said_last(dispute: Dispute, side: str, user: str, text: str) -> bool:
    """Was this sent before, and only the answer to it lost?"""
    last = dispute.messages[-1] if dispute.messages else None
    return last is not None and (last.by, last.user, last.text) == (side, user, text)


def _room(dispute: Dispute) -> None:
    if len(dispute.messages) >= MOST_MESSAGES:
        raise Conflict(f"Dispute {dispute.id} has {MOST_MESSAGES} messages: decide it, or talk to each other.")


def _moved(dispute: Dispute, to: DisputeState, by: str, now: datetime, *, text: str = "", **more: Any) -> Dispute:
    step = Change(now, by, dispute.state, to, text)
    since = dispute.since if to == dispute.state else now
    return replace(dispute, state=to, since=since, steps=(*dispute.steps, step), rev=dispute.rev + 1, **more)
