"""Records become registrations by a mapping document; bad values become trouble, never an exception."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest

from chalicelib.adapters.field_mappings import bundled
from chalicelib.domain.errors import InvalidDocument
from chalicelib.domain.field_mapping import EPOCH, registration_from
from chalicelib.domain.mapping_documents import mapping_from
from chalicelib.domain.money import Money
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.domain.salesforce_values import MOST_CREDITED, full_id, split

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/field-mapping.schema.json").read_text())
DEAL = bundled()["Deal_Registration__c"]
OPPORTUNITY = bundled()["Opportunity"]
ANN, BOB = "005000000000001AAA", "005000000000002AAA"

APPROVED = {
    "Id": "a01000000000001AAA",
    "Name": "DR-000123",
    "Account__c": "001000000000001AAA",
    "Account_Name__c": "Acme",
    "Status__c": "Approved",
    "Approved_At__c": "2026-10-06T15:04:05.000Z",
    "Valid_Until__c": "2027-01-04",
    "Vendor__c": "Contoso",
    "Product_SKU__c": "ACM-EDR",
    "Product_Family__c": "Endpoint",
    "Quantity__c": "50.0",
    "Amount__c": "12500.5",
    "CurrencyIsoCode": "USD",
    "Deal_Type__c": "Net New",
    "Special_Bid__c": "SB-1",
    "Purchase_Order__c": "PO-1",
    "Credited_Reps__c": f"{ANN}:60;{BOB}:40",
    "OwnerId": ANN,
    "CreatedDate": "2026-10-05T09:00:00.000Z",
    "SystemModstamp": "2026-10-06T15:04:05.000Z",
}


def test_people_credited_in_a_role_stand_beside_the_split() -> None:
    """domain.md 16: the split alone sums to 100 %."""
    deal = registration_from(DEAL, {**APPROVED, "Credited_Reps__c": f"{ANN}:100;{BOB}:se:100"})
    assert (deal.credits, deal.overlays, deal.trouble) == ((Credit(ANN, WHOLE),), (Credit(BOB, WHOLE, "se"),), ())
    assert deal.seen_by() == (ANN, BOB)


def test_the_packages_registration_is_read_whole() -> None:
    read = registration_from(DEAL, APPROVED)
    assert read.trouble == ()
    assert (read.id, read.number, read.bid, read.po) == ("a01000000000001AAA", "DR-000123", "SB-1", "PO-1")
    assert (read.account, read.account_name) == ("001000000000001AAA", "Acme")
    assert (read.status, read.deal_type) == ("approved", "net_new")
    assert read.version == read.approved_at == datetime(2026, 10, 6, 15, 4, 5, tzinfo=UTC)
    assert read.created_at == datetime(2026, 10, 5, 9, tzinfo=UTC)
    assert read.valid_until == date(2027, 1, 4)
    assert (read.vendor, read.sku, read.family, read.quantity) == ("Contoso", "ACM-EDR", "Endpoint", 50)
    assert read.amount == Money(1250050, "USD")
    assert read.credits == (Credit(ANN, 6000), Credit(BOB, 4000))
    assert read.owner == ANN


def test_message_and_soql_spellings_of_one_record_are_the_same_registration() -> None:
    """Otherwise the sweep would call every record changed."""
    soql = APPROVED | {
        "SystemModstamp": "2026-10-06T15:04:05.000+0000",
        "Approved_At__c": "2026-10-06T15:04:05.000+0000",
        "CreatedDate": "2026-10-05T09:00:00.000+0000",
        "Quantity__c": "50",
        "Amount__c": "12500.50",
        "IsDeleted": "false",
        "Submitted_At__c": None,
    }
    assert registration_from(DEAL, soql) == registration_from(DEAL, APPROVED)


def test_fifteen_character_ids_become_eighteen() -> None:
    short = APPROVED | {"Id": "0065w000023STAm", "OwnerId": "0055w00000BhqR0", "Account__c": "0015w00002BFDeL"}
    read = registration_from(DEAL, short)
    assert (read.id, read.owner, read.account) == ("0065w000023STAmAAO", "0055w00000BhqR0AAJ", "0015w00002BFDeLAAX")


@pytest.mark.parametrize("id", ["", "   ", "0065w", "0065w000023STAmAA", "0065w000023STA-", "ünïcodeünïcodeü"])
def test_only_a_record_without_an_id_cannot_become_a_registration(id: str) -> None:
    assert full_id(id) is None
    with pytest.raises(ValueError, match="has no Salesforce id"):
        registration_from(DEAL, APPROVED | {"Id": id})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("Amount__c", "1e309", "no amount"),
        ("Amount__c", "NaN", "no amount"),
        ("Amount__c", "Infinity", "no amount"),
        ("Amount__c", "(1,234.50)", "no amount"),
        ("Amount__c", "10.000-", "no amount"),
        ("Amount__c", "-5", "below zero"),
        ("CurrencyIsoCode", "dollars", "currency"),
        ("Quantity__c", "1e309", "whole number"),
        ("Quantity__c", "NaN", "whole number"),
        ("Quantity__c", "2.5", "whole number"),
        ("Quantity__c", "-1", "whole number"),
        ("Quantity__c", "ten", "no number"),
        ("Status__c", "Sent to Mars", "no status"),
        ("Status__c", None, "no Status__c"),
        ("Deal_Type__c", "Barter", "no deal type"),
        ("Approved_At__c", None, "approved without a date"),
        ("Approved_At__c", "yesterday", "no date"),
        ("Approved_At__c", "0001-01-01T00:00:00+14:00", "no date"),
        ("Valid_Until__c", "20226-01-01", "no date"),
        ("Valid_Until__c", "0026-01-01", "year"),
        ("OwnerId", "somebody", "no Salesforce id"),
        ("Credited_Reps__c", None, "nobody is credited"),
        ("Credited_Reps__c", f"{ANN}:60", "sum to 60 %"),
        ("Credited_Reps__c", f"{ANN}:60;{BOB}:41", "sum to 101 %"),
        ("Credited_Reps__c", f"{ANN}:50;{ANN}:50", "stands twice"),
        ("Credited_Reps__c", f"{ANN}:50;{ANN[:15]}:50", "stands twice"),
        ("Credited_Reps__c", f"{ANN}:110;{BOB}:-10", "no share"),
        ("Credited_Reps__c", f"{ANN}:33.333;{BOB}:66.667", "two decimals"),
        ("Credited_Reps__c", f"{ANN}:NaN", "no share"),
        ("Credited_Reps__c", f"{ANN}:1e309", "no share"),
        ("Credited_Reps__c", f"{ANN}", "no percentage"),
        ("Credited_Reps__c", "Ann:100", "no Salesforce user id"),
        ("Name", "x" * 300, "300 characters"),
        ("CreatedDate", "", "add it to the outbound message"),
        ("Employees__c", "about 50", "no number"),
        ("Employees__c", "12.5", "no whole number of people"),
        ("Public_Sector__c", "maybe", "neither yes nor no"),
        ("Renewed_Quantity__c", "51", "51 of 50 seats cannot be renewed"),
        ("Renewed_Quantity__c", "30", "a net-new deal renews nothing"),
    ],
)
def test_a_bad_value_is_trouble_in_words_and_never_an_exception(field: str, value: str | None, says: str) -> None:
    read = registration_from(DEAL, APPROVED | {field: value})
    assert any(says in line for line in read.trouble), read.trouble
    assert sum(c.share for c in read.credits) in (0, WHOLE)


def test_the_customer_is_read_as_the_record_was_stamped() -> None:
    """W17, W56: size, vertical, region and public sector are facts of the registration, as of the deal's date."""
    stamp = {
        "Employees__c": "850.0", "Customer_Segment__c": "Mid-Market", "Vertical__c": "Healthcare", "Region__c": "EMEA",
        "Public_Sector__c": "false", "Deal_Type__c": "Renewal", "Renewed_Quantity__c": "30",
    }  # fmt: skip
    read = registration_from(DEAL, APPROVED | stamp)
    assert read.trouble == ()
    assert (read.employees, read.segment, read.vertical, read.region) == (850, "Mid-Market", "Healthcare", "EMEA")
    assert (read.public_sector, read.renewed_quantity) == (False, 30)
    bare = registration_from(DEAL, APPROVED)
    assert (bare.employees, bare.segment, bare.public_sector, bare.renewed_quantity) == (None, "", None, None)


def test_an_unknown_status_is_taken_for_submitted() -> None:
    assert registration_from(DEAL, APPROVED | {"Status__c": "Sent to Mars"}).status == "submitted"


@pytest.mark.parametrize(("word", "status"), [("approved", "approved"), (" EXPIRED ", "expired"), ("Lost", "lost")])
def test_capitals_of_a_status_do_not_matter(word: str, status: str) -> None:
    assert registration_from(DEAL, APPROVED | {"Status__c": word}).status == status


def test_a_submitted_registration_credits_nobody_yet_and_shows_to_its_owner() -> None:
    fresh = {k: v for k, v in APPROVED.items() if k not in ("Credited_Reps__c", "Approved_At__c")}
    read = registration_from(DEAL, fresh | {"Status__c": "Submitted"})
    assert (read.credits, read.approved_at, read.trouble) == ((), None, ())
    assert read.seen_by() == (ANN,)


def test_a_later_change_of_owner_moves_no_credit() -> None:
    """domain.md 35: the stamp of the approval counts."""
    moved = registration_from(DEAL, APPROVED | {"OwnerId": BOB})
    assert moved.credits == registration_from(DEAL, APPROVED).credits


def test_a_deleted_row_is_a_deleted_registration() -> None:
    assert registration_from(DEAL, APPROVED | {"IsDeleted": "true"}).status == "deleted"


def test_version_falls_back_to_older_stamps_and_to_the_epoch() -> None:
    without = {k: v for k, v in APPROVED.items() if k != "SystemModstamp"}
    later = registration_from(DEAL, without | {"LastModifiedDate": "2026-10-07T00:00:00.000Z"})
    assert later.version == datetime(2026, 10, 7, tzinfo=UTC)
    assert registration_from(DEAL, without).version == datetime(2026, 10, 5, 9, tzinfo=UTC)
    bare = registration_from(DEAL, {"Id": APPROVED["Id"], "Name": "DR-1"})
    assert bare.version == bare.created_at == EPOCH, "it can never replace a dated telling"
    assert any("nothing says which telling" in line for line in bare.trouble)


def test_a_deal_without_account_keeps_a_book_of_its_own() -> None:
    read = registration_from(DEAL, APPROVED | {"Account__c": None})
    assert read.account == read.id
    assert read.trouble == ()


OPEN = {
    "Id": "006000000000001AAA",
    "AccountId": "001000000000001AAA",
    "Amount": "45000.0",
    "CloseDate": "2026-07-11",
    "CreatedDate": "2026-05-08T13:40:22.000Z",
    "IsWon": "false",
    "IsClosed": "false",
    "LastModifiedDate": "2026-05-09T03:04:32.000Z",
    "OwnerId": ANN,
    "StageName": "Negotiation/Review",
    "SystemModstamp": "2026-05-09T03:04:32.000Z",
}


@pytest.mark.parametrize(
    ("change", "status", "approved_on"),
    [
        ({}, "submitted", None),
        ({"IsWon": "true", "IsClosed": "true", "StageName": "Closed Won"}, "approved", date(2026, 7, 11)),
        ({"IsWon": "true", "CloseDate": None}, "approved", date(2026, 5, 9)),
        ({"IsWon": None, "IsClosed": None, "StageName": "Closed Won"}, "approved", date(2026, 7, 11)),
        ({"IsClosed": "true", "StageName": "Abandoned"}, "lost", None),
        ({"StageName": "Closed Lost", "IsWon": None}, "lost", None),
    ],
)
def test_an_opportunity_is_approved_when_won(change: dict[str, str | None], status: str, approved_on: date) -> None:
    read = registration_from(OPPORTUNITY, OPEN | change)
    assert read.trouble == ()
    assert read.status == status
    assert (read.approved_at.date() if read.approved_at else None) == approved_on
    assert read.credits == (Credit(ANN, WHOLE),)
    assert read.amount == Money(4500000, "USD")


def test_a_date_without_time_is_that_day_in_america_and_europe() -> None:
    from chalicelib.domain.calendar import local_day

    won = registration_from(OPPORTUNITY, OPEN | {"IsWon": "true"})
    assert won.approved_at is not None
    for zone in ("America/Los_Angeles", "America/New_York", "UTC", "Europe/Berlin", "Asia/Tokyo"):
        assert local_day(won.approved_at, zone) == date(2026, 7, 11)


def test_more_reps_than_one_transaction_holds_are_refused() -> None:
    share = "4.76"
    many = ";".join(f"005{n:012d}AAA:{share}" for n in range(MOST_CREDITED + 1))
    with pytest.raises(ValueError, match="21 reps"):
        split(many)


# --- the document -----------------------------------------------------------------------------------------------

GOOD = json.loads((ROOT / "chalicelib/adapters/mappings/Deal_Registration__c.json").read_text())


FOLDERS = ("chalicelib/adapters/mappings", "docs/examples/mappings")
DOCUMENTS = [path for folder in FOLDERS for path in (ROOT / folder).iterdir()]


@pytest.mark.parametrize("path", sorted(DOCUMENTS), ids=lambda p: p.name)
def test_bundled_and_example_documents_are_valid_by_schema_and_by_code(path: Path) -> None:
    document = json.loads(path.read_text())
    jsonschema.validate(document, SCHEMA)
    assert mapping_from(document).object == document["object"]


BAD = [
    ({"object": "Deal; DELETE"}, "object"),
    ({"object": None}, "object"),
    ({"fields": {}}, "fields.version"),
    ({"fields": []}, "fields"),
    ({"fields": GOOD["fields"] | {"colour": ["Colour__c"]}}, "fields.colour"),
    ({"fields": GOOD["fields"] | {"sku": ["SKU__c FROM User"]}}, "fields.sku[0]"),
    ({"fields": GOOD["fields"] | {"sku": "SKU__c"}}, "fields.sku"),
    ({"fields": GOOD["fields"] | {"version": []}}, "fields.version"),
    ({"status": []}, "status"),
    ({"status": {}}, "status"),
    ({"status": ["Status__c"]}, "status[0]"),
    ({"status": [{"field": "Status__c", "words": {"OK": "okay"}}]}, "status[0].words.OK"),
    ({"status": [{"field": "Status__c", "words": []}]}, "status[0].words"),
    ({"otherwise": "maybe"}, "otherwise"),
    ({"approved_when": ["won"]}, "approved_when[0]"),
    ({"deal_type_words": {"New": "brand_new"}}, "deal_type_words.New"),
    ({"default_currency": "usd"}, "default_currency"),
    ({"owner_earns": "yes"}, "owner_earns"),
    ({"sweep": 1}, "sweep"),
    ({"surprise": 1}, "surprise"),
]


@pytest.mark.parametrize(("change", "path"), BAD, ids=[p for _, p in BAD])
def test_a_wrong_document_is_refused_by_schema_and_by_code_naming_the_path(change: dict, path: str) -> None:
    document = GOOD | change
    with pytest.raises(InvalidDocument) as refused:
        mapping_from(document)
    assert path in [p.path for p in refused.value.problems]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_every_problem_of_a_document_is_told_at_once() -> None:
    with pytest.raises(InvalidDocument) as refused:
        mapping_from(GOOD | {"object": "", "default_currency": "?", "otherwise": "?"})
    assert len(refused.value.problems) == 3
    for not_a_document in (None, [], "x", 3):
        with pytest.raises(InvalidDocument):
            mapping_from(not_a_document)


def test_names_are_what_the_sweep_selects() -> None:
    assert {"Id", "IsDeleted", "SystemModstamp", "Status__c", "Credited_Reps__c"} <= set(DEAL.names())
