"""Finance sees what is owed, releases exactly what it saw, and confirms by hand what is paid by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest

from chalicelib import bootstrap, bootstrap_money
from chalicelib.domain.payouts import PayoutState
from chalicelib.domain.registrations import Credit
from chalicelib.services.ports import Person
from chalicelib.services.programs import activate, save_draft
from tests.builders import a_line, a_registration
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, FINANCE, NOW, OTHER_REP, REP, token
from tests.handlers.conftest import AUTHOR, SEPTEMBER, a_document
from tests.handlers.described import a_problem, as_described

OCTOBER = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
CLOSED = datetime(2026, 12, 31, 8, 0, tzinfo=UTC)  # the day after the window's last, past the feeds' timeout
PROGRAM = "security-push"


@pytest.fixture
def closed(deployed: Any) -> Any:
    """The program is over: Ana earned 150 dollars that wait for finance, who pays by hand."""
    by_hand = {k: v for k, v in a_document().items() if k != "auto_approve"}
    by_hand["reward"] = {"provider": "manual", "products": ["payroll"]}
    save_draft(bootstrap.programs(), PROGRAM, by_hand, AUTHOR, SEPTEMBER)
    activate(bootstrap.programs(), PROGRAM, ADMIN, SEPTEMBER)
    for rep, name in ((REP, "Ana Ruiz"), (OTHER_REP, "Ben Okafor")):
        bootstrap.roster().enroll(PROGRAM, rep, date(2026, 10, 1), None)
        bootstrap.people().put([Person(rep, name, f"{name[:3].lower()}@example.com", True, "US")])
    deal = a_registration(sku="ACM-EDR-1Y", owner=REP, credits=(Credit(REP, 10_000),))
    bootstrap.registration_scorer().score_registration(deal, OCTOBER)
    bootstrap.line_scorer().score([a_line(sku="ACM-EDR-1Y")], OCTOBER)
    bootstrap_money.close_periods().close_periods(CLOSED)
    return deployed


def the_digest(api: Api) -> str:
    body = as_described(
        api.call("GET", f"/periods/{PROGRAM}", token("finance", user=FINANCE, now=CLOSED), now=CLOSED),
        "get", "/periods/{program}",
    )  # fmt: skip
    digest: str = body["runs"][0]["digest"]
    return digest


def approve(api: Api, user: str = FINANCE, *, run: object = 0, digest: object = None, role: str = "finance") -> Any:
    body = {"run": run, "digest": the_digest(api) if digest is None else digest}
    return api.call("POST", f"/periods/{PROGRAM}/approve", token(role, user=user, now=CLOSED), body, now=CLOSED)


def pay_what_is_queued() -> None:
    """What the pay function does with the queue."""
    for payout in bootstrap.money().payouts(PROGRAM):
        if payout.state is PayoutState.QUEUED:
            bootstrap_money.paying().pay(payout.key, CLOSED)


def test_an_open_period_says_until_when_and_that_nothing_is_missing_yet(api: Api, running: Any) -> None:
    body = as_described(api.call("GET", "/periods", token("finance")), "get", "/periods")
    [period] = body["periods"]
    assert (period["state"], period["missing_feeds"], period["waits_for"]) == ("open", [], "")
    assert (period["closes_at"], period["pays_by"]) == ("2026-12-30T06:00:00Z", "2027-01-01T06:00:00Z")


def test_a_period_that_waits_names_the_feed_and_the_timeout(api: Api, running: Any) -> None:
    """domain.md 22."""
    just_over = datetime(2026, 12, 30, 7, 0, tzinfo=UTC)
    answer = api.call("GET", f"/periods/{PROGRAM}", token("auditor", now=just_over), now=just_over)
    body = as_described(answer, "get", "/periods/{program}")
    assert body["state"] == "waiting" and body["watermark"]["missing"] == ["ingram"] and body["runs"] == []
    [line] = as_described(api.call("GET", "/periods", token("admin", now=just_over), now=just_over), "get", "/periods")[
        "periods"
    ]
    assert line["waits_for"] == "the files of ingram up to 2026-12-29, or 2026-12-31 06:00 UTC"


def test_a_closed_period_shows_the_run_that_waits_for_finance(api: Api, closed: Any) -> None:
    answer = api.call("GET", "/periods", token("finance", now=CLOSED), now=CLOSED)
    assert as_described(answer, "get", "/periods")["periods"][0]["waits_for"] == "finance to release run 0"
    body = as_described(
        api.call("GET", f"/periods/{PROGRAM}", token("finance", now=CLOSED), now=CLOSED), "get", "/periods/{program}"
    )
    [run] = body["runs"]
    assert run["total"] == {"minor": 150_00, "currency": "USD"} and run["approval"] is None
    assert run["states"] == {"planned": 1} and body["timed_out"] and len(run["digest"]) == 64


def test_what_was_seen_is_released_and_by_whom_is_kept(api: Api, closed: Any) -> None:
    body = as_described(approve(api), "post", "/periods/{program}/approve")
    assert body["runs"][0]["approval"]["by"] == FINANCE and body["runs"][0]["states"] == {"queued": 1}
    listed = as_described(api.call("GET", "/payouts", token("auditor", now=CLOSED), now=CLOSED), "get", "/payouts")
    assert [p["rep"] for p in listed["payouts"]] == [REP]


def test_another_digest_than_the_one_shown_releases_nothing(api: Api, closed: Any) -> None:
    a_problem(approve(api, digest="0" * 64), 409)
    assert {p.state for p in bootstrap.money().payouts(PROGRAM)} == {PayoutState.PLANNED}


@pytest.mark.parametrize("user", [AUTHOR, ADMIN, REP], ids=["author", "activator", "payee"])
def test_who_wrote_activated_or_earns_may_not_release(api: Api, closed: Any, user: str) -> None:
    """domain.md 31."""
    a_problem(approve(api, user), 403)
    assert {p.state for p in bootstrap.money().payouts(PROGRAM)} == {PayoutState.PLANNED}


@pytest.mark.parametrize("role", ["rep", "admin", "auditor"])
def test_only_finance_releases(api: Api, closed: Any, role: str) -> None:
    a_problem(approve(api, role=role, digest="0" * 64), 403)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"run", "digest"}),
        ({"run": "0", "digest": "0" * 64}, {"run"}),
        ({"run": True, "digest": "0" * 64}, {"run"}),
        ({"run": -1, "digest": "0" * 64}, {"run"}),
        ({"run": 0, "digest": "0" * 63 + "G"}, {"digest"}),
        ({"run": 0, "digest": "0" * 64, "by": FINANCE}, {"by"}),
    ],
)
def test_an_approval_that_is_none_names_its_fields(
    api: Api, closed: Any, body: dict[str, Any], paths: set[str]
) -> None:
    answer = api.call("POST", f"/periods/{PROGRAM}/approve", token("finance", user=FINANCE), body)
    assert {p["path"] for p in a_problem(answer, 422)["problems"]} == paths


def test_payouts_can_be_filtered_and_an_unknown_state_is_named(api: Api, closed: Any) -> None:
    def count(query: str) -> int:
        return len(as_described(api.call("GET", f"/payouts{query}", token("finance")), "get", "/payouts")["payouts"])

    assert [count(q) for q in ("", f"?program={PROGRAM}", "?program=other", "?state=planned", "?state=confirmed")] == [
        1, 1, 0, 1, 0,
    ]  # fmt: skip
    assert api.call("GET", "/payouts?limit=1", token("finance")).body["next"] == "", "it is the last page"
    for query in ("limit=0", "limit=1001", "cursor=YQ"):
        assert a_problem(api.call("GET", f"/payouts?{query}", token("finance")), 422)["problems"][0]["path"] in query
    body = a_problem(api.call("GET", "/payouts?state=paid", token("finance")), 422)
    assert "confirmed" in body["problems"][0]["remedy"]


def test_a_rep_sees_her_payout_in_words_and_nobody_elses(api: Api, closed: Any) -> None:
    mine = as_described(api.call("GET", "/me/payouts", token("rep")), "get", "/me/payouts")
    [payout] = mine["payouts"]
    assert payout["in_words"] == "waits for finance to release the run" and payout["pays_by"] == "2027-01-01T06:00:00Z"
    assert payout["amount"] == {"minor": 150_00, "currency": "USD"}
    assert (
        as_described(api.call("GET", "/me/payouts", token("rep", user=OTHER_REP)), "get", "/me/payouts")["payouts"]
        == []
    )
    assert "@" not in str(mine), "addresses stay where they are needed"


def confirm(api: Api, user: str = FINANCE, **changes: object) -> Any:
    [payout] = bootstrap.money().payouts(PROGRAM)
    body = {"paid_on": "2026-12-31", "reference": "payroll run 53, line 4", **changes}
    return api.call("POST", f"/payouts/{payout.key}/confirm", token("finance", user=user, now=CLOSED), body, now=CLOSED)


def test_a_payout_by_hand_is_confirmed_once_with_day_and_reference(api: Api, closed: Any) -> None:
    approve(api)
    pay_what_is_queued()
    body = as_described(confirm(api), "post", "/payouts/{key}/confirm")
    assert (body["state"], body["in_words"], body["confirmed_at"] is None) == ("confirmed", "delivered", False)
    assert as_described(confirm(api), "post", "/payouts/{key}/confirm") == body, "the same words again change nothing"
    a_problem(confirm(api, reference="another run"), 409)


def test_nobody_confirms_her_own_payout_or_one_that_was_not_handed_over(api: Api, closed: Any) -> None:
    a_problem(confirm(api), 404)
    approve(api)
    pay_what_is_queued()
    a_problem(confirm(api, user=REP), 403)
    assert a_problem(confirm(api, paid_on="2027-01-01"), 422)["problems"][0]["path"] == "paid_on"
    assert a_problem(confirm(api, paid_on="31.12.2026"), 422)["problems"][0]["path"] == "paid_on"
    a_problem(
        api.call("POST", "/payouts/NEVER/confirm", token("finance"), {"paid_on": "2026-11-01", "reference": "x"}), 404
    )
    assert bootstrap.money().payouts(PROGRAM)[0].state is PayoutState.ACCEPTED


def test_an_unknown_program_has_no_period(api: Api, running: Any) -> None:
    a_problem(api.call("GET", "/periods/never-was", token("finance")), 404)
    a_problem(
        api.call("POST", "/periods/never-was/approve", token("finance"), {"run": 0, "digest": "0" * 64}, now=NOW), 404
    )


def test_the_release_is_in_the_queue_of_pay(api: Api, closed: Any) -> None:
    approve(api)
    url = bootstrap.settings().payouts_queue_url
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert len(messages) == 1


def test_finance_gives_a_blocked_payout_an_address_and_hears_what_is_wrong_with_one(api: Api, running: Any) -> None:
    """domain.md 23: the payout keeps its key; nobody mends her own."""
    bootstrap.people().put([Person(REP, "Ana Ruiz", "", True, "US")])
    deal = a_registration(sku="ACM-EDR-1Y", owner=REP, credits=(Credit(REP, 10_000),))
    bootstrap.registration_scorer().score_registration(deal, OCTOBER)
    bootstrap.line_scorer().score([a_line(sku="ACM-EDR-1Y")], OCTOBER)
    boto3.client("secretsmanager").create_secret(
        Name="kicker/test/rewards/tremendous", SecretString='{"api_key": "TEST_x", "webhook_secrets": []}'
    )
    bootstrap_money.close_periods().close_periods(CLOSED)
    [blocked] = bootstrap.money().payouts(PROGRAM)
    assert blocked.state is PayoutState.BLOCKED

    def mend(user: str, **body: str) -> Any:
        path = f"/payouts/{blocked.key}/address"
        return api.call("POST", path, token("finance", user=user, now=CLOSED), body, now=CLOSED)

    assert "email" in a_problem(mend(FINANCE, name="Ana", email="nowhere"), 422)["problems"][0]["path"]
    assert "name" in a_problem(mend(FINANCE, email="ana@home.example"), 422)["problems"][0]["path"]
    a_problem(mend(REP, name="Ana", email="ana@home.example"), 403)
    body = as_described(mend(FINANCE, name="Ana", email="ana@home.example"), "post", "/payouts/{key}/address")
    assert (body["key"], body["state"]) == (blocked.key, "planned")
    a_problem(mend(FINANCE, name="Ana", email="ana@work.example"), 409)
    found = bootstrap.money().payout(blocked.key)
    assert found is not None and found.recipient_email == "ana@home.example" and found.request
