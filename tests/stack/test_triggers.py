"""Each trigger of the deployed stack does its work with the permissions its role really has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.ports import wait_until
from local.stack import Stack

PLANTED = Path(__file__).parents[1] / "golden" / "feeds" / "setA_pax8_style_planted_errors.csv"
SCHEDULED = ("close_periods", "sweep_salesforce", "tell_salesforce", "reconcile_rewards", "daily")


def request(method: str, url: str, **more: Any) -> urllib3.BaseHTTPResponse:
    """One request, with time for a cold start on a busy machine."""
    return urllib3.request(method, url, timeout=30, **more)


def tick(at: str) -> dict[str, Any]:
    """What EventBridge sends a scheduled function."""
    return {
        "version": "0", "id": "b1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": at, "region": "us-east-1", "resources": [], "detail": {},
    }  # fmt: skip


@pytest.mark.parametrize("function", SCHEDULED)
def test_a_scheduled_function_runs_on_an_empty_deployment(stack: Stack, function: str):
    """`invoke` raises for any error, a refused permission included."""
    assert stack.invoke(function, tick("2026-12-01T00:00:00Z")) is not None


def test_a_bad_row_of_a_dropped_file_is_kept_with_its_file_line_and_remedy(stack: Stack):
    """The real planted-errors sample, under a key whose blank and plus sign travel encoded in the event."""
    key = "feeds/pax8/planted 1+1.csv"
    stack.aws("s3").put_object(Bucket=stack.feed_bucket, Key=key, Body=PLANTED.read_bytes())

    def quarantined() -> list[dict[str, Any]]:
        found = stack.aws("dynamodb").query(
            TableName=stack.tables["ops"],
            KeyConditionExpression="pk = :file",
            ExpressionAttributeValues={":file": {"S": f"QUARANTINE#{key}"}},
        )
        return found["Items"]

    assert wait_until(lambda: bool(quarantined()), seconds=180)
    assert all(int(row["line"]["N"]) > 1 and row["reason"]["S"] and row["remedy"]["S"] for row in quarantined())


def test_a_changed_registration_leaves_the_org_by_itself_and_is_acknowledged(stack: Stack):
    changed = {"Name": "DR-1", "Status__c": "Submitted"}
    put = request("POST", f"{stack.salesforce_url}/_org/records/Deal_Registration__c", json=changed)
    assert put.status == 200

    def delivered() -> bool:
        return request("GET", f"{stack.salesforce_url}/_org/undelivered").json() == []

    assert wait_until(delivered, seconds=180)


def test_a_wrong_path_token_gets_a_fault_and_no_ack(stack: Stack):
    url = stack.outbound_message_url.rpartition("/")[0] + "/wrong"
    answer = request("POST", url, body=b"<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status == 401
    assert b"Fault" in answer.data
    assert b"<Ack>true" not in answer.data


def test_a_request_without_a_token_is_refused_and_one_from_the_org_is_answered(stack: Stack, bearer):
    url = f"{stack.api_url}/me/standings"
    assert request("GET", url).status == 401
    answer = request("GET", url, headers=bearer("00558000001RepAAAS", "rep"))
    assert (answer.status, answer.json()["rep"]) == (200, "00558000001RepAAAS")


def test_an_admin_syncs_the_orgs_users_now(stack: Stack, bearer):
    """The api's own role reads the org: it knows where the org is and may read its secret."""
    put = request("POST", f"{stack.salesforce_url}/_org/records/User", json={"Name": "Nia Osei", "Department": "Sales"})
    assert put.status == 200
    answer = request("POST", f"{stack.api_url}/users/sync", headers=bearer("00558000001AdmAAAS", "admin"))
    assert answer.status == 200, answer.data
    assert answer.json()["read"] >= 1
