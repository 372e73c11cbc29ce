"""Programs: the card everybody may read, the leaderboard, and the admin's way from draft to active to retired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalice import Blueprint

from chalicelib import bootstrap_api
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.handlers.web import Call, secured

blueprint = Blueprint(__name__)

TOP = 10
MOST = 100  # rows the board keeps


@blueprint.route("/programs", methods=["GET"])
@secured(blueprint, "rep", "admin", "finance", "auditor")
def programs(call: Call) -> object:
    """Every active program: its card, its window and what each layer pays."""
    return bootstrap_api.program_list(call.now)


@blueprint.route("/programs/{id}", methods=["GET"])
@secured(blueprint, "rep", "admin", "finance", "auditor")
def program(call: Call, id: str) -> object:
    """One program with its rules as a document; drafts and retired ones for admins and auditors only."""
    return bootstrap_api.program_detail(id, call.now, drafts=call.caller.has_any(frozenset({"admin", "auditor"})))


@blueprint.route("/programs/quote", methods=["POST"])
@secured(blueprint, "rep")
def quote(call: Call) -> object:
    """What a sale would earn the caller under every program, were it made now; stores nothing."""
    return bootstrap_api.quote(call.document(), call.caller.user, call.now)


@blueprint.route("/programs/{id}", methods=["PUT"])
@secured(blueprint, "admin")
def save_draft(call: Call, id: str) -> object:
    """Store the document as the program's draft; the caller is its author."""
    return bootstrap_api.save_program_draft(id, call.document(), call.caller.user, call.now)


@blueprint.route("/programs/{id}/activate", methods=["POST"])
@secured(blueprint, "admin")
def activate(call: Call, id: str) -> object:
    """Activate the draft; the caller is its approver and must not be its author. Enrolls and scores behind it."""
    day = _effective_from(call.document()) if call.raw_body.strip() else None
    return bootstrap_api.activate_program(id, call.caller.user, call.now, day)


@blueprint.route("/programs/{id}/restate", methods=["POST"])
@secured(blueprint, "admin")
def restate(call: Call, id: str) -> object:
    """What the draft would change from a day that has begun, deal by deal; with that report's digest: do it."""
    document = call.document()
    digest = document.get("digest", "")
    wrong = [] if isinstance(digest, str) and len(digest) <= 64 else [
        Problem("digest", "is no digest", "send the one of the report you read", str(digest)[:80])
    ]  # fmt: skip
    day = _effective_from({name: value for name, value in document.items() if name != "digest"}, wrong)
    if day is None:
        raise InvalidDocument("the restatement", [Problem("effective_from", "is missing", "write it as 2026-10-01")])
    assert isinstance(digest, str), "refused above"
    return bootstrap_api.restate_program(id, call.caller.user, call.now, day, digest)


@blueprint.route("/programs/{id}/retire", methods=["POST"])
@secured(blueprint, "admin")
def retire(call: Call, id: str) -> object:
    """Take a program that has no open period out of the active ones, with what was decided about it; what was earned
    and paid stays."""
    document = call.document() if call.raw_body.strip() else {}
    problems = [
        Problem(name, "is no part of a review", 'send {"decision": "repeat", "reason": "..."}')
        for name in document
        if name not in ("decision", "reason")
    ]
    decision, reason = document.get("decision"), document.get("reason", "")
    if not isinstance(reason, str) or not isinstance(decision, str | None):
        problems.append(Problem("document", "is no review", 'send {"decision": "repeat", "reason": "..."}'))
    if problems:
        raise InvalidDocument("the review", problems)
    assert isinstance(reason, str) and isinstance(decision, str | None), "refused above"
    return bootstrap_api.retire_program(id, call.caller.user, call.now, decision, reason)


@blueprint.route("/programs/{id}/replay", methods=["POST"])
@secured(blueprint, "admin")
def replay(call: Call, id: str) -> object:
    """Ask what the draft or a version would have paid over what has happened; posts and pays nothing."""
    return bootstrap_api.ask_replay(id, call.document() if call.raw_body.strip() else {}, call.caller.user, call.now)


@blueprint.route("/replays/{replay}", methods=["GET"])
@secured(blueprint, "admin", "finance", "auditor")
def replay_of(call: Call, replay: str) -> object:  # noqa: ARG001 - every view is given its call
    """How far a replay is, and its report when it is done."""
    return bootstrap_api.show_replay(replay)


@blueprint.route("/programs/{id}/leaderboard", methods=["GET"])
@secured(blueprint, "rep", "admin", "finance", "auditor", query=("top",))
def leaderboard(call: Call, id: str) -> object:
    """The top, the caller's own place, and the neighbours."""
    top = call.number("top", least=1, most=MOST, default=TOP)
    return bootstrap_api.leaderboard(id, call.caller.user, call.now, top)


def _effective_from(document: dict[str, object], wrong: Sequence[Problem] = ()) -> date | None:
    """`effective_from` of an activation, a local day. Raises: InvalidDocument naming what is not understood, with
    what is `wrong` already."""
    problems = [
        *wrong,
        *(
            Problem(name, "is no part of an activation", 'send {} or {"effective_from": "2026-10-01"}')
            for name in document
            if name != "effective_from"
        ),
    ]
    value, day = document.get("effective_from"), None
    if value is not None:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            day = None
        if day is None:
            problems.append(Problem("effective_from", "is no date", "write it as 2026-10-01", str(value)[:100]))
    if problems:
        raise InvalidDocument("the activation", problems)
    return day
