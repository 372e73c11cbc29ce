"""With IAM enforced, every function's role is refused whatever `tests/security/may.py` does not give it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import FUNCTIONS
from local.stack import Stack
from tests.security.may import gives, universe
from tests.stack.roles import as_role_of, refused

KEY = {"pk": {"S": "TEST"}, "sk": {"S": "TEST"}}
EQUALS = {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": {"S": "TEST"}}}
BY_CODE = {"KeyConditionExpression": "sku = :v", "ExpressionAttributeValues": {":v": {"S": "TEST"}}}
LETTER = {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}
SENDER = "kicker@reseller.example"

# What an allowed call would set in motion: refusals are tried, permissions are left to the functions' own tests.
MOVES_THINGS = frozenset({"sqs:SendMessage", "sqs:SendMessage*", "sqs:ReceiveMessage", "sqs:DeleteMessage"})


def _requests(stack: Stack, action: str, resource: str) -> dict[str, Any]:
    """The smallest request of an action on a resource."""
    service, _, name = action.partition(":")
    if service == "dynamodb":
        table = stack.tables[resource.split(maxsplit=1)[0]]
        if resource == "core by code":
            return {"TableName": table, "IndexName": "lines-by-sku", **BY_CODE}
        return {
            "GetItem": {"TableName": table, "Key": KEY},
            "BatchGetItem": {"RequestItems": {table: {"Keys": [KEY]}}},
            "Query": {"TableName": table, **EQUALS},
            "PutItem": {"TableName": table, "Item": KEY},
            "UpdateItem": {"TableName": table, "Key": KEY},
            "ConditionCheckItem": {
                "TransactItems": [
                    {
                        "ConditionCheck": {
                            "TableName": table,
                            "Key": KEY,
                            "ConditionExpression": "attribute_not_exists(x)",
                        }
                    }
                ]
            },
            "BatchWriteItem": {"RequestItems": {table: [{"PutRequest": {"Item": KEY}}]}},
            "DeleteItem": {"TableName": table, "Key": KEY},
            "Scan": {"TableName": table, "Limit": 1},
            "UpdateTable": {"TableName": table, "BillingMode": "PAY_PER_REQUEST"},
            "DescribeTable": {"TableName": table},
        }[name]
    if service == "s3":
        bucket = stack.feed_bucket if resource in ("feed files", "bucket feeds") else stack.report_bucket
        key = {"Key": _thing(resource).removeprefix("file ")}
        return {"Bucket": bucket} | {
            "GetObject": key, "GetObjectVersion": {**key, "VersionId": "null"},
            "PutObject": {**key, "Body": b"x"}, "DeleteObject": key,
            "PutObjectAcl": {**key, "ACL": "private"}, "ListBucket": {"MaxKeys": 1},
            "PutBucketPolicy": {"Policy": "{}"},
            "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
        }[name]  # fmt: skip
    if service == "sqs":
        queue = {"QueueUrl": stack.queues[resource.removeprefix("queue ")]}
        return queue | {
            "SendMessage": {"MessageBody": "x"}, "SendMessage*": {"MessageBody": "x"}, "ReceiveMessage": {},
            "DeleteMessage": {"ReceiptHandle": "x"}, "GetQueueAttributes": {"AttributeNames": ["QueueArn"]},
            "ChangeMessageVisibility": {"ReceiptHandle": "x", "VisibilityTimeout": 0}, "PurgeQueue": {},
            "SetQueueAttributes": {"Attributes": {"DelaySeconds": "0"}},
        }[name]  # fmt: skip
    if service == "secretsmanager":
        secret = {"SecretId": f"kicker/local/{resource.removeprefix('secret ')}"}
        return secret | {"PutSecretValue": {"SecretString": "{}"}}.get(name, {})
    letter = {"Source": SENDER, "Destination": {"ToAddresses": ["finance@reseller.example"]}, "Message": LETTER}
    return letter if name == "SendEmail" else {"RawMessage": {"Data": f"From: {SENDER}\nTo: a@b.example\n\nx"}}


def _thing(resource: str) -> str:
    """One thing of those a name stands for."""
    return resource.replace("*", "TEST")


METHODS = {
    "ConditionCheckItem": "transact_write_items", "GetObjectVersion": "get_object", "ListBucket": "list_objects_v2",
    "SendMessage*": "send_message",
}  # fmt: skip


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _is_refused(client: Callable[[str], Any], stack: Stack, action: str, resource: str) -> bool:
    service, _, name = action.partition(":")
    call = getattr(client(service), METHODS.get(name, _snake(name)))
    try:
        return refused(call, **_requests(stack, action, resource))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 404):
            raise
        return False  # let in, and then the thing did not exist


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_is_refused_all_that_its_row_does_not_give_and_nothing_that_it_gives(stack: Stack, function: str):
    """The scorer cannot touch money, the payer cannot write scores, nobody can delete a ledger entry, read another's
    secret or change what guards the data."""
    client = lru_cache(lambda service: as_role_of(function, stack, service))
    too_much, too_little = [], []
    for action, resource in sorted(universe()):
        allowed = gives(function, action.removesuffix("*"), _thing(resource))
        if allowed and action in MOVES_THINGS:
            continue
        was_refused = _is_refused(client, stack, action, resource)
        if was_refused and allowed:
            too_little.append((action, resource))
        if not was_refused and not allowed:
            too_much.append((action, resource))
    assert (too_much, too_little) == ([], [])


# Root really does these; what they would do is not undone by the next test.
DESTRUCTIVE = frozenset(
    {"sqs:PurgeQueue", "secretsmanager:DeleteSecret", "secretsmanager:PutSecretValue", "s3:PutBucketPolicy"}
)


def test_the_probes_are_refused_for_want_of_permission_and_for_nothing_else(stack: Stack):
    """The emulator's root is let in by every probe, so a refusal above says something about the role."""
    tried = [pair for pair in sorted(universe()) if pair[0] not in MOVES_THINGS | DESTRUCTIVE]
    assert len(tried) > 40
    assert [pair for pair in tried if _is_refused(stack.aws, stack, *pair)] == []
