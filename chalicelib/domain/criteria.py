"""A vendor's criteria as they come, SKUs with rates and dates, read into layers of a program (W76).

A layer may carry `criteria` instead of rates and SKU conditions: the vendor's own CSV as text, or the same rows as
objects. Rows of one rate and one validity make one layer, the first under the layer's own id, further ones as
"vendor:acme-2": each is a term a rep can read. Dates are cut to the program's window, for nothing counts outside it.

    sku,rate,unit,valid from,valid to
    ACM-EDR-1Y-100,25,seat,2026-10-01,2026-11-30
    ACM-XDR-1Y-100,2.5,percent,,
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date

from chalicelib.domain.documents import nearest, shown
from chalicelib.domain.errors import Problem
from chalicelib.domain.identifiers import sku_form

COLUMNS = ("sku", "rate", "unit", "valid_from", "valid_to")
MOST_ROWS = 2000
UNITS = {
    "deal": "per_deal", "per_deal": "per_deal", "seat": "per_seat", "per_seat": "per_seat",
    "percent": "percent", "%": "percent",
}  # fmt: skip
# What holds for one layer alone: several layers out of one file would each have it whole.
_OF_ONE = ("budget", "cap_points_per_rep", "tiers", "first_deals_per_rep", "attach_bonus")
_NUMBER = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?")
Row = Mapping[str, object]
Term = tuple[str, object, str, str]  # unit, rate, from, to ("" for the program's)


def with_criteria(document: object, problems: list[Problem]) -> object:
    """The document with every layer's `criteria` read into rates, conditions and windows; unchanged without any. What
    is wrong with a row is reported with its path; the further layers of a file stand last, so paths stay true."""
    layers = document.get("layers") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(layers, list):
        return document
    own: list[object] = []
    more: list[object] = []
    for i, layer in enumerate(layers):
        if isinstance(layer, Mapping) and layer.get("criteria") is not None:
            first, *rest = _layers(layer, f"layers[{i}]", document.get("window"), problems)
            own.append(first)
            more += rest
        else:
            own.append(layer)
    return {**document, "layers": own + more}


def _layers(layer: Row, path: str, window: object, problems: list[Problem]) -> list[dict[str, object]]:
    plain = {name: value for name, value in layer.items() if name != "criteria"}
    problems += [
        Problem(f"{path}.{name}", "stands in the criteria already", "Leave it out.", "")
        for name in ("rates", "window")
        if name in layer
    ]
    terms = _terms(_rows(layer["criteria"], f"{path}.criteria", problems), f"{path}.criteria", window, problems)
    for name in _OF_ONE:
        if name in layer and len(terms) > 1:
            message = f"cannot be shared by the {len(terms)} rates and dates of the criteria"
            problems.append(Problem(f"{path}.{name}", message, "Give each its own layer.", ""))
    if not terms:
        return [{**plain, "rates": [{"per_deal": 0}]}]
    found = []
    name, slash, role = str(layer.get("id") or "").partition("/")
    for n, ((unit, rate, start, end), numbers) in enumerate(terms.items(), start=1):
        asked = layer.get("conditions")
        conditions: list[object] = list(asked) if isinstance(asked, Sequence) and not isinstance(asked, str) else []
        made = {
            **plain,
            "id": layer.get("id") if n == 1 else f"{name}-{n}{slash}{role}",
            "rates": [{unit: rate}],
            "conditions": [*conditions, {"sku": numbers}],
        }
        if start:
            made["window"] = {"start": start, "end": end}
        found.append(made)
    return found


def _rows(criteria: object, path: str, problems: list[Problem]) -> list[Row]:
    """The rows as objects; a CSV may be separated by commas or semicolons, its column names in any case."""
    rows: list[Row] = []
    if isinstance(criteria, str):
        text = criteria.removeprefix("\ufeff").strip()
        separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
        read = csv.DictReader(io.StringIO(text), delimiter=separator, restkey="more")
        names = {name: "_".join((name or "").split()).casefold() for name in read.fieldnames or ()}
        for name, column in names.items():
            if column not in COLUMNS:
                near = nearest(column, COLUMNS)
                hint = f' Did you mean "{near}"?' if near else ""
                problems.append(
                    Problem(f"{path}.{name}", "is no column of criteria", f"Use {', '.join(COLUMNS)}.{hint}", name)
                )
        rows = [{names.get(name, "more"): value for name, value in row.items() if value is not None} for row in read]
    elif isinstance(criteria, list) and all(isinstance(row, Mapping) for row in criteria):
        rows = criteria
    if not 0 < len(rows) <= MOST_ROWS:
        remedy = f"Write 1 to {MOST_ROWS:,} rows, as CSV text with a header or as objects with {', '.join(COLUMNS)}."
        problems.append(Problem(path, "are no rows", remedy, shown(criteria)))
        return []
    return rows


def _terms(rows: Sequence[Row], path: str, window: object, problems: list[Problem]) -> dict[Term, list[str]]:
    """SKUs by what they earn and when, in the order of the file."""
    found: dict[Term, list[str]] = {}
    seen: dict[str, list[tuple[str, str, int]]] = {}
    for i, row in enumerate(rows):
        at = f"{path}[{i}]"
        before = len(problems)
        unknown = [name for name in row if name not in COLUMNS]
        if unknown:
            problems.append(Problem(f"{at}.{unknown[0]}", "is no column", f"Use {', '.join(COLUMNS)}.", unknown[0]))
        number = str(row.get("sku") or "").strip()
        if not number:
            problems.append(Problem(f"{at}.sku", "is missing", "Write the vendor's part number.", ""))
        unit, rate = _rate(row, at, problems)
        start, end = _validity(row, at, window, problems)
        if len(problems) > before:
            continue
        form = sku_form(number)
        clash = next((n for s, e, n in seen.get(form, []) if not s or not start or (start <= e and s <= end)), None)
        if clash is not None:
            remedy = f"Row {clash + 1} rates it for the same days: keep one of the two."
            problems.append(Problem(f"{at}.sku", "is there twice", remedy, number))
            continue
        seen.setdefault(form, []).append((start, end, i))
        found.setdefault((unit, rate, start, end), []).append(number)
    return found


def _rate(row: Row, at: str, problems: list[Problem]) -> tuple[str, object]:
    word = str(row.get("unit") or "").strip().casefold()
    unit = UNITS.get(word, "")
    if not unit:
        near = nearest(word, UNITS)
        hint = f' Did you mean "{near}"?' if near else ""
        problems.append(Problem(f"{at}.unit", "is no unit", f"Write deal, seat or percent.{hint}", word))
    text = str(row.get("rate") if row.get("rate") is not None else "").strip()
    if not _NUMBER.fullmatch(text):
        problems.append(Problem(f"{at}.rate", "is no rate", "Write a number, as 25 or 2.5, without a currency.", text))
        return unit, 0
    if unit == "percent":
        return unit, text
    whole, _, rest = text.partition(".")
    if rest.strip("0"):
        remedy = "Write whole points a deal or a seat; choose a smaller point for fractions."
        problems.append(Problem(f"{at}.rate", "is no whole number of points", remedy, text))
    return unit, int(whole)


def _validity(row: Row, at: str, window: object, problems: list[Problem]) -> tuple[str, str]:
    """The days a row holds, cut to the program's window; "" and "" when it holds all of it."""
    days: dict[str, date] = {}
    for name in ("valid_from", "valid_to"):
        text = str(row.get(name) or "").strip()
        try:
            if text:
                days[name] = date.fromisoformat(text)
        except ValueError:
            problems.append(Problem(f"{at}.{name}", "is no date", "Write it as 2026-12-31, or leave it out.", text))
            return "", ""
    try:
        opens, closes = (date.fromisoformat(window[end]) for end in ("start", "end"))  # type: ignore[index]
    except (TypeError, KeyError, ValueError):
        return "", ""  # the window itself is reported where it stands
    start, end = max(opens, days.get("valid_from", opens)), min(closes, days.get("valid_to", closes))
    if end < start:
        remedy = f"The program runs from {opens} to {closes}: leave the row out, or make another program."
        problems.append(Problem(at, "holds on no day of the program", remedy, f"{start} to {end}"))
        return "", ""
    return ("", "") if (start, end) == (opens, closes) else (start.isoformat(), end.isoformat())
