"""What a rep asks: my standings, my deals, my payouts. Whose they are, the token says."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import bootstrap_api, bootstrap_money
from chalicelib.handlers.web import Call, secured

blueprint = Blueprint(__name__)

DEALS_A_PAGE = 25


@blueprint.route("/me/standings", methods=["GET"])
@secured(blueprint, "rep")
def my_standings(call: Call) -> object:
    """Every program at once: points and money by layer, the sum, the next tier, the rank, and how fresh it is."""
    return bootstrap_api.rep_standings(call.caller.user, call.now)


@blueprint.route("/me/deals", methods=["GET"])
@secured(blueprint, "rep", query=("limit", "cursor"))
def my_deals(call: Call) -> object:
    """Every registration of the rep, newest first, whether it counts or not, with what it waits for and why."""
    limit = call.number("limit", least=1, most=200, default=DEALS_A_PAGE)
    return bootstrap_api.rep_deals(call.caller.user, call.now, limit, call.query.get("cursor", ""))


@blueprint.route("/me/deals/{registration}", methods=["GET"])
@secured(blueprint, "rep")
def my_deal(call: Call, registration: str) -> object:
    """One deal with its proof and the order lines it was matched to."""
    return bootstrap_api.rep_deal(call.caller.user, registration, call.now)


@blueprint.route("/me/payouts", methods=["GET"])
@secured(blueprint, "rep")
def my_payouts(call: Call) -> object:
    """What the rep was paid and is owed, by program and run, and where each payout is."""
    return bootstrap_money.rep_payouts(call.caller.user)
