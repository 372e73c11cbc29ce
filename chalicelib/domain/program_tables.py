"""What a program's conditions may name, as its document writes it: families, software tiers, sizes, deal types."""

from __future__ import annotations

from typing import Literal

from chalicelib.domain.conditions import folded
from chalicelib.domain.documents import Fields
from chalicelib.domain.identifiers import sku_form
from chalicelib.domain.programs import DealTypeRule

MOST_EMPLOYEES = 10_000_000
# Every quarter looked back is one more deal book beside each: three years are fourteen of them.
MOST_MONTHS = 36
SCOPES: tuple[Literal["vendor", "family", "sku"], ...] = ("vendor", "family", "sku")
SOURCES: tuple[Literal["registration", "orders"], ...] = ("registration", "orders")


def prefixes(fields: Fields, table: str, of: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names with their SKU prefixes; a prefix belongs to one name. `of` is what is named, for people."""
    if not fields.has(table):
        return ()
    written = fields.child(table)
    found = tuple((name, written.texts(name, least=1, most=500)) for name in written.names())
    seen: dict[str, str] = {}
    for name, told in found:
        remedy = f"Name the {of}."
        written.must(name, name, lambda n: bool(n.strip()) and len(n) <= 60, f"is no {of} name", remedy)
        for i, prefix in enumerate(told):
            form = sku_form(prefix)
            if prefix and seen.setdefault(form, name) != name:
                remedy = f"A SKU prefix belongs to one {of}."
                written.complain(f"{name}[{i}]", f"is also a prefix of {seen[form]}", remedy, prefix)
    return found


def size_bands(fields: Fields) -> tuple[tuple[str, int, int | None], ...]:
    """A customer's sizes by number of employees, from the smallest up; no number is in two of them."""
    if not fields.has("size_bands"):
        return ()
    written = fields.child("size_bands")
    found: list[tuple[str, int, int | None]] = []
    for name in written.names():
        band = written.child(name)
        written.must(name, name, lambda n: bool(n.strip()) and len(n) <= 60, "is no size", "Name the size.")
        least = band.integer("from", 0, MOST_EMPLOYEES)
        most = band.integer("to", least, MOST_EMPLOYEES) if band.has("to") else None
        band.end()
        for other, first, last in found:
            if (last is None or least <= last) and (most is None or first <= most):
                remedy = f"A number of employees belongs to one size: begin or end it beside {other}."
                written.complain(name, f"overlaps {other}", remedy, f"{least} to {most or '...'}")
            if folded(other) == folded(name):
                written.complain(name, "is there twice", "Give every size its own name.", name)
        found.append((name, least, most))
    return tuple(sorted(found, key=lambda b: b[1]))


def deal_type_rule(fields: Fields) -> DealTypeRule | None:
    """How net-new is decided; None: as the registration states, without a rule declared."""
    if not fields.has("deal_type_rule"):
        return None
    written = fields.child("deal_type_rule")
    source = written.choice("source", SOURCES)
    months: int | None = None
    if source == "registration":
        months = written.integer("look_back_months", 1, 120)
    elif written.has("look_back_months"):
        months = written.integer("look_back_months", 1, MOST_MONTHS)
    party = written.text("party", required=False, longest=40) or "account"
    if party != "account":
        remedy = 'Write "account": a deal book holds one account, so its group, parent or site cannot be asked.'
        written.complain("party", "is not known to a deal", remedy, party)
    rule = DealTypeRule(written.choice("scope", SCOPES), source, months)
    written.end()
    return rule
