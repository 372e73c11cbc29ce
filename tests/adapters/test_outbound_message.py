"""Outbound messages as Salesforce sends them (samples of the same shape as real captures), and as nobody should."""

from __future__ import annotations

from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from chalicelib.adapters.outbound_message import (
    LARGEST_BODY,
    TooLarge,
    ack,
    fault,
    is_known_token,
    read,
    same_organization,
)
from chalicelib.domain.errors import InvalidMessage

GOLDEN = Path(__file__).parents[1] / "golden" / "outbound"
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{org}</OrganizationId>'
    "<ActionId>04k000000000001AAA</ActionId>{body}</notifications></e:Body></e:Envelope>"
)


def note(number: int = 1, fields: str = "<s:Id>001000000000001AAA</s:Id>", type_: str = 'xsi:type="s:Account"') -> str:
    return (
        f"<Notification><Id>04l{number:015d}</Id>"
        f'<sObject {type_} xmlns:s="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject></Notification>'
    )


def message(*notes: str, org: str = "00D000000000001EAA") -> bytes:
    return ENVELOPE.format(org=org, body="".join(notes)).encode()


@pytest.mark.parametrize(
    ("name", "object_type", "records"),
    [
        ("three_contacts_of_a_bulk_edit", "Contact", 3),
        ("account_with_a_null_field_left_out", "Account", 1),
        ("account_with_the_field_filled", "Account", 1),
        ("two_contacts_with_a_session_id", "Contact", 2),
        ("opportunity_with_every_field", "Opportunity", 1),
        ("opportunity_won", "Opportunity", 1),
        ("deal_registration_approved", "Deal_Registration__c", 1),
    ],
)
def test_every_notification_of_a_message_is_read(name: str, object_type: str, records: int) -> None:
    told = read((GOLDEN / f"{name}.xml").read_bytes())
    assert told.organization_id[:15] == "00DAb0000009XyZ"
    assert [n.object_type for n in told.notifications] == [object_type] * records
    assert all(n.record_id == n.fields["Id"] and n.id.startswith("04l") for n in told.notifications)
    assert len({n.id for n in told.notifications}) == records


def test_a_field_left_out_is_absent_and_a_filled_one_is_there() -> None:
    left_out = read((GOLDEN / "account_with_a_null_field_left_out.xml").read_bytes()).notifications[0]
    filled = read((GOLDEN / "account_with_the_field_filled.xml").read_bytes()).notifications[0]
    assert "Industry" not in left_out.fields
    assert filled.fields["Industry"] == "Agriculture"


def test_a_session_id_is_never_kept() -> None:
    told = read((GOLDEN / "two_contacts_with_a_session_id.xml").read_bytes())
    assert "SESSION" not in repr(told)


def test_escaped_text_comes_back_whole() -> None:
    told = read((GOLDEN / "opportunity_with_every_field.xml").read_bytes())
    assert told.notifications[0].fields["Name"] == "Hikers & Sons (Sample)"


def test_a_record_deleted_meanwhile_keeps_what_is_known() -> None:
    deleted = read((GOLDEN / "deal_registration_deleted_meanwhile.xml").read_bytes()).notifications[0]
    assert (deleted.is_empty(), deleted.record_id) == (True, "a01Ab000004Deal1AA")
    nothing = read((GOLDEN / "record_of_which_nothing_is_left.xml").read_bytes()).notifications[0]
    assert (nothing.is_empty(), nothing.record_id, nothing.object_type) == (True, "", "Deal_Registration__c")


def test_a_notification_without_any_record_is_kept_too() -> None:
    [told] = read(message("<Notification><Id>04l000000000001AAA</Id></Notification>")).notifications
    assert (told.object_type, told.record_id, told.is_empty()) == ("", "", True)


def test_nil_compound_and_foreign_elements_are_no_fields() -> None:
    fields = (
        "<s:Id>001000000000001AAA</s:Id><s:Phone xsi:nil='true'/><s:fieldsToNull>Fax</s:fieldsToNull>"
        "<s:BillingAddress><s:city>Oslo</s:city></s:BillingAddress><x xmlns='urn:other'>1</x><s:Fax>  </s:Fax>"
        "<s:Name>  Acme\n</s:Name>"
    )
    [told] = read(message(note(fields=fields))).notifications
    assert told.fields == {"Id": "001000000000001AAA", "Name": "Acme"}


def test_any_prefix_of_the_type_will_do() -> None:
    for prefix in ("sf:", "ns1:", ""):
        [told] = read(message(note(type_=f'xsi:type="{prefix}Account"'))).notifications
        assert told.object_type == "Account"


def test_a_soap_header_is_passed_over() -> None:
    raw = message(note()).replace(b"<e:Body>", b"<e:Header><x xmlns='urn:x'><y>1</y></x></e:Header><e:Body>")
    assert len(read(raw).notifications) == 1


def test_a_hundred_notifications_are_the_most() -> None:
    assert len(read(message(*(note(i) for i in range(100)))).notifications) == 100
    with pytest.raises(InvalidMessage, match="more than 100"):
        read(message(*(note(i) for i in range(101))))


def test_a_message_without_notifications_is_refused() -> None:
    with pytest.raises(InvalidMessage, match="no notification"):
        read(message())


def test_a_body_of_a_megabyte_is_refused_unread() -> None:
    padded = message(note(fields=f"<s:Id>1</s:Id><s:Name>{'x' * 1_000_000}</s:Name>"))
    with pytest.raises(TooLarge, match=str(LARGEST_BODY)):
        read(padded)


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><l>&i;</l>"
)


@pytest.mark.parametrize(
    ("what", "raw"),
    [
        ("billion laughs", BILLION_LAUGHS.encode()),
        ("one big entity", b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 100_000 + b'">]><a>' + b"&a;" * 50_000 + b"</a>"),
        ("a file", b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]><a>&f;</a>'),
        ("an address", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>'),
        ("a parameter entity", b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>'),
        ("an empty document type", b"<!DOCTYPE a><a/>"),
    ],
)
def test_document_types_and_entities_are_refused(what: str, raw: bytes) -> None:
    with pytest.raises(InvalidMessage, match="document type or entity"):
        read(raw)


def test_xml_nested_two_hundred_thousand_deep_is_stopped_at_the_eleventh_level() -> None:
    """200,000 levels are more than the size limit holds; as many as fit are stopped by the depth limit, before the
    malformed rest is even looked at."""
    with pytest.raises(TooLarge):
        read(message(note(fields="<a>" * 200_000 + "</a>" * 200_000)))
    with pytest.raises(InvalidMessage, match="deeper than 10"):
        read(message(note(fields="<a>" * 70_000 + "</a>" * 70_000)))
    with pytest.raises(InvalidMessage, match="deeper than 10"):
        read(message(note(fields="<a>" * 100_000 + "<<<<")))


def test_depth_is_limited_in_the_soap_header_too() -> None:
    raw = message(note()).replace(b"<e:Body>", b"<e:Header>" + b"<a>" * 50_000)
    with pytest.raises(InvalidMessage, match="deeper than 10"):
        read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"{}",
        b"\x00\x01\x02",
        b"\xff\xfe<\x00",
        b"<a/>",
        b"<a><b></a>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        message(note())[:-20],
        message(note()) + b"<more/>",
        message(note()).replace(b"2005/09/outbound", b"2005/09/inbound"),
        message(note()).replace(b"<OrganizationId>00D000000000001EAA</OrganizationId>", b""),
        message(note(), org=" "),
        message(note(fields="<s:Id>001000000000001AAA</s:Id><s:Id>001000000000002AAA</s:Id>")),
        b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/></e:Envelope>",
    ],
    ids=range(16),
)
def test_what_is_no_outbound_message_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(InvalidMessage) as refused:
        read(raw)
    assert str(refused.value)


def test_the_organization_is_compared_on_fifteen_characters() -> None:
    ours = "00D000000000001EAA"
    assert same_organization("00D000000000001", ours)
    assert same_organization("00D000000000001EAA", ours[:15])
    assert not same_organization("00D000000000002EAA", ours)
    assert not same_organization("00D000000000001EAAxyz", ours)
    assert not same_organization("", ours)
    assert not same_organization("", ""), "a deployment without an organization takes nothing"


def test_both_live_tokens_open_and_nothing_else_does() -> None:
    live = ["new-token", "old-token"]
    assert is_known_token("new-token", live)
    assert is_known_token("old-token", live)
    for wrong in ("", "new-toke", "new-token ", "NEW-TOKEN", "nëw", "\ud800"):
        assert not is_known_token(wrong, live)
    assert not is_known_token("", [""]), "an empty secret opens nothing"
    assert not is_known_token("", [])


def test_ack_and_fault_look_like_this() -> None:
    assert ack() == (GOLDEN / "ack.xml").read_text()
    assert fault('Rock & <Roll> "later"') == (GOLDEN / "fault.xml").read_text()
    assert fromstring(ack()).find(".//{http://soap.sforce.com/2005/09/outbound}Ack").text == "true"
    assert "Ack" not in fault("x")
