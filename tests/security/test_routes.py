"""Every route x every caller, generated from the API description: who is refused, and that a refusal costs and tells
nothing.

The description says who may (`x-roles`, `security`); `tests/test_openapi.py` holds it to the code. Here each caller
really calls: whoever the description does not name gets 401 or 403, no AWS call is made for her, nothing is stored,
and no text of any table is in the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib import bootstrap
from chalicelib.adapters.bearer import Bearer
from tests.fakes.api import Answer, Api
from tests.fakes.tokens import ADMIN, NOW, ORG, OTHER_REP, REP, key_pair, token
from tests.handlers.described import a_problem
from tests.security.callers import EVERY_ROLE, Caller, people, strangers
from tests.security.routes import EVENT, OWNED, SHARED, call, operations, outbound_message, rows, signed
from tests.security.world import API_KEY, MARK, PATH_TOKEN, SIGNING_KEY, World

SECURED = sorted(id for id, operation in operations().items() if operation.secured)
MACHINES = ("outboundMessage", "rewardWebhook")


@dataclass
class Calls:
    """The AWS calls made while somebody was listened to."""

    names: list[str] = field(default_factory=list)


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every AWS call of the product from now on, by name."""
    calls, real = Calls(), BaseClient._make_api_call

    def told(client: Any, name: str, request: Any) -> Any:
        calls.names.append(name)
        return real(client, name, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", told)
    return calls


# --- the matrix is complete ---------------------------------------------------------------------------------------


def test_every_operation_of_the_description_has_its_row_and_every_row_its_operation(shared_world: World) -> None:
    assert set(rows(shared_world)) == set(operations())


def test_every_path_parameter_is_known_to_name_a_persons_thing_or_not(shared_world: World) -> None:
    """A row whose path names a person's thing must also name somebody else's."""
    for id, operation in operations().items():
        assert operation.parameters <= OWNED | SHARED, f"{id}: say in routes.py what its parameters name"
        row = rows(shared_world)[id]
        assert bool(row.foreign) == bool(operation.parameters & OWNED), id


def test_a_row_calls_the_very_route_it_stands_for(api: Api, shared_world: World) -> None:
    for id, row in rows(shared_world).items():
        for url in (row.url, *row.foreign):
            assert api._resource(url.partition("?")[0])[0] == operations()[id].path, id


def test_what_needs_no_token_is_health_and_the_two_machines() -> None:
    """Whoever adds a route without roles must come by here."""
    assert set(operations()) - set(SECURED) == {"health", *MACHINES}


# --- the refusals -------------------------------------------------------------------------------------------------


def strings_of(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from strings_of(name)
            yield from strings_of(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from strings_of(item)
    elif isinstance(node, str):
        yield node


@pytest.fixture(scope="module")
def stored(shared_world: World) -> frozenset[str]:
    """Every text the deployment holds or is configured with, and its parts; plain words of the language are no secret
    (and what is a name or an address holds MARK)."""
    kept = set(strings_of(shared_world.everything()))
    kept |= set(strings_of([bootstrap.settings().__getattribute__(n) for n in bootstrap.settings().__slots__]))
    parts = {word for text in kept for word in re.split(r"[\s#|/\"{}\[\],:\\]+", text)}
    return frozenset(text for text in kept | parts if len(text) >= 8 and not text.isalpha())


def leaks(answer: Answer, stored: frozenset[str], *sent: str) -> list[str]:
    """What an answer tells of what is stored, beyond what the caller said himself."""
    text = json.dumps(answer.body) + json.dumps(answer.headers)
    known = " ".join(sent)
    found = [s for s in stored if s in text and s not in known]
    found += [word for word in (MARK, "Traceback", "chalicelib", 'File \\"', "kicker-", "arn:") if word in text]
    return sorted(found)


@contextmanager
def untouched(world: World) -> Iterator[None]:
    """Nothing in any table, bucket, queue or mailbox differs afterwards."""
    before = world.everything()
    yield
    assert world.everything() == before


@pytest.mark.parametrize("id", SECURED)
def test_whoever_the_description_does_not_name_is_refused_and_costs_and_learns_nothing(
    api: Api, shared_world: World, stored: frozenset[str], listen: Calls, id: str
) -> None:
    operation, row = operations()[id], rows(shared_world)[id]
    refused = [c for c in (*strangers(), *people()) if not c.may(operation.roles)]
    assert len(refused) >= len(strangers()) + 5, "a route for everybody still refuses those without a role"
    wrong: list[str] = []
    with untouched(shared_world):
        listen.names.clear()
        for caller in refused:
            answer = call(api, operation, row, caller)
            due = 401 if caller.roles is None else 403
            if answer.status != due:
                wrong.append(f"{caller.name}: {answer.status} instead of {due}")
                continue
            a_problem(answer, due)
            assert ("WWW-Authenticate" in answer.headers) == (due == 401)
            if told := leaks(answer, stored, row.url, caller.authorization or ""):
                wrong.append(f"{caller.name} is told {told}")
            if caller.authorization and len(caller.authorization) > 20 and caller.authorization[-20:] in str(answer):
                wrong.append(f"{caller.name} gets the token back")
        assert listen.names == [], "who is refused is refused before anything is read"
    assert wrong == []


@pytest.mark.parametrize("id", SECURED)
def test_rep_a_gets_nothing_of_rep_b_by_path_query_or_body(
    api: Api, shared_world: World, stored: frozenset[str], id: str
) -> None:
    operation, row = operations()[id], rows(shared_world)[id]
    rep_a = people()[0]
    with untouched(shared_world):
        for url in row.foreign:
            answer = call(api, operation, row, rep_a, url)
            a_problem(answer, row.foreign_status)
            assert leaks(answer, stored, url) == []
        if row.foreign and "rep" in operation.roles:
            parts = zip(row.foreign[0].split("/"), row.url.split("/"), strict=True)
            nobodys = "/".join(part if part == mine else "a0D5w00000M9999EAA" for part, mine in parts)
            absent = call(api, operation, row, rep_a, nobodys)
            assert absent.status == row.foreign_status, "what is another's looks like what does not exist"
        for name in ("rep", "user"):
            url = f"{row.url}{'&' if '?' in row.url else '?'}{name}={OTHER_REP}"
            # Also the role that may do everything here: whose data it is, the token says.
            for caller in (rep_a, Caller("all roles", f"Bearer {token(*EVERY_ROLE, user=REP)}", frozenset(EVERY_ROLE))):
                answer = call(api, operation, row, caller, url)
                a_problem(answer, 403)
                assert leaks(answer, stored, url) == []
        if operation.method != "GET" and "rep" not in operation.roles:
            named = {"rep": OTHER_REP, "user": OTHER_REP, "sub": OTHER_REP, "roles": ["admin"], "by": OTHER_REP}
            a_problem(call(api, operation, row, rep_a, body=named), 403)


def test_a_rep_reads_no_number_of_another_rep_in_any_answer(api: Api, shared_world: World) -> None:
    """What rep A is answered holds none of B's deals, payouts or addresses; the board shows what its program says."""
    theirs = {shared_world.deals[OTHER_REP], shared_world.payouts[OTHER_REP], f"{MARK}ben.okafor", "DR-100002"}
    for id in SECURED:
        operation, row = operations()[id], rows(shared_world)[id]
        if "rep" in operation.roles:
            answer = call(api, operation, row, people()[0])
            assert answer.status == 200, (id, answer.body)
            assert [s for s in theirs if s in json.dumps(answer.body)] == [], id


def test_a_place_in_anothers_list_is_a_place_in_ones_own(api: Api, shared_world: World) -> None:
    """A cursor of B's list opens nothing of B's to A."""
    of_b = api.call("GET", "/me/deals?limit=1", token("rep", user=OTHER_REP)).body
    assert of_b["next"], "B has more than one deal"
    got = api.call("GET", f"/me/deals?cursor={of_b['next']}", token("rep", user=REP))
    assert shared_world.deals[OTHER_REP] not in json.dumps(got.body)


# --- the machines' routes -----------------------------------------------------------------------------------------


def _forged_outbound() -> Iterator[tuple[str, str, dict[str, str], str, int]]:
    xml = {"Content-Type": "text/xml"}
    wrong = (
        "wrong", PATH_TOKEN[:-1], PATH_TOKEN + "x", PATH_TOKEN.upper(), "%20" + PATH_TOKEN, API_KEY, SIGNING_KEY,
        "null", "%00", "*", "undefined",
    )  # fmt: skip
    for path in wrong:
        yield f"/salesforce/outbound-messages/{path}", outbound_message(), xml, path, 401
    good = f"/salesforce/outbound-messages/{PATH_TOKEN}"
    yield good, outbound_message().replace("00D58000000ABCDEA4", "00D58000000ZZZZEAQ"), xml, "another organization", 403
    yield good, outbound_message().replace("00D58000000ABCDEA4", "00D58000000ABCDEA4x"), xml, "a longer id", 403
    yield good, '<!DOCTYPE a [<!ENTITY a "x">]><a>&a;</a>', xml, "an entity", 400


def _forged_webhooks() -> Iterator[tuple[str, str, dict[str, str], str, int]]:
    url = "/rewards/tremendous/webhooks"
    name = next(iter(signed(EVENT)))
    yield url, EVENT, {}, "unsigned", 401
    yield url, EVENT, {name: ""}, "empty", 401
    yield url, EVENT, {name: "sha256="}, "no digest", 401
    yield url, EVENT, signed(EVENT, ""), "signed with nothing", 401
    yield url, EVENT, signed(EVENT, API_KEY), "signed with the API key", 401
    yield url, EVENT, signed(EVENT, PATH_TOKEN), "signed with the path token", 401
    yield url, EVENT.replace("ORDER1", "ORDER2"), signed(EVENT), "another body", 401
    yield url, EVENT, {name: signed(EVENT)[name].replace("sha256", "sha512")}, "another algorithm", 401
    yield "/rewards/manual/webhooks", EVENT, signed(EVENT), "a provider without webhooks", 401
    yield "/rewards/acme/webhooks", EVENT, signed(EVENT), "a provider nobody knows", 404
    yield "/rewards/..%2Ftremendous/webhooks", EVENT, signed(EVENT), "a provider by a path", 404


@pytest.mark.parametrize("forged", [_forged_outbound, _forged_webhooks])
def test_a_machine_that_cannot_prove_itself_is_refused_whatever_token_it_brings(
    api: Api, shared_world: World, stored: frozenset[str], forged: Callable[[], Iterator[Any]]
) -> None:
    """No bearer token opens a machine's route, not even one of every role."""
    bearers = [None, f"Bearer {token(*EVERY_ROLE, user=ADMIN)}", "Bearer garbage"]
    wrong = []
    with untouched(shared_world):
        for url, body, headers, what, due in forged():
            for bearer in bearers:
                sent = {**headers, **({"Authorization": bearer} if bearer else {})}
                answer = api.call("POST", url, None, body, headers=sent)
                if answer.status != due:
                    wrong.append(f"{what}: {answer.status} instead of {due}")
                if told := leaks(answer, stored, url):
                    wrong.append(f"{what} is told {told}")
    assert wrong == []


# --- the nets themselves -----------------------------------------------------------------------------------------


def test_the_net_catches_a_leak() -> None:
    """Guards `leaks`: an answer that holds a stored text, a name or a table is found."""
    stored = frozenset({"a0D5w00000M1002EAA"})
    for told in ("deal a0D5w00000M1002EAA", f"{MARK}ben", "table kicker-core", "Traceback (most recent call last)"):
        assert leaks(Answer(403, {}, {"detail": told}), stored)
    assert leaks(Answer(403, {}, {"detail": "a0D5w00000M1002EAA"}), stored, "/me/deals/a0D5w00000M1002EAA") == []


def test_the_token_every_stranger_alters_is_good_itself() -> None:
    """So each of them is refused for the alteration and nothing else."""
    caller = Bearer.configured(ORG, key_pair("org")[1], "kicker").verify(token(*EVERY_ROLE), NOW)
    assert (caller.user, caller.roles) == (REP, frozenset(EVERY_ROLE))
