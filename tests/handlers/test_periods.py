"""The close and the pay function as Lambda calls them, over the real wiring on moto."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from chalicelib import bootstrap, bootstrap_money
from chalicelib.adapters.payout_queue import PayoutMessage
from chalicelib.domain.payouts import PayoutState
from chalicelib.domain.periods import timeout_at
from chalicelib.domain.registrations import Credit
from chalicelib.handlers.periods import VISIBILITY, now_of
from chalicelib.services.ports import Person
from chalicelib.services.programs import activate, save_draft
from tests.builders import a_line, a_registration
from tests.fakes.api import CONTEXT
from tests.fakes.tokens import ADMIN, OTHER_REP, REP
from tests.handlers.conftest import AUTHOR, SEPTEMBER, a_document, the_app

PROGRAM = "security-push"
OCTOBER = datetime(2026, 10, 5, 15, tzinfo=UTC)
QUEUE = "arn:aws:sqs:us-east-1:123456789012:payouts"


@pytest.fixture
def house(deployed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ana earned 150 dollars; the program pays by hand and needs no approver below 10,000 dollars."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Kicker")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "kicker-test")
    document = a_document(
        reward={"provider": "manual", "products": ["payroll"]},
        auto_approve={"amount": "10000.00", "currency": "USD"},
    )
    save_draft(bootstrap.programs(), PROGRAM, document, AUTHOR, SEPTEMBER)
    activate(bootstrap.programs(), PROGRAM, ADMIN, SEPTEMBER)
    for rep, name in ((REP, "Ana Ruiz"), (OTHER_REP, "Ben Okafor")):
        bootstrap.roster().enroll(PROGRAM, rep, date(2026, 10, 1), None)
        bootstrap.people().put([Person(rep, name, f"{name[:3].lower()}@example.com", True, "US")])
    deal = a_registration(sku="ACM-EDR-1Y", owner=REP, credits=(Credit(REP, 10_000),))
    bootstrap.registration_scorer().score_registration(deal, OCTOBER)
    bootstrap.line_scorer().score([a_line(sku="ACM-EDR-1Y")], OCTOBER)
    return deployed


def invoke(name: str, event: dict[str, Any], left_ms: int = 60_000) -> Any:
    """Call a function of the app as Lambda does."""
    import importlib

    module, handler = {
        "close_periods": ("periods", "close_periods"), "pay": ("periods", "pay"),
        "reconcile_rewards": ("rewards", "reconcile_rewards"), "daily": ("daily", "daily"),
    }[name]  # fmt: skip
    the_app()
    context = SimpleNamespace(**vars(CONTEXT), get_remaining_time_in_millis=lambda: left_ms)
    function = getattr(importlib.import_module(f"chalicelib.handlers.{module}"), handler)
    return function(event, context)


def scheduled(now: datetime) -> dict[str, Any]:
    return {
        "version": "0", "id": "e1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "region": "us-east-1", "resources": [], "detail": {},
    }  # fmt: skip


def messages() -> list[str]:
    """What lies in the payout queue."""
    sqs, url = boto3.client("sqs"), bootstrap.settings().payouts_queue_url
    found = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [m["Body"] for m in got]
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def delivered(*bodies: str, sent: datetime = OCTOBER, times: int = 1) -> dict[str, Any]:
    attributes = {"SentTimestamp": str(int(sent.timestamp() * 1000)), "ApproximateReceiveCount": str(times)}
    return {
        "Records": [
            {"messageId": f"m{n}", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs",
             "eventSourceARN": QUEUE,
             "awsRegion": "us-east-1", "messageAttributes": {}, "md5OfBody": "", "attributes": attributes}
            for n, body in enumerate(bodies)
        ]
    }  # fmt: skip


def figures(out: str) -> dict[str, list[int]]:
    """Metric -> values, from what the function wrote in the embedded metric format."""
    found: dict[str, list[int]] = {}
    for line in out.splitlines():
        document = json.loads(line) if line.startswith("{") else {}
        for metric in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for each in metric["Metrics"]:
                value = document[each["Name"]]
                found.setdefault(each["Name"], []).append(int(value[0] if isinstance(value, list) else value))
    return found


def closing() -> datetime:
    """When the close no longer waits for feeds; none reported here."""
    return timeout_at(bootstrap.programs().versions(PROGRAM)[0])


def test_a_close_invoked_with_a_later_time_pays_every_confirmed_award_once(house: Any) -> None:
    """Done when: invoking the deployed close with a later `time` pays, and the payouts tie to the orders."""
    now = closing()
    told = invoke("close_periods", scheduled(now))
    missing = bootstrap.programs().versions(PROGRAM)[0].feeds
    assert told["periods"] == [{"program": PROGRAM, "state": "trailing", "missing": missing, "planned": 1, "queued": 1}]
    bodies = messages()
    assert [json.loads(b)["now"] for b in bodies] == [now.strftime("%Y-%m-%dT%H:%M:%S.000Z")]
    assert invoke("pay", delivered(*bodies, *bodies)) == {"batchItemFailures": []}
    (payout,) = bootstrap.money().payouts(PROGRAM)
    assert (payout.state, payout.amount_minor, payout.ordered_at) == (PayoutState.ACCEPTED, 15000, now)
    listed = boto3.client("s3").list_objects_v2(Bucket="kicker-reports", Prefix="payouts/manual/")["Contents"]
    assert [o["Key"] for o in listed] == [f"payouts/manual/{payout.key}.json"]


def test_the_hourly_look_confirms_and_tells_finance(house: Any) -> None:
    now = closing()
    invoke("close_periods", scheduled(now))
    invoke("pay", delivered(*messages()))
    (payout,) = bootstrap.money().payouts(PROGRAM)
    bootstrap.provider("manual").confirm(payout.key, now.date(), "bank run 7", now)  # type: ignore[attr-defined]
    told = invoke("reconcile_rewards", scheduled(now + timedelta(hours=1)))
    assert (told["moved"], told["breaks"], told["unreachable"]) == (1, 0, ())
    page: Any = bootstrap_money.payout_list(now + timedelta(hours=2), None, None, 9, "")
    (row,) = page["payouts"]
    assert (row["state"], row["within_48h"]) == ("confirmed", True)
    sent = boto3.client("ses").get_send_quota()["SentLast24Hours"]
    assert sent == 2, "released, and completely confirmed"


def test_before_the_window_ends_a_close_does_nothing(house: Any) -> None:
    told = invoke("close_periods", scheduled(closing() - timedelta(days=9)))
    assert told["periods"][0]["state"] == "open"
    assert messages() == []


def test_a_message_that_is_not_ours_fails_alone(house: Any) -> None:
    invoke("close_periods", scheduled(closing()))
    unknown = json.dumps({"key": "SPFNOBODY", "now": "2027-01-01T00:00:00Z"})
    answer = invoke("pay", delivered("not json", *messages(), unknown, '{"key": "SPF1"}'))
    assert [f["itemIdentifier"] for f in answer["batchItemFailures"]] == ["m0", "m2", "m3"]
    assert [p.state for p in bootstrap.money().payouts(PROGRAM)] == [PayoutState.ACCEPTED]


def test_a_payout_that_cannot_end_in_time_is_not_begun(house: Any) -> None:
    """Rewards facts 4.2: stop taking work shortly before the end."""
    invoke("close_periods", scheduled(closing()))
    answer = invoke("pay", delivered(*messages()), left_ms=5_000)
    assert [f["itemIdentifier"] for f in answer["batchItemFailures"]] == ["m0"]
    assert [p.state for p in bootstrap.money().payouts(PROGRAM)] == [PayoutState.QUEUED]


@pytest.mark.parametrize(
    ("carried", "sent", "times", "expected"),
    [
        (OCTOBER, OCTOBER - timedelta(days=9), 1, OCTOBER),
        (OCTOBER, OCTOBER + timedelta(hours=1), 1, OCTOBER + timedelta(hours=1)),
        (OCTOBER, OCTOBER, 3, OCTOBER + 2 * VISIBILITY),
    ],
    ids=["a simulated later time", "a message that waited", "delivered again"],
)
def test_now_is_never_before_what_the_message_knows(
    carried: datetime, sent: datetime, times: int, expected: datetime
) -> None:
    attributes = SimpleNamespace(sent_timestamp=str(int(sent.timestamp() * 1000)), approximate_receive_count=str(times))
    assert now_of(PayoutMessage("SPF1", carried), SimpleNamespace(attributes=attributes)) == expected


def test_the_day_names_what_is_old(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    now = closing()
    invoke("close_periods", scheduled(now))
    told = invoke("daily", scheduled(now + timedelta(hours=40)))
    assert len(told["aging"]) == 1
    assert figures(capsys.readouterr().out)["PayoutsUnpaidOver36h"] == [1]
    assert told["periods"] == {PROGRAM: "trailing"}
    assert told["ledger_mismatches"] == ()


def test_an_hour_without_payment_is_seen_by_the_hourly_look(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The 36 h alarm cannot wait for the next day: 12 h are left."""
    now = closing()
    invoke("close_periods", scheduled(now))
    capsys.readouterr()
    invoke("reconcile_rewards", scheduled(now + timedelta(hours=40)))
    assert figures(capsys.readouterr().out)["PayoutsUnpaidOver36h"] == [1]
