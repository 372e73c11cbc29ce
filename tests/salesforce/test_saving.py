"""Registrations go as the install guide says: the package's own flows and rules, played on made-up records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.salesforce_values import split
from tests.salesforce.formulas import Context, evaluate
from tests.salesforce.saving import Org
from tests.salesforce.sources import Sources

SOURCES = Sources.of()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DEAL, SPLIT = "Deal_Registration__c", "Deal_Split__c"
DR = "a015w000000DR01AAA"
ANA, BEN, EVE, ADMIN = "0055w00000ANA00AAA", "0055w00000BEN00AAA", "0055w00000EVE00AAA", "0055w00000ADM00AAA"
APPROVER, KICKER = frozenset({"Spiff_Approver", "Spiff_Admin"}), frozenset({"Spiff_Integration"})
NOBODY: frozenset[str] = frozenset()


def org(**deal: Any) -> Org:
    """An org with one submitted registration of Ana's, and an approver at work."""
    made = Org(SOURCES, NOW, ANA)
    made.records["Account"] = {"001A": {"Id": "001A", "NumberOfEmployees": Decimal(240), "Industry": "Retail"}}
    made.records["Product2"] = {
        "01tP": {"Id": "01tP", "SPIFF_Vendor__c": "Acme", "ProductCode": "ACM-1", "Family": "Security"}
    }
    start = {"OwnerId": ANA, "Status__c": "Submitted", "Split_Count__c": Decimal(0), "Quantity__c": Decimal(50)}
    assert made.save(DEAL, DR, **(start | deal)) == []
    made.sent.clear()
    made.user, made.permissions = ADMIN, APPROVER
    return made


def share(made: Org, *rows: tuple[str, str, str]) -> None:
    for n, (rep, role, percent) in enumerate(rows):
        name = f"DS-{n:06d}"
        row = {"Name": name, DEAL: DR, "Rep__c": rep, "Role__c": role, "Percent__c": Decimal(percent)}
        assert made.save(SPLIT, f"a02{n}", **row) == []


def deal(made: Org) -> dict[str, Any]:
    return made.records[DEAL][DR]


def test_a_new_registration_gets_its_key_and_is_told() -> None:
    made = Org(SOURCES, NOW, ANA)
    assert made.save(DEAL, DR, OwnerId=ANA, Status__c="Submitted") == []
    assert deal(made)["SPIFF_Key__c"] == DR
    assert ("Deal_Registration__c.Spiff_Registration", DR) in made.sent


def test_the_owner_is_credited_when_nobody_shares() -> None:
    made = org()
    assert made.save(DEAL, DR, Status__c="Approved") == []
    assert [(c.rep, c.share) for c in split(deal(made)["Credited_Reps__c"])] == [(ANA, 10000)]
    assert (deal(made)["Approved_At__c"], deal(made)["Approved_By__c"]) == (NOW, ADMIN)
    assert len(made.sent) == 1


def test_those_who_share_are_credited_in_their_order_with_their_roles() -> None:
    made = org()
    share(made, (BEN, "Seller", "66.67"), (ANA, "Seller", "33.33"), (EVE, "se", "100.00"))
    assert made.save(DEAL, DR, Status__c="Approved") == []
    assert [(c.rep, c.role, c.share) for c in split(deal(made)["Credited_Reps__c"])] == [
        (BEN, "", 6667), (ANA, "", 3333), (EVE, "se", 10000)
    ]  # fmt: skip


def test_a_later_owner_is_not_credited() -> None:
    made = org()
    made.save(DEAL, DR, Status__c="Approved")
    stamp = deal(made)["Credited_Reps__c"]
    assert made.save(DEAL, DR, OwnerId=BEN) == []
    assert deal(made)["Credited_Reps__c"] == stamp


def test_what_is_empty_is_filled_from_product_and_account_and_the_rest_is_kept() -> None:
    made = org(Product__c="01tP", Account__c="001A", Product_Family__c="Backup")
    assert made.save(DEAL, DR, Status__c="Approved") == []
    told = deal(made)
    assert (told["Vendor__c"], told["Product_SKU__c"], told["Product_Family__c"]) == ("Acme", "ACM-1", "Backup")
    assert (told["Employees__c"], told["Vertical__c"]) == (240, "Retail")


def test_a_vendors_own_sku_counts_before_the_product_code() -> None:
    made = org(Product__c="01tP")
    made.records["Product2"]["01tP"]["SPIFF_Vendor_SKU__c"] = "V-9"
    made.save(DEAL, DR, Status__c="Approved")
    assert deal(made)["Product_SKU__c"] == "V-9"


def test_what_was_approved_long_ago_is_not_stamped_when_somebody_touches_it() -> None:
    made = org()
    made.records[DEAL][DR] |= {"Status__c": "Approved", "Valid_Until__c": date(2026, 1, 1)}
    made.permissions = KICKER
    assert made.save(DEAL, DR, SPIFF_State__c="pending") == []
    assert "Approved_At__c" not in deal(made)


def test_what_kicker_writes_back_is_saved_and_not_sent() -> None:
    made = org()
    made.save(DEAL, DR, Status__c="Approved")
    made.sent.clear()
    made.permissions = KICKER
    assert made.save(DEAL, DR, SPIFF_State__c="pending", SPIFF_Provisional_Points__c=Decimal(500)) == []
    assert made.sent == []


def test_kicker_makes_no_registration() -> None:
    made = org()
    made.permissions = KICKER
    [told] = made.save(DEAL, "a015w000000DR02AAA", SPIFF_Key__c="a015w000000DR02AAA", SPIFF_State__c="pending")
    assert "makes none" in told


@pytest.mark.parametrize(
    ("status", "until", "then"),
    [
        ("Approved", date(2026, 11, 21), "Expired"),
        ("Submitted", date(2026, 11, 21), "Expired"),
        ("In Review", date(2026, 11, 21), "Expired"),
        ("Approved", date(2026, 11, 22), "Approved"),  # the last day counts
        ("Approved", None, "Approved"),
        ("Lost", date(2026, 11, 21), "Lost"),
        ("Draft", date(2026, 11, 21), "Draft"),
    ],
)
def test_it_expires_the_night_after_its_last_day(status: str, until: date | None, then: str) -> None:
    made = org()
    made.records[DEAL][DR] |= {"Status__c": status, "Valid_Until__c": until}
    made.permissions = NOBODY  # the platform's own process
    made.run_nightly(DEAL)
    assert deal(made)["Status__c"] == then


@pytest.mark.parametrize(
    ("before", "change", "permissions", "told"),
    [
        ({}, {"Status__c": "Approved"}, NOBODY, "Only people with the permission SPIFF Approver"),
        ({}, {"Status__c": "In Review"}, NOBODY, ""),
        ({"OwnerId": "00G5w00000QUEUEAAA"}, {"Status__c": "Approved"}, APPROVER, "A queue earns nothing"),
        ({}, {"Status__c": "Approved", "Valid_Until__c": date(2026, 11, 21)}, APPROVER, "cannot lie before the day"),
        ({}, {"Status__c": "Approved", "Valid_Until__c": date(2026, 11, 22)}, APPROVER, ""),
        ({}, {"Renewed_Quantity__c": Decimal(51)}, NOBODY, "cannot exceed Quantity"),
        ({}, {"Renewed_Quantity__c": Decimal(50)}, NOBODY, ""),
        ({"Deal_Type__c": "Net New"}, {"Renewed_Quantity__c": Decimal(1)}, NOBODY, "renews nothing"),
        ({"Status__c": "Approved"}, {"Deal_Type__c": "Net New"}, NOBODY, "stays as it was approved"),
        ({"Status__c": "Approved"}, {"Quantity__c": Decimal(500)}, NOBODY, "stays as it was approved"),
        ({"Status__c": "Approved"}, {"Status__c": "Draft", "Quantity__c": Decimal(500)}, NOBODY, "stays as it was"),
        ({"Status__c": "Approved"}, {"Quantity__c": Decimal(500)}, APPROVER, ""),
        ({"Status__c": "Approved"}, {"Purchase_Order__c": "PO-1"}, NOBODY, ""),
        ({"Status__c": "Approved"}, {"Status__c": "Lost"}, NOBODY, ""),
        ({"Credited_Reps__c": "x"}, {"Credited_Reps__c": "y"}, APPROVER, "Say why the credited reps change"),
        ({"Credited_Reps__c": "x", "Credit_Change_Reason__c": "old"}, {"Credited_Reps__c": "y"}, APPROVER, "Say why"),
        ({"Credited_Reps__c": "x"}, {"Credited_Reps__c": "y", "Credit_Change_Reason__c": "left"}, APPROVER, ""),
    ],
)  # fmt: skip
def test_a_rule_refuses_or_lets_pass(
    before: dict[str, Any], change: dict[str, Any], permissions: frozenset[str], told: str
) -> None:
    made = org()
    made.records[DEAL][DR] |= before
    made.permissions = permissions
    refused = made.save(DEAL, DR, **change)
    assert (told in " ".join(refused)) if told else refused == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(ANA, "Seller", "60"), (BEN, "Seller", "40")], ""),
        ([(ANA, "Seller", "60"), (BEN, "Seller", "39.99")], "exactly 100 percent"),
        ([(EVE, "se", "100")], "exactly 100 percent"),
        ([(ANA, "Seller", "100"), (EVE, "se", "100")], ""),
        ([(f"0055w000000000{n}AAA", "Seller", "12.5") for n in range(8)], ""),
        ([(f"0055w000000000{n}AAA", "Seller", "10") for n in range(10)], "At most eight people"),
    ],
)
def test_splits_are_looked_at_when_the_deal_is_approved(rows: list[tuple[str, str, str]], told: str) -> None:
    made = org()
    share(made, *rows)
    refused = made.save(DEAL, DR, Status__c="Approved")
    assert (told in " ".join(refused)) if told else refused == []
    assert (deal(made)["Status__c"] == "Approved") is not bool(told)


@pytest.mark.parametrize(
    ("row", "permissions", "told"),
    [
        ({"Rep__c": None}, NOBODY, "Choose the rep"),
        ({"Percent__c": Decimal(0)}, NOBODY, "above 0"),
        ({"Percent__c": Decimal(101)}, NOBODY, "at most 100"),
        ({"Percent__c": None}, NOBODY, "above 0"),
        ({"Role__c": "Sales Engineer"}, NOBODY, "at most four small letters"),
        ({"Role__c": "csm"}, NOBODY, ""),
    ],
)
def test_a_split_names_a_rep_a_role_and_a_share(row: dict[str, Any], permissions: frozenset[str], told: str) -> None:
    made = org()
    made.permissions = permissions
    whole = {"Name": "DS-1", DEAL: DR, "Rep__c": ANA, "Role__c": "Seller", "Percent__c": Decimal(100)}
    refused = made.save(SPLIT, "a021", **(whole | row))
    assert (told in " ".join(refused)) if told else refused == []


@pytest.mark.parametrize(("permissions", "told"), [(NOBODY, "stamped at approval"), (APPROVER, "")])
def test_splits_are_settled_with_the_stamp(permissions: frozenset[str], told: str) -> None:
    made = org()
    share(made, (ANA, "Seller", "100"))
    made.save(DEAL, DR, Status__c="Approved")
    made.permissions = permissions
    refused = made.save(SPLIT, "a020", Percent__c=Decimal(50))
    assert (told in " ".join(refused)) if told else refused == []


def test_a_won_opportunity_credits_its_owner_unless_somebody_is_named() -> None:
    for named, credited in ((None, [(ANA, 10000)]), (f"{BEN}:100", [(BEN, 10000)])):
        made = Org(SOURCES, NOW, ANA)
        made.save("Opportunity", "006A", OwnerId=ANA, StageName="Negotiation", Credited_Reps__c=named)
        made.save("Opportunity", "006A", StageName="Closed Won")
        made.save("Opportunity", "006A", OwnerId=EVE)
        stamp = made.records["Opportunity"]["006A"]["Credited_Reps__c"]
        assert [(c.rep, c.share) for c in split(stamp)] == credited
        assert {sent for sent, _ in made.sent} == {"Opportunity.Spiff_Opportunity"}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('"a" & "b" = "ab"', True),
        ("1 <> 2", True),
        ("NOT(ISBLANK(Empty__c))", False),
        ("Empty__c > 0", False),
        ('IF(2 >= 2, "yes", "no")', "yes"),
        ('AND(BEGINS("005x", "005"), OR(FALSE__c, 1 < 2))', True),
    ],
)
def test_formulas_mean_what_salesforce_says(formula: str, value: object) -> None:
    assert evaluate(formula, Context(lambda _: None)) == value


@pytest.mark.parametrize("formula", ["IF(", "1 2", "a $ b", ") 1"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises((SyntaxError, IndexError)):
        evaluate(formula, Context(lambda _: None))
