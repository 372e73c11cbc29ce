"""Holds a real answer to what docs/api/openapi.json says of its operation."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.fakes.api import Answer

FILE = Path(__file__).parent.parent.parent / "docs" / "api" / "openapi.json"


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    """The document."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return document


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator of a schema inside the document; its references point into the document."""
    whole = Resource.from_contents(described(), default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:kicker:openapi", whole)
    return Draft202012Validator(_absolute(schema), registry=registry)


def _absolute(node: Any) -> Any:
    """References with the document's own name in front."""
    if isinstance(node, dict):
        return {
            key: f"urn:kicker:openapi{value}" if key == "$ref" and value.startswith("#") else _absolute(value)
            for key, value in node.items()
        }
    return [_absolute(item) for item in node] if isinstance(node, list) else node


def as_described(answer: Answer, method: str, path: str) -> Any:
    """The body of a 200 answer, once it fits the operation's schema."""
    assert answer.status == 200, answer.body
    schema = described()["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    problems = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator(schema).iter_errors(answer.body)]
    assert not problems, problems[:5]
    return answer.body


def a_problem(answer: Answer, status: int) -> Any:
    """The body of a refusal, once it fits the problem document."""
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    problems = [e.message for e in validator({"$ref": "#/components/schemas/ProblemDocument"}).iter_errors(answer.body)]
    assert not problems, problems[:5]
    return answer.body
