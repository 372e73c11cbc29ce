"""Asks for a rep's deal books to be settled again, through the queue that scores lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import KickerError

# A score that read the programs just before a new version was published commits within its function's timeout of
# 60 s. Settling once now and once after that leaves none behind that was decided on the old version.
AGAIN_AFTER_S = 75


@dataclass(frozen=True, slots=True)
class RescoreQueue:
    """`client` is an SQS client, `url` the lines queue."""

    client: Any
    url: str

    def rescore(self, reps: Sequence[str], because: str) -> None:
        """Settle every book of these reps soon, and once more when everything under way has ended.

        Raises: KickerError naming how many could not be queued: the caller's act must be repeated.
        """
        messages = [(rep, delay) for rep in reps for delay in (0, AGAIN_AFTER_S)]
        for start in range(0, len(messages), 10):
            entries = [
                {
                    "Id": str(n),
                    "MessageBody": json.dumps({"rescore": {"rep": rep, "because": because}}),
                    "DelaySeconds": delay,
                }
                for n, (rep, delay) in enumerate(messages[start : start + 10])
            ]
            failed = self.client.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed", [])
            if failed:
                raise KickerError(f"{len(failed)} reps could not be queued for settling again: repeat the request")
