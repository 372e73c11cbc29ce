"""The queue of approved payouts on SQS: one message a payout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.domain.calendar import iso
from chalicelib.domain.errors import KickerError

MOST_MESSAGES = 10  # of one batch, by SQS


class PayoutMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What travels: the payout's key and the *now* it was queued at, so that a run closed for a later time is also
    paid at that time."""

    key: str
    now: datetime


class SqsPayoutQueue:
    """Implements services.money_store.PayoutQueue. `client` is a boto3 SQS client, `url` the queue's."""

    def __init__(self, client: Any, url: str) -> None:
        self._sqs = client
        self._url = url

    def send(self, keys: Sequence[str], now: datetime, delay_s: int = 0) -> None:
        """Enqueue in batches of ten. Raises: KickerError naming the first payout SQS did not take; what was taken
        before is sent twice when the caller repeats, which `pay` is made for."""
        for start in range(0, len(keys), MOST_MESSAGES):
            entries = [
                {
                    "Id": str(n),
                    "MessageBody": msgspec.json.encode({"key": key, "now": iso(now)}).decode(),
                    "DelaySeconds": delay_s,
                }
                for n, key in enumerate(keys[start : start + MOST_MESSAGES])
            ]
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            for failed in answer.get("Failed", ()):
                raise KickerError(f"Payout {keys[start + int(failed['Id'])]} was not queued: {failed.get('Code')}.")
