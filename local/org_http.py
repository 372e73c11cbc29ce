"""The HTTP side of the simulated org: JSON in, JSON out, errors as Salesforce words them."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from local.org_soql import SoqlError

LARGEST_BODY = 4 * 1024 * 1024


class Refusal(Exception):
    """An answer other than 200: status and Salesforce's error code, or a `body` of its own."""

    def __init__(self, status: int, code: str, message: str, body: Any = None) -> None:
        self.status, self.code = status, code
        self.body = [{"errorCode": code, "message": message}] if body is None else body
        super().__init__(message)


class Unanswered(Exception):
    """The call was carried out, and its answer never arrives."""


class Answers(Protocol):
    """What stands behind the server."""

    def answer(self, method: str, path: str, query: dict[str, str], authorization: str, body: bytes) -> Any:
        """The JSON answer. Raises: Refusal, SoqlError, ValueError, KeyError, TypeError."""


class Server(ThreadingHTTPServer):
    """Listens on loopback, one thread a request."""

    daemon_threads = True

    def __init__(self, port: int, org: Answers) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.org = org

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY))
        answer: Any
        try:
            status = 200
            answer = self.server.org.answer(
                self.command, parts.path, query, self.headers.get("Authorization", ""), body
            )  # fmt: skip
        except Refusal as refusal:
            status, answer = refusal.status, refusal.body
            if parts.path.endswith("/token"):
                answer = {"error": refusal.code, "error_description": str(refusal)}
        except Unanswered:
            self.close_connection = True
            return
        except SoqlError as refused:
            status, answer = 400, [{"errorCode": refused.code, "message": str(refused)}]
        except (ValueError, KeyError, TypeError) as wrong:
            status, answer = 400, [{"errorCode": "INVALID_TYPE", "message": str(wrong)}]
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: query strings hold a story's data."""
