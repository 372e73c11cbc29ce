"""Asks for the next page of a replay, through the queue that scores lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SqsReplayQueue:
    """Implements `ports.ReplayQueue`. `client` is an SQS client, `url` the lines queue."""

    client: Any
    url: str

    def send(self, id: str, page: int) -> None:
        """See `ports.ReplayQueue`. Raises what SQS raises: whoever asked is asked again."""
        self.client.send_message(QueueUrl=self.url, MessageBody=json.dumps({"replay": {"id": id, "page": page}}))
