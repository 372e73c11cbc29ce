"""Signed webhooks of the reward simulator, sent by one thread: retried, and on request twice, late, in the wrong
order, forged or not at all.

The same thread runs everything that happens "a little later", such as the delivery of an accepted order.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import urllib3

from chalicelib.adapters.rewards.signatures import sign
from local.reward_account import Json, encoded

# The vendor's documented example carries this offset; a reader that assumes UTC is four hours wrong.
_EASTERN = timezone(timedelta(hours=-4))


class Manners(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How webhooks behave. `copies` sends each that many times, `reversed` turns the order of events of one action
    around, `forged` adds a copy with a wrong signature before each, `early` sends before the order is answered."""

    url: str = ""
    secret: str = ""
    copies: int = 1
    delay_s: float = 0
    drop: bool = False
    reversed: bool = False
    early: bool = False
    forged: bool = False
    tries: int = 17
    retry_s: float = 1.0


class Sender:
    """Builds, keeps and sends events. `attempts` tells every try: uuid, event, status (0: no answer)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.manners = Manners()
        self.attempts: list[Json] = []
        self._clock = clock
        self._bodies: dict[str, bytes] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._number = itertools.count(1)
        self._running = False
        self._stopped = False
        self._changed = threading.Condition()
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=10), retries=False)
        self._thread = threading.Thread(target=self._run, name="reward-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what was not sent stays unsent."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(timeout=15)
        self._pool.clear()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action on the sending thread."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))
            self._changed.notify_all()

    def settle(self, timeout_s: float = 10) -> bool:
        """Wait until nothing is due any more; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._running, timeout_s)

    def tell(self, events: list[tuple[str, str, str, Json]]) -> None:
        """Send events (name, resource type, resource id, meta) of one action, as the manners say."""
        manners = self.manners
        bodies = [self._body(*event) for event in events]
        if not manners.url or manners.drop:
            return
        for body in reversed(bodies) if manners.reversed else bodies:
            if manners.forged:
                self._send(body.replace(b'"uuid":"', b'"uuid":"f0'), "not-the-secret", 1)
            for _ in range(manners.copies):
                self._send(body, manners.secret, manners.tries)

    def replay(self, id: str) -> bool:
        """Send a known event's bytes once more; False when there is none."""
        body = self._bodies.get(id)
        if body is None:
            return False
        self._send(body, self.manners.secret, 1)
        return True

    def _body(self, event: str, kind: str, id: str, meta: Json) -> bytes:
        number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"event/{next(self._number)}/{event}/{id}"))
        body = encoded(
            {
                "event": event,
                "uuid": number,
                "created_utc": self._clock().astimezone(_EASTERN).isoformat(timespec="seconds"),
                "payload": {"resource": {"id": id, "type": kind}, "meta": meta},
            }
        )
        self._bodies[number] = body
        return body

    def _send(self, body: bytes, secret: str, tries: int) -> None:
        if self.manners.early:
            self._post(body, secret, tries)
        else:
            self.later(self.manners.delay_s, lambda: self._post(body, secret, tries))

    def _post(self, body: bytes, secret: str, tries: int) -> None:
        headers = {"Content-Type": "application/json", "Tremendous-Webhook-Signature": sign(body, secret)}
        try:
            status = self._pool.request("POST", self.manners.url, body=body, headers=headers).status
        except urllib3.exceptions.HTTPError:
            status = 0
        said: dict[str, Any] = msgspec.json.decode(body)
        self.attempts.append({"uuid": said["uuid"], "event": said["event"], "status": status})
        if status != 200 and tries > 1:
            self.later(self.manners.retry_s, lambda: self._post(body, secret, tries - 1))

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                action = heapq.heappop(self._due)[2]
                self._running = True
            try:
                action()
            finally:
                with self._changed:
                    self._running = False
                    self._changed.notify_all()
