"""One contract for work lists, kept by the table and by the fake; and the small tables beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import msgspec
import pytest

from chalicelib.adapters.dynamodb.sweeps import SweepTable
from chalicelib.adapters.dynamodb.work import WorkListTable
from chalicelib.adapters.field_mappings import FieldMappings, bundled
from chalicelib.adapters.secrets import Secrets
from chalicelib.domain.errors import KickerError, NotFound
from chalicelib.services.ports import WorkList
from tests.fakes.work import MemoryWork

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["table", "memory"])
def work(request: pytest.FixtureRequest) -> WorkList:
    return MemoryWork() if request.param == "memory" else WorkListTable(request.getfixturevalue("tables"), "kicker-ops")


def test_an_entry_is_put_once_while_it_is_open(work: WorkList) -> None:
    assert work.put("orphan", "L1", {"sku": "A"}, NOW)
    assert not work.put("orphan", "L1", {"sku": "B"}, NOW + timedelta(hours=1))
    [entry] = work.open("orphan")
    assert entry == {"id": "L1", "at": "2026-11-22T12:00:00.000Z", "sku": "A"}


def test_open_entries_come_oldest_first_and_by_kind(work: WorkList) -> None:
    work.put("orphan", "new", {}, NOW)
    work.put("orphan", "old", {}, NOW - timedelta(days=1))
    work.put("held", "other", {}, NOW)
    assert [e["id"] for e in work.open("orphan")] == ["old", "new"]
    assert work.open("nothing") == []


def test_a_resolved_entry_is_gone_and_may_come_back(work: WorkList) -> None:
    work.put("orphan", "L1", {}, NOW)
    work.resolve("orphan", "L1", "005000000000001AAA", "registered", NOW)
    assert work.open("orphan") == []
    with pytest.raises(NotFound, match="L1"):
        work.resolve("orphan", "L1", "005000000000001AAA", "again", NOW)
    assert work.put("orphan", "L1", {}, NOW)


def test_nothing_can_be_resolved_that_was_never_put(work: WorkList) -> None:
    with pytest.raises(NotFound):
        work.resolve("orphan", "never", "somebody", "", NOW)


def test_a_sweeps_cursor_and_report_are_kept_beside_each_other(tables: Any) -> None:
    sweeps = SweepTable(tables, "kicker-ops")
    assert (sweeps.cursor("Opportunity"), sweeps.last_report("Opportunity")) == (None, None)
    sweeps.report("Opportunity", {"read": 3})
    assert sweeps.cursor("Opportunity") is None
    sweeps.move("Opportunity", NOW)
    sweeps.report("Opportunity", {"read": 4})
    assert (sweeps.cursor("Opportunity"), sweeps.last_report("Opportunity")) == (NOW, {"read": 4})


def test_the_orgs_own_mapping_replaces_the_bundled_one_within_five_minutes(tables: Any) -> None:
    now = [0.0]
    mappings = FieldMappings(tables, "kicker-ops", lambda: now[0])
    assert mappings.all() == bundled()
    own = {
        "object": "Opportunity",
        "fields": {"version": ["SystemModstamp"], "created_at": ["CreatedDate"], "account": ["AccountId"],
                   "number": ["My_Number__c"]},
        "status": [{"field": "StageName", "words": {"Signed": "approved"}}],
    }  # fmt: skip
    body = msgspec.json.encode(own).decode()
    item = {"pk": {"S": "CONFIG#field-mapping"}, "sk": {"S": "Opportunity"}, "body": {"S": body}}
    tables.put_item(TableName="kicker-ops", Item=item)
    now[0] = 299
    assert mappings.all()["Opportunity"] == bundled()["Opportunity"]
    now[0] = 300
    assert mappings.all()["Opportunity"].fields["number"] == ("My_Number__c",)
    assert mappings.all()["Deal_Registration__c"] == bundled()["Deal_Registration__c"]


def test_a_secret_is_fetched_once_and_again_when_asked_but_not_too_often(aws: None) -> None:
    vault = boto3.client("secretsmanager")
    vault.create_secret(Name="kicker/test/outbound-tokens", SecretString='{"tokens":["a"]}')
    now = [0.0]
    secrets = Secrets(vault, "kicker/test", clock=lambda: now[0])
    assert secrets.get("outbound-tokens") == {"tokens": ["a"]}
    vault.put_secret_value(SecretId="kicker/test/outbound-tokens", SecretString='{"tokens":["b","a"]}')
    assert secrets.get("outbound-tokens", fresh=True) == {"tokens": ["a"]}, "asked a moment ago"
    now[0] = 31
    assert secrets.get("outbound-tokens") == {"tokens": ["a"]}, "still remembered"
    assert secrets.get("outbound-tokens", fresh=True) == {"tokens": ["b", "a"]}


def test_a_broken_secret_is_named_and_not_quoted(aws: None) -> None:
    vault = boto3.client("secretsmanager")
    vault.create_secret(Name="kicker/test/salesforce", SecretString="s3cr3t-not-json")
    with pytest.raises(KickerError, match="kicker/test/salesforce") as refused:
        Secrets(vault, "kicker/test").get("salesforce")
    assert "s3cr3t" not in str(refused.value)
