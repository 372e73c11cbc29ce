"""The outbound message endpoint and the sweep, from event to table state, with the real scorer behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice import Chalice
from chalice.test import Client

from chalicelib import bootstrap
from chalicelib.handlers import salesforce
from chalicelib.services.programs import activate, save_draft
from local.org_simulator import CONSUMER_KEY, CONSUMER_SECRET, OrgSimulator
from tests.rebuilt import forget_what_was_built

GOLDEN = Path(__file__).parents[1] / "golden" / "outbound"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "programs"
ORG = "00DAb0000009XyZMAU"
DEAL = "a01Ab000004Deal1AA"
ANN = "005Ab0000BhqR0AAJX"

# Chalice consumes a blueprint when it is registered: one app for this module.
app = Chalice(app_name="kicker-test")
app.register_blueprint(salesforce.blueprint)


@pytest.fixture
def deployment(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A deployment without programs: the three tables, the secrets, and fresh containers."""
    for name, value in {
        "CORE_TABLE": "kicker-core", "MONEY_TABLE": "kicker-money", "OPS_TABLE": "kicker-ops",
        "ORGANIZATION_ID": ORG, "SECRETS_PREFIX": "kicker/test",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"KICKER_{name}", value)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Kicker")
    vault = boto3.client("secretsmanager")
    vault.create_secret(Name="kicker/test/outbound-tokens", SecretString='{"tokens":["new-token","old-token"]}')
    keys = json.dumps({"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET})
    vault.create_secret(Name="kicker/test/salesforce", SecretString=keys)
    forget_what_was_built()
    yield tables
    forget_what_was_built()


def post(body: bytes, token: str = "new-token", content_type: str = "text/xml; charset=UTF-8") -> tuple[int, str]:
    with Client(app) as client:
        answer = client.http.post(
            f"/salesforce/outbound-messages/{token}",
            headers={"Content-Type": content_type, "SOAPAction": '""'},
            body=body,
        )
        return answer.status_code, answer.body.decode()


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def registration(id: str = DEAL) -> Any:
    """The registration as the deal book holds it; None when there is none."""
    core = bootstrap.core()
    book = core.read(located=[id]).located.get(id)
    return core.read(books=[book]).books[book].registrations[id] if book else None


def is_fault(text: str) -> bool:
    return "<faultstring>" in text and "Ack" not in text


def test_an_approved_registration_is_committed_before_the_ack(deployment: Any) -> None:
    """W14: it comes from Salesforce by itself, nothing is exported."""
    status, text = post(golden("deal_registration_approved"))
    assert (status, text) == (200, (GOLDEN / "ack.xml").read_text())
    held = registration()
    assert (held.number, held.status, held.quantity, held.trouble) == ("DR-000123", "approved", 50, ())
    assert [(c.rep, c.share) for c in held.credits] == [(ANN, 6000), ("005Ab0000CCCC0AAJX", 4000)]


@pytest.mark.parametrize("name", [p.stem for p in sorted(GOLDEN.glob("*.xml")) if p.stem not in ("ack", "fault")])
def test_every_shape_of_message_is_acknowledged(deployment: Any, name: str) -> None:
    status, text = post(golden(name))
    assert (status, "<Ack>true</Ack>" in text) == (200, True), text


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml", "application/soap+xml; charset=utf-8"])
def test_both_live_tokens_and_all_xml_types_are_taken(deployment: Any, content_type: str) -> None:
    assert post(golden("opportunity_won"), "old-token", content_type)[0] == 200


def test_json_is_no_outbound_message(deployment: Any) -> None:
    assert post(b"{}", content_type="application/json")[0] == 415


def test_a_deletion_is_a_fact(deployment: Any) -> None:
    post(golden("deal_registration_approved"))
    assert post(golden("deal_registration_deleted_meanwhile"))[0] == 200
    assert registration().status == "deleted"


def test_an_older_copy_that_comes_late_changes_nothing(deployment: Any) -> None:
    newer = golden("deal_registration_approved").replace(b"2026-10-06T15:04:05", b"2026-10-07T15:04:05")
    post(newer)
    before = registration()
    older = golden("deal_registration_approved").replace(b">50.0<", b">7.0<")
    assert post(older)[0] == 200
    assert registration() == before


def test_contacts_are_kept_on_the_work_list_and_counted_for_the_alarm(deployment: Any, capsys: Any) -> None:
    assert post(golden("two_contacts_with_a_session_id"))[0] == 200
    entries = bootstrap.work_list().open("unmapped_object")
    assert sorted(str(e["record"]) for e in entries) == ["003Ab00000081tb0QA", "003Ab00000081tbPQA"]
    printed = capsys.readouterr().out
    assert re.search(r'"UnmappedObject": ?\[?2', printed), "the alarm's figure"
    for secret in ("NOT.A.REAL.SESSION", "grace@example.com", "new-token", "Ada"):
        assert secret not in printed, "logs carry ids and counts only"


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("an XML bomb", b'<!DOCTYPE a [<!ENTITY a "x">]><a>&a;</a>', 400),
        ("XML 200,000 deep", b"<a>" * 200_000 + b"</a>" * 200_000, 413),
        ("XML as deep as fits", golden("deal_registration_approved").replace(b"50.0", b"<a>" * 100_000), 400),
        ("101 notifications", re.sub(rb"( *<Notification>.*</Notification>\n)", rb"\1" * 101,
                                     golden("deal_registration_deleted_meanwhile"), flags=re.DOTALL), 400),
        ("a body of a megabyte", b"<a>" + b"x" * 1_000_000 + b"</a>", 413),
        ("nothing", b"", 400),
        ("noise", b"\x00\xff\x00", 400),
        ("another organization", golden("opportunity_won").replace(b"00DAb0000009XyZ", b"00DAb0000009XyY"), 403),
    ],
)  # fmt: skip
def test_bad_input_gets_a_fault_and_stores_nothing(deployment: Any, what: str, body: bytes, status: int) -> None:
    answered, text = post(body)
    assert (answered, is_fault(text)) == (status, True), text
    assert sum(deployment.scan(TableName=t)["Count"] for t in ("kicker-core", "kicker-ops")) == 0


@pytest.mark.parametrize("token", ["wrong", "new-tokem", "new-token%20", "%00", "NEW-TOKEN"])
def test_a_wrong_token_gets_a_fault_whatever_the_body(deployment: Any, token: str) -> None:
    for body in (golden("deal_registration_approved"), b"x" * 1_000_000):
        status, text = post(body, token)
        assert (status, is_fault(text)) == (401, True)
    assert registration() is None


def test_a_failure_is_a_fault_and_never_an_ack(deployment: Any) -> None:
    deployment.delete_table(TableName="kicker-core")
    status, text = post(golden("deal_registration_approved"))
    assert (status, is_fault(text)) == (500, True)
    assert "kicker-core" not in text, "Salesforce's delivery log is no place for our names"


def test_a_rotated_token_works_without_waiting_for_the_cache(deployment: Any) -> None:
    post(golden("opportunity_won"))
    clock = [0.0]
    bootstrap.secrets()._clock = lambda: clock[0]
    bootstrap.secrets()._known.clear()
    assert post(golden("opportunity_won"))[0] == 200
    rotated = '{"tokens":["newest","new-token"]}'
    boto3.client("secretsmanager").put_secret_value(SecretId="kicker/test/outbound-tokens", SecretString=rotated)
    clock[0] = 31
    assert post(golden("opportunity_won"), "newest")[0] == 200
    assert post(golden("opportunity_won"), "old-token")[0] == 401


def test_a_warm_container_spends_two_calls_on_an_event_and_one_on_a_duplicate(deployment: Any) -> None:
    post(golden("opportunity_with_every_field"))  # warms tokens, mappings, registry
    calls: list[str] = []
    client = bootstrap.client("dynamodb")
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    post(golden("deal_registration_approved"))
    assert calls == ["BatchGetItem", "TransactWriteItems"]
    calls.clear()
    post(golden("deal_registration_approved"))
    assert calls == ["BatchGetItem"]


def test_the_sweep_enrolls_scores_and_reports_at_the_events_time(
    deployment: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    document = json.loads((EXAMPLES / "security-push.json").read_text())
    store, before = bootstrap.programs(), datetime(2026, 9, 20, tzinfo=UTC)
    save_draft(store, "security-push", document, "005000000000008AAA", before)
    activate(store, "security-push", "005000000000009AAA", before)
    with OrgSimulator() as org:
        monkeypatch.setenv("KICKER_SALESFORCE_URL", org.url)
        forget_what_was_built()
        org.state.fixed_now = "2026-10-15T14:00:00Z"
        rep = org.state.put("User", None, {"Name": "Maya", "Department": "Sales", "UserRole.Name": "AE"})["Id"]
        first = org.state.put("Deal_Registration__c", None, {"OwnerId": rep, "Account_Name__c": "Acme"})
        told = sweep_at("2026-10-15T14:05:00Z")
        assert told["users"] == {"read": 1, "enrolled": 1}
        org.state.fixed_now = "2026-10-15T14:10:00Z"
        second = org.state.put("Deal_Registration__c", None, {"OwnerId": rep})
        org.state.delete("Deal_Registration__c", first["Id"])
        told = sweep_at("2026-10-15T14:20:00Z")
    fence = bootstrap.roster().standings_of(rep, ["security-push"])["security-push"].fence
    assert str(fence) == "2026-10-15//base", "she joined on the 15th and is enrolled from that day (W30)"
    [report] = told["objects"]
    assert report["at"] == "2026-10-15T14:20:00.000Z"
    assert report["missed_ids"] == sorted([first["Id"], second["Id"]])
    assert registration(first["Id"]).status == "deleted"
    assert registration(second["Id"]).owner == rep
    assert bootstrap.people().get([rep])[rep].created_on == date(2026, 10, 15)
    assert re.search(r'"SweepMissed": ?\[?2', capsys.readouterr().out)
    assert bootstrap.sweeps().cursor("Deal_Registration__c") == datetime(2026, 10, 15, 14, 10, tzinfo=UTC)


def test_a_sweep_without_an_org_fails_naming_the_setting(deployment: Any) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        sweep_at("2026-10-15T14:05:00Z")
    assert all("KICKER_SALESFORCE_URL" in str(error) for error in failed.value.exceptions)


def sweep_at(time: str) -> dict[str, Any]:
    event = {
        "version": "0", "id": "1", "account": "0", "region": "us-east-1", "time": time, "source": "aws.events",
        "detail-type": "Scheduled Event", "detail": {}, "resources": [],
    }  # fmt: skip
    answer: dict[str, Any] = salesforce.sweep_salesforce(event, None)
    return answer
