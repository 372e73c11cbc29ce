"""Money in integer minor units.

>>> Money.parse("1,234.5".replace(",", ""), "USD")
Money(minor=123450, currency='USD')
>>> Money(250, "USD") + Money(50, "USD")
Money(minor=300, currency='USD')
>>> str(Money(123450, "USD"))
'1,234.50 USD'
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from chalicelib.domain.errors import CurrencyMismatch

# ISO 4217: currencies whose minor unit is not a hundredth. All others have two digits.
MINOR_DIGITS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
    "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0,
    "XPF": 0,
}  # fmt: skip

# One line or deal above ten billion is a typing error or an attack, not a sale: it also keeps every sum of a
# program far inside the 38 digits DynamoDB stores exactly.
LARGEST_MINOR = 10**12


def minor_digits(currency: str) -> int:
    """Digits after the decimal point of `currency` (ISO 4217)."""
    return MINOR_DIGITS.get(currency, 2)


def round_half_up(value: Decimal) -> int:
    """Nearest integer, halves away from zero (domain.md 34)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of an ISO 4217 currency; may be negative."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> Money:
        """Read a plain decimal number ("1234.50", "-3") into minor units, halves away from zero.

        Raises: ValueError naming the text when it is no finite number, is larger than ten billion,
        or when `currency` is not three capital letters.
        """
        if len(currency) != 3 or not currency.isascii() or not currency.isupper():
            raise ValueError(f'"{currency}" is no ISO 4217 currency code')
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(f'"{text}" is no amount') from None
        if not number.is_finite() or number.copy_abs() > LARGEST_MINOR:
            raise ValueError(f'"{text}" is no amount a sale can have')
        return cls(round_half_up(number.scaleb(minor_digits(currency))), currency)

    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    def __add__(self, other: Money) -> Money:
        """Sum. Raises: CurrencyMismatch."""
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Difference. Raises: CurrencyMismatch."""
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        return f"{self.decimal():,.{digits}f} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self} and {other} cannot be added: state the rate or keep them apart")
