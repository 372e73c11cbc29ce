"""Numbers and dates as distributors write them, read by the convention a profile declares, never guessed.

Signs are understood in every convention seen: `-5`, `5-` (SAP), `(5)`. Anything else that is not a plain number
(`1e309`, `NaN`, `1,23` where the comma groups thousands) is a BadValue, not a zero.

>>> number_reader(".", ",")("(1,234.50)"), number_reader(".", ",")("10.000-"), number_reader(",", ".")("1.310,55")
(Decimal('-1234.50'), Decimal('-10.000'), Decimal('1310.55'))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from chalicelib.domain.calendar import local_day, zone
from chalicelib.domain.money import LARGEST_MINOR
from chalicelib.feeds.rejected import BadValue

_MOST_CACHED = 20_000  # values of one file that are remembered; beyond that memory would grow with the file
_LONGEST_NUMBER = 40
_FIRST_YEAR, _LAST_YEAR = 1990, 2100  # outside, a date is a placeholder (0001-01-01) or a typing error
_SPACES = "\u0020\u00a0\u2009\u202f"


def number_reader(decimal: str, thousands: str) -> Callable[[str], Decimal]:
    """A function from text to an exact, finite Decimal. Groups of thousands must be groups of three.

    The function raises: BadValue for what is no plain number or is above ten billion.
    """
    point = re.escape(decimal)
    groups = f"[{_SPACES}]" if thousands == " " else re.escape(thousands)
    whole = rf"(?:\d{{1,3}}(?:{groups}\d{{3}})+|\d+)" if thousands else r"\d+"
    pattern = re.compile(rf"(\()?([+-])?({whole})?(?:{point}(\d*))?(-)?(\))?", re.ASCII)
    cache: dict[str, Decimal] = {}

    def read(text: str) -> Decimal:
        known = cache.get(text)
        if known is not None:
            return known
        found = pattern.fullmatch(text.strip()) if len(text) <= _LONGEST_NUMBER else None
        if found is None:
            raise BadValue("no number", text)
        opening, sign, digits, fraction, trailing, closing = found.groups()
        if not (digits or fraction) or bool(opening) != bool(closing) or sum(map(bool, (opening, sign, trailing))) > 1:
            raise BadValue("no number", text)
        plain = re.sub(r"\D", "", digits or "0")
        value = Decimal(f"{plain}.{fraction}" if fraction else plain)
        if value > LARGEST_MINOR // 100:
            raise BadValue("number too large", text)
        if opening or trailing or sign == "-":
            value = -value
        if len(cache) >= _MOST_CACHED:
            cache.clear()
        cache[text] = value
        return value

    return read


def minor_reader(number: Callable[[str], Decimal], decimal: str) -> Callable[[str, int], int]:
    """A function from (text, digits of the currency) to minor units, halves away from zero.

    The plain case (`1234.50` for two digits) is read without a Decimal: amounts rarely repeat, so no cache helps.
    """

    def read(text: str, digits: int) -> int:
        whole, _, fraction = text.partition(decimal)
        if len(fraction) == digits and len(text) < 14 and text.isascii() and (whole + fraction).isdigit() and whole:
            return int(whole + fraction)
        scaled = number(text).scaleb(digits)
        nearest = int(scaled)
        if nearest == scaled:
            return nearest
        return int(scaled + Decimal("0.5")) if scaled > 0 else int(scaled - Decimal("0.5"))

    return read


def date_reader(formats: Sequence[str], empty: Sequence[str], zone_name: str) -> Callable[[str], date | None]:
    """A function from text to a local date of the feed's zone; None for a declared empty value.

    `formats` are strptime formats, or "iso" for any ISO 8601 date or date-time; an instant with an offset becomes
    the local day in `zone_name` (domain.md 2). The function raises: BadValue for anything else.
    """
    blanks = frozenset(empty) | {""}
    cache: dict[str, date | None] = {}

    def read(text: str) -> date | None:
        if text in cache:
            return cache[text]
        plain = text.strip()
        value = None if plain in blanks else _date(plain, formats, zone_name)
        if len(cache) >= _MOST_CACHED:
            cache.clear()
        cache[text] = value
        return value

    return read


def _date(text: str, formats: Sequence[str], zone_name: str) -> date:
    for form in formats:
        try:
            moment = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 - a local date of the feed's zone
        except ValueError:
            continue
        if form == "%Y%m%d" and len(text) != 8:  # strptime takes "2026033" for the 3rd of March
            continue
        day = local_day(moment, zone_name) if moment.tzinfo else moment.date()
        if _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return day
    raise BadValue("no date", text, "expected " + " or ".join(formats))


def as_instant(text: str, form: str, zone_name: str) -> datetime:
    """A file's own stamp as an aware instant: local time of the feed's zone unless it carries an offset.

    Raises: ValueError when it does not have the declared form.
    """
    moment = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone(zone_name))).astimezone(UTC)
