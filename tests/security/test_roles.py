"""Whoever the API description names is let in, as herself and nobody else: the other half of `test_routes`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest

from chalicelib import bootstrap
from local.org_simulator import CONSUMER_KEY, CONSUMER_SECRET, OrgSimulator
from tests.fakes.api import Api
from tests.fakes.tokens import token
from tests.security.callers import Caller
from tests.security.hearing import Hearing
from tests.security.routes import call, operations, outbound_message, rows
from tests.security.stories import pay_what_is_queued, ungiven
from tests.security.world import OLD_PATH_TOKEN, PATH_TOKEN, World

SOMEBODY_ELSE = "00558000001EveAAS"


@pytest.fixture
def an_org(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrgSimulator]:
    with OrgSimulator() as org:
        monkeypatch.setenv("KICKER_SALESFORCE_URL", org.url)
        yield org


def test_every_role_the_description_names_is_let_in_and_the_api_may_do_what_it_then_does(
    an_org: OrgSimulator, api: Api, world: World, ears: Hearing
) -> None:
    """Else the refusals would prove nothing. Each operation is called by each of its roles, in the order of the rows;
    and what the api then asks AWS for, its own role gives."""
    keys = json.dumps({"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET})
    boto3.client("secretsmanager").put_secret_value(SecretId="kicker/test/salesforce", SecretString=keys)
    bootstrap.settings.cache_clear()
    wrong, asked = [], []
    for id, row in rows(world).items():
        operation = operations()[id]
        if id == "confirm":
            pay_what_is_queued()  # the pay function's work, with its own permissions
        ears.asked.clear()
        for role in sorted(operation.roles) or [""]:
            caller = Caller(role, f"Bearer {token(role, user=row.user)}" if role else None)
            answer = call(api, operation, row, caller)
            if answer.status != 200:
                wrong.append(f"{id} as {role}: {answer.status} {answer.body}")
        asked += ears.asked
    assert wrong == []
    ears.asked = asked
    assert ungiven(ears, "api") == [], "it works here and would be refused in an account"


def test_an_identity_in_a_body_is_never_believed(api: Api, world: World) -> None:
    """Whoever may change something may not change it as somebody else: what names her is refused or ignored."""
    names = ("rep", "user", "by", "author", "approver", "sub", "changed_by", "resolved_by", "caller")
    for id, row in rows(world).items():
        operation = operations()[id]
        if not operation.secured or operation.method == "GET" or id == "syncUsers":
            continue
        if id == "confirm":
            pay_what_is_queued()
        body = {**(row.body if isinstance(row.body, dict) else {}), **dict.fromkeys(names, SOMEBODY_ELSE)}
        answer = api.call(operation.method, row.url, token(*operation.roles, user=row.user), body)
        assert answer.status in (200, 422), (id, answer.body)
        if answer.status == 422:  # then the plain call works, so that what follows finds its world
            answer = call(api, operation, row, Caller("", f"Bearer {token(*operation.roles, user=row.user)}"))
        assert SOMEBODY_ELSE not in json.dumps(answer.body), id
        assert SOMEBODY_ELSE not in json.dumps(world.everything(), default=str), id


def test_both_live_path_tokens_open_the_outbound_route(api: Api, world: World) -> None:
    for path in (PATH_TOKEN, OLD_PATH_TOKEN):
        answer = api.call(
            "POST", f"/salesforce/outbound-messages/{path}", None, outbound_message(),
            headers={"Content-Type": "text/xml"},
        )  # fmt: skip
        assert (answer.status, "<Ack>true</Ack>" in answer.body) == (200, True)
