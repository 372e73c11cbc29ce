"""What each function may do, and above all what it must not: the split of tables serves permissions (design)."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from infra.deploy import FUNCTIONS
from tests.infra.conftest import policy_files, rendered

ARN = "arn:aws:{}:eu-central-1:123456789012:{}"
CORE, MONEY, OPS = (ARN.format("dynamodb", f"table/kicker-prod-{table}") for table in ("core", "money", "ops"))
REPORTS = "arn:aws:s3:::kicker-prod-reports-123456789012/"
FEED_REPORT, REGISTER = REPORTS + "reports/feeds/ingram/x.csv.json", REPORTS + "reports/payouts/q4/0.csv"
HANDED_OVER, CONFIRMED = REPORTS + "payouts/manual/SPFX.json", REPORTS + "payouts/manual/confirmed/SPFX.json"
FEED = "arn:aws:s3:::kicker-prod-feeds-123456789012/feeds/ingram/x.csv"
PAYOUTS = ARN.format("sqs", "kicker-prod-payouts")
LINES = ARN.format("sqs", "kicker-prod-lines")
SECRET = ARN.format("secretsmanager", "secret:kicker/prod/{}-AbCdEf")
SALESFORCE, REWARDS, TOKENS = (SECRET.format(n) for n in ("salesforce", "rewards/tremendous", "outbound-tokens"))
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")

EVERYONE = frozenset(FUNCTIONS)
TOUCH_MONEY = frozenset({"api", "close_periods", "pay", "reconcile_rewards", "daily"})
WRITE_CORE = frozenset({"api", "score_lines", "sweep_salesforce", "close_periods"})

# resource, actions, the functions that may; every other must not.
MATRIX = [
    (CORE, ("dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete", "dynamodb:Scan"), frozenset()),
    (CORE, ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"), WRITE_CORE),
    (CORE, ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"), WRITE_CORE | {"daily", "tell_salesforce"}),
    (MONEY, ("dynamodb:PutItem", "dynamodb:UpdateItem"), TOUCH_MONEY),
    (MONEY, ("dynamodb:GetItem", "dynamodb:Query"), TOUCH_MONEY | {"tell_salesforce"}),
    (MONEY, ("dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:Scan"), frozenset()),
    (OPS, ("dynamodb:GetItem", "dynamodb:PutItem"), EVERYONE),
    (OPS, ("dynamodb:BatchWriteItem",), frozenset({"api", "read_feed", "sweep_salesforce"})),
    (OPS, ("dynamodb:Scan", "dynamodb:DeleteTable"), frozenset()),
    (FEED, ("s3:GetObject",), frozenset({"read_feed"})),
    (FEED, ("s3:PutObject", "s3:DeleteObject"), frozenset()),
    (FEED_REPORT, ("s3:PutObject",), frozenset({"read_feed", "score_lines"})),
    (REGISTER, ("s3:PutObject",), frozenset({"close_periods", "reconcile_rewards"})),
    # Who may write a confirmation says that money was paid: finance through the API, and nothing that reads feeds.
    (HANDED_OVER, ("s3:PutObject",), frozenset({"pay"})),
    (CONFIRMED, ("s3:PutObject",), frozenset({"api"})),
    (CONFIRMED, ("s3:GetObject",), frozenset({"api", "pay", "reconcile_rewards"})),
    (REGISTER, ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl"), frozenset()),
    (CONFIRMED, ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl"), frozenset()),
    (PAYOUTS, ("sqs:SendMessage",), frozenset({"api", "close_periods", "pay", "reconcile_rewards"})),
    (PAYOUTS, ("sqs:ReceiveMessage",), frozenset({"pay"})),
    (CORE + "/index/lines-by-sku", ("dynamodb:Query",), frozenset({"score_lines"})),
    (CORE + "/index/lines-by-sku", ("dynamodb:Scan",), frozenset()),
    (LINES, ("sqs:SendMessage",), frozenset({"api", "read_feed", "score_lines"})),
    (LINES, ("sqs:ReceiveMessage",), frozenset({"score_lines"})),
    (REWARDS, ("secretsmanager:GetSecretValue",), frozenset({"api", "close_periods", "pay", "reconcile_rewards"})),
    (SALESFORCE, ("secretsmanager:GetSecretValue",), frozenset({"api", "sweep_salesforce", "tell_salesforce"})),
    (TOKENS, ("secretsmanager:GetSecretValue",), frozenset({"api"})),
    (TOKENS, ("secretsmanager:PutSecretValue",), frozenset()),
]


def policy_of(function: str) -> dict[str, Any]:
    path = Path(__file__).parents[2] / ".chalice" / f"policy-{function}.json"
    return json.loads(rendered(path.read_text()))


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allows(policy: dict[str, Any], action: str, resource: str) -> bool:
    """Whether any statement allows; there are no denials and conditions only narrow."""
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in as_list(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
        for statement in policy["Statement"]
    )


def test_every_function_has_a_policy_of_its_own():
    assert {path.stem.removeprefix("policy-") for path in policy_files()} == EVERYONE
    config = json.loads((policy_files()[0].parent / "config.json").read_text())
    assert config["autogen_policy"] is False
    named = config["stages"]["kicker"]["lambda_functions"]
    assert {("api" if name == "api_handler" else name): how["iam_policy_file"] for name, how in named.items()} == {
        name: f"policy-{name}.json" for name in FUNCTIONS
    }


def parliament() -> ModuleType:
    """Parliament 1.6.4 finds its own two files through `pkg_resources`, which setuptools dropped in 82; this stands in
    for that one function while it is imported."""
    stand_in = ModuleType("pkg_resources")
    stand_in.resource_filename = lambda package, name: str(files(package) / name)  # type: ignore[attr-defined]
    sys.modules.setdefault("pkg_resources", stand_in)
    try:
        return import_module("parliament")
    finally:
        if sys.modules["pkg_resources"] is stand_in:
            del sys.modules["pkg_resources"]


@pytest.mark.parametrize("path", policy_files(), ids=lambda path: path.stem)
def test_parliament_finds_nothing_in_a_policy(path: Path):
    analyze_policy_string = parliament().analyze_policy_string
    findings = analyze_policy_string(rendered(path.read_text())).findings
    found = [(finding.issue, finding.detail) for finding in findings]
    # Mail is held to one sender by a condition, which parliament does not weigh; see the last test.
    assert [issue for issue in found if issue != ("RESOURCE_STAR", ["ses:SendEmail", "ses:SendRawEmail"])] == []


def test_parliament_would_find_a_misspelt_action_and_a_wrong_resource():
    """Guards the stand-in above: an analyzer without its definitions finds nothing in anything."""
    statement = {"Effect": "Allow", "Action": "sqs:RecieveMessage", "Resource": CORE}
    findings = parliament().analyze_policy_string(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert findings.findings


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_names_no_wildcard_action_and_no_foreign_stage(function: str):
    for statement in policy_of(function)["Statement"]:
        wild = {action for action in as_list(statement["Action"]) if "*" in action}
        # AWS lets SendMessage send batches too; the emulator asks for SendMessageBatch, which AWS knows no permission
        # of. The star means one action there and both here.
        assert wild <= {"sqs:SendMessage*"}
        for resource in as_list(statement["Resource"]):
            mail = as_list(statement["Action"]) == ["ses:SendEmail", "ses:SendRawEmail"]  # held by the sender, below
            assert "kicker-prod-" in resource or "kicker/prod/" in resource or mail, resource


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("resource", "actions", "may"), MATRIX)
def test_a_function_may_do_what_its_work_needs_and_nothing_else(function, resource, actions, may):
    policy = policy_of(function)
    assert {action: allows(policy, action, resource) for action in actions} == dict.fromkeys(actions, function in may)


@pytest.mark.parametrize("action", WRITES)
def test_the_scorer_cannot_touch_money_and_the_payer_cannot_write_scores(action: str):
    assert not allows(policy_of("score_lines"), f"dynamodb:{action}", MONEY)
    assert not allows(policy_of("read_feed"), f"dynamodb:{action}", MONEY)
    assert not allows(policy_of("pay"), f"dynamodb:{action}", CORE)
    assert not allows(policy_of("reconcile_rewards"), f"dynamodb:{action}", CORE)


def test_mail_leaves_only_from_the_address_of_this_deployment():
    """AWS always says who the sender is, so IfExists is as strict there; the emulator does not say."""
    for function in FUNCTIONS:
        for statement in policy_of(function)["Statement"]:
            if "ses:SendEmail" in as_list(statement["Action"]):
                assert statement["Condition"] == {
                    "StringEqualsIfExists": {"ses:FromAddress": "kicker@reseller.example"}
                }
