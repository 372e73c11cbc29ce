"""The reseller of the components' tests: one rep's autumn in six programs, two of them ending soon.

Dana sells for Harborline. Every state a deal can be in is among her registrations, and every card of the dashboard
says something else: a tier that pending deals would reach, one they would not, a program that is over.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from chalicelib.domain.calendar import Window
from chalicelib.domain.cards import card
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import ConditionSpec, Layer, Program, RankPrizes, Rate, Tier
from chalicelib.domain.registrations import WHOLE, Credit, Registration
from chalicelib.domain.salesforce_values import full_id
from chalicelib.services.rep_views import Source
from tests.builders import a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core_reader import Reseller

NOW = datetime(2026, 11, 19, 20, 2, tzinfo=UTC)  # 2:02 PM in Chicago
ZONE = "America/Chicago"


def an_id(prefix: str, name: str) -> str:
    """An 18-character id with a name in it."""
    found = full_id(f"{prefix}{name:0<12}")
    assert found is not None
    return found


DANA = an_id("005", "Dana")
TEAM = {
    an_id("005", name.partition(" ")[0]): name
    for name in ("Dana Whitlock", "Jordan Bell", "Tomas Eklund", "Lena Okafor", "Chris Duarte", "Mia Soto", "Raj Patel")
}
JORDAN, TOMAS, LENA, CHRIS, MIA, RAJ = list(TEAM)[1:]


def a_reseller() -> Reseller:
    """The team, six programs, Dana's registrations and what the distributors told so far."""
    shop = Reseller(*(carded(program) for program in programs()))
    for rep, name in TEAM.items():
        shop.enroll(rep, date(2026, 10, 1), name=name)
    for deal in deals():
        shop.told(deal, deal.version)
    for line in lines():
        shop.ordered(line, datetime(2026, 11, 18, 20, tzinfo=UTC))
    for name, at, reaches in (
        ("castellan", (19, 19, 40), date(2026, 11, 18)),
        ("broadmere", (19, 18, 15), date(2026, 11, 18)),
        ("lowry", (6, 17, 0), date(2026, 11, 5)),
    ):
        shop.sources.known[name] = Source(name, "feed", datetime(2026, 11, *at, tzinfo=UTC), reaches)
    shop.sources.known["salesforce"] = Source("salesforce", "salesforce", datetime(2026, 11, 19, 20, 1, tzinfo=UTC))
    return shop


def a_newcomer() -> Reseller:
    """The same programs for somebody who joined on the 15th and has sold nothing yet."""
    shop = Reseller(*(carded(program) for program in programs()))
    shop.enroll(DANA, date(2026, 11, 15), name="Dana Whitlock")
    shop.sources.known["salesforce"] = Source("salesforce", "salesforce", datetime(2026, 11, 19, 20, 1, tzinfo=UTC))
    return shop


def carded(program: Program) -> Program:
    """The program with the sentence it gets at activation."""
    return replace(program, card=card(program).sentence)


def programs() -> list[Program]:
    """One internal program, four of a vendor, and one that both fund."""
    november = Window(date(2026, 11, 1), date(2026, 11, 30), ZONE)
    quarter = Window(date(2026, 10, 1), date(2026, 12, 31), ZONE)
    seats = (Rate("per_seat", 3, deal_type="net_new"), Rate("per_seat", 1, deal_type="renewal"))
    return [
        _program("new-customer-november", "New Customer November", november, a_layer(
            conditions=(ConditionSpec("minimum_amount", (("amount", usd("5000")),)),),
            rates=(Rate("per_deal", 150, deal_type="net_new"),), tiers=(Tier("Three", 450, 200),),
            payer_of_record="Harborline IT LLC",
        )),
        _program("backup-attach", "Backup Attach", november, _vendor(
            "Nimbrook", Rate("per_deal", 100), ConditionSpec("minimum_seats", (("seats", 25),)),
            tiers=(Tier("Four", 400, 150),), budget=usd("5000"),
        ), feeds=("castellan",)),
        _program("insight-starter", "Insight Starter", Window(date(2026, 11, 1), date(2026, 12, 18), ZONE), _vendor(
            "Pellum", Rate("per_deal", 120), ConditionSpec("minimum_seats", (("seats", 10),)),
            tiers=(Tier("Pair", 240, 100),),
        ), feeds=("castellan",)),
        _program("endpoint-seats", "Endpoint Seats", quarter, _vendor(
            "Tarnfield", *seats, tiers=(Tier("Gold", 1300, 250),),
        ), feeds=("castellan", "broadmere"), tie_rule="earlier_to_reach",
            rank_prizes=RankPrizes("vendor:Tarnfield", (usd("300"), usd("200"), usd("100")))),
        _program("identity-push", "Identity Push", quarter, a_layer(
            conditions=(ConditionSpec("vendor", (("names", ("Veridane",)),)),), rates=(Rate("per_deal", 50),),
            payer_of_record="Harborline IT LLC",
        ), _vendor("Veridane", Rate("per_deal", 200), tiers=(Tier("Trio", 600, 200),)), feeds=("lowry",)),
        _program("first-five", "First Five", Window(date(2026, 11, 2), date(2026, 11, 18), ZONE), _vendor(
            "Quillstone", Rate("per_deal", 80, deal_type="net_new"), tiers=(Tier("Five", 400, 200),),
        ), feeds=("broadmere",)),
    ]  # fmt: skip


def a_spent_program() -> Program:
    """A vendor's program whose budget is spoken for."""
    return _program("cloud-starter", "Cloud Starter", Window(date(2026, 11, 1), date(2026, 12, 18), ZONE), _vendor(
        "Pellum", Rate("per_deal", 80), budget=usd("80"),
    ), feeds=("castellan",))  # fmt: skip


def deals() -> list[Registration]:
    """Dana's registrations in every state, and those of the team that make the leaderboard."""

    def november(day: int) -> datetime:
        return datetime(2026, 11, day, 16, tzinfo=UTC)

    mine = [
        a_deal(10388, "Sable Point Hotels", "Veridane", "VRD-ID", 45, "net_new", datetime(2026, 10, 12, 16, tzinfo=UTC),
               valid_until=date(2026, 11, 15), status="expired"),
        a_deal(10401, "Rook & Daughters", "Tarnfield", "TRN-EP", 12, "net_new", november(2), status="rejected"),
        a_deal(10452, "Halden Manufacturing", "Nimbrook", "NMB-BK", 120, "expansion", november(3)),
        a_deal(10459, "Ledgerline Credit Union", "Tarnfield", "TRN-EP", 250, "net_new", november(5), amount="16250"),
        a_deal(10465, "Ironbridge Tools", "Tarnfield", "TRN-EP", 90, "renewal", november(6)),
        a_deal(10470, "Pinecrest Dental Group", "Veridane", "VRD-ID", 60, "net_new", november(9), amount="6000"),
        a_deal(10471, "Copperfield Logistics", "Pellum", "PLM-TEAM", 8, "expansion", november(10), amount="1920"),
        a_deal(10477, "Marlow & Finch LLP", "Quillstone", "QLS-SIGN", 40, "net_new", november(11), amount="4800"),
        a_deal(10489, "Solway Foods", "Veridane", "VRD-ID", 60, "expansion", november(13)),
        a_deal(10498, "Brightwater Clinics", "Veridane", "VRD-ID", 80, "renewal", november(16)),
        a_deal(10502, "Kestrel Freight", "Tarnfield", "TRN-EP", 150, "net_new", november(16), amount="9750"),
        a_deal(10511, "Oakridge Schools", "Tarnfield", "TRN-EP", 300, "net_new", november(19), status="submitted"),
    ]  # fmt: skip
    team = [
        a_deal(20001 + n, f"Customer {n + 1}", "Tarnfield", "TRN-EP", size, "net_new", november(4), rep=rep)
        for n, (rep, size) in enumerate(((JORDAN, 290), (TOMAS, 310), (LENA, 270), (CHRIS, 240), (MIA, 100)))
    ]
    return [*mine, *team]


def lines() -> list[OrderLine]:
    """What the distributors have invoiced: six of Dana's deals, one of them in part, and the team's."""
    found = {deal.number: deal for deal in deals()}
    sold = [(10452, 120), (10459, 250), (10465, 60), (10470, 60), (10477, 40)]
    team = [(20001, 290), (20002, 310), (20003, 270), (20004, 240), (20005, 100)]
    return [_invoice(found[f"DR-{number}"], seats, n) for n, (number, seats) in enumerate([*sold, *team], 1)]


def a_deal(
    number: int, customer: str, vendor: str, sku: str, seats: int, kind: str, approved: datetime, **more: Any
) -> Registration:
    """A registration of Dana's, approved unless its status says otherwise; `rep` makes it somebody else's."""
    rep, status = more.pop("rep", DANA), more.get("status", "approved")
    waits = status in ("submitted", "rejected")
    amount = usd(more.pop("amount", str(seats * 60)))
    return a_registration(
        id=an_id("a0D", f"DR{number}"), number=f"DR-{number}", account_name=customer, vendor=vendor, sku=sku,
        account=an_id("001", f"AC{number}"), quantity=seats, amount=amount, deal_type=kind, owner=rep,
        credits=() if waits else (Credit(rep, WHOLE),), created_at=approved.replace(hour=14),
        approved_at=None if waits else approved, version=approved,
        **{"valid_until": date(2027, 1, 9), **more},
    )  # fmt: skip


def _invoice(deal: Registration, seats: int, n: int) -> OrderLine:
    assert deal.amount is not None
    return a_line(
        document_no=f"INV-{4100 + n}", registration_no=deal.number, quantity=Decimal(seats), sku=deal.sku,
        amount=replace(deal.amount, minor=deal.amount.minor * seats // deal.quantity), vendor=deal.vendor,
        ordered_on=date(2026, 11, 12), invoiced_on=date(2026, 11, 17), customer=deal.account_name,
        source=f"castellan-2026-11-18.csv:{n + 1}",
    )  # fmt: skip


def _program(id: str, name: str, window: Window, *layers: Layer, **more: Any) -> Program:
    rules = {"layers": layers, "confirm_by": date(2027, 1, 31), "effective_from": window.start, **more}
    return a_program(id=id, name=name, window=window, **rules)


def _vendor(name: str, *rules: Any, **more: Any) -> Layer:
    rates = tuple(rule for rule in rules if isinstance(rule, Rate))
    asks = (ConditionSpec("vendor", (("names", (name,)),)), *(r for r in rules if isinstance(r, ConditionSpec)))
    plain: dict[str, Any] = {"payer_of_record": f"{name} Inc.", "tax_treatment": "vendor_other_income"}
    return a_layer(id=f"vendor:{name}", rates=rates, conditions=asks, **plain, **more)
