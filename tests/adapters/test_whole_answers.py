"""An answer of AWS that is cut off half way is never read as an empty one."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import BotoCoreError, IncompleteReadError
from botocore.session import get_session
from pynamodb.exceptions import PynamoDBException

from chalicelib import bootstrap
from chalicelib.adapters.dynamodb.money import MoneyTable
from tests.rebuilt import forget_what_was_built

WHOLE = b'{"Item": {"pk": {"S": "PERIODS"}, "sk": {"S": "push"}, "body": {"B": "e30="}}}'


class Cutting(ThreadingHTTPServer):
    """Answers every request with the first `send` bytes of `WHOLE`, and the length (and checksum) of all of it.

    It reads the request to its end: closing a socket with bytes unread resets the connection, and the caller would
    see that instead of an answer that is cut off.
    """

    def __init__(self) -> None:
        self.checksum = False
        self.send = len(WHOLE) // 2
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One answer of `Cutting`; the connection is closed after it (HTTP/1.0)."""

    server: Cutting

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(WHOLE)))
        if self.server.checksum:
            self.send_header("x-amz-crc32", str(zlib.crc32(WHOLE)))
        self.end_headers()
        self.wfile.write(WHOLE[: self.server.send])

    def log_message(self, format: str, *args: object) -> None:
        """Not a word on standard error."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cutting]:
    cutting = Cutting()
    serving = threading.Thread(target=cutting.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    for name, value in {
        "AWS_ENDPOINT_URL": cutting.url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    forget_what_was_built()
    yield cutting
    forget_what_was_built()
    cutting.shutdown()
    serving.join()
    cutting.server_close()


KEY = {"pk": {"S": "PERIODS"}, "sk": {"S": "push"}}


@pytest.mark.parametrize("checksum", [False, True])
def test_a_cut_answer_is_an_error(aws: Cutting, checksum: bool) -> None:
    """With a checksum the SDK asks again, and believes the last answer all the same."""
    aws.checksum = checksum
    with pytest.raises(IncompleteReadError):
        bootstrap.client("dynamodb").get_item(TableName="core", Key=KEY)


def test_a_cut_answer_to_pynamodb_is_an_error_too(aws: Cutting) -> None:
    with pytest.raises((BotoCoreError, PynamoDBException)):
        MoneyTable("money", "us-east-1").period("push")


def test_an_answer_that_came_whole_is_read(aws: Cutting) -> None:
    aws.send, aws.checksum = len(WHOLE), True
    assert bootstrap.client("dynamodb").get_item(TableName="core", Key=KEY)["Item"]["sk"] == {"S": "push"}


def test_botocore_by_itself_would_believe_it(aws: Cutting) -> None:
    """Why this is ours to do. When this fails, botocore holds the length again, and `whole_answers` may go."""
    assert "Item" not in get_session().create_client("dynamodb").get_item(TableName="core", Key=KEY)
