"""The API as the gateway calls it: one event in, one answer out, at a given moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalice import Chalice

from tests.fakes.tokens import NOW


@dataclass(frozen=True)
class Answer:
    """Status, headers and the body: parsed when it is JSON, else as text."""

    status: int
    headers: dict[str, str]
    body: Any


# What the app's logger reads of the context Lambda hands in.
CONTEXT = SimpleNamespace(
    function_name="kicker-test-api",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:kicker-test-api",
    aws_request_id="req-1",
)


class Api:
    """An app, called with API Gateway events: the clock is the event's own `requestTimeEpoch`.

    Chalice consumes a blueprint's routes when it registers them, so each blueprint is registered on one app only.
    """

    def __init__(self, app: Chalice) -> None:
        self.app = app

    def call(
        self,
        method: str,
        url: str,
        token: str | None = None,
        body: object = None,
        *,
        now: datetime = NOW,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Call a route; a body that is no text is sent as JSON. Raises: LookupError when there is no such route."""
        parts = urlsplit(url)
        resource, path = self._resource(parts.path)
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        event = {
            "httpMethod": method,
            "path": parts.path,
            "pathParameters": path or None,
            "headers": sent,
            "multiValueQueryStringParameters": parse_qs(parts.query, keep_blank_values=True) or None,
            "stageVariables": None,
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "httpMethod": method, "resourcePath": resource, "requestId": "req-1",
                "requestTimeEpoch": int(now.timestamp() * 1000), "stage": "api",
            },
        }  # fmt: skip
        answer = self.app(event, CONTEXT)
        is_json = "json" in answer["headers"].get("Content-Type", "json")
        return Answer(
            answer["statusCode"], answer["headers"], json.loads(answer["body"]) if is_json else answer["body"]
        )

    def _resource(self, path: str) -> tuple[str, dict[str, str]]:
        """The route a path belongs to, literal segments first, as API Gateway chooses."""
        given = path.strip("/").split("/")
        candidates = sorted(self.app.routes, key=lambda r: (r.count("{"), r))
        for route in candidates:
            wanted = route.strip("/").split("/")
            if len(wanted) != len(given):
                continue
            if all(w.startswith("{") or w == g for w, g in zip(wanted, given, strict=True)):
                return route, {w[1:-1]: g for w, g in zip(wanted, given, strict=True) if w.startswith("{")}
        raise LookupError(f"no route {path}")
