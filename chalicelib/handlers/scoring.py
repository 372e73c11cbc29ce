"""The lines queue: chunks of order lines to score, reps whose deals are to be settled again, lines to match again
because an alias changed, and pages of replays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from chalice import Blueprint
from chalice.app import SQSEvent

from chalicelib import bootstrap
from chalicelib.handlers.batch import each
from chalicelib.handlers.telemetry import log

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue="lines", batch_size=10, name="score_lines")
def score_lines(event: SQSEvent) -> dict[str, Any]:
    """Score every message of the batch; one that fails is delivered again alone, and after five times lies in the
    dead letters."""
    return each(event, _record)


def _record(record: Any) -> None:
    now = datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)
    if record.body.startswith('{"rescore"'):
        asked = json.loads(record.body)["rescore"]
        changed = bootstrap.rescorer().rescore_rep(asked["rep"], asked["because"], now)
        log.info("deals settled again", extra={"rep": asked["rep"], "books_changed": changed})
        return
    if record.body.startswith('{"replay"'):
        page = json.loads(record.body)["replay"]
        job = bootstrap.replays().page(page["id"], page["page"])
        log.info("replay", extra={"replay": job.id, "state": job.state, "people_done": job.done})
        return
    from chalicelib.feeds.chunks import decode
    from chalicelib.services.ports import Retry
    from chalicelib.services.read_feed import chunk_scored

    if record.body.startswith('{"retry"'):
        retry = Retry(**json.loads(record.body)["retry"])
        lines = bootstrap.line_retry().retry(retry, now)
        log.info("lines matched again", extra={"kind": retry.kind, "code": retry.code, "lines": lines})
        return
    chunk = decode(record.body)
    fates = bootstrap.line_scorer().score(chunk.lines, now)
    report = chunk_scored(bootstrap.feed_log(), bootstrap.report_files(), chunk, fates, now)
    log.info("chunk scored", extra={"file": chunk.file.key, "chunk": chunk.number, "finished": report is not None})
