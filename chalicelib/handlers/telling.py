"""What goes to Salesforce: every five minutes, whatever has changed."""

from __future__ import annotations

from chalice import Blueprint, Rate
from chalice.app import CloudWatchEvent

from chalicelib import bootstrap_salesforce
from chalicelib.adapters import metrics
from chalicelib.domain.calendar import instant
from chalicelib.handlers.telemetry import log

blueprint = Blueprint(__name__)


@blueprint.schedule(Rate(5, unit=Rate.MINUTES), name="tell_salesforce")
def tell_salesforce(event: CloudWatchEvent) -> dict[str, object]:
    """Write back, ring, and once a morning sum up, as of the event's time. An org that cannot be reached is no error of
    this function: how long changes have been untold is the figure the alarm watches."""
    report = bootstrap_salesforce.tell_salesforce().tell(instant(event.time))
    told: dict[str, object] = {
        "ran": report.ran, "books": report.books, "written": report.written, "rung": report.rung,
        "left": report.left, "untold_minutes": report.untold_minutes, "failures": report.failures,
    }  # fmt: skip
    if report.ran:
        metrics.count("UntoldMinutes", report.untold_minutes)
    log.info("told Salesforce", extra=told)
    return told
