"""The simulator is held to moto: the same scripts of calls get the same answers and leave the same tables.

The embedded stack is the third (tests/stack/test_conformance.py). Where moto is known to be laxer than the service
(unused placeholders, duplicate items) the simulator follows the service, in tests of its own.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.simulator.dynamodb import Tables
from tests.simulator.items import Refused
from tests.simulator.scripts import SCRIPTS, TABLE, differences, scripts


def test_the_simulator_answers_as_moto_does_and_leaves_the_same_tables() -> None:
    from moto import mock_aws

    with mock_aws():
        assert differences(boto3.client("dynamodb", region_name="us-east-1"), scripts()) == []


def test_the_scripts_are_many_and_write_and_refuse() -> None:
    calls = [operation for script in scripts() for operation, _ in script]
    assert len(scripts()) == SCRIPTS
    assert {"TransactWriteItems", "UpdateItem", "PutItem", "Query", "BatchGetItem", "BatchWriteItem"} <= set(calls)


# --- where the service is stricter than moto ------------------------------------------------------------------------

_KEY = {"pk": {"S": "BOOK#1"}, "sk": {"S": "BOOK"}}


@pytest.mark.parametrize(
    ("operation", "request_", "why"),
    [
        ("PutItem", {"Item": _KEY, "ConditionExpression": "rev = :was"}, "a value nobody gave"),
        (
            "PutItem",
            {"Item": _KEY, "ExpressionAttributeValues": {":was": {"N": "1"}}},
            "a value nobody uses",
        ),
        ("PutItem", {"Item": {"pk": {"S": "x"}}}, "half a key"),
        ("PutItem", {"Item": {"pk": {"S": ""}, "sk": {"S": "x"}}}, "an empty key"),
        ("PutItem", {"Item": _KEY | {"body": {"B": b"x" * 410_000}}}, "above 400 KB"),
        ("PutItem", {"Item": _KEY | {"n": {"N": 1}}}, "a number that is no text"),
        (
            "UpdateItem",
            {"Key": _KEY, "UpdateExpression": "SET pk = :p", "ExpressionAttributeValues": {":p": {"S": "y"}}},
            "a changed key",
        ),
        (
            "UpdateItem",
            {"Key": _KEY, "UpdateExpression": "SET a = b + :p", "ExpressionAttributeValues": {":p": {"N": "1"}}},
            "a sum with nothing",
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_what_the_service_refuses_is_refused(operation: str, request_: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused) as refused:
        Tables(TABLE).answer(operation, {"TableName": TABLE} | request_)
    assert refused.value.code == "ValidationException", why


def test_a_transaction_takes_an_item_once_and_at_most_a_hundred() -> None:
    put = {"Put": {"TableName": TABLE, "Item": _KEY}}
    many = [{"Put": {"TableName": TABLE, "Item": _KEY | {"sk": {"S": str(n)}}}} for n in range(101)]
    for actions in ([put, put], many, []):
        with pytest.raises(Refused, match="ValidationException"):
            Tables(TABLE).answer("TransactWriteItems", {"TransactItems": actions})


def test_units_are_those_of_the_documentation() -> None:
    tables = Tables(TABLE)
    item = _KEY | {"body": {"B": b"x" * 1500}}
    tables.answer("PutItem", {"TableName": TABLE, "Item": item})
    assert tables.write_units == 2  # a started KB each
    tables.answer("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": TABLE, "Item": item}}]})
    assert tables.write_units == 2 + 4  # twice that in a transaction
    tables.answer("GetItem", {"TableName": TABLE, "Key": _KEY, "ConsistentRead": True})
    tables.answer("GetItem", {"TableName": TABLE, "Key": _KEY})
    assert tables.read_units == 1.5  # half for a read that may be stale


def test_a_weak_read_may_see_the_past_and_a_strong_one_never() -> None:
    tables = Tables(TABLE)
    tables.stale = True
    for rev in ("1", "2"):
        tables.answer("PutItem", {"TableName": TABLE, "Item": _KEY | {"rev": {"N": rev}}})
    ask = {"TableName": TABLE, "Key": _KEY}
    assert tables.answer("GetItem", ask)["Item"]["rev"] == {"N": "1"}
    assert tables.answer("GetItem", ask | {"ConsistentRead": True})["Item"]["rev"] == {"N": "2"}
