"""A deployment full of things nobody else may read: every name, address, customer and secret in it holds MARK.

So one look at an answer or a log says whether something personal is in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import boto3

from chalicelib import bootstrap, bootstrap_money
from chalicelib.domain.adjustments import Proposal
from chalicelib.domain.disputes import Filing
from chalicelib.domain.registrations import Credit
from chalicelib.feeds.taken import TakenFile
from chalicelib.reports.feed_report import Counts, FeedReport, report_key, to_bytes
from chalicelib.services.ports import Person, ReplayJob, ReplayLane
from chalicelib.services.programs import activate, save_draft
from tests.builders import a_line, a_registration, usd
from tests.fakes.tokens import ADMIN, FINANCE, OTHER_REP, REP
from tests.handlers.conftest import AUTHOR, a_document

MARK = "Zqx"
THIRD_REP = "00558000001RepCAAS"
PATH_TOKEN, OLD_PATH_TOKEN = f"{MARK}-path-token-of-the-tests", f"{MARK}-older-path-token"
API_KEY, SIGNING_KEY = f"TEST_{MARK}-api-key", f"{MARK}-signing-key-of-the-tests"
CONSUMER_SECRET = f"{MARK}-consumer-secret"
CUSTOMER = f"{MARK} Bakery GmbH"

RUNNING, OVER, DRAFT = "security-push", "summer-push", "next-push"
ORPHAN = "castellan|INV 9/7|1"
REPLAY = "R0123456789abcdef0123"
SECRETS = {
    "outbound-tokens": {"tokens": [PATH_TOKEN, OLD_PATH_TOKEN]},
    "rewards/tremendous": {"api_key": API_KEY, "webhook_secrets": [SIGNING_KEY]},
    "salesforce": {"consumer_key": f"{MARK}-consumer-key", "consumer_secret": CONSUMER_SECRET},
}
PEOPLE = (
    Person(REP, f"{MARK}ana Ruiz", f"{MARK}ana.ruiz@example.com", True, "US"),
    Person(OTHER_REP, f"{MARK}ben Okafor", f"{MARK}ben.okafor@example.com", True, "US"),
    Person(THIRD_REP, f"{MARK}chi Tran", "", True, "US"),  # her payout waits for an address
    Person(FINANCE, f"{MARK}fay Lindqvist", f"{MARK}fay@example.com", True, "US"),
)
REPS = (REP, OTHER_REP, THIRD_REP)


def at(month: int, day: int, hour: int = 12) -> datetime:
    """An instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def document_of(program: str, pays: str = "manual") -> dict[str, Any]:
    """The documents of the three programs: one runs, one is over and waits for finance, one is a draft."""
    if program == RUNNING:
        return a_document()
    if program == DRAFT:
        return a_document(
            window={"start": "2026-12-01", "end": "2027-02-20", "zone": "America/Chicago"}, confirm_by="2027-03-15"
        )
    over = a_document(
        window={"start": "2026-07-01", "end": "2026-09-29", "zone": "America/Chicago"}, confirm_by="2026-10-31",
        reward={"provider": pays, "products": ["payroll"]},
    )  # fmt: skip
    return {name: value for name, value in over.items() if name != "auto_approve"}


@dataclass(frozen=True, slots=True)
class World:
    """What the build left behind: each rep's deal in the running program and payout of the one that is over, the
    digest of the run that waits for finance, and disputes ("another" is rep A's second one) and adjustments by rep."""

    dynamodb: Any
    deals: dict[str, str]
    payouts: dict[str, str]
    digest: str
    disputes: dict[str, str]
    adjustments: dict[str, str]

    def everything(self) -> dict[str, object]:
        """All that is stored anywhere: tables, buckets, queues, mail, secrets. Two are equal when nothing changed."""
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        kept: dict[str, object] = {}
        for table in ("kicker-core", "kicker-money", "kicker-ops"):
            items = self.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
            kept[table] = {json.dumps([i["pk"], i["sk"]]): i for i in items}
        for bucket in ("kicker-reports",):
            kept[bucket] = {o["Key"]: o["ETag"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}
        for url in sqs.list_queues().get("QueueUrls", ()):
            counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            kept[url] = {name: n for name, n in counted.items() if name.startswith("Approximate")}
        kept["mail"] = boto3.client("ses").get_send_quota()["SentLast24Hours"]
        return kept


def fill_the_vault() -> None:
    """Store every secret of a deployment."""
    for name, secret in SECRETS.items():
        boto3.client("secretsmanager").create_secret(Name=f"kicker/test/{name}", SecretString=json.dumps(secret))


def build(dynamodb: Any, pays: str = "manual") -> World:
    """Fill an empty deployment by the write path itself; the program that is over pays through that provider."""
    fill_the_vault()
    bootstrap.people().put(PEOPLE)
    for program, before in ((RUNNING, at(9, 20)), (OVER, at(6, 20))):
        save_draft(bootstrap.programs(), program, document_of(program, pays), AUTHOR, before)
        activate(bootstrap.programs(), program, ADMIN, before)
        for rep in REPS:
            bootstrap.roster().enroll(program, rep, date(2026, before.month + 1, 1), None)
    save_draft(bootstrap.programs(), DRAFT, document_of(DRAFT), AUTHOR, at(11, 1))
    changed = {**document_of(RUNNING), "change_reason": "the vendor corrected its rate"}
    save_draft(bootstrap.programs(), RUNNING, changed, AUTHOR, at(11, 1))
    for number, rep in enumerate(REPS, 1):
        _sell(number, rep, 7, account=f"0015w00002ACC0{number}AAA")
    bootstrap_money.close_periods().close_periods(at(10, 10))
    for number, rep in enumerate(REPS, 1):
        _sell(number, rep, 10, account=f"0015w00002ACC1{number}AAA")
    _keep_what_admins_see()
    [run] = bootstrap.money().runs(OVER)
    return World(
        dynamodb,
        {rep: _deal(10, number) for number, rep in enumerate(REPS, 1)},
        {payout.rep: payout.key for payout in bootstrap.money().payouts(OVER)},
        run.digest,
        _disputes(),
        {rep: bootstrap_money.adjustments().propose(_promised(rep), AUTHOR, at(11, 20)).id for rep in REPS},
    )


def _disputes() -> dict[str, str]:
    filed = {rep: Filing(_deal(10, number), RUNNING, "", "other", CUSTOMER) for number, rep in enumerate(REPS[:2], 1)}
    found = {rep: bootstrap_money.disputes().file(rep, filing, at(11, 20))[0].id for rep, filing in filed.items()}
    again = Filing(_deal(7, 1), OVER, "", "other", CUSTOMER)
    return found | {"another": bootstrap_money.disputes().file(REP, again, at(11, 20))[0].id}


def _promised(rep: str) -> Proposal:
    return Proposal(rep, RUNNING, "internal", "", 5, f"{CUSTOMER} was promised", f"a mail of {MARK}")


def _deal(month: int, number: int) -> str:
    return f"a0D5w00000M{month:02}{number:02}EAA"


def _sell(number: int, rep: str, month: int, account: str) -> None:
    """One registration and its invoice, in that month."""
    told = f"DR-{month:02}{number:04}"
    deal = a_registration(
        id=_deal(month, number), number=told, owner=rep, credits=(Credit(rep, 10_000),), sku="ACM-EDR-1Y",
        account=account, account_name=CUSTOMER, created_at=at(month, 2), approved_at=at(month, 5),
        version=at(month, 5), amount=usd("5000"),
    )  # fmt: skip
    bootstrap.registration_scorer().score_registration(deal, at(month, 5))
    line = a_line(
        document_no=f"INV-{month:02}{number:02}", registration_no=told, sku="ACM-EDR-1Y", customer=CUSTOMER,
        ordered_on=date(2026, month, 8), invoiced_on=date(2026, month, 10),
    )  # fmt: skip
    bootstrap.line_scorer().score([line], at(month, 12))


def _keep_what_admins_see() -> None:
    bootstrap.work_list().put("orphan", ORPHAN, {"line": "INV-9", "customer": CUSTOMER}, at(11, 2))
    bootstrap.replays().jobs.put(
        ReplayJob(REPLAY, OVER, (ReplayLane(OVER, 1, None),), None, "queued", 0, 0, ADMIN, at(11, 20))
    )
    name, counts, when = "feeds/ingram/a.csv", Counts(3, 1, 1, 0, 1), at(11, 20)
    file = TakenFile(name, "", "0" * 64, "ingram-flat-csv", "", when, date(2026, 11, 19), when, when, 3, 3)
    bootstrap.feed_log().take("ingram", file)
    report = FeedReport(name, "ingram", "done", when, when, counts=counts)
    bootstrap.report_files().put(report_key(name), to_bytes(report), "application/json")
