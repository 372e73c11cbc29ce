"""What keeps the machine honest: feeds, work lists, configuration, the user sync, and a sign of life."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import bootstrap, bootstrap_api, bootstrap_salesforce
from chalicelib.handlers.web import Call, secured, unsecured

blueprint = Blueprint(__name__)

ENTRIES_A_PAGE = 200


@blueprint.route("/health", methods=["GET"])
@unsecured(blueprint)
def health() -> object:
    """The function runs. No table is read and nothing is told."""
    return {"status": "ok"}


@blueprint.route("/feeds", methods=["GET"])
@secured(blueprint, "admin", "finance", "auditor")
def feeds(call: Call) -> object:
    """How far each distributor's files reach, and how far Salesforce was read."""
    return bootstrap_api.feed_list(call.now)


@blueprint.route("/feeds/{distributor}/reports", methods=["GET"])
@secured(blueprint, "admin", "finance", "auditor", query=("limit",))
def feed_reports(call: Call, distributor: str) -> object:
    """The reports of a distributor's latest files: what came in and what became of every line."""
    return bootstrap_api.feed_reports(distributor, call.number("limit", least=1, most=50, default=10))


@blueprint.route("/work/{kind}", methods=["GET"])
@secured(blueprint, "admin", "auditor", query=("limit", "cursor"))
def work(call: Call, kind: str) -> object:
    """The open entries of a work list, oldest first, a page at a time."""
    limit = call.number("limit", least=1, most=1_000, default=ENTRIES_A_PAGE)
    return bootstrap_api.work_entries(kind, limit, call.query.get("cursor", ""))


@blueprint.route("/work/{kind}/{entry}/resolve", methods=["POST"])
@secured(blueprint, "admin")
def resolve(call: Call, kind: str, entry: str) -> object:
    """Close an entry, with what was done about it."""
    outcome = call.text("outcome")
    bootstrap.work_list().resolve(kind, entry, call.caller.user, outcome, call.now)
    return {"kind": kind, "id": entry, "outcome": outcome, "resolved_by": call.caller.user, "resolved_at": call.now}


@blueprint.route("/config/{kind}", methods=["GET"])
@secured(blueprint, "admin", "auditor")
def documents(call: Call, kind: str) -> object:  # noqa: ARG001  every view takes its call
    """The stored documents of a kind: feed-profile, field-mapping or alias."""
    return bootstrap_api.configuration().all(kind)


@blueprint.route("/config/{kind}/{name}", methods=["PUT"])
@secured(blueprint, "admin")
def configure(call: Call, kind: str, name: str) -> object:
    """Check and store a document; old and new value go to the audit."""
    return bootstrap_api.configuration().put(kind, name, call.document(), call.caller.user, call.now)


@blueprint.route("/users/sync", methods=["POST"])
@secured(blueprint, "admin")
def sync_users(call: Call) -> object:
    """Read the org's users now: joiners are enrolled and leavers ended as the quarter-hourly sweep would do."""
    return bootstrap_salesforce.sync_users_now(call.now)
