"""Reading a JSON document field by field, so that every problem is found at once and none twice.

A reader hands out a value of the right type whatever stood there; what was wrong is collected with its path, its
value, what is allowed and the nearest valid spelling. The caller raises when the list is not empty.

>>> problems: list[Problem] = []
>>> fields = Fields({"tie_rule": "shard"}, "", problems)
>>> fields.choice("tie_rule", ("shared", "earlier_to_reach"))
'shared'
>>> fields.end()
>>> [(p.path, p.remedy) for p in problems]
[('tie_rule', 'Write one of: shared, earlier_to_reach. Did you mean "shared"?')]
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from chalicelib.domain.errors import Problem
from chalicelib.domain.money import LARGEST_MINOR, Money, minor_digits

# ISO 4217, the currencies a person can be paid in (no metals, no funds codes).
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
CURRENCIES = frozenset(_CODES.split())
_AMOUNT = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,3})?")
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Choice = TypeVar("Choice", bound=str)
Kind = TypeVar("Kind")


def nearest(word: object, allowed: Collection[str]) -> str:
    """The allowed spelling closest to `word`, "" when nothing is close."""
    if not isinstance(word, str):
        return ""
    folded = {a.casefold(): a for a in sorted(allowed, reverse=True)}
    found = difflib.get_close_matches(word.casefold()[:80], folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def shown(value: object) -> str:
    """A value as a person would quote it, at most 80 characters."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


class Fields:
    """One JSON object of a document; `path` is where it stands ("" for the whole document).

    Every method returns a usable value; a problem is appended to `problems` and a harmless value returned instead.
    `end()` reports the fields nobody asked for.
    """

    def __init__(self, value: object, path: str, problems: list[Problem]) -> None:
        self.path = path
        self._problems = problems
        self._asked: list[str] = []
        self._values: Mapping[str, object] = {}
        self.is_object = isinstance(value, Mapping) and all(isinstance(k, str) for k in value)
        if self.is_object:
            assert isinstance(value, Mapping)
            self._values = value
        else:
            self.complain("", "is no object", "Write an object with named fields: {...}.", value)

    def at(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{name}" if self.path and name else self.path or name

    def complain(self, name: str, message: str, remedy: str, value: object = "") -> None:
        """Report something wrong with a field ("" for the object itself)."""
        self._problems.append(Problem(self.at(name) or "document", message, remedy, shown(value)))

    def has(self, name: str) -> bool:
        """Is the field there (and not null)?"""
        self._asked.append(name)
        return self._values.get(name) is not None

    def names(self) -> tuple[str, ...]:
        """The fields that are there."""
        return tuple(self._values)

    def _find(self, name: str, expected: str, required: bool) -> object:
        value = self._values.get(name)
        if not self.has(name) and required and self.is_object:
            self.complain(name, "is missing", f"Write {expected}.")
        return value

    def raw(self, name: str) -> object:
        """The field as it stands, None when absent."""
        self._asked.append(name)
        return self._values.get(name)

    def text(self, name: str, *, required: bool = True, longest: int = 200) -> str:
        """A line of text, "" when absent."""
        expected = f"a text of 1 to {longest} characters"
        value = self._find(name, expected, required)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > longest or _CONTROL.search(value):
            self.complain(name, f"is not {expected} without line breaks", f"Write {expected}.", value)
            return ""
        return value.strip()

    def integer(self, name: str, least: int, most: int, *, default: int | None = None) -> int:
        """A whole number between two limits, both included; `default` when absent (None: required)."""
        expected = f"a whole number from {least:,} to {most:,}"
        value = self._find(name, expected, default is None)
        if value is None:
            return least if default is None else default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.complain(name, f"is not {expected}", f"Write {expected}.", value)
            return least
        return value

    def choice(self, name: str, allowed: Sequence[Choice], *, default: Choice | None = None) -> Choice:
        """One of a few words; `default` when absent (None: required)."""
        expected = "one of: " + ", ".join(a for a in allowed if a)
        value = self._find(name, expected, default is None)
        if value is None:
            return allowed[0] if default is None else default
        for word in allowed:
            if value == word and word:
                return word
        near = nearest(value, [a for a in allowed if a])
        hint = f' Did you mean "{near}"?' if near else ""
        self.complain(name, "is not among the words allowed here", f"Write {expected}.{hint}", value)
        return allowed[0]

    def day(self, name: str) -> date | None:
        """A calendar date; None when it is missing or wrong, which is then reported."""
        value = self._find(name, 'a date as "2026-12-31"', required=True)
        if value is None:
            return None
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.complain(name, "is no day of the calendar", 'Write a date as "2026-12-31".', value)
                return None
        self.complain(name, "is no date", 'Write a date as "2026-12-31", without a time.', value)
        return None

    def percent(self, name: str) -> int:
        """A percentage above 0 and up to 100 with at most two decimals (2.5 or "2.5"), in hundredths of a percent."""
        expected = "a number above 0, up to 100, with at most two decimals"
        value = self._find(name, expected, required=True)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number or (isinstance(value, str) and _PERCENT.fullmatch(value)):
            hundredths = Decimal(str(value)) * 100
            if hundredths.is_finite() and 0 < hundredths <= 10_000 and hundredths == hundredths.to_integral_value():
                return int(hundredths)
        if value is not None:
            self.complain(name, f"is not {expected}", f"Write {expected}: 2.5 is two and a half percent.", value)
        return 1

    def money(self, name: str, *, required: bool = True) -> Money | None:
        """An amount above zero, written {"amount": "250.00", "currency": "USD"}; None when absent or wrong."""
        value = self._find(name, 'an amount as {"amount": "250.00", "currency": "USD"}', required)
        return None if value is None else money(Fields(value, self.at(name), self._problems))

    def child(self, name: str) -> Fields:
        """A required object."""
        value = self._find(name, "an object", required=True)
        if value is None:
            silent: list[Problem] = []  # its absence is reported; its fields need not be
            return Fields({}, self.at(name), silent)
        return Fields(value, self.at(name), self._problems)

    def children(self, name: str, *, least: int = 0, most: int = 100) -> list[Fields]:
        """A list of objects; fewer than `least` or more than `most` is a problem."""
        values = self._list(name, least, most, "objects")
        return [Fields(value, f"{self.at(name)}[{i}]", self._problems) for i, value in enumerate(values)]

    def texts(self, name: str, *, least: int = 0, most: int = 100, longest: int = 100) -> tuple[str, ...]:
        """A list of different texts."""
        values = self._list(name, least, most, "texts")
        problems: list[Problem] = []
        inner = Fields({f"[{i}]": v for i, v in enumerate(values)}, "", problems)
        found = tuple(inner.text(f"[{i}]", longest=longest) for i in range(len(values)))
        for problem in problems:
            self._problems.append(Problem(self.at(name) + problem.path, problem.message, problem.remedy, problem.value))
        for i, text in enumerate(found):
            if text and text in found[:i]:
                self.complain(f"{name}[{i}]", "is there twice", "Write it once.", text)
        return found

    def _list(self, name: str, least: int, most: int, of: str) -> Sequence[object]:
        expected = f"a list of {least} to {most} {of}"
        value = self._find(name, expected, least > 0)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            self.complain(name, f"is not {expected}", f"Write {expected}: [...].", value)
            return ()
        return value

    def must(self, name: str, value: Kind, holds: Callable[[Kind], bool], message: str, remedy: str) -> Kind:
        """The value; a problem when it is there and `holds` says no."""
        if value and not holds(value):
            self.complain(name, message, remedy, value)
        return value

    def end(self) -> None:
        """Report every field nobody asked for."""
        known = list(dict.fromkeys(self._asked))
        for name in self._values:
            if name not in known:
                near = nearest(name, known)
                remedy = f'Did you mean "{near}"?' if near else f"Remove it: it is not among {', '.join(known)}."
                self.complain(name, "is no field known here", remedy, self._values[name])


def money(fields: Fields) -> Money | None:
    """An amount above zero; None when something is wrong with it, which is then reported."""
    amount, currency = fields.raw("amount"), fields.text("currency", longest=3)
    fields.end()
    digits = minor_digits(currency)
    if currency and currency not in CURRENCIES:
        near = nearest(currency, CURRENCIES)
        hint = f' Did you mean "{near}"?' if near else ""
        fields.complain(
            "currency", "is no ISO 4217 currency", f'Write three capital letters, as "USD".{hint}', currency
        )
        return None
    text = str(amount) if isinstance(amount, int) and not isinstance(amount, bool) else amount
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text) or len(text.partition(".")[2]) > digits:
        fields.complain(
            "amount", "is no amount of this currency", f'Write digits with at most {digits} decimals, as "250".', amount
        )
        return None
    if not currency:
        return None
    result = Money.parse(text, currency)
    if not 0 < result.minor <= LARGEST_MINOR:
        fields.complain("amount", "is zero or above ten billion", "Write an amount above zero.", amount)
        return None
    return result
