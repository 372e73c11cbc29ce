"""Asks for lines to be decided again, through the queue that scores lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.domain.errors import KickerError
from chalicelib.services.ports import Retry

_MOST = 10  # messages of one call


@dataclass(frozen=True, slots=True)
class SqsRetryQueue:
    """Implements `ports.RetryQueue`. `client` is an SQS client, `url` the lines queue."""

    client: Any
    url: str

    def send(self, retries: Sequence[Retry], delay_s: int) -> None:
        """See `ports.RetryQueue`."""
        for start in range(0, len(retries), _MOST):
            entries = [
                {"Id": str(n), "MessageBody": json.dumps({"retry": asdict(retry)}), "DelaySeconds": delay_s}
                for n, retry in enumerate(retries[start : start + _MOST])
            ]
            failed = self.client.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed", [])
            if failed:
                raise KickerError(f"{len(failed)} codes could not be queued for matching again: repeat the request")
