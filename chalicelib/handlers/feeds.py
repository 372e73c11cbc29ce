"""A file was dropped into the feed bucket: S3 tells the queue "feeds", the queue calls `read_feed`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from chalice import Blueprint
from chalice.app import SQSEvent

from chalicelib import bootstrap
from chalicelib.domain.calendar import instant
from chalicelib.handlers.batch import each
from chalicelib.handlers.telemetry import log

if TYPE_CHECKING:
    from chalicelib.services.read_feed import Dropped

blueprint = Blueprint(__name__)


@dataclass(frozen=True, slots=True)
class _Told:
    """What one queue message says: files dropped, and when the queue took the message."""

    files: tuple[Dropped, ...]
    now: datetime


@blueprint.on_sqs_message(queue="feeds", batch_size=1, name="read_feed")
def read_feed(event: SQSEvent) -> dict[str, Any]:
    """Read every dropped file of the batch. A refused file is final: its report says why. Anything else that fails
    is delivered again, and after five times lies in the dead letters."""
    return each(event, _record)


def _record(record: Any) -> None:
    told = _told(record.body, record.attributes.sent_timestamp)
    for dropped in told.files:
        report = bootstrap.feed_reader().read(dropped, told.now)
        # Not the reason of a refusal: it may quote the file's first line. It is in the report and on the work list.
        what = {"file": dropped.key, "state": report.state} if report else {"file": dropped.key}
        log.info("feed file read" if report else "feed file already taken", extra=what)


def _told(body: str, sent_timestamp: str) -> _Told:
    """Raises: ValueError or KeyError for a message that S3 did not write; it ends in the dead letters."""
    event = json.loads(body)
    sent = datetime.fromtimestamp(int(sent_timestamp) / 1000, UTC)
    if event.get("Event") == "s3:TestEvent":  # S3 sends one when the notification is set up
        return _Told((), sent)
    return _Told(tuple(_dropped(event)), sent)


def _dropped(event: dict[str, Any]) -> Iterator[Dropped]:
    from chalicelib.services.read_feed import Dropped

    for record in event["Records"]:
        if not record["eventName"].removeprefix("s3:").startswith("ObjectCreated:"):
            continue
        stored = record["s3"]["object"]
        # Keys arrive form-encoded: a space is "+", a plus sign "%2B".
        yield Dropped(unquote_plus(stored["key"]), stored.get("versionId", ""), instant(record["eventTime"]))
