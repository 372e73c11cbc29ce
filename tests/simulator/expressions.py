"""DynamoDB's expression language, as far as this product uses it; anything else raises instead of guessing.

Conditions and filters: AND, OR, NOT, parentheses, = <> < <= > >=, BETWEEN, IN, attribute_exists,
attribute_not_exists, begins_with, contains, size. Updates: SET (with + and -, if_not_exists), ADD, REMOVE.
Paths are top-level attributes. Parsed once per text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Item = dict[str, dict[str, Any]]
Names = Mapping[str, str]
Values = Mapping[str, dict[str, Any]]
Holds = Callable[[Item, Names, Values], bool]
Operand = Callable[[Item, Names, Values], "dict[str, Any] | None"]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+\-]|#\w+|:\w+|[A-Za-z_][\w]*)")
_PLACEHOLDER = re.compile(r"[#:]\w+")
_SECTIONS = ("SET", "ADD", "REMOVE", "DELETE")


class Invalid(Exception):
    """What DynamoDB answers with a ValidationException."""


def placeholders(text: str) -> frozenset[str]:
    """The #names and :values an expression uses."""
    return _placeholders(text)


@lru_cache(maxsize=512)
def _placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotImplementedError(f"the simulator does not know this expression: {text[at:]!r} in {text!r}")
        found.append(match[1])
        at = match.end()
    return found


def number(value: Decimal) -> str:
    """A number as DynamoDB gives it back: no trailing zeros, no exponent."""
    text = f"{value.normalize():f}"
    return "0" if text in ("-0", "") else text


def comparable(value: dict[str, Any]) -> tuple[str, Any]:
    """(type, value) that compares as DynamoDB does within one type."""
    [(kind, content)] = value.items()
    return kind, Decimal(content) if kind == "N" else content


class _Parser:
    """Recursive descent over one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if not token or (wanted and token.upper() not in wanted):
            raise Invalid(f"Syntax error in {self.text!r}: {token!r} instead of {wanted}")
        self.at += 1
        return token

    def maybe(self, *wanted: str) -> bool:
        if self.peek().upper() in wanted:
            self.at += 1
            return True
        return False

    # --- conditions ---

    def condition(self) -> Holds:
        found = [self.conjunction()]
        while self.maybe("OR"):
            found.append(self.conjunction())
        return found[0] if len(found) == 1 else lambda i, n, v: any(f(i, n, v) for f in found)

    def conjunction(self) -> Holds:
        found = [self.negation()]
        while self.maybe("AND"):
            found.append(self.negation())
        return found[0] if len(found) == 1 else lambda i, n, v: all(f(i, n, v) for f in found)

    def negation(self) -> Holds:
        if self.maybe("NOT"):
            inner = self.negation()
            return lambda i, n, v: not inner(i, n, v)
        return self.term()

    def term(self) -> Holds:
        if self.maybe("("):
            inner = self.condition()
            self.take(")")
            return inner
        name = self.peek().lower()
        if name in ("attribute_exists", "attribute_not_exists"):
            self.at += 1
            self.take("(")
            path = self.path()
            self.take(")")
            wanted = name == "attribute_exists"
            return lambda i, n, v: (_name(path, n) in i) is wanted
        if name in ("begins_with", "contains"):
            self.at += 1
            self.take("(")
            left = self.operand()
            self.take(",")
            right = self.operand()
            self.take(")")
            return _function(name, left, right)
        left = self.operand()
        if self.maybe("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            above, below = _comparison(">=", left, low), _comparison("<=", left, high)
            return lambda i, n, v: above(i, n, v) and below(i, n, v)
        if self.maybe("IN"):
            self.take("(")
            options = [self.operand()]
            while self.maybe(","):
                options.append(self.operand())
            self.take(")")
            tests = [_comparison("=", left, option) for option in options]
            return lambda i, n, v: any(t(i, n, v) for t in tests)
        return _comparison(self.take("=", "<>", "<", "<=", ">", ">="), left, self.operand())

    def operand(self) -> Operand:
        token = self.take()
        if token.startswith(":"):
            return lambda i, n, v: v[token]
        if token == "size":
            self.take("(")
            path = self.path()
            self.take(")")
            return lambda i, n, v: _size(i.get(_name(path, n)))
        return lambda i, n, v: i.get(_name(token, n))

    def path(self) -> str:
        token = self.take()
        if token[0] in ":(),":
            raise Invalid(f"Syntax error in {self.text!r}: {token!r} is no attribute")
        return token

    # --- updates ---

    def update(self) -> list[tuple[str, str, Any]]:
        """(action, path, operand) of every change; the operand of REMOVE is None."""
        changes: list[tuple[str, str, Any]] = []
        while self.peek():
            section = self.take(*_SECTIONS).upper()
            if section == "DELETE":
                raise NotImplementedError("the simulator knows no sets")
            while True:
                path = self.path()
                operand: Any = None
                if section == "SET":
                    self.take("=")
                    operand = self.sum()
                elif section == "ADD":
                    operand = self.operand()
                changes.append((section, path, operand))
                if not self.maybe(","):
                    break
        return changes

    def sum(self) -> Operand:
        left = self.value()
        while self.peek() in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            left = _plus(left, self.value(), sign)
        return left

    def value(self) -> Operand:
        if self.peek().lower() == "if_not_exists":
            self.at += 1
            self.take("(")
            path = self.path()
            self.take(",")
            other = self.value()
            self.take(")")
            return lambda i, n, v: i.get(_name(path, n)) or other(i, n, v)
        return self.operand()

    def done(self) -> None:
        if self.peek():
            raise Invalid(f"Syntax error in {self.text!r}: unexpected {self.peek()!r}")


def _name(path: str, names: Names) -> str:
    if path.startswith("#"):
        if path not in names:
            raise Invalid(f"An expression attribute name used in the document path is not defined: {path}")
        return names[path]
    return path


def _size(value: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else {"N": str(len(next(iter(value.values()))))}


def _plus(left: Operand, right: Operand, sign: int) -> Operand:
    def result(i: Item, n: Names, v: Values) -> dict[str, Any]:
        a, b = left(i, n, v), right(i, n, v)
        if a is None or b is None:
            raise Invalid("The provided expression refers to an attribute that does not exist in the item")
        if "N" not in a or "N" not in b:
            raise Invalid("An operand in the update expression has an incorrect data type")
        return {"N": number(Decimal(a["N"]) + sign * Decimal(b["N"]))}

    return result


def _function(name: str, left: Operand, right: Operand) -> Holds:
    def holds(i: Item, n: Names, v: Values) -> bool:
        a, b = left(i, n, v), right(i, n, v)
        if a is None or b is None or a.keys() != b.keys() or not a.keys() & {"S", "B"}:
            return False
        whole, part = next(iter(a.values())), next(iter(b.values()))
        return bool(whole.startswith(part) if name == "begins_with" else part in whole)

    return holds


def _comparison(op: str, left: Operand, right: Operand) -> Holds:
    def holds(i: Item, n: Names, v: Values) -> bool:
        a, b = left(i, n, v), right(i, n, v)
        if op in ("=", "<>"):
            equal = a is not None and b is not None and comparable(a) == comparable(b)
            return equal is (op == "=")
        if a is None or b is None or a.keys() != b.keys() or not a.keys() & {"S", "N", "B"}:
            return False
        x, y = comparable(a)[1], comparable(b)[1]
        return bool({"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[op])

    return holds


@lru_cache(maxsize=512)
def condition(text: str) -> Holds:
    """A condition or filter as a predicate of (item, names, values). Raises: Invalid, NotImplementedError."""
    parser = _Parser(text)
    holds = parser.condition()
    parser.done()
    return holds


@lru_cache(maxsize=512)
def _update(text: str) -> list[tuple[str, str, Any]]:
    parser = _Parser(text)
    changes = parser.update()
    parser.done()
    if not changes:
        raise Invalid("an update expression says nothing")
    return changes


def updated(text: str, item: Item, names: Names, values: Values) -> tuple[Item, frozenset[str]]:
    """The item after an update expression, every operand read from the item before it; and the touched names.

    Raises: Invalid (two changes of one attribute, wrong type, missing attribute), NotImplementedError.
    """
    after = dict(item)
    touched: set[str] = set()
    for action, path, operand in _update(text):
        name = _name(path, names)
        if name in touched:
            raise Invalid("Two document paths overlap with each other; must remove or rewrite one of these paths")
        touched.add(name)
        if action == "REMOVE":
            after.pop(name, None)
            continue
        value = operand(item, names, values)
        if value is None:
            raise Invalid("The provided expression refers to an attribute that does not exist in the item")
        if action == "ADD":
            if "N" not in value:
                raise NotImplementedError("the simulator adds numbers only")
            old = item.get(name, {"N": "0"})
            if "N" not in old:
                raise Invalid("An operand in the update expression has an incorrect data type")
            value = {"N": number(Decimal(old["N"]) + Decimal(value["N"]))}
        after[name] = value
    return after, frozenset(touched)


@lru_cache(maxsize=256)
def projection(text: str) -> tuple[str, ...]:
    """The paths of a projection expression."""
    return tuple(part.strip() for part in text.split(","))


_KEY = re.compile(
    r"\(?\s*(?P<pk>[#\w]+)\s*=\s*(?P<pv>:\w+)\s*\)?(?:\s+AND\s+\(?\s*(?:begins_with\s*\(\s*(?P<b>[#\w]+)\s*,\s*(?P<bv>:\w+)\s*\)"
    r"|(?P<c>[#\w]+)\s*(?P<op>=|<=|>=|<|>)\s*(?P<cv>:\w+)"
    r"|(?P<d>[#\w]+)\s+BETWEEN\s+(?P<lo>:\w+)\s+AND\s+(?P<hi>:\w+))\s*\)?)?\s*",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def key_condition(text: str) -> dict[str, str]:
    """The parts of a key condition: pk, pv, and b, bv (begins_with), c, op, cv or d, lo, hi (between, both included).
    Raises: NotImplementedError."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise NotImplementedError(f"the simulator does not know the key condition {text!r}")
    return {name: part for name, part in match.groupdict().items() if part}
