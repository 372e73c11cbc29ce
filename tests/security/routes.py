"""One row for every operation of docs/api/openapi.json: a call that works, and the same call on somebody else's things.

A route without a row fails `test_routes`. The rows are the only place where a new route is told to the matrix: who
may call it is read from its `x-roles`, and everybody else is refused by generation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.fakes.api import Answer, Api
from tests.fakes.tokens import ADMIN, FINANCE, ORG, OTHER_REP, REP
from tests.handlers.conftest import AUTHOR
from tests.handlers.described import described
from tests.security.callers import Caller
from tests.security.world import (
    DRAFT,
    ORPHAN,
    OVER,
    PATH_TOKEN,
    REPLAY,
    RUNNING,
    SIGNING_KEY,
    THIRD_REP,
    World,
    document_of,
)

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"

# What a path parameter names. OWNED: a thing of one person, so a row must also name somebody else's.
OWNED = frozenset({"registration", "key", "dispute", "adjustment"})
SHARED = frozenset({"id", "program", "distributor", "kind", "name", "entry", "provider", "token", "replay"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the description. `secured` says that it needs a bearer token."""

    id: str
    method: str
    path: str
    roles: frozenset[str]
    secured: bool
    parameters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """`url`, `body` and `headers` work for `user` holding one of the operation's roles. `foreign` are the same call
    naming things of another rep; rep A must get `foreign_status`."""

    url: str
    body: object = None
    user: str = ADMIN
    foreign: tuple[str, ...] = ()
    foreign_status: int = 403
    headers: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def operations() -> dict[str, Operation]:
    """Every operation by its id, from the description alone."""
    return {
        o["operationId"]: Operation(
            o["operationId"], method.upper(), path, frozenset(o["x-roles"]), "security" not in o,
            frozenset(p["name"] for p in o["parameters"] if p["in"] == "path"),
        )
        for path, methods in described()["paths"].items()
        for method, o in methods.items()
    }  # fmt: skip


def rows(world: World) -> dict[str, Row]:
    """The rows by operation id, in an order in which every call works once."""
    mine, theirs = world.deals[REP], world.deals[OTHER_REP]
    paid, paid_to_b = world.payouts[REP], world.payouts[OTHER_REP]
    return {
        "health": Row("/health"),
        "myStandings": Row("/me/standings", user=REP),
        "myDeals": Row("/me/deals?limit=5", user=REP),
        "myDeal": Row(f"/me/deals/{mine}", user=REP, foreign=(f"/me/deals/{theirs}",), foreign_status=404),
        "myPayouts": Row("/me/payouts", user=REP),
        "programs": Row("/programs", user=REP),
        "program": Row(f"/programs/{RUNNING}", user=REP),
        "quote": Row("/programs/quote", {"sku": "ACM-EDR-1Y-100", "quantity": 20, "deal_type": "net_new"}, REP),
        "replay": Row(f"/programs/{OVER}/replay", {"version": 1}),
        "replayOf": Row(f"/replays/{REPLAY}", user=FINANCE),
        "leaderboard": Row(f"/programs/{RUNNING}/leaderboard?top=5", user=REP),
        "saveDraft": Row(f"/programs/{DRAFT}", document_of(DRAFT), AUTHOR),
        "activate": Row(f"/programs/{DRAFT}/activate", {"effective_from": "2026-12-01"}),
        "payouts": Row(f"/payouts?program={OVER}", user=FINANCE),
        "periods": Row("/periods", user=FINANCE),
        "period": Row(f"/periods/{OVER}", user=FINANCE),
        "approve": Row(f"/periods/{OVER}/approve", {"run": 0, "digest": world.digest}, FINANCE),
        "confirm": Row(
            f"/payouts/{paid}/confirm", {"reference": "payroll 10/26", "paid_on": "2026-11-20"}, FINANCE,
            foreign=(f"/payouts/{paid_to_b}/confirm",),
        ),
        "address": Row(
            f"/payouts/{world.payouts[THIRD_REP]}/address", {"name": "Chi Tran", "email": "chi@example.com"}, FINANCE,
            foreign=(f"/payouts/{paid_to_b}/address",),
        ),
        "feeds": Row("/feeds"),
        "feedReports": Row("/feeds/ingram/reports?limit=5"),
        "work": Row("/work/orphan"),
        "resolve": Row(f"/work/orphan/{quote(ORPHAN, safe='')}/resolve", {"outcome": "the rep registered it"}),
        "documents": Row("/config/field-mapping"),
        "configure": Row("/config/field-mapping/Opportunity", _mapping()),
        "syncUsers": Row("/users/sync"),
        "restate": Row(f"/programs/{RUNNING}/restate", {"effective_from": "2026-10-05"}),
        "retire": Row(f"/programs/{OVER}/retire", {"decision": "repeat", "reason": "it worked"}),
        "myDisputes": Row("/me/disputes", user=REP),
        "fileDispute": Row("/me/disputes", _filing(mine), REP),
        "answerDispute": Row(
            f"/me/disputes/{world.disputes[REP]}/answer", {"text": "PO-778"}, REP,
            foreign=(f"/me/disputes/{world.disputes[OTHER_REP]}/answer",), foreign_status=404,
        ),
        "withdrawDispute": Row(
            f"/me/disputes/{world.disputes['another']}/withdraw", {}, REP,
            foreign=(f"/me/disputes/{world.disputes[OTHER_REP]}/withdraw",), foreign_status=404,
        ),
        "disputes": Row("/disputes?state=open", user=FINANCE),
        "dispute": Row(
            f"/disputes/{world.disputes[REP]}", user=FINANCE, foreign=(f"/disputes/{world.disputes[OTHER_REP]}",)
        ),
        "askDispute": Row(
            f"/disputes/{world.disputes[REP]}/ask", {"text": "Which order?"}, FINANCE,
            foreign=(f"/disputes/{world.disputes[OTHER_REP]}/ask",),
        ),
        "decideDispute": Row(
            f"/disputes/{world.disputes[REP]}/decide",
            {"outcome": "denied", "reason": "rule_applied_right", "text": "As the card says."}, FINANCE,
            foreign=(f"/disputes/{world.disputes[OTHER_REP]}/decide",),
        ),
        "adjustments": Row("/adjustments?state=proposed", user=FINANCE),
        "proposeAdjustment": Row("/adjustments", _proposal(), FINANCE),
        "approveAdjustment": Row(
            f"/adjustments/{world.adjustments[REP]}/approve", {}, FINANCE,
            foreign=(f"/adjustments/{world.adjustments[OTHER_REP]}/approve",),
        ),
        "refuseAdjustment": Row(
            f"/adjustments/{world.adjustments[THIRD_REP]}/refuse", {"text": "nothing was promised"}, FINANCE,
            foreign=(f"/adjustments/{world.adjustments[OTHER_REP]}/refuse",),
        ),
        "outboundMessage": Row(
            f"/salesforce/outbound-messages/{PATH_TOKEN}", outbound_message(), headers={"Content-Type": "text/xml"}
        ),
        "rewardWebhook": Row("/rewards/tremendous/webhooks", EVENT, headers=signed(EVENT)),
    }  # fmt: skip


def call(api: Api, operation: Operation, row: Row, caller: Caller, url: str = "", body: object = None) -> Answer:
    """Call an operation as the caller, with the row's url and body unless others are given."""
    headers = {**row.headers, **({} if caller.authorization is None else {"Authorization": caller.authorization})}
    return api.call(operation.method, url or row.url, None, row.body if body is None else body, headers=headers)


def _filing(registration: str) -> dict[str, Any]:
    return {"registration": registration, "program": RUNNING, "layer": None, "reason": "wrong_amount", "text": "60."}


def _proposal() -> dict[str, Any]:
    return {
        "rep": REP, "program": RUNNING, "layer": "internal", "points": 7, "reason": "promised", "evidence": "a mail",
    }  # fmt: skip


def _mapping() -> dict[str, Any]:
    mapping: dict[str, Any] = json.loads(
        (ROOT / "chalicelib" / "adapters" / "mappings" / "Opportunity.json").read_text()
    )
    return mapping


def outbound_message(name: str = "deal_registration_approved") -> str:
    """A real message, from our org."""
    text = (GOLDEN / "outbound" / f"{name}.xml").read_text(encoding="utf-8")
    return text.replace("00DAb0000009XyZMAU", ORG).replace("00DAb0000009XyZ", ORG[:15])


EVENT = json.dumps(
    {
        "event": "ORDERS.CREATED", "uuid": "4f1c6a0e-0001", "created_utc": "2026-11-21T06:20:00.000-04:00",
        "payload": {"resource": {"id": "ORDER1", "type": "orders"}, "meta": {}},
    }
)  # fmt: skip


def signed(body: str, key: str = SIGNING_KEY) -> dict[str, str]:
    """The headers a reward provider sends with a body."""
    digest = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {"Tremendous-Webhook-Signature": f"sha256={digest}"}
