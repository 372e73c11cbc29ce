"""How the services say that something went wrong: botocore's exceptions, cancellation reasons, HTTP answers."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import urllib3
from botocore.exceptions import ClientError

from tests.simulator.dynamodb import Tables
from tests.simulator.items import Refused, canceled

UNWELL = {"s3": "SlowDown", "sqs": "InternalError", "ses": "Throttling", "secretsmanager": "InternalServiceError"}


_STATUSES = {
    "PreconditionFailed": 412, "NoSuchKey": 404, "404": 404, "NoSuchBucket": 404, "SlowDown": 503,
    "InternalServerError": 500, "InternalError": 500, "InternalServiceError": 500,
}  # fmt: skip


def error(client: Any, operation: str, refused: Refused) -> ClientError:
    """The exception botocore raises for this answer."""
    status = _STATUSES.get(refused.code, 400)
    told = {
        "Error": {"Code": refused.code, "Message": refused.message},
        "ResponseMetadata": {"HTTPHeaders": {}, "HTTPStatusCode": status, "RetryAttempts": 3},
    }
    kind = client.exceptions.from_code(refused.code)
    return kind(told | refused.more, operation)  # type: ignore[no-any-return]


def conflict(operation: str, request: Mapping[str, Any]) -> Refused:
    """Another transaction is at work on the item."""
    if operation != "TransactWriteItems":
        return Refused("TransactionConflictException", "Transaction is ongoing for the item")
    none: list[dict[str, Any]] = [{"Code": "None"} for _ in request["TransactItems"]]
    return canceled([{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}, *none[1:]])


def throttled(service: str, operation: str, request: Mapping[str, Any]) -> Refused:
    """The table, or the queue, has had enough for now."""
    if service != "dynamodb":
        return Refused("RequestThrottled", "Request is throttled.")
    if operation != "TransactWriteItems":
        message = "The level of configured provisioned throughput for the table was exceeded."
        return Refused("ProvisionedThroughputExceededException", message)
    none: list[dict[str, Any]] = [{"Code": "None"} for _ in request["TransactItems"]]
    return canceled([*none[1:], {"Code": "ThrottlingError", "Message": "Throughput exceeds the current capacity"}])


def too_many(provider: bool, method: str) -> Any:
    """What the provider and Salesforce answer to a caller who asks too often."""
    if provider:
        return response(method, 429, b'{"errors": {"message": "Too many requests"}}', {"Retry-After": "1"})
    told = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    return response(method, 403, json.dumps(told).encode())


def response(method: str, status: int, told: bytes, more: Mapping[str, str] = MappingProxyType({})) -> Any:
    """An HTTP answer as urllib3 hands it over."""
    headers = {"Content-Type": "application/json", **more}
    return urllib3.HTTPResponse(io.BytesIO(told), headers, status, preload_content=False, request_method=method)


def part(tables: Tables, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the first half of a batch and name the rest unprocessed."""
    name, kept = ("UnprocessedKeys", "Keys") if operation == "BatchGetItem" else ("UnprocessedItems", "")
    now: dict[str, Any] = {}
    later: dict[str, Any] = {}
    for table, what in request["RequestItems"].items():
        parts = what[kept] if kept else what
        half = len(parts) // 2
        for part, where in ((parts[:half], now), (parts[half:], later)):
            if part:
                where[table] = {**what, kept: part} if kept else part
    if not now:
        return ({"Responses": {}} if kept else {}) | {name: later}
    return tables.answer(operation, {"RequestItems": now}) | {name: later}
