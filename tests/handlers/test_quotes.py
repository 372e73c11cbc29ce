"""POST /programs/quote: what a sale would earn the caller, in one read of the real tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, OTHER_REP, REP, token
from tests.handlers.described import a_problem, as_described

READS = ("BatchGetItem", "GetItem", "Query", "Scan")
SALE = {
    "sku": "ACM-EDR-1Y-100", "quantity": 20, "deal_type": "net_new",
    "amount": {"amount": "2000.00", "currency": "USD"},
}  # fmt: skip


@pytest.fixture
def reads(deployed: Any) -> list[str]:
    """The reads of the deployment's own DynamoDB client, as they happen."""
    found: list[str] = []
    events = bootstrap.client("dynamodb").meta.events
    events.register(
        "before-call.dynamodb", lambda model, **_: found.append(model.name) if model.name in READS else None
    )
    return found


def test_a_rep_learns_what_a_sale_would_earn_before_there_is_a_deal(api: Api, running: Any) -> None:
    """W48, W49, W75: no deal record, both types side by side."""
    body = as_described(api.call("POST", "/programs/quote", token("rep", user=REP), SALE), "post", "/programs/quote")
    assert body["rep"] == REP
    [program] = body["programs"]
    assert {o["deal_type"]: o["layers"][0]["points"] for o in program["offers"]} == {
        "net_new": 60, "renewal": 20, "expansion": 40,
    }  # fmt: skip
    assert program["offers"][0]["layers"][0]["budget"]["left"] == {"minor": 6_000_000, "currency": "USD"}
    assert bootstrap.core().read(located=["quote"]).located == {}, "nothing is stored"


def test_a_quote_costs_at_most_two_reads(api: Api, running: Any, reads: list[str]) -> None:
    api.call("GET", "/programs", token("rep", user=REP))  # somebody has looked at the board, a moment ago
    api.call("POST", "/programs/quote", token("rep", user=REP), SALE)
    reads.clear()
    assert api.call("POST", "/programs/quote", token("rep", user=REP), SALE).status == 200
    assert reads == ["BatchGetItem"]
    board = bootstrap.core().load_board("security-push")
    assert board is not None
    bootstrap.core().save_board(replace(board, built_at=board.built_at - timedelta(minutes=5)))
    reads.clear()
    assert api.call("POST", "/programs/quote", token("rep", user=REP), SALE).status == 200
    assert reads == ["BatchGetItem", "BatchGetItem"]


def test_whose_quote_it_is_the_token_says(api: Api, running: Any) -> None:
    a_problem(api.call("POST", "/programs/quote", token("rep", user=REP), {**SALE, "rep": OTHER_REP}), 422)
    a_problem(api.call("POST", f"/programs/quote?rep={OTHER_REP}", token("rep", user=REP), SALE), 403)
    a_problem(api.call("POST", "/programs/quote", token("admin", user=ADMIN), SALE), 403)


def test_a_question_with_mistakes_is_answered_with_all_of_them(api: Api, running: Any) -> None:
    wrong = {"skuu": "A", "quantity": "20", "deal_type": "new"}
    body = a_problem(api.call("POST", "/programs/quote", token("rep", user=REP), wrong), 422)
    assert {p["path"] for p in body["problems"]} == {"sku", "skuu", "quantity", "deal_type"}


def test_a_body_too_large_is_not_parsed(api: Api, running: Any) -> None:
    a_problem(api.call("POST", "/programs/quote", token("rep", user=REP), {"sku": "x" * 300_000, "quantity": 1}), 413)
