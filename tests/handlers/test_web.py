"""Every refusal names the field and the way out, and nothing of ours leaks through it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from chalice import Blueprint, Chalice

from chalicelib import bootstrap_api
from chalicelib.adapters.bearer import Bearer
from chalicelib.domain import errors
from chalicelib.handlers import web
from chalicelib.handlers.web import LARGEST_BODY, STATUSES, Call, nesting, secured, unsecured
from tests.fakes.api import Api
from tests.fakes.tokens import NOW, ORG, OTHER_REP, REP, key_pair, token

routes = Blueprint("test")
raised: list[Exception] = []


@routes.route("/mine", methods=["GET", "POST"])
@secured(routes, "rep", query=("limit",))
def mine(call: Call) -> object:
    if raised:
        raise raised.pop()
    if call.raw_body:
        return call.document()
    return {"rep": call.caller.user, "now": call.now, "limit": call.number("limit", least=1, most=50, default=20)}


@routes.route("/things/{id}", methods=["PUT"])
@secured(routes, "admin", "finance")
def thing(call: Call, id: str) -> object:
    return {"id": id, "reason": call.text("reason")}


@routes.route("/work/{entry}", methods=["GET"])
@secured(routes, "admin")
def work(call: Call, entry: str) -> object:
    return {"entry": entry}


@routes.route("/open", methods=["GET"])
@unsecured(routes)
def open_route() -> object:
    return {"status": "ok"}


app = Chalice(app_name="kicker-test")
app.register_blueprint(routes)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    verifier = Bearer.configured(ORG, key_pair("org")[1], "kicker")
    monkeypatch.setattr(bootstrap_api, "bearer", lambda: verifier)
    raised.clear()
    yield Api(app)
    assert not raised, "the error prepared for this test was never raised"


def test_the_rep_and_the_time_come_from_token_and_gateway(api: Api) -> None:
    answer = api.call("GET", "/mine", token("rep"))
    assert answer.status == 200
    assert answer.body == {"rep": REP, "now": "2026-11-22T12:00:00Z", "limit": 20}


def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for answer in (api.call("GET", "/mine", token("rep")), api.call("GET", "/mine"), api.call("GET", "/open")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer not-a-token", "Bearer a.b.c", "Token x"],
)
def test_without_a_token_that_proves_something_the_answer_is_401(api: Api, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = api.call("GET", "/mine", headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["type"] == "urn:kicker:problem:unauthenticated"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (token("rep", signer="stranger"), "signature"),
        (token("rep", now=NOW - timedelta(hours=1)), "expired"),
        (token("rep", iss="00D58000000ZZZZEAQ"), "organization"),
        (token("rep", aud="payroll"), "aud"),
        (token("rep", exp=int(NOW.timestamp()) + 3600), "lives too long"),
    ],
    ids=["forged", "stale", "foreign", "wrong audience", "too long-lived"],
)
def test_a_bad_token_is_401_and_says_what_is_wrong_but_not_what_was_sent(api: Api, bad: str, why: str) -> None:
    answer = api.call("GET", "/mine", bad)
    assert answer.status == 401 and why in answer.body["detail"]
    assert bad.split(".")[2] not in json.dumps(answer.body)


def test_the_right_person_in_the_wrong_role_is_403(api: Api) -> None:
    answer = api.call("PUT", "/things/x", token("rep", "auditor"), {"reason": "r"})
    assert answer.status == 403
    assert "admin or finance" in answer.body["detail"]


def test_another_reps_id_is_refused_and_ones_own_changes_nothing(api: Api) -> None:
    """The rep is who the token says, never who the path says."""
    for name in ("rep", "user"):
        assert api.call("GET", f"/mine?{name}={OTHER_REP}", token("rep")).status == 403
        assert api.call("GET", f"/mine?{name}={REP}&{name}={OTHER_REP}", token("rep")).status == 403
        assert api.call("GET", f"/mine?{name}={REP}", token("rep")).body["rep"] == REP
        assert api.call("GET", f"/mine?{name}={REP[:15]}", token("rep")).body["rep"] == REP


def test_an_unknown_parameter_is_named_with_the_known_ones(api: Api) -> None:
    answer = api.call("GET", "/mine?page=2&limit=3&limit=4", token("rep"))
    assert answer.status == 422
    assert [(p["path"], p["remedy"]) for p in answer.body["problems"]] == [
        ("page", "use one of: limit"), ("limit", "give it once"),
    ]  # fmt: skip


@pytest.mark.parametrize("limit", ["0", "51", "-1", "1e3", "ten", "٣", "9" * 400, "1.5"])
def test_a_number_out_of_its_range_is_named(api: Api, limit: str) -> None:
    answer = api.call("GET", f"/mine?limit={limit}", token("rep"))
    assert answer.status == 422
    assert answer.body["problems"][0]["path"] == "limit"
    assert answer.body["problems"][0]["remedy"] == "give a whole number from 1 to 50"


def test_a_body_over_the_limit_is_not_parsed(api: Api) -> None:
    answer = api.call("POST", "/mine", token("rep"), "[" * (LARGEST_BODY + 1))
    assert answer.status == 413 and str(LARGEST_BODY) in answer.body["detail"]


BAD_BODIES = {
    "not json": "reason=because",
    "cut off": '{"a": ',
    "a number no float can hold": '{"amount": 1e309}',
    "not a number": '{"amount": NaN}',
    "infinity": '{"amount": -Infinity}',
    "two documents": "{} {}",
    "a list": "[1, 2]",
    "a text": '"hello"',
    "deep": "[" * 200_000 + "]" * 100,
    "deep inside an object": '{"a":' * 40 + "1" + "}" * 40,
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_what_is_no_json_object_is_400_with_the_reason(api: Api, body: str) -> None:
    answer = api.call("POST", "/mine", token("rep"), body)
    assert answer.status == 400
    assert answer.body["type"] == "urn:kicker:problem:malformed-request" and answer.body["detail"].startswith(
        "the body"
    )


@pytest.mark.parametrize(
    ("raw", "depth"),
    [
        (b"{}", 1), (b'{"a": [1, {"b": []}]}', 4), (b'{"a": "[[[["}', 1), (b'{"a": "\\"[[["}', 1), (b"", 0),
        (b'"[[[', 0), (b'"\\', 0), (b'"' + b"\\\"" * 100_000, 0), (b"]]]][", 0),
    ],
)  # fmt: skip
def test_nesting_is_counted_outside_strings_and_in_one_pass(raw: bytes, depth: int) -> None:
    """An unclosed string of 100,000 escaped quotes is looked at once, not once from each of its quotes."""
    assert nesting(raw) == depth


def test_a_path_that_can_be_no_id_of_ours_never_reaches_a_key(api: Api) -> None:
    for hostile in ("%23", "PROGRAM%23x", "..%2F..", "a%00b", "x" * 200, "%20x", "%C3%A9"):
        answer = api.call("PUT", f"/things/{hostile}", token("admin"), {"reason": "r"})
        assert answer.status == 404, hostile
    assert api.call("PUT", "/things/q4-edr.v2", token("admin"), {"reason": "r"}).body["id"] == "q4-edr.v2"


def test_a_work_entry_may_be_called_what_the_outside_world_calls_it(api: Api) -> None:
    assert api.call("GET", "/work/td%7CINV%20%231%7C0%2F17", token("admin")).body["entry"] == "td|INV #1|0/17"
    assert api.call("GET", "/work/a%0Ab", token("admin")).status == 404


@pytest.mark.parametrize("reason", [None, "", "   ", 7, ["x"], "x" * 2001])
def test_a_missing_text_is_named(api: Api, reason: object) -> None:
    answer = api.call("PUT", "/things/x", token("finance"), {"reason": reason})
    assert answer.status == 422 and answer.body["problems"][0]["path"] == "reason"


def _tree(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(c for k in kind.__subclasses__() for c in _tree(k))]


def test_every_error_a_caller_can_cause_has_a_status_and_ours_have_none() -> None:
    """Whatever is not in the table is a broken promise of ours and becomes a 500 without words."""
    here = [k for k in _tree(errors.KickerError) if k.__module__ == "chalicelib.domain.errors"]
    mapped = {k for k in here if any(issubclass(k, row[0]) for row in STATUSES)}
    assert set(here) - mapped == {errors.KickerError, errors.BrokenPromise}
    kinds = [row[2] for row in STATUSES]
    assert len(kinds) == len(set(kinds))


def _sample(kind: type[errors.KickerError]) -> errors.KickerError:
    return (
        kind("it", [errors.Problem("a.b", "is odd", "mend it", "7")]) if kind is errors.InvalidDocument else kind("why")
    )


@pytest.mark.parametrize(("kind", "status"), [(row[0], row[1]) for row in STATUSES])
def test_each_error_becomes_its_problem_document(api: Api, kind: type[errors.KickerError], status: int) -> None:
    raised.append(_sample(kind))
    answer = api.call("GET", "/mine", token("rep"))
    assert answer.status == answer.body["status"] == status
    assert set(answer.body) - {"problems"} == {"type", "title", "status", "detail", "instance"}
    assert answer.body["instance"] == "urn:kicker:request:req-1"


def test_an_invalid_document_lists_every_problem_with_path_and_remedy(api: Api) -> None:
    raised.append(_sample(errors.InvalidDocument))
    assert api.call("GET", "/mine", token("rep")).body["problems"] == [
        {"path": "a.b", "message": "is odd", "remedy": "mend it", "value": "7"}
    ]


@pytest.mark.parametrize(
    "ours", [errors.BrokenPromise("table kicker-core lost a row"), ZeroDivisionError("inner-workings")]
)
def test_a_failure_of_ours_is_logged_and_tells_the_caller_nothing_of_it(
    api: Api, ours: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    raised.append(ours)
    sent = token("rep")
    with caplog.at_level(logging.ERROR, logger=web.log.name):
        answer = api.call("GET", "/mine", sent)
    assert answer.status == 500
    assert str(ours) not in json.dumps(answer.body) and "Traceback" not in json.dumps(answer.body)
    assert "req-1" in caplog.text and str(ours) in caplog.text
    assert sent not in caplog.text, "a token must never reach a log"


def test_health_needs_no_token_and_tells_nothing(api: Api) -> None:
    assert api.call("GET", "/open").body == {"status": "ok"}
