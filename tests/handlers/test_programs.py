"""A program goes from draft to active by two people, and everybody reads the same card."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib import bootstrap, bootstrap_api
from chalicelib.services.ports import Person
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, FINANCE, NOW, OTHER_REP, REP, token
from tests.handlers.conftest import AUTHOR, a_document
from tests.handlers.described import a_problem, as_described

LATER = a_document(
    window={"start": "2026-12-01", "end": "2027-02-20", "zone": "America/Chicago"}, confirm_by="2027-03-15"
)


def test_everybody_reads_the_cards(api: Api, running: Any) -> None:
    for role in ("rep", "admin", "finance", "auditor"):
        body = as_described(api.call("GET", "/programs", token(role)), "get", "/programs")
        [card] = body["programs"]
        assert card["program"] == "security-push" and card["layers"][0]["earns"]["renewal"] == "1 point a seat"
        assert card["products"] == {"endpoint security": ["ACM-EDR-", "ACM-XDR-"]}


def test_a_rep_reads_the_rules_but_no_draft(api: Api, running: Any) -> None:
    bootstrap_api.save_program_draft("next-push", LATER, AUTHOR, NOW)
    a_problem(api.call("GET", "/programs/next-push", token("rep")), 404)
    body = as_described(api.call("GET", "/programs/security-push", token("rep")), "get", "/programs/{id}")
    assert body["document"] == a_document() and "draft" not in body and "problems" not in body
    shown = as_described(api.call("GET", "/programs/next-push", token("auditor")), "get", "/programs/{id}")
    assert shown["state"] == "draft" and shown["program"] is None


def test_a_saved_draft_says_what_keeps_it_from_starting(api: Api, deployed: Any) -> None:
    unplanned = {name: value for name, value in LATER.items() if name != "lift_plan"}
    answer = api.call("PUT", "/programs/next-push", token("admin", user=AUTHOR), unplanned)
    body = as_described(answer, "put", "/programs/{id}")
    assert body["state"] == "draft" and body["draft"]["author"] == AUTHOR
    assert "lift_plan" in [p["path"] for p in body["problems"]], "the gate's reasons stand beside the draft"


def test_a_document_with_three_mistakes_is_answered_with_three_problems(api: Api, deployed: Any) -> None:
    wrong = {
        **LATER, "window": {"start": "2026-12-31", "end": "2026-12-01", "zone": "Mars/Olympus"}, "behaviour": "smile",
    }  # fmt: skip
    body = a_problem(api.call("PUT", "/programs/next-push", token("admin"), wrong), 422)
    paths = {p["path"] for p in body["problems"]}
    assert {"window.zone", "behaviour"} <= paths and any(p.startswith("window") and p != "window.zone" for p in paths)
    assert all(p["remedy"] for p in body["problems"])


@pytest.mark.parametrize("id", ["Security_Push", "x", "a" * 41, "-push"])
def test_an_id_that_is_none_is_refused_with_the_rule(api: Api, deployed: Any, id: str) -> None:
    assert api.call("PUT", f"/programs/{id}", token("admin"), LATER).status in (404, 422)


def test_only_an_admin_writes_programs(api: Api, running: Any) -> None:
    for role in ("rep", "finance", "auditor"):
        for method, path in (("PUT", ""), ("POST", "/activate"), ("POST", "/retire")):
            a_problem(api.call(method, f"/programs/next-push{path}", token(role), LATER), 403)


def activate(api: Api, user: str, body: object = None) -> Any:
    return api.call("POST", "/programs/next-push/activate", token("admin", user=user), body)


def is_active() -> bool:
    return "next-push" in bootstrap.programs().active()


def test_a_second_person_activates_and_the_reps_are_in(api: Api, deployed: Any) -> None:
    """W57, W30: enrolled the same minute, with a zero standing and the card."""
    bootstrap.people().put([Person(REP, "Ana Ruiz", "ana@example.com", True, "US", created_on=date(2026, 1, 5))])
    bootstrap_api.save_program_draft("next-push", LATER, AUTHOR, NOW)
    body = as_described(activate(api, ADMIN), "post", "/programs/{id}/activate")
    assert body["state"] == "active"
    assert (body["versions"][0]["author"], body["versions"][0]["approver"]) == (AUTHOR, ADMIN)
    [mine] = as_described(api.call("GET", "/me/standings", token("rep")), "get", "/me/standings")["programs"]
    assert mine["program"] == "next-push" and mine["window"]["state"] == "upcoming" and mine["card"]
    assert mine["combined"]["confirmed"]["minor"] == 0


def test_the_author_cannot_activate_her_own_program(api: Api, deployed: Any) -> None:
    bootstrap_api.save_program_draft("next-push", LATER, AUTHOR, NOW)
    body = a_problem(activate(api, AUTHOR), 422)
    assert "approver" in [p["path"] for p in body["problems"]] and not is_active()


@pytest.mark.parametrize("day", ["05.12.2026", "2026-13-01", "", 20261205, ["2026-12-05"], "2026-12-05T00:00:00Z"])
def test_a_day_that_is_none_activates_nothing(api: Api, deployed: Any, day: object) -> None:
    bootstrap_api.save_program_draft("next-push", LATER, AUTHOR, NOW)
    answer = activate(api, ADMIN, {"effective_from": day})
    assert a_problem(answer, 422)["problems"][0]["path"] == "effective_from" and not is_active()


def test_an_approver_cannot_be_named_in_the_body(api: Api, deployed: Any) -> None:
    bootstrap_api.save_program_draft("next-push", LATER, AUTHOR, NOW)
    answer = activate(api, AUTHOR, {"approver": FINANCE})
    assert a_problem(answer, 422)["problems"][0]["path"] == "approver" and not is_active()


def test_a_running_program_cannot_be_retired_and_says_why(api: Api, running: Any) -> None:
    body = a_problem(api.call("POST", "/programs/security-push/retire", token("admin", user=ADMIN)), 409)
    assert "running" in body["detail"]
    a_problem(api.call("POST", "/programs/never-was/retire", token("admin", user=ADMIN)), 404)


def test_the_leaderboard_names_the_reps_and_marks_the_caller(api: Api, running: Any) -> None:
    answer = api.call("GET", "/programs/security-push/leaderboard?top=5", token("rep", user=REP))
    body = as_described(answer, "get", "/programs/{id}/leaderboard")
    assert [(p["rank"], p["name"], p["you"]) for p in body["top"]] == [(1, "Ana Ruiz", True), (1, "Ben Okafor", False)]
    assert body["you"]["rank"] == 1 and body["size"] == 2
    a_problem(api.call("GET", "/programs/never-was/leaderboard", token("rep")), 404)
    a_problem(api.call("GET", "/programs/security-push/leaderboard?top=101", token("rep")), 422)


def test_the_display_policy_of_the_document_rules_the_board(api: Api, deployed: Any) -> None:
    """domain.md 19: what a rep sees of the others is the program's own choice."""
    hidden = {**LATER, "board": "pseudonyms"}
    for rep, name in ((REP, "Ana Ruiz"), (OTHER_REP, "Ben Okafor")):
        bootstrap.people().put([Person(rep, name, f"{name[:3].lower()}@example.com", True)])
    bootstrap_api.save_program_draft("next-push", hidden, AUTHOR, NOW)
    assert activate(api, ADMIN).status == 200
    seen = api.call("GET", "/programs/next-push/leaderboard", token("rep", user=REP))
    body = as_described(seen, "get", "/programs/{id}/leaderboard")
    assert body["display"] == "pseudonyms" and {p["rep"] for p in body["top"]} == {REP, ""}
    assert "Okafor" not in str(body) and OTHER_REP not in str(body)


def test_a_restatement_is_read_first_and_then_applied(api: Api, running: Any) -> None:
    """domain.md 30, over the API."""
    document = {**a_document(), "change_reason": "the vendor corrected its rate"}
    document["layers"] = [{**layer, "cap_points_per_rep": 1_000} for layer in document["layers"]]
    bootstrap_api.save_program_draft("security-push", document, AUTHOR, NOW)
    path, admin = "/programs/security-push/restate", token("admin", user=ADMIN)
    first = as_described(
        api.call("POST", path, admin, {"effective_from": "2026-10-05"}), "post", "/programs/{id}/restate"
    )
    assert first["applied"] is False and "program" not in first
    a_problem(api.call("POST", path, admin, {"effective_from": "2026-10-05", "digest": "0" * 32}), 409)
    body = {"effective_from": "2026-10-05", "digest": first["report"]["digest"]}
    done = as_described(api.call("POST", path, admin, body), "post", "/programs/{id}/restate")
    assert done["applied"] is True and done["program"]["versions"][-1]["restated"]["digest"] == body["digest"]


@pytest.mark.parametrize(
    ("body", "path"),
    [({}, "effective_from"), ({"effective_from": "2026-10-05", "digest": 7}, "digest"), ({"day": "x"}, "day")],
)
def test_a_restatement_that_is_none_is_refused_with_what_is_wrong(
    api: Api, running: Any, body: dict[str, object], path: str
) -> None:
    answer = api.call("POST", "/programs/security-push/restate", token("admin", user=ADMIN), body)
    assert path in [p["path"] for p in a_problem(answer, 422)["problems"]]
