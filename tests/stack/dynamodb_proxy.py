"""A proxy before DynamoDB that fails calls by a seeded plan, in the words DynamoDB and the network would use.

The n-th call of a plan fails the same way in every run of one seed; which function makes the n-th call is up to the
machine. A fault hits one try, which the SDK repeats, or now and then every try of a call, so that the function hears of
it. Every fault is counted by its name.

`killed_before` and `killed_after` end the process that made the call, by its id, while the call is on its way.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from local.ports import HOST

BEFORE = ("throttled", "limited", "error_before", "dropped_before", "conflict")
AFTER = ("error_after", "reply_lost", "reply_cut")
KILLS = ("killed_before", "killed_after")
ERRORS = {
    "throttled": (400, "ProvisionedThroughputExceededException", "The level of configured throughput is exceeded"),
    "limited": (400, "ThrottlingException", "Rate of requests exceeds the allowed throughput"),
    "error_before": (500, "InternalServerError", "Internal server error"),
    "error_after": (500, "InternalServerError", "Internal server error"),
}
EVERY_TRY = 0.15  # the share of faults that hit every try of their call


class Proxy(ThreadingHTTPServer):
    """The proxy. `upstream` is the emulator's port, set once it is known; `calls` counts tries by operation, `fired`
    faults by name, `heard` the calls that failed in every try. Faults come only between `plan` and `calm`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, kill: Callable[[int], bool]) -> None:
        self.upstream = 0
        self.calls: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        self.heard: Counter[str] = Counter()
        self._kill = kill
        self._lock = threading.Lock()
        self._plan: random.Random | None = None
        self._rate, self._kinds, self._most = 0.0, BEFORE, 0
        self._every_try: dict[str, str] = {}
        super().__init__((HOST, 0), Call)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where the functions are to find DynamoDB."""
        return f"http://{HOST}:{self.server_address[1]}"

    def plan(self, seed: int, *, rate: float, kinds: tuple[str, ...] = BEFORE + AFTER, most: int = 1_000_000) -> None:
        """From now on a share `rate` of the calls fails, `most` of them in all."""
        with self._lock:
            self._plan, self._rate, self._kinds, self._most = random.Random(seed), rate, kinds, most

    def calm(self) -> None:
        """From now on every call goes through."""
        with self._lock:
            self._plan = None
            self._every_try.clear()

    def decide(self, operation: str, invocation: str) -> str:
        """The fault of this try, "" for none. `invocation` is what the SDK calls all tries of one call."""
        with self._lock:
            self.calls[operation] += 1
            if self._plan is None:
                return ""
            again = self._every_try.get(invocation)
            lot, kind, lasts = self._plan.random(), self._plan.choice(self._kinds), self._plan.random() < EVERY_TRY
            if again is not None:
                self.fired[again] += 1
                return again
            if lot >= self._rate or self._most <= 0:
                return ""
            if kind in ("throttled", "limited", "conflict"):  # transactions are few, and are most of what can conflict
                transaction = operation == "TransactWriteItems"
                kind = "conflict" if transaction else kind.replace("conflict", "throttled")
            self._most -= 1
            self.fired[kind] += 1
            if lasts and kind not in KILLS and kind != "conflict":  # the SDK does not repeat a conflict
                self._every_try[invocation] = kind
                self.heard[kind] += 1
            return kind

    def kill(self, port: int) -> bool:
        """End the process that called from `port`."""
        return self._kill(port)

    def get_request(self) -> tuple[socket.socket, object]:
        """A connection without Nagle's pauses."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away, mostly because it was killed."""


class Call(BaseHTTPRequestHandler):
    """One connection of a function."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: in two, the second waits 40 ms for an acknowledgement
    server: Proxy

    def setup(self) -> None:
        """Connect to the emulator when the first call is forwarded, not before."""
        super().setup()
        self._emulator: http.client.HTTPConnection | None = None

    def finish(self) -> None:
        """Both ends close together."""
        if self._emulator is not None:
            self._emulator.close()
        super().finish()

    def do_POST(self) -> None:
        """Every call of DynamoDB is a POST."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "?").rpartition(".")[2]
        fault = self.server.decide(operation, self.headers.get("amz-sdk-invocation-id", ""))
        if fault == "killed_before":
            self.server.kill(self.client_address[1])
        if fault in ("killed_before", "dropped_before"):
            self.close_connection = True
        elif fault == "conflict":
            self._conflict(body)
        elif fault in BEFORE:
            self._error(fault)
        else:
            self._forward(body, fault)

    def _forward(self, body: bytes, fault: str) -> None:
        try:
            answer, content = self._ask(body)
        except (OSError, http.client.HTTPException):  # the emulator is down, or went down
            self.close_connection = True
            return
        if fault == "killed_after":
            self.server.kill(self.client_address[1])
        if fault in ("killed_after", "reply_lost"):
            self.close_connection = True
        elif fault == "error_after":
            self._error(fault)
        else:
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.close_connection = fault == "reply_cut"
            self.wfile.write(content[: len(content) // 2] if fault == "reply_cut" else content)

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        if self._emulator is None:
            self._emulator = http.client.HTTPConnection(HOST, self.server.upstream, timeout=60)
        self._emulator.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():  # the Host too: it is signed
            self._emulator.putheader(name, value)
        self._emulator.endheaders(body)
        answer = self._emulator.getresponse()
        return answer, answer.read()

    def _error(self, fault: str) -> None:
        status, code, message = ERRORS[fault]
        self._say(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})

    def _conflict(self, body: bytes) -> None:
        """Somebody else's transaction is at one of the items."""
        count = len(json.loads(body)["TransactItems"])
        reasons = [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]
        reasons += [{"Code": "None"} for _ in range(count - 1)]
        codes = ", ".join(reason["Code"] for reason in reasons)
        self._say(400, {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
            "CancellationReasons": reasons,
        })  # fmt: skip

    def _say(self, status: int, answer: object) -> None:
        content = json.dumps(answer).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def caller(port: int, parent: int) -> int | None:
    """The child of `parent` that connects from `port` of loopback; None when there is none (any more)."""
    inode = _inode(port)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) != parent:
                continue
            if any(str(fd.readlink()) == f"socket:[{inode}]" for fd in (entry / "fd").iterdir()):
                return int(entry.name)
        except OSError:  # it ended while we looked
            continue
    return None


def end(pid: int) -> bool:
    """SIGKILL; False when it had ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _inode(port: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == port:
            return fields[9]
    return ""
