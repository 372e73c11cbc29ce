"""Ingram Micro's order and invoice JSON (Xvantage reseller API, v6 and v6.1 shapes).

An order confirms the quantity it says is confirmed; what is back-ordered stays pending. Status words differ by
endpoint (Canceled, Cancelled, `im::cancelled`), dates come in six shapes, and identifiers hide in free text notes:
`EU-PO-ID# 16` is a purchase order, `REG#A1B2C3` a deal registration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from chalicelib.feeds.control import ControlResult
from chalicelib.feeds.identify import Identified
from chalicelib.feeds.json_documents import documents
from chalicelib.feeds.normalise import Event, FileFacts, Normaliser
from chalicelib.feeds.profiles import FIELDS
from chalicelib.feeds.rejected import BadValue, IgnoredRow, RejectedRow, rejected

_PO_NOTE = re.compile(r"EU-PO-ID#?\s*([A-Z0-9][A-Z0-9_/.-]{0,34})", re.IGNORECASE)
_REGISTRATION_NOTE = re.compile(
    r"\b(?:DEAL[ -]?REG(?:ISTRATION)?|REG|DR)\s*(?:#|:|-|NO\.?)\s*([A-Z0-9-]*\d[A-Z0-9-]{2,})", re.IGNORECASE
)
_CONTAINERS = ("orders", "invoices")
_LETTERS = re.compile(r"[^a-z]")


class IngramReader:
    """One file of order or invoice documents. JSON has no control record, so `control` stays None."""

    control: ControlResult | None = None

    def __init__(self, found: Identified, facts: FileFacts) -> None:
        self._facts, self._paths = facts, found.profile.columns
        self._orders = found.profile.dialect == "ingram_orders"
        titles = {f: _paths(c)[0] for f, c in self._paths.items()}
        self.normalise = Normaliser(found.profile, {f: i for i, f in enumerate(FIELDS)}, facts, titles)

    def events(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """Every line of every document as an order line, a rejected or an ignored row."""
        for document in documents(pieces, self._facts.name):
            if isinstance(document, RejectedRow):
                yield document
                continue
            line, body = document
            found = list(_orders(body))
            for order in found:
                yield from self._document(line, order)
            if not found:
                yield IgnoredRow(line, "document without lines")

    def _document(self, line: int, order: Mapping[str, Any]) -> Iterator[Event]:
        lines = order.get("lines")
        if not isinstance(lines, list) or not lines:
            yield IgnoredRow(line, "document without lines")
            return
        seen: dict[str, int] = {}
        for item in lines:
            if not isinstance(item, dict):
                yield rejected(self._facts.name, line, "lines", str(item), "not a document", "a line is no object")
                continue
            try:
                row = self._row(order, item)
            except BadValue as bad:
                yield rejected(self._facts.name, line, "quantityConfirmed", bad.value, bad.reason, bad.detail)
                continue
            number = row[FIELDS.index("line_no")]
            if number:
                # One line shipped from two warehouses stands twice in a document, under two sub-orders.
                seen[number] = seen.get(number, 0) + 1
                if seen[number] > 1:
                    row[FIELDS.index("line_no")] = f"{number}#{seen[number]}"
            yield self.normalise(line, row)

    def _row(self, order: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
        """The canonical fields as text, in the order of FIELDS."""
        told = {f: _first(_paths(self._paths.get(f, ())), order, item) for f in FIELDS}
        notes = f"{_text(item.get('lineNotes') or item.get('notes'))} || {_text(order.get('notes'))}"
        if not told["po"] and (found := _PO_NOTE.search(notes)):
            told["po"] = found[1]
        if not told["registration_no"] and (found := _REGISTRATION_NOTE.search(notes)):
            told["registration_no"] = found[1]
        told["document_type"] = _status(told["document_type"])
        if self._orders:
            self._confirm(told, order, item)
        return [told[f] for f in FIELDS]

    def _confirm(self, told: dict[str, str], order: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        """An order's document type is its line's status; the amount is that of the confirmed part."""
        ordered = _text(item.get("quantityOrdered")) or told["quantity"]
        if "cancel" in (told["document_type"] + _status(_text(order.get("orderStatus")))):
            told.update(document_type="cancelled", quantity="0", amount="0", cancelled=ordered)
            return
        told["document_type"] = "order"
        confirmed = self.normalise.number(told["quantity"] or "0")
        if told["unit_price"] and (not told["amount"] or confirmed != self.normalise.number(ordered or "0")):
            told["amount"] = ""  # extendedPrice is that of the ordered quantity: price the confirmed part instead
        elif told["amount"] and confirmed == 0:
            told["amount"] = "0"
        elif told["amount"] and (whole := self.normalise.number(ordered or "0")) not in (confirmed, Decimal(0)):
            part = self.normalise.number(told["amount"]) * confirmed / whole
            told["amount"] = f"{part:.4f}"


def _orders(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The document, or those inside it (an order split, a page of a search), with what the whole says of each."""
    for name in _CONTAINERS:
        inner = body.get(name)
        if isinstance(inner, list):
            outer = {k: v for k, v in body.items() if k != name}
            yield from ({**outer, **one} for one in inner if isinstance(one, dict))
            return
    yield body


def _paths(column: str | int | tuple[str, ...]) -> tuple[str, ...]:
    return column if isinstance(column, tuple) else (str(column),)


def _first(paths: Iterable[str], order: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """The first path that leads to a value: `line.x` from the line, anything else from the document."""
    for path in paths:
        value: Any = item if path.startswith("line.") else order
        for step in path.removeprefix("line.").split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if text := _text(value):
            return text
    return ""


def _text(value: object) -> str:
    """Numbers are text already (json_documents); null, lists and objects are nothing."""
    return value.strip() if isinstance(value, str) else ""


def _status(word: str) -> str:
    """A status without prefix, case and spelling: `im::Cancelled` and `Canceled` are one word."""
    letters = _LETTERS.sub("", word.lower().rpartition("::")[2])
    return "cancelled" if letters.startswith("cancel") else letters
