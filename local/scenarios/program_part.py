"""The programs of a scenario: a document written out, or an example with changes."""

from __future__ import annotations

import copy
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from chalicelib.domain.calendar import zone
from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.errors import Problem
from local.scenarios.scenario import Drafted, person_id

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "programs"
_STEP = re.compile(r"([A-Za-z_][\w -]*)|\[(\d+)\]")


def read_program(fields: Fields, id: str) -> Drafted:
    """One program; `id` "" takes its own or the example's name. Problems go where `fields` puts them."""
    example = fields.text("example", required=False)
    document = _example(fields, example) if example else _document(fields)
    read_changes(fields, document)
    author = fields.text("author", required=False) or "the author"
    approver = fields.text("approver", required=False) or "the approver"
    given = fields.day("activated on") if fields.has("activated on") else None
    own = fields.text("id", required=False)
    fields.end()
    window = document.get("window")
    written = window if isinstance(window, dict) else {}
    return Drafted(
        id or own or example or "the-program",
        document,
        person_id(author),
        person_id(approver),
        given or _day_before(written.get("start")),
        _known_zone(written.get("zone")),
    )


def read_changes(fields: Fields, document: dict[str, Any]) -> None:
    """Apply `with` (path: value) and `without` (paths) to a program document, in place."""
    if fields.has("with"):
        changes = fields.child("with")
        for path in changes.names():
            _set(document, path, changes.raw(path), changes)
    for i, path in enumerate(fields.texts("without")):
        holder, last = _find(document, path, fields, f"without[{i}]")
        if isinstance(holder, dict) and isinstance(last, str):
            holder.pop(last, None)
        elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
            holder.pop(last)


def _document(fields: Fields) -> dict[str, Any]:
    value = fields.raw("document")
    if not isinstance(value, dict):
        fields.complain(
            "document", "is missing", 'Write the program out here, or start from an "example".', value or ""
        )
        return {}
    found: dict[str, Any] = copy.deepcopy(value)
    return found


def _example(fields: Fields, name: str) -> dict[str, Any]:
    names = sorted(path.stem for path in EXAMPLES.glob("*.json"))
    if name not in names:
        near = nearest(name, names)
        hint = f' Did you mean "{near}"?' if near else ""
        fields.complain("example", "is no example program", f"Write one of: {', '.join(names)}.{hint}", name)
        return {}
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _set(document: dict[str, Any], path: str, value: object, fields: Fields) -> None:
    holder, last = _find(document, path, fields, path)
    if isinstance(holder, dict) and isinstance(last, str):
        holder[last] = copy.deepcopy(value)
    elif isinstance(holder, list) and isinstance(last, int) and last <= len(holder):
        holder[last : last + 1] = [copy.deepcopy(value)]


def _find(document: Any, path: str, fields: Fields, told: str) -> tuple[Any, str | int]:
    """What holds the last step of a path like "layers[0].rates"; (None, "") when there is no such place, which is
    then reported."""
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(path)]
    here = document
    for position, step in enumerate(steps[:-1]):
        known = here.keys() if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        if step not in known:
            near = nearest(step, [str(k) for k in known]) if isinstance(step, str) else ""
            remedy = f'Did you mean "{near}"?' if near else "Write a path of the program, as layers[0].rates."
            fields.complain(told, f"names no place: there is no {step}", remedy, path)
            return None, ""
        here = here[step]
        if position == len(steps) - 1:
            break
    if not steps:
        fields.complain(told, "is no path", "Write a path of the program, as layers[0].rates.", path)
        return None, ""
    return here, steps[-1]


def _day_before(start: object) -> date:
    try:
        return date.fromisoformat(str(start)) - timedelta(days=1)
    except (ValueError, OverflowError):
        return date(2026, 9, 30)


def _known_zone(name: object) -> str:
    try:
        zone(str(name))
    except ValueError:
        return "UTC"
    return str(name)


def problems_of(problems: list[Problem]) -> list[str]:
    """Problems as the lines of a report: where, what, the way out."""
    return [f"{p.path}: {p.message}. {p.remedy}".strip() for p in problems]
