"""The operations of disputes and adjustments: who may, what for, with what (see `tests.api_operations`)."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.adjustments import MOST_POINTS
from chalicelib.domain.adjustments import STATES as ADJUSTMENT_STATES
from chalicelib.domain.disputes import DECISIONS, REASONS, STATES

Json = dict[str, Any]
Operation = tuple[str, str, str, tuple[str, ...] | None, str, Json, Json]

REVIEWERS, READERS = ("admin", "finance"), ("admin", "finance", "auditor")
WORDS: Json = {"type": "string", "minLength": 1, "maxLength": 1000}
ID: Json = {"type": "string", "description": "Salesforce id, 15 or 18 characters."}
POINTS: Json = {"type": "integer", "minimum": -MOST_POINTS, "maximum": MOST_POINTS, "not": {"const": 0}}
INSTANT: Json = {"type": "string", "format": "date-time"}
OPTIONAL: Json = {"type": ["string", "null"]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _listed(name: str, of: str, **more: Json) -> Json:
    properties = {name: {"type": "array", "items": _ref(of)}, **more}
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _body(example: Json, optional: tuple[str, ...] = (), **properties: Json) -> Json:
    schema = {
        "type": "object", "properties": properties, "required": sorted(properties.keys() - set(optional)),
        "additionalProperties": False,
    }  # fmt: skip
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


def _state(states: tuple[str, ...]) -> Json:
    schema = {"type": "string", "enum": list(states)}
    return {
        "parameters": [
            {"name": "state", "in": "query", "required": False, "description": "Only those.", "schema": schema}
        ]
    }


DISPUTE_OPERATIONS: tuple[Operation, ...] = (
    (
        "get", "/me/disputes", "myDisputes", ("rep",), "The caller's own disputes, newest first.",
        _listed("disputes", "DisputeView"), {},
    ),
    (
        "post", "/me/disputes", "fileDispute", ("rep",),
        ("Dispute one of the caller's deals under one program; its proof is kept as evidence. The award waits out of "
        "payout runs until it is decided, nothing else does. Answers 201 with the new one, 200 with the one that lives "
        "already."),
        _ref("DisputeView"),
        {
            "created": True,
            **_body(
                {"registration": "a0D5w00000REG01EAA", "program": "security-push", "layer": None,
                 "reason": "wrong_amount", "text": "The order was for 60 seats."},
                ("layer",), registration=ID, program=WORDS, layer=OPTIONAL, reason={"enum": list(REASONS)}, text=WORDS,
            ),
        },
    ),
    (
        "post", "/me/disputes/{dispute}/answer", "answerDispute", ("rep",), "Say more, or answer a reviewer.",
        _ref("DisputeView"), _body({"text": "It is order PO-778."}, text=WORDS),
    ),
    (
        "post", "/me/disputes/{dispute}/withdraw", "withdrawDispute", ("rep",), "Take it back.", _ref("DisputeView"),
        {},
    ),
    (
        "get", "/disputes", "disputes", READERS, "Disputes, oldest first, and how many of them are overdue.",
        _listed("disputes", "DisputeCase", as_of=INSTANT, overdue={"type": "integer"}),
        _state(STATES),
    ),
    (
        "get", "/disputes/{dispute}", "dispute", READERS,
        "One dispute with its steps and its evidence: the deal as the rep saw it at filing, and as it is now.",
        _ref("DisputeCase"), {},
    ),
    (
        "post", "/disputes/{dispute}/ask", "askDispute", REVIEWERS, "Ask the rep. Nobody her own dispute.",
        _ref("DisputeCase"), _body({"text": "Which order do you mean?"}, text=WORDS),
    ),
    (
        "post", "/disputes/{dispute}/decide", "decideDispute", REVIEWERS,
        ("Uphold or deny. What is to be posted is proposed as an adjustment and waits for a second person; without one "
        "nothing is posted, and corrected facts score by themselves. Nobody her own dispute."),
        _ref("DisputeCase"),
        _body(
            {"outcome": "upheld", "reason": "rule_exception", "text": "The card was changed too late.",
             "adjustment": {"layer": "internal", "points": 50}},
            ("adjustment",), outcome={"enum": ["upheld", "denied"]}, reason={"enum": list(DECISIONS)}, text=WORDS,
            adjustment={
                "type": ["object", "null"], "properties": {"layer": WORDS, "points": POINTS},
                "required": ["layer", "points"], "additionalProperties": False,
            },
        ),
    ),
    (
        "get", "/adjustments", "adjustments", READERS, "Adjustments with everything said and done about them.",
        _listed("adjustments", "AdjustmentView"), _state(ADJUSTMENT_STATES),
    ),
    (
        "post", "/adjustments", "proposeAdjustment", REVIEWERS,
        ("Propose points for a rep, negative ones to take no more than she has there. Nothing is posted before another "
        "person approves. Nobody her own."),
        _ref("AdjustmentView"),
        _body(
            {"rep": "0055w00000ANA00AAA", "program": "security-push", "layer": "internal",
             "registration": "a0D5w00000REG01EAA", "points": 50, "reason": "Promised before the card changed.",
             "evidence": "Mail of 3 November."},
            ("registration",), rep=ID, program=WORDS, layer=WORDS, registration=OPTIONAL, points=POINTS, reason=WORDS,
            evidence=WORDS,
        ),
    ),
    (
        "post", "/adjustments/{adjustment}/approve", "approveAdjustment", REVIEWERS,
        "Post it. Neither its author nor the rep; the dispute it came out of closes.", _ref("AdjustmentView"), {},
    ),
    (
        "post", "/adjustments/{adjustment}/refuse", "refuseAdjustment", REVIEWERS,
        "Never post it; its author may take it back so. Not the rep.", _ref("AdjustmentView"),
        _body({"text": "Nothing of the kind was promised."}, text=WORDS),
    ),
)  # fmt: skip
