"""The small part of SOQL that Kicker sends, answered honestly: anything else is MALFORMED_QUERY, as in an org.

SELECT Id, UserRole.Name FROM User WHERE SystemModstamp >= 2026-01-01T00:00:00.000Z AND UserType = 'Standard'
ORDER BY SystemModstamp, Id LIMIT 200
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.calendar import instant, iso

_NAME = r"[A-Za-z][\w.]*"
_LITERAL = r"'(?:[^'\\]|\\.)*'|[^\s']+"
_QUERY = re.compile(
    rf"\s*SELECT\s+(?P<fields>{_NAME}(?:\s*,\s*{_NAME})*)\s+FROM\s+(?P<object>\w+)"
    rf"(?:\s+WHERE\s+(?P<where>.+?))?"
    rf"(?:\s+ORDER\s+BY\s+(?P<order>{_NAME}(?:\s+(?:ASC|DESC))?(?:\s*,\s*{_NAME}(?:\s+(?:ASC|DESC))?)*))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(rf"\s*({_NAME})\s*(>=|<=|!=|=|>|<)\s*({_LITERAL})\s*", re.DOTALL)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


class SoqlError(Exception):
    """A query the org refuses: `code` as Salesforce names it."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `order` holds (field, descending)."""

    fields: tuple[str, ...]
    object_name: str
    conditions: tuple[tuple[str, str, Any], ...]
    order: tuple[tuple[str, bool], ...]
    limit: int | None

    def select(self, records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The matching records, ordered; null matches no comparison, and sorts first."""
        found = [r for r in records if all(_holds(r.get(name), op, value) for name, op, value in self.conditions)]
        for name, descending in reversed(self.order):
            found.sort(key=lambda r: (r.get(name) is not None, r.get(name) or ""), reverse=descending)
        return found[: self.limit]

    def names(self) -> set[str]:
        """Every field the query mentions."""
        return {*self.fields, *(name for name, _, _ in self.conditions), *(name for name, _ in self.order)}


def parse(text: str) -> Query:
    """Parse a query. Raises: SoqlError (MALFORMED_QUERY)."""
    match = _QUERY.fullmatch(text)
    if not match:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token in: {text[:200]}")
    order = tuple(
        (part.split()[0], part.upper().endswith(" DESC")) for part in re.split(r"\s*,\s*", match["order"] or "") if part
    )
    fields = tuple(re.split(r"\s*,\s*", match["fields"]))
    conditions = tuple(_conditions(match["where"])) if match["where"] else ()
    return Query(fields, match["object"], conditions, order, int(match["limit"]) if match["limit"] else None)


def _conditions(text: str) -> Iterable[tuple[str, str, Any]]:
    at = 0
    while True:
        match = _CONDITION.match(text, at)
        if not match:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token in the condition: {text[at : at + 100]}")
        yield match[1], match[2], _literal(match[3])
        at = match.end()
        if at == len(text):
            return
        joined = re.compile(r"AND\s", re.IGNORECASE).match(text, at)
        if not joined:
            raise SoqlError("MALFORMED_QUERY", f"only AND joins conditions here: {text[at : at + 100]}")
        at = joined.end()


def _literal(text: str) -> Any:
    if text.startswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.lower() in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text.lower()]
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.+", text):
        try:
            return iso(instant(text))
        except ValueError:
            raise SoqlError("MALFORMED_QUERY", f"no date: {text}") from None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text
    try:
        return float(text)
    except ValueError:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: {text[:100]}") from None


def _holds(value: Any, op: str, wanted: Any) -> bool:
    if value is None or wanted is None:
        return {"=": value is wanted, "!=": value is not wanted}.get(op, False)
    try:
        return _OPERATORS[op](value, wanted)
    except TypeError:
        raise SoqlError("INVALID_FIELD", f"{value!r} and {wanted!r} cannot be compared") from None
