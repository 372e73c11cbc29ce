"""What comes from Salesforce: outbound messages by HTTP, and the quarter-hourly sweep."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote

from chalice import Blueprint, Rate, Response
from chalice.app import CloudWatchEvent

from chalicelib import bootstrap, bootstrap_salesforce
from chalicelib.adapters import metrics
from chalicelib.domain.calendar import instant
from chalicelib.domain.errors import InvalidMessage
from chalicelib.handlers.telemetry import log
from chalicelib.handlers.web import now_of

blueprint = Blueprint(__name__)

XML = {"Content-Type": "text/xml; charset=UTF-8", "Cache-Control": "no-store"}


@blueprint.route(
    "/salesforce/outbound-messages/{token}",
    methods=["POST"],
    content_types=["text/xml", "application/xml", "application/soap+xml"],
)
def outbound(token: str) -> Response:
    """Commit and score every record of the message, then acknowledge it; anything else is a SOAP fault, on which
    Salesforce keeps the message and tries again for 24 hours."""
    request = blueprint.current_request
    try:
        return _received(unquote(token), request.raw_body, now_of(request))
    except Exception:  # noqa: BLE001 - the edge: whatever it was, the message must come again
        log.exception("outbound message not committed")
        return _fault(500, "Not every record could be stored. Send the message again.")


@blueprint.schedule(Rate(15, unit=Rate.MINUTES), name="sweep_salesforce")
def sweep_salesforce(event: CloudWatchEvent) -> dict[str, object]:
    """Read what changed in the org; *now* is the event's time. Fails after everything else was done when a part
    of it failed, so the alarm rings and the next run repeats it."""
    swept = bootstrap_salesforce.org_sweep().run(bootstrap.field_mappings().all(), instant(event.time))
    metrics.count("SweepMissed", swept.missed)
    told: dict[str, object] = {
        "users": {"read": swept.users.read, "enrolled": len(swept.users.enrolled)} if swept.users else None,
        "objects": [report.document() for report in swept.reports],
    }
    log.info("swept Salesforce", extra=told)
    if swept.failures:
        raise ExceptionGroup("parts of the sweep failed; the next run repeats them", list(swept.failures))
    return told


def _received(token: str, body: bytes, now: datetime) -> Response:
    """Token, limits, shape, organization; then the Ack, after everything is committed."""
    from chalicelib.adapters import outbound_message
    from chalicelib.services.receive_registrations import receive

    if not _token_is_live(token):
        return _fault(401, "The token in the endpoint's address is not a live one: copy the address again.")
    try:
        message = outbound_message.read(body)
    except outbound_message.TooLarge as error:
        return _fault(413, str(error))
    except InvalidMessage as error:
        return _fault(400, str(error))
    if not outbound_message.same_organization(message.organization_id, bootstrap.settings().organization_id):
        return _fault(403, "This endpoint belongs to another organization.")
    reception = receive(
        message.notifications,
        mappings=bootstrap.field_mappings().all(),
        scorer=bootstrap.registration_scorer(),
        work=bootstrap.work_list(),
        now=now,
    )
    if reception.unmapped:
        metrics.count("UnmappedObject", reception.unmapped)
    told: dict[str, object] = {"action": message.action_id, "notifications": len(message.notifications)}
    told |= {"outcomes": dict(reception.outcomes), "unmapped": reception.unmapped, "nameless": reception.nameless}
    log.info("outbound message", extra=told)
    return Response(outbound_message.ack(), XML, 200)


def _token_is_live(token: str) -> bool:
    """Known now, or since the last look at the secret: a token rotated a minute ago must not lose messages."""
    from chalicelib.adapters import outbound_message

    return any(
        outbound_message.is_known_token(token, bootstrap.secrets().get("outbound-tokens", fresh=fresh)["tokens"])
        for fresh in (False, True)
    )


def _fault(status: int, reason: str) -> Response:
    from chalicelib.adapters import outbound_message

    log.warning("outbound message refused", extra={"status": status, "reason": reason})
    return Response(outbound_message.fault(reason), XML, status)
