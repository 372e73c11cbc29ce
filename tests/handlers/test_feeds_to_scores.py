"""From a dropped file to stored lines, through the deployed functions `read_feed` and `score_lines` and their queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from chalice import Chalice
from chalice.test import Client

from chalicelib import bootstrap, bootstrap_api
from chalicelib.adapters.dynamodb.codec import unpack
from chalicelib.domain.orders import OrderLine
from chalicelib.handlers import feeds, scoring
from chalicelib.reports.feed_report import FeedReport, from_bytes
from chalicelib.services.programs import activate, save_draft
from tests.builders import ANA, a_registration
from tests.feeds.reading_of import GOLDEN, an_item, items
from tests.rebuilt import forget_what_was_built

SET_A = sorted(p.name for p in GOLDEN.glob("setA_*"))
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "programs"
SEPTEMBER = datetime(2026, 9, 20, tzinfo=UTC)
MONDAY = datetime(2026, 11, 2, 6, 10, tzinfo=UTC)
ENVIRONMENT = {
    "CORE_TABLE": "kicker-core", "OPS_TABLE": "kicker-ops", "FEED_BUCKET": "kicker-feeds",
    "REPORT_BUCKET": "kicker-reports",
}  # fmt: skip


class Deployment:
    """Buckets, queues, tables and the two functions; `now` moves an hour with every file."""

    def __init__(self, tables: Any, url: str) -> None:
        self.tables, self.url, self.now = tables, url, MONDAY
        self.s3, self.sqs = boto3.client("s3"), boto3.client("sqs")
        self.app = Chalice(app_name="kicker")
        self.app.register_blueprint(feeds.blueprint)
        self.app.register_blueprint(scoring.blueprint)

    def drop(self, key: str, body: bytes) -> None:
        """S3 stores the file and tells the queue, `read_feed` reads it, `score_lines` empties its queue."""
        self.now += timedelta(hours=1)
        version = self.s3.put_object(Bucket="kicker-feeds", Key=key, Body=body)["VersionId"]
        stored = {"key": quote_plus(key, safe="/"), "size": len(body), "versionId": version}
        event = {"eventName": "ObjectCreated:Put", "eventTime": self.now.isoformat(), "s3": {"object": stored}}
        self.invoke("read_feed", [json.dumps({"Records": [event]})])
        self.score()

    def score(self, *, twice: bool = False) -> None:
        """Everything in the lines queue is delivered to `score_lines`."""
        while got := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            bodies = [m["Body"] for m in got]
            self.invoke("score_lines", bodies * 2 if twice else bodies)
            for message in got:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def invoke(self, function: str, bodies: list[str]) -> None:
        sent = str(int(self.now.timestamp() * 1000))
        records = [
            {
                "messageId": f"m{n}", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q", "awsRegion": "us-east-1",
                "messageAttributes": {}, "md5OfBody": "",
                "attributes": {"SentTimestamp": sent, "ApproximateReceiveCount": "1"},
            }
            for n, body in enumerate(bodies)
        ]  # fmt: skip
        with Client(self.app) as client:
            assert client.lambda_.invoke(function, {"Records": records}).payload == {"batchItemFailures": []}

    def report(self, key: str) -> FeedReport:
        return from_bytes(self.s3.get_object(Bucket="kicker-reports", Key=f"reports/{key}.json")["Body"].read())

    def lines(self) -> list[OrderLine]:
        """Every LINE# item of the core table."""
        found = self.tables.scan(TableName="kicker-core", ConsistentRead=True)["Items"]
        return [unpack(i["body"]["B"], OrderLine) for i in found if i["pk"]["S"].startswith("LINE#")]


@pytest.fixture
def deployment(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    for bucket in ("kicker-feeds", "kicker-reports"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    url = sqs.create_queue(QueueName="lines")["QueueUrl"]
    for name, value in {**ENVIRONMENT, "LINES_QUEUE_URL": url}.items():
        monkeypatch.setenv(f"KICKER_{name}", value)
    forget_what_was_built()
    yield Deployment(tables, url)
    forget_what_was_built()


@pytest.mark.parametrize("order", [SET_A, SET_A[::-1], SET_A[2:] + SET_A[:2]], ids=["a-z", "z-a", "turned"])
def test_five_renderings_under_one_distributor_are_sixty_lines_stored_once(
    deployment: Deployment, order: list[str]
) -> None:
    """Leading zeros, dashes and spellings differ, packed and unpacked is the same file: still the sixty lines."""
    for name in order:
        deployment.drop(f"feeds/ingram/{name}", (GOLDEN / name).read_bytes())
    countable = [line for line in deployment.lines() if not line.held]
    assert len(countable) == len({line.id for line in countable}) == 60
    assert sum(line.quantity for line in countable) == 1018
    assert sum(line.amount.decimal() for line in countable) == Decimal("661758.35")
    reports = [deployment.report(f"feeds/ingram/{name}") for name in order]
    assert all(r.counts.add_up() and r.counts.waiting == 0 and r.state in ("done", "duplicate") for r in reports)
    assert [r.state for r in reports].count("duplicate") == 1, "the packed file and its plain one are the same content"
    told = {what: sum(getattr(r.counts, what) for r in reports) for what in ("unmatched", "duplicate", "quarantined")}
    assert told == {"unmatched": 60, "duplicate": 4 * 60, "quarantined": 4}, "sixty were new, whichever file was first"


def test_one_rendering_under_its_own_distributor_is_the_same_sixty_lines(deployment: Deployment) -> None:
    for name in SET_A[1:]:
        deployment.drop(f"feeds/{name[5:9]}/{name}", (GOLDEN / name).read_bytes())
        mine = [x for x in deployment.lines() if x.distributor == name[5:9] and not x.held]
        assert (len(mine), sum(x.quantity for x in mine)) == (60, 1018)
        assert sum(x.amount.decimal() for x in mine) == Decimal("661758.35")


def test_everything_delivered_twice_counts_once(deployment: Deployment) -> None:
    name = "feeds/ingram/a.csv"
    body = (GOLDEN / "setA_ingram_flat_utf8bom.csv").read_bytes()
    deployment.drop(name, body)
    first = deployment.report(name)
    before = deployment.lines()
    deployment.drop("feeds/ingram/again.csv", body)
    assert deployment.lines() == before and deployment.report(name) == first
    assert deployment.report("feeds/ingram/again.csv").duplicate_of == name


def test_an_alias_put_by_an_admin_finds_the_deal_that_waited(deployment: Deployment) -> None:
    """domain.md 14: the line keeps what was told; PO and product meet once the code is mapped."""
    deployment.drop("feeds/pax8/a.csv", items(an_item(1, sku="NB-365-E3 1YR", po="PO-77")))
    deal = a_registration(number="", po="PO-77", sku="NB-M365-E3", quantity=2)
    bootstrap.registration_scorer().score_registration(deal, MONDAY)
    [line] = deployment.lines()
    assert [e["line"] for e in bootstrap.work_list().open("orphan")] == [line.id]
    alias = {"distributor": "pax8", "kind": "sku", "code": "nb-365-e3 1yr", "sku": "NB-M365-E3"}
    bootstrap_api.configuration().put("alias", "pax8-e3", alias, "005000000000008AAA", MONDAY)
    deployment.score()
    book = bootstrap.core().read(books=[deal.book()]).books[deal.book()]
    assert (book.lines[line.id].sku, book.lines[line.id].told_sku) == ("NB-M365-E3", "NB-365-E31YR")
    assert bootstrap.work_list().open("orphan") == []
    ended = {**alias, "valid_to": "2026-09-30"}
    bootstrap_api.configuration().put("alias", "pax8-e3", ended, "005000000000008AAA", MONDAY)
    deployment.score()
    assert bootstrap.core().read(books=[deal.book()]).books[deal.book()].lines == {}
    assert [e["line"] for e in bootstrap.work_list().open("orphan")] == [line.id]


def test_a_line_without_a_part_number_counts_once_the_distributors_own_is_mapped(deployment: Deployment) -> None:
    header = "invoiceId,companyName,type,sku,distSku,quantity,total,startPeriod,poNumber,currencyCode,line"
    body = f"{header}\nI1,Contoso Ltd,subscription,,0091-7733,2,67.20,2026-10-01,PO-77,USD,1\n".encode()
    deployment.drop("feeds/pax8/a.csv", body)
    deal = a_registration(number="", po="PO-77", sku="NB-M365-E3", quantity=2)
    bootstrap.registration_scorer().score_registration(deal, MONDAY)
    assert deployment.report("feeds/pax8/a.csv").counts.pending == 1
    alias = {"distributor": "*", "kind": "distributor_sku", "code": "917733", "sku": "NB-M365-E3"}
    bootstrap_api.configuration().put("alias", "e3", alias, "005000000000008AAA", MONDAY)
    deployment.score(twice=True)
    [line] = bootstrap.core().read(books=[deal.book()]).books[deal.book()].lines.values()
    assert (line.sku, line.held) == ("NB-M365-E3", "")
    assert bootstrap.work_list().open("held_line") == []


# --- corrections: what a second file does to a balance (domain.md 6-9, 39) --------------------------------------------

BALANCES = [
    ("the order is confirmed", [[{}]], (0, 300)),
    ("a part is confirmed, the rest waits", [[{"quantity": "40", "total": "4000"}]], (180, 120)),
    ("the same file again", [[{}], [{}]], (0, 300)),
    ("the same line in another file, customer spelled otherwise", [[{}], [{"company": "CONTOSO LTD."}]], (0, 300)),
    ("a corrected line", [[{}], [{"quantity": "60", "total": "6000"}]], (120, 180)),
    ("a return as a negative quantity", [[{}], [{"line": "2", "quantity": "-30", "total": "-3000"}]], (0, 210)),
    ("a credit note with positive numbers",
     [[{}], [{"invoice": "CM1", "type": "credit", "quantity": "30", "total": "3000"}]], (0, 210)),
    ("a credit note with negative numbers",
     [[{}], [{"invoice": "CM1", "type": "credit", "quantity": "-30", "total": "-3000"}]], (0, 210)),
    ("a credit note in parentheses",
     [[{}], [{"invoice": "CM1", "type": "credit", "quantity": "(30)", "total": '"(3,000.00)"'}]], (0, 210)),
    ("a credit note with trailing minus signs",
     [[{}], [{"invoice": "CM1", "type": "credit", "quantity": "30.000-", "total": "3000.00-"}]], (0, 210)),
    ("the credit note in two files", [[{}], [{"invoice": "CM1", "type": "credit", "quantity": "30", "total": "3000"}],
     [{"invoice": "CM1", "type": "credit", "quantity": "30", "total": "3000", "company": "Contoso"}]], (0, 210)),
    ("a credit above the order", [[{}], [{"invoice": "CM1", "type": "credit", "quantity": "900", "total": "9"}]],
     (0, 0)),
    ("a credit before its order", [[{"invoice": "CM1", "type": "credit", "quantity": "30", "total": "3000"}], [{}]],
     (0, 210)),
    ("a cancelled line waits again", [[{}], [{"type": "cancelled"}]], (300, 0)),
    ("two identical lines without a number", [[{"line": "", "quantity": "50"}, {"line": "", "quantity": "50"}]],
     (0, 300)),
    ("a price of 1e309 and one that can be read", [[{"total": "1e309"}, {"line": "2"}]], (0, 300)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "files", "balance"), BALANCES, ids=[b[0] for b in BALANCES])
def test_a_file_moves_the_balance_as_its_lines_say(
    deployment: Deployment, what: str, files: list[list[dict[str, str]]], balance: tuple[int, int]
) -> None:
    """100 seats of a net-new deal at 3 points; a row is an invoice over all of them unless it says otherwise."""
    document = json.loads((EXAMPLES / "security-push.json").read_text())
    save_draft(bootstrap.programs(), "security-push", document, "005000000000008AAA", SEPTEMBER)
    activate(bootstrap.programs(), "security-push", "005000000000009AAA", SEPTEMBER)
    bootstrap.roster().enroll("security-push", ANA, date(2026, 10, 1), None)
    deal = a_registration(number="DR-000101", po="PO-1", sku="ACM-EDR-1", quantity=100)
    bootstrap.registration_scorer().score_registration(deal, MONDAY)
    for n, rows in enumerate(files):
        plain = {"sku": "ACM-EDR-1", "quantity": "100", "total": "10000"}
        deployment.drop(f"feeds/pax8/{n}.csv", items(*(an_item(1, **plain | row) for row in rows)))
        counts = deployment.report(f"feeds/pax8/{n}.csv").counts
        assert counts.add_up() and counts.into == len(rows) and counts.waiting == 0
    sums = bootstrap.roster().standings_of(ANA, ["security-push"])["security-push"].sums("internal")
    assert (sums.provisional, sums.confirmed) == balance
