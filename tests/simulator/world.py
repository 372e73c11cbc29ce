"""The simulated world and its one seam: every AWS call and every HTTP request of the product passes here.

`World.installed()` takes the place of botocore's `_make_api_call` (PynamoDB comes through it too), of urllib3's
`urlopen` (the provider's pool and simple-salesforce's session) and of `time.sleep`; nothing else is touched, so the
product's handlers, services and adapters run unchanged. Calls are numbered; a plan names numbers and how they fail.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.client
import urllib3
from botocore.exceptions import ReadTimeoutError
from urllib3.connectionpool import HTTPConnectionPool

from tests.fakes.tokens import ORG, key_pair
from tests.rebuilt import forget_what_was_built
from tests.simulator.dynamodb import Tables
from tests.simulator.failures import UNWELL, conflict, error, part, response, throttled, too_many
from tests.simulator.items import Refused
from tests.simulator.outside import WEBHOOK_SECRET, Org, Provider
from tests.simulator.services import Buckets, Mails, Queues

CORE, MONEY, OPS = "sim-core", "sim-money", "sim-ops"
FEEDS, REPORTS = "sim-feeds", "sim-reports"
REWARDS_URL, SALESFORCE_URL = "https://rewards.invalid", "https://sim.my.salesforce.com"
OUTBOUND_TOKEN = "an outbound token of the simulator"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "sim", "AWS_SECRET_ACCESS_KEY": "sim", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true", "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "Kicker", "POWERTOOLS_SERVICE_NAME": "kicker-sim",
    "KICKER_STAGE": "sim", "KICKER_CORE_TABLE": CORE, "KICKER_MONEY_TABLE": MONEY, "KICKER_OPS_TABLE": OPS,
    "KICKER_FEED_BUCKET": FEEDS, "KICKER_REPORT_BUCKET": REPORTS,
    "KICKER_LINES_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/lines",
    "KICKER_PAYOUTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/payouts",
    "KICKER_ORGANIZATION_ID": ORG, "KICKER_JWT_AUDIENCE": "kicker", "KICKER_SECRETS_PREFIX": "kicker/sim",
    "KICKER_REWARDS_URL": REWARDS_URL, "KICKER_SALESFORCE_URL": SALESFORCE_URL,
    "KICKER_FINANCE_EMAIL": "finance@example.com", "KICKER_SENDER_EMAIL": "kicker@example.com",
    "KICKER_TELL": "fields,bells,digest",
}  # fmt: skip
SECRETS = {
    "kicker/sim/outbound-tokens": {"tokens": [OUTBOUND_TOKEN]},
    "kicker/sim/salesforce": {"consumer_key": "local-consumer-key", "consumer_secret": "local-consumer-secret"},
    "kicker/sim/rewards/tremendous": {"api_key": "TEST_sim", "webhook_secrets": [WEBHOOK_SECRET]},
}
_PRODUCT = str(Path(__file__).parent.parent.parent / "chalicelib") + os.sep


class Crash(BaseException):
    """The process ends here: nothing of the product may catch it."""


class Fault(StrEnum):
    """How one call fails. `again` is botocore's own retry: the first reply was lost, the call is carried out twice.
    `conflict` is another transaction in the way, `throttled` a table, an account or an org that has had enough for now,
    `part` a batch that was carried out in part."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ERROR_BEFORE = "error before"
    REPLY_LOST = "reply lost"
    AGAIN = "carried out twice"
    CONFLICT = "conflict"
    THROTTLED = "throttled"
    PART = "in part"


READS = frozenset({"GetItem", "BatchGetItem", "Query", "GetObject", "HeadObject", "ListObjectsV2", "GetSecretValue"})
_CONFLICTING = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
_IN_PART = frozenset({"BatchGetItem", "BatchWriteItem", "SendMessageBatch"})
_UNTHROTTLED = frozenset({"GetObject", "HeadObject", "ListObjectsV2", "PutObject", "SendEmail", "GetSecretValue"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a run: its number, who made it, and through which functions of the adapters (innermost first)."""

    number: int
    handler: str
    operation: str
    adapters: tuple[str, ...]
    service: str

    @property
    def site(self) -> tuple[str, str, str, str]:
        """Handler, operation, the adapter's function, and the use case's function that called it."""
        return self.handler, self.operation, self.adapters[-1] if self.adapters else "", self.service

    def faults(self) -> tuple[Fault, ...]:
        """Every way in which this call can fail."""
        kinds = [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ERROR_BEFORE, Fault.REPLY_LOST]
        if ":" not in self.operation and self.operation not in READS:
            kinds.append(Fault.AGAIN)
        kinds += [Fault.CONFLICT] if self.operation in _CONFLICTING else []
        kinds += [Fault.THROTTLED] if self.operation not in _UNTHROTTLED else []  # theirs is "error before"
        kinds += [Fault.PART] if self.operation in _IN_PART else []
        return tuple(kinds)


@dataclass
class World:
    """Everything outside the product, and the clock. `plan` is call number -> fault; `chance` of one at any call
    (`calmer` handlers have their own), drawn from `dice`, makes a storm. `logs` lets the product write its logs, to
    nowhere."""

    now: datetime = datetime(2026, 10, 1, tzinfo=UTC)
    plan: dict[int, Fault] = field(default_factory=dict)
    chance: float = 0.0
    calmer: Mapping[str, float] = field(default_factory=dict)
    dice: random.Random = field(default_factory=random.Random)
    record: list[Call] | None = None
    handler: str = ""
    number: int = 0
    fired: list[tuple[Call, Fault]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    logs: bool = False
    between: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self.tables = Tables(CORE, MONEY, OPS, clock=lambda: self.now)
        self.queues = Queues(lambda: self.now)
        self.buckets = Buckets(lambda: self.now, FEEDS, REPORTS)
        self.mails = Mails()
        self.provider = Provider(lambda: self.now)
        self.org = Org(lambda: self.now)

    def snapshot(self) -> Any:
        """Everything a run can change."""
        return (
            self.now, self.number, self.tables.snapshot(), self.queues.snapshot(), self.buckets.snapshot(),
            list(self.mails.sent), self.provider.snapshot(), self.org.snapshot(),
        )  # fmt: skip

    def restore(self, snapshot: Any) -> None:
        """Back to a snapshot."""
        self.now, self.number, tables, queues, buckets, mails, provider, org = snapshot
        self.tables.restore(tables)
        self.queues.restore(queues)
        self.buckets.restore(buckets)
        self.mails.sent = list(mails)
        self.provider.restore(provider)
        self.org.restore(org)
        self.fired = []

    def same_as(self, snapshot: Any) -> bool:
        """Is the world back on a recorded path? Then everything that follows is the same too.

        Compared is all durable state that any handler reads again. Left aside is what is only written: copies of an
        e-mail, registers, certificates and the last report of a sweep; and of a payout that is settled how it got
        there, the provider's own numbers for its order, and the webhooks that told of it.
        """
        _, _, (tables, _), (waiting, dead, _), buckets, mails, (provider, webhooks), org = snapshot
        return (
            self.tables.items[CORE] == tables[CORE]
            and _read_again(self.tables.items[OPS]) == _read_again(tables[OPS])
            and self.queues.waiting == waiting
            and self.queues.dead == dead
            and all(_bodies(self.buckets.objects[name]) == _bodies(buckets[name]) for name in buckets)
            and {mail[:2] for mail in self.mails.sent} == {mail[:2] for mail in mails}
            and len(self.provider.webhooks) == len(webhooks)
            and _money(self.tables.items[MONEY]) == _money(tables[MONEY])
            and _ordered(self.provider.snapshot()[0]) == _ordered(provider)
            and _equal(self.org.snapshot(), org)
        )

    # --- one call ---

    def aws(self, client: Any, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """One AWS call of the product."""
        service = client.meta.service_model.service_name
        fault = self._next(operation)
        if fault is Fault.CRASH_BEFORE:
            raise Crash
        if fault is Fault.ERROR_BEFORE:
            raise error(client, operation, Refused(UNWELL.get(service, "InternalServerError"), "try again later"))
        if fault is Fault.CONFLICT:
            raise error(client, operation, conflict(operation, request))
        if fault is Fault.THROTTLED:
            raise error(client, operation, throttled(service, operation, request))
        if fault is Fault.AGAIN and operation != "TransactWriteItems":  # its token makes the second one the first
            with contextlib.suppress(Refused):
                self._carry_out(service, operation, request)
        try:
            answer = self._carry_out(service, operation, request, in_part=fault is Fault.PART)
        except Refused as refused:
            raise error(client, operation, refused) from None
        except NotImplementedError as unknown:
            self.unknown.append(f"{operation}: {unknown}")
            raise
        if fault is Fault.CRASH_AFTER:
            raise Crash
        if fault is Fault.REPLY_LOST:
            raise ReadTimeoutError(endpoint_url=service, error="the reply was lost")
        return answer

    def _carry_out(self, service: str, operation: str, request: Any, *, in_part: bool = False) -> dict[str, Any]:
        if service == "dynamodb":
            return part(self.tables, operation, request) if in_part else self.tables.answer(operation, request)
        if service == "sqs":
            return self.queues.answer(operation, request, refuse=in_part)
        if service == "s3":
            return self.buckets.answer(operation, request)
        if service == "ses":
            return self.mails.answer(operation, request)
        if service == "secretsmanager" and operation == "GetSecretValue":
            if request["SecretId"] not in SECRETS:
                raise Refused("ResourceNotFoundException", request["SecretId"])
            return {"SecretString": json.dumps(SECRETS[request["SecretId"]])}
        raise NotImplementedError(f"{service} {operation}")

    def http(self, pool: Any, method: str, url: str, body: Any, headers: Mapping[str, str], retries: Any) -> Any:
        """One HTTP request of the product; `url` may be a path."""
        host = pool.host
        fault = self._next(f"{'provider' if host in REWARDS_URL else 'salesforce'}: {_shape(method, url)}")
        if fault is Fault.CRASH_BEFORE:
            raise Crash
        if fault is Fault.ERROR_BEFORE:
            lost = urllib3.exceptions.NewConnectionError(pool, "refused")
            raise lost if not retries else urllib3.exceptions.MaxRetryError(pool, url, lost)
        if fault is Fault.THROTTLED:
            return too_many(host in REWARDS_URL, method)
        sent = body.encode() if isinstance(body, str) else bytes(body or b"")
        target = url if "://" in url else f"https://{host}{url}"
        if host in REWARDS_URL:
            status, told = self.provider.answer(method, target, sent)
        else:
            status, told = self.org.requested(method, target, headers or {}, sent)
        if fault is Fault.CRASH_AFTER:
            raise Crash
        if fault is Fault.REPLY_LOST:
            raise urllib3.exceptions.ReadTimeoutError(pool, url, "the reply was lost")
        return response(method, status, told)

    def _next(self, operation: str) -> Fault | None:
        if self.between is not None:
            self.between()  # others may go first
        self.number += 1
        if self.record is not None:
            self.record.append(_called(self.number, self.handler, operation))
        fault = self.plan.get(self.number)
        if fault is None and not (self.chance and self.dice.random() < self.calmer.get(self.handler, self.chance)):
            return None
        call = _called(self.number, self.handler, operation)
        if fault not in call.faults():  # a storm's, or planned for a call that turned out to be another one
            fault = self.dice.choice(call.faults())
        self.fired.append((call, fault))
        return fault

    # --- the seam ---

    @contextlib.contextmanager
    def installed(self) -> Iterator[World]:
        """The product talks to this world while the context lasts."""
        world = self
        calling, opening, sleeping = (
            botocore.client.BaseClient._make_api_call, HTTPConnectionPool.urlopen, time.sleep,
        )  # fmt: skip
        environment = dict(os.environ)
        os.environ.update(ENVIRONMENT | {"KICKER_ORG_PUBLIC_KEY": key_pair("org")[1]})

        def call(client: Any, operation: str, request: Any) -> Any:
            return world.aws(client, operation, request)

        def urlopen(
            pool: Any, method: str, url: str, body: Any = None, headers: Any = None, retries: Any = None, **_: Any
        ) -> Any:
            return world.http(pool, method, url, body, headers, retries)

        botocore.client.BaseClient._make_api_call = call
        HTTPConnectionPool.urlopen = urlopen
        time.sleep = lambda seconds: None
        if not self.logs:
            logging.disable(logging.CRITICAL)  # half of a run's time would be formatting
        forget_what_was_built()
        try:
            yield self
        finally:
            logging.disable(logging.NOTSET)
            time.sleep = sleeping
            HTTPConnectionPool.urlopen = opening
            botocore.client.BaseClient._make_api_call = calling
            os.environ.clear()
            os.environ.update(environment)
            forget_what_was_built()


def _shape(method: str, url: str) -> str:
    """A request without its ids: GET /orders/*, GET /orders?."""
    parts = urlsplit(url)
    steps = [s for s in parts.path.removeprefix("/api/v2").split("/") if s]
    if steps and steps[0] == "services":
        steps = steps[3:4] if steps[1] == "data" else steps[1:]
        steps = ["query"] if steps and steps[0].startswith("query") else steps
    elif len(steps) > 1:
        steps = [steps[0], "*"]
    return f"{method} /{'/'.join(steps)}{'?' if parts.query else ''}"


def _called(number: int, handler: str, operation: str) -> Call:
    """Walk the stack to the product's own frames."""
    frame: Any = sys._getframe(2)
    adapters: list[str] = []
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_PRODUCT):
            where = name[len(_PRODUCT) :].replace(os.sep, "/")
            function = frame.f_code.co_qualname.partition(".<locals>")[0]
            if not where.startswith("adapters/"):
                return Call(number, handler, operation, tuple(adapters), f"{where}:{function}")
            site = f"{where}:{function}"
            if site not in adapters:
                adapters.append(site)
        frame = frame.f_back
    return Call(number, handler, operation, tuple(adapters), "")


def _bodies(objects: Mapping[str, Any]) -> dict[str, bytes]:
    """What lies in a bucket; of what nobody reads again only that it is there."""
    unread = ("reports/payouts/", "reports/periods/")
    return {key: b"" if key.startswith(unread) else versions[-1].body for key, versions in objects.items()}


def _read_again(table: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The ops table without the last reports of sweeps."""
    return {pk: rows for pk, rows in table.items() if pk != "SWEEP"} | {
        "SWEEP": {sk: item.get("cursor") for sk, item in table.get("SWEEP", {}).items()}
    }


def _money(table: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The money table without the ways of settled payouts."""
    return {
        pk: {sk: _settled(item) if sk.startswith("PAYOUT#") else item for sk, item in rows.items()}
        for pk, rows in table.items()
        if not pk.startswith("WEBHOOK#")
    } | {
        pk: {sk: item["state"] for sk, item in rows.items()} for pk, rows in table.items() if pk.startswith("WEBHOOK#")
    }


_WAYS: dict[int, tuple[Any, Any]] = {}


def _settled(item: dict[str, Any]) -> Any:
    """A payout; of a settled one what it pays, not how it got there."""
    if item["state"]["S"] not in ("confirmed", "netted"):
        return item
    known = _WAYS.get(id(item))
    if known is None or known[0] is not item:
        body = json.loads(item["body"]["B"])
        kept = {name: body.get(name) for name in ("key", "lines", "awards", "charged_minor", "earned_at", "clock_from")}
        if len(_WAYS) > 10_000:
            _WAYS.clear()
        known = _WAYS[id(item)] = item, (item["state"], item["amount_minor"], item.get("request"), kept)
    return known[1]


def _ordered(pickled: bytes) -> Any:
    """The provider's account without its own numbers."""
    orders, transactions, balance, *_, down = pickle.loads(pickled)  # noqa: S301 - our own bytes
    known = {
        o.get("external_id"): (o["status"], o["payment"], o["rewards"][0]["delivery"], o["rewards"][0]["recipient"])
        for o in orders.values()
    }
    return known, sorted((t["amount"], t["action"]) for t in transactions), balance, down


def _equal(pickled: bytes, other: bytes) -> bool:
    """Do both hold equal values? Equal values may be pickled differently: it tells who shares what."""
    return pickled == other or pickle.loads(pickled) == pickle.loads(other)  # noqa: S301 - our own bytes
