"""Real answers of a small reseller in memory: the examples of the OpenAPI document."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from chalicelib.domain.cards import card
from chalicelib.domain.configured import Stored
from chalicelib.domain.payouts import PayoutLine, PayoutState
from chalicelib.domain.periods import PeriodState
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import ConditionSpec, Rate, Tier
from chalicelib.domain.quotes import Asked
from chalicelib.services.deal_views import deal_of, deals_of
from chalicelib.services.feed_views import FeedLine
from chalicelib.services.leaderboard_view import leaderboard
from chalicelib.services.payout_views import PayoutsView, PayoutView
from chalicelib.services.period_views import PeriodLine
from chalicelib.services.program_views import card_of, cards
from chalicelib.services.quotes import quote
from chalicelib.services.rep_views import Source, standings_of
from tests.builders import ANA, BEN, CHI, OCTOBER, a_layer, a_line, a_program, a_registration, usd
from tests.fakes.core_reader import Reseller

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "programs"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_reseller() -> Reseller:
    """Three reps, two programs (one with a vendor's layer), one confirmed, one partly confirmed, one pending deal."""
    vendor = a_layer(
        id="vendor:Veridane", point=usd("0.50"), payer_of_record="Veridane", tax_treatment="vendor_other_income",
        conditions=(ConditionSpec("vendor", (("names", ("Veridane",)),)),), rates=(Rate("per_deal", 100),),
    )  # fmt: skip
    push = a_program(
        layers=(a_layer(tiers=(Tier("silver", 400, 100),)), vendor), feeds=("castellan",),
    )  # fmt: skip
    push = replace(push, card=card(push).sentence)
    shop = Reseller(push, a_program(id="renewals", name="Keep them", layers=(a_layer(rates=(Rate("per_seat", 1),)),)))
    for rep, name in ((ANA, "Ana Ruiz"), (BEN, "Ben Okafor"), (CHI, "Chi Tran")):
        shop.enroll(rep, date(2026, 10, 1), name=name)
    shop.told(a_registration(), OCTOBER)
    shop.ordered(a_line(), OCTOBER)
    partly = a_registration(
        id="a0D5w00000REG02EAA", number="DR-000102", quantity=3, amount=usd("300"), valid_until=date(2026, 12, 15)
    )
    shop.told(partly, OCTOBER)
    shop.ordered(
        a_line(document_no="INV-2", registration_no="DR-000102", quantity=Decimal(2), amount=usd("200")), OCTOBER
    )
    shop.sources.known["salesforce"] = Source("salesforce", "salesforce", datetime(2026, 11, 22, 11, 56, tzinfo=UTC))
    shop.sources.known["castellan"] = Source(
        "castellan", "feed", datetime(2026, 11, 22, 6, 10, tzinfo=UTC), date(2026, 11, 21)
    )
    return shop


def a_program_shown(shop: Reseller) -> dict[str, Any]:
    """What GET /programs/{id} tells a rep of one of the example programs."""
    document = json.loads((EXAMPLES / "fixed-reward.json").read_text(encoding="utf-8"))
    program = parse(document, id="fixed-reward", version=1, effective_from=None, author="00558000001AdmAAAS")
    told = card(program)
    version = {
        "version": 1,
        "effective_from": program.effective_from,
        "author": program.author,
        "approver": "00558000001FinAAAS",
        "activated_at": datetime(2026, 9, 24, 14, 0, tzinfo=UTC),
        "change_reason": "",
        "overrides": {},
        "warnings": [],
    }
    return {
        "id": program.id,
        "state": "active",
        "document": document,
        "card": {
            "sentence": told.sentence,
            "lines": told.lines,
            "reading_seconds": told.seconds,
            "legibility": told.score,
        },
        "versions": [version],
        "program": card_of(program, shop.reader, NOW),
    }


def examples() -> dict[str, Any]:
    """One real answer by operation id."""
    shop = a_reseller()
    [push] = shop.core.programs["security-push"]
    key = "SPFABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    line = PayoutLine("award", "internal", 156, 156_00, "Harborline IT", "employer_wages")
    payout = PayoutView(
        key, "summer-push", 0, usd("156"), PayoutState.CONFIRMED, "delivered", (line,),
        datetime(2026, 9, 29, tzinfo=UTC), datetime(2026, 10, 3, 5, 0, tzinfo=UTC),
        datetime(2026, 10, 1, 8, 0, tzinfo=UTC), datetime(2026, 10, 1, 8, 4, tzinfo=UTC),
    )  # fmt: skip
    period = PeriodLine(
        "security-push", "Security push", PeriodState.OPEN, push.window.closes_at(),
        datetime(2027, 1, 3, 6, 0, tzinfo=UTC), (), "", "",
    )  # fmt: skip
    feed = FeedLine(
        "castellan", datetime(2026, 11, 22, 6, 10, tzinfo=UTC), date(2026, 11, 21), False, ("security-push",)
    )
    salesforce = shop.sources.known["salesforce"].seen_at(NOW)
    mapping = Stored("field-mapping", "Opportunity", 2, {"object": "Opportunity"}, "00558000001AdmAAAS", NOW)
    return {
        "myStandings": standings_of(ANA, shop, shop.reader, shop.sources, NOW),
        "myDeals": deals_of(ANA, shop, shop.reader, NOW, limit=2),
        "myDeal": deal_of(ANA, "a0D5w00000REG02EAA", shop, shop.reader, NOW),
        "myPayouts": PayoutsView(ANA, (payout,)),
        "programs": cards(shop, shop.reader, NOW),
        "program": a_program_shown(shop),
        "quote": quote(
            Asked("SEC-ENT", 50, vendor="Veridane", amount=usd("5000"), deal_type="net_new"), ANA, shop.quotes, NOW
        ),
        "leaderboard": leaderboard(push, BEN, shop.reader, shop.people, NOW, top=3),
        "periods": {"as_of": NOW, "periods": [period]},
        "feeds": {"as_of": NOW, "salesforce": salesforce, "feeds": [feed]},
        "work": {
            "kind": "orphan",
            "open": [{"id": "castellan|INV-9|1", "at": "2026-11-22T06:11:00.000Z"}],
            "in_all": 1,
            "next": "",
        },
        "configure": mapping,
        "documents": {"kind": "field-mapping", "documents": [mapping]},
        "health": {"status": "ok"},
    }
