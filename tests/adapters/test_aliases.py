"""Aliases are read with the registry: each change is seen by the next event, and an event without one costs no call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from chalicelib.adapters.dynamodb.aliases import AliasTable
from chalicelib.adapters.dynamodb.configuration import ConfigurationTable
from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.programs import ProgramTable
from chalicelib.adapters.retry_queue import SqsRetryQueue
from chalicelib.domain.aliases import alias_from
from chalicelib.domain.configured import Document
from chalicelib.domain.errors import Conflict, InvalidDocument
from chalicelib.services.configuration import Configuration
from chalicelib.services.ports import Retry
from chalicelib.services.retry_lines import AFTERWARDS_S, AliasMoves
from tests.adapters.test_programs import a_draft, a_version, activated
from tests.builders import a_line

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
ALIAS: Document = {"distributor": "castellan", "kind": "sku", "code": "SECENT#ABA", "sku": "SEC-ENT"}


class Asked:
    """A retry queue that remembers what was asked and what stood stored at that moment."""

    def __init__(self, table: ConfigurationTable) -> None:
        self.table, self.sent = table, []

    def send(self, retries: Any, delay_s: int) -> None:
        stored = self.table.get("alias", "one")
        self.sent.append((retries, delay_s, stored.revision if stored else 0))


@pytest.fixture
def table(tables: Any) -> ConfigurationTable:
    return ConfigurationTable(tables, "kicker-ops")


@pytest.fixture
def asked(table: ConfigurationTable) -> Asked:
    return Asked(table)


@pytest.fixture
def configuration(table: ConfigurationTable, asked: Asked) -> Configuration:
    checks = {"alias": lambda name, document: alias_from(name, document).name}
    return Configuration(table, checks, {"alias": AliasMoves(asked)})


def test_the_next_event_knows_a_changed_alias_and_pays_for_it_once(tables: Any, configuration: Configuration) -> None:
    programs, aliases = ProgramTable(tables, "kicker-ops"), AliasTable(tables, "kicker-ops")
    core = DynamoCore(tables, "kicker-core", "kicker-ops", programs, aliases.aliases_for)
    line = a_line(sku="SECENT#ABA")
    calls: list[str] = []
    tables.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    def canonical() -> tuple[str, list[str]]:
        calls.clear()
        sku = core.read(programs=True).aliases.canonical(line).sku
        assert core.known_aliases().canonical(line).sku == sku
        return sku, list(calls)

    assert canonical() == ("SECENT#ABA", ["BatchGetItem"])
    configuration.put("alias", "one", ALIAS, "005ADMIN", NOW)
    assert canonical() == ("SEC-ENT", ["BatchGetItem", "Query"])
    assert canonical() == ("SEC-ENT", ["BatchGetItem"])
    activated(programs)
    assert canonical()[0] == "SEC-ENT", "an activation forgets no alias"
    configuration.put("alias", "one", {**ALIAS, "sku": "SEC-PRO"}, "005ADMIN", NOW)
    assert canonical() == ("SEC-PRO", ["BatchGetItem", "Query"])
    assert set(core.read(programs=True).programs or ()) == {"co-funded"}, "an alias forgets no program"


def test_an_alias_before_the_first_program_hinders_none(tables: Any, configuration: Configuration) -> None:
    configuration.put("alias", "one", ALIAS, "005ADMIN", NOW)
    programs = ProgramTable(tables, "kicker-ops")
    assert programs.active() == {}
    activated(programs)
    assert set(programs.active()) == {"co-funded"}


def test_an_activation_that_raced_with_an_alias_is_told_to_read_again(
    tables: Any, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = ProgramTable(tables, "kicker-ops")
    activated(programs)
    before = programs._registry()
    configuration.put("alias", "one", ALIAS, "005ADMIN", NOW)
    monkeypatch.setattr(programs, "_registry", lambda: before)
    programs.put_draft(a_draft("another"), None)
    with pytest.raises(Conflict):
        programs.publish(a_version("another"), a_draft("another"))


def test_lines_are_asked_for_before_the_change_and_after_it(configuration: Configuration, asked: Asked) -> None:
    """Whatever dies in between, the delayed request finds the alias stored."""
    configuration.put("alias", "one", ALIAS, "005ADMIN", NOW)
    new = [Retry("sku", "SECENT")]
    assert asked.sent == [(new, AFTERWARDS_S, 0), (new, 0, 1)]
    asked.sent.clear()
    configuration.put("alias", "one", {**ALIAS, "kind": "upc", "code": "0889"}, "005ADMIN", NOW)
    both = [Retry("sku", "SECENT"), Retry("upc", "889")]
    assert asked.sent == [(both, AFTERWARDS_S, 1), (both, 0, 2)]
    asked.sent.clear()
    configuration.put("alias", "one", {**ALIAS, "kind": "upc", "code": "0889"}, "005ADMIN", NOW)
    assert asked.sent == [([Retry("upc", "889")], 0, 2)], "repeating the request asks again"


def test_a_broken_alias_is_neither_stored_nor_asked_for(
    configuration: Configuration, asked: Asked, table: ConfigurationTable
) -> None:
    with pytest.raises(InvalidDocument):
        configuration.put("alias", "one", {**ALIAS, "code": "8.89271E+11"}, "005ADMIN", NOW)
    assert (asked.sent, table.all("alias")) == ([], [])


def test_a_retry_travels_through_the_queue_of_lines(aws: None) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="lines")["QueueUrl"]
    SqsRetryQueue(sqs, url).send([Retry("sku", f"S{n}") for n in range(12)], 0)
    SqsRetryQueue(sqs, url).send([Retry("upc", "889", "after")], 30)
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "12"
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"
