"""The canonical order line: what any distributor's file says, in one shape.

Quantities and amounts carry their sign: a return or a credit is negative, whatever convention the file used
(domain.md 7); a cancelled line has quantity 0 and the cancelled quantity in `cancelled`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.domain.identifiers import match_keys, normal, sku_form
from chalicelib.domain.money import Money

DocumentType = Literal["order", "invoice", "credit", "return", "cancellation"]

# A document that may confirm a deal under a program that names it, and what corrects each of them (domain.md 39).
CONFIRMS: dict[DocumentType, str] = {
    "order": "order", "cancellation": "order", "invoice": "invoice", "credit": "invoice", "return": "invoice",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revision:
    """Which telling of a line is newer: the document's own revision, then the file's as-of instant. `row` is where it
    stood, for people: two rows of one file that tell one line differently are a question (domain.md 39)."""

    number: int
    as_of: datetime
    row: int

    def key(self) -> tuple[int, datetime]:
        """What decides between two tellings."""
        return (self.number, self.as_of)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of one document of one distributor.

    Identity is `id`: distributor, document number and line number, plus an occurrence number for identical lines
    without one (feeds facts 1.2). `ordered_on` and `invoiced_on` are local dates of the feed's zone; at least one
    is set. `sku` is the manufacturer's part number as the catalogue spells it (look-up form already applied);
    `reference` is an earlier document this line corrects. `source` is "file name:row", for people.
    `told_sku` is the part number as the file had it, when an alias has put the catalogue's into `sku`; else None.
    `held` says, in words, why a person must look before it counts ("" when it may count).
    """

    id: str
    distributor: str
    document_type: DocumentType
    document_no: str
    line_no: str
    revision: Revision
    quantity: Decimal
    amount: Money
    sku: str
    vendor: str = ""
    distributor_sku: str = ""
    order_no: str = ""
    po: str = ""
    registration_no: str = ""
    bid: str = ""
    reference: str = ""
    ordered_on: date | None = None
    invoiced_on: date | None = None
    cancelled: Decimal = Decimal(0)
    customer: str = ""
    country: str = ""
    source: str = ""
    held: str = ""
    upc: str = ""
    told_sku: str | None = None

    def dated(self) -> date:
        """The document's own date: invoice date for invoices and what corrects them, else the order date."""
        if CONFIRMS[self.document_type] == "invoice":
            day = self.invoiced_on or self.ordered_on
        else:
            day = self.ordered_on or self.invoiced_on
        assert day is not None, f"order line {self.id} has no date at all"
        return day

    def match_keys(self) -> tuple[str, ...]:
        """Match keys it can find a registration under, strongest first."""
        return match_keys(number=self.registration_no, bid=self.bid, po=self.po, sku=self.sku)

    def business_key(self) -> str:
        """What the same sale would share at two distributors: PO, SKU, end customer, quantity, and whether it is an
        order or an invoice (domain.md 8); "" when there is no PO to go by."""
        if not normal(self.po):
            return ""
        return "|".join(
            (CONFIRMS[self.document_type], normal(self.po), sku_form(self.sku), normal(self.customer),
             f"{self.quantity.normalize():f}")
        )  # fmt: skip

    def precedence(self) -> tuple[str, str, str]:
        """Which of two possible duplicates came first: date, distributor, document; never arrival (domain.md 40)."""
        return (self.dated().isoformat(), self.distributor, self.document_no)

    def content(self) -> str:
        """Fingerprint of what was sold for how much: a re-telling with another spelling of the customer, another
        identifier, file or row is the same line; another quantity, price, product (as told) or date is not."""
        parts = (
            self.document_type, f"{self.quantity.normalize():f}", str(self.amount.minor), self.amount.currency,
            self.sku if self.told_sku is None else self.told_sku, str(self.ordered_on), str(self.invoiced_on),
            f"{self.cancelled.normalize():f}",
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def fingerprint(self) -> str:
        """Of this very telling, every field: the same row of the same file delivered again."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]
