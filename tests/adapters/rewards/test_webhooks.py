"""Signed webhooks: what is believed and what is not. A webhook is only ever a hint (domain.md 23)."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.adapters.rewards.manual import Manual
from chalicelib.adapters.rewards.signatures import is_signed, sign
from chalicelib.adapters.rewards.tremendous import Tremendous
from chalicelib.domain.errors import InvalidMessage, Misconfigured
from chalicelib.services.reward_port import ProviderEvent

OLD, NEW = "whsec-previous-0123456789", "whsec-current-0123456789"
BODY = (Path(__file__).parents[2] / "golden" / "rewards" / "tremendous-webhook.json").read_bytes()
NAME = "Tremendous-Webhook-Signature"


def provider(*secrets):
    return Tremendous("http://127.0.0.1:1", "TEST_x", stage="test", webhook_secrets=secrets)


def read(body=BODY, header=None, secrets=(NEW,), name=NAME):
    return provider(*secrets).read_webhook(body, {name: sign(body, NEW) if header is None else header})


def test_a_signed_event_is_read():
    assert read() == ProviderEvent(
        uuid="7a1ebe1a-2c3d-4f6f-9c6e-0f3a6f0f4b11",
        kind="REWARDS.DELIVERY.SUCCEEDED",
        resource_type="rewards",
        resource_id="6A1Q3ZK0PX7T",
        created_at=datetime(2026, 12, 1, 14, 30, 5, tzinfo=UTC),
        body_sha256=hashlib.sha256(BODY).hexdigest(),
    )


def test_a_signature_is_the_documented_one():
    """RFC 4231, test case 2: not our own idea of an HMAC."""
    assert sign(b"what do ya want for nothing?", "Jefe") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("name", ["tremendous-webhook-signature", "TREMENDOUS-WEBHOOK-SIGNATURE", NAME])
def test_the_header_is_found_in_any_case(name):
    assert read(name=name).uuid


@pytest.mark.parametrize("header", [sign(BODY, NEW).upper().replace("SHA256", "sha256"), f" {sign(BODY, NEW)} "])
def test_a_signature_may_be_written_in_capitals_or_with_space_around(header):
    assert read(header=header).uuid


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256=",
        sign(BODY, "another secret entirely"),
        sign(BODY + b" ", NEW),
        sign(BODY, NEW).removeprefix("sha256="),
        sign(BODY, NEW).replace("sha256", "sha1"),
        sign(BODY, NEW).replace("sha256", "none"),
        sign(BODY, NEW)[:-1],
        sign(BODY, NEW)[:-2],
        sign(BODY, NEW) + "00",
        "sha256=" + "zz" * 32,
        "sha256=" + "0" * 64,
        "sha256=é" + "0" * 62,
        "sha256=" + "٣" * 64,
        "\x00",
    ],
)
def test_a_forged_signature_is_refused(header):
    with pytest.raises(InvalidMessage):
        read(header=header)


def test_a_missing_header_is_refused():
    with pytest.raises(InvalidMessage):
        provider(NEW).read_webhook(BODY, {"Content-Type": "application/json"})


@pytest.mark.parametrize("again", [json.dumps(json.loads(BODY)), json.dumps(json.loads(BODY), separators=(",", ":"))])
def test_a_body_written_again_is_another_body(again):
    """Parsed and re-serialised JSON says the same and is signed differently: only raw bytes are compared."""
    assert again.encode() != BODY
    with pytest.raises(InvalidMessage):
        read(again.encode(), sign(BODY, NEW))


def test_a_signature_over_the_body_written_again_is_no_signature():
    for again in (json.dumps(json.loads(BODY)), json.dumps(json.loads(BODY), separators=(",", ":"))):
        with pytest.raises(InvalidMessage):
            read(BODY, sign(again.encode(), NEW))


def test_while_a_secret_is_replaced_both_are_good():
    assert read(header=sign(BODY, OLD), secrets=(NEW, OLD)).uuid
    assert read(header=sign(BODY, NEW), secrets=(NEW, OLD)).uuid


def test_after_it_was_replaced_the_old_one_is_not():
    with pytest.raises(InvalidMessage):
        read(header=sign(BODY, OLD), secrets=(NEW,))


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_without_a_secret_nothing_is_believed_and_the_provider_must_come_again(secrets):
    """An empty secret would make every forger's signature good; it counts as none, which is our fault (503)."""
    with pytest.raises(Misconfigured):
        read(header=sign(BODY, ""), secrets=secrets)


def test_a_replay_reads_the_same_and_is_caught_by_its_uuid():
    assert read() == read()


def test_a_body_above_the_limit_is_refused_before_it_is_hashed():
    large = BODY + b" " * (64 * 1024)
    with pytest.raises(InvalidMessage, match="65536"):
        provider().read_webhook(large, {NAME: sign(large, NEW)})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"uuid": None}, "uuid"),
        ({"uuid": ""}, "uuid"),
        ({"uuid": 7}, "uuid"),
        ({"uuid": "u" * 65}, "uuid"),
        ({"event": None}, "event"),
        ({"created_utc": "2026-12-01T10:30:05"}, "created_utc"),
        ({"created_utc": "yesterday"}, "created_utc"),
        ({"created_utc": None}, "created_utc"),
    ],
)
def test_a_signed_event_without_what_it_needs_names_it(change, named):
    body = json.dumps(json.loads(BODY) | change).encode()
    with pytest.raises(InvalidMessage, match=named):
        read(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"[" * 60_000, b"\xff\xfe", b'"text"'])
def test_a_signed_body_that_is_no_event_is_refused(body):
    with pytest.raises(InvalidMessage):
        read(body)


@pytest.mark.parametrize("payload", [None, {}, [], {"resource": None}, {"resource": {"id": None, "type": None}}])
def test_an_event_about_nothing_we_know_is_kept_and_leads_nowhere(payload):
    """The vendor adds events; an unknown one is stored and answered, never an error."""
    event = read(json.dumps(json.loads(BODY) | {"event": "REPORTS.READY", "payload": payload}).encode())
    assert (event.kind, event.resource_type, event.resource_id) == ("REPORTS.READY", "", "")
    assert provider(NEW).order_of(event) is None


def test_every_live_secret_is_tried_whatever_the_first_one_says():
    assert is_signed(BODY, sign(BODY, OLD), [OLD, NEW])
    assert is_signed(BODY, sign(BODY, OLD), [NEW, OLD])
    assert not is_signed(BODY, sign(BODY, OLD), [])


def test_payments_by_hand_have_no_webhooks():
    with pytest.raises(InvalidMessage):
        Manual(None, "bucket").read_webhook(BODY, {NAME: sign(BODY, NEW)})
