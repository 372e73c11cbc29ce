"""The webhook endpoint as the gateway calls it; what a webhook does to a payout is test_confirm_payouts's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from chalicelib import bootstrap
from tests.fakes.api import CONTEXT
from tests.fakes.tokens import NOW
from tests.handlers.conftest import the_app

SECRET = "a-webhook-secret-of-the-tests"
EVENT = json.dumps(
    {
        "event": "ORDERS.CREATED", "uuid": "4f1c6a0e-0001", "created_utc": "2027-01-01T06:20:00.000-04:00",
        "payload": {"resource": {"id": "ORDER1", "type": "orders"}, "meta": {}},
    }
).encode()  # fmt: skip


@pytest.fixture
def house(deployed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A provider that cannot be reached, whose webhooks can be checked."""
    monkeypatch.setenv("KICKER_REWARDS_URL", "http://127.0.0.1:9")  # the discard port: refused at once
    bootstrap.settings.cache_clear()
    keep({"api_key": "TEST_x", "webhook_secrets": ["an-older-secret-of-the-tests", SECRET]})
    return deployed


def keep(secret: dict[str, object]) -> None:
    boto3.client("secretsmanager").create_secret(Name="kicker/test/rewards/tremendous", SecretString=json.dumps(secret))


def signed(raw: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def post(raw: bytes, signature: str | None, provider: str = "tremendous", *, encoded: bool = True) -> int:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["Tremendous-Webhook-Signature"] = signature
    event = {
        "httpMethod": "POST", "path": f"/rewards/{provider}/webhooks", "pathParameters": {"provider": provider},
        "headers": headers, "multiValueQueryStringParameters": None, "stageVariables": None,
        "body": base64.b64encode(raw).decode() if encoded else raw.decode(), "isBase64Encoded": encoded,
        "requestContext": {
            "httpMethod": "POST", "resourcePath": "/rewards/{provider}/webhooks", "requestId": "r", "stage": "api",
            "requestTimeEpoch": int(NOW.timestamp() * 1000),
        },
    }  # fmt: skip
    answer = the_app()(event, SimpleNamespace(**vars(CONTEXT)))
    assert answer["body"] in {"", None} or "Code" in answer["body"], "nothing is echoed"
    return int(answer["statusCode"])


def seen() -> int:
    found = boto3.client("dynamodb").query(
        TableName="kicker-money", KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "WEBHOOK#tremendous"}},
    )  # fmt: skip
    return int(found["Count"])


@pytest.mark.parametrize("encoded", [True, False], ids=["base64", "plain"])
def test_a_signed_event_is_stored_and_answered_although_the_provider_is_down(house: Any, encoded: bool) -> None:
    assert post(EVENT, signed(EVENT), encoded=encoded) == 200
    assert seen() == 1
    assert post(EVENT, signed(EVENT), encoded=encoded) == 200
    assert seen() == 1


def test_the_older_secret_still_counts_while_secrets_rotate(house: Any) -> None:
    assert post(EVENT, signed(EVENT, "an-older-secret-of-the-tests")) == 200


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (EVENT, None), (EVENT, ""), (EVENT, "sha256=zz"), (EVENT, signed(EVENT, "another-secret-altogether")),
        (EVENT + b" ", signed(EVENT)), (b"not json", signed(b"not json")), (b"{}", signed(b"{}")),
        (EVENT, "sha256=é"), (EVENT, "md5=" + "0" * 32),
    ],
    ids=["none", "empty", "no hex", "forged", "changed", "no JSON", "no event", "not ASCII", "another algorithm"],
)  # fmt: skip
def test_what_is_not_signed_by_the_provider_is_refused_and_not_stored(house: Any, raw: bytes, signature: str) -> None:
    assert post(raw, signature) == 401
    assert seen() == 0


def test_a_body_no_provider_sends_is_refused_before_it_is_hashed(house: Any) -> None:
    large = b" " * (64 * 1024 + 1)
    assert post(large, signed(large)) == 413


def test_a_provider_we_do_not_know_is_not_found(house: Any) -> None:
    assert post(EVENT, signed(EVENT), "acme") == 404


def test_a_provider_without_webhooks_refuses_them(house: Any) -> None:
    assert post(EVENT, signed(EVENT), "manual") == 401


@pytest.mark.parametrize("secret", [None, {"api_key": "TEST_x"}, {"api_key": "TEST_x", "webhook_secrets": []}])
def test_without_a_secret_nothing_is_taken_and_the_provider_comes_again(
    deployed: Any, secret: dict[str, object] | None
) -> None:
    """A missing secret is 503 and an alarm, never skipped."""
    if secret is not None:
        keep(secret)
    assert post(EVENT, signed(EVENT)) == 503
    assert seen() == 0
