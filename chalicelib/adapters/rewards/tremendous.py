"""Tremendous behind the reward port: six calls by hand, no SDK.

What a placing call came to is decided here and nowhere else:

    the connection was never made        RETRY_LATER   nothing was sent
    read time-out, reset, 5xx            UNKNOWN       may have been processed: same key and bytes again
    2xx, unreadable                      UNKNOWN       placed, we cannot see what
    2xx, readable, not what was asked    CONFLICT      a person looks, never a new key
    2xx, readable, as asked              ACCEPTED, NEEDS_APPROVAL or REJECTED, by the order's state
    400 422 / 402 / 409 / 429            REJECTED / AWAITING_FUNDS / CONFLICT / RETRY_LATER
    401 403 and every other refusal      HALT          it is about us, not about this payout

200 and 201 are not told apart: the first says "new", the second "already there", and both are the order.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from chalicelib.adapters.rewards import signatures
from chalicelib.adapters.rewards import tremendous_answers as answers
from chalicelib.adapters.rewards.tremendous_answers import Unreadable
from chalicelib.domain.calendar import iso
from chalicelib.domain.errors import BrokenPromise, Conflict, InvalidMessage, Misconfigured
from chalicelib.domain.money import Money
from chalicelib.services.reward_port import (
    Capabilities,
    Movement,
    OrderState,
    Outcome,
    PayoutIntent,
    PlaceResult,
    ProviderEvent,
    ProviderOrder,
    ProviderUnavailable,
)

API_PATH = "/api/v2"  # added to a base URL that names only a host
HOSTS = {"sandbox": "https://testflight.tremendous.com", "production": "https://api.tremendous.com"}
PRODUCTION_STAGES = ("prod", "production")
SIGNATURE_HEADER = "tremendous-webhook-signature"
LARGEST_WEBHOOK = 64 * 1024
LARGEST_ANSWER = 4 * 1024 * 1024  # 500 statement lines are about 250 KB
_PAGE = 500

_PLACED = {
    OrderState.NEEDS_APPROVAL: Outcome.NEEDS_APPROVAL,
    OrderState.IN_REVIEW: Outcome.NEEDS_APPROVAL,
    OrderState.FAILED: Outcome.REJECTED,
}
_REFUSED = {
    400: Outcome.REJECTED,
    402: Outcome.AWAITING_FUNDS,
    408: Outcome.UNKNOWN,
    409: Outcome.CONFLICT,
    422: Outcome.REJECTED,
    429: Outcome.RETRY_LATER,
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, between two reads, and for a whole answer: a server that drips is cut off as well."""

    connect_s: float = 2.0
    read_s: float = 10.0
    answer_s: float = 15.0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _NotSentError(Exception):
    """No connection was made: the provider has seen nothing."""


class _NoAnswerError(Exception):
    """Something was sent and no whole answer came back."""


class Tremendous:
    """One Tremendous organisation. `api_key` starts with TEST_ or PROD_ and must fit the stage."""

    name = "tremendous"
    capabilities = Capabilities(per_second=10, detects_conflicts=True, has_webhooks=True, resends=True)

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        stage: str,
        webhook_secrets: Sequence[str] = (),
        funding_source_id: str = "BALANCE",
        rep_field_id: str = "",
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        production = stage in PRODUCTION_STAGES
        prefix = "PROD_" if production else "TEST_"
        if not api_key.startswith(prefix):
            raise Misconfigured(
                f'The Tremendous API key does not start with {prefix}, which stage "{stage}" needs. '
                "Put the right key into the secret rewards/tremendous."
            )
        base_url = base_url or HOSTS["production" if production else "sandbox"]
        if production and urlsplit(base_url).scheme != "https":
            raise Misconfigured(f"{base_url} is not https: in production the API key may travel no other way.")
        self._base = base_url.rstrip("/") + ("" if urlsplit(base_url).path.strip("/") else API_PATH)
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json", "User-Agent": "kicker"}
        self._secrets = tuple(secret for secret in webhook_secrets if secret)
        self._funding_source = funding_source_id
        self._rep_field = rep_field_id
        self._answer_s = timeouts.answer_s
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.read_s), retries=False, maxsize=4
        )

    @classmethod
    def from_secret(cls, secret: Mapping[str, Any], *, base_url: str, stage: str) -> Tremendous:
        """Build from the JSON secret: `api_key`, `webhook_secrets` (one or, while rotating, two), and optionally
        `funding_source_id` and `rep_field_id`. Raises: Misconfigured."""
        if not isinstance(secret.get("api_key"), str):
            raise Misconfigured("The secret rewards/tremendous has no api_key. Add it and try again.")
        live = secret.get("webhook_secrets") or []
        # A bare string would be taken for a list of one-letter secrets, each easily guessed.
        if not isinstance(live, list) or not all(isinstance(one, str) and len(one) >= 16 for one in live):
            raise Misconfigured("webhook_secrets in rewards/tremendous must be a list of texts of 16 letters or more.")
        return cls(
            base_url,
            secret["api_key"],
            stage=stage,
            webhook_secrets=live,
            funding_source_id=secret.get("funding_source_id") or "BALANCE",
            rep_field_id=secret.get("rep_field_id") or "",
        )

    def request(self, intent: PayoutIntent) -> bytes:
        """The exact body of the order, to be stored before it is sent."""
        return answers.order_request(intent, funding_source=self._funding_source, rep_field=self._rep_field)

    def place(self, key: str, body: bytes, intent: PayoutIntent) -> PlaceResult:
        """Send stored bytes; see the table at the top of this file. Never raises for what a network does."""
        assert key == intent.key, f"key {key} was stored for another payout than {intent.key}"
        try:
            answer = self._exchange("POST", "/orders", body)
        except _NotSentError as error:
            return PlaceResult(Outcome.RETRY_LATER, reason=f"no connection to Tremendous ({error}): nothing was sent")
        except _NoAnswerError as error:
            return PlaceResult(Outcome.UNKNOWN, reason=f"no answer from Tremendous ({error}): it may have ordered")
        if 200 <= answer.status < 300:
            return _placed(answer.body, intent)
        return _refused(answer, intent)

    def find(self, key: str) -> ProviderOrder | None:
        """The order under our key. Raises: ProviderUnavailable; BrokenPromise when there are two."""
        found = self._read(f"/orders?{urlencode({'external_id': key, 'limit': 10})}")
        orders = found.get("orders") if found else None
        if not isinstance(orders, list):
            raise ProviderUnavailable("Tremendous listed no orders, not even an empty list")
        ours = [o for o in orders if isinstance(o, dict) and o.get("external_id") == key]
        if len(ours) > 1:
            raise BrokenPromise(f"Tremendous holds {len(ours)} orders under payout key {key}: one is a double payment")
        return _readable_order(ours[0]) if ours else None

    def get(self, order_id: str) -> ProviderOrder | None:
        """The order by its id, None when there is none. Raises: ProviderUnavailable."""
        found = self._read(f"/orders/{quote(order_id, safe='')}")
        return _readable_order(found.get("order")) if found else None

    def balance(self, currency: str) -> Money | None:
        """What is left for orders, read by id (the list is cached by the vendor). None when the account is held in
        another currency: the vendor converts, and 402 is then the only word on funds. Raises: ProviderUnavailable."""
        found = self._read(f"/funding_sources/{quote(self._funding_source, safe='')}")
        if not found:
            raise ProviderUnavailable(f"Tremendous knows no funding source {self._funding_source}")
        try:
            left = answers.funds(found.get("funding_source"))
        except Unreadable as error:
            raise ProviderUnavailable(f"Tremendous balance: {error}") from None
        return left if left.currency == currency else None

    def statement(self, since: datetime, until: datetime) -> list[Movement]:
        """Balance movements created in [since, until), newest first. Raises: ProviderUnavailable."""
        lines: list[Any] = []
        while True:
            query = {"created_at[gte]": iso(since), "created_at[lte]": iso(until), "limit": _PAGE, "offset": len(lines)}
            found = self._read(f"/balance_transactions?{urlencode(query)}")
            page = found.get("transactions") if found else None
            if not isinstance(page, list):
                raise ProviderUnavailable("Tremendous listed no transactions, not even an empty list")
            lines += page
            if len(page) < _PAGE:
                break
        try:
            return [m for m in answers.movements(lines) if since <= m.at < until]
        except Unreadable as error:
            raise ProviderUnavailable(f"Tremendous statement: {error}") from None

    def resend(self, order: ProviderOrder, email: str) -> None:
        """Have a reward whose delivery failed sent once more, to this address. Raises: Conflict when Tremendous
        refuses, ProviderUnavailable when it is not known to have done it."""
        if not order.reward_id:
            raise Conflict(f"Order {order.order_id} holds no reward that could be sent again.")
        path = f"/rewards/{quote(order.reward_id, safe='')}/resend"
        try:
            answer = self._exchange("POST", path, json.dumps({"updated_email": email}).encode())
        except (_NotSentError, _NoAnswerError) as error:
            raise ProviderUnavailable(f"Tremendous was not heard to send it again: {error}") from None
        if answer.status in (400, 404, 409, 422):
            said = answers.refusal(answer.body)
            raise Conflict(f"Tremendous does not send it again ({answer.status}){f': {said}' if said else '.'}")
        if not 200 <= answer.status < 300:
            raise ProviderUnavailable(f"Tremendous answered {answer.status} to a second delivery")

    def order_of(self, event: ProviderEvent) -> str | None:
        """The order an event is about; a reward's order is looked up. Raises: ProviderUnavailable."""
        if event.resource_type == "orders":
            return event.resource_id or None
        if event.resource_type != "rewards" or not event.resource_id:
            return None
        found = self._read(f"/rewards/{quote(event.resource_id, safe='')}")
        reward = found.get("reward") if found else None
        order_id = reward.get("order_id") if isinstance(reward, dict) else None
        return order_id if isinstance(order_id, str) else None

    def read_webhook(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Verify the signature over the raw bytes, then parse. The signature covers no time, so a replay is caught
        by remembering the uuid, for good. Raises: Misconfigured (answer 503) when no secret is known;
        InvalidMessage (answer 401) for everything else."""
        if len(raw) > LARGEST_WEBHOOK:
            raise InvalidMessage(f"Tremendous webhook: {len(raw)} bytes, at most {LARGEST_WEBHOOK} are read")
        if not self._secrets:
            raise Misconfigured("No webhook secret is known: add webhook_secrets to the secret rewards/tremendous.")
        header = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER), "")
        if not signatures.is_signed(raw, header, self._secrets):
            raise InvalidMessage("Tremendous webhook: the signature is missing or wrong")
        return answers.event(raw)

    def _read(self, path: str) -> dict[str, Any]:
        """A GET's JSON object, empty for 404. Raises: ProviderUnavailable."""
        try:
            answer = self._exchange("GET", path)
            if answer.status == 404:
                return {}
            if answer.status != 200:
                raise ProviderUnavailable(f"Tremendous answered {answer.status} to a reading call")
            return answers.parsed(answer.body)
        except (_NotSentError, _NoAnswerError, Unreadable) as error:
            raise ProviderUnavailable(f"Tremendous could not be read: {error}") from None

    def _exchange(self, method: str, path: str, body: bytes | None = None) -> _Answer:
        """One request, sent once. Raises: _NotSentError, _NoAnswerError."""
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        ends_at = time.monotonic() + self._answer_s
        try:
            response = self._pool.request(
                method, self._base + path, body=body, headers=headers, redirect=False, preload_content=False
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise _NotSentError(type(error).__name__) from None
        except HTTPError as error:
            raise _NoAnswerError(type(error).__name__) from None
        try:
            received = bytearray()
            while chunk := response.read1(65536):
                received += chunk
                if len(received) > LARGEST_ANSWER or time.monotonic() > ends_at:
                    response.close()
                    raise _NoAnswerError("the answer was too long or too slow")
        except HTTPError as error:
            response.close()
            raise _NoAnswerError(type(error).__name__) from None
        response.release_conn()
        return _Answer(response.status, response.headers, bytes(received))


def _placed(body: bytes, intent: PayoutIntent) -> PlaceResult:
    try:
        order = answers.order(answers.parsed(body).get("order"))
    except Unreadable as error:
        return PlaceResult(Outcome.UNKNOWN, reason=f"Tremendous took the order, its answer cannot be read: {error}")
    if wrong := answers.mismatch(order, intent):
        return PlaceResult(Outcome.CONFLICT, order, wrong)
    outcome = _PLACED.get(order.state, Outcome.ACCEPTED)
    return PlaceResult(outcome, order, "" if outcome is Outcome.ACCEPTED else f"order is {order.raw_state}")


def _refused(answer: _Answer, intent: PayoutIntent) -> PlaceResult:
    outcome = _REFUSED.get(answer.status, Outcome.UNKNOWN if answer.status >= 500 else Outcome.HALT)
    said = answers.refusal(answer.body, intent.recipient_name)
    asked = answer.headers.get("Retry-After")
    pause = _seconds(asked or "") if asked or outcome is Outcome.RETRY_LATER else None
    return PlaceResult(outcome, None, f"Tremendous answered {answer.status}" + (f": {said}" if said else ""), pause)


def _seconds(retry_after: str) -> int:
    """The pause asked for, at least 1 s and at most an hour; 1 s (the vendor's advice) when it is no number."""
    plain = retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 10
    return min(max(int(retry_after), 1), 3600) if plain else 1


def _readable_order(found: Any) -> ProviderOrder:
    try:
        return answers.order(found)
    except Unreadable as error:
        raise ProviderUnavailable(f"A Tremendous order cannot be read: {error}") from None
