"""What reaches each function: good events and broken ones, with personal data wherever an event can hold some; and
the permissions it needs for what it then does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import quote_plus

import boto3

from chalicelib import bootstrap, bootstrap_money
from chalicelib.domain.payouts import PayoutState
from chalicelib.feeds.chunks import FileTag, LineChunk, encode
from tests.builders import a_line
from tests.fakes.api import CONTEXT
from tests.fakes.tokens import NOW, REP
from tests.handlers.conftest import the_app
from tests.security.hearing import Hearing
from tests.security.may import gives
from tests.security.world import CUSTOMER, MARK, OVER, at

SCHEDULED = ("close_periods", "sweep_salesforce", "tell_salesforce", "reconcile_rewards", "daily")
QUEUED = ("read_feed", "score_lines", "pay")


def invoke(function: str, event: dict[str, Any]) -> Any:
    """Call a function of the app as Lambda does, middleware included."""
    context = SimpleNamespace(**vars(CONTEXT), get_remaining_time_in_millis=lambda: 60_000)
    return the_app().handler_map[function](event, context)


def tick(now: datetime) -> dict[str, Any]:
    return {
        "version": "0", "id": "e1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "region": "us-east-1", "resources": [], "detail": {},
    }  # fmt: skip


def batch(queue: str, *bodies: str) -> dict[str, Any]:
    sent = {"SentTimestamp": str(int(NOW.timestamp() * 1000)), "ApproximateReceiveCount": "1"}
    return {
        "Records": [
            {"messageId": f"m{n}", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs", "attributes": sent,
             "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}", "awsRegion": "us-east-1",
             "messageAttributes": {}, "md5OfBody": ""}
            for n, body in enumerate(bodies)
        ]
    }  # fmt: skip


def pay_what_is_queued() -> None:
    """What the pay function does with its queue."""
    for payout in bootstrap.money().payouts(OVER):
        if payout.state is PayoutState.QUEUED:
            bootstrap_money.paying().pay(payout.key, NOW)


HEADER = "invoiceId,companyName,type,sku,vendorName,quantity,total,startPeriod,poNumber,currencyCode,line\n"
ROW = f"INV-1,{CUSTOMER},subscription,ACM-EDR-1Y,Acme,50,5000.00,2026-10-12,{MARK}PO-7,USD,1\n"
FILES = {
    "good.csv": HEADER + ROW,
    "no-header.csv": ROW * 3,
    "short-rows.csv": HEADER + f"{CUSTOMER},{MARK}\n" * 3,
    "bad-values.csv": HEADER + ROW.replace("5000.00", CUSTOMER).replace("2026-10-12", CUSTOMER),
    "open-quote.csv": HEADER + f'"INV-1,{CUSTOMER}\n' + ROW,
    "broken.json": f'{{"orders": [{{"customer": "{CUSTOMER}", ',
    "letters.txt": f"Dear {CUSTOMER},\nplease find attached\n",
    "binary.csv": "\x00\x01\x02\x03" * 20 + CUSTOMER,
    "packed.csv.gz": "\x1f\x8b" + CUSTOMER,
}  # fmt: skip


def _dropped(name: str, version: str) -> str:
    """S3's own message about a stored file."""
    stored = {"key": quote_plus(f"feeds/ingram/{name}", safe="/"), "versionId": version}
    event = {"eventName": "ObjectCreated:Put", "eventTime": "2026-11-02T06:10:00.000Z"}
    return json.dumps({"Records": [{**event, "s3": {"bucket": {"name": "kicker-feeds"}, "object": stored}}]})


def feed_messages() -> list[str]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="kicker-feeds")
    s3.put_bucket_versioning(Bucket="kicker-feeds", VersioningConfiguration={"Status": "Enabled"})
    told = []
    for name, text in FILES.items():
        put = s3.put_object(Bucket="kicker-feeds", Key=f"feeds/ingram/{name}", Body=text.encode("latin-1"))
        told.append(_dropped(name, put["VersionId"]))
    strange = {"Records": [{"eventName": "ObjectCreated:Put", "who": CUSTOMER}]}
    return [*told, _dropped("gone.csv", "0" * 32), f"not json: {CUSTOMER}", json.dumps(strange)]


def line_messages() -> list[str]:
    file = FileTag("feeds/ingram/a.csv", "ingram", "0" * 64, 1, at(11, 19).date())
    lines = tuple(
        a_line(str(n), document_no=f"INV-9{n}", customer=CUSTOMER, po=f"{MARK}PO-{n}", sku="ACM-EDR-1Y") for n in (1, 2)
    )
    good = encode(LineChunk(file, 1, lines))
    wrong_type = good.replace(f'"{CUSTOMER}"', f'["{CUSTOMER}"]')
    rescore = json.dumps({"rescore": {"rep": REP, "because": "a test"}})
    strange = [
        json.dumps({"rescore": CUSTOMER}),
        json.dumps({"rescore": {"rep": REP}}),
        json.dumps({"lines": CUSTOMER}),
    ]
    return [good, good, wrong_type, rescore, *strange, f"not json: {CUSTOMER}", good[:-40]]


def payout_messages() -> list[str]:
    keys = [p.key for p in bootstrap.money().payouts(OVER)]
    now = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    good = [json.dumps({"key": key, "now": now}) for key in keys]
    return [
        *good,
        json.dumps({"key": "SPFNOBODY", "now": now}),
        json.dumps({"key": [CUSTOMER]}),
        f"not json: {CUSTOMER}",
    ]


MESSAGES: dict[str, Callable[[], list[str]]] = {
    "read_feed": feed_messages, "score_lines": line_messages, "pay": payout_messages,
}  # fmt: skip


class Echo:
    """A neighbour on loopback that repeats path and body of every request, in the errors both neighbours word."""

    def __init__(self) -> None:
        echo = self
        self.status = 400

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                said = f"{self.path} {sent}"
                errors = {"message": said, "payload": {"recipient": {"name": said, "email": said}}}
                answer = {"errors": errors, "error": said, "error_description": said, "message": said, "order": said}
                body = json.dumps([answer] if "/query" in self.path else answer).encode()
                self.send_response(echo.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST  # noqa: N815 - the server's own names

            def log_message(self, *_: object) -> None:
                """A stage hand says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem"}


def needed(service: str, name: str, request: dict[str, Any]) -> set[tuple[str, str]]:
    """The permissions one call needs, as (action, name of the thing) in the words of `may.py`."""
    if service == "dynamodb":
        if name == "TransactWriteItems":
            return {
                (f"dynamodb:{TRANSACTED[kind]}", what["TableName"].removeprefix("kicker-"))
                for item in request["TransactItems"]
                for kind, what in item.items()
            }
        tables = request.get("RequestItems") or [request["TableName"]]
        by_code = " by code" if "IndexName" in request else ""
        return {(f"dynamodb:{name}", table.removeprefix("kicker-") + by_code) for table in tables}
    if service == "s3":
        bucket = request["Bucket"].removeprefix("kicker-")
        if name in ("ListObjectsV2", "HeadBucket"):
            return {("s3:ListBucket", f"bucket {bucket}")}
        action = "GetObject" if name == "HeadObject" else name
        action += "Version" if action == "GetObject" and request.get("VersionId") else ""
        return {(f"s3:{action}", "feed files" if bucket == "feeds" else f"file {request['Key']}")}
    if service == "sqs":
        # One permission covers a single message and a batch.
        return {(f"sqs:{name.removesuffix('Batch')}", f"queue {request['QueueUrl'].rpartition('/')[2]}")}
    if service == "secretsmanager":
        return {(f"secretsmanager:{name}", f"secret {request['SecretId'].removeprefix('kicker/test/')}")}
    return {(f"{service}:{name}", "mail")}


def ungiven(ears: Hearing, function: str) -> list[tuple[str, str]]:
    """What was asked for since `ears.asked` was emptied, and the function's row does not give."""
    assert ears.asked, "nothing was asked"
    asked = {pair for call in ears.asked for pair in needed(*call)}
    return sorted(pair for pair in asked if not gives(function, *pair))
