"""What each function may do, in full: the policies in `.chalice` must say this and nothing else, in both directions.

Written by hand, so that a permission is given twice on purpose: here with its reason, and in the policy. Resources go
by short names; `RESOURCES` says what they are.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

POLICIES = Path(__file__).parents[2] / ".chalice"

READ = frozenset({"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"})
WRITE = frozenset({"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"})
BATCH = frozenset({"dynamodb:BatchWriteItem"})
# One permission of AWS; the emulator asks for the batch's own name too.
SEND = frozenset({"sqs:SendMessage*"})
CONSUME = frozenset(
    {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}
)
GET, PUT = frozenset({"s3:GetObject"}), frozenset({"s3:PutObject"})
LIST = frozenset({"s3:ListBucket"})  # without it a missing object looks forbidden
SECRET = frozenset({"secretsmanager:GetSecretValue"})
MAIL = frozenset({"ses:SendEmail", "ses:SendRawEmail"})
LOG = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})

_ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
RESOURCES = {
    **{t: f"arn:${{AWS::Partition}}:dynamodb:{_ACCOUNT}:table/kicker-${{Stage}}-{t}" for t in ("core", "money", "ops")},
    "core by code": f"arn:${{AWS::Partition}}:dynamodb:{_ACCOUNT}:table/kicker-${{Stage}}-core/index/lines-by-*",
    "feed files": "arn:${AWS::Partition}:s3:::kicker-${Stage}-feeds-${AWS::AccountId}/*",
    **{
        f"file {key}": f"arn:${{AWS::Partition}}:s3:::kicker-${{Stage}}-reports-${{AWS::AccountId}}/{key}"
        for key in (
            "reports/*",
            "reports/feeds/*",
            "reports/quarantine/*",
            "reports/payouts/*",
            "reports/periods/*",
            "reports/replays/*",
            "payouts/manual/*",
            "payouts/manual/SPF*",
            "payouts/manual/confirmed/*",
        )
    },
    **{
        f"bucket {b}": f"arn:${{AWS::Partition}}:s3:::kicker-${{Stage}}-{b}-${{AWS::AccountId}}"
        for b in ("feeds", "reports")
    },
    **{
        f"queue {q}": f"arn:${{AWS::Partition}}:sqs:{_ACCOUNT}:kicker-${{Stage}}-{q}"
        for q in ("feeds", "lines", "payouts")
    },
    **{
        f"secret {s}": f"arn:${{AWS::Partition}}:secretsmanager:{_ACCOUNT}:secret:kicker/${{Stage}}/{s}-??????"
        for s in ("outbound-tokens", "salesforce", "rewards/tremendous")
    },
    "mail": "*",  # held to one sender by its condition
    "log": f"arn:${{AWS::Partition}}:logs:{_ACCOUNT}:log-group:/aws/lambda/kicker-${{Stage}}-{{function}}:*",
}

MAY: dict[str, dict[str, frozenset[str]]] = {
    "api": {
        "core": READ | WRITE,  # outbound messages are committed and scored before the Ack
        "money": READ | WRITE,  # approvals, confirmations, webhooks
        "ops": READ | WRITE | BATCH,  # programs, configuration, work lists; the user sync writes people in batches
        "file reports/*": GET, "bucket reports": LIST,
        "file payouts/manual/*": GET, "file payouts/manual/confirmed/*": PUT,  # finance confirms what it paid by hand
        "queue lines": SEND,  # reps to settle again after an activation
        "queue payouts": SEND,  # an approval queues what it released
        "secret outbound-tokens": SECRET,
        "secret rewards/tremendous": SECRET,  # webhook keys; and an approval asks for an order
        "secret salesforce": SECRET,  # POST /users/sync reads the org's users
    },
    "read_feed": {
        "ops": READ | WRITE | BATCH,  # watermarks, quarantine
        "feed files": GET | {"s3:GetObjectVersion"}, "bucket feeds": LIST,
        "file reports/feeds/*": PUT, "file reports/quarantine/*": PUT,  # reports, and the rows to correct
        "queue feeds": CONSUME, "queue lines": SEND,
    },
    "score_lines": {
        "core": READ | WRITE, "core by code": frozenset({"dynamodb:Query"}),
        "ops": READ | WRITE,  # work lists, chunk counts
        "file reports/feeds/*": GET | PUT, "bucket reports": LIST,  # a file's report is finished with its last chunk
        "file reports/replays/*": GET | PUT,  # parts and report of a replay
        "queue lines": CONSUME | {"sqs:SendMessage"},  # the next page of lines to match again, or of a replay
    },
    "sweep_salesforce": {
        "core": READ | WRITE,
        "ops": READ | WRITE | BATCH,  # people, cursors
        "secret salesforce": SECRET,
    },
    "tell_salesforce": {
        "core": READ, "money": READ,  # what is true of deals and rewards; it changes neither
        "ops": READ | WRITE,  # what was told, moments claimed, refused records on the work list
        "secret salesforce": SECRET,
    },
    "close_periods": {
        "core": READ | WRITE,  # the fence of every standing
        "money": READ | WRITE,
        "ops": READ | WRITE,
        "file reports/payouts/*": PUT, "file reports/periods/*": PUT,  # registers and certificates
        "queue payouts": SEND,
        "mail": MAIL,
        "secret rewards/tremendous": SECRET,
    },
    "pay": {
        "money": READ | WRITE,
        "ops": READ | WRITE,  # the work list of refused payouts
        "file payouts/manual/*": GET, "file payouts/manual/SPF*": PUT, "bucket reports": LIST,  # payouts by hand
        "queue payouts": CONSUME | SEND,  # a retry is queued with its delay
        "secret rewards/tremendous": SECRET,
    },
    "reconcile_rewards": {
        "money": READ | WRITE,
        "ops": READ | WRITE,
        "file reports/payouts/*": PUT, "file reports/periods/*": PUT,  # registers and certificates
        "file payouts/manual/*": GET, "bucket reports": LIST,  # what finance confirmed
        "queue payouts": SEND,
        "mail": MAIL,
        "secret rewards/tremendous": SECRET,
    },
    "daily": {
        "core": READ,  # the audit reads everything and mends nothing
        "money": READ | WRITE,  # debts of late reversals
        "ops": READ | WRITE,
        "mail": MAIL,
    },
}  # fmt: skip

# What no function may do anywhere, tried against the policies and on the stack beside all that others may.
NEVER: dict[str, frozenset[str]] = {
    **{
        table: frozenset({"dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:UpdateTable", "dynamodb:DescribeTable"})
        for table in ("core", "money", "ops")
    },
    "feed files": frozenset({"s3:DeleteObject", "s3:PutObjectAcl"}),
    **{f"bucket {b}": frozenset({"s3:PutBucketPolicy", "s3:PutBucketVersioning"}) for b in ("feeds", "reports")},
    **{f"queue {q}": frozenset({"sqs:PurgeQueue", "sqs:SetQueueAttributes"}) for q in ("feeds", "lines", "payouts")},
    **{
        f"secret {s}": frozenset({"secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"})
        for s in ("outbound-tokens", "salesforce", "rewards/tremendous")
    },
}


def may(function: str) -> set[tuple[str, str]]:
    """(action, short name of a resource) of everything the function may do; its own log included."""
    table = MAY[function] | {"log": LOG}
    return {(action, resource) for resource, actions in table.items() for action in actions}


def gives(function: str, action: str, resource: str) -> bool:
    """Does the row give this action on one thing? A name with a star stands for what it matches: being given
    "file reports/*" is being given "file reports/feeds/x"."""
    return any(
        fnmatchcase(action, given) and fnmatchcase(resource, where) for given, where in may(function) if where != "log"
    )


def universe() -> set[tuple[str, str]]:
    """Every action anybody has on anything, and those nobody has, on every resource of its kind."""
    known = {pair for function in MAY for pair in may(function) if pair[1] != "log"}
    known |= {(action, resource) for resource, actions in NEVER.items() for action in actions}
    actions = {kind: {action for action, where in known if _kind(where) == kind} for kind in map(_kind, RESOURCES)}
    return {(action, where) for where in RESOURCES if where != "log" for action in actions[_kind(where)]}


def _kind(resource: str) -> str:
    """Which actions make sense on it: those of a table, an index, objects, a bucket, a queue, a secret, mail or log."""
    if resource in ("core", "money", "ops"):
        return "table"
    if resource == "core by code":
        return "index"
    return "objects" if resource.endswith("/*") else resource.split(maxsplit=1)[0]


def policy(function: str) -> dict[str, Any]:
    """The policy document as it lies in `.chalice`."""
    document: dict[str, Any] = json.loads((POLICIES / f"policy-{function}.json").read_text(encoding="utf-8"))
    return document


def said(function: str) -> set[tuple[str, str]]:
    """(action, short name) of everything the policy says. Raises: KeyError for a resource that has no short name."""
    names = {arn.replace("{function}", function): name for name, arn in RESOURCES.items()}
    found = set()
    for statement in policy(function)["Statement"]:
        for action in _list(statement["Action"]):
            found |= {(action, names[arn]) for arn in _list(statement["Resource"])}
    return found


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
