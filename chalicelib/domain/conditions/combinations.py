"""Conditions made of conditions: any of them, all of them, not this one.

What is not known is neither true nor false: `any_of` holds when one part does, `all_of` when all do, and a `not` only
when its part is known and does not hold. A `not` takes products and what the registration says of deal and customer;
a minimum turned round would let a return raise a deal (domain.md 7).

A combination of parts on products is judged per product, one of parts on the deal once per deal. One that holds both is
judged for each line, with the deal's facts beside it: the deal as registered for what still waits, and for what is
confirmed the net of all lines that meet the layer's other conditions. So no line decides about itself.
"""
# ruff: noqa: D102 - what the methods of a condition mean is said once, at `subjects.Condition`.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from chalicelib.domain.awards import Change
from chalicelib.domain.conditions.subjects import Condition, Judged, Subject, Told

DEEPEST = 3  # a rule nested deeper is one nobody reads
_KINDS = ("state", "more", "with", "date", "other")  # what a change takes, from the least to the most


def any_of(found: Sequence[bool | None]) -> bool | None:
    """True when one is, else unknown when one is."""
    return True if True in found else None if None in found else False


def all_of(found: Sequence[bool | None]) -> bool | None:
    """False when one is, else unknown when one is."""
    return False if False in found else None if None in found else True


def cheapest(options: Sequence[tuple[Change, ...]]) -> tuple[Change, ...]:
    """The option that takes least: the fewest changes, then the easiest kind, of the same fact the smaller number;
    otherwise the one written first. Empty options make nothing true and are passed over."""
    best: tuple[Change, ...] = ()
    for option in options:
        if option and (not best or _less(option, best)):
            best = option
    return best


def effort(changes: Sequence[Change]) -> tuple[int, int]:
    """What changes take, for comparison: how many they are, then the hardest of them."""
    return len(changes), max((_KINDS.index(c.kind) for c in changes), default=0)


def _less(one: tuple[Change, ...], other: tuple[Change, ...]) -> bool:
    if effort(one) != effort(other):
        return effort(one) < effort(other)
    same = len(one) == 1 and one[0].fact == other[0].fact and one[0].kind == other[0].kind == "more"
    return same and _number(one[0]) < _number(other[0])


def _number(change: Change) -> Decimal:
    return Decimal(change.to.partition(" ")[0])


def together(options: Sequence[tuple[Change, ...]]) -> tuple[Change, ...]:
    """All of them as one: of two numbers for the same fact the larger."""
    found: dict[tuple[str, str], Change] = {}
    for change in (c for option in options for c in option):
        key = (change.fact, "" if change.kind == "more" else change.to)
        known = found.get(key)
        if known is None or (change.kind == "more" and _number(change) > _number(known)):
            found[key] = change
    return tuple(found.values())


def judged_on(parts: Sequence[Condition]) -> Judged:
    """On what a combination of these is judged."""
    kinds = {p.judged for p in parts}
    if len(kinds) == 1:
        return kinds.pop()
    return "mixed" if kinds & {"deal", "mixed"} else "line"


@dataclass(frozen=True, slots=True)
class AnyOf(Told):
    """At least one part holds."""

    facts: ClassVar[tuple[str, ...]] = ()
    parts: tuple[Condition, ...]

    @property
    def judged(self) -> Judged:
        return judged_on(self.parts)

    def judge(self, subject: Subject) -> bool | None:
        return any_of([p.judge(subject) for p in self.parts])

    def describe(self) -> str:
        return f"either {' or '.join(p.describe() for p in self.parts)}"

    def value(self, subject: Subject) -> str:
        return f"{sum(p.holds(subject) for p in self.parts)} of {len(self.parts)} hold"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        return () if self.holds(subject) else cheapest([p.changes(subject) for p in self.parts])

    def away(self, subject: Subject) -> tuple[Change, ...]:
        return together([p.away(subject) for p in self.parts if p.judge(subject) is not False])


@dataclass(frozen=True, slots=True)
class AllOf(Told):
    """Every part holds."""

    facts: ClassVar[tuple[str, ...]] = ()
    parts: tuple[Condition, ...]

    @property
    def judged(self) -> Judged:
        return judged_on(self.parts)

    def judge(self, subject: Subject) -> bool | None:
        return all_of([p.judge(subject) for p in self.parts])

    def describe(self) -> str:
        return f"both {' and '.join(p.describe() for p in self.parts)}"

    def value(self, subject: Subject) -> str:
        return f"{sum(p.holds(subject) for p in self.parts)} of {len(self.parts)} hold"

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        return together([p.changes(subject) for p in self.parts if not p.holds(subject)])

    def away(self, subject: Subject) -> tuple[Change, ...]:
        return () if self.judge(subject) is False else cheapest([p.away(subject) for p in self.parts])


@dataclass(frozen=True, slots=True)
class Not(Told):
    """Its one part is known and does not hold."""

    facts: ClassVar[tuple[str, ...]] = ()
    parts: tuple[Condition]

    @property
    def judged(self) -> Judged:
        return self.parts[0].judged

    def judge(self, subject: Subject) -> bool | None:
        found = self.parts[0].judge(subject)
        return None if found is None else not found

    def describe(self) -> str:
        return f"not {self.parts[0].describe()}"

    def value(self, subject: Subject) -> str:
        return self.parts[0].value(subject)

    def changes(self, subject: Subject) -> tuple[Change, ...]:
        return () if self.holds(subject) else self.parts[0].away(subject)

    def away(self, subject: Subject) -> tuple[Change, ...]:
        return self.parts[0].changes(subject)
