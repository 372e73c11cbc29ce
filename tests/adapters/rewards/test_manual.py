"""Payments by hand: what finance drops, confirms, mistypes and repeats."""

import json
import socket
from datetime import UTC, date, datetime

import boto3
import pytest
from botocore.config import Config

from chalicelib.adapters.rewards.manual import Manual
from chalicelib.domain.errors import BrokenPromise, Conflict, NotFound
from chalicelib.services.reward_port import OrderState, Outcome, ProviderUnavailable
from tests.adapters.rewards.builders import an_intent, around_now

BUCKET = "kicker-reports"
NOW = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def s3(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def manual(s3):
    provider = Manual(s3, BUCKET)
    provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent())
    return provider


def drop(s3, body, key="SPFA1B2C3"):
    s3.put_object(Bucket=BUCKET, Key=f"payouts/manual/confirmed/{key}.json", Body=body)


def test_what_is_handed_over_says_everything_finance_needs(manual, s3):
    body = s3.get_object(Bucket=BUCKET, Key="payouts/manual/SPFA1B2C3.json")["Body"].read()
    assert json.loads(body) == {
        "key": "SPFA1B2C3",
        "amount": "125.50",
        "currency": "USD",
        "recipient_name": "Zoë O'Neil",
        "recipient_email": "zoe.oneil@reseller.example",
        "rep": "005000000000001AAA",
        "program": "edr-netnew",
        "products": ["OKMHM2X2OHYV"],
        "message": "For four net-new deals in November",
    }


def test_a_confirmation_repeated_changes_nothing(manual):
    for _ in range(2):
        manual.confirm("SPFA1B2C3", date(2026, 12, 1), "bank run 1207", NOW)
    assert len(manual.statement(*[NOW, datetime(2027, 1, 1, tzinfo=UTC)])) == 1
    assert manual.find("SPFA1B2C3").raw_state == "paid on 2026-12-01, bank run 1207"


@pytest.mark.parametrize(("paid_on", "reference"), [(date(2026, 12, 2), "bank run 1207"), (date(2026, 12, 1), "1208")])
def test_a_confirmation_that_says_something_else_is_a_conflict(manual, paid_on, reference):
    manual.confirm("SPFA1B2C3", date(2026, 12, 1), "bank run 1207", NOW)
    with pytest.raises(Conflict, match="bank run 1207"):
        manual.confirm("SPFA1B2C3", paid_on, reference, NOW)


def test_what_was_not_handed_over_cannot_be_confirmed(manual):
    with pytest.raises(NotFound, match="SPFNOBODY"):
        manual.confirm("SPFNOBODY", date(2026, 12, 1), "bank run 1207", NOW)


def test_finance_may_drop_a_confirmation_instead(manual, s3):
    drop(s3, b'{"paid_on": "2026-12-01", "reference": "bank run 1207"}')
    assert manual.find("SPFA1B2C3").state is OrderState.DELIVERED
    assert [m.key for m in manual.statement(*around_now())] == ["SPFA1B2C3"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"paid!",
        b"[]",
        b"{}",
        b'{"paid_on": "1.12.2026", "reference": "x"}',
        b'{"paid_on": "2026-12-01"}',
        b'{"paid_on": 20261201, "reference": "x"}',
        b'{"key": "SPFOTHER", "paid_on": "2026-12-01", "reference": "x"}',
        b"\xff\xfe",
    ],
)
def test_a_confirmation_that_cannot_be_read_pays_nothing_and_shows_itself(manual, s3, body):
    drop(s3, body)
    order = manual.find("SPFA1B2C3")
    assert order.state is OrderState.UNREADABLE
    assert "confirmation" in order.raw_state
    assert list(manual.statement(*around_now())) == []


def test_a_confirmation_without_a_payout_is_no_movement(manual, s3):
    drop(s3, b'{"paid_on": "2026-12-01", "reference": "x"}', "SPFNOBODY")
    assert list(manual.statement(*around_now())) == []


def test_a_payout_changed_by_hand_stops_the_work(manual, s3):
    s3.put_object(Bucket=BUCKET, Key="payouts/manual/SPFA1B2C3.json", Body=b'{"amount":"999"}')
    with pytest.raises(BrokenPromise, match="SPFA1B2C3"):
        manual.find("SPFA1B2C3")


def test_a_bucket_that_is_not_there_halts_the_run(aws):
    provider = Manual(boto3.client("s3"), "nowhere")
    assert provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent()).outcome is Outcome.HALT
    with pytest.raises(ProviderUnavailable):
        provider.find("SPFA1B2C3")


def test_s3_out_of_reach_means_later():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    provider = Manual(boto3.client("s3", endpoint_url=nobody, config=Config(retries={"total_max_attempts": 1})), BUCKET)
    assert provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent()).outcome is Outcome.RETRY_LATER


def test_nothing_is_prepaid(manual):
    assert manual.balance("USD") is None


@pytest.mark.parametrize("name", ["", "x", "notes.txt", ".json", "nested/SPFA1B2C3.json"])
def test_what_somebody_else_put_beside_the_confirmations_stops_nobody(manual, s3, name):
    drop(s3, b'{"paid_on": "2026-12-01", "reference": "bank run 1207"}')
    s3.put_object(Bucket=BUCKET, Key=f"payouts/manual/confirmed/{name}", Body=b"hello")
    assert [m.key for m in manual.statement(*around_now())] == ["SPFA1B2C3"]
