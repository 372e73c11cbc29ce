"""A deployment in this process: the real wiring of bootstrap on moto's tables, and facts put in by the write path."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice import Chalice

from chalicelib import bootstrap
from chalicelib.services.ports import Person
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, FINANCE, ORG, OTHER_REP, REP, key_pair
from tests.rebuilt import forget_what_was_built

PROGRAMS = Path(__file__).parent.parent.parent / "docs" / "examples" / "programs"
AUTHOR = "00558000001AutAAAS"
SEPTEMBER = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)


def a_document(name: str = "security-push", **changes: object) -> dict[str, Any]:
    """An example program as people write it."""
    return {**json.loads((PROGRAMS / f"{name}.json").read_text(encoding="utf-8")), **changes}


@lru_cache(maxsize=1)
def the_app() -> Chalice:
    """The real app, imported afresh: Chalice consumes a blueprint's routes when it registers them, and another test
    module may have registered one on an app of its own."""
    handlers = {name: m for name, m in sys.modules.items() if name == "app" or name.startswith("chalicelib.handlers")}
    for name in handlers:
        del sys.modules[name]
    try:
        app: Chalice = importlib.import_module("app").app
    finally:
        sys.modules.update(handlers)
    return app


@pytest.fixture
def deployed(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Tables, an empty report bucket, settings; whatever bootstrap kept of another test is forgotten."""
    settle(monkeypatch)
    yield tables
    forget_what_was_built()


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what a deployment has beside its tables, in the AWS of now, and point the settings at it."""
    for name, value in {
        "STAGE": "test", "CORE_TABLE": "kicker-core", "MONEY_TABLE": "kicker-money", "OPS_TABLE": "kicker-ops",
        "REPORT_BUCKET": "kicker-reports", "FEED_BUCKET": "kicker-feeds", "ORGANIZATION_ID": ORG,
        "ORG_PUBLIC_KEY": key_pair("org")[1], "JWT_AUDIENCE": "kicker", "SECRETS_PREFIX": "kicker/test",
        "FINANCE_EMAIL": "finance@example.com",
        "SENDER_EMAIL": "kicker@example.com",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"KICKER_{name}", value)
    boto3.client("s3").create_bucket(Bucket="kicker-reports")
    boto3.client("ses").verify_email_identity(EmailAddress="kicker@example.com")
    for queue in ("payouts", "lines"):
        url = boto3.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
        monkeypatch.setenv(f"KICKER_{queue.upper()}_QUEUE_URL", url)
    forget_what_was_built()


@pytest.fixture
def api(deployed: Any) -> Api:
    """The app as the gateway calls it."""
    return Api(the_app())


@pytest.fixture
def running(deployed: Any) -> Any:
    """The program security-push is active since before its window; two reps are enrolled."""
    from chalicelib.services.programs import activate, save_draft

    save_draft(bootstrap.programs(), "security-push", a_document(), AUTHOR, SEPTEMBER)
    activate(bootstrap.programs(), "security-push", ADMIN, SEPTEMBER)
    for rep, name in ((REP, "Ana Ruiz"), (OTHER_REP, "Ben Okafor")):
        bootstrap.roster().enroll("security-push", rep, date(2026, 10, 1), None)
        bootstrap.people().put([Person(rep, name, f"{name[:3].lower()}@example.com", True)])
    bootstrap.people().put([Person(FINANCE, "Fay Lindqvist", "fay@example.com", True)])
    return deployed
