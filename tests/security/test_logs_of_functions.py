"""Canaries through every queue and schedule, and what each function asks AWS for against what its role gives.

See `test_logs_of_routes`. The finished program of this world pays through the provider, and finance has released it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import boto3
import pytest

from chalicelib import bootstrap, bootstrap_money, bootstrap_salesforce
from infra.deploy import FUNCTIONS
from local.org_simulator import CONSUMER_KEY, CONSUMER_SECRET, OrgSimulator
from tests.fakes.api import Api
from tests.fakes.tokens import NOW, token
from tests.handlers.conftest import the_app
from tests.security.conftest import worlds
from tests.security.hearing import Hearing, personal
from tests.security.stories import (
    MESSAGES,
    QUEUED,
    SCHEDULED,
    Echo,
    batch,
    invoke,
    payout_messages,
    tick,
    ungiven,
)
from tests.security.world import CUSTOMER, MARK, OVER, World, at

# While the finished program is paid, after the running one's end, and when everything is over.
MOMENTS = (NOW, at(12, 31), datetime.fromisoformat("2027-02-20T12:00:00Z"))


@pytest.fixture(scope="module")
def paid_by_provider() -> Iterator[World]:
    for made in worlds("tremendous"):
        bootstrap_money.approvals().approve(OVER, 0, digest=made.digest, by="00558000001FinBAAS", now=NOW)
        yield made


@pytest.fixture
def as_released(paid_by_provider: World) -> Iterator[World]:
    """That world, whose money is afterwards as it was before."""
    dynamodb = paid_by_provider.dynamodb
    before = dynamodb.scan(TableName="kicker-money", ConsistentRead=True)["Items"]
    yield paid_by_provider
    for item in dynamodb.scan(TableName="kicker-money", ConsistentRead=True)["Items"]:
        dynamodb.delete_item(TableName="kicker-money", Key={"pk": item["pk"], "sk": item["sk"]})
    for item in before:
        dynamodb.put_item(TableName="kicker-money", Item=item)
    bootstrap.settings.cache_clear()


@pytest.fixture
def org(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrgSimulator]:
    """An org full of people, whose clock is ours."""
    with OrgSimulator() as made:
        monkeypatch.setenv("KICKER_SALESFORCE_URL", made.url)
        monkeypatch.setenv("KICKER_TELL", "fields,bells,digest")
        made.state.fixed_now = "2026-11-22T11:50:00Z"
        rep = made.state.put("User", None, {"Name": f"{MARK}dee Oduya", "Email": f"{MARK}dee@example.com"})["Id"]
        made.state.put("Deal_Registration__c", None, {"OwnerId": rep, "Account_Name__c": CUSTOMER, "Amount__c": 5.5})
        yield made


def log_in_with(secret: str) -> None:
    """Store the org's consumer secret, and forget what was built with another."""
    keys = json.dumps({"consumer_key": CONSUMER_KEY, "consumer_secret": secret})
    boto3.client("secretsmanager").put_secret_value(SecretId="kicker/test/salesforce", SecretString=keys)
    for kept in (bootstrap.settings, bootstrap.secrets, bootstrap_salesforce.org_sweep):
        kept.cache_clear()


def events(function: str) -> list[dict[str, Any]]:
    if function in QUEUED:
        return [batch(function, body) for body in MESSAGES[function]()]
    return [tick(now) for now in MOMENTS]


def test_every_function_has_its_story() -> None:
    assert {"api", *SCHEDULED, *QUEUED} == set(FUNCTIONS)
    assert set(MESSAGES) == set(QUEUED) and set(the_app().handler_map) >= {*SCHEDULED, *QUEUED}


@pytest.mark.parametrize("function", [*QUEUED, *SCHEDULED])
def test_a_function_says_nothing_personal_and_asks_for_nothing_its_role_does_not_give(
    ears: Hearing, org: OrgSimulator, as_released: World, function: str
) -> None:
    """First undisturbed, then with each of its AWS calls refused in turn, over good events and broken ones."""
    log_in_with(CONSUMER_SECRET)
    told = events(function)
    ears.asked.clear()
    for event in told:
        ears.hear(partial(invoke, function, event))
    assert ungiven(ears, function) == [], "it works here and would be refused in an account"
    refused = sum(ears.hear_it_fail(partial(invoke, function, event), most=20) for event in told)
    assert personal(ears.text) == []
    assert refused > 5 and "The request was refused." in ears.text, "failures were said, or this proves nothing"


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 422, 500])
def test_a_provider_that_repeats_the_recipient_does_not_reach_the_log(
    ears: Hearing, as_released: World, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Its reason is kept with the payout and the halted run, where finance reads it; the log says the state."""
    with Echo() as echo:
        echo.status = status
        monkeypatch.setenv("KICKER_REWARDS_URL", f"{echo.url}/api/v2")
        bootstrap.settings.cache_clear()
        ears.hear(partial(invoke, "pay", batch("payouts", *payout_messages())))
        for function in ("reconcile_rewards", "close_periods", "daily"):
            ears.hear(partial(invoke, function, tick(NOW)))
    assert '"message":"payout"' in ears.text, "what became of them is said"
    assert personal(ears.text) == []


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
def test_an_org_that_repeats_the_login_does_not_reach_the_log(
    ears: Hearing, as_released: World, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with Echo() as echo:
        echo.status = status
        monkeypatch.setenv("KICKER_SALESFORCE_URL", echo.url)
        log_in_with(f"{MARK}-consumer-secret")
        ears.hear(partial(invoke, "sweep_salesforce", tick(NOW)))
        assert ears.died is not None, "the sweep must fail"
        monkeypatch.setenv("KICKER_TELL", "fields,bells,digest")
        bootstrap.settings.cache_clear()
        ears.hear(partial(invoke, "tell_salesforce", tick(NOW)))
        bearer = token("admin")
        ears.hear(partial(Api(the_app()).call, "POST", "/users/sync", bearer))
    assert personal(ears.text, bearer) == []
