"""What can go wrong between a client and the reward simulator, by name.

A fault is set for the next N matching calls. Those before the commit leave no order behind; those after it do, and
the client cannot tell the two apart: that is the point of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from local.reward_account import CENT, Json

# Refused before anything was done: status, message.
REFUSALS: dict[str, tuple[int, str]] = {
    "400": (400, "Validation failed"),
    "401": (401, "Invalid API key"),
    "402": (402, "Not enough funds to carry out this operation. Fund your balance to proceed."),
    "403": (403, "Forbidden"),
    "409": (409, "Order with same external_id but different parameters exists"),
    "422": (422, "Order failed: validation failure"),
    "429": (429, "Too many requests"),
    "429_retry_after": (429, "Too many requests"),
    "500": (500, "Something went wrong. We have been notified"),
    "503": (503, "Service Unavailable"),
}
SILENT_BEFORE = ("timeout_before_commit", "reset_before_commit")
# Done, and then the answer is lost or spoilt on the way.
SPOILT_AFTER = (
    "timeout_after_commit", "reset_mid_body", "html_200", "truncated_json", "slow_drip", "500_after_commit",
    "503_after_commit",
)  # fmt: skip


def _order(answer: Json) -> Json:
    found: Json = answer.get("order") or (answer.get("orders") or [{}])[0]
    return found


def _wrong_amount(answer: Json) -> None:
    value = _order(answer)["rewards"][0]["value"]
    value["denomination"] = Decimal(value["denomination"]) + CENT


def _wrong_currency(answer: Json) -> None:
    _order(answer)["rewards"][0]["value"]["currency_code"] = "CAD"


def _wrong_recipient(answer: Json) -> None:
    _order(answer)["rewards"][0]["recipient"]["email"] = "someone.else@elsewhere.example"


def _other_order(answer: Json) -> None:
    _order(answer)["external_id"] = "SOMEBODYELSESORDER"


def _missing_field(answer: Json) -> None:
    del _order(answer)["rewards"][0]["value"]


def _unknown_status(answer: Json) -> None:
    _order(answer)["status"] = "PENDING SOMETHING NEW"


def _null_balance(answer: Json) -> None:
    for line in answer.get("transactions", []):
        line["balance"] = None


DISTORTIONS: dict[str, Callable[[Json], None]] = {
    "wrong_amount": _wrong_amount,
    "wrong_currency": _wrong_currency,
    "wrong_recipient": _wrong_recipient,
    "other_order": _other_order,
    "missing_field": _missing_field,
    "unknown_status": _unknown_status,
    "null_balance": _null_balance,
}
FAULTS = (*REFUSALS, *SILENT_BEFORE, *SPOILT_AFTER, *DISTORTIONS)


@dataclass(slots=True)
class Fault:
    """`name` happens to the next `count` calls of that method whose path starts with `path`."""

    name: str
    count: int
    method: str
    path: str


class Faults:
    """The faults that are due."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Fault] = []

    def add(self, name: str, count: int = 1, method: str = "POST", path: str = "/orders") -> None:
        """Set a fault. Raises: ValueError naming the faults there are."""
        if name not in FAULTS:
            raise ValueError(f'"{name}" is no fault; there are: {", ".join(FAULTS)}')
        with self._lock:
            self._due.append(Fault(name, count, method, path))

    def take(self, method: str, path: str) -> str:
        """The fault of this call, "" when it has none; each is used up by its count."""
        with self._lock:
            for fault in self._due:
                if fault.method == method and path.startswith(fault.path):
                    fault.count -= 1
                    if fault.count <= 0:
                        self._due.remove(fault)
                    return fault.name
            return ""

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._due.clear()

    def due(self) -> list[Json]:
        """What is still set."""
        with self._lock:
            return [{"fault": f.name, "count": f.count, "method": f.method, "path": f.path} for f in self._due]
