"""An answer of AWS that is cut off half way is never read as an empty one."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Iterator

import pytest
from botocore.exceptions import BotoCoreError, IncompleteReadError
from botocore.session import get_session
from pynamodb.exceptions import PynamoDBException

from chalicelib import bootstrap
from chalicelib.adapters.dynamodb.money import MoneyTable

WHOLE = b'{"Item": {"pk": {"S": "PERIODS"}, "sk": {"S": "push"}, "body": {"B": "e30="}}}'


class Cutting:
    """Answers every request with the first `send` bytes of `WHOLE`, and the length (and checksum) of all of it."""

    def __init__(self) -> None:
        self.checksum = False
        self.send = len(WHOLE) // 2
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # closed: the test is over
                return
            with connection:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += connection.recv(65536)
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(WHOLE)}\r\nConnection: close\r\n"
                if self.checksum:
                    head += f"x-amz-crc32: {zlib.crc32(WHOLE)}\r\n"
                connection.sendall(head.encode() + b"\r\n" + WHOLE[: self.send])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cutting]:
    cutting = Cutting()
    for name, value in {
        "AWS_ENDPOINT_URL": cutting.url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    bootstrap.client.cache_clear()
    bootstrap._session.cache_clear()
    yield cutting
    bootstrap.client.cache_clear()
    bootstrap._session.cache_clear()
    cutting.socket.close()


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
