"""Who may ask for what: every route by every role, from a table written by hand, against the real app.

The table is not read from the code, so a role added to a route by mistake fails here (W27, W68; domain.md 19, 31).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.registrations import Credit
from tests.builders import a_line, a_registration, usd
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, FINANCE, NOW, OTHER_REP, REP, token
from tests.handlers.conftest import the_app
from tests.handlers.described import a_problem

ROLES = ("rep", "admin", "finance", "auditor")
EVERYBODY = set(ROLES)
MACHINES = {("POST", "/salesforce/outbound-messages/{token}"), ("POST", "/rewards/{provider}/webhooks")}
MAY: dict[tuple[str, str], set[str]] = {
    ("GET", "/me/standings"): {"rep"},
    ("GET", "/me/deals"): {"rep"},
    ("GET", "/me/deals/{registration}"): {"rep"},
    ("GET", "/me/payouts"): {"rep"},
    ("GET", "/programs"): EVERYBODY,
    ("GET", "/programs/{id}"): EVERYBODY,
    ("POST", "/programs/quote"): {"rep"},
    ("GET", "/programs/{id}/leaderboard"): EVERYBODY,
    ("POST", "/programs/{id}/replay"): {"admin"},
    ("GET", "/replays/{replay}"): {"admin", "finance", "auditor"},
    ("PUT", "/programs/{id}"): {"admin"},
    ("POST", "/programs/{id}/activate"): {"admin"},
    ("POST", "/programs/{id}/restate"): {"admin"},
    ("POST", "/programs/{id}/retire"): {"admin"},
    ("GET", "/payouts"): {"finance", "auditor"},
    ("POST", "/payouts/{key}/confirm"): {"finance"},
    ("POST", "/payouts/{key}/address"): {"finance"},
    ("GET", "/periods"): {"finance", "auditor", "admin"},
    ("GET", "/periods/{program}"): {"finance", "auditor", "admin"},
    ("POST", "/periods/{program}/approve"): {"finance"},
    ("GET", "/feeds"): {"finance", "auditor", "admin"},
    ("GET", "/feeds/{distributor}/reports"): {"finance", "auditor", "admin"},
    ("GET", "/work/{kind}"): {"admin", "auditor"},
    ("POST", "/work/{kind}/{entry}/resolve"): {"admin"},
    ("GET", "/config/{kind}"): {"admin", "auditor"},
    ("PUT", "/config/{kind}/{name}"): {"admin"},
    ("POST", "/users/sync"): {"admin"},
    ("GET", "/me/disputes"): {"rep"},
    ("POST", "/me/disputes"): {"rep"},
    ("POST", "/me/disputes/{dispute}/answer"): {"rep"},
    ("POST", "/me/disputes/{dispute}/withdraw"): {"rep"},
    ("GET", "/disputes"): {"finance", "auditor", "admin"},
    ("GET", "/disputes/{dispute}"): {"finance", "auditor", "admin"},
    ("POST", "/disputes/{dispute}/ask"): {"finance", "admin"},
    ("POST", "/disputes/{dispute}/decide"): {"finance", "admin"},
    ("GET", "/adjustments"): {"finance", "auditor", "admin"},
    ("POST", "/adjustments"): {"finance", "admin"},
    ("POST", "/adjustments/{adjustment}/approve"): {"finance", "admin"},
    ("POST", "/adjustments/{adjustment}/refuse"): {"finance", "admin"},
}
USERS = {"rep": REP, "admin": ADMIN, "finance": FINANCE, "auditor": FINANCE}


def url_of(path: str) -> str:
    for name in ("registration", "id", "key", "program", "distributor", "kind", "entry", "name", "replay", "dispute",
                 "adjustment"):  # fmt: skip
        path = path.replace(f"{{{name}}}", "security-push" if name in ("id", "program") else "nothing")
    return path


def test_the_table_holds_every_route() -> None:
    routes = {(method, path) for path, methods in the_app().routes.items() for method in methods}
    assert routes == {*MAY, *MACHINES, ("GET", "/health")}


@pytest.mark.parametrize("route", sorted(MAY), ids=" ".join)
def test_a_route_answers_the_roles_of_the_table_and_no_other(api: Api, running: Any, route: tuple[str, str]) -> None:
    """A role that may not is told so before anything else is looked at; one that may is never told that."""
    method, path = route
    body = None if method == "GET" else "{}"
    for role in ROLES:
        answer = api.call(method, url_of(path), token(role, user=USERS[role]), body)
        if role in MAY[route]:
            assert answer.status not in (401, 403), (role, answer.body)
        else:
            assert "role" in a_problem(answer, 403)["detail"], role
    a_problem(api.call(method, url_of(path), token(user=REP), body), 403)
    a_problem(api.call(method, url_of(path), None, body), 401)


# --- nobody's numbers but one's own -----------------------------------------------------------------------------------

MARKS = ("Secret Bakery", "DR-SECRET", "a0D5w00000BENSEAA", "INV-SECRET", "Ben Okafor", OTHER_REP, "7777")


@pytest.fixture
def two_reps(running: Any) -> None:
    """Ana and Ben each have a confirmed deal; everything of Ben's carries a mark."""
    ana = a_registration(sku="ACM-EDR-1Y", owner=REP, credits=(Credit(REP, 10_000),))
    ben = a_registration(
        id="a0D5w00000BENSEAA", number="DR-SECRET", account="0015w00002BEN02AAA", account_name="Secret Bakery",
        sku="ACM-EDR-1Y", owner=OTHER_REP, credits=(Credit(OTHER_REP, 10_000),), amount=usd("7777"),
    )  # fmt: skip
    for deal in (ana, ben):
        bootstrap.registration_scorer().score_registration(deal, NOW)
    lines = [
        a_line(sku="ACM-EDR-1Y"),
        a_line(sku="ACM-EDR-1Y", document_no="INV-SECRET", registration_no="DR-SECRET", amount=usd("7777")),
    ]
    bootstrap.line_scorer().score(lines, NOW)


@pytest.mark.parametrize(
    "path",
    [
        "/me/standings",
        "/me/deals",
        "/me/payouts",
        "/me/deals/a0D5w00000REG01EAA",
        "/programs",
        "/programs/security-push",
    ],
)
def test_nothing_of_another_rep_is_in_what_a_rep_gets(api: Api, two_reps: None, path: str) -> None:
    body = api.call("GET", path, token("rep", user=REP)).body
    assert not [mark for mark in MARKS if mark in json.dumps(body)]


def test_the_marks_would_be_found(api: Api, two_reps: None) -> None:
    """The test above proves nothing if Ben's data did not carry them."""
    seen = json.dumps(api.call("GET", "/me/deals", token("rep", user=OTHER_REP)).body)
    assert not [mark for mark in MARKS if mark not in seen and mark != "Ben Okafor"]


def test_the_leaderboard_tells_places_and_amounts_and_no_deal(api: Api, two_reps: None) -> None:
    """What a rep sees of others is name and sums, as the program's display policy allows: never a customer."""
    body = api.call("GET", "/programs/security-push/leaderboard", token("rep", user=REP)).body
    row = next(p for p in body["top"] if p["rep"] == OTHER_REP)
    assert set(row) == {"rank", "name", "rep", "confirmed", "provisional", "prize", "you"}
    assert not [mark for mark in MARKS[:4] if mark in json.dumps(body)]


@pytest.mark.parametrize("path", ["/me/standings", "/me/deals", "/me/payouts", "/me/deals/a0D5w00000BENSEAA"])
@pytest.mark.parametrize("name", ["rep", "user", "owner", "ownerId"])
def test_naming_another_rep_gets_nothing(api: Api, two_reps: None, path: str, name: str) -> None:
    answer = api.call("GET", f"{path}?{name}={OTHER_REP}", token("rep", user=REP))
    assert answer.status in (403, 422) and not [mark for mark in MARKS[:4] if mark in json.dumps(answer.body)]


def test_a_body_cannot_say_who_somebody_is(api: Api, two_reps: None) -> None:
    """The author of a draft is the caller, whatever the document claims."""
    answer = api.call(
        "PUT", "/programs/next-push", token("admin", user=ADMIN), {"author": OTHER_REP, "name": "x"}
    )  # fmt: skip
    assert "author" in {p["path"] for p in a_problem(answer, 422)["problems"]}
