"""Writes docs/api/openapi.json: `python -m tests.api_document`.

The schemas come from the records the views return and the examples from real answers of a small reseller in memory,
so neither can drift from the code. `tests/test_openapi.py` fails while the file differs from what this writes, and
holds routes and roles to the code in both directions.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from chalicelib.domain.configured import Stored
from chalicelib.domain.errors import Problem
from chalicelib.domain.restatement import Restatement
from chalicelib.handlers.web import STATUSES
from chalicelib.services.deal_answers import DealsView, DealView
from chalicelib.services.dispute_views import AdjustmentView, DisputeCase, DisputeView
from chalicelib.services.feed_views import FeedLine, FileLine
from chalicelib.services.leaderboard_view import LeaderboardView
from chalicelib.services.payout_views import PayoutsView, PayoutView
from chalicelib.services.period_views import PeriodLine, PeriodView
from chalicelib.services.program_views import ProgramCard
from chalicelib.services.quotes import QuoteView
from chalicelib.services.rep_views import Source, StandingsView
from chalicelib.services.replays import ReplayView
from tests.api_disputes import DISPUTE_OPERATIONS
from tests.api_examples import examples
from tests.api_operations import ANY_OBJECT, OPERATIONS, TEXT, Json, ref
from tests.dispute_examples import dispute_examples

FILE = Path(__file__).parent.parent / "docs" / "api" / "openapi.json"
RECORDS = (
    StandingsView, DealsView, DealView, LeaderboardView, PayoutsView, PayoutView, PeriodView, PeriodLine, ProgramCard,
    QuoteView, ReplayView, DisputeView, DisputeCase, AdjustmentView, FeedLine, FileLine, Stored, Problem, Source,
    Restatement,
)  # fmt: skip


def document() -> Json:
    """The whole OpenAPI 3.1 document."""
    _, schemas = msgspec.json.schema_components(RECORDS, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = re.sub(r"\s+", " ", schema["description"])
    shown = msgspec.to_builtins(examples() | dispute_examples(), str_keys=True)
    paths: dict[str, Json] = {}
    for method, path, id, roles, about, answer, more in (*OPERATIONS, *DISPUTE_OPERATIONS):
        paths.setdefault(path, {})[method] = _operation(path, id, roles, about, answer, more, shown)
    paths |= _machine_paths()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kicker",
            "version": "0.1.0",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "SPIFF programs for software resellers. The caller is who the bearer token says; amounts "
            "are integer minor units with an ISO 4217 code, points integers, instants UTC. See docs/api/README.md.",
        },
        "servers": [
            {
                "url": "{api_url}",
                "description": "ApiUrl of the stack's outputs",
                "variables": {"api_url": {"default": "/api"}},
            }
        ],
        "security": [{"org": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "org": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "RS256 by the Salesforce org: iss the organization id, sub the user id, aud kicker, "
                    "roles a list; iat, nbf and exp at most five minutes apart.",
                }
            },
            "responses": {"Problem": _problem_response()},
            "schemas": {"ProblemDocument": _problem_schema(), **schemas},
        },
    }


def _operation(
    path: str, id: str, roles: tuple[str, ...] | None, about: str, answer: Json, more: Json, shown: Json
) -> Json:
    content: Json = {"schema": answer}
    if id in shown:
        content["example"] = shown[id]
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    operation: Json = {
        "operationId": id,
        "summary": about,
        "x-roles": sorted(roles or ()),
        "parameters": in_path + more.get("parameters", []),
        **({"requestBody": more["requestBody"]} if "requestBody" in more else {}),
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": content}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if "created" in more:
        operation["responses"]["201"] = operation["responses"]["200"] | {"description": "It is new."}
    if roles is None:
        operation["security"] = []
    return operation


def _machine_paths() -> dict[str, Json]:
    """What Salesforce and the reward provider call; neither carries a bearer token of ours."""
    token = {"name": "token", "in": "path", "required": True, "schema": TEXT,
             "description": "The secret of the outbound message's URL; two are live while it is rotated."}  # fmt: skip
    provider = {"name": "provider", "in": "path", "required": True, "schema": TEXT, "description": "tremendous"}
    soap = {"text/xml": {"schema": {"type": "string", "description": "SOAP 1.1"}}}
    return {
        "/salesforce/outbound-messages/{token}": {
            "post": {
                "operationId": "outboundMessage",
                "summary": "One to 100 notifications; acknowledged only after all are committed and scored.",
                "x-roles": [], "security": [], "parameters": [token],
                "requestBody": {"required": True, "content": soap},
                "responses": {
                    "200": {"description": "SOAP acknowledgement (Ack true).", "content": soap},
                    "default": {"description": "A SOAP fault: nothing was acknowledged.", "content": soap},
                },
            }
        },
        "/rewards/{provider}/webhooks": {
            "post": {
                "operationId": "rewardWebhook",
                "summary": "A signed event of a reward provider: verified, deduplicated, then its order is read.",
                "x-roles": [], "security": [], "parameters": [provider],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ANY_OBJECT}}},
                "responses": {
                    "200": {"description": "Taken.", "content": {"application/json": {"schema": ANY_OBJECT}}},
                    "default": {"$ref": "#/components/responses/Problem"},
                },
            }
        },
    }  # fmt: skip


def _problem_schema() -> Json:
    return {
        "title": "ProblemDocument",
        "description": "RFC 9457. `problems` names each field, what is wrong and the way out.",
        "type": "object",
        "properties": {
            "type": {"enum": [f"urn:kicker:problem:{row[2]}" for row in STATUSES] + ["urn:kicker:problem:internal"]},
            "title": TEXT,
            "status": {"enum": sorted({row[1] for row in STATUSES} | {500})},
            "detail": TEXT,
            "instance": TEXT,
            "problems": {"type": "array", "items": ref("Problem")},
        },
        "required": ["type", "title", "status", "detail", "instance"],
        "additionalProperties": False,
    }


def _problem_response() -> Json:
    example = {
        "type": "urn:kicker:problem:invalid-document", "title": "The document cannot be used", "status": 422,
        "detail": "the query: limit: is no number in its range", "instance": "urn:kicker:request:3f1c",
        "problems": [{"path": "limit", "message": "is no number in its range",
                      "remedy": "give a whole number from 1 to 200", "value": "900"}],
    }  # fmt: skip
    return {
        "description": "What went wrong and the way out.",
        "content": {"application/problem+json": {"schema": ref("ProblemDocument"), "example": example}},
    }


def text() -> str:
    """The file's exact content."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
