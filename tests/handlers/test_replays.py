"""A replay is asked for by an admin, worked by the lines queue, and read by finance."""

from __future__ import annotations

import json
from typing import Any

import boto3

from chalicelib import bootstrap
from tests.builders import a_line, a_registration
from tests.fakes.api import CONTEXT, Api
from tests.fakes.tokens import ADMIN, FINANCE, NOW, REP, token
from tests.handlers.conftest import the_app
from tests.handlers.described import a_problem, as_described


def work_the_queue() -> int:
    """Deliver every message of the lines queue to its function, and those they cause."""
    url, sqs, worked = bootstrap.settings().lines_queue_url, boto3.client("sqs"), 0
    while messages := sqs.receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages", []):
        for m in messages:
            record = {
                "messageId": m["MessageId"], "receiptHandle": m["ReceiptHandle"], "body": m["Body"],
                "attributes": {**m["Attributes"], "SentTimestamp": str(int(NOW.timestamp() * 1000))},
                "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "lines",
                "awsRegion": "us-east-1",
            }  # fmt: skip
            assert the_app().handler_map["score_lines"]({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
            sqs.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
            worked += 1
    return worked


def test_a_replay_is_asked_for_worked_in_pages_and_read(api: Api, running: Any) -> None:
    deal = a_registration(sku="ACM-EDR-1Y", owner=REP, credits=(type(a_registration().credits[0])(REP, 10_000),))
    bootstrap.registration_scorer().score_registration(deal, NOW)
    bootstrap.line_scorer().score([a_line(sku="ACM-EDR-1Y")], NOW)
    answer = api.call("POST", "/programs/security-push/replay", token("admin", user=ADMIN), {})
    job = as_described(answer, "post", "/programs/{id}/replay")
    assert (job["state"], job["report"], job["by"]) == ("queued", None, ADMIN)
    assert work_the_queue() == 1
    answer = api.call("GET", f"/replays/{job['id']}", token("finance", user=FINANCE))
    shown = as_described(answer, "get", "/replays/{replay}")
    assert (shown["state"], shown["done"], shown["of"]) == ("done", 3, 3)
    assert shown["report"]["asked"]["cost"] == {"minor": 15_000, "currency": "USD"}
    assert json.dumps(shown).count("Ruiz") == 0, "ids, no names"


def test_what_is_not_there_is_said_so(api: Api, running: Any) -> None:
    a_problem(api.call("GET", "/replays/R0", token("admin", user=ADMIN)), 404)
    a_problem(api.call("POST", "/programs/never-was/replay", token("admin", user=ADMIN), {}), 404)
    body = a_problem(api.call("POST", "/programs/security-push/replay", token("admin", user=ADMIN), {"verson": 1}), 422)
    assert "version" in body["problems"][0]["remedy"]
