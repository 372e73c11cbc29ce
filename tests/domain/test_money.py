from __future__ import annotations

import pytest

from chalicelib.domain.money import Money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("0.125", "USD", 13), ("-0.125", "USD", -13), ("0.124999", "USD", 12), ("2.5", "JPY", 3), ("1.0005", "KWD", 1001)],
)
def test_half_a_cent_goes_away_from_zero(text: str, currency: str, minor: int) -> None:
    """domain.md 34."""
    assert Money.parse(text, currency).minor == minor
