"""The embedded stack's DynamoDB answers the scripts of tests/simulator as moto and the simulator do."""

from __future__ import annotations

from local.stack import Stack
from tests.simulator.scripts import TABLE, differences, scripts


def test_the_stack_answers_as_the_simulator_does_and_leaves_the_same_tables(stack: Stack) -> None:
    client = stack.aws("dynamodb")
    assert TABLE not in stack.tables.values()
    assert differences(client, scripts()) == []
    client.delete_table(TableName=TABLE)
