"""A rep asks with her token and gets her own numbers, from real tables, as the API document says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.registrations import Credit, Registration
from chalicelib.services.programs import activate, save_draft
from tests.builders import a_line, a_registration, usd
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, FINANCE, NOW, OTHER_REP, REP, token
from tests.handlers.conftest import AUTHOR, SEPTEMBER, a_document
from tests.handlers.described import a_problem, as_described

OCTOBER = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
DEAL = "a0D5w00000REG01EAA"


def a_deal(**changes: Any) -> Registration:
    """Ana's deal of 50 net-new seats of what the program pushes."""
    mine: dict[str, Any] = {"sku": "ACM-EDR-1Y", "owner": REP, "credits": (Credit(REP, 10_000),)}
    return a_registration(**{**mine, **changes})


@pytest.fixture
def told(running: Any) -> None:
    """One confirmed deal and one that waits."""
    bootstrap.registration_scorer().score_registration(a_deal(), OCTOBER)
    bootstrap.line_scorer().score([a_line(sku="ACM-EDR-1Y")], OCTOBER)
    waiting = a_deal(id="a0D5w00000REG02EAA", number="DR-000102", quantity=20, amount=usd("2000"))
    bootstrap.registration_scorer().score_registration(waiting, OCTOBER)


def test_my_standings_come_from_the_ledger(api: Api, told: None) -> None:
    body = as_described(api.call("GET", "/me/standings", token("rep")), "get", "/me/standings")
    [program] = body["programs"]
    [layer] = program["layers"]
    assert body["rep"] == REP and body["as_of"] == "2026-11-22T12:00:00Z"
    assert (layer["confirmed"]["points"], layer["provisional"]["points"]) == (150, 60)
    assert program["combined"]["confirmed"] == {"minor": 15000, "currency": "USD"}
    assert (program["rank"]["rank"], program["rank"]["of"]) == (1, 2)
    assert program["deals"] == {"qualifying": 2, "confirmed": 1, "pending": 1}
    assert layer["next_tier"]["missing_points"] == 350 and not layer["next_tier"]["pending_reaches"]
    assert program["card"].startswith("Sell ") and program["window"]["days_left"] == 38


def test_my_standings_cost_one_read_of_six_programs_and_two_when_the_boards_are_old(api: Api, told: None) -> None:
    """One call of the API, at most two of DynamoDB, at most 30 KB: five programs beside the one there is."""
    for n in range(5):
        save_draft(bootstrap.programs(), f"push-{n}", {**a_document(), "name": f"Push {n}"}, AUTHOR, SEPTEMBER)
        activate(bootstrap.programs(), f"push-{n}", ADMIN, SEPTEMBER)
        for rep in (REP, OTHER_REP):
            bootstrap.roster().enroll(f"push-{n}", rep, date(2026, 10, 1), None)
    asked: list[str] = []
    bootstrap.client("dynamodb").meta.events.register(
        "before-call.dynamodb", lambda model, **_: asked.append(model.name)
    )
    reads = ("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems")
    api.call("GET", "/me/standings", token("rep"))  # knows the programs, builds the boards
    for later, most in ((timedelta(seconds=2), 1), (timedelta(minutes=2), 2)):
        asked.clear()
        answer = api.call("GET", "/me/standings", token("rep", now=NOW + later), now=NOW + later)
        assert len(answer.body["programs"]) == 6
        assert len([name for name in asked if name in reads]) == most, asked
        assert len(json.dumps(answer.body, separators=(",", ":"))) <= 30_000


def test_my_deals_show_the_confirmed_and_the_waiting_one(api: Api, told: None) -> None:
    body = as_described(api.call("GET", "/me/deals", token("rep")), "get", "/me/deals")
    assert {d["number"]: d["state"] for d in body["deals"]} == {"DR-000101": "confirmed", "DR-000102": "pending"}
    first = as_described(api.call("GET", "/me/deals?limit=1", token("rep")), "get", "/me/deals")
    second = as_described(
        api.call("GET", f"/me/deals?limit=1&cursor={first['next']}", token("rep")), "get", "/me/deals"
    )
    assert len(first["deals"]) == len(second["deals"]) == 1 and second["next"] == ""


def test_one_deal_shows_its_proof_and_its_lines(api: Api, told: None) -> None:
    body = as_described(api.call("GET", f"/me/deals/{DEAL}", token("rep")), "get", "/me/deals/{registration}")
    [award] = body["programs"][0]["layers"]
    assert award["counts"] and "50 seats confirmed x 3 = 150 points" in award["confirmed_because"]
    assert [line["document_no"] for line in body["lines"]] == ["INV-1"]


def test_a_deal_of_somebody_else_is_not_found(api: Api, told: None) -> None:
    a_problem(api.call("GET", f"/me/deals/{DEAL}", token("rep", user=OTHER_REP)), 404)


@pytest.mark.parametrize("path", ["/me/standings", "/me/deals", "/me/payouts", f"/me/deals/{DEAL}"])
def test_another_reps_id_is_refused_everywhere(api: Api, told: None, path: str) -> None:
    body = a_problem(api.call("GET", f"{path}?rep={OTHER_REP}", token("rep")), 403)
    assert "token" in body["detail"]
    assert api.call("GET", f"{path}?rep={REP}", token("rep")).status == 200


@pytest.mark.parametrize("path", ["/me/standings", "/me/deals", "/me/payouts"])
def test_other_roles_have_no_standing_of_their_own(api: Api, running: Any, path: str) -> None:
    for user, role in ((ADMIN, "admin"), (FINANCE, "finance"), (ADMIN, "auditor")):
        a_problem(api.call("GET", path, token(role, user=user)), 403)


def test_a_forged_stale_or_missing_token_reads_nothing(api: Api, running: Any) -> None:
    for bad in (None, token("rep", signer="stranger"), token("rep", now=NOW - timedelta(minutes=10))):
        a_problem(api.call("GET", "/me/standings", bad), 401)


def test_an_order_confirmed_now_is_in_the_next_answer(api: Api, told: None) -> None:
    """W09, W41: no batch in between."""
    line = a_line(document_no="INV-2", registration_no="DR-000102", sku="ACM-EDR-1Y")
    bootstrap.line_scorer().score([replace(line, quantity=line.quantity * 2 / 5)], NOW)
    body = as_described(api.call("GET", "/me/standings", token("rep")), "get", "/me/standings")
    layer = body["programs"][0]["layers"][0]
    assert (layer["confirmed"]["points"], layer["provisional"]["points"]) == (210, 0)
    assert body["programs"][0]["rank"]["rank"] == 1
