"""The teller from event to what the org holds: the real wiring on moto's tables, an org that checks what it gets."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib import bootstrap, bootstrap_salesforce
from chalicelib.adapters.dynamodb.told import ToldTable
from chalicelib.adapters.salesforce_writer import SalesforceWriter
from chalicelib.domain.moments import NO_RECORD, Moment
from chalicelib.domain.salesforce_values import full_id
from chalicelib.domain.write_back import FIELDS
from chalicelib.services.told_port import Answer, OrgRefused, Target, ToldBook, ToldRecord, Update
from local.org_simulator import CONSUMER_KEY, CONSUMER_SECRET, OrgSimulator
from tests.builders import a_line, a_registration
from tests.fakes.api import CONTEXT
from tests.fakes.tokens import REP
from tests.rebuilt import forget_what_was_built

OBJECT = "Deal_Registration__c"
DEAL = str(full_id("a0D5w000000Deal"))
NOW = "2026-10-05T15:05:00Z"
TARGET = Target(OBJECT, frozenset(FIELDS))


@pytest.fixture
def org(running: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[OrgSimulator]:
    """A deployment whose program runs, and its org with one rep and one registration."""
    keys = json.dumps({"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET})
    boto3.client("secretsmanager").create_secret(Name="kicker/test/salesforce", SecretString=keys)
    with OrgSimulator() as simulator:
        simulator.state.fixed_now = "2026-10-05T15:00:00Z"
        simulator.state.put("User", REP, {"Name": "Ana Ruiz"})
        simulator.state.put(OBJECT, DEAL, {"OwnerId": REP, "Account_Name__c": "Harborline Foods"})
        monkeypatch.setenv("KICKER_SALESFORCE_URL", simulator.url)
        monkeypatch.setenv("KICKER_TELL", "fields,bells,digest")
        forget_what_was_built()
        yield simulator


def registered(**changes: Any) -> None:
    from chalicelib.domain.registrations import WHOLE, Credit

    plain = {"id": DEAL, "owner": REP, "credits": (Credit(REP, WHOLE),), "sku": "ACM-EDR-1Y"}
    deal = a_registration(**{**plain, **changes})
    bootstrap.registration_scorer().score_registration(deal, datetime(2026, 10, 5, 15, 0, tzinfo=UTC))


def tell_at(time: str) -> dict[str, Any]:
    handler = importlib.import_module("chalicelib.handlers.telling").tell_salesforce
    event = {
        "version": "0", "id": "1", "account": "0", "region": "us-east-1", "time": time, "source": "aws.events",
        "detail-type": "Scheduled Event", "detail": {}, "resources": [],
    }  # fmt: skip
    answer: dict[str, Any] = handler(event, CONTEXT)
    return answer


def record(org: OrgSimulator) -> dict[str, Any]:
    return org.state.records[OBJECT][DEAL]


def test_an_approved_registration_says_so_on_its_record_and_rings_once(org: OrgSimulator, capsys: Any) -> None:
    registered()
    told = tell_at(NOW)
    assert (told["written"], told["rung"], told["failures"]) == (1, 1, [])
    assert record(org)["SPIFF_State__c"] == "pending"
    assert record(org)["SPIFF_Worth__c"].endswith(" waiting")
    assert record(org)["SPIFF_As_Of__c"] == "2026-10-05T15:05:00.000Z"
    [bell] = org.state.bells
    assert bell["recipientIds"] == [REP]
    assert bell["targetId"] == DEAL
    assert (tell_at("2026-10-05T15:10:00Z")["written"], len(org.state.bells)) == (0, 1)
    printed = capsys.readouterr().out
    assert re.search(r'"UntoldMinutes": ?\[?0', printed), "the alarm's figure"
    assert "Harborline" not in printed, "logs carry ids and counts only"


def test_the_record_we_wrote_comes_back_as_a_message_and_moves_nothing(org: OrgSimulator) -> None:
    """The loop guard, with the org's own echo of the update read by the real sweep."""
    registered(version=datetime(2026, 10, 5, 14, 0, tzinfo=UTC))
    tell_at(NOW)
    bootstrap_salesforce.org_sweep().run(bootstrap.field_mappings().all(), datetime(2026, 10, 5, 15, 6, tzinfo=UTC))
    settled = record(org)["SystemModstamp"]
    for minute in (10, 15, 20):
        tell_at(f"2026-10-05T15:{minute}:00Z")
        bootstrap_salesforce.org_sweep().run(
            bootstrap.field_mappings().all(), datetime(2026, 10, 5, 15, minute + 1, tzinfo=UTC)
        )
    # The sweep read the record's own facts, which differ from what the test had told: one more round, then silence.
    last = record(org)["SystemModstamp"]
    tell_at("2026-10-05T15:25:00Z")
    assert record(org)["SystemModstamp"] == last
    assert settled <= last


@pytest.mark.parametrize(
    ("how", "times", "later"),
    [("limit", 1, "2026-10-05T15:35:00Z"), ("unavailable", 4, "2026-10-05T15:10:00Z")],
)  # fmt: skip
def test_an_org_that_cannot_answer_is_asked_again(org: OrgSimulator, how: str, times: int, later: str) -> None:
    registered()
    org.failing = [how] * times  # a read is repeated three times before it gives up
    assert len(tell_at(NOW)["failures"]) == 1
    assert org.failing == []
    tell_at(later)
    assert record(org)["SPIFF_State__c"] == "pending"
    assert len(org.state.bells) == 1


def test_an_update_that_was_carried_out_and_never_answered_is_made_again(org: OrgSimulator) -> None:
    registered()
    org.state.bells.clear()
    real = org.rest

    def rest(method: str, *args: Any) -> Any:
        told = real(method, *args)
        if method == "PATCH" and not org.failing:
            org.rest = real  # type: ignore[method-assign]
            from local.org_http import Unanswered

            raise Unanswered
        return told

    org.rest = rest  # type: ignore[method-assign]
    assert tell_at(NOW)["failures"] != []
    told = tell_at("2026-10-05T15:10:00Z")
    assert (told["failures"], told["written"]) == ([], 1)
    assert record(org)["SPIFF_As_Of__c"] == "2026-10-05T15:10:00.000Z"


def test_an_expired_session_is_renewed_in_the_middle_of_it(org: OrgSimulator) -> None:
    writer = a_writer(org)
    writer.targets([OBJECT])
    org.sessions.clear()
    assert writer.write([Update(TARGET, DEAL, {"SPIFF_State__c": "pending"})]) == [Answer()]


def test_a_refused_record_is_a_value_beside_the_others(org: OrgSimulator) -> None:
    other = org.state.put(OBJECT, None, {})["Id"]
    gone = org.state.put(OBJECT, None, {})["Id"]
    org.state.delete(OBJECT, gone)
    org.refused = {DEAL: ["UNABLE_TO_LOCK_ROW"]}
    told = a_writer(org).write([Update(TARGET, id, {"SPIFF_State__c": "x"}) for id in (DEAL, other, gone)])
    assert [(a.code, a.gone) for a in told] == [
        ("UNABLE_TO_LOCK_ROW", False), ("", False), ("ENTITY_IS_DELETED", True),
    ]  # fmt: skip
    assert org.state.records[OBJECT][other]["SPIFF_State__c"] == "x"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"Nothing__c": "x"}, "INVALID_FIELD"), ({"SPIFF_Waits_For__c": "x" * 256}, "STRING_TOO_LONG"),
     ({"SystemModstamp": "2026-10-05T15:05:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
     ({"SPIFF_Confirmed_Points__c": "12"}, "JSON_PARSER_ERROR")],
)  # fmt: skip
def test_the_org_checks_every_field_it_is_sent(org: OrgSimulator, values: dict[str, Any], code: str) -> None:
    [answer] = a_writer(org).write([Update(TARGET, DEAL, values)])
    assert answer.code == code


def test_the_org_takes_two_hundred_records_and_no_more(org: OrgSimulator) -> None:
    from local.org_http import Refusal
    from local.org_writes import update_records

    records = [{"attributes": {"type": OBJECT}, "id": str(full_id(f"a0D5w0000009{n:03}"))} for n in range(201)]
    assert len(update_records(org.state, {"allOrNone": False, "records": records[:200]}, {})) == 200
    with pytest.raises(Refusal):
        update_records(org.state, {"allOrNone": False, "records": records}, {})


def test_a_bell_for_nobody_is_refused_beside_one_that_rings(org: OrgSimulator) -> None:
    moments = [Moment("005000000000000AAA", "k", "t", "b"), Moment(REP, "k", "t" * 300, "b" * 800, NO_RECORD)]
    assert [a.code for a in a_writer(org).ring(moments)] == ["INVALID_ID_FIELD", ""]
    [bell] = org.state.bells
    assert (len(bell["title"]), len(bell["body"])) == (250, 750)


def test_an_org_without_the_notification_type_says_what_to_do(
    org: OrgSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.org_simulator.NOTIFICATION_TYPES", {})
    with pytest.raises(OrgRefused, match="deploy the package") as refused:
        a_writer(org).ring([Moment(REP, "k", "t", "b")])
    assert refused.value.sure


def a_writer(org: OrgSimulator) -> SalesforceWriter:
    return SalesforceWriter(org.url, lambda: {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET})


# --- the table ----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(running: Any) -> ToldTable:
    return ToldTable(bootstrap.client("dynamodb"), "kicker-core", "kicker-ops")


def test_the_lease_is_one_runs_until_it_ends_or_is_given_back(told: ToldTable) -> None:
    now = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
    minute = timedelta(minutes=1)
    first = told.lease(now, now + 4 * minute)
    assert first is not None
    assert told.lease(now + minute, now + 5 * minute) is None
    second = told.lease(now + 4 * minute, now + 8 * minute)
    assert second is not None
    told.release(first)  # too late: it is somebody else's
    assert told.lease(now + 5 * minute, now + 9 * minute) is None
    told.release(second)
    assert told.lease(now + 5 * minute, now + 9 * minute) is not None


def test_what_was_told_and_claimed_is_kept(told: ToldTable) -> None:
    now = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
    book = ToldBook("a/2026Q4", "seen", {DEAL: ToldRecord("", 2, "f00", now)})
    told.keep(book)
    assert told.told(["a/2026Q4", "b/2026Q4"]) == {"a/2026Q4": book}
    moment = Moment(REP, "confirmed/x/y", "t", "b")
    assert [told.claim(moment, now), told.claim(moment, now)] == [True, False]
    told.give_back(moment)
    assert [told.claim(moment, now), told.claim(moment, now)] == [True, False]


def test_books_and_entries_are_found_by_when_they_were_posted(told: ToldTable) -> None:
    registered()
    posted = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
    bootstrap.line_scorer().score([a_line(sku="ACM-EDR-1Y")], posted + timedelta(hours=1))
    [book] = told.books_since(REP, posted)
    assert book.endswith("/2026Q4")
    assert told.books_since(REP, posted + timedelta(hours=2)) == set()
    assert [e.posted_at for e in told.entries(REP, posted, posted + timedelta(hours=1))] == [posted]
    assert len(told.entries(REP, posted, posted + timedelta(hours=2))) == 2
