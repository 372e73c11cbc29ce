"""The account behind the reward simulator: orders, rewards, balance and statement as Tremendous keeps them.

Plain state under one lock, no HTTP. It is stricter than the vendor where strictness finds bugs of ours (unknown
fields and more than two decimals are refused) and never laxer: what is taken here, the vendor's own SDK takes too.
With a journal file every change is one appended line, so a killed simulator comes back with every order it took.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import msgspec

CENT = Decimal("0.01")
# What one unit of a reward's currency costs in the account's; made up, and fixed so that totals can be recomputed.
RATES = {"USD": Decimal(1), "EUR": Decimal("1.08"), "GBP": Decimal("1.27"), "CAD": Decimal("0.73")}
_ID = re.compile(r"[A-Z0-9]{4,20}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_ORDER = {"external_id": str, "payment": dict, "reward": dict}
_REWARD = {
    "campaign_id": str, "products": list, "value": dict, "recipient": dict, "deliver_at": str, "custom_fields": list,
    "language": str, "delivery": dict,
}  # fmt: skip
_NULLABLE = ("external_id", "reward.campaign_id", "reward.recipient.name")
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Json = dict[str, Any]


def encoded(value: object) -> bytes:
    """JSON with decimals written as exact numbers."""
    return _ENCODER.encode(value)


def decoded(text: str | bytes) -> Any:
    """JSON with numbers read exactly. Raises: ValueError."""
    return json.loads(text, parse_float=Decimal)


class Refusal(Exception):
    """An error answer: status and the vendor's error object."""

    def __init__(self, status: int, message: str, payload: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        nested: Json = {}  # `reward.recipient.email` the way the vendor nests it
        for path, reason in (payload or {}).items():
            *parents, last = path.split(".")
            place = nested
            for name in parents:
                if not isinstance(place.get(name), dict):
                    place[name] = {}
                place = place[name]
            place[last] = reason
        self.body: Json = {"status": status, "errors": {"message": message, "payload": nested}}


class Rules(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the account behaves: `refuse` addresses get 422, `undeliverable` ones fail after ordering, orders above
    `approval_above` wait for a person. Amounts are major units; fees are hundredths of a percent."""

    refuse: list[str] = []
    undeliverable: list[str] = []
    approval_above: Decimal | None = None
    fee_basis_points: int = 0


class Account:
    """One organisation with a prepaid balance in USD."""

    def __init__(self, clock: Callable[[], datetime], opening: Decimal, journal: Path | None = None) -> None:
        self.lock = threading.Condition(threading.RLock())  # notified at every change
        self.rules = Rules()
        self.orders: dict[str, Json] = {}
        self.transactions: list[Json] = []
        self.balance = Decimal(0)
        self._requests: dict[str, Json] = {}
        self._by_key: dict[str, Json] = {}
        self._by_reward: dict[str, Json] = {}
        self._clock = clock
        self._journal = journal
        if journal and journal.exists():
            for line in journal.read_text("utf-8").splitlines():
                self._replay(decoded(line))
        if not self.transactions:
            self._move(opening, "Deposit", "opening balance", None)

    def order(self, body: bytes) -> tuple[bool, Json]:
        """Take an order; (is it new, the order). Raises: Refusal."""
        request = checked(body, self.rules)
        with self.lock:
            key = request.get("external_id")
            existing = self.find(key) if key else None
            if existing is not None:
                if self._requests[existing["id"]] != request:
                    raise Refusal(409, "Order with same external_id but different parameters exists")
                return False, existing
            order = self._new_order(request)
            if order["payment"]["total"] > self.balance:
                raise Refusal(402, "Not enough funds to carry out this operation. Fund your balance to proceed.")
            above = self.rules.approval_above
            waits = above is not None and order["payment"]["total"] > above
            order["status"] = "PENDING APPROVAL" if waits else "EXECUTED"
            self._keep(order, request)
            self._write({"order": order, "request": request})
            if not waits:
                self._move(-order["payment"]["total"], "Order", "reward order", order)
            return True, order

    def find(self, id: str) -> Json | None:
        """An order by its id or external id."""
        with self.lock:
            return self.orders.get(id) or self._by_key.get(id)

    def reward(self, id: str) -> Json | None:
        """A reward by its id."""
        with self.lock:
            order = self._by_reward.get(id)
            return order["rewards"][0] if order else None

    def statement(self, since: str, until: str) -> list[Json]:
        """Balance transactions created in [since, until] (ISO instants, "" is open), newest first."""
        try:
            first, last = (datetime.fromisoformat(text) if text else None for text in (since, until))
        except ValueError:
            raise Refusal(422, "created_at must be an ISO 8601 datetime") from None
        with self.lock:
            found = []
            for line in reversed(self.transactions):
                at = datetime.fromisoformat(line["created_at"])
                if (first and at < first) or (last and at > last):
                    continue
                owner = self.orders.get(line.get("order_id", ""))
                shown = {name: part for name, part in line.items() if name != "order_id"}
                if owner:
                    shown["order"] = {name: owner[name] for name in ("id", "external_id", "payment") if name in owner}
                found.append(shown)
            return found

    def deliver(self, id: str | None = None) -> list[Json]:
        """Deliver one order, or all that wait; returns those whose delivery changed (it may have failed)."""
        with self.lock:
            changed = []
            for order in list(self.orders.values()) if id is None else filter(None, [self.find(id)]):
                delivery = order["rewards"][0]["delivery"]
                if order["status"] != "EXECUTED" or delivery["status"] != "SCHEDULED":
                    continue
                bounced = order["rewards"][0]["recipient"].get("email") in self.rules.undeliverable
                delivery["status"] = "FAILED" if bounced else "SUCCEEDED"
                self._write({"order": order})
                changed.append(order)
            return changed

    def resend(self, reward_id: str, body: bytes) -> Json:
        """Schedule a reward whose delivery failed once more, to another address when one is given. Raises: Refusal."""
        try:
            asked = decoded(body or b"{}")
        except (ValueError, RecursionError):
            raise Refusal(400, "Request body is not valid JSON") from None
        if wrong := dict(_shape(asked, "", {"updated_email": str, "updated_phone": str})):
            raise Refusal(400, "Validation failed", wrong)
        email = asked.get("updated_email")
        with self.lock:
            order = self._by_reward.get(reward_id)
            if order is None:
                raise Refusal(404, "Not found")
            reward = order["rewards"][0]
            if order["status"] != "EXECUTED" or reward["delivery"]["status"] != "FAILED":
                raise Refusal(422, "Reward cannot be resent: its delivery did not fail")
            if email is not None and (not _EMAIL.fullmatch(email) or email in self.rules.refuse):
                raise Refusal(422, "Reward cannot be resent", {"updated_email": "is invalid"})
            if email is not None:
                reward["recipient"]["email"] = email
            reward["delivery"]["status"] = "SCHEDULED"
            self._write({"order": order})
            return order

    def approve(self, id: str) -> Json:
        """Let an order that waits for approval go out. Raises: Refusal."""
        with self.lock:
            order = self._existing(id)
            if order["status"] != "PENDING APPROVAL":
                raise Refusal(422, "Order is not pending approval")
            order["status"] = "EXECUTED"
            self._write({"order": order})
            self._move(-order["payment"]["total"], "Order", "approved reward order", order)
            return order

    def cancel(self, id: str) -> Json:
        """Cancel an order and refund it. Raises: Refusal."""
        with self.lock:
            order = self._existing(id)
            if order["status"] == "CANCELED":
                raise Refusal(422, "Order is canceled already")
            paid, order["status"] = order["status"] == "EXECUTED", "CANCELED"
            if paid:
                total = order["payment"]["total"]
                order["payment"]["refund"] = {"total": total, "currency_code": "USD"}
                self._move(total, "Refund", "canceled reward order", order)
            self._write({"order": order})
            return order

    def fund(self, amount: Decimal, why: str = "top-up") -> None:
        """Add to the balance; negative takes away."""
        with self.lock:
            self._move(amount, "Deposit" if amount >= 0 else "Withdrawal", why, None)

    def _existing(self, id: str) -> Json:
        order = self.find(id)
        if order is None:
            raise Refusal(404, "Not found")
        return order

    def _new_order(self, request: Json) -> Json:
        number = len(self.orders) + 1
        id, reward_id = _id("order", number), _id("reward", number)
        asked, now = request["reward"], self._clock().isoformat(timespec="milliseconds")
        amount = Decimal(asked["value"]["denomination"]).quantize(CENT)
        currency = asked["value"].get("currency_code", "USD")
        subtotal = (amount * RATES[currency]).quantize(CENT, ROUND_HALF_UP)
        fees = (subtotal * self.rules.fee_basis_points / 10_000).quantize(CENT, ROUND_HALF_UP)
        reward: Json = {
            "id": reward_id,
            "order_id": id,
            "created_at": now,
            "expires_at": None,
            "value": {"denomination": amount, "currency_code": currency},
            "recipient": dict(asked["recipient"]),
            "custom_fields": [{**f, "label": "External user ID"} for f in asked.get("custom_fields", [])],
            "delivery": {"method": asked.get("delivery", {}).get("method", "EMAIL"), "status": "SCHEDULED"},
        }
        order: Json = {
            "id": id,
            "created_at": now,
            "status": "OPEN",
            "channel": "API",
            "payment": {
                "subtotal": subtotal, "total": subtotal + fees, "fees": fees, "discount": Decimal("0.00"),
                "currency_code": "USD",
            },
            "rewards": [reward],
        }  # fmt: skip
        for name, value in (("external_id", request.get("external_id")), ("campaign_id", asked.get("campaign_id"))):
            if value is not None:
                order[name] = value
        return order

    def _move(self, amount: Decimal, action: str, description: str, order: Json | None) -> None:
        line: Json = {
            "created_at": self._clock().isoformat(timespec="milliseconds"),
            "amount": amount.quantize(CENT),
            "currency_code": "USD",
            "balance": (self.balance + amount).quantize(CENT),
            "action": action,
            "description": description,
        }
        if order is not None:
            line["order_id"] = order["id"]
        self._replay({"transaction": line})
        self._write({"transaction": line})

    def _keep(self, order: Json, request: Json | None) -> None:
        self.orders[order["id"]] = order
        self._by_reward[order["rewards"][0]["id"]] = order
        if order.get("external_id"):
            self._by_key[order["external_id"]] = order
        if request is not None:
            self._requests[order["id"]] = request

    def _write(self, change: Json) -> None:
        with self.lock:
            self.lock.notify_all()
        if self._journal:
            with self._journal.open("ab") as file:
                file.write(encoded(change) + b"\n")

    def _replay(self, change: Json) -> None:
        if "transaction" in change:
            self.transactions.append(change["transaction"])
            self.balance += change["transaction"]["amount"]
        if "order" in change:
            self._keep(change["order"], change.get("request"))


def _id(kind: str, number: int) -> str:
    """Twelve capitals and digits, the same in every run."""
    return base64.b32encode(hashlib.sha256(f"{kind}/{number}".encode()).digest()).decode()[:12]


def checked(body: bytes, rules: Rules) -> Json:
    """The order request in `body`. Raises: Refusal 400 (not the documented shape) or 422 (not acceptable)."""
    try:
        request = decoded(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "Request body is not valid JSON") from None
    if wrong := dict(_shape(request, "", _ORDER)):
        raise Refusal(400, "Validation failed", wrong)
    if "reward" not in request:
        raise Refusal(400, "Validation failed", {"reward": "is required"})
    reward = request["reward"]
    if wrong := dict(_shape_of_reward(reward)) | dict(_shape(request.get("payment", {}), "payment",
                                                             {"funding_source_id": str})):  # fmt: skip
        raise Refusal(400, "Validation failed", wrong)
    if unacceptable := dict(_unacceptable(request, reward, rules)):
        raise Refusal(422, "Order failed: validation failure", unacceptable)
    checked: Json = request
    return checked


def _shape(value: object, path: str, fields: Mapping[str, type]) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path or "body", "must be an object"
        return
    for name, part in value.items():
        where = f"{path}.{name}".lstrip(".")
        if name not in fields:
            yield where, "is unknown"
        elif not isinstance(part, fields[name]) and not (part is None and where in _NULLABLE):
            yield where, f"must be a {fields[name].__name__}"


def _shape_of_reward(reward: Json) -> Iterator[tuple[str, str]]:
    yield from _shape(reward, "reward", _REWARD)
    value = reward.get("value")
    if isinstance(value, dict):
        number = value.get("denomination")
        if type(number) is not int and not isinstance(number, Decimal):
            yield "reward.value.denomination", "must be a number"
        rest = {name: part for name, part in value.items() if name != "denomination"}
        yield from _shape(rest, "reward.value", {"currency_code": str})
    yield from _shape(reward.get("recipient", {}), "reward.recipient", {"name": str, "email": str, "phone": str})
    delivery = reward.get("delivery", {})
    yield from _shape(delivery, "reward.delivery", {"method": str, "meta": dict})
    meta = delivery.get("meta", {}) if isinstance(delivery, dict) else {}
    yield from _shape(meta, "reward.delivery.meta", {"sender_name": str, "subject_line": str, "message": str})
    for field in reward["custom_fields"] if isinstance(reward.get("custom_fields"), list) else ():
        yield from _shape(field, "reward.custom_fields", {"id": str, "value": str})
        if isinstance(field, dict) and not _ID.fullmatch(str(field.get("id"))):
            yield "reward.custom_fields.id", "is invalid"
    if reward.get("campaign_id") is not None and not _ID.fullmatch(str(reward["campaign_id"])):
        yield "reward.campaign_id", "is invalid"
    products = reward.get("products")
    if isinstance(products, list) and not all(isinstance(p, str) and p.strip() for p in products):
        yield "reward.products", "must be product ids"


def _unacceptable(request: Json, reward: Json, rules: Rules) -> Iterator[tuple[str, str]]:
    source = request.get("payment", {}).get("funding_source_id", "BALANCE")
    if source.upper() not in ("BALANCE", FUNDING_SOURCE):
        yield "payment.funding_source_id", "is not a funding source of this account"
    if not reward.get("products") and reward.get("campaign_id") is None:
        yield "reward.products", "At least one valid product required"
    value = reward.get("value")
    if value is None:
        yield "reward.value", "is required"
    else:
        number = Decimal(value["denomination"])
        if not number.is_finite() or not Decimal(0) < number <= Decimal(10_000) or number % CENT:
            yield "reward.value.denomination", "must be above 0, at most 10000, with at most two decimals"
        if value.get("currency_code", "USD") not in RATES:
            yield "reward.value.currency_code", "is not supported"
    method = reward.get("delivery", {}).get("method", "EMAIL")
    if method not in ("EMAIL", "LINK", "PHONE"):
        yield "reward.delivery.method", "is invalid"
    email = reward.get("recipient", {}).get("email")
    if method == "EMAIL" and (email is None or not _EMAIL.fullmatch(email)):
        yield "reward.recipient.email", "is invalid"
    elif email in rules.refuse:
        yield "reward.recipient.email", "is not accepted"
    if "language" in reward and not re.fullmatch(r"[a-z]{2}", reward["language"]):
        yield "reward.language", "is invalid"
    try:
        date.fromisoformat(reward.get("deliver_at", "2026-01-01"))
    except ValueError:
        yield "reward.deliver_at", "is invalid"


FUNDING_SOURCE = _id("funding source", 1)


def funding_source(account: Account) -> Json:
    """The balance as a funding source."""
    left = account.balance
    return {
        "id": FUNDING_SOURCE,
        "method": "balance",
        "usage_permissions": ["api_orders", "dashboard_orders"],
        "status": "active",
        "meta": {"available_amount": left, "available_cents": int(left * 100), "currency_code": "USD"},
    }
