"""Which product family a part number belongs to.

A program names its families as SKU prefixes; the longest matching prefix wins, so a family inside another
("SEN-PRO-" inside "SEN-") needs no exclusions.

>>> families = Families((("sentinel", ("SEN-",)), ("sentinel pro", ("sen-pro-",))))
>>> families.of("sen-pro-100"), families.of("SEN-1Y"), families.of("NB/FW-60F")
('sentinel pro', 'sentinel', '')
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.identifiers import sku_form


class Families:
    """Names for products by SKU prefix: the families of a program, or its software tiers. Prefixes are compared in
    look-up form."""

    def __init__(self, families: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self._family = {sku_form(prefix): name for name, prefixes in families for prefix in prefixes}
        # Longest first: the first prefix found is the family. Lengths are few, so a look-up is a few slices.
        self._lengths = sorted({len(prefix) for prefix in self._family}, reverse=True)

    def of(self, sku: str) -> str:
        """The family of a part number, "" when no prefix fits."""
        return self.found(sku)[0]

    def found(self, sku: str) -> tuple[str, str]:
        """The family of a part number and the prefix that decided, both "" when none fits."""
        form = sku_form(sku)
        for length in self._lengths:
            if name := self._family.get(form[:length]):
                return name, form[:length]
        return "", ""

    def prefixes(self, name: str) -> tuple[str, ...]:
        """The prefixes of a family in look-up form, sorted."""
        return tuple(sorted(prefix for prefix, family in self._family.items() if family == name))
