"""Once a day: what is getting old."""

from __future__ import annotations

from chalice import Blueprint, Cron
from chalice.app import CloudWatchEvent

from chalicelib import bootstrap_money
from chalicelib.adapters import metrics
from chalicelib.domain.calendar import instant
from chalicelib.handlers.telemetry import log

blueprint = Blueprint(__name__)


# 13:00 UTC is morning in the Americas and afternoon in Europe: whoever has to act is awake.
@blueprint.schedule(Cron(0, 13, "*", "*", "?", "*"), name="daily")
def daily(event: CloudWatchEvent) -> dict[str, object]:
    """Figures for the alarms as of the event's time: payouts unpaid after 36 h, feeds a closing period misses,
    whatever the ledger audit found."""
    day = bootstrap_money.daily().daily(instant(event.time))
    metrics.count("PayoutsUnpaidOver36h", len(day.aging))
    metrics.count("LedgerMismatch", len(day.mismatches))
    late_feeds = sum(len(feeds) for feeds in day.missing_feeds.values())
    metrics.count("MoneyHeldUp", late_feeds + len(day.halted) + len(day.disputes_overdue))
    told: dict[str, object] = {
        "periods": {name: state.value for name, state in day.periods.items()},
        "aging": day.aging,
        "missing_feeds": day.missing_feeds,
        "halted": day.halted,
        "carried": day.carried,
        "breaks_open": day.breaks_open,
        "ledger_mismatches": day.mismatches,
        "audited": day.audited,
        "audit_complete": day.audit_complete,
        "disputes_overdue": day.disputes_overdue,
    }
    log.info("the day", extra=told)
    return told
