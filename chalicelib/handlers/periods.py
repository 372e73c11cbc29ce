"""The quarter-hourly close, and the queue that pays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from chalice import Blueprint, Rate
from chalice.app import CloudWatchEvent, SQSEvent

from chalicelib import bootstrap_money
from chalicelib.adapters import metrics

if TYPE_CHECKING:
    from chalicelib.adapters.payout_queue import PayoutMessage
from chalicelib.domain.calendar import instant
from chalicelib.domain.payouts import PayoutState
from chalicelib.handlers.batch import each
from chalicelib.handlers.telemetry import log

blueprint = Blueprint(__name__)

# The queue's visibility timeout in infra/template.yml: a message delivered again is at least this much later.
VISIBILITY = timedelta(seconds=360)
# The slowest answer of a provider is cut off after 15 s; a payout that cannot end in time is not begun.
LEAST_TIME_LEFT_MS = 20_000

HELD_UP = frozenset({PayoutState.AWAITING_FUNDS, PayoutState.REJECTED, PayoutState.CONFLICT})


class NoTimeLeft(Exception):
    """The function is about to end: the rest of the batch is delivered again."""


@blueprint.schedule(Rate(15, unit=Rate.MINUTES), name="close_periods")
def close_periods(event: CloudWatchEvent) -> dict[str, object]:
    """Close what is due at the event's time, plan, release, queue. Fails after everything else was done when a
    program's close failed, so the alarm rings."""
    now = instant(event.time)
    closed = bootstrap_money.close_periods().close_periods(now)
    told: dict[str, object] = {
        "now": event.time,
        "periods": [
            {"program": c.program, "state": c.state.value, "missing": c.missing_feeds, "planned": c.planned,
             "queued": c.queued}
            for c in closed
        ],
    }  # fmt: skip
    log.info("closed periods", extra=told)
    return told


@blueprint.on_sqs_message(queue="payouts", batch_size=10, name="pay")
def pay(event: SQSEvent) -> dict[str, Any]:
    """Send every payout of the batch; one that fails is delivered again alone, and after five times lies in the dead
    letters. What is merely not its turn is dropped: the quarter-hourly close queues it again."""
    from chalicelib.adapters.payout_queue import PayoutMessage

    paying = bootstrap_money.paying()

    def handle(record: Any) -> None:
        left = getattr(event.context, "get_remaining_time_in_millis", None)
        if left is not None and left() < LEAST_TIME_LEFT_MS:
            raise NoTimeLeft(record.message_id)
        message = msgspec.json.decode(record.body, type=PayoutMessage)
        state = paying.pay(message.key, now_of(message, record))
        log.info("payout", extra={"payout": message.key, "state": state.value})
        if state in HELD_UP:
            metrics.count("MoneyHeldUp", 1)

    return each(event, handle)


def now_of(message: PayoutMessage, record: Any) -> datetime:
    """The later of the message's own *now* and its sending, plus a visibility timeout for every earlier delivery: a
    lease a dead worker left has run out when its message comes again."""
    sent = datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)
    earlier = int(record.attributes.approximate_receive_count) - 1
    return max(message.now, sent) + earlier * VISIBILITY
