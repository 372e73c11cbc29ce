"""Feeds, work lists and configuration: what an admin sees, changes, and what of it is kept in the audit."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib import bootstrap, bootstrap_api, bootstrap_salesforce
from chalicelib.domain.configured import Stored
from chalicelib.domain.errors import Conflict
from chalicelib.feeds.taken import TakenFile
from chalicelib.reports.feed_report import Counts, FeedReport, report_key, to_bytes
from tests.fakes.api import Api
from tests.fakes.tokens import ADMIN, NOW, token
from tests.handlers.described import a_problem, as_described

ROOT = Path(__file__).parent.parent.parent
MAPPING = json.loads((ROOT / "chalicelib" / "adapters" / "mappings" / "Opportunity.json").read_text(encoding="utf-8"))
PROFILE = json.loads((ROOT / "chalicelib" / "feeds" / "profiles" / "ingram-flat-csv.json").read_text(encoding="utf-8"))
SIX_TEN = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)


def test_health_needs_no_token_and_reads_no_table(api: Api) -> None:
    assert as_described(api.call("GET", "/health"), "get", "/health") == {"status": "ok"}


def audit() -> list[dict[str, Any]]:
    items = bootstrap.client("dynamodb").query(
        TableName="kicker-ops",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "AUDIT"}},
    )["Items"]
    return [{name: value["S"] for name, value in item.items()} for item in items]


def test_feeds_say_how_far_they_reach_and_who_waits_for_them(api: Api, running: Any) -> None:
    [feed] = as_described(api.call("GET", "/feeds", token("admin")), "get", "/feeds")["feeds"]
    assert (feed["distributor"], feed["last_file_at"], feed["stale"]) == ("ingram", None, True)
    file = TakenFile(
        "feeds/ingram/a.csv", "", "0" * 64, "ingram-flat-csv", "", SIX_TEN, date(2026, 11, 21), SIX_TEN, SIX_TEN, 3, 3
    )
    bootstrap.feed_log().take("ingram", file)
    bootstrap.feed_log().complete("ingram", date(2026, 11, 21))
    bootstrap.sweeps().report("Opportunity", {"at": "2026-11-22T11:45:00Z"})
    body = as_described(api.call("GET", "/feeds", token("auditor")), "get", "/feeds")
    assert body["feeds"] == [
        {
            "distributor": "ingram", "last_file_at": "2026-11-22T06:10:00Z", "complete_to": "2026-11-21",
            "stale": False, "programs": ["security-push"],
        }
    ]  # fmt: skip
    assert (body["salesforce"]["as_of"], body["salesforce"]["stale"]) == ("2026-11-22T11:45:00Z", False)


def test_the_reports_of_a_feed_come_newest_first_and_add_up(api: Api, deployed: Any) -> None:
    counts = Counts(3, 1, 1, 0, 1)
    for name in ("a.csv", "b.csv"):
        file = f"feeds/ingram/{name}"
        report = FeedReport(file, "ingram", "done", SIX_TEN, SIX_TEN, counts=counts)
        bootstrap.report_files().put(report_key(file), to_bytes(report), "application/json")
    other = FeedReport("feeds/other/c.csv", "other", "done", SIX_TEN, SIX_TEN, counts=counts)
    bootstrap.report_files().put(report_key(other.file), to_bytes(other), "application/json")
    answer = api.call("GET", "/feeds/ingram/reports", token("admin"))
    body = as_described(answer, "get", "/feeds/{distributor}/reports")
    assert {f["file"] for f in body["files"]} == {"feeds/ingram/a.csv", "feeds/ingram/b.csv"}
    for f in body["files"]:
        told = f["counts"]
        assert told["in"] == sum(told[k] for k in ("scored", "pending", "unmatched", "quarantined", "duplicate"))
    assert len(api.call("GET", "/feeds/ingram/reports?limit=1", token("admin")).body["files"]) == 1
    assert api.call("GET", "/feeds/ingra/reports", token("admin")).body["files"] == [], "a prefix is no distributor"


def test_a_work_entry_is_seen_resolved_once_and_gone(api: Api, deployed: Any) -> None:
    entry = "castellan|INV 9/7|1"
    bootstrap.work_list().put("orphan", entry, {"line": "INV-9"}, NOW)
    body = as_described(api.call("GET", "/work/orphan", token("auditor")), "get", "/work/{kind}")
    assert [e["id"] for e in body["open"]] == [entry]
    url = "/work/orphan/castellan%7CINV%209%2F7%7C1/resolve"
    done = as_described(
        api.call("POST", url, token("admin", user=ADMIN), {"outcome": "the rep registered it"}),
        "post", "/work/{kind}/{entry}/resolve",
    )  # fmt: skip
    assert done["resolved_by"] == ADMIN
    assert api.call("GET", "/work/orphan?limit=5", token("admin")).body == {
        "kind": "orphan", "open": [], "in_all": 0, "next": "",
    }  # fmt: skip
    assert a_problem(api.call("GET", "/work/orphan?cursor=YQ", token("admin")), 422)["problems"][0]["path"] == "cursor"
    a_problem(api.call("POST", url, token("admin", user=ADMIN), {"outcome": "again"}), 404)
    a_problem(api.call("POST", url, token("auditor"), {"outcome": "not mine"}), 403)
    assert a_problem(api.call("POST", url, token("admin"), {}), 422)["problems"][0]["path"] == "outcome"


def put(api: Api, kind: str, name: str, document: object) -> Any:
    return api.call("PUT", f"/config/{kind}/{name}", token("admin", user=ADMIN), document)


def test_a_mapping_is_stored_audited_and_rules_the_next_message(api: Api, deployed: Any) -> None:
    """What is put through the API is what the write path reads: one shape, one place."""
    body = as_described(put(api, "field-mapping", "Opportunity", MAPPING), "put", "/config/{kind}/{name}")
    assert (body["revision"], body["changed_by"], body["changed_at"]) == (1, ADMIN, "2026-11-22T12:00:00Z")
    mended = {**MAPPING, "default_currency": "EUR"}
    assert put(api, "field-mapping", "Opportunity", mended).body["revision"] == 2
    assert put(api, "field-mapping", "Opportunity", mended).body["revision"] == 2, "the same again is no change"
    old_and_new = sorted((json.loads(e["old"] or "null"), json.loads(e["new"])) != (None, MAPPING) for e in audit())
    assert old_and_new == [False, True] and {e["by"] for e in audit()} == {ADMIN}
    assert bootstrap.field_mappings().all()["Opportunity"].default_currency == "EUR"


def test_a_profile_is_stored_where_the_feed_reader_looks(api: Api, deployed: Any) -> None:
    own = {**PROFILE, "id": "ingram-own", "name": "Our own"}
    assert put(api, "feed-profile", "ingram-own", own).status == 200
    assert [p.id for p in bootstrap.feed_log().profiles()] == ["ingram-own"]
    listed = as_described(api.call("GET", "/config/feed-profile", token("auditor")), "get", "/config/{kind}")
    assert [d["name"] for d in listed["documents"]] == ["ingram-own"]


def test_a_document_that_cannot_be_used_is_refused_with_every_problem(api: Api, deployed: Any) -> None:
    wrong = {**PROFILE, "zone": "Mars/Olympus", "encoding": "klingon"}
    body = a_problem(put(api, "feed-profile", PROFILE["id"], wrong), 422)
    assert {p["path"] for p in body["problems"]} >= {"zone", "encoding"}
    assert audit() == [] and bootstrap.feed_log().profiles() == []


def test_a_document_cannot_be_stored_under_another_name(api: Api, deployed: Any) -> None:
    body = a_problem(put(api, "feed-profile", "something-else", PROFILE), 422)
    assert f"/config/feed-profile/{PROFILE['id']}" in body["problems"][0]["remedy"]


def test_an_unknown_kind_names_the_known_ones(api: Api, deployed: Any) -> None:
    for answer in (put(api, "secrets", "x", {"a": 1}), api.call("GET", "/config/secrets", token("admin"))):
        assert "feed-profile, field-mapping" in a_problem(answer, 404)["detail"]


def test_of_two_changes_at_once_one_is_told_to_read_again(api: Api, deployed: Any) -> None:
    put(api, "field-mapping", "Opportunity", MAPPING)
    documents = bootstrap_api.configuration().documents
    seen = documents.get("field-mapping", "Opportunity")
    assert seen is not None
    put(api, "field-mapping", "Opportunity", {**MAPPING, "default_currency": "EUR"})
    with pytest.raises(Conflict, match="read it again"):
        documents.replace(Stored("field-mapping", "Opportunity", 2, {}, ADMIN, SIX_TEN), seen)
    assert len(audit()) == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/feeds"), ("GET", "/feeds/ingram/reports"), ("GET", "/work/orphan"), ("GET", "/config/feed-profile"),
        ("POST", "/work/orphan/x/resolve"), ("PUT", "/config/feed-profile/x"), ("POST", "/users/sync"),
        ("GET", "/payouts"), ("GET", "/periods"),
    ],
)  # fmt: skip
def test_a_rep_may_nothing_of_this(api: Api, deployed: Any, method: str, path: str) -> None:
    a_problem(api.call(method, path, token("rep")), 403)
    a_problem(api.call(method, path, token()), 403)


def test_the_user_sync_runs_now_and_reports(api: Api, deployed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def sync(now: datetime) -> dict[str, int]:
        asked.append(now)
        return {"read": 2, "changed": 1}

    monkeypatch.setattr(bootstrap_salesforce, "sync_users_now", sync)
    body = as_described(api.call("POST", "/users/sync", token("admin")), "post", "/users/sync")
    assert asked == [NOW] and body == {"read": 2, "changed": 1}


def test_without_a_salesforce_url_the_sync_says_what_is_missing(api: Api, deployed: Any) -> None:
    secret = '{"consumer_key": "key", "consumer_secret": "never shown"}'
    boto3.client("secretsmanager").create_secret(Name="kicker/test/salesforce", SecretString=secret)
    body = a_problem(api.call("POST", "/users/sync", token("admin")), 503)
    assert "KICKER_SALESFORCE_URL" in body["detail"] and "never shown" not in body["detail"]
    assert boto3.client("dynamodb").scan(TableName="kicker-core")["Count"] == 0
