"""What reward providers tell us, and the hourly look at what they did not."""

from __future__ import annotations

from urllib.parse import unquote

from chalice import Blueprint, Rate, Response
from chalice.app import CloudWatchEvent

from chalicelib import bootstrap_money
from chalicelib.adapters import metrics
from chalicelib.domain.calendar import instant
from chalicelib.domain.errors import InvalidMessage, NotFound
from chalicelib.handlers.telemetry import log
from chalicelib.handlers.web import now_of

blueprint = Blueprint(__name__)

LARGEST_WEBHOOK = 64 * 1024  # before anything is hashed: providers send about 1 KB


@blueprint.route("/rewards/{provider}/webhooks", methods=["POST"])
def webhooks(provider: str) -> Response:
    """Verify, remember for good, read the order; 200 only after the durable write. A caller learns nothing but a
    status: 401 signature or shape, 404 provider, 413 size, 503 no secret to check with, or no table to store in."""
    request = blueprint.current_request
    raw = request.raw_body
    raw = raw.encode() if isinstance(raw, str) else raw
    if len(raw) > LARGEST_WEBHOOK:
        return _answer(413)
    name = unquote(provider)
    try:
        outcome = bootstrap_money.confirmations().receive(name, raw, request.headers, now_of(request))
    except InvalidMessage:
        return _answer(401)
    except NotFound:
        return _answer(404)
    except Exception:  # noqa: BLE001 - the edge: no secret, no table; the provider must come again
        log.exception("webhook not stored")
        return _answer(503)
    log.info("webhook", extra={"provider": name, "outcome": outcome})
    return _answer(200)


@blueprint.schedule(Rate(1, unit=Rate.HOURS), name="reconcile_rewards")
def reconcile_rewards(event: CloudWatchEvent) -> dict[str, object]:
    """Read every order that may have moved and compare the statements, as of the event's time."""
    done = bootstrap_money.reconciliation().reconcile_rewards(instant(event.time))
    told: dict[str, object] = {
        "read": done.read, "moved": done.moved, "breaks": done.breaks, "requeued": done.requeued,
        "unreachable": done.unreachable, "halted": done.halted,
    }  # fmt: skip
    metrics.count("PayoutsUnpaidOver36h", len(done.aging))
    metrics.count("MoneyHeldUp", done.breaks + len(done.halted))
    log.info("reconciled rewards", extra=told)
    return told


def _answer(status: int) -> Response:
    return Response("", status_code=status, headers={"Content-Type": "text/plain", "Cache-Control": "no-store"})
