"""Disputes and adjustments over the API, on real tables: what goes in, what comes out, and who is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap, bootstrap_money
from chalicelib.domain.registrations import Credit
from tests.builders import a_line, a_registration
from tests.fakes.api import Answer, Api
from tests.fakes.tokens import ADMIN, FINANCE, NOW, OTHER_REP, REP, token
from tests.handlers.described import a_problem, as_described
from tests.handlers.test_periods import figures, invoke, scheduled

DEAL, BENS = "a0D5w00000REG01EAA", "a0D5w00000BENSEAAA"
PUSH = "security-push"


@pytest.fixture
def sold(running: Any) -> Any:
    """Ana and Ben each have a confirmed deal."""
    for id, number, rep in ((DEAL, "DR-1", REP), (BENS, "DR-2", OTHER_REP)):
        deal = a_registration(id=id, number=number, sku="ACM-EDR-1Y", owner=rep, credits=(Credit(rep, 10_000),))
        bootstrap.registration_scorer().score_registration(deal, NOW)
        line = a_line(sku="ACM-EDR-1Y", registration_no=number, document_no=f"INV-{number}", po="")
        bootstrap.line_scorer().score([line], NOW)
    return running


def post(api: Api, url: str, body: object, user: str = FINANCE, role: str = "finance") -> Answer:
    return api.call("POST", url, token(role, user=user), body)


def file(api: Api, user: str = REP, **changes: object) -> Answer:
    body = {"registration": DEAL, "program": PUSH, "layer": None, "reason": "wrong_amount", "text": "It was 60."}
    return post(api, "/me/disputes", {**body, **changes}, user, "rep")


def propose(api: Api, user: str = FINANCE, **changes: object) -> Answer:
    body = {
        "rep": REP, "program": PUSH, "layer": "internal", "registration": DEAL, "points": 5, "reason": "promised",
        "evidence": "a mail",
    }  # fmt: skip
    return post(api, "/adjustments", {**body, **changes}, user)


def test_filed_asked_answered_upheld_and_approved(api: Api, sold: Any) -> None:
    """The whole way, as the Lightning side and the reviewers go it."""
    filed = file(api)
    assert filed.status == 201
    id = filed.body["id"]
    assert as_described(file(api), "post", "/me/disputes")["id"] == id  # a second click: 200, and the same one
    asked = as_described(post(api, f"/disputes/{id}/ask", {"text": "Which order?"}), "post", "/disputes/{dispute}/ask")
    assert (asked["state"], asked["evidence"]["at_filing"]["registration"]) == ("needs_info", DEAL)
    answered = post(api, f"/me/disputes/{id}/answer", {"text": "INV-DR-1"}, REP, "rep")
    assert as_described(answered, "post", "/me/disputes/{dispute}/answer")["state"] == "open"
    decision = {
        "outcome": "upheld", "reason": "rule_exception", "text": "You are right.",
        "adjustment": {"layer": "internal", "points": 10},
    }  # fmt: skip
    decided = as_described(post(api, f"/disputes/{id}/decide", decision), "post", "/disputes/{dispute}/decide")
    assert decided["state"] == "upheld" and decided["adjustment"]["state"] == "proposed"
    listed = as_described(api.call("GET", "/adjustments?state=proposed", token("auditor")), "get", "/adjustments")
    [waiting] = listed["adjustments"]
    path = f"/adjustments/{waiting['id']}/approve"
    a_problem(post(api, path, {}), 403)  # she decided it
    posted = as_described(post(api, path, {}, ADMIN, "admin"), "post", "/adjustments/{adjustment}/approve")
    assert posted["state"] == "posted" and [s["new"] for s in posted["steps"]] == ["proposed", "posted"]
    [mine] = as_described(api.call("GET", "/me/disputes", token("rep", user=REP)), "get", "/me/disputes")["disputes"]
    assert (mine["state"], mine["adjustment"]["points"], mine["program_name"]) == ("closed", 10, posted["program_name"])
    deal = as_described(api.call("GET", f"/me/deals/{DEAL}", token("rep", user=REP)), "get", "/me/deals/{registration}")
    assert [(a["points"], a["reason"]) for a in deal["adjustments"]] == [(10, "You are right.")]


def test_a_dispute_nobody_acts_on_rings(api: Api, sold: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """W10: it holds an award back, so it is money that is held up."""
    late = scheduled(NOW + timedelta(days=20))
    held = []
    for _ in range(2):
        capsys.readouterr()
        invoke("daily", late)
        held += figures(capsys.readouterr().out)["MoneyHeldUp"]
        file(api)
    assert held[1] == held[0] + 1


def test_denied_and_withdrawn(api: Api, sold: Any) -> None:
    id = file(api).body["id"]
    body = {"outcome": "denied", "reason": "rule_applied_right", "text": "As the card says."}
    denied = as_described(post(api, f"/disputes/{id}/decide", body), "post", "/disputes/{dispute}/decide")
    assert denied["state"] == "denied" and denied["due_on"] is None
    a_problem(post(api, f"/disputes/{id}/ask", {"text": "And now?"}), 409)
    again = file(api).body["id"]
    withdrawn = post(api, f"/me/disputes/{again}/withdraw", {}, REP, "rep")
    assert as_described(withdrawn, "post", "/me/disputes/{dispute}/withdraw")["state"] == "withdrawn" and again != id
    listed = api.call("GET", "/disputes?state=open", token("finance", user=FINANCE))
    assert as_described(listed, "get", "/disputes")["disputes"] == []


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"registration": "DR-1"}, ["registration"]),
        ({"reason": "because"}, ["reason"]),
        ({"text": "x" * 1001, "reason": 7}, ["reason", "text"]),
        ({"program": "no-such"}, ["program"]),
        ({"layer": "vendor:Nobody"}, ["layer"]),
        ({"rep": OTHER_REP}, ["rep"]),
    ],
)
def test_a_filing_that_cannot_be_read_names_every_field(
    api: Api, sold: Any, changes: dict[str, object], paths: list[str]
) -> None:
    assert [p["path"] for p in a_problem(file(api, **changes), 422)["problems"]] == paths


def test_another_reps_deal_and_dispute_are_not_found(api: Api, sold: Any) -> None:
    told = a_problem(file(api, registration=BENS), 404)
    assert told["detail"] == a_problem(file(api, registration="a0D5w00000NONEAAAA"), 404)["detail"].replace(
        "a0D5w00000NONEAAAA", BENS
    )
    id = file(api).body["id"]
    a_problem(post(api, f"/me/disputes/{id}/answer", {"text": "mine"}, OTHER_REP, "rep"), 404)


@pytest.mark.parametrize(
    ("decision", "paths"),
    [
        ({"outcome": "perhaps", "reason": "other", "text": "x"}, ["outcome"]),
        ({"outcome": "denied", "reason": "other", "text": "x", "adjustment": {"layer": "internal", "points": 1}},
         ["adjustment"]),
        ({"outcome": "upheld", "reason": "other", "text": "x", "adjustment": {"layer": "internal", "points": 0}},
         ["points"]),
        ({"outcome": "upheld", "reason": "other", "text": "x", "adjustment": {"points": 5}}, ["adjustment"]),
        ({"outcome": "upheld", "reason": "nice", "text": ""}, ["reason", "text"]),
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_read_changes_nothing(
    api: Api, sold: Any, decision: dict[str, object], paths: list[str]
) -> None:
    id = file(api).body["id"]
    told = a_problem(post(api, f"/disputes/{id}/decide", decision), 422)
    assert [p["path"] for p in told["problems"]] == paths
    assert bootstrap_money.disputes().find(id).state == "open"


def test_nobody_decides_on_her_own_whatever_her_roles(api: Api, sold: Any) -> None:
    """domain.md 31: a rep who is finance, too."""
    id = file(api).body["id"]
    body = {"outcome": "upheld", "reason": "other", "text": "I am right.", "adjustment": None}
    a_problem(post(api, f"/disputes/{id}/decide", body, REP), 403)
    a_problem(propose(api, REP), 403)
    proposed = propose(api).body["id"]
    a_problem(post(api, f"/adjustments/{proposed}/approve", {}, REP), 403)
    a_problem(post(api, f"/adjustments/{proposed}/refuse", {"text": "no"}, REP), 403)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"points": 0}, "points"),
        ({"points": 1.5}, "points"),
        ({"points": True}, "points"),
        ({"points": 10_000_000}, "points"),
        ({"rep": "Ana"}, "rep"),
        ({"evidence": " "}, "evidence"),
        ({"registration": "a0D5w00000NONEAAAA"}, "registration"),
        ({"points": -10_000}, "points"),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused(api: Api, sold: Any, changes: dict[str, object], path: str) -> None:
    assert [p["path"] for p in a_problem(propose(api, **changes), 422)["problems"]] == [path]


def test_a_refused_adjustment_posts_nothing(api: Api, sold: Any) -> None:
    id = as_described(propose(api), "post", "/adjustments")["id"]
    refused = post(api, f"/adjustments/{id}/refuse", {"text": "Nothing of the kind."}, ADMIN, "admin")
    assert as_described(refused, "post", "/adjustments/{adjustment}/refuse")["state"] == "refused"
    a_problem(post(api, f"/adjustments/{id}/approve", {}, ADMIN, "admin"), 409)
    deal = api.call("GET", f"/me/deals/{DEAL}", token("rep", user=REP)).body
    assert deal["adjustments"] == []


@pytest.mark.parametrize("url", ["/disputes?state=lost", "/adjustments?state=lost"])
def test_an_unknown_state_is_refused_with_the_known_ones(api: Api, sold: Any, url: str) -> None:
    [problem] = a_problem(api.call("GET", url, token("finance", user=FINANCE)), 422)["problems"]
    assert (problem["path"] == "state" and "refused" in problem["remedy"]) or "open" in problem["remedy"]


def test_nothing_of_that_id_is_404(api: Api, sold: Any) -> None:
    for url in ("/disputes/security-push-00000000000000000000", "/disputes/nothing"):
        a_problem(api.call("GET", url, token("finance", user=FINANCE)), 404)
    a_problem(post(api, "/adjustments/ADJ-0/approve", {}), 404)
    a_problem(post(api, f"/adjustments/{DEAL}/approve", {}), 404)
