"""The deployed stack itself: permissions really refuse, queues really drain, starting twice and ending are harmless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.deploy import FUNCTIONS
from local import processes
from local.down import down
from local.stack import Stack
from local.up import Progress, up


def as_role_of(function: str, stack: Stack, service: str) -> Any:
    """A client with exactly the permissions the deployed function has.

    A function's role trusts Lambda only, so its policy documents are copied onto a role that trusts this test.
    """
    iam, sts = stack.aws("iam"), stack.aws("sts")
    configuration = stack.aws("lambda").get_function_configuration(FunctionName=stack.functions[function])
    role = configuration["Role"].rsplit("/", 1)[1]
    account = sts.get_caller_identity()["Account"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    twin = f"twin-{function}"
    try:
        iam.create_role(RoleName=twin, AssumeRolePolicyDocument=json.dumps(trust))
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            iam.put_role_policy(RoleName=twin, PolicyName=name, PolicyDocument=json.dumps(document))
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    session = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{twin}", RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.aws_region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def refused(call: Any, **request: Any) -> bool:
    try:
        call(**request)
    except ClientError as error:
        if "AccessDenied" in error.response["Error"]["Code"]:
            return True
        raise
    return False


KEY = {"pk": {"S": "TEST"}, "sk": {"S": "TEST"}}


@pytest.mark.parametrize(
    ("function", "table", "may_read", "may_write"),
    [
        ("score_lines", "core", True, True),
        ("score_lines", "ops", True, True),
        ("score_lines", "money", False, False),
        ("read_feed", "core", False, False),
        ("read_feed", "money", False, False),
        ("sweep_salesforce", "core", True, True),
        ("sweep_salesforce", "money", False, False),
        ("pay", "money", True, True),
        ("pay", "core", False, False),
        ("reconcile_rewards", "core", False, False),
        ("daily", "core", True, False),
        ("close_periods", "money", True, True),
        ("api", "core", True, True),
    ],
)
def test_a_role_reaches_its_own_tables_and_no_other(stack: Stack, function, table, may_read, may_write):
    dynamodb = as_role_of(function, stack, "dynamodb")
    name = stack.tables[table]
    assert refused(dynamodb.get_item, TableName=name, Key=KEY) is not may_read
    assert refused(dynamodb.put_item, TableName=name, Item=KEY) is not may_write


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_role_can_delete_a_ledger_entry(stack: Stack, function):
    dynamodb = as_role_of(function, stack, "dynamodb")
    assert refused(dynamodb.delete_item, TableName=stack.tables["core"], Key=KEY)
    assert refused(dynamodb.delete_item, TableName=stack.tables["money"], Key=KEY)


def test_only_the_functions_that_deal_with_the_provider_can_read_its_key(stack: Stack):
    secret = "kicker/local/rewards/tremendous"
    may = {
        function
        for function in FUNCTIONS
        if not refused(as_role_of(function, stack, "secretsmanager").get_secret_value, SecretId=secret)
    }
    assert may == {"api", "close_periods", "pay", "reconcile_rewards"}


def test_the_functions_that_report_can_send_mail_and_the_scorer_cannot(stack: Stack):
    mail = {
        "Source": "kicker@reseller.example",
        "Destination": {"ToAddresses": ["finance@reseller.example"]},
        "Message": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
    }
    may = {function for function in FUNCTIONS if not refused(as_role_of(function, stack, "ses").send_email, **mail)}
    assert may == {"close_periods", "daily", "reconcile_rewards"}


def test_everything_that_was_promised_is_where_stack_json_says(stack: Stack, stack_directory: Path):
    assert Stack.read(stack_directory) == stack
    assert set(stack.functions) == set(FUNCTIONS)
    for name in stack.functions.values():
        assert stack.aws("lambda").get_function(FunctionName=name)["Configuration"]["State"] == "Active"
    for name in stack.tables.values():
        keys = stack.aws("dynamodb").describe_table(TableName=name)["Table"]["KeySchema"]
        assert [key["AttributeName"] for key in keys] == ["pk", "sk"]
    for bucket in (stack.feed_bucket, stack.report_bucket):
        assert stack.aws("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_starting_a_running_stack_again_changes_nothing_but_what_is_deployed(stack: Stack, stack_directory: Path):
    stack.aws("dynamodb").put_item(TableName=stack.tables["ops"], Item=KEY)
    assert up(stack_directory, Progress()) == stack
    assert stack.aws("dynamodb").get_item(TableName=stack.tables["ops"], Key=KEY)["Item"] == KEY


def test_an_ended_stack_leaves_no_process_and_ending_twice_is_harmless(tmp_path: Path):
    started = up(tmp_path, Progress())
    assert processes.running(tmp_path) == started.pids
    assert set(down(tmp_path)) == set(started.pids)
    assert not [pid for pid in started.pids.values() if Path(f"/proc/{pid}/cmdline").exists() and _cmdline(pid)]
    assert down(tmp_path) == []
    assert not (tmp_path / "stack.json").exists()


def _cmdline(pid: int) -> bytes:
    """Empty for a process that has ended and only waits to be collected."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()
