"""Scripts of DynamoDB calls: keys few enough to meet, every expression the product writes; and how one is played.

Answers are compared as a caller sees them: what came back, which exception with which reasons. The same scripts are
played on the simulator, on moto (test_conformance.py) and on the embedded stack (tests/stack/test_conformance.py).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.simulator.dynamodb import Tables
from tests.simulator.items import Refused

TABLE = "kicker-core"
SCRIPTS = 60
Call = tuple[str, dict[str, Any]]

_SNAKE = {
    "GetItem": "get_item", "BatchGetItem": "batch_get_item", "Query": "query", "PutItem": "put_item",
    "UpdateItem": "update_item", "DeleteItem": "delete_item", "BatchWriteItem": "batch_write_item",
    "TransactWriteItems": "transact_write_items",
}  # fmt: skip


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
    st.builds(
        lambda pk, low, most: ("Query", {
            "TableName": TABLE, "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high", "Limit": most,
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":low": {"S": low}, ":high": {"S": "F"}},
            "ConsistentRead": True,
        }),
        st.sampled_from(["BOOK#1", "REP#1"]), st.sampled_from(["B", "E#", "E#1", "E#1!"]), st.integers(1, 3),
    ),
    st.lists(_items, min_size=1, max_size=4, unique_by=lambda i: (i["pk"]["S"], i["sk"]["S"])).map(
        lambda items: ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": i}} for i in items]}})
    ),
)  # fmt: skip


# --- playing one ------------------------------------------------------------------------------------------------------


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


def on_service(client: Any, call: Call) -> Any:
    """The call on something that speaks DynamoDB: its answer, or code and reasons of its refusal."""
    operation, request = call
    try:
        return _told(getattr(client, _SNAKE[operation])(**request))
    except ClientError as error:
        reasons = [r["Code"] for r in error.response.get("CancellationReasons", [])]
        if "ValidationError" in reasons:  # moto refuses the whole request for a change no item can take, AWS the action
            return "ValidationException", []
        return error.response["Error"]["Code"], reasons


def here(tables: Tables, call: Call) -> Any:
    """The same on the simulator."""
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


@lru_cache(maxsize=1)
def scripts() -> list[list[Call]]:
    """The scripts, the same in every process."""
    found: list[list[Call]] = []

    @settings(
        max_examples=SCRIPTS, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(script=st.lists(_calls, min_size=1, max_size=12))
    def draw(script: list[Call]) -> None:
        found.append(script)

    draw()
    return found


def emptied(client: Any) -> None:
    """The table is there and holds nothing."""
    if TABLE in client.list_tables()["TableNames"]:
        client.delete_table(TableName=TABLE)
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
    )  # fmt: skip


def differences(client: Any, played: list[list[Call]]) -> list[str]:
    """Play scripts on the service and here, each from an empty table: where an answer or the table left differs."""
    found = []
    for number, script in enumerate(played):
        emptied(client)
        tables = Tables(TABLE, page=2)
        for step, call in enumerate(script):
            mine, its = here(tables, call), on_service(client, call)
            if mine != its:
                found.append(f"script {number}, call {step}, {call}: {mine} here, {its} there")
        stored = sorted(client.scan(TableName=TABLE, ConsistentRead=True)["Items"], key=str)
        if sorted(tables.rows(TABLE), key=str) != stored:
            found.append(f"script {number}: {tables.rows(TABLE)} here, {stored} there")
    return found
