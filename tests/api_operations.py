"""Every operation a person or a Lightning component may call, written by hand: who may, what for, with what."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.payouts import PayoutState
from chalicelib.handlers.admin import ENTRIES_A_PAGE
from chalicelib.handlers.finance import PAYOUTS_A_PAGE
from chalicelib.handlers.reps import DEALS_A_PAGE

Json = dict[str, Any]
EVERYBODY = ("rep", "admin", "finance", "auditor")


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str, of: str, **more: Json) -> Json:
    """An object holding a list under `name`, and the rest."""
    properties = {name: {"type": "array", "items": ref(of)}, **more}
    return {"type": "object", "properties": properties, "required": sorted(properties)}


INSTANT: Json = {"type": "string", "format": "date-time"}
TEXT: Json = {"type": "string"}
ANY_OBJECT: Json = {"type": "object"}


def query(name: str, description: str, **schema: object) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def body(schema: Json, example: object, *, required: bool = True) -> Json:
    return {"required": required, "content": {"application/json": {"schema": schema, "example": example}}}


def fields(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


# What `domain.quotes.read_asked` reads; facts of the customer and the deal go by their names in a registration.
QUESTION: Json = {
    "type": "object",
    "properties": {
        "sku": TEXT, "quantity": {"type": "integer", "minimum": 1}, "vendor": TEXT, "family": TEXT,
        "amount": {
            "type": "object",
            "description": "Of the whole quantity.",
            "properties": {"amount": TEXT, "currency": TEXT},
            "required": ["amount", "currency"],
        },
        "deal_type": {"enum": ["net_new", "renewal", "expansion"]},
        "account": {"type": "string", "description": "Salesforce id of the customer."},
    },
    "required": ["quantity", "sku"],
}  # fmt: skip


# What `services.programs.show` tells; reps get neither draft nor its problems and warnings.
PROGRAM: Json = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "state": {"enum": ["draft", "active", "retired"]},
        "document": {"type": "object", "description": "docs/schemas/program.schema.json"},
        "card": {
            "type": ["object", "null"],
            "properties": {
                "sentence": TEXT,
                "lines": {"type": "array", "items": TEXT},
                "reading_seconds": {"type": "integer"},
                "legibility": {"type": "integer", "minimum": 0, "maximum": 100},
            },
        },
        "versions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "version": {"type": "integer"},
                    "effective_from": {"type": "string", "format": "date"},
                    "author": TEXT,
                    "approver": TEXT,
                    "activated_at": INSTANT,
                    "change_reason": TEXT,
                    "restated": {"anyOf": [ref("Restatement"), {"type": "null"}]},
                    "overrides": {"type": "object", "additionalProperties": TEXT},
                    "warnings": {"type": "array", "items": ref("Problem")},
                },
                "required": ["version", "effective_from", "author", "approver", "activated_at"],
            },
        },
        "draft": {"type": ["object", "null"]},
        "review": {
            "type": ["object", "null"],
            "description": "What was decided when the program was retired.",
            "properties": {
                "decision": {"enum": ["repeat", "redesign", "retire", "withdrawn"]},
                "reason": TEXT,
                "by": TEXT,
                "at": INSTANT,
            },
        },
        "problems": {"type": "array", "items": ref("Problem")},
        "warnings": {"type": "array", "items": ref("Problem")},
        "program": {"anyOf": [ref("ProgramCard"), {"type": "null"}]},
    },
    "required": ["id", "state", "document", "card", "versions"],
    "additionalProperties": False,
}


# method, path, operation id, roles (None: no bearer token), what it is for, answer, more of the operation
OPERATIONS: tuple[tuple[str, str, str, tuple[str, ...] | None, str, Json, Json], ...] = (
    (
        "get",
        "/health",
        "health",
        None,
        "The API function runs. Reads nothing and tells nothing.",
        {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]},
        {},
    ),
    (
        "get",
        "/me/standings",
        "myStandings",
        ("rep",),
        (
            "Every program the caller is enrolled in, at once: points and money by layer, "
            "confirmed, provisional and total; "
            "the combined sums, the gap to the next tier, rank, counts, days left, pay date, the age of each source."
        ),
        ref("StandingsView"),
        {},
    ),
    (
        "get",
        "/me/deals",
        "myDeals",
        ("rep",),
        (
            "Every registration of the caller, newest first, whether it counts or not: state, what it waits for, "
            "the points "
            "posted by program and layer, and the proof with the smallest change that would make a miss count."
        ),
        ref("DealsView"),
        {
            "parameters": [
                query("limit", "Deals a page.", type="integer", minimum=1, maximum=200, default=DEALS_A_PAGE),
                query("cursor", "The `next` of the page before.", type="string"),
            ]
        },
    ),
    (
        "get",
        "/me/deals/{registration}",
        "myDeal",
        ("rep",),
        "One deal of the caller by its 18-character Salesforce id. Somebody else's deal is not found.",
        ref("DealView"),
        {},
    ),
    (
        "get",
        "/me/payouts",
        "myPayouts",
        ("rep",),
        "What the caller was paid and is owed, by program and run, in words a person understands.",
        ref("PayoutsView"),
        {},
    ),
    (
        "get",
        "/programs",
        "programs",
        EVERYBODY,
        "Every active program: the card's sentence, the window, what each layer counts and what each deal earns.",
        listed("programs", "ProgramCard", as_of=INSTANT),
        {},
    ),
    (
        "get",
        "/programs/{id}",
        "program",
        EVERYBODY,
        "One program: the card in force today and the document behind it. Admins and auditors also see drafts.",
        PROGRAM,
        {},
    ),
    (
        "post",
        "/programs/quote",
        "quote",
        ("rep",),
        (
            "What a sale would earn the caller under every program she is enrolled in, were it made now: per layer "
            "and combined, net-new, renewal and expansion side by side, what is missing with the smallest change, "
            "tier, rank and budget. Needs no deal and stores nothing."
        ),
        ref("QuoteView"),
        {
            "requestBody": body(
                QUESTION,
                {
                    "sku": "SEC-ENT",
                    "quantity": 50,
                    "vendor": "Veridane",
                    "deal_type": "net_new",
                    "amount": {"amount": "5000.00", "currency": "USD"},
                },
            )
        },
    ),
    (
        "put",
        "/programs/{id}",
        "saveDraft",
        ("admin",),
        (
            "Store a draft (docs/schemas/program.schema.json); the caller is its author. A document that could not be "
            "activated is answered with every reason at once."
        ),
        PROGRAM,
        {"requestBody": body(ANY_OBJECT, {"name": "Security push"})},
    ),
    (
        "post",
        "/programs/{id}/activate",
        "activate",
        ("admin",),
        "Activate the draft. The caller is its approver and may not be its author. Reps are enrolled and deals scored.",
        PROGRAM,
        {
            "requestBody": body(
                {
                    "type": "object",
                    "properties": {"effective_from": {"type": ["string", "null"], "format": "date"}},
                    "additionalProperties": False,
                },
                {"effective_from": "2026-10-01"},
                required=False,
            )
        },
    ),
    (
        "post",
        "/programs/{id}/restate",
        "restate",
        ("admin",),
        (
            "What the draft would change from a day that has begun, deal by deal. With the digest of that report it is "
            "applied; when facts have moved since, 409. The caller may not be the draft's author."
        ),
        {
            "type": "object",
            "properties": {"applied": {"type": "boolean"}, "report": ref("Restatement"), "program": PROGRAM},
            "required": ["applied", "report"],
        },
        {
            "requestBody": body(
                {
                    "type": "object",
                    "properties": {
                        "effective_from": {"type": "string", "format": "date"},
                        "digest": {"type": "string", "maxLength": 64},
                    },
                    "required": ["effective_from"],
                    "additionalProperties": False,
                },
                {"effective_from": "2026-10-05"},
            )
        },
    ),
    (
        "post",
        "/programs/{id}/retire",
        "retire",
        ("admin",),
        (
            "Take a program out of the active ones: before it begins, or, when it is over, with what follows from it "
            "and why. What was earned and paid stays."
        ),
        PROGRAM,
        {
            "requestBody": body(
                {
                    "type": "object",
                    "properties": {
                        "decision": {"enum": ["repeat", "redesign", "retire"]},
                        "reason": {"type": "string", "maxLength": 500},
                    },
                    "additionalProperties": False,
                },
                {"decision": "redesign", "reason": "Renewals would have come anyway."},
                required=False,
            )
        },
    ),
    (
        "post",
        "/programs/{id}/replay",
        "replay",
        ("admin",),
        (
            "Ask what the draft (or a version) would have paid over what has happened, beside another program or "
            "version. Answers with a job; posts and pays nothing."
        ),
        ref("ReplayView"),
        {
            "requestBody": body(
                {
                    "type": "object",
                    "properties": {
                        "version": {"type": "integer", "description": "Left out: the draft, else what runs."},
                        "against": {
                            "type": "object",
                            "properties": {"program": TEXT, "version": {"type": "integer"}},
                            "additionalProperties": False,
                        },
                        "from": {
                            "type": "string",
                            "format": "date",
                            "description": "First day of the time to replay over, as long as the window. Left out: the "
                            "program's own window, or if that is still to come the time up to yesterday.",
                        },
                    },
                    "additionalProperties": False,
                },
                {"against": {"version": 1}},
                required=False,
            )
        },
    ),
    (
        "get",
        "/replays/{replay}",
        "replayOf",
        ("admin", "finance", "auditor"),
        (
            "How far a replay is, and its report when it is done: cost by funder, month and third of the team, the day "
            "a budget runs out, an estimate of what would have come anyway, and of a paid period whether every amount "
            "came out again."
        ),
        ref("ReplayView"),
        {},
    ),
    (
        "get",
        "/programs/{id}/leaderboard",
        "leaderboard",
        EVERYBODY,
        "The top rows, the caller's own rank with the gap to the next, and the neighbours.",
        ref("LeaderboardView"),
        {"parameters": [query("top", "Rows.", type="integer", minimum=1, maximum=100, default=10)]},
    ),
    (
        "get",
        "/payouts",
        "payouts",
        ("finance", "auditor"),
        "Every payout with lines, state, provider ids, instants and its 48-hour record, by program, run and rep.",
        {
            "type": "object",
            "properties": {"payouts": {"type": "array", "items": ANY_OBJECT}, "as_of": INSTANT, "next": TEXT},
            "required": ["as_of", "next", "payouts"],
        },
        {
            "parameters": [
                query("program", "Only this program's.", type="string"),
                query("state", "Only those in this state.", type="string", enum=[s.value for s in PayoutState]),
                query("limit", "Payouts a page.", type="integer", minimum=1, maximum=1000, default=PAYOUTS_A_PAGE),
                query("cursor", "The `next` of the page before.", type="string"),
            ]
        },
    ),
    (
        "get",
        "/periods",
        "periods",
        ("admin", "finance", "auditor"),
        "Where every program's period stands and what holds it back.",
        listed("periods", "PeriodLine", as_of=INSTANT),
        {},
    ),
    (
        "get",
        "/periods/{program}",
        "period",
        ("admin", "finance", "auditor"),
        "One period: watermark, what is pending, and its runs with digest, totals that tie, and approval.",
        ref("PeriodView"),
        {},
    ),
    (
        "post",
        "/periods/{program}/approve",
        "approve",
        ("finance",),
        "Release one run by repeating its digest. Not by the program's author or approver, and nobody her own.",
        ref("PeriodView"),
        {
            "requestBody": body(
                fields(run={"type": "integer", "minimum": 0}, digest={"type": "string", "pattern": "^[0-9a-f]{64}$"}),
                {"run": 0, "digest": "0" * 64},
            )
        },
    ),
    (
        "post",
        "/payouts/{key}/confirm",
        "confirm",
        ("finance",),
        "Finance's word that a payout of the manual provider was handed over: the day, and what proves it.",
        ref("PayoutView"),
        {
            "requestBody": body(
                fields(paid_on={"type": "string", "format": "date"}, reference=TEXT),
                {"paid_on": "2026-10-02", "reference": "payroll run 2026-W41, line 17"},
            )
        },
    ),
    (
        "post",
        "/payouts/{key}/address",
        "address",
        ("finance",),
        (
            "Another e-mail address for a payout that has none, was refused or could not be delivered. What was "
            "ordered is delivered once more, never ordered again. Nobody her own payout, nobody to her own address."
        ),
        ref("PayoutView"),
        {"requestBody": body(fields(name=TEXT, email=TEXT), {"name": "Ana Ruiz", "email": "ana.ruiz@home.example"})},
    ),
    (
        "get",
        "/feeds",
        "feeds",
        ("admin", "finance", "auditor"),
        "How far Salesforce and every distributor's files were read, and which programs wait for them.",
        listed("feeds", "FeedLine", as_of=INSTANT, salesforce=ref("Source")),
        {},
    ),
    (
        "get",
        "/feeds/{distributor}/reports",
        "feedReports",
        ("admin", "finance", "auditor"),
        "A distributor's latest files and what became of their lines; the counts add up.",
        listed("files", "FileLine", distributor=TEXT),
        {"parameters": [query("limit", "Files.", type="integer", minimum=1, maximum=50, default=10)]},
    ),
    (
        "get",
        "/work/{kind}",
        "work",
        ("admin", "auditor"),
        "The open entries of a work list, oldest first; `in_all` counts those on other pages too.",
        {
            "type": "object",
            "properties": {
                "kind": TEXT,
                "open": {"type": "array", "items": ANY_OBJECT},
                "in_all": {"type": "integer"},
                "next": TEXT,
            },
            "required": ["in_all", "kind", "next", "open"],
        },
        {
            "parameters": [
                query("limit", "Entries a page.", type="integer", minimum=1, maximum=1000, default=ENTRIES_A_PAGE),
                query("cursor", "The `next` of the page before.", type="string"),
            ]
        },
    ),
    (
        "post",
        "/work/{kind}/{entry}/resolve",
        "resolve",
        ("admin",),
        "Close an entry, with what was done about it.",
        {
            "type": "object",
            "properties": {"kind": TEXT, "id": TEXT, "outcome": TEXT, "resolved_by": TEXT, "resolved_at": INSTANT},
        },
        {"requestBody": body(fields(outcome=TEXT), {"outcome": "mapped ACM-EDR-2 to family edr"})},
    ),
    (
        "get",
        "/config/{kind}",
        "documents",
        ("admin", "auditor"),
        "The stored documents of a kind: `alias`, `feed-profile` or `field-mapping`.",
        listed("documents", "Stored", kind=TEXT),
        {},
    ),
    (
        "put",
        "/config/{kind}/{name}",
        "configure",
        ("admin",),
        "Check and store a document (docs/schemas); old and new value go to the audit.",
        ref("Stored"),
        {"requestBody": body(ANY_OBJECT, {"object": "Opportunity"})},
    ),
    (
        "post",
        "/users/sync",
        "syncUsers",
        ("admin",),
        "Read the org's users now, as the quarter-hourly sweep does: joiners are enrolled, leavers ended.",
        ANY_OBJECT,
        {},
    ),
)
