"""Salesforce's spelling of ids, dates and numbers, read into ours.

>>> full_id("0065w000023STAm")
'0065w000023STAmAAO'
>>> moment("2026-09-09T00:41:57.000Z"), moment("2026-09-09")
(datetime.datetime(2026, 9, 9, 0, 41, 57, tzinfo=datetime.timezone.utc), \
datetime.datetime(2026, 9, 9, 12, 0, tzinfo=datetime.timezone.utc))
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from chalicelib.domain.calendar import instant
from chalicelib.domain.registrations import WHOLE, Credit

_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

# Years outside are typing errors (a 0026 or 20226), and some cannot be moved between zones at all.
_FIRST_YEAR, _LAST_YEAR = 1970, 2199

# A ledger entry and a standing are written per credited rep in one transaction, which holds 100 items.
MOST_CREDITED = 20
_ROLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def full_id(text: str) -> str | None:
    """The 18-character form of a Salesforce id, None when `text` is none.

    The 15-character form is case sensitive; the three added characters say which letters are capitals.
    """
    text = text.strip()
    if not _ID.fullmatch(text):
        return None
    if len(text) == 18:
        return text
    chunks = (text[i : i + 5] for i in (0, 5, 10))
    return text + "".join(_SUFFIX[sum(1 << i for i, c in enumerate(chunk) if "A" <= c <= "Z")] for chunk in chunks)


def moment(text: str) -> datetime:
    """An instant in UTC. A date without time stands at noon UTC, which is that same day from UTC-12 to UTC+11.

    Raises: ValueError naming the text when it is neither, or its year cannot be meant.
    """
    try:
        if len(text) == 10:
            read = datetime.combine(date.fromisoformat(text), time(12), tzinfo=UTC)
        else:
            read = instant(text)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text}" is no date or instant') from None
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise ValueError(f'"{text}" is a year no deal can have')
    return read


def yes_or_no(text: str) -> bool:
    """A checkbox or a picklist of two words. Raises: ValueError naming the text when it is neither."""
    word = text.strip().casefold()
    if word not in ("true", "yes", "false", "no"):
        raise ValueError(f'"{text}" is neither yes nor no')
    return word in ("true", "yes")


def whole_number(text: str, of: str = "seats") -> int:
    """A count of seats, units or people ("25", "25.0"). Raises: ValueError naming the text when it is no such count."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f'"{text}" is no number') from None
    # A billion seats is a typing error; it also keeps 1e309 from becoming an integer of 309 digits.
    if not number.is_finite() or not 0 <= number <= 10**9 or number != number.to_integral_value():
        raise ValueError(f'"{text}" is no whole number of {of}')
    return int(number)


def split(text: str) -> tuple[Credit, ...]:
    """Credited people from their stamp, "005…AAA:60;005…BBB:40;005…CCC:se:100" (user id, percent; between them the role
    of an overlay), in its order (domain.md 16, 35).

    Raises: ValueError saying what is wrong when an id is none, somebody stands twice in one role, a role is no name, a
    share is no positive number of hundredths of a percent, the shares of the split or of a role do not sum to exactly
    100, or more than 20 people share.

    >>> [c.share for c in split("005000000000001AAA:66.67; 005000000000002AAA:33.33")]
    [6667, 3333]
    """
    credits: list[Credit] = []
    for part in filter(None, (p.strip() for p in re.split(r"[;,\n]", text))):
        user, _, rest = part.partition(":")
        role, named, percent = rest.rpartition(":")
        rep, role = full_id(user), role.strip().lower()
        if rep is None:
            raise ValueError(f'"{user.strip()}" is no Salesforce user id')
        if named and not _ROLE.fullmatch(role):
            raise ValueError(f'"{role}" is no role: write lower-case letters, digits and dashes, as "se"')
        if any((c.rep, c.role) == (rep, role) for c in credits):
            raise ValueError(f"{rep} stands twice")
        credits.append(Credit(rep, _share(percent), role))
    if len(credits) > MOST_CREDITED:
        raise ValueError(f"{len(credits)} reps share one deal, at most {MOST_CREDITED} can")
    for role in dict.fromkeys(["", *(c.role for c in credits)]):
        if (total := sum(c.share for c in credits if c.role == role)) != WHOLE:
            whose = f"the shares of the role {role}" if role else "the shares"
            raise ValueError(f"{whose} sum to {Decimal(total) / 100} %, not to 100 %")
    return tuple(credits)


def _share(percent: str) -> int:
    text = percent.strip().removesuffix("%").strip()
    try:
        hundredths = Decimal(text).scaleb(2)
    except InvalidOperation:
        raise ValueError(f'"{percent.strip()}" is no percentage') from None
    if not hundredths.is_finite() or not 0 < hundredths <= WHOLE or hundredths != hundredths.to_integral_value():
        raise ValueError(f'"{percent.strip()}" is no share: give percent with at most two decimals, above 0')
    return int(hundredths)


def same_person(one: str, other: str) -> bool:
    """Do two Salesforce user ids name one person? The 18-character form is the 15-character one with a checksum."""
    return one == other or (len(one) in (15, 18) and len(other) in (15, 18) and one[:15] == other[:15])
