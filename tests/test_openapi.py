"""docs/api/openapi.json and the code say the same, in both directions."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api_disputes import DISPUTE_OPERATIONS
from tests.api_document import text
from tests.handlers.conftest import the_app
from tests.handlers.described import FILE, described, validator


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
    }


def routes() -> dict[tuple[str, str], Any]:
    return {
        (method, path): entry.view_function
        for path, methods in the_app().routes.items()
        for method, entry in methods.items()
    }


def test_the_document_is_valid_openapi_3_1() -> None:
    assert described()["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(described()).iter_errors()) == []


def test_the_file_is_what_records_and_examples_say() -> None:
    """Run `python -m tests.api_document` after a change of a view, and read the diff."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_every_route_is_described_and_every_described_operation_exists() -> None:
    assert set(routes()) == set(operations())


@pytest.mark.parametrize("operation", sorted(operations()), ids=" ".join)
def test_roles_and_query_of_an_operation_are_those_of_the_code(operation: tuple[str, str]) -> None:
    told, view = operations()[operation], vars(routes()[operation])
    assert set(told["x-roles"]) == view.get("roles", frozenset())
    assert ("security" in told) == (not told["x-roles"]), "an operation without roles must say that it needs no token"
    assert {p["name"] for p in told["parameters"] if p["in"] == "query"} == set(view.get("query", ()))


def _examples() -> list[tuple[str, dict[str, Any], Any]]:
    found: list[tuple[str, dict[str, Any], Any]] = []
    for (method, path), operation in sorted(operations().items()):
        places = [operation.get("requestBody", {}), *operation["responses"].values()]
        contents = [content for place in places for content in place.get("content", {}).values()]
        found += [(f"{method} {path}", c["schema"], c["example"]) for c in contents if "example" in c]
    problem = described()["components"]["responses"]["Problem"]["content"]["application/problem+json"]
    return [*found, ("a problem", problem["schema"], problem["example"])]


@pytest.mark.parametrize(("where", "schema", "example"), _examples(), ids=[e[0] for e in _examples()])
def test_every_example_fits_its_schema(where: str, schema: dict[str, Any], example: Any) -> None:
    assert [e.message for e in validator(schema).iter_errors(example)] == []


def test_what_a_rep_asks_for_is_shown_by_example() -> None:
    shown = {e[0] for e in _examples()}
    assert {"GET /me/standings", "GET /me/deals", "GET /me/payouts", "GET /programs/{id}/leaderboard"} <= shown


def test_every_answer_about_disputes_is_shown_by_example() -> None:
    """Asking and deciding are answered with the whole dispute, which is long and shown once."""
    like_the_whole = {"askDispute", "decideDispute"}
    unshown = set()
    for method, path, id, *_ in DISPUTE_OPERATIONS:
        answer = described()["paths"][path][method]["responses"]["200"]["content"]["application/json"]
        unshown |= set() if "example" in answer else {id}
    assert unshown == like_the_whole


def test_a_schema_refuses_an_answer_with_a_missing_field() -> None:
    """The examples above prove nothing if the schemas accept anything."""
    schema, example = next((s, e) for where, s, e in _examples() if where == "GET /me/standings")
    broken = {**example, "programs": [{k: v for k, v in example["programs"][0].items() if k != "rank"}]}
    assert [e.message for e in validator(schema).iter_errors(broken)] == ["'rank' is a required property"]
