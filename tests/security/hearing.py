"""Everything a Lambda function would leave in CloudWatch, in one text: log records with all their fields, what is
printed, and the traceback of what it dies of."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.security.world import MARK

# The message AWS itself would give, as far as it repeats what it was sent.
ECHOES = {
    "SendEmail": lambda request: (
        "Email address is not verified. The following identities failed the check: "
        + ", ".join(request["Destination"]["ToAddresses"])
    ),
}


def personal(text: str, *tokens: str) -> list[str]:
    """Lines of what was said that hold something personal or secret: MARK, a key, a part of one of the tokens."""
    parts = {part for sent in tokens for part in sent.split(".") if len(part) > 20}
    return [
        line[:300]
        for line in text.splitlines()
        if any(word in line.lower() for word in (MARK.lower(), "-----begin")) or any(part in line for part in parts)
    ]


class Everything(logging.Handler):
    """Writes a record with every field it carries: more than any formatter of ours shows."""

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__()
        self.stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(f"{record.levelname} {record.getMessage()} {vars(record)}\n")
        if record.exc_info:
            self.stream.write("".join(traceback.format_exception(*record.exc_info)))


class Hearing:
    """Listens while `hear` runs something. `text` is all that was said, `died` the last error that got out, `asked`
    every AWS call as (service, operation, request)."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.stream = io.StringIO()
        self.died: BaseException | None = None
        self.calls = 0
        self.fails_at = 0
        self.asked: list[tuple[str, str, Any]] = []
        everything = Everything(self.stream)
        loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
        for logger in loggers:
            for handler in logger.handlers:
                if isinstance(handler, logging.StreamHandler):
                    patch.setattr(handler, "stream", self.stream)
            if logger is logging.root or not logger.propagate:
                patch.setattr(logger, "handlers", [*logger.handlers, everything])
        # Chalice silences a logger of its app's name when standard output is not what it was at import, as here.
        patch.setattr(logging.getLogger("kicker"), "level", logging.INFO)
        logging.root.manager._clear_cache()  # type: ignore[attr-defined]
        self._real = BaseClient._make_api_call
        hearing = self

        def call(client: Any, name: str, request: Any) -> Any:
            return hearing._call(client, name, request)

        patch.setattr(BaseClient, "_make_api_call", call)

    @property
    def text(self) -> str:
        """All that was said so far."""
        return self.stream.getvalue()

    def hear(self, run: Callable[[], Any]) -> Any:
        """Run it as Lambda does: what it raises is written with its traceback, and goes no further."""
        self.died = None
        try:
            with redirect_stdout(self.stream), redirect_stderr(self.stream):
                return run()
        except Exception as error:  # noqa: BLE001 - whatever a function dies of is in the log
            self.died = error
            self.stream.write("".join(traceback.format_exception(error)))
            return None

    def hear_it_fail(self, run: Callable[[], Any], most: int = 40) -> int:
        """Run it again and again, each time with the next of its AWS calls refused; how many were refused."""
        for n in range(1, most + 1):
            self.calls, self.fails_at = 0, n
            self.hear(run)
            if self.calls < n:
                break
        self.fails_at = 0
        return n - 1

    def _call(self, client: Any, name: str, request: Any) -> Any:
        self.calls += 1
        self.asked.append((client.meta.service_model.service_name, name, request))
        if self.calls == self.fails_at:
            said = ECHOES.get(name, lambda _: "The request was refused.")(request)
            raise ClientError({"Error": {"Code": "ValidationException", "Message": said}}, name)
        return self._real(client, name, request)
