"""The reseller of the story: people, programs, deals and distributor files, all dated around today.

The month is thirty days: twenty have passed, so what happened so far is in the past, and the end is still to come,
so the programs can be activated; the close then runs with a later *now*. Amounts are chosen so that every total can
be checked in one's head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.calendar import starts_at
from chalicelib.domain.salesforce_values import full_id

ZONE = "America/Chicago"
SEAT_PRICE = 100  # dollars, for every product of the story


def user_id(name: str) -> str:
    """A valid 18-character Salesforce user id with the name in it."""
    found = full_id(f"005KCK{name:0<9}")
    assert found is not None
    return found


def record_id(number: int) -> str:
    """The id of the n-th deal registration."""
    found = full_id(f"a0DKCK{number:09}")
    assert found is not None
    return found


ANA, BEN, CHI, DEE = (user_id(name) for name in ("Ana", "Ben", "Chi", "Dee"))
OLIVE, ADAM, FAY = (user_id(name) for name in ("Olive", "Adam", "Fay"))
NAMES = {
    ANA: "Ana Whitlock", BEN: "Ben Okafor", CHI: "Chi Tanaka", DEE: "Dee Lindqvist",
    OLIVE: "Olive Marsh", ADAM: "Adam Roy", FAY: "Fay Castro",
}  # fmt: skip

PUSH, CASH, TOGETHER = "identity-push", "veridane-cash", "backup-together"


@dataclass(frozen=True, slots=True)
class Month:
    """The story's window: day 1 to day 30."""

    first: date

    @classmethod
    def around(cls, today: date) -> Month:
        """The month in which `today` is day 21."""
        return cls(today - timedelta(days=20))

    def day(self, number: int) -> date:
        """The date of day `number` (1 to 30; later numbers are after the end)."""
        return self.first + timedelta(days=number - 1)

    def at(self, number: int, hour: int = 10, minute: int = 0) -> datetime:
        """An instant of that day, on the reseller's clock."""
        return starts_at(self.day(number), ZONE) + timedelta(hours=hour, minutes=minute)

    @property
    def ends(self) -> datetime:
        """The first instant that no longer counts."""
        return self.at(31, 0)


def users(month: Month, *, joined: bool) -> list[dict[str, Any]]:
    """User records of the org; Dee only once she has joined, on the 15th."""
    people = [ANA, BEN, CHI, *([DEE] if joined else []), OLIVE, ADAM, FAY]
    return [
        {
            "Id": id, "Name": NAMES[id], "Email": f"{NAMES[id].split()[0].lower()}@harborline.example",
            "IsActive": True,
            "UserType": "Standard", "Department": "Sales" if id in (ANA, BEN, CHI, DEE) else "Operations",
            "Country": "US", "TimeZoneSidKey": ZONE,
            "CreatedDate": _stamp(month.at(15, 8) if id == DEE else month.at(1, 8) - timedelta(days=400)),
        }
        for id in people
    ]  # fmt: skip


def programs(month: Month) -> dict[str, dict[str, Any]]:
    """Three programs at once: internal, vendor-funded, and one that both fund."""

    def usd(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "USD"}

    plain = {
        "window": {"start": month.day(1).isoformat(), "end": month.day(30).isoformat(), "zone": ZONE},
        "behaviour": "product_sold", "qualifying_date": "registration_approved", "confirming_document": "invoice",
        "confirm_by": month.day(60).isoformat(), "audience": ["Sales"],
        "reward": {"provider": "tremendous", "products": ["OKMHM2X2OHYV"], "message": "Thank you for the push."},
        "lift_plan": {"design": "prior_period_raw", "against": "the thirty days before"},
    }  # fmt: skip
    internal = {"id": "internal", "payer_of_record": "Harborline IT LLC", "tax_treatment": "employer_wages"}
    return {
        PUSH: plain | {
            "name": "Identity push", "feeds": ["castellan", "broadmere"], "families": {"identity": ["VRD-ID"]},
            "layers": [internal | {
                "point": usd("1.00"), "conditions": [{"family": ["identity"]}],
                "rates": [{"deal_type": "net_new", "per_seat": 3}, {"deal_type": "renewal", "per_seat": 1}],
                "tiers": [{"name": "Silver", "from_points": 100, "bonus_points": 50},
                          {"name": "Gold", "from_points": 400, "bonus_points": 150}],
                "cap_points_per_rep": 2000, "budget": usd("20000.00"),
            }],
        },
        CASH: plain | {
            "name": "Veridane cash", "feeds": ["castellan"], "auto_approve": usd("5000.00"),
            "layers": [{
                "id": "vendor:veridane", "payer_of_record": "Veridane Inc.", "tax_treatment": "vendor_other_income",
                "point": usd("0.01"), "conditions": [{"vendor": ["Veridane"]}, {"minimum_amount": usd("1000.00")}],
                "rates": [{"percent": 2}],
            }],
        },
        TOGETHER: plain | {
            "name": "Backup together", "feeds": ["broadmere"], "auto_approve": usd("5000.00"), "close_timeout_hours": 1,
            "layers": [
                internal
                | {"point": usd("1.00"), "conditions": [{"vendor": ["Nimbrook"]}], "rates": [{"per_deal": 50}]},
                {
                    "id": "vendor:nimbrook", "payer_of_record": "Nimbrook GmbH", "tax_treatment": "vendor_other_income",
                    "point": usd("1.00"), "conditions": [{"vendor": ["Nimbrook"]}], "rates": [{"per_seat": 2}],
                },
            ],
        },
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deal:
    """A registration of the story. `split` is rep and percent."""

    number: int
    customer: str
    sku: str
    vendor: str
    seats: int
    kind: str
    split: tuple[tuple[str, int], ...]
    approved_day: int
    approved_hour: int = 10

    @property
    def name(self) -> str:
        """The registration number a distributor quotes back."""
        return f"DR-{self.number:06}"

    def record(self, month: Month, status: str) -> dict[str, Any]:
        """The Deal_Registration__c record in that status."""
        approved = month.at(self.approved_day, self.approved_hour)
        record: dict[str, Any] = {
            "Name": self.name, "Account__c": full_id(f"001KCK{self.number:09}"), "Account_Name__c": self.customer,
            "Status__c": status, "Vendor__c": self.vendor, "Product_SKU__c": self.sku, "Quantity__c": float(self.seats),
            "Amount__c": float(self.seats * SEAT_PRICE), "CurrencyIsoCode": "USD", "Deal_Type__c": self.kind,
            "OwnerId": self.split[0][0], "CreatedDate": _stamp(approved - timedelta(hours=4)),
            "Valid_Until__c": month.day(60).isoformat(),
        }  # fmt: skip
        if status == "Approved":
            record |= {
                "Approved_At__c": _stamp(approved),
                "Credited_Reps__c": ";".join(f"{rep}:{percent}" for rep, percent in self.split),
            }
        return record


DEALS = {
    "foods": Deal(101, "Harbor Foods", "VRD-ID-ENT", "Veridane", 50, "Net New", ((ANA, 100),), 2),
    "freight": Deal(102, "Kestrel Freight", "VRD-ID-ENT", "Veridane", 50, "Renewal", ((BEN, 100),), 3),
    "clinic": Deal(103, "Larkspur Clinic", "NMB-BACKUP", "Nimbrook", 30, "Net New", ((ANA, 60), (BEN, 40)), 4),
    "studio": Deal(104, "Three Desk Studio", "VRD-ID-STD", "Veridane", 3, "Net New", ((CHI, 100),), 6),
    "school": Deal(105, "Mesa School District", "VRD-ID-ENT", "Veridane", 20, "Net New", ((CHI, 100),), 9),
    "mills": Deal(106, "Orrin Mills", "VRD-ID-ENT", "Veridane", 40, "Net New", ((DEE, 100),), 16),
    "tower": Deal(107, "Tower & Sons", "VRD-ID-ENT", "Veridane", 100, "Net New", ((ANA, 100),), 30, 23),
}

_CASTELLAN = (
    "ingramOrderNumber,customerOrderNumber,invoiceNumber,invoiceType,ingramOrderLineNumber,vendorName,vendorPartNumber,"
    "ingramPartNumber,upcCode,quantity,unitPrice,extendedPrice,currencyCode,ingramOrderDate,shippedDate,"
    "specialBidNumber,dealRegNumber,resellerCompanyName,endUserCompanyName,endUserCountryCode"
)


@dataclass(frozen=True, slots=True)
class Sold:
    """One line of a distributor's file: a deal (or none: an order nobody registered), what and when."""

    deal: Deal | None
    document: str
    seats: int
    on: date
    kind: str = "Invoice"
    line: str = "001"
    customer: str = ""
    sku: str = "VRD-ID-ENT"
    vendor: str = "Veridane"


def castellan_file(lines: Sequence[Sold], *, broken: bool = False) -> bytes:
    """A flat CSV with a byte order mark; `broken` adds a row whose quantity is a word."""
    rows = [_CASTELLAN]
    for sold in lines:
        deal = sold.deal
        rows.append(
            f'20-{sold.document},PO-{sold.document},{sold.document},{sold.kind},{sold.line},'
            f'{deal.vendor if deal else sold.vendor},{deal.sku if deal else sold.sku},77,,{sold.seats},{SEAT_PRICE}.00,'
            f'{sold.seats * SEAT_PRICE}.00,USD,{sold.on},{sold.on},,{deal.name if deal else ""},Harborline IT LLC,'
            f'"{deal.customer if deal else sold.customer}",US'
        )  # fmt: skip
    if broken:
        day = lines[0].on
        rows.append(
            f"20-INV9,PO-9,INV-9,Invoice,001,Veridane,VRD-ID-ENT,77,,ten,100.00,1000.00,USD,{day},{day},,,"
            'Harborline IT LLC,"Quill & Co",US'
        )
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def broadmere_file(lines: Sequence[Sold], as_of: datetime) -> bytes:
    """A pipe extract that says in its header how far it reaches and in its trailer what it sums to."""
    total = sum(sold.seats for sold in lines) * SEAT_PRICE
    rows = [f"HDR|HARBORLINE|ORDERSTATUS|{as_of:%Y%m%d%H%M%S}"]
    for sold in lines:
        deal = sold.deal
        assert deal is not None
        rows.append(
            f"DTL|00{sold.document}|{sold.line:0>6}|PO-{sold.document}|{sold.document}|INV|{deal.vendor}|{deal.sku}|"
            f"000077||{sold.seats:>10}.000 |{SEAT_PRICE}.00|{sold.seats * SEAT_PRICE}.00|USD|{sold.on:%Y%m%d}|"
            f"{sold.on:%Y%m%d}||{deal.name}|Harborline IT LLC|{deal.customer}|US"
        )
    rows.append(f"TRL|{len(lines)}|{total}.00")
    return ("\n".join(rows) + "\n").encode()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
