"""The two outside systems at their HTTP boundary: the reward provider's account and the Salesforce org.

Both are the local stack's own (`local.reward_account`, `local.org_simulator`) without their servers: a request comes
in as method, path and bytes, and an answer goes out.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.adapters.rewards.signatures import sign
from local.org_http import Refusal as OrgRefusal
from local.org_simulator import OrgSimulator
from local.org_state import OrgState
from local.reward_account import Account, Refusal, Rules, encoded, funding_source
from tests.fakes.tokens import ORG

BOUNCES = "dee@harborline.example"  # nothing can be delivered there
WEBHOOK_SECRET = "a webhook secret of the simulator"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An event on its way to us; `tries` are left."""

    body: bytes
    signature: str
    tries: int = 4


@dataclass
class Provider:
    """The reward provider: one account, and the webhooks it has to send."""

    clock: Callable[[], datetime]
    webhooks: list[Webhook] = field(default_factory=list)
    account: Account = field(init=False)
    told: int = 0
    down: bool = False

    def __post_init__(self) -> None:
        self.account = Account(self.clock, Decimal("100000.00"))
        self.account.rules = Rules(undeliverable=[BOUNCES])

    def snapshot(self) -> Any:
        """Everything a run can change, as bytes: orders are changed in place."""
        a = self.account
        kept = (a.orders, a.transactions, a.balance, a._requests, a._by_key, a._by_reward, self.told, self.down)
        return pickle.dumps(kept), list(self.webhooks)

    def restore(self, snapshot: Any) -> None:
        """Back to a snapshot."""
        kept, webhooks = snapshot
        a = self.account
        (
            a.orders, a.transactions, a.balance, a._requests, a._by_key, a._by_reward, self.told, self.down,
        ) = pickle.loads(kept)  # noqa: S301 - our own bytes  # fmt: skip
        self.webhooks = list(webhooks)

    def live_orders(self) -> list[tuple[str, str]]:
        """(key, amount) of every order that was not canceled."""
        live = [o for o in self.account.orders.values() if o["status"] != "CANCELED"]
        return sorted((str(o.get("external_id")), str(o["payment"]["subtotal"])) for o in live)

    def deliver(self) -> None:
        """Deliver every order that waits, or fail to, and tell it by webhook."""
        for order in self.account.deliver():
            reward = order["rewards"][0]
            self.tell(f"REWARDS.DELIVERY.{reward['delivery']['status']}", "rewards", reward["id"])

    def tell(self, event: str, kind: str, id: str) -> None:
        """Queue a signed webhook."""
        self.told += 1
        told = {
            "event": event,
            "uuid": f"00000000-0000-5000-8000-{self.told:012d}",
            "created_utc": self.clock().isoformat(),
            "payload": {"resource": {"id": id, "type": kind}, "meta": {}},
        }
        body = encoded(told)
        self.webhooks.append(Webhook(body, sign(body, WEBHOOK_SECRET)))

    def ordered_by_somebody(self, key: str) -> None:
        """Somebody places an order at the provider that we never planned."""
        reward = {
            "value": {"denomination": 25, "currency_code": "USD"},
            "recipient": {"name": "X", "email": "x@example.com"},
            "products": ["OKMHM2X2OHYV"],
            "delivery": {"method": "EMAIL"},
        }
        body = {"external_id": key, "payment": {"funding_source_id": "BALANCE"}, "reward": reward}
        _, order = self.account.order(encoded(body))
        self.tell("ORDERS.CREATED", "orders", order["id"])

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, bytes]:
        """One request: status and body."""
        if self.down:
            return 503, b"{}"
        parts = urlsplit(url)
        path, query = parts.path.removeprefix("/api/v2"), parse_qs(parts.query)
        try:
            status, told = self._resource(method, path.strip("/").split("/"), query, body)
        except Refusal as refusal:
            status, told = refusal.status, refusal.body
        return status, encoded(told)

    def _resource(self, method: str, path: list[str], query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        account = self.account
        match (method, *path):
            case ("POST", "orders"):
                new, order = account.order(body)
                if new:
                    self.tell("ORDERS.CREATED", "orders", order["id"])
                return (200 if new else 201), {"order": order}
            case ("GET", "orders"):
                wanted = query.get("external_id", [""])[0]
                return 200, {"orders": [o for o in account.orders.values() if o.get("external_id") == wanted]}
            case ("GET", "orders", id) if account.find(id):
                return 200, {"order": account.find(id)}
            case ("GET", "rewards", id) if account.reward(id):
                return 200, {"reward": account.reward(id)}
            case ("POST", "rewards", id, "resend"):
                account.resend(id, body)
                return 200, {}
            case ("GET", "funding_sources", _):
                return 200, {"funding_source": funding_source(account)}
            case ("GET", "balance_transactions"):
                first, last = (query.get(f"created_at[{end}]", [""])[0] for end in ("gte", "lte"))
                start = int(query.get("offset", ["0"])[0])
                return 200, {"transactions": account.statement(first, last)[start : start + 500]}
        raise Refusal(404, "Not found")


class Org(OrgSimulator):
    """The org without its server and threads: what it knows, and what it answers."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.state = OrgState(ORG, clock=clock)
        self.key = ""
        self.page_size = 4  # a sweep must turn pages
        self.endpoint = ""
        self.url = "https://sim.my.salesforce.com"
        self.lock = threading.RLock()
        self.sessions: set[str] = set()
        self.cursors: dict[str, list[dict[str, Any]]] = {}
        self.failing: list[str] = []
        self.refused: dict[str, list[str]] = {}

    def snapshot(self) -> Any:
        """Everything a story can change."""
        s = self.state
        return pickle.dumps((s.records, s.queue, s.counters, s.drop_next, s.bells))

    def restore(self, snapshot: Any) -> None:
        """Back to a snapshot."""
        s = self.state
        s.records, s.queue, s.counters, s.drop_next, s.bells = pickle.loads(snapshot)  # noqa: S301 - our own bytes

    def requested(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """One request: status and body."""
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        authorization = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
        try:
            return 200, encoded(self.answer(method, parts.path, query, authorization, body))
        except OrgRefusal as refusal:
            return refusal.status, encoded(refusal.body)
