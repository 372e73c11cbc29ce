"""The simulated org behaves like one: what it sends we can read, what we ask it answers, what it loses is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chalicelib.adapters import outbound_message
from chalicelib.adapters.bearer import Bearer, InvalidToken
from chalicelib.adapters.field_mappings import bundled
from chalicelib.adapters.salesforce import SalesforceOrg
from chalicelib.domain.errors import KickerError
from chalicelib.domain.field_mapping import registration_from
from local.org_simulator import (
    CONSUMER_KEY,
    CONSUMER_SECRET,
    ORGANIZATION_ID,
    OrgSimulator,
    bearer,
    org_key,
    public_pem,
)
from local.org_soql import SoqlError, parse
from local.org_state import OrgState

ROOT = Path(__file__).parents[2]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DEALS = "/_org/records/Deal_Registration__c"


@pytest.fixture
def org() -> Iterator[OrgSimulator]:
    with OrgSimulator() as simulator:
        simulator.state.fixed_now = "2026-10-05T09:00:00Z"
        yield simulator


@pytest.fixture
def endpoint() -> Iterator[Any]:
    """Where messages go: keeps every body, and answers the given answers, then Acks."""
    bodies: list[bytes] = []
    answers: list[tuple[int, str]] = []
    arrived = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, text = answers.pop(0) if answers else (200, outbound_message.ack())
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())
            arrived.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    server.bodies, server.answers, server.arrived = bodies, answers, arrived
    server.url = f"http://127.0.0.1:{server.server_address[1]}/"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Refused(Exception):
    """The simulator's answer was no 200."""


def ask(org: OrgSimulator, method: str, path: str, body: object = None) -> Any:
    answer = urllib3.request(method, org.url + path, json=body, timeout=10, retries=False)
    if answer.status != 200:
        raise Refused(answer.status, answer.json())
    return answer.json()


def reader(org: OrgSimulator, secret: str = CONSUMER_SECRET) -> SalesforceOrg:
    return SalesforceOrg(org.url, lambda: {"consumer_key": CONSUMER_KEY, "consumer_secret": secret})


def rows(org: OrgSimulator, object_name: str = "Deal_Registration__c") -> list[dict[str, str | None]]:
    names = [n for n in bundled()[object_name].names() if n in reader(org).fields_of(object_name)]
    return [row for page in reader(org).changed_since(object_name, names, LONG_AGO) for row in page]


def test_a_change_goes_out_as_a_message_we_read_like_the_soql_row(org: OrgSimulator, endpoint: Any) -> None:
    ask(org, "PUT", "/_org/settings", {"endpoint": endpoint.url})
    made = ask(org, "POST", DEALS, {
        "Status__c": "Approved", "Approved_At__c": "2026-10-05T08:00:00.000Z", "Amount__c": 12500.5, "Quantity__c": 50,
        "OwnerId": "0055w0000000001AAA", "Credited_Reps__c": "0055w0000000001AAA:100", "Account_Name__c": "A & <B>",
        "Valid_Until__c": "2027-01-04", "Special_Bid__c": None,
    })  # fmt: skip
    assert made["Name"] == "DR-000001"
    [post] = ask(org, "POST", "/_org/send", {})
    assert (post["status"], post["acknowledged"], len(post["notifications"])) == (200, True, 1)
    assert ask(org, "GET", "/_org/undelivered") == []
    message = outbound_message.read(endpoint.bodies[0])
    assert message.organization_id == ORGANIZATION_ID
    told = message.notifications[0]
    assert "Special_Bid__c" not in told.fields, "null fields are left out"
    mapping = bundled()["Deal_Registration__c"]
    [row] = rows(org)
    assert registration_from(mapping, told.fields) == registration_from(mapping, row)
    assert registration_from(mapping, row).trouble == ()


def test_a_message_shows_the_record_as_it_is_when_sent_and_not_when_changed(org: OrgSimulator, endpoint: Any) -> None:
    org.endpoint = endpoint.url
    made = ask(org, "POST", DEALS, {"Quantity__c": 1})
    ask(org, "PUT", f"{DEALS}/{made['Id']}", {"Quantity__c": 2})
    gone = ask(org, "POST", DEALS, {"Quantity__c": 3})
    ask(org, "DELETE", f"{DEALS}/{gone['Id']}")
    ask(org, "POST", "/_org/send", {})
    first, second, third = outbound_message.read(endpoint.bodies[0]).notifications
    assert first.fields["Quantity__c"] == second.fields["Quantity__c"] == "2.0"
    assert (third.record_id, third.is_empty()) == (gone["Id"], True)


@pytest.mark.parametrize(
    "answer", [(500, outbound_message.fault("no")), (200, outbound_message.fault("no")), (200, "")]
)
def test_what_is_not_acknowledged_is_sent_again_under_the_same_ids(
    org: OrgSimulator, endpoint: Any, answer: tuple[int, str]
) -> None:
    org.endpoint = endpoint.url
    ask(org, "POST", DEALS, {})
    endpoint.answers.append(answer)
    [refused] = ask(org, "POST", "/_org/send", {})
    assert not refused["acknowledged"]
    [waiting] = ask(org, "GET", "/_org/undelivered")
    assert waiting["tries"] == 1
    [taken] = ask(org, "POST", "/_org/send", {})
    assert taken["acknowledged"]
    assert taken["notifications"] == refused["notifications"]


def test_an_endpoint_that_is_down_loses_nothing(org: OrgSimulator) -> None:
    org.endpoint = "http://127.0.0.1:9/"
    ask(org, "POST", DEALS, {})
    [post] = ask(org, "POST", "/_org/send", {})
    assert (post["status"], post["acknowledged"]) == (0, False)
    assert len(ask(org, "GET", "/_org/undelivered")) == 1


def test_a_hundred_at_a_time_shuffled_doubled_and_with_short_ids_on_request(org: OrgSimulator, endpoint: Any) -> None:
    org.endpoint = endpoint.url
    made = [org.state.put("Deal_Registration__c", None, {})["Id"] for _ in range(120)]
    posts = ask(org, "POST", "/_org/send", {"shuffle": 7, "copies": 2, "short_ids": True})
    assert [len(p["notifications"]) for p in posts] == [100, 100]
    assert len(ask(org, "GET", "/_org/undelivered")) == 20
    message = outbound_message.read(endpoint.bodies[0])
    assert endpoint.bodies[1] == endpoint.bodies[0]
    assert message.organization_id == ORGANIZATION_ID[:15]
    order = [n.record_id for n in message.notifications]
    assert order != sorted(order)
    assert set(order) < set(made)


def test_dropped_notifications_never_arrive_but_the_sweep_sees_the_records(org: OrgSimulator, endpoint: Any) -> None:
    org.endpoint = endpoint.url
    lost, kept = (ask(org, "POST", DEALS, {})["Id"] for _ in range(2))
    ask(org, "POST", "/_org/drop", {"next": 1})
    ask(org, "POST", "/_org/send", {})
    assert [n.record_id for n in outbound_message.read(endpoint.bodies[0]).notifications] == [kept]
    assert {row["Id"] for row in rows(org)} == {lost, kept}


def test_it_sends_by_itself_when_told_to(org: OrgSimulator, endpoint: Any) -> None:
    ask(org, "PUT", "/_org/settings", {"endpoint": endpoint.url, "auto_send_s": 0.01})
    ask(org, "POST", DEALS, {})
    assert endpoint.arrived.wait(10)


def test_every_change_of_a_record_has_a_newer_stamp(org: OrgSimulator) -> None:
    made = ask(org, "POST", DEALS, {})
    changed = ask(org, "PUT", f"{DEALS}/{made['Id'][:15]}", {"Quantity__c": 1})
    gone = ask(org, "DELETE", f"{DEALS}/{made['Id']}")
    assert made["SystemModstamp"] < changed["SystemModstamp"] < gone["SystemModstamp"]
    assert changed["CreatedDate"] == made["CreatedDate"]


def test_pages_deleted_rows_and_parents_are_answered_like_salesforce_does(org: OrgSimulator) -> None:
    ids = [org.state.put("Deal_Registration__c", None, {})["Id"] for _ in range(5)]
    org.state.delete("Deal_Registration__c", ids[2])
    org.page_size = 2
    pages = list(reader(org).changed_since("Deal_Registration__c", ["Id", "IsDeleted", "SystemModstamp"], LONG_AGO))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [row["Id"] for page in pages for row in page if row["IsDeleted"] == "true"] == [ids[2]]
    org.state.put("User", None, {"Name": "A", "UserRole.Name": "AE", "UserType": "Standard"})
    org.state.put("User", None, {"Name": "B", "UserType": "Guest"})
    [page] = reader(org).changed_since("User", ["Name", "UserRole.Name"], LONG_AGO, where="UserType = 'Standard'")
    assert page == [{"Name": "A", "UserRole.Name": "AE"}]


def test_only_what_changed_since_is_answered(org: OrgSimulator) -> None:
    org.state.put("Deal_Registration__c", None, {})
    org.state.fixed_now = "2026-10-06T09:00:00Z"
    late = org.state.put("Deal_Registration__c", None, {})
    since = datetime(2026, 10, 6, 9, tzinfo=UTC)
    [page] = reader(org).changed_since("Deal_Registration__c", ["Id"], since)
    assert page == [{"Id": late["Id"]}]
    assert list(reader(org).changed_since("Deal_Registration__c", ["Id"], since + timedelta(seconds=1))) == [[]]


def test_an_expired_session_logs_in_again(org: OrgSimulator) -> None:
    known = reader(org)
    assert "Name" in known.fields_of("Account")
    ask(org, "POST", "/_org/expire-sessions")
    assert "StageName" in known.fields_of("Opportunity")
    assert known.fields_of("Nothing__c") == frozenset()


def test_a_wrong_secret_and_a_wrong_address_are_refused(org: OrgSimulator) -> None:
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed

    with pytest.raises(SalesforceAuthenticationFailed):
        reader(org, "wrong").fields_of("Account")
    for url in ("", "http://example.com", "https://example.com", "https://login.salesforce.com", "ftp://127.0.0.1"):
        with pytest.raises(KickerError, match="KICKER_SALESFORCE_URL"):
            SalesforceOrg(url, lambda: {"consumer_key": "k", "consumer_secret": "s"}).fields_of("Account")


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM",
        "DELETE FROM Account",
        "SELECT Id FROM Account WHERE Name LIKE 'A%'",
        "SELECT Id FROM Account WHERE Name = 'A' OR Name = 'B'",
        "SELECT Id FROM Account WHERE SystemModstamp >= yesterday",
        "SELECT COUNT() FROM Account",
    ],
)
def test_soql_beyond_what_it_knows_is_malformed_and_not_half_answered(soql: str) -> None:
    with pytest.raises(SoqlError) as refused:
        parse(soql)
    assert refused.value.code == "MALFORMED_QUERY"


def test_soql_filters_orders_and_limits() -> None:
    records = [{"Id": str(n), "Age": age} for n, age in enumerate([3, None, 1, 2])]
    assert [r["Id"] for r in parse("SELECT Id FROM X ORDER BY Age DESC, Id LIMIT 2").select(records)] == ["0", "3"]
    assert [r["Id"] for r in parse("select Id from X where Age >= 2 and Id != '0'").select(records)] == ["3"]
    assert [r["Id"] for r in parse("SELECT Id FROM X WHERE Age = null").select(records)] == ["1"]


def test_an_unknown_field_is_an_error_as_in_an_org(org: OrgSimulator) -> None:
    from simple_salesforce.exceptions import SalesforceMalformedRequest

    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        list(reader(org).changed_since("Account", ["Id", "Colour__c"], LONG_AGO))
    for method, path, body in (("POST", DEALS, {"Colour__c": 1}), ("PUT", f"{DEALS}/x", {}), ("POST", "/_org/x", {})):
        with pytest.raises(Refused) as refused:
            ask(org, method, path, body)
        assert refused.value.args[0] in (400, 404)


def test_what_the_org_knows_survives_its_restart(tmp_path: Path) -> None:
    state = OrgState.load(ORGANIZATION_ID, tmp_path / "org.json")
    made = state.put("Deal_Registration__c", None, {"Quantity__c": 5})
    state.save()
    again = OrgState.load(ORGANIZATION_ID, tmp_path / "org.json")
    assert again.records["Deal_Registration__c"][made["Id"]]["Quantity__c"] == 5
    assert [q.record_id for q in again.queue] == [made["Id"]]
    assert again.put("Deal_Registration__c", None, {})["Name"] == "DR-000002"


def test_its_tokens_are_what_our_api_takes(tmp_path: Path) -> None:
    key = org_key(tmp_path / "keys" / "org.pem")
    assert org_key(tmp_path / "keys" / "org.pem") == key
    assert (tmp_path / "keys" / "org.pem").stat().st_mode & 0o077 == 0
    now, user = datetime(2026, 11, 22, 12, tzinfo=UTC), "0055w0000000001AAA"
    verifier = Bearer.configured(ORGANIZATION_ID, public_pem(key), "kicker")
    token = bearer(key, org=ORGANIZATION_ID, user=user, roles=["rep", "admin"], audience="kicker", now=now)
    caller = verifier.verify(token, now)
    assert (caller.user, caller.roles) == (user, {"rep", "admin"})
    with pytest.raises(InvalidToken):
        verifier.verify(token, now + timedelta(seconds=200))


def test_it_runs_as_a_program_and_leaves_its_public_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.org_simulator", "--directory", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(f"org {ORGANIZATION_ID} at http://127.0.0.1:")
            answer = urllib3.request("GET", line.split()[-1] + "/", timeout=10)
            assert answer.json() == {"org": ORGANIZATION_ID}
            assert "PUBLIC KEY" in (tmp_path / "org-public-key.pem").read_text()
        finally:
            process.terminate()
            assert process.wait(10) == 0
