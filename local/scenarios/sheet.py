"""A YAML file as plain values, with the line each of them stands on.

Stricter than YAML: a key is always a text (`on` is no truth value), a date stays the text it was written as, nothing
is there twice, and there are no anchors, tags or second documents to puzzle over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from chalicelib.domain.errors import InvalidDocument, Problem

_AS_WRITTEN = ("tag:yaml.org,2002:timestamp",)
_PLAIN = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_KNOWN = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """`values` is the document, `lines` the line (from 1) of every path in it, as "expected.people.Ana.paid"."""

    values: object
    lines: dict[str, int]

    def line(self, path: str) -> int:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)

    def told(self, what: str, problems: Iterable[Problem]) -> InvalidDocument:
        """These problems with their lines, by line."""
        placed = sorted(((self.line(p.path), p) for p in problems), key=lambda found: found[0])
        return InvalidDocument(
            what, [Problem(f"line {line}, {p.path}", p.message, p.remedy, p.value) for line, p in placed]
        )


def read_sheet(text: str, what: str) -> Sheet:
    """The values of a YAML text. Raises: InvalidDocument naming `what` and the line of everything that is no YAML, or
    more of it than is allowed here."""
    problems: list[Problem] = []
    sheet = Sheet(None, {})
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else "line 1"
        problem = Problem(place, f"is no YAML: {error.problem or error.context}", "Check spaces, colons and quotes.")
        raise InvalidDocument(what, [problem]) from error
    except yaml.YAMLError as error:
        problem = Problem("line 1", f"is no YAML: {error}", "Write plain text in UTF-8.")
        raise InvalidDocument(what, [problem]) from error
    if root is None:
        raise InvalidDocument(what, [Problem("line 1", "is empty", "Write a scenario; docs/scenarios.md says how.")])
    values = _value(root, "", sheet, problems, frozenset())
    if problems:
        raise sheet.told(what, problems)
    return Sheet(values, sheet.lines)


def _value(node: yaml.Node, path: str, sheet: Sheet, problems: list[Problem], above: frozenset[int]) -> object:
    sheet.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in above:
        problems.append(Problem(path, "refers to itself", "Write it out."))
        return None
    above |= {id(node)}
    if not isinstance(node, yaml.ScalarNode) and node.tag not in _PLAIN:
        problems.append(
            Problem(path, f"is of the kind {node.tag}, which is more YAML than is read here", "Drop the !.")
        )
        return None
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            at = f"{path}.{name}" if path else name
            if name in found:
                problems.append(Problem(at, "is there twice", "Write it once."))
            sheet.lines[at] = key.start_mark.line + 1
            found[name] = _value(value, at, sheet, problems, above)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, f"{path}[{i}]", sheet, problems, above) for i, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    if node.tag in _AS_WRITTEN:
        return str(node.value)
    if node.tag not in _KNOWN:
        problems.append(Problem(path, f"is of the kind {node.tag}", "Write a text, a number, true or false."))
        return None
    try:
        return yaml.SafeLoader("").construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, OverflowError):
        return str(node.value)
