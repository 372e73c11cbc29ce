"""What finance asks and does: payouts, periods with their certificates, approvals, manual confirmations."""

from __future__ import annotations

from datetime import date

from chalice import Blueprint

from chalicelib import bootstrap_money
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.payouts import PayoutState
from chalicelib.handlers.web import Call, secured

blueprint = Blueprint(__name__)

_RUNS = 10_000
PAYOUTS_A_PAGE = 200


@blueprint.route("/payouts", methods=["GET"])
@secured(blueprint, "finance", "auditor", query=("program", "state", "limit", "cursor"))
def payouts(call: Call) -> object:
    """Every payout with its lines, states and instants, a page at a time; filtered by program and state when asked."""
    state = call.query.get("state", "")
    known = [s.value for s in PayoutState]
    if state and state not in known:
        problem = Problem("state", "is no state of a payout", f"use one of: {', '.join(known)}", state[:100])
        raise InvalidDocument("the query", [problem])
    limit = call.number("limit", least=1, most=1_000, default=PAYOUTS_A_PAGE)
    return bootstrap_money.payout_list(
        call.now, call.query.get("program"), PayoutState(state) if state else None, limit, call.query.get("cursor", "")
    )


@blueprint.route("/periods", methods=["GET"])
@secured(blueprint, "finance", "auditor", "admin")
def periods(call: Call) -> object:
    """Where every program's period stands: open, waiting for a feed, frozen, planned, trailing, done."""
    return bootstrap_money.period_views().all(call.now)


@blueprint.route("/periods/{program}", methods=["GET"])
@secured(blueprint, "finance", "auditor", "admin")
def period(call: Call, program: str) -> object:
    """One period: its watermark, certificate, runs with their digests, and approvals."""
    return bootstrap_money.period_views().one(program, call.now)


@blueprint.route("/periods/{program}/approve", methods=["POST"])
@secured(blueprint, "finance")
def approve(call: Call, program: str) -> object:
    """Release one run, by the digest of exactly what was planned. Not by the author, nobody her own."""
    body = call.document()
    run, problems = body.get("run"), []
    if isinstance(run, bool) or not isinstance(run, int) or not 0 <= run < _RUNS:
        problems.append(Problem("run", "is no run", "give the number of the run as GET /periods/{program} shows it"))
    digest = body.get("digest")
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        problems.append(Problem("digest", "is no digest", "copy the run's digest from GET /periods/{program}"))
    problems += [Problem(n, "is no part of an approval", "send run and digest") for n in body if n not in _APPROVAL]
    if problems:
        raise InvalidDocument("the approval", problems)
    assert isinstance(run, int) and isinstance(digest, str)
    return bootstrap_money.approve_run(program, run, digest, call.caller.user, call.now)


_APPROVAL = ("run", "digest")


@blueprint.route("/payouts/{key}/confirm", methods=["POST"])
@secured(blueprint, "finance")
def confirm(call: Call, key: str) -> object:
    """Finance's word that a payout of the manual provider was handed over, with the day and what proves it."""
    reference, day = call.text("reference", longest=200), call.text("paid_on", longest=10)
    try:
        paid_on = date.fromisoformat(day)
    except ValueError:
        problem = Problem("paid_on", "is no date", "write it as 2026-10-02", day)
        raise InvalidDocument("the confirmation", [problem]) from None
    return bootstrap_money.manual_confirmations().confirm(
        key, paid_on=paid_on, reference=reference, by=call.caller.user, now=call.now
    )


@blueprint.route("/payouts/{key}/address", methods=["POST"])
@secured(blueprint, "finance")
def address(call: Call, key: str) -> object:
    """Another address for a payout that has none, was refused or could not be delivered; never another order."""
    name, email = call.text("name", longest=120), call.text("email", longest=254)
    return bootstrap_money.readdress_payout(key, name, email, call.caller.user, call.now)
