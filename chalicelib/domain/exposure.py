"""How much of the last twelve months a product was under a SPIFF: programs beside and behind one another.

A SPIFF is an occasional nudge; run continuously it becomes a baseline reps wait for (F28, F55, F18). So a new program
is held against every other one on the same products: overlaps and short breaks are told, and the days add up. These
are warnings, kept with the version; only a person can know why a second push is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.domain.errors import Problem
from chalicelib.domain.identifiers import sku_form
from chalicelib.domain.programs import ConditionSpec, Layer, Program

YEAR = 365  # days looked back from the program's end
MOST_DAYS = 183  # more than half of the year is no nudge any more
BREAK_DAYS = 28  # shorter breaks are waited out: a deal can be held back for a month
PAID_TOGETHER = timedelta(days=2)  # a layer that ends so shortly before its program is paid within its own 48 hours


@dataclass(frozen=True, slots=True)
class Exposure:
    """One target of a program: the days of the year up to its end under any SPIFF, its own included, and the other
    programs they come from."""

    target: str
    days: int
    programs: tuple[str, ...]


def targets(program: Program) -> tuple[str, ...]:
    """What the program pushes, layer by layer: "sku A-1", "sku A-..." for a family's prefix, "vendor acme", or
    "everything" for a layer that names no product."""
    found = [target for layer in program.layers if not layer.role for target in _targets(layer, dict(program.families))]
    return tuple(dict.fromkeys(found))


def exposures(program: Program, others: Iterable[Program]) -> list[Exposure]:
    """Every target of `program` with its days under SPIFF, the longest first. `others` are the newest versions of
    other programs, retired ones too if they ran."""
    others, end = list(others), program.window.end
    first = end - timedelta(days=YEAR - 1)
    found = []
    for target in targets(program):
        beside = [other for other in others if _meet([target], targets(other))]
        days: set[date] = set()
        for one in (program, *beside):
            day = max(first, one.window.start)
            while day <= min(end, one.window.end):
                days.add(day)
                day += timedelta(days=1)
        running = [o.id for o in beside if o.window.end >= first and o.window.start <= end]
        found.append(Exposure(target, len(days), tuple(sorted(running))))
    return sorted(found, key=lambda e: (-e.days, e.target))


def warnings(program: Program, others: Iterable[Program]) -> list[Problem]:
    """What an approver should know before this program starts; none of it keeps it from starting."""
    others = [other for other in others if other.id != program.id]
    found = [
        Problem(
            f"layers[{i}].conditions", "name no product: the program rewards everything that is sold (F16)",
            "Name the SKUs, families or vendors it is meant to move.",
        )
        for i, layer in enumerate(program.layers)
        if not layer.role and not _specs(layer.conditions)
    ]  # fmt: skip
    found += [
        Problem(
            f"layers[{i}].window", f"ends {(program.window.end - layer.window[1]).days} days before the program, "
            "which is when it is paid (domain.md 38)",
            "To pay it within 48 hours of its own last day, make it a program of its own.", str(layer.window[1]),
        )
        for i, layer in enumerate(program.layers)
        if layer.window is not None and layer.window[1] < program.window.end - PAID_TOGETHER
    ]  # fmt: skip
    for other in sorted(others, key=lambda o: (o.window.start, o.id)):
        met = _meet(targets(program), targets(other))
        told = _beside(program, other) if met else ""
        if told:
            remedy = "Leave a break of a month, or put the two into one program."
            found.append(Problem("window", f"{told}, on the same products", remedy, ", ".join(met[:5])))
    longest = exposures(program, others)[:1]
    found += [
        Problem(
            "window", f"makes {one.days} of {YEAR} days under a SPIFF for {one.target} (F55)",
            "A standing reward belongs into the compensation plan: start it later, or leave it out.",
            ", ".join(one.programs),
        )
        for one in longest
        if one.days > MOST_DAYS
    ]  # fmt: skip
    return found


def _beside(program: Program, other: Program) -> str:
    """How two windows lie, when that is too near; "" when it is not."""
    mine, theirs = program.window, other.window
    shared = (min(mine.end, theirs.end) - max(mine.start, theirs.start)).days + 1
    if shared > 0:
        return f"runs beside {other.name} ({other.id}) for {shared} days"
    gap = -shared
    if gap >= BREAK_DAYS:
        return ""
    return f"comes {gap} days {'after' if theirs.end < mine.start else 'before'} {other.name} ({other.id})"


def _targets(layer: Layer, families: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The narrowest products a layer names: part numbers, else families by prefix, else vendors, else everything."""
    asked = {spec.kind: dict(spec.arguments) for spec in _specs(layer.conditions)}
    if "sku" in asked:
        yield from (f"sku {sku_form(str(number))}" for number in _texts(asked["sku"].get("numbers")))
    elif "family" in asked:
        for name in _texts(asked["family"].get("names")):
            yield from (f"sku {sku_form(prefix)}..." for prefix in families.get(name, ()))
    elif "vendor" in asked:
        yield from (f"vendor {' '.join(name.split()).casefold()}" for name in _texts(asked["vendor"].get("names")))
    else:
        yield "everything"


def _specs(conditions: Iterable[object]) -> list[ConditionSpec]:
    """The conditions on products, those inside others too, unless they are denied."""
    found: list[ConditionSpec] = []
    for spec in conditions:
        if not isinstance(spec, ConditionSpec) or spec.kind == "not":
            continue
        if spec.kind in ("sku", "family", "vendor"):
            found.append(spec)
        for _, argument in spec.arguments:
            if isinstance(argument, tuple | list):
                found += _specs(argument)
            elif isinstance(argument, ConditionSpec):
                found += _specs([argument])
    return found


def _texts(value: object) -> Sequence[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, tuple | list) else []


def _meet(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Those of my targets that another program pushes too. A part number meets the prefix it begins with, everything
    meets everything; a vendor meets only itself, for a SKU does not say who made it."""
    return [one for one in mine if any(_same(one, other) for other in theirs)]


def _same(one: str, other: str) -> bool:
    if "everything" in (one, other) or one == other:
        return True
    if not (one.startswith("sku ") and other.startswith("sku ")):
        return False
    short, long = sorted((one, other), key=lambda t: len(t.removesuffix("...")))
    return short.endswith("...") and long.startswith(short.removesuffix("..."))
