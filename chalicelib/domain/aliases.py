"""Aliases: what a distributor calls a product, and what the catalogue calls it.

An alias is a dated document. It never changes what was told: a line keeps the code of its file beside the canonical
one, and the canonical one follows from that code and the aliases in force on the line's own date, so an alias that is
added, mended or ended later gives the same result as one that was there from the start (domain.md 14).

>>> edr = alias_from("td-edr", {"distributor": "td", "kind": "sku", "code": "acm edr 1yr", "sku": "ACM-EDR"})
>>> edr.code, edr.sku
('ACMEDR1YR', 'ACM-EDR')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.identifiers import normal, sku_form
from chalicelib.domain.orders import OrderLine

Kind = Literal["sku", "distributor_sku", "upc"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in the order in which they are asked: the manufacturer's number first
EVERY = "*"

_DESTROYED = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE)  # 8.89271E+11: a number Excel shortened
_LONGEST = 100
_FIELDS = ("distributor", "kind", "code", "sku", "valid_from", "valid_to")
_FORMS: dict[Kind, Callable[[str], str]] = {"sku": sku_form, "distributor_sku": normal, "upc": normal}


@dataclass(frozen=True, slots=True)
class Alias:
    """One code of one distributor ("*": of every one), in look-up form, and the catalogue's part number for it.
    Both days count; None leaves that end open."""

    name: str
    distributor: str
    kind: Kind
    code: str
    sku: str
    valid_from: date | None = None
    valid_to: date | None = None

    def speaks_for(self, distributor: str, day: date) -> bool:
        """Is it in force for a line of this distributor, dated that day?"""
        return (
            self.distributor in (EVERY, distributor)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )

    def rank(self) -> tuple[bool, int, str]:
        """Of several in force the distributor's own speaks before one for all, then the one that began last, then
        the name: never the one that was stored last."""
        return (self.distributor == EVERY, -(self.valid_from or date.min).toordinal(), self.name)


def codes(line: OrderLine) -> list[tuple[Kind, str]]:
    """The codes a line can be found under, in the order in which aliases are asked, look-up form. A manufacturer's
    number with a suffix (`#ABA`, a country variant) is also looked up without it, second."""
    told = line.sku if line.told_sku is None else line.told_sku
    found: list[tuple[Kind, str]] = [("sku", told), ("sku", told.partition("#")[0])] if told else []
    found += [("distributor_sku", normal(line.distributor_sku)), ("upc", normal(line.upc))]
    return [(kind, code) for kind, code in dict.fromkeys(found) if code]


class Aliases:
    """All aliases of a deployment, ready to ask."""

    def __init__(self, aliases: Iterable[Alias] = ()) -> None:
        self._by_code: dict[tuple[Kind, str], list[Alias]] = {}
        for alias in sorted(aliases, key=Alias.rank):
            self._by_code.setdefault((alias.kind, alias.code), []).append(alias)

    def canonical(self, line: OrderLine) -> OrderLine:
        """The line under the catalogue's part number, with the told one kept in `told_sku`; as it was told when no
        alias speaks for it. Asking again, also with other aliases, starts from what was told."""
        found = self._sku(line) if self._by_code else None
        if line.told_sku is None:
            return line if found is None else replace(line, sku=found, told_sku=line.sku)
        if found == line.sku:
            return line
        if found is None:
            return replace(line, sku=line.told_sku, told_sku=None)
        return replace(line, sku=found)

    def _sku(self, line: OrderLine) -> str | None:
        day = line.dated()
        for code in codes(line):
            for alias in self._by_code.get(code, ()):
                if alias.speaks_for(line.distributor, day):
                    return alias.sku
        return None


NO_ALIASES = Aliases()


def alias_from(name: str, document: Mapping[str, object]) -> Alias:
    """An alias from its document (docs/schemas/alias.schema.json). Raises: InvalidDocument with every problem."""
    problems = [
        Problem(key, "is no part of an alias", f"one of: {', '.join(_FIELDS)}", key)
        for key in sorted(document)
        if key not in (*_FIELDS, "$schema")
    ]
    kind: Kind = next((k for k in KINDS if k == document.get("kind")), "sku")
    if document.get("kind") not in KINDS:
        problems.append(Problem("kind", "is not known", f"one of: {', '.join(KINDS)}", str(document.get("kind"))[:80]))
    told = {f: _text(f, document.get(f, EVERY if f == "distributor" else None), problems) for f in _FIELDS[:4]}
    code, sku = _FORMS[kind](told["code"]), sku_form(told["sku"])
    for field, form in (("code", code), ("sku", sku)):
        if told[field] and not form:
            problems.append(Problem(field, "holds neither letter nor digit", "write the part number", told[field]))
        if _DESTROYED.fullmatch(told[field].strip()):
            problems.append(
                Problem(field, "is a number a spreadsheet shortened", "write the whole part number", told[field])
            )
    if kind == "sku" and code and code == sku:
        problems.append(Problem("sku", "is the code itself", "write the catalogue's part number", told["sku"]))
    first, last = (_day(f, document.get(f), problems) for f in ("valid_from", "valid_to"))
    if first and last and last < first:
        problems.append(
            Problem("valid_to", f"lies before valid_from, {first}", "write the last day it holds", str(last))
        )
    if problems:
        raise InvalidDocument(f"alias {name}", problems)
    return Alias(name, told["distributor"].strip(), kind, code, sku, first, last)


def _text(field: str, value: object, problems: list[Problem]) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= _LONGEST:
        return value
    if field != "kind":
        problems.append(Problem(field, "is missing", f"a text of at most {_LONGEST} characters", str(value or "")[:80]))
    return ""


def _day(field: str, value: object, problems: list[Problem]) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        problems.append(Problem(field, "is no date", "a day as 2026-10-31", str(value)[:80]))
        return None
