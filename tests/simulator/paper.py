"""What two distributors put on paper: rows with every identifier a distributor may quote, and the files they are in.

Castellan's flat CSV speaks of the moment it is uploaded; Broadmere's extract says in its header which moment it
speaks of, so it can come late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

Distributor = Literal["castellan", "broadmere"]
DISTRIBUTORS: tuple[Distributor, ...] = ("castellan", "broadmere")
PRICE = 100  # dollars a seat
VENDORS = {"VRD-ID-ENT": "Veridane", "VRD-ID-STD": "Veridane", "NMB-BACKUP": "Nimbrook"}
_WORDS = {"invoice": ("Invoice", "INV"), "credit": ("Credit Memo", "CRM"), "return": ("Return", "RET"),
          "cancellation": ("Canceled", "CAN")}  # fmt: skip
_HEADER = (
    "ingramOrderNumber,customerOrderNumber,invoiceNumber,invoiceType,ingramOrderLineNumber,vendorName,vendorPartNumber,"
    "ingramPartNumber,upcCode,quantity,unitPrice,extendedPrice,currencyCode,ingramOrderDate,shippedDate,"
    "specialBidNumber,dealRegNumber,resellerCompanyName,endUserCompanyName,endUserCountryCode"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file. `kind` is invoice, credit, return or cancellation; `seats` is negative for what came back;
    `number`, `bid` and `po` are the identifiers it quotes, each may be ""."""

    distributor: Distributor
    document: str
    line: int
    seats: int
    on: date
    sku: str
    customer: str
    kind: str = "invoice"
    number: str = ""
    bid: str = ""
    po: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        """Which line of which document this tells of."""
        return self.distributor, self.document, self.line

    def __str__(self) -> str:
        quoted = ", ".join(f"{x}" for x in (self.number, self.bid, self.po) if x) or "nothing"
        return (
            f"{self.document}/{self.line} of {self.distributor}: {self.kind}, {self.seats} x {self.sku} on "
            f"{self.on:%b %d}, quoting {quoted}"
        )


def file_of(distributor: Distributor, rows: Sequence[Row], as_of: datetime) -> bytes:
    """The file with these rows. `as_of` stands in Broadmere's header; Castellan's speaks of its upload."""
    return _castellan(rows) if distributor == "castellan" else _broadmere(rows, as_of)


def _castellan(rows: Sequence[Row]) -> bytes:
    lines = [_HEADER]
    for r in rows:
        vendor = VENDORS.get(r.sku, "Veridane")
        lines.append(
            f'20-{r.document},{r.po},{r.document},{_WORDS[r.kind][0]},{r.line:03},{vendor},{r.sku},77,,{r.seats},'
            f'{PRICE}.00,{r.seats * PRICE}.00,USD,{r.on},{r.on},{r.bid},{r.number},Harborline IT LLC,"{r.customer}",US'
        )  # fmt: skip
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _broadmere(rows: Sequence[Row], as_of: datetime) -> bytes:
    lines = [f"HDR|HARBORLINE|ORDERSTATUS|{as_of.astimezone(UTC):%Y%m%d%H%M%S}"]
    lines += [
        f"DTL|00{r.document}|{r.line:06}|{r.po}|{r.document}|{_WORDS[r.kind][1]}|{VENDORS.get(r.sku, 'Veridane')}|"
        f"{r.sku}|000077||{r.seats:>10}.000 |{PRICE}.00|{r.seats * PRICE}.00|USD|{r.on:%Y%m%d}|{r.on:%Y%m%d}|"
        f"{r.bid}|{r.number}|Harborline IT LLC|{r.customer}|US"
        for r in rows
    ]
    lines.append(f"TRL|{len(rows)}|{sum(r.seats for r in rows) * PRICE}.00")
    return ("\n".join(lines) + "\n").encode()
