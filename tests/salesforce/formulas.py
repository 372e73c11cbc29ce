"""Salesforce formulas, as far as the package writes them, evaluated: what no tool outside an org does.

>>> evaluate('IF(ISBLANK(Vendor__c), "none", Vendor__c & "!")', Context(lambda path: {"Vendor__c": "Acme"}.get(path)))
'Acme!'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from chalicelib.domain.salesforce_values import full_id

_TOKENS = re.compile(
    r"""\s*(?:("(?:[^"\\]|\\.)*")          # a text
    |(\d+(?:\.\d+)?)                       # a number
    |\{!([$\w.]+)\}                        # a flow's reference
    |([$A-Za-z][\w.]*)                     # a field, or a function
    |(<>|<=|>=|[-=<>&(),+]))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Context:
    """What a formula may look at: values by path, those before the change (None for a new record), permissions."""

    value: Callable[[str], Any]
    prior: Mapping[str, Any] | None = None
    permissions: frozenset[str] = field(default_factory=frozenset)

    def of(self, path: str) -> Any:
        """The value at a path; `$Permission.X` is whether the running user has it."""
        scope, _, name = path.partition(".")
        return name in self.permissions if scope == "$Permission" else self.value(path)


def evaluate(text: str, context: Context) -> Any:
    """The formula's value. Raises: SyntaxError for what is no formula, KeyError for a function that is not known."""
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise SyntaxError(f"no formula from here: {text[at : at + 20]}")
        tokens.append(match.groups())
        at = match.end()
    parser = _Parser(tokens, context)
    value = parser.comparison()
    if parser.at != len(tokens):
        raise SyntaxError(f"more than one formula: {text}")
    return value()


Thunk = Callable[[], Any]


class _Parser:
    """Makes thunks, so that IF, AND and OR look only at what they need; references keep their path."""

    def __init__(self, tokens: list[tuple[str | None, ...]], context: Context) -> None:
        self.tokens, self.context, self.at = tokens, context, 0

    def operator(self, *wanted: str) -> str | None:
        if self.at < len(self.tokens) and (found := self.tokens[self.at][4]) in wanted:
            self.at += 1
            return found
        return None

    def comparison(self) -> Thunk:
        left = self.joined()
        if (op := self.operator("=", "<>", "<", ">", "<=", ">=")) is None:
            return left
        right = self.joined()
        return lambda: _compared(left(), op, right())

    def joined(self) -> Thunk:
        parts = [self.primary()]
        while self.operator("&"):
            parts.append(self.primary())
        if len(parts) == 1:
            return parts[0]
        return lambda: "".join("" if (value := part()) is None else str(value) for part in parts)

    def primary(self) -> Thunk:
        if self.operator("("):
            inner = self.comparison()
            self.expect(")")
            return inner
        text, number, reference, name, found = self.tokens[self.at]
        self.at += 1
        if text is not None:
            return lambda: re.sub(r"\\(.)", r"\1", text[1:-1])
        if number is not None:
            return lambda: Decimal(number)
        if reference is not None or (name is not None and not self.operator("(")):
            return self.reference(reference or name or "")
        if name is None:
            raise SyntaxError(f"{found} where a value was expected")
        return self.call(name)

    def reference(self, path: str) -> Thunk:
        def value() -> Any:
            return self.context.of(path)

        value.path = path  # type: ignore[attr-defined]
        return value

    def call(self, name: str) -> Thunk:
        arguments: list[Thunk] = []
        while not self.operator(")"):
            arguments.append(self.comparison())
            self.operator(",")
        if name in ("ISCHANGED", "PRIORVALUE"):
            path = arguments[0].path  # type: ignore[attr-defined]
            prior = self.context.prior
            if name == "PRIORVALUE":
                return lambda: (prior if prior is not None else {}).get(path, None if prior else self.context.of(path))
            return lambda: prior is not None and prior.get(path) != self.context.of(path)
        if name == "ISNEW":
            return lambda: self.context.prior is None
        return lambda: FUNCTIONS[name](*arguments)

    def expect(self, sign: str) -> None:
        if not self.operator(sign):
            raise SyntaxError(f"{sign} is missing")


def _compared(left: Any, op: str, right: Any) -> bool:
    if op in ("=", "<>"):
        return (left == right) is (op == "=")
    if left is None or right is None:
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[op]


def blank(value: Any) -> bool:
    """Is it null or an empty text?"""
    return value is None or value == ""


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "AND": lambda *conditions: all(c() for c in conditions),
    "OR": lambda *conditions: any(c() for c in conditions),
    "NOT": lambda condition: not condition(),
    "IF": lambda condition, yes, no: yes() if condition() else no(),
    "ISBLANK": lambda value: blank(value()),
    "BLANKVALUE": lambda value, otherwise: otherwise() if blank(value()) else value(),
    "ISPICKVAL": lambda value, word: (value() or "") == word(),
    "TEXT": lambda value: "" if value() is None else str(value()),
    "BEGINS": lambda text, start: (text() or "").startswith(start()),
    "REGEX": lambda text, pattern: re.fullmatch(pattern(), text() or "") is not None,
    "DATEVALUE": lambda value: _day(value()),
    "CASESAFEID": lambda short: full_id(short()),
}
