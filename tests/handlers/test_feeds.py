"""The trigger of `read_feed`: S3 events inside queue messages."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote_plus

import boto3
import pytest
from chalice import Chalice
from chalice.test import Client

from chalicelib import bootstrap
from chalicelib.feeds.chunks import decode
from chalicelib.handlers import feeds
from chalicelib.reports.feed_report import from_bytes
from tests.feeds.reading_of import GOLDEN, an_item, items
from tests.rebuilt import forget_what_was_built

QUEUE = "arn:aws:sqs:us-east-1:000000000000:feeds"


@pytest.fixture
def house(tables, monkeypatch):
    """Bucket, queue and tables of a deployment; the app with the feeds blueprint."""
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    for bucket in ("kicker-feeds", "kicker-reports"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    url = sqs.create_queue(QueueName="lines")["QueueUrl"]
    for name, value in {
        "OPS_TABLE": "kicker-ops", "FEED_BUCKET": "kicker-feeds", "REPORT_BUCKET": "kicker-reports",
        "LINES_QUEUE_URL": url,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"KICKER_{name}", value)
    forget_what_was_built()
    app = Chalice(app_name="kicker")
    app.register_blueprint(feeds.blueprint)
    yield House(app, s3, sqs, url)
    forget_what_was_built()


class House:
    def __init__(self, app, s3, sqs, url):
        self.app, self.s3, self.sqs, self.url = app, s3, sqs, url

    def drop(self, key: str, body: bytes) -> str:
        version = self.s3.put_object(Bucket="kicker-feeds", Key=key, Body=body)["VersionId"]
        stored = {"key": quote_plus(key, safe="/"), "size": len(body), "versionId": version}
        return json.dumps(
            {
                "Records": [
                    {
                        "eventName": "ObjectCreated:Put",
                        "eventTime": "2026-11-02T06:10:00.000Z",
                        "s3": {"bucket": {"name": "kicker-feeds"}, "object": stored},
                    }
                ]
            }
        )

    def deliver(self, *bodies: str) -> dict:
        records = [
            {
                "messageId": f"m{n}", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE, "awsRegion": "us-east-1", "messageAttributes": {}, "md5OfBody": "",
                "attributes": {"SentTimestamp": "1793599805000", "ApproximateReceiveCount": "1"},
            }
            for n, body in enumerate(bodies)
        ]  # fmt: skip
        with Client(self.app) as client:
            return client.lambda_.invoke("read_feed", {"Records": records}).payload

    def report(self, key: str):
        return from_bytes(self.s3.get_object(Bucket="kicker-reports", Key=f"reports/{key}.json")["Body"].read())

    def chunks(self):
        got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        return [decode(m["Body"]) for m in got]


def test_a_dropped_file_is_read_and_its_lines_are_queued(house):
    body = house.drop("feeds/ingram/Q4 +1/öre.csv", (GOLDEN / "setA_ingram_flat.csv.gz").read_bytes())
    assert house.deliver(body) == {"batchItemFailures": []}
    report = house.report("feeds/ingram/Q4 +1/öre.csv")
    assert (report.state, report.canonical.lines, report.profile) == ("scoring", 60, "ingram-flat-csv")
    assert report.uploaded_at.isoformat() == "2026-11-02T06:10:00+00:00"
    assert sorted(c.number for c in house.chunks()) == [1, 2, 3]


def test_a_refused_file_is_final_and_the_others_of_the_batch_are_read(house):
    bad, good = house.drop("feeds/ingram/bad.csv", b""), house.drop("feeds/ingram/good.csv", items(an_item(1)))
    assert house.deliver(bad, good) == {"batchItemFailures": []}
    assert house.report("feeds/ingram/bad.csv").state == "refused"
    assert house.report("feeds/ingram/good.csv").state == "scoring"
    assert [e["id"] for e in bootstrap.work_list().open("refused-file")] == ["feeds/ingram/bad.csv"]


def test_s3s_test_event_and_deletions_are_no_files(house):
    deleted = house.drop("feeds/ingram/a.csv", items(an_item(1))).replace("ObjectCreated:Put", "ObjectRemoved:Delete")
    test = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "kicker-feeds"})
    assert house.deliver(test, deleted) == {"batchItemFailures": []}
    assert house.chunks() == []


def test_a_message_that_failed_is_delivered_again_alone(house):
    good = house.drop("feeds/ingram/good.csv", items(an_item(1)))
    answer = house.deliver(good, "not json", json.dumps({"Records": [{"eventName": "ObjectCreated:Put"}]}))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}


def test_a_message_that_failed_is_logged_by_its_id(house, caplog):
    with caplog.at_level(logging.ERROR, logger="kicker"):
        house.deliver("not json")
    [said] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert said.message_id == "m0" and "JSONDecodeError" in caplog.text


def test_a_queue_that_is_gone_is_not_swallowed(house):
    house.sqs.delete_queue(QueueUrl=house.url)
    body = house.drop("feeds/ingram/a.csv", items(an_item(1)))
    assert house.deliver(body) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert bootstrap.feed_log().files("ingram", 5) == []
