"""Match keys: the identifiers a registration and an order line may share, in one spelling.

Distributors garble identifiers: case, dashes, `REG#` and `DR` prefixes, leading zeros eaten by Excel. The normal
form below is for look-up only; what people see is what was sent (domain.md 10, feeds facts 3.1).
"""

from __future__ import annotations

import re

_NOT_ALNUM = re.compile(r"[\W_]+")
_REGISTRATION_PREFIX = re.compile(r"^(?:DEAL ?REG(?:ISTRATION)?|REG|DR)[\s#:._-]*(?=[0-9A-Z]*[0-9])")


def normal(text: str) -> str:
    """Upper case, only letters and digits of any alphabet, no leading zeros.

    >>> normal(" 00-917 733"), normal("po/10045"), normal("№ 12-ж")
    ('917733', 'PO10045', '12Ж')
    """
    return _NOT_ALNUM.sub("", text.upper()).lstrip("0")


def registration_number(text: str) -> str:
    """Normal form of a deal registration number: `REG#A1B2`, `DR-00917` and plain spellings meet.

    >>> registration_number("REG#A1B2C3"), registration_number("dr-0091827"), registration_number("0006ZX2201")
    ('A1B2C3', '91827', '6ZX2201')
    """
    return normal(_REGISTRATION_PREFIX.sub("", text.strip().upper()))


def sku_form(text: str) -> str:
    """Look-up form of a part number: upper case, no spaces, no trailing `=`; `/`, `-` and `#` mean something.

    >>> sku_form("nb/fw-60f #abb=")
    'NB/FW-60F#ABB'
    """
    return re.sub(r"\s+", "", text.upper()).rstrip("=")


def match_keys(*, number: str, bid: str, po: str, sku: str) -> tuple[str, ...]:
    """The keys under which a registration and a line can meet, strongest first; empty identifiers give none.

    A PO number is reused and garbled, so it only counts together with the SKU (feeds facts 1.2).

    >>> match_keys(number="DR-0091827", bid="", po="PO-10045", sku="acm-edr")
    ('number:91827', 'po:PO10045:ACM-EDR')
    """
    keys = []
    if form := registration_number(number):
        keys.append(f"number:{form}")
    if form := normal(bid):
        keys.append(f"bid:{form}")
    if (form := normal(po)) and sku:
        keys.append(f"po:{form}:{sku_form(sku)}")
    return tuple(keys)
