"""Rows that cannot be used, as values, and every reason a row is rejected, held or ignored for.

One bad row never stops a file: it is put into quarantine with the file, the line, the column, what stood there and
what to do about it (domain.md 9).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Reason -> remedy. docs/feeds.md lists every one; a test holds the two together.
REMEDIES: dict[str, str] = {
    "wrong number of columns": "Check the row for a missing or extra delimiter, correct it and drop the file again.",
    "unclosed quote": "Close the quote or double it inside the text, then drop the file again.",
    "line too long": "A line may have 1 MB; look for a missing line break and drop the file again.",
    "control character": "Remove the unprintable characters from the row and drop the file again.",
    "wrong encoding": "Export the file as UTF-8, or declare its encoding in the feed profile.",
    "no document number": "Ask the distributor for the order or invoice number of this row.",
    "unknown document type": "Add the word to document_types of the feed profile and drop the file again.",
    "no number": "Write a plain number in the profile's decimal convention, without letters or exponents.",
    "number too large": "A quantity or amount above ten billion is taken for an error: correct it.",
    "no date": "Write a real calendar day in one of the profile's date formats.",
    "no currency": "Write an ISO 4217 code (three letters) in the currency column or into the profile.",
    "no amount": "Fill the amount, or unit price and quantity.",
    "no quantity": "Fill the quantity.",
    "text too long": "Identifiers may have 100 characters and names 250: correct the row.",
    "not a document": "Check that the JSON is whole and is one order or invoice object.",
    "document too large": "One JSON document may have 8 MB and 64 levels: ask for it in parts.",
}

# Lines that are read but wait for a person (OrderLine.held): what to do about each.
HELD: dict[str, str] = {
    "part number destroyed by a spreadsheet": "Ask for the file without opening it in Excel, or correct it.",
    "text starts like a spreadsheet formula": "Check that the text is meant, then release the line.",
    "no manufacturer part number": "Map the distributor's part number to a product, then release the line.",
    "positive quantity with a negative amount": "Say whether this is a return or a discount, then release the line.",
}

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST_VALUE = 120


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row in quarantine. `line` is the physical line of the file, counted from 1 (for a JSON document the line
    on which it starts); `value` is what stood there, shortened, with control characters escaped."""

    file: str
    line: int
    column: str
    value: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class IgnoredRow:
    """A row that is no order line and needs nobody: a repeated header, a document type the profile ignores."""

    line: int
    reason: str


class BadValue(Exception):
    """A value that cannot be used, on its way to becoming a RejectedRow; never leaves `feeds`. `reason` is a key of
    REMEDIES; `detail` says more."""

    def __init__(self, reason: str, value: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value
        self.detail = detail


def rejected(file: str, line: int, column: str, value: str, reason: str, detail: str = "") -> RejectedRow:
    r"""The row as a value; `reason` must be a key of REMEDIES.

    >>> rejected("a.csv", 6, "quantity", "ten\0", "no number").value
    'ten\\x00'
    """
    text = f"{reason}: {detail}" if detail else reason
    return RejectedRow(file, line, column, shown(value), text, REMEDIES[reason])


def held(reason: str, detail: str) -> str:
    """Why a line waits, in words with the way out; `reason` must be a key of HELD."""
    return f"{reason} ({shown(detail)}). {HELD[reason]}"


def shown(value: str) -> str:
    r"""A value as a person may safely see it: at most 120 characters, control characters as \xNN."""
    short = value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
    return _UNPRINTABLE.sub(lambda m: f"\\x{ord(m[0]):02x}", short)


def neutral(text: str) -> str:
    r"""Text for a cell of a CSV file we hand out: what a spreadsheet would run as a formula becomes plain text.

    >>> print(neutral("=1+2"), neutral("-12.50"), neutral("Contoso"))
    '=1+2 -12.50 Contoso
    """
    if text[:1] in ("=", "+", "-", "@", "\t", "\r", "|") and text and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
