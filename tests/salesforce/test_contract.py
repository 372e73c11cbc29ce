"""What the package is in Salesforce is what Kicker reads, writes and lets in: fields, messages, tokens, routes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from chalicelib.adapters.bearer import AUDIENCE, LONGEST_LIFE_S, ROLES, Bearer
from chalicelib.adapters.field_mappings import bundled
from chalicelib.adapters.outbound_message import read
from chalicelib.domain.field_mapping import FieldMapping, registration_from
from chalicelib.domain.salesforce_values import split
from local.org_state import SCHEMAS, OrgState
from local.org_tokens import bearer, org_key, public_pem
from tests.salesforce.flow_references import stamped
from tests.salesforce.sources import ROOT, Sources, Xml

SOURCES = Sources.of()
OBJECTS = SOURCES.objects()
ORG, REP, OTHER, ENGINEER = "00D58000000ABCDEAQ", "00558000001abcDAAQ", "00558000001abcEAAQ", "00558000001abcFAAQ"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REGISTRATION = "Deal_Registration__c"
# The platform's own: no permission set can grant or refuse them. The last is there with several currencies only.
SYSTEM = frozenset({"Id", "Name", "OwnerId", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"})
ONE_CURRENCY = frozenset({"CurrencyIsoCode"})
TEXTS, NUMBERS, DAYS = {"Text", "Picklist"}, {"Number"}, {"Date", "DateTime"}
# What may fill each role of a mapping.
FITTING: Mapping[str, set[str]] = {
    "version": {"DateTime"}, "created_at": {"DateTime"}, "approved_at": DAYS, "valid_until": DAYS,
    "account": {"Lookup"}, "owner": {"Lookup"}, "account_name": TEXTS, "number": TEXTS, "bid": TEXTS, "po": TEXTS,
    "vendor": TEXTS, "sku": TEXTS, "family": TEXTS, "segment": TEXTS, "vertical": TEXTS, "region": TEXTS,
    "quantity": NUMBERS, "employees": NUMBERS, "renewed_quantity": NUMBERS, "amount": {"Currency"},
    "currency": {"Picklist"}, "deal_type": {"Picklist"}, "split": {"Text"}, "public_sector": {"Picklist", "Checkbox"},
}  # fmt: skip
WRITTEN_BACK = (
    "SPIFF_State__c", "SPIFF_Provisional_Points__c", "SPIFF_Confirmed_Points__c", "SPIFF_Worth__c",
    "SPIFF_Waits_For__c", "SPIFF_As_Of__c",
)  # fmt: skip


def permissions(name: str) -> Xml:
    [found] = [xml for found, xml in SOURCES.read(".permissionset-meta.xml") if found == name]
    return found


def fields_of(name: str, owner: str, *, editable: bool = False) -> set[str]:
    """The fields of an object a permission set lets its holder read, or edit."""
    entries = [e for e in permissions(name).all("fieldPermissions") if e.text("field").startswith(f"{owner}.")]
    return {e.text("field").partition(".")[2] for e in entries if not editable or e.text("editable") == "true"}


def may(name: str, owner: str) -> set[str]:
    """What a permission set allows with the records of an object."""
    [found] = [o for o in permissions(name).all("objectPermissions") if o.text("object") == owner]
    return {c.tag.partition("}")[2] for c in found.node if (c.text or "") == "true"}


# --- what Kicker reads


@pytest.mark.parametrize("mapping", bundled().values(), ids=lambda m: m.object)
def test_every_field_of_the_shipped_mapping_is_in_the_package_and_fits(mapping: FieldMapping) -> None:
    have = OBJECTS[mapping.object]
    assert [n for n in mapping.names() if n not in have] == []
    unfit = {
        (role, name): have[name].kind
        for role, names in mapping.fields.items()
        for name in names
        if have[name].kind not in FITTING[role]
    }
    assert unfit == {}


@pytest.mark.parametrize(
    ("object_name", "permission_set"),
    [(REGISTRATION, "Spiff_Integration"), ("Opportunity", "Spiff_Opportunity_Integration")],
)
def test_kickers_user_may_read_every_field_of_the_shipped_mapping(object_name: str, permission_set: str) -> None:
    """A field it cannot read is missing from the message and from the sweep alike, and looks empty."""
    own = {n for n in bundled()[object_name].names() if n.endswith("__c")}
    assert own - fields_of(permission_set, object_name) == set()
    assert {"allowRead", "viewAllRecords"} <= may(permission_set, object_name)


@pytest.mark.parametrize(
    ("object_name", "message"),
    [(REGISTRATION, "Spiff_Registration"), ("Opportunity", "Spiff_Opportunity")],
)
def test_the_outbound_message_carries_what_the_mapping_reads_and_no_more(object_name: str, message: str) -> None:
    """A field that was not selected looks like an empty one."""
    told = SOURCES.messages()[f"{object_name}.{message}"].texts("fields")
    read_from_it = set(bundled()[object_name].names()) - {"IsDeleted"} - ONE_CURRENCY
    assert sorted(told) == sorted(set(told)), "a field is selected twice"
    assert set(told) == read_from_it | {"Id", "SystemModstamp", "CreatedDate", "LastModifiedDate"}


@pytest.mark.parametrize("message", sorted(SOURCES.messages()))
def test_no_message_carries_a_session_or_a_token(message: str) -> None:
    xml = SOURCES.messages()[message]
    assert xml.text("includeSessionId") == "false"
    assert xml.text("endpointUrl").endswith("/salesforce/outbound-messages/TOKEN"), "a token belongs in no file"


def test_the_words_of_the_picklists_are_the_words_of_the_mapping() -> None:
    mapping, have = bundled()[REGISTRATION], OBJECTS[REGISTRATION]
    [status] = mapping.status
    assert {w.casefold() for w in have["Status__c"].words} == set(status.words)
    assert {w.casefold() for w in have["Deal_Type__c"].words} <= set(mapping.deal_type_words)
    assert {mapping.deal_type_words[w.casefold()] for w in have["Deal_Type__c"].words} == {
        "net_new", "renewal", "expansion"
    }  # fmt: skip
    assert have["Public_Sector__c"].words == {"Yes", "No"}
    assert all(have[name].restricted for name in ("Status__c", "Deal_Type__c", "Public_Sector__c"))


def test_what_the_message_tells_is_the_registration_the_sweep_reads() -> None:
    """Of one record: through the SOAP the package's message makes, and whole."""
    stamp = f"{REP}:60;{OTHER}:40;{ENGINEER}:se:100;"
    record = {
        "Account__c": "00158000001abcDAAQ", "Account_Name__c": "Initech & Söhne", "Status__c": "Approved",
        "Approved_At__c": "2026-11-20T09:00:00.000Z", "Valid_Until__c": "2027-02-20", "Vendor__c": "Acme",
        "Product_SKU__c": "ACM-1", "Product_Family__c": "Security", "Quantity__c": 50, "Amount__c": 1234.5,
        "CurrencyIsoCode": "USD", "Deal_Type__c": "Expansion", "Special_Bid__c": "SB-1", "Purchase_Order__c": "PO-1",
        "Credited_Reps__c": stamp, "Employees__c": 240, "Customer_Segment__c": "SMB", "Vertical__c": "Retail",
        "Region__c": "EMEA", "Public_Sector__c": "No", "Renewed_Quantity__c": 10,
    }  # fmt: skip
    org = OrgState(ORG, clock=lambda: NOW)
    whole = org.put(REGISTRATION, None, record | {"OwnerId": REP})
    selected = SOURCES.messages()[f"{REGISTRATION}.Spiff_Registration"].texts("fields")
    org.records[REGISTRATION][whole["Id"]] = {name: whole[name] for name in selected}

    [told] = read(org.envelope(org.queue)).notifications

    mapping = bundled()[REGISTRATION]
    heard = registration_from(mapping, told.fields)
    assert heard == registration_from(mapping, {n: str(v) for n, v in whole.items()})
    assert heard.trouble == ()
    assert [(c.rep, c.share) for c in heard.credits] == [(REP, 6000), (OTHER, 4000)]
    assert [(c.rep, c.role) for c in heard.overlays] == [(ENGINEER, "se")]


def test_the_simulated_org_has_no_field_of_a_registration_that_the_package_lacks() -> None:
    assert set(SCHEMAS[REGISTRATION][1]) - set(OBJECTS[REGISTRATION]) == set()


# --- what is stamped


def test_the_flow_stamps_who_is_credited_when_and_by_whom_before_the_record_is_saved() -> None:
    assigned = stamped(SOURCES, "Deal_Registration_Stamp")
    assert {"Credited_Reps__c", "Approved_At__c", "Approved_By__c"} <= set(assigned)
    assert not any(field.computed for field in assigned.values())
    [start] = next(x for n, x in SOURCES.read(".flow-meta.xml") if n == "Deal_Registration_Stamp").all("start")
    assert start.text("triggerType") == "RecordBeforeSave", "rules about what is stamped run after it"
    assert "Credited_Reps__c" in start.anywhere("field"), "stamped once: a later change of owner moves nothing"
    assert start.text("doesRequireRecordChangedToMeetCriteria") == "true", "what was approved long ago keeps its day"


def share_formula() -> str:
    flow = next(x for n, x in SOURCES.read(".flow-meta.xml") if n == "Deal_Registration_Stamp")
    return next(f.text("expression") for f in flow.all("formulas") if f.text("name") == "Share")


def test_a_share_is_stamped_as_kicker_reads_it() -> None:
    """The formula cannot be run here, so its parts are held in their order: id, role if not a seller, percent."""
    parts = re.findall(r'Rep__c|Role__c\}\)|Percent__c|"[:;]"', share_formula())
    assert parts == ["Rep__c", '":"', "Role__c})", '":"', "Percent__c", '";"']
    credits = split(f"{REP}:66.67;{OTHER}:33.33;{ENGINEER}:se:100;")
    assert [(c.rep, c.role, c.share) for c in credits] == [
        (REP, "", 6667), (OTHER, "", 3333), (ENGINEER, "se", 10000)
    ]  # fmt: skip


def test_the_longest_stamp_the_rules_allow_fits_its_field() -> None:
    rules = dict(SOURCES.read(".validationRule-meta.xml"))
    [most] = re.findall(r"Split_Count__c > (\d+)", rules["Eight_People_At_Most"].text("errorConditionFormula"))
    roles = OBJECTS["Deal_Split__c"]["Role__c"].words - {"Seller"}
    assert all(re.fullmatch(r"[a-z0-9-]{1,4}", role) for role in roles)
    longest = f"{REP}:abcd:33.33;" * int(most)
    assert len(longest) <= OBJECTS[REGISTRATION]["Credited_Reps__c"].length
    split("".join(f"{REP[:-2]}{n}A:{12.5};" for n in range(int(most))))


# --- what Kicker writes back


def test_the_score_fields_are_there_and_kickers_user_edits_nothing_else() -> None:
    have = OBJECTS[REGISTRATION]
    assert [n for n in WRITTEN_BACK if n not in have] == []
    assert fields_of("Spiff_Integration", REGISTRATION, editable=True) == {*WRITTEN_BACK, "SPIFF_Key__c"}
    assert may("Spiff_Integration", REGISTRATION) == {"allowRead", "allowEdit", "viewAllRecords"}


@pytest.mark.parametrize("object_name", [REGISTRATION, "Opportunity"])
def test_the_score_fits_its_fields(object_name: str) -> None:
    have = OBJECTS[object_name]
    assert [have[n].kind for n in WRITTEN_BACK] == ["Text", "Number", "Number", "Text", "Text", "DateTime"]
    assert have["SPIFF_Worth__c"].length == have["SPIFF_Waits_For__c"].length == 255
    assert not any(have[n].computed or have[n].obligatory for n in WRITTEN_BACK)


def test_there_is_a_bell_to_ring_and_kickers_user_may() -> None:
    assert SOURCES.names(".notiftype-meta.xml") == {"SPIFF_News"}
    held = permissions("Spiff_Integration").all("userPermissions")
    assert {p.text("name") for p in held} == {"ApiEnabled", "SendCustomNotifications"}
    assert may("Spiff_Integration", "Spiff_Standing_Changed__e") == {"allowRead", "allowCreate"}


def test_registrations_can_be_upserted_by_their_own_id() -> None:
    [key] = [Xml.of(p) for p in SOURCES.files("SPIFF_Key__c.field-meta.xml")]
    assert (key.text("externalId"), key.text("unique"), key.text("length")) == ("true", "true", "18")
    flow = next(x for n, x in SOURCES.read(".flow-meta.xml") if n == "Deal_Registration_Key")
    assert flow.anywhere("elementReference") == ["$Record.Id"]


@pytest.mark.parametrize(
    "path", [p for p in SOURCES.files(".validationRule-meta.xml") if REGISTRATION in p.parts], ids=lambda p: p.stem
)
def test_no_rule_refuses_a_write_back_for_what_was_wrong_before(path: object) -> None:
    """Rules look at what changes; Kicker changes the SPIFF fields only."""
    text = Xml.of(path).text("errorConditionFormula")  # type: ignore[arg-type]
    assert "ISCHANGED(" in text or "ISNEW()" in text
    assert not any(name in text for name in WRITTEN_BACK)


@pytest.mark.parametrize("flow", ["Deal_Registration_Send", "Spiff_Opportunity_Send"])
def test_what_kicker_writes_back_is_not_sent_to_it_again(flow: str) -> None:
    xml = next(x for n, x in SOURCES.read(".flow-meta.xml") if n == flow)
    [decision] = xml.all("decisions")
    assert [f.text("expression") for f in xml.all("formulas")] == ["{!$Permission.Spiff_Integration}"]
    assert [r.anywhere("targetReference") for r in decision.all("rules")] == [[]], "Kicker's own change ends there"
    holders = [n for n, p in SOURCES.read(".permissionset-meta.xml") if "Spiff_Integration" in p.anywhere("name")]
    assert holders == ["Spiff_Integration"], "a person with it would never be heard"


# --- who may what


def test_a_rep_edits_neither_stamps_nor_scores() -> None:
    stamps = {"Approved_At__c", "Approved_By__c", "Credited_Reps__c", "Credit_Change_Reason__c"}
    assert fields_of("Spiff_Rep", REGISTRATION, editable=True) & (stamps | {*WRITTEN_BACK, "SPIFF_Key__c"}) == set()
    assert set(WRITTEN_BACK) <= fields_of("Spiff_Rep", REGISTRATION), "but sees what became of her deal"
    assert may("Spiff_Rep", REGISTRATION) == {"allowRead", "allowCreate", "allowEdit"}


def test_a_rep_sees_the_app_and_every_tab_of_it() -> None:
    [app] = [x for _, x in SOURCES.read(".app-meta.xml")]
    seen = {t.text("tab") for t in permissions("Spiff_Rep").all("tabSettings") if t.text("visibility") == "Visible"}
    assert seen == {tab for tab in app.texts("tabs") if not tab.startswith("standard-")}
    given = permissions("Spiff_Rep").all("applicationVisibilities")
    assert {a.text("application") for a in given} == SOURCES.names(".app-meta.xml")


@pytest.mark.parametrize("name", ["Spiff_Finance", "Spiff_Auditor"])
def test_finance_and_auditors_change_no_record(name: str) -> None:
    assert [e for e in permissions(name).anywhere("editable") if e == "true"] == []
    assert may(name, REGISTRATION) == {"allowRead", "viewAllRecords"}


def test_each_role_has_one_permission_set_and_no_profile_is_shipped() -> None:
    held = {n: {p.text("name") for p in x.all("customPermissions")} for n, x in SOURCES.read(".permissionset-meta.xml")}
    for role in ROLES:
        assert [n for n, permissions in held.items() if f"Spiff_{role.title()}" in permissions] == [
            f"Spiff_{role.title()}"
        ]
    assert SOURCES.files(".profile-meta.xml") == []


def test_what_was_approved_can_be_changed_by_those_who_approve_only() -> None:
    """A renewal turned net new after its approval would pay three times as much."""
    rules = dict(SOURCES.read(".validationRule-meta.xml"))
    text = rules["Approved_Facts_Stand"].text("errorConditionFormula")
    roles = ("account", "vendor", "sku", "family", "quantity", "amount", "deal_type", "valid_until", "employees",
             "segment", "vertical", "region", "public_sector", "renewed_quantity")  # fmt: skip
    facts = {n for role in roles for n in bundled()[REGISTRATION].fields[role]}
    assert {n for n in facts if f"ISCHANGED({n})" not in text} == set()
    assert "$Permission.Spiff_Approver" in text
    holders = [n for n, p in SOURCES.read(".permissionset-meta.xml") if "Spiff_Approver" in p.anywhere("name")]
    assert holders == ["Spiff_Admin"]


# --- who Apex says is calling


def apex(name: str) -> str:
    [path] = [p for p in SOURCES.files(".cls") if p.name == f"{name}.cls"]
    return path.read_text(encoding="utf-8")


def constant(name: str) -> str:
    [value] = re.findall(rf"\b{name} = '?([\w:]+)'?;", apex("SpiffApi"))
    return value


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_token_as_apex_makes_it_is_let_in(tmp_path_factory: pytest.TempPathFactory, role: str) -> None:
    """The claims, the audience and the life are read from SpiffApi.cls; Auth.JWT adds iat, nbf and exp."""
    text = apex("SpiffApi")
    claims = dict(re.findall(r"token\.set(Iss|Sub|Aud|ValidityLength)\((.+?)\);", text))
    assert claims == {
        "Iss": "UserInfo.getOrganizationId()", "Sub": "UserInfo.getUserId()", "Aud": "AUDIENCE",
        "ValidityLength": "VALID_SECONDS",
    }  # fmt: skip
    assert re.findall(r"'(\w+)' => roles\(\)", text) == ["roles"]
    said = dict(re.findall(r"'Spiff_(\w+)' => '(\w+)'", text))
    key = org_key(tmp_path_factory.getbasetemp() / "apex" / "key.pem")
    token = bearer(key, org=ORG, user=REP, roles=[said[role.title()]], audience=constant("AUDIENCE"), now=NOW,
                   seconds=int(constant("VALID_SECONDS")))  # fmt: skip

    caller = Bearer.configured(ORG, public_pem(key), "").verify(token, NOW)

    assert (caller.org, caller.user, caller.roles) == (ORG[:15], REP, frozenset({role}))


def test_apex_knows_every_role_and_the_audience_and_keeps_within_the_longest_life() -> None:
    assert set(re.findall(r"'Spiff_\w+' => '(\w+)'", apex("SpiffApi"))) == set(ROLES)
    assert constant("AUDIENCE") == AUDIENCE
    assert int(constant("VALID_SECONDS")) <= LONGEST_LIFE_S


# --- what Apex asks


def asked() -> list[tuple[str, str]]:
    """Method and path of every route the tests of the controllers hear asked."""
    texts = apex("SpiffRepControllerTest") + apex("SpiffDeskControllerTest")
    return re.findall(r"'(GET|POST) (/[^'?]*)[^']*'", texts)


def test_apex_asks_for_routes_that_are_there() -> None:
    """All of a family, or none: Apex may be deployed before disputes are."""
    paths = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    routes = [(re.sub(r"\{\w+\}", "[^/]+", path), {m.upper() for m in methods}) for path, methods in paths.items()]
    none = tuple(family for family in ("/me/disputes", "/disputes", "/adjustments") if family not in paths)
    missing = [
        (method, path)
        for method, path in asked()
        if not path.startswith(none or "-")
        and not any(re.fullmatch(pattern, path) and method in methods for pattern, methods in routes)
    ]
    assert len(asked()) >= 20
    assert missing == []


@pytest.mark.parametrize("name", ["SpiffRepController", "SpiffDeskController"])
def test_a_controller_has_no_logic_and_a_test_for_every_method(name: str) -> None:
    text = apex(name)
    methods = re.findall(r"@AuraEnabled(\(cacheable=true\))?\s+public static Object (\w+)\(", text)
    assert [m for _, m in methods if f"{name}.{m}(" not in apex(f"{name}Test").replace("\n", "")] == []
    bodies = re.findall(r"public static Object (\w+)\([^)]*\) \{\s+return SpiffApi\.(get|post)\(", text)
    assert [m for m, _ in bodies] == [m for _, m in methods], "a method asks one route and returns its answer"
    verbs = dict(bodies)
    assert {m for cacheable, m in methods if cacheable} == {m for m, verb in verbs.items() if verb == "get"}


def test_the_rep_controller_is_what_the_components_call() -> None:
    assert set(re.findall(r"public static Object (\w+\([^)]*\))", apex("SpiffRepController"))) == {
        "standings()", "deals(String cursor)", "deal(String registrationId)", "payouts()", "programs()",
        "program(String programId)", "leaderboard(String programId)", "disputes()",
        "quote(Map<String, Object> sale)", "fileDispute(Map<String, Object> dispute)",
        "answerDispute(String disputeId, String text)", "withdrawDispute(String disputeId)",
    }  # fmt: skip


def test_no_class_scores_queries_or_runs_without_sharing() -> None:
    for path in SOURCES.files(".cls"):
        text = path.read_text(encoding="utf-8")
        if "@IsTest" in text:
            continue
        assert "with sharing" in text and "without sharing" not in text, path.name
        assert not re.search(r"\[\s*SELECT|Database\.|\b(insert|update|upsert|delete) ", text), path.name
        assert "points" not in text.lower(), path.name
