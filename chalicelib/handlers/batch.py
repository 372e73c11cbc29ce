"""One SQS batch, record by record: what fails is said, and delivered again alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalice.app import SQSEvent

from chalicelib.handlers.telemetry import log


def each(event: SQSEvent, handle: Callable[[Any], None]) -> dict[str, Any]:
    """Call `handle` with every record; the answer names those that failed, so SQS delivers only them again. After
    five times a message lies in the dead letters."""
    # Here: only the queues' functions pay for it, not the api's cold start.
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    def said(record: Any) -> None:
        try:
            handle(record)
        except Exception:
            log.exception("queue message failed", extra={"message_id": record.message_id})
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer: dict[str, Any] = process_partial_response(
        event=event.to_dict(), record_handler=said, processor=processor, context=event.context
    )
    return answer
