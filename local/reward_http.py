"""A small loopback HTTP server that can also misbehave: hang, reset, drip, or send half an answer."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.reward_account import Json, encoded

LARGEST_BODY = 1024 * 1024
_HANG_S = 60  # longer than any client waits; a stop of the server ends it at once


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the manner of sending it ("" is the honest one; the others are in `reward_faults`)."""

    status: int
    body: Json
    manner: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[str, str, str, Mapping[str, str], bytes], Reply]


class Server:
    """Serves `answer(method, path, query, headers, body)` on a loopback port, each connection in its own thread."""

    def __init__(self, port: int, answer: Answer) -> None:
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.answer = answer
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="rewards", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Let hanging answers go, and end."""
        self._http.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=10)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    answer: Answer

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.stopping = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours; anything else is printed by the base class."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "reward-simulator"
    timeout = 120
    disable_nagle_algorithm = True  # head and body are two writes: without this each answer takes 40 ms
    server: _Http

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Silent: addresses of recipients do not belong in a log."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(413, b'{"errors":{"message":"too large"}}', "application/json", {})
            return
        body = self.rfile.read(int(length))
        path, _, query = self.path.partition("?")
        reply = self.server.answer(self.command, path, query, {k.lower(): v for k, v in self.headers.items()}, body)
        text = encoded(reply.body)
        match reply.manner:
            case "timeout_before_commit" | "timeout_after_commit":
                self.server.stopping.wait(_HANG_S)
                self.close_connection = True
            case "reset_before_commit":
                self._reset()
            case "reset_mid_body":
                self._head(reply.status, len(text), "application/json", {})
                self.wfile.write(text[: len(text) // 2])
                self._reset()
            case "html_200":
                self._send(200, b"<!doctype html><title>Maintenance</title>", "text/html", {})
            case "truncated_json":
                self._send(reply.status, text[: len(text) // 2], "application/json", {})
            case "slow_drip":
                self._drip(reply.status, text)
            case "500_after_commit" | "503_after_commit":
                self._send(int(reply.manner[:3]), b'{"errors":{"message":"timeout"}}', "application/json", {})
            case _:
                self._send(reply.status, text, "application/json", reply.headers)

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str]) -> None:
        self._head(status, len(body), kind, headers)
        self.wfile.write(body)

    def _head(self, status: int, length: int, kind: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self, status: int, body: bytes) -> None:
        """One byte every 50 ms: no single read times out, only the whole answer does."""
        self._head(status, len(body), "application/json", {})
        with contextlib.suppress(ConnectionError):
            for i in range(len(body)):
                self.wfile.write(body[i : i + 1])
                if self.server.stopping.wait(0.05):
                    break
        self.close_connection = True

    def _reset(self) -> None:
        """Close with a TCP reset instead of a polite end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
