"""Free ports on loopback, and waiting for whoever listens there."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """`count` different ports nobody listens on now.

    All are held while the last is found, so they differ. Another process may still take one before it is used; whoever
    starts a server there notices, because the server ends at once.
    """
    held = [socket.socket() for _ in range(count)]
    try:
        for holder in held:
            holder.bind((HOST, 0))
        return [holder.getsockname()[1] for holder in held]
    finally:
        for holder in held:
            holder.close()


def answers(port: int, path: str) -> bool:
    """Whether an HTTP server on loopback answers GET `path` with anything below 500."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until(holds: Callable[[], bool], *, seconds: float, alive: Callable[[], bool] = lambda: True) -> bool:
    """Ask every 50 ms until `holds()`; False when time is up or `alive()` is no longer true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        if not alive():
            return False
        time.sleep(0.05)
    return False
