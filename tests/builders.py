"""Builders: every argument has a plain default, so a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from chalicelib.domain.calendar import Window
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine, Revision
from chalicelib.domain.programs import Layer, Program, Rate, Reward
from chalicelib.domain.registrations import WHOLE, Credit, Registration

ANA, BEN, CHI = "0055w00000ANA00AAA", "0055w00000BEN00AAA", "0055w00000CHI00AAA"
OCTOBER = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)


def usd(major: str) -> Money:
    """An amount in US dollars, as people write it."""
    return Money.parse(major, "USD")


def a_registration(**changes: Any) -> Registration:
    """Ana's approved registration of 50 net-new seats of SEC-ENT for Harborline Foods."""
    plain: dict[str, Any] = {
        "id": "a0D5w00000REG01EAA", "version": OCTOBER, "status": "approved", "account": "0015w00002ACC01AAA",
        "created_at": datetime(2026, 10, 1, 9, 0, tzinfo=UTC), "account_name": "Harborline Foods",
        "number": "DR-000101", "approved_at": OCTOBER, "vendor": "Veridane", "sku": "SEC-ENT", "quantity": 50,
        "amount": usd("5000"), "deal_type": "net_new", "owner": ANA, "credits": (Credit(ANA, WHOLE),),
    }  # fmt: skip
    return Registration(**{**plain, **changes})


def a_line(no: str = "1", **changes: Any) -> OrderLine:
    """An invoice line of distributor castellan over 50 seats of SEC-ENT that quotes DR-000101."""
    document = changes.get("document_no", "INV-1")
    distributor = changes.get("distributor", "castellan")
    plain: dict[str, Any] = {
        "id": f"{distributor}|{document}|{no}", "distributor": distributor, "document_type": "invoice",
        "document_no": document, "line_no": no, "revision": Revision(0, datetime(2026, 10, 20, tzinfo=UTC), 2),
        "quantity": Decimal(50), "amount": usd("5000"), "sku": "SEC-ENT", "vendor": "Veridane",
        "registration_no": "DR-000101", "ordered_on": date(2026, 10, 12), "invoiced_on": date(2026, 10, 14),
        "customer": "Harborline Foods", "source": f"castellan.csv:{no}",
    }  # fmt: skip
    return OrderLine(**{**plain, **changes})


def a_layer(**changes: Any) -> Layer:
    """The internal layer: 3 points a net-new seat, 1 a renewal seat, a point is a dollar."""
    plain: dict[str, Any] = {
        "id": "internal", "conditions": (), "point": usd("1"), "payer_of_record": "Harborline IT",
        "rates": (Rate("per_seat", 3, deal_type="net_new"), Rate("per_seat", 1, deal_type="renewal")),
    }  # fmt: skip
    return Layer(**{**plain, **changes})


def a_program(**changes: Any) -> Program:
    """A quarter's push: sold products, invoices confirm, dated by the invoice."""
    plain: dict[str, Any] = {
        "id": "security-push", "version": 1, "effective_from": date(2026, 10, 1), "name": "Security push",
        "behaviour": "product_sold", "window": Window(date(2026, 10, 1), date(2026, 12, 31), "America/Chicago"),
        "qualifying_date": "registration_approved", "confirming_document": "invoice",
        "confirm_by": date(2027, 1, 31), "layers": (a_layer(),), "reward": Reward("tremendous", ("PREPAID",)),
        "author": "0055w00000OPS00AAA",
    }  # fmt: skip
    return Program(**{**plain, **changes})
