"""Disputes and adjustments: what a rep asks about her deals, and what two people decide on it (domain.md 31, 32)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from chalice import Blueprint

from chalicelib import bootstrap_money
from chalicelib.domain.adjustments import MOST_POINTS, Proposal
from chalicelib.domain.adjustments import STATES as ADJUSTMENT_STATES
from chalicelib.domain.disputes import DECISIONS, REASONS, STATES, Filing
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.salesforce_values import full_id
from chalicelib.handlers.web import Call, Created, secured

blueprint = Blueprint(__name__)

LONGEST_TEXT = 1000


class Reading:
    """A body read field by field: every problem is found before anything is refused."""

    def __init__(self, call: Call, what: str, known: Collection[str]) -> None:
        self.body, self.what = call.document(), what
        self.problems = [
            Problem(name, f"is no part of {what}", f"send {', '.join(known)}")
            for name in self.body
            if name not in known
        ]

    def text(self, name: str, *, optional: bool = False) -> str:
        """A text of 1 to 1,000 characters; "" for an optional one that is null or not there."""
        value = self.body.get(name)
        if optional and value in (None, ""):
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
            self._wrong(name, "is missing or no text", f"give {name} as a text of 1 to {LONGEST_TEXT} characters")
            return ""
        return value.strip()

    def code(self, name: str, codes: Collection[str]) -> str:
        """One of these codes."""
        value = self.body.get(name)
        if not isinstance(value, str) or value not in codes:
            self._wrong(name, "is none of the codes", f"use one of: {', '.join(codes)}", str(value)[:100])
            return ""
        return value

    def person_or_record(self, name: str, *, optional: bool = False) -> str:
        """A Salesforce id, in its 18-character form."""
        value = self.text(name, optional=optional)
        known = full_id(value) if value else None
        if value and known is None:
            self._wrong(name, "is no Salesforce id", "give the id of 15 or 18 characters", value[:100])
        return known or ""

    def points(self, name: str, of: dict[str, Any] | None = None) -> int:
        """Points to add, or to take when negative; never 0."""
        value = (self.body if of is None else of).get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not value or abs(value) > MOST_POINTS:
            remedy = f"give a whole number of points from -{MOST_POINTS:,} to {MOST_POINTS:,}, not 0"
            self._wrong(name, "is no number of points", remedy, str(value)[:100])
            return 0
        return value

    def adjustment(self) -> dict[str, Any] | None:
        """What an upheld dispute adds: {"layer", "points"} or null."""
        value = self.body.get("adjustment")
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) != {"layer", "points"} or not isinstance(value["layer"], str):
            self._wrong("adjustment", "is no adjustment", 'give {"layer": ..., "points": ...} or null')
            return None
        if self.body.get("outcome") == "denied":
            self._wrong("adjustment", "comes with a denial", "uphold the dispute, or leave it out")
        return {"layer": value["layer"], "points": self.points("points", value)}

    def done(self) -> None:
        """Raises: InvalidDocument with everything wrong so far."""
        if self.problems:
            raise InvalidDocument(self.what, self.problems)

    def _wrong(self, name: str, message: str, remedy: str, value: str = "") -> None:
        self.problems.append(Problem(name, message, remedy, value))


# --- the rep ----------------------------------------------------------------------------------------------------


@blueprint.route("/me/disputes", methods=["GET"])
@secured(blueprint, "rep")
def my_disputes(call: Call) -> object:
    """The rep's own disputes, newest first."""
    return bootstrap_money.dispute_desk().mine(call.caller.user)


@blueprint.route("/me/disputes", methods=["POST"])
@secured(blueprint, "rep")
def file(call: Call) -> object:
    """A rep disputes one of her deals under one program; 200 with the one that lives already, 201 with a new one."""
    read = Reading(call, "the dispute", ("registration", "program", "layer", "reason", "text"))
    filing = Filing(
        read.person_or_record("registration"), read.text("program"), read.text("layer", optional=True),
        read.code("reason", REASONS), read.text("text"),
    )  # fmt: skip
    read.done()
    filed, is_new = bootstrap_money.disputes().file(call.caller.user, filing, call.now)
    shown = bootstrap_money.dispute_desk().shown(filed)
    return Created(shown) if is_new else shown


@blueprint.route("/me/disputes/{dispute}/answer", methods=["POST"])
@secured(blueprint, "rep")
def answer(call: Call, dispute: str) -> object:
    """The rep says more."""
    text = call.text("text", longest=LONGEST_TEXT)
    return bootstrap_money.dispute_desk().shown(
        bootstrap_money.disputes().answer(dispute, call.caller.user, text, call.now)
    )


@blueprint.route("/me/disputes/{dispute}/withdraw", methods=["POST"])
@secured(blueprint, "rep")
def withdraw(call: Call, dispute: str) -> object:
    """The rep takes it back."""
    return bootstrap_money.dispute_desk().shown(
        bootstrap_money.disputes().withdraw(dispute, call.caller.user, call.now)
    )


# --- reviewers --------------------------------------------------------------------------------------------------


@blueprint.route("/disputes", methods=["GET"])
@secured(blueprint, "admin", "finance", "auditor", query=("state",))
def disputes(call: Call) -> object:
    """Disputes, oldest first, of one state when asked; and how many are overdue."""
    return bootstrap_money.dispute_desk().listed(_state(call, STATES), call.now)


@blueprint.route("/disputes/{dispute}", methods=["GET"])
@secured(blueprint, "admin", "finance", "auditor")
def one(call: Call, dispute: str) -> object:
    """One dispute with its evidence: the deal as it was at filing, and as it is now."""
    return bootstrap_money.dispute_desk().one(dispute, call.now)


@blueprint.route("/disputes/{dispute}/ask", methods=["POST"])
@secured(blueprint, "admin", "finance")
def ask(call: Call, dispute: str) -> object:
    """A reviewer asks the rep."""
    text = call.text("text", longest=LONGEST_TEXT)
    bootstrap_money.disputes().ask(dispute, call.caller.user, text, call.now)
    return bootstrap_money.dispute_desk().one(dispute, call.now)


@blueprint.route("/disputes/{dispute}/decide", methods=["POST"])
@secured(blueprint, "admin", "finance")
def decide(call: Call, dispute: str) -> object:
    """A reviewer, never the rep herself, upholds or denies; what is to be posted waits for a second person."""
    read = Reading(call, "the decision", ("outcome", "reason", "text", "adjustment"))
    outcome, reason = read.code("outcome", ("upheld", "denied")), read.code("reason", DECISIONS)
    text, adjustment = read.text("text"), read.adjustment()
    read.done()
    bootstrap_money.disputes().decide(
        dispute, call.caller.user, "upheld" if outcome == "upheld" else "denied", reason, text, adjustment, call.now
    )
    return bootstrap_money.dispute_desk().one(dispute, call.now)


# --- adjustments ------------------------------------------------------------------------------------------------


@blueprint.route("/adjustments", methods=["GET"])
@secured(blueprint, "admin", "finance", "auditor", query=("state",))
def adjustments(call: Call) -> object:
    """Adjustments, oldest first, of one state when asked."""
    return bootstrap_money.dispute_desk().adjustments_in(_state(call, ADJUSTMENT_STATES))


@blueprint.route("/adjustments", methods=["POST"])
@secured(blueprint, "admin", "finance")
def propose(call: Call) -> object:
    """Propose points for a rep, not oneself; they wait for another person."""
    known = ("rep", "program", "layer", "registration", "points", "reason", "evidence")
    read = Reading(call, "the adjustment", known)
    proposal = Proposal(
        read.person_or_record("rep"), read.text("program"), read.text("layer"),
        read.person_or_record("registration", optional=True), read.points("points"), read.text("reason"),
        read.text("evidence"),
    )  # fmt: skip
    read.done()
    return _shown(bootstrap_money.adjustments().propose(proposal, call.caller.user, call.now).id)


@blueprint.route("/adjustments/{adjustment}/approve", methods=["POST"])
@secured(blueprint, "admin", "finance")
def approve(call: Call, adjustment: str) -> object:
    """Post an adjustment: neither its author nor the rep may."""
    return _shown(bootstrap_money.adjustments().approve(adjustment, call.caller.user, call.now).id)


@blueprint.route("/adjustments/{adjustment}/refuse", methods=["POST"])
@secured(blueprint, "admin", "finance")
def refuse(call: Call, adjustment: str) -> object:
    """Never post an adjustment; its author may take it back."""
    text = call.text("text", longest=LONGEST_TEXT)
    return _shown(bootstrap_money.adjustments().refuse(adjustment, call.caller.user, text, call.now).id)


def _shown(id: str) -> object:
    return bootstrap_money.dispute_desk().adjustment(bootstrap_money.adjustments().find(id))


def _state(call: Call, states: Collection[str]) -> str:
    state = call.query.get("state", "")
    if state and state not in states:
        problem = Problem("state", "is no state", f"use one of: {', '.join(states)}", state[:100])
        raise InvalidDocument("the query", [problem])
    return state
