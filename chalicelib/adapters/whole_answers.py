"""An answer that was cut off is an error, never an empty answer.

Since 1.44 botocore no longer holds the length of a body against its Content-Length, and it reads a body that is no
JSON as an empty answer: a BatchGetItem whose connection broke half way says that no item exists. DynamoDB's checksum
makes the SDK ask again, but the answer of its last try is believed all the same. What is believed to be absent is
scored as zero, so the length is held here.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import IncompleteReadError


def refuse_cut_answers(session: Any) -> None:
    """Make every client a botocore session creates from now on raise IncompleteReadError for an answer that is
    shorter than it said. A body that is streamed is held to its length by botocore itself."""
    session.register("after-call", _whole)


def _whole(http_response: Any, model: Any, **_: object) -> None:
    said = http_response.headers.get("Content-Length")
    bodiless = model.http.get("method") == "HEAD" or http_response.status_code in (204, 304)
    encoded = http_response.headers.get("Content-Encoding")  # its length is that of the encoded body
    if said is None or bodiless or encoded or model.has_streaming_output:
        return
    if len(http_response.content) != int(said):
        raise IncompleteReadError(actual_bytes=len(http_response.content), expected_bytes=int(said))
