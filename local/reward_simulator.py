"""A reward provider on loopback that behaves as Tremendous does, faults included.

    python -m local.reward_simulator --port 4011 --state .local/rewards --auto-deliver

The provider's side is under `/api/v2` (or at the root): orders (200 new, 201 the same again, 409 another one under the
same external_id, 402 funds short, 422 not acceptable), rewards, funding sources, balance transactions, webhooks; at
most 10 requests a second. The other side of the stage is under `/_sim`, for a story or a person:

    GET  /_sim/orders      every order, and totals to the cent
    POST /_sim/deliver     {"order": id or external_id} or {}: deliver, send webhooks, wait until they are answered
    POST /_sim/cancel      {"order": ...}        POST /_sim/approve {"order": ...}
    POST /_sim/fund        {"amount": "-500.00"}
    POST /_sim/faults      {"fault": "timeout_after_commit", "count": 1, "method": "POST", "path": "/orders"}
    POST /_sim/settings    {"webhook_url": ..., "webhook_secret": ..., "account": {...}, "webhooks": {...},
                            "rate_per_second": 10, "auto_deliver_s": 0.2, "down": false, "now": "2026-12-01T09:00:00Z"}
    POST /_sim/replay      {"uuid": ...}          GET /_sim/webhooks: every attempt
    POST /_sim/settle      wait until nothing is due
"""

from __future__ import annotations

import argparse
import hmac
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

import msgspec

from local import reward_faults
from local.reward_account import Account, Json, Refusal, decoded, encoded, funding_source
from local.reward_http import Reply, Server
from local.reward_webhooks import Sender

API = "/api/v2"
JOURNAL = "rewards.jsonl"


class Simulator:
    """The provider: an account, a sender of webhooks, the faults that are due and a rate limit.

    `monotonic` is the rate limit's clock in seconds. Use as a context manager; `url` is the API's base URL.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        api_key: str = "TEST_local",
        state: Path | None = None,
        opening: Decimal = Decimal("100000.00"),
        auto_deliver_s: float | None = None,
        rate_per_second: int = 10,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.offset = timedelta(0)
        if state:
            state.mkdir(parents=True, exist_ok=True)
        self.account = Account(self.now, opening, state / JOURNAL if state else None)
        self.sender = Sender(self.now)
        self.faults = reward_faults.Faults()
        self.rate_per_second = rate_per_second
        self.auto_deliver_s = auto_deliver_s
        self.down = False
        self._key = api_key
        self._monotonic = monotonic
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._server = Server(port, self._answer)
        self.url = f"http://127.0.0.1:{self._server.port}{API}"
        self.admin_url = f"http://127.0.0.1:{self._server.port}/_sim"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self.sender.stop()

    def now(self) -> datetime:
        """The simulator's time: the machine's, moved by what `/_sim/settings` set."""
        return datetime.now(UTC) + self.offset

    def deliver(self, id: str | None = None) -> list[Json]:
        """Deliver what waits and tell it by webhook; returns the orders whose delivery changed."""
        changed = self.account.deliver(id)
        for order in changed:
            self.sender.tell([_delivered(order)])
        return changed

    def _answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            if path.startswith("/_sim/"):
                return self._admin(method, path.removeprefix("/_sim/"), body)
            if path == "/":
                return Reply(200, {"name": "reward simulator", "api": API, "stage": "/_sim/orders"})
            return self._api(method, path.removeprefix(API), query, headers, body)
        except Refusal as refusal:
            return Reply(refusal.status, refusal.body)

    def _api(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if not hmac.compare_digest(headers.get("authorization", "").encode(), f"Bearer {self._key}".encode()):
            raise Refusal(401, "Invalid API key")
        if self.down:
            raise Refusal(503, "Service Unavailable")
        if self._too_fast():
            return Reply(429, {"error": {"message": "Too many requests"}})
        fault = self.faults.take(method, path)
        if fault in reward_faults.REFUSALS:
            status, message = reward_faults.REFUSALS[fault]
            pause = {"Retry-After": "7"} if fault == "429_retry_after" else {}
            errors = "error" if status == 429 else "errors"  # the vendor's rate limit uses the singular
            return Reply(status, {"status": status, errors: {"message": message, "payload": {}}}, headers=pause)
        if fault in reward_faults.SILENT_BEFORE:
            return Reply(200, {}, manner=fault)
        status, answer = self._take(body) if (method, path) == ("POST", "/orders") else (200, None)
        with self.account.lock:
            answer = decoded(encoded(answer or self._resource(method, path, parse_qs(query), body)))  # a copy
        if fault in reward_faults.DISTORTIONS:
            reward_faults.DISTORTIONS[fault](answer)
        return Reply(status, answer, manner=fault)

    def _take(self, body: bytes) -> tuple[int, Json]:
        """Take an order. Not under the account's lock: an early webhook may be answered by reading the order."""
        new, order = self.account.order(body)
        if new:
            self._ordered(order)
        return (200 if new else 201), {"order": order}

    def _resource(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Json:
        match (method, *path.strip("/").split("/")):
            case ("GET", "orders"):
                wanted = query.get("external_id")
                found = [o for o in self.account.orders.values() if not wanted or o.get("external_id") == wanted[0]]
                return {"orders": _page(found[::-1], query), "total_count": len(found)}
            case ("GET", "orders", id) if self.account.find(id):
                return {"order": self.account.find(id)}
            case ("GET", "rewards"):
                rewards = [o["rewards"][0] for o in self.account.orders.values()]
                return {"rewards": _page(rewards[::-1], query), "total_count": len(rewards)}
            case ("GET", "rewards", id) if self.account.reward(id):
                return {"reward": self.account.reward(id)}
            case ("GET", "funding_sources"):
                return {"funding_sources": [funding_source(self.account)]}
            case ("GET", "funding_sources", id) if id.upper() in ("BALANCE", funding_source(self.account)["id"]):
                return {"funding_source": funding_source(self.account)}
            case ("GET", "balance_transactions"):
                first, last = (query.get(f"created_at[{end}]", [""])[0] for end in ("gte", "lte"))
                return {"transactions": _page(self.account.statement(first, last), query)}
            case ("POST", "rewards", id, "resend"):
                order = self.account.resend(id, body)
                if self.auto_deliver_s is not None:
                    self.sender.later(self.auto_deliver_s, lambda: self._deliver_later(order["id"]))
                return {}
            case ("POST", "webhooks"):
                self.sender.manners.url = _url(body)
                return {"webhook": self._webhook()}
            case ("GET", "webhooks"):
                return {"webhooks": [self._webhook()] if self.sender.manners.url else []}
        raise Refusal(404, "Not found")

    def _ordered(self, order: Json) -> None:
        """What follows an order: its event, and its delivery when that is automatic (at once when events are early)."""
        self.sender.tell([("ORDERS.CREATED", "orders", order["id"], {})])
        if self.auto_deliver_s is None:
            return
        if self.sender.manners.early:
            self.deliver(order["id"])
        else:
            self.sender.later(self.auto_deliver_s, lambda: self._deliver_later(order["id"]))

    def _deliver_later(self, id: str) -> None:
        self.deliver(id)

    def _webhook(self) -> Json:
        manners = self.sender.manners
        return {"id": "WEBHOOK00001", "url": manners.url, "private_key": manners.secret}

    def _too_fast(self) -> bool:
        """Were there as many requests in the last second as are allowed? A refused one does not count."""
        if not self.rate_per_second:
            return False
        with self._lock:
            now = self._monotonic()
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            if len(self._recent) >= self.rate_per_second:
                return True
            self._recent.append(now)
            return False

    def _admin(self, method: str, what: str, body: bytes) -> Reply:
        try:
            answer = self._look(what) if method == "GET" else self._do(what, dict(decoded(body or b"{}")))
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            return Reply(400, {"error": f"{type(error).__name__}: {error}"})
        return Reply(200, answer) if answer is not None else Reply(404, {"error": f"there is no {method} /_sim/{what}"})

    def _look(self, what: str) -> Json | None:
        match what:
            case "orders":
                with self.account.lock:
                    return self._totals()
            case "webhooks":
                return {"attempts": list(self.sender.attempts)}
            case "faults":
                return {"due": self.faults.due(), "known": list(reward_faults.FAULTS)}
            case "settings":
                return self._settings()
        return None

    def _do(self, what: str, asked: Json) -> Json | None:
        match what:
            case "deliver":
                changed = self.deliver(asked.get("order"))
                return {"delivered": [o["id"] for o in changed], "settled": self.sender.settle()}
            case "cancel":
                order = self.account.cancel(asked["order"])
                reward_id = order["rewards"][0]["id"]
                self.sender.tell(
                    [("ORDERS.CANCELED", "orders", order["id"], {}), ("REWARDS.CANCELED", "rewards", reward_id, {})]
                )
                return {"order": order["id"], "settled": self.sender.settle()}
            case "approve":
                order = self.account.approve(asked["order"])
                self.sender.tell([("ORDERS.APPROVED", "orders", order["id"], {})])
                return {"order": order["id"], "settled": self.sender.settle()}
            case "fund":
                self.account.fund(Decimal(str(asked["amount"])))
                return {"balance": str(self.account.balance)}
            case "faults":
                if asked.get("clear"):
                    self.faults.clear()
                else:
                    options = {name: asked[name] for name in ("count", "method", "path") if name in asked}
                    self.faults.add(str(asked["fault"]), **options)
                return {"due": self.faults.due()}
            case "settings":
                self.set(**asked)
                return self._settings()
            case "replay":
                return {"known": self.sender.replay(str(asked["uuid"])), "settled": self.sender.settle()}
            case "settle":
                return {"settled": self.sender.settle()}
        return None

    def set(self, **settings: Any) -> None:
        """Change settings; see the list at the top of this file. Raises: ValueError for one there is not."""
        for name, value in settings.items():
            match name:
                case "webhook_url":
                    self.sender.manners.url = str(value)
                case "webhook_secret":
                    self.sender.manners.secret = str(value)
                case "account":
                    self.account.rules = _changed(self.account.rules, value)
                case "webhooks":
                    self.sender.manners = _changed(self.sender.manners, value)
                case "rate_per_second" | "auto_deliver_s" | "down":
                    setattr(self, name, float(value) if isinstance(value, Decimal) else value)
                case "now":
                    moment = datetime.fromisoformat(value) if value else datetime.now(UTC)
                    self.offset = moment.astimezone(UTC) - datetime.now(UTC)
                case _:
                    raise ValueError(f'there is no setting "{name}"')

    def _settings(self) -> Json:
        return {
            "account": msgspec.to_builtins(self.account.rules),
            "webhooks": msgspec.to_builtins(self.sender.manners)
            | {"secret": "set" if self.sender.manners.secret else ""},
            "rate_per_second": self.rate_per_second,
            "auto_deliver_s": self.auto_deliver_s,
            "down": self.down,
            "now": self.now().isoformat(),
            "balance": str(self.account.balance),
        }

    def _totals(self) -> Json:
        """Every order, with sums as exact text; canceled ones are counted apart."""
        live = [o for o in self.account.orders.values() if o["status"] != "CANCELED"]
        return {
            "orders": list(self.account.orders.values()),
            "count": len(live),
            "canceled": len(self.account.orders) - len(live),
            "delivered": sum(o["rewards"][0]["delivery"]["status"] == "SUCCEEDED" for o in live),
            "total": str(sum((o["payment"]["total"] for o in live), Decimal("0.00"))),
            "fees": str(sum((o["payment"]["fees"] for o in live), Decimal("0.00"))),
            "balance": str(self.account.balance),
        }


def _changed(old: Any, changes: Json) -> Any:
    """The settings with some replaced. Raises: msgspec.ValidationError (a ValueError) for an unknown one."""
    plain = {name: float(value) if isinstance(value, Decimal) else value for name, value in changes.items()}
    return msgspec.convert(msgspec.to_builtins(old) | plain, type(old))


def _page(found: list[Json], query: dict[str, list[str]]) -> list[Json]:
    """At most 500 from the offset; 10 when no limit is named, as the vendor does."""
    offset, limit = query.get("offset", ["0"])[0], query.get("limit", ["10"])[0]
    if not (offset.isdecimal() and limit.isdecimal()):
        raise Refusal(422, "offset and limit must be numbers")
    return found[int(offset) : int(offset) + min(int(limit), 500)]


def _url(body: bytes) -> str:
    try:
        return str(decoded(body)["url"])
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "Validation failed", {"url": "is required"}) from None


def _delivered(order: Json) -> tuple[str, str, str, Json]:
    reward = order["rewards"][0]
    if reward["delivery"]["status"] == "SUCCEEDED":
        return ("REWARDS.DELIVERY.SUCCEEDED", "rewards", reward["id"], {})
    meta = {"failure_reason": "mailbox_unavailable", "retryable": False}
    return ("REWARDS.DELIVERY.FAILED", "rewards", reward["id"], meta)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.reward_simulator", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="folder of a journal to carry on with")
    parser.add_argument("--directory", type=Path, help="folder for a journal that starts anew")
    parser.add_argument("--api-key", default="TEST_local")
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="")
    parser.add_argument("--balance", type=Decimal, default=Decimal("100000.00"), help="opening balance in USD")
    parser.add_argument("--rate", type=int, default=10, help="requests a second, 0 for no limit")
    parser.add_argument("--auto-deliver", action="store_true", help="deliver each order shortly after it was taken")
    options = parser.parse_args()
    if options.directory and not options.state:
        # The emulator beside us forgets everything when it ends: orders of its last life would only confuse.
        (options.directory / JOURNAL).unlink(missing_ok=True)
    simulator = Simulator(
        port=options.port,
        api_key=options.api_key,
        state=options.state or options.directory,
        opening=options.balance,
        auto_deliver_s=0.2 if options.auto_deliver else None,
        rate_per_second=options.rate,
    )
    simulator.set(webhook_url=options.webhook_url, webhook_secret=options.webhook_secret)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with simulator:
        print(f"reward simulator: {simulator.url} (other side of the stage: {simulator.admin_url})", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
