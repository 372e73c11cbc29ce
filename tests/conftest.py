"""Fixtures every test may use: the three tables on an in-process DynamoDB, and plain AWS credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

# Set before any boto3 client exists: tests never reach a real account.
os.environ.update(
    POWERTOOLS_METRICS_NAMESPACE="Kicker",  # as infra/template.yml sets it
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
)

TABLES = ("kicker-core", "kicker-money", "kicker-ops")


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS in this process (moto); ends with the test."""
    from moto import mock_aws

    with mock_aws():
        yield


@pytest.fixture
def tables(aws: None) -> Any:
    """The three tables, empty; a DynamoDB client."""
    return create_tables()


def create_tables() -> Any:
    """Create the three tables in the AWS of now; a DynamoDB client. Their shape is that of infra/template.yml."""
    import boto3

    client = boto3.client("dynamodb")
    for name in TABLES:
        codes = ("sku", "dsku", "upc") if name == "kicker-core" else ()
        indexes = [
            {
                "IndexName": f"lines-by-{code}",
                "KeySchema": [{"AttributeName": code, "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for code in codes
        ]
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in ("pk", "sk", *codes)],
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        )
    return client
