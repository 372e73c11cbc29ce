"""From a row of texts to the canonical order line, by a profile compiled once for a file.

The signs of every convention end in one: what comes back is negative (domain.md 7). A credit, return or
cancellation is made negative (or zero) whatever sign its numbers had, so a credit memo whose numbers are already
negative is not negated twice and one with positive numbers does not add points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.domain.identifiers import normal, sku_form
from chalicelib.domain.money import LARGEST_MINOR, Money, minor_digits, round_half_up
from chalicelib.domain.orders import OrderLine, Revision
from chalicelib.feeds.marks import Marks
from chalicelib.feeds.profiles import FIELDS, FeedProfile
from chalicelib.feeds.rejected import BadValue, IgnoredRow, RejectedRow, held, rejected
from chalicelib.feeds.values import date_reader, minor_reader, number_reader

# Where a value that failed for this reason can stand.
_BLAMED: dict[str, tuple[str, ...]] = {
    "no number": ("quantity", "amount", "unit_price", "cancelled", "revision"),
    "number too large": ("quantity", "amount", "unit_price", "cancelled", "revision"),
    "no quantity": ("quantity",), "no amount": ("amount", "unit_price"), "no date": ("ordered_on", "invoiced_on"),
    "no currency": ("currency",), "no document number": ("document_no",), "unknown document type": ("document_type",),
}  # fmt: skip

Event = OrderLine | RejectedRow | IgnoredRow

_NONE = Decimal(0)
_LONGEST_ID, _LONGEST_NAME = 100, 250
_DESTROYED = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE)  # 8.89271E+11: a number Excel shortened
_FORMULA = frozenset("=+-@")
_FORMULA_NEXT = re.compile(r"[=@].|[+\-][^\d\s.,]")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What every line of one file shares. `distributor` is the folder it was dropped in; `as_of` an aware instant."""

    distributor: str
    name: str
    as_of: datetime


class Occurrences:
    """Counts identical keys, for lines without a line number: the second identical line of a file is `#2`."""

    def __init__(self) -> None:
        self._seen = Marks()
        self._repeated: dict[str, int] = {}

    def next(self, key: str) -> int:
        """How often `key` has been seen, this time included."""
        if self._seen.add(key):
            return 1
        self._repeated[key] = self._repeated.get(key, 1) + 1
        return self._repeated[key]


class Normaliser:
    """Rows of one file to order lines. `positions` maps canonical fields to the row's index; a row may be asked for
    any of them, so the missing ones point at an empty text appended to every row. `titles` are the file's own names
    of its columns, for people."""

    def __init__(
        self, profile: FeedProfile, positions: Mapping[str, int], facts: FileFacts, titles: Mapping[str, str]
    ) -> None:
        at = [positions.get(name, -1) for name in FIELDS]
        (
            self._document_no, self._type, self._line_no, self._revision, self._quantity, self._amount, self._price,
            self._currency, self._sku, self._vendor, self._distributor_sku, self._order_no, self._po,
            self._registration, self._bid, self._reference, self._ordered, self._invoiced, self._cancelled,
            self._customer, self._country, self._upc,
        ) = at  # fmt: skip
        self._distributor, self._name, self._as_of = facts.distributor, facts.name, facts.as_of
        self._prefix = f"{facts.distributor}|" + ("order:" if profile.confirms == "order" else "")
        self._number = number_reader(profile.decimal, profile.thousands)
        self._minor = minor_reader(self._number, profile.decimal)
        self._date = date_reader(profile.dates, profile.empty, profile.zone)
        self._types: dict[str, str] = {w.casefold(): t for t, words in profile.document_types.items() for w in words}
        self._default_type = profile.default_type
        self._default_currency = profile.currency
        self._currencies: dict[str, tuple[str, int]] = {}
        self._skus: dict[str, tuple[str, str]] = {}
        self._occurrences = Occurrences()
        self._columns, self._titles = positions, titles

    def __call__(self, line: int, row: list[str]) -> Event:
        """The row's order line; a RejectedRow for a row that cannot be one; an IgnoredRow for an ignored type."""
        row.append("")
        try:
            return self._line(line, row)
        except BadValue as bad:
            return rejected(self._name, line, self._column(row, bad), bad.value, bad.reason, bad.detail)

    def _column(self, row: list[str], bad: BadValue) -> str:
        """The column to blame, as the file calls it."""
        suspects = [n for n in _BLAMED.get(bad.reason, FIELDS) if n in self._columns]
        value = bad.value.strip()
        name = next((n for n in suspects if row[self._columns[n]].strip() == value), suspects[0] if suspects else "")
        return self._titles.get(name, name)

    def number(self, text: str) -> Decimal:
        """A number of this file. Raises: BadValue."""
        return self._number(text)

    def _line(self, line: int, row: list[str]) -> Event:
        word = row[self._type].strip()
        kind = self._types.get(word.casefold()) or (None if word and self._types else self._default_type)
        if kind is None:
            raise BadValue("unknown document type", word, f'"{word[:40]}"')
        if kind == "ignore":
            return IgnoredRow(line, f"document type {word}")
        document_no = row[self._document_no].strip()
        if not document_no:
            raise BadValue("no document number", document_no)
        raw_sku = row[self._sku]
        sku, why = self._skus.get(raw_sku) or self._part(raw_sku)
        ordered, invoiced = self._dates(row)
        quantity, money, cancelled = self._figures(row, kind)
        customer, po = " ".join(row[self._customer].split()), row[self._po].strip()
        registration, bid = row[self._registration].strip(), row[self._bid].strip()
        other = self._suspicious(customer, po, registration, bid)
        if quantity > 0 > money.minor:
            other = held("positive quantity with a negative amount", f"{quantity:f} for {money}")
        why = f"{other} {why}".strip() if other and why else other or why
        order_no, reference = row[self._order_no].strip(), row[self._reference].strip()
        distributor_sku, vendor = row[self._distributor_sku].strip(), row[self._vendor].strip()
        line_no, country, upc = row[self._line_no].strip(), row[self._country].strip(), row[self._upc].strip()
        if len(document_no) + len(line_no) + len(po) + len(registration) + len(bid) + len(order_no) > _LONGEST_ID or (
            len(customer) + len(vendor) + len(reference) + len(distributor_sku) + len(country) + len(upc) > _LONGEST_ID
        ):
            _refuse_long(
                (document_no, line_no, po, registration, bid, order_no, distributor_sku, reference, country, upc),
                (customer, vendor),
            )
        line_no = line_no.lstrip("0") or ("0" if line_no else "")
        number = row[self._revision].strip()
        return OrderLine(
            self._id(document_no, line_no, sku), self._distributor, kind, document_no, line_no,  # type: ignore[arg-type]
            Revision(int(self._number(number)) if number else 0, self._as_of, line), quantity, money, sku, vendor,
            distributor_sku, order_no, po, registration, bid, reference, ordered, invoiced, cancelled, customer,
            country, f"{self._name}:{line}", why, upc,
        )  # fmt: skip

    def _id(self, document_no: str, line_no: str, sku: str) -> str:
        """Distributor, document and line; a line without a number is told apart by product and occurrence."""
        if document_no.isalnum() and document_no.isascii():
            document = document_no.upper().lstrip("0")
        else:
            document = normal(document_no)
        document = document or document_no  # "000" and "---" are numbers too, if poor ones
        if line_no:
            return f"{self._prefix}{document}|{line_no}"
        key = f"{self._prefix}{document}|{sku}"
        return f"{key}#{self._occurrences.next(key)}"

    def _dates(self, row: list[str]) -> tuple[date | None, date | None]:
        ordered, invoiced = self._date(row[self._ordered]), self._date(row[self._invoiced])
        if ordered is None and invoiced is None:
            raise BadValue("no date", row[self._ordered] or row[self._invoiced], "the row has none")
        return ordered, invoiced

    def _figures(self, row: list[str], kind: str) -> tuple[Decimal, Money, Decimal]:
        """Quantity, amount and cancelled quantity with the signs of our convention."""
        text = row[self._quantity].strip()
        if not text:
            raise BadValue("no quantity", text)
        quantity = self._number(text)
        code, digits = self._currencies.get(row[self._currency]) or self._currency_of(row[self._currency])
        amount = row[self._amount].strip()
        if amount:
            minor = self._minor(amount, digits)
        elif price := row[self._price].strip():
            minor = self._priced(quantity, price, digits)
        else:
            raise BadValue("no amount", amount)
        cancelled = _NONE
        if kind == "cancellation":
            told = row[self._cancelled].strip()
            return _NONE, Money(0, code), abs(self._number(told)) if told else abs(quantity)
        if kind in ("credit", "return"):
            quantity, minor = -abs(quantity), -abs(minor)
        elif quantity < 0 < minor:
            minor = -minor
        if row[self._cancelled]:
            cancelled = abs(self._number(row[self._cancelled].strip()))
        return quantity, Money(minor, code), cancelled

    def _priced(self, quantity: Decimal, price: str, digits: int) -> int:
        value = quantity * self._number(price)
        if abs(value) > LARGEST_MINOR // 100:
            raise BadValue("number too large", price, f"times {quantity:f}")
        return round_half_up(value.scaleb(digits))

    def _currency_of(self, text: str) -> tuple[str, int]:
        code = text.strip().upper() or self._default_currency
        if len(code) != 3 or not code.isascii() or not code.isalpha():
            raise BadValue("no currency", text)
        self._currencies[text] = (code, minor_digits(code))
        return self._currencies[text]

    def _part(self, text: str) -> tuple[str, str]:
        """A part number in look-up form, and why a line with it must wait ("" when it need not)."""
        plain = text.strip()
        sku = sku_form(plain)
        why = ""
        if not sku:
            why = held("no manufacturer part number", "empty")
        elif _DESTROYED.fullmatch(sku):
            why = held("part number destroyed by a spreadsheet", plain)
        elif plain[0] in _FORMULA and _FORMULA_NEXT.match(plain):
            why = held("text starts like a spreadsheet formula", plain)
        if len(sku) > _LONGEST_ID:
            raise BadValue("text too long", text, "part number")
        if len(self._skus) >= 20_000:
            self._skus.clear()
        self._skus[text] = (sku, why)
        return sku, why

    @staticmethod
    def _suspicious(*texts: str) -> str:
        for text in texts:
            if text and text[0] in _FORMULA and _FORMULA_NEXT.match(text):
                return held("text starts like a spreadsheet formula", text)
        return ""


def _refuse_long(identifiers: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Raises: BadValue for the first text no system could hold as a key."""
    for texts, most in ((identifiers, _LONGEST_ID), (names, _LONGEST_NAME)):
        for text in texts:
            if len(text) > most:
                raise BadValue("text too long", text, f"{len(text)} characters")
