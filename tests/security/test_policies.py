"""The policies say exactly what `may.py` says, function by function: a permission too many fails, and one too few."""

from __future__ import annotations

import pytest

from infra.deploy import FUNCTIONS
from tests.security.may import MAIL, MAY, NEVER, POLICIES, RESOURCES, may, policy, said, universe


def test_every_function_and_every_policy_has_its_row() -> None:
    assert set(MAY) == set(FUNCTIONS) == {p.stem.removeprefix("policy-") for p in POLICIES.glob("policy-*.json")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_exactly_what_its_row_says(function: str) -> None:
    assert said(function) - may(function) == set(), "the policy allows what nobody gave a reason for"
    assert may(function) - said(function) == set(), "the function will be refused what it needs"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_is_a_plain_list_of_permissions(function: str) -> None:
    """No NotAction, no NotResource, no principal: `said` would not see what they give. Only mail has a condition."""
    for statement in policy(function)["Statement"]:
        assert set(statement) - {"Condition"} == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        assert ("Condition" in statement) == (frozenset(statement["Action"]) == MAIL)
    assert policy(function)["Version"] == "2012-10-17"


def test_what_nobody_may_nobody_may() -> None:
    for function in FUNCTIONS:
        for resource, actions in NEVER.items():
            assert not actions & {action for action, where in said(function) if where == resource}, function


def test_the_promises_of_the_split_hold() -> None:
    """The table itself is held to SECURITY.md: whoever edits it meets these."""
    touches_money = {f for f in MAY if "money" in MAY[f]}
    writes_scores = {f for f in MAY if "dynamodb:PutItem" in MAY[f].get("core", frozenset())}
    assert "score_lines" not in touches_money and "read_feed" not in touches_money
    assert not writes_scores & {"pay", "reconcile_rewards", "daily", "read_feed"}
    assert {f for f in MAY if "queue payouts" in MAY[f] and "sqs:ReceiveMessage" in MAY[f]["queue payouts"]} == {"pay"}
    assert {f for f in MAY if "secret outbound-tokens" in MAY[f]} == {"api"}
    assert not {a for f in MAY for a, _ in may(f) if "Delete" in a} - {"sqs:DeleteMessage"}, "nothing stored is deleted"


def test_the_matrix_is_as_large_as_it_claims() -> None:
    """Denominators: 8 functions x every action anybody has on any resource of ours, and those nobody has."""
    assert {where for _, where in universe()} == set(RESOURCES) - {"log"}
    assert len(FUNCTIONS) * len(universe()) > 400
