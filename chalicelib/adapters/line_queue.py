"""The queue between reading a feed file and scoring its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.domain.errors import KickerError
from chalicelib.feeds.chunks import LineChunk, encode

_MOST_MESSAGES = 10  # SQS's limit for one batch
_MOST_BYTES = 250_000  # SQS takes 256 KB for a message and for a whole batch; a little is left for its own fields
_TRIES = 4


class SqsLineQueue:
    """Implements `ports.LineQueue`. `client` is a boto3 `sqs` client, `url` the lines queue."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, chunks: Sequence[LineChunk]) -> None:
        """Enqueue every chunk, as many as fit in one call. Raises: KickerError when SQS does not take one after
        four tries; the file is then read and sent again."""
        for batch in _batches([encode(chunk) for chunk in chunks]):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(batch)]
            failed: list[dict[str, Any]] = []
            for _ in range(_TRIES):
                failed = self._client.send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
                again = {f["Id"] for f in failed}
                entries = [e for e in entries if e["Id"] in again]
                if not entries:
                    break
            else:
                file = chunks[0].file.key
                raise KickerError(
                    f"{file}: the lines queue refused {len(entries)} chunks ({failed[0].get('Message', 'no reason')}). "
                    "The file is read again by itself; if this goes on, see the feeds runbook."
                )


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        bytes_ = len(body.encode())
        if batch and (len(batch) == _MOST_MESSAGES or size + bytes_ > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += bytes_
    if batch:
        yield batch
