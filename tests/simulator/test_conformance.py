"""The simulator is held to moto: the same scripts of calls get the same answers and leave the same tables.

Answers are compared as a caller sees them: what came back, which exception with which reasons. Where moto is known to
be laxer than the service (unused placeholders, duplicate items) the simulator follows the service, in tests of its own.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.dynamodb import Refused, Tables

TABLE = "kicker-core"
Call = tuple[str, dict[str, Any]]

_SNAKE = {
    "GetItem": "get_item", "BatchGetItem": "batch_get_item", "Query": "query", "PutItem": "put_item",
    "UpdateItem": "update_item", "DeleteItem": "delete_item", "BatchWriteItem": "batch_write_item",
    "TransactWriteItems": "transact_write_items",
}  # fmt: skip


# --- scripts: keys few enough to meet, every expression the product writes --------------------------------------

_numbers = st.integers(-3, 9).map(lambda n: {"N": str(n)})
_texts = st.sampled_from(["a", "b", "2026-10-01//base", "2026-10-01//trailing"]).map(lambda t: {"S": t})
_bytes = st.binary(min_size=1, max_size=4).map(lambda b: {"B": b})
_keys = st.builds(
    lambda pk, sk: {"pk": {"S": pk}, "sk": {"S": sk}},
    st.sampled_from(["BOOK#1", "REP#1", "KEY#1"]),
    st.sampled_from(["BOOK", "E#1", "E#2", "L#1"]),
)
_attributes = st.fixed_dictionaries(
    {}, optional={"rev": _numbers, "fence": _texts, "body": _bytes, "state": _texts, "n": _numbers, "owed": _numbers}
)
_items = st.builds(lambda key, more: key | more, _keys, _attributes)


def _conditioned(request: dict[str, Any], condition: tuple[str, dict[str, str], dict[str, Any]]) -> dict[str, Any]:
    text, names, values = condition
    if not text:
        return request
    request = request | {"ConditionExpression": text}
    for name, more in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)):
        if merged := request.get(name, {}) | more:
            request[name] = merged
    return request


_state = {"#state": "state"}
_conditions = st.one_of(
    st.just(("", {}, {})),
    st.sampled_from([
        ("attribute_not_exists(pk)", {}, {}), ("attribute_exists(pk)", {}, {}),
        ("attribute_not_exists (#pk)", {"#pk": "pk"}, {}),
    ]),
    st.builds(lambda n: ("rev = :was", {}, {":was": n}), _numbers),
    st.builds(lambda t: ("fence = :fence", {}, {":fence": t}), _texts),
    st.builds(lambda t: ("attribute_not_exists(pk) OR #state <> :open", _state, {":open": t}), _texts),
    st.builds(lambda n: ("attribute_not_exists(owed) OR owed <= :v", {}, {":v": n}), _numbers),
    st.builds(lambda n: ("rev = :rev AND attribute_not_exists(n)", {}, {":rev": n}), _numbers),
    st.builds(lambda n: ("NOT (owed > :v) AND (attribute_exists(pk) OR n = :v)", {}, {":v": n}), _numbers),
    st.builds(lambda n: ("owed >= :v", {}, {":v": n}), _numbers),
)  # fmt: skip

_updates = st.one_of(
    st.builds(lambda t: {"UpdateExpression": "SET fence = :new", "ExpressionAttributeValues": {":new": t}}, _texts),
    st.builds(
        lambda t, n: {
            "UpdateExpression": "SET #a = :t, #b = :n", "ExpressionAttributeNames": {"#a": "state", "#b": "n"},
            "ExpressionAttributeValues": {":t": t, ":n": n},
        },
        _texts, _numbers,
    ),
    st.builds(
        lambda m, n: {
            "UpdateExpression": "ADD #a0 :a0, #n :n", "ExpressionAttributeNames": {"#a0": "bc:internal", "#n": "n"},
            "ExpressionAttributeValues": {":a0": m, ":n": n},
        },
        _numbers, _numbers,
    ),
    st.builds(
        lambda n: {"UpdateExpression": "SET owed = owed - :m", "ExpressionAttributeValues": {":m": n}}, _numbers
    ),
    st.just({"UpdateExpression": "REMOVE fence"}),
)  # fmt: skip

_puts = st.builds(lambda item, c: _conditioned({"TableName": TABLE, "Item": item}, c), _items, _conditions)
_changes = st.builds(
    lambda key, u, c: _conditioned({"TableName": TABLE, "Key": key} | u, c), _keys, _updates, _conditions
)
_checks = st.builds(
    lambda key, c: _conditioned({"TableName": TABLE, "Key": key}, c), _keys, _conditions.filter(lambda c: c[0] != "")
)
_actions = st.one_of(
    _puts.map(lambda p: {"Put": p}), _changes.map(lambda u: {"Update": u}), _checks.map(lambda c: {"ConditionCheck": c})
)


def _place(action: dict[str, Any]) -> tuple[str, str]:
    [what] = action.values()
    key = what.get("Item") or what["Key"]
    return key["pk"]["S"], key["sk"]["S"]


_calls: st.SearchStrategy[Call] = st.one_of(
    _puts.map(lambda r: ("PutItem", r)),
    st.builds(lambda u, v: ("UpdateItem", u | {"ReturnValues": v}), _changes, st.sampled_from(["NONE", "ALL_NEW"])),
    st.lists(_actions, min_size=1, max_size=5, unique_by=_place).map(
        lambda actions: ("TransactWriteItems", {"TransactItems": actions})
    ),
    _keys.map(lambda k: ("GetItem", {"TableName": TABLE, "Key": k, "ConsistentRead": True})),
    st.lists(_keys, min_size=1, max_size=4, unique_by=str).map(
        lambda ks: ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": ks, "ConsistentRead": True}}})
    ),
    st.builds(
        lambda pk, sk: ("Query", {
            "TableName": TABLE, "ConsistentRead": True, "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": sk}},
        }),
        st.sampled_from(["BOOK#1", "REP#1"]), st.sampled_from(["E#", "B", "X"]),
    ),
    st.lists(_items, min_size=1, max_size=4, unique_by=lambda i: (i["pk"]["S"], i["sk"]["S"])).map(
        lambda items: ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": i}} for i in items]}})
    ),
)  # fmt: skip


# --- the two ------------------------------------------------------------------------------------------------------


_DIFFERS = {
    "ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics", "UnprocessedKeys", "UnprocessedItems",
    "LastEvaluatedKey", "ScannedCount",
}  # fmt: skip


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs between any two services: request ids, the order of a batch."""
    kept = {k: v for k, v in answer.items() if k not in _DIFFERS}
    if "Responses" in kept:
        kept["Responses"] = {t: sorted(items, key=str) for t, items in kept["Responses"].items()}
    return kept


def _on_moto(client: Any, call: Call) -> Any:
    operation, request = call
    try:
        return _told(getattr(client, _SNAKE[operation])(**request))
    except ClientError as error:
        reasons = [r["Code"] for r in error.response.get("CancellationReasons", [])]
        return error.response["Error"]["Code"], reasons


def _here(tables: Tables, call: Call) -> Any:
    operation, request = call
    answer: dict[str, Any] = {}
    try:
        answer = tables.answer(operation, request)
        while operation == "Query" and "LastEvaluatedKey" in answer:  # the simulator's pages are short
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
            more = tables.answer(operation, request | start)
            answer = more | {"Items": answer["Items"] + more["Items"], "Count": answer["Count"] + more["Count"]}
    except Refused as refused:
        return refused.code, [r["Code"] for r in refused.more.get("CancellationReasons", [])]
    return _told({k: v for k, v in answer.items() if k != "LastEvaluatedKey"})


@pytest.fixture(scope="module")
def moto_tables() -> Any:
    """One in-process DynamoDB for all scripts; each starts with an empty table."""
    from moto import mock_aws

    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1")


def _emptied(client: Any) -> None:
    if TABLE in client.list_tables()["TableNames"]:
        client.delete_table(TableName=TABLE)
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
    )  # fmt: skip


@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(script=st.lists(_calls, min_size=1, max_size=12))
def test_the_simulator_answers_as_moto_does_and_leaves_the_same_table(moto_tables: Any, script: list[Call]) -> None:
    _emptied(moto_tables)
    tables = Tables(TABLE, page=2)
    for number, call in enumerate(script):
        assert _here(tables, call) == _on_moto(moto_tables, call), (number, call)
    stored = sorted(moto_tables.scan(TableName=TABLE, ConsistentRead=True)["Items"], key=str)
    assert sorted(tables.rows(TABLE), key=str) == stored


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
