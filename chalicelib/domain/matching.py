"""Which registration an order line belongs to: a rule over the set of candidates, never over arrival.

Identifiers are tried strongest first (registration number, special bid, PO with SKU). One candidate is a match.
Several are narrowed by the weaker identifiers; if several remain it is a question for a person, never a guess, and
room left in a registration does not decide (domain.md 10, 40). No candidate anywhere: the line waits under its keys
until its partner arrives.

>>> decide(("number:1", "bid:B"), {"number:1": {"r1"}, "bid:B": {"r1", "r2"}})
Match(registration='r1', key='number:1')
>>> decide(("bid:B", "po:P:S"), {"bid:B": {"r1", "r2"}, "po:P:S": {"r2", "r3"}})
Match(registration='r2', key='bid:B')
>>> decide(("bid:B",), {"bid:B": {"r1", "r2"}})
Ambiguous(candidates=('r1', 'r2'), key='bid:B')
>>> decide(("bid:C",), {}) is None
True
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Match:
    """One registration, and the key that decided."""

    registration: str
    key: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several registrations share the strongest key and nothing weaker tells them apart."""

    candidates: tuple[str, ...]
    key: str


def decide(keys: Sequence[str], candidates: Mapping[str, Collection[str]]) -> Match | Ambiguous | None:
    """Match one line, given its keys (strongest first) and the registrations found under each. None: it waits."""
    for position, key in enumerate(keys):
        found = set(candidates.get(key, ()))
        if not found:
            continue
        for weaker in keys[position + 1 :]:
            if len(found) == 1:
                break
            found = found & set(candidates.get(weaker, ())) or found
        if len(found) == 1:
            return Match(found.pop(), key)
        return Ambiguous(tuple(sorted(found)), key)
    return None


@dataclass(frozen=True, slots=True)
class LineTrace:
    """What a match key remembers of a line under it: the registration it is assigned to ("" while it waits), its
    business key and precedence, to see the same sale told by two distributors, and the line it is held back for
    (`twin`, "" when it may count)."""

    registration: str
    business_key: str
    precedence: tuple[str, str, str]
    twin: str = ""


# A line that has left a key whose traces lie beside it: nothing there is ever deleted.
GONE = LineTrace("", "", ("", "", ""))


@dataclass(frozen=True, slots=True)
class MatchKey:
    """Everything that meets under one match key: registrations (id -> deal book) and lines (id -> trace).

    Both sides change this one item under its `revision`, so a registration and a line that arrive in the same
    moment cannot miss each other. `overflow` says that lines beyond `INLINE_LINES` are kept beside it.
    """

    key: str
    revision: int = 0
    registrations: dict[str, str] = field(default_factory=dict)
    lines: dict[str, LineTrace] = field(default_factory=dict)
    overflow: bool = False


# Match keys of a purchase order with a product: the same sale told by two distributors meets under one of these.
BY_ORDER = "po:"

# A promotional bid can be quoted on thousands of lines; 100 traces keep the item under 16 KB.
INLINE_LINES = 100


def possible_duplicates(traces: Mapping[str, LineTrace]) -> dict[str, str]:
    """Line id -> the line told first with the same business key, for every line of another distributor than that one's:
    it must wait for a person (domain.md 8, 40). Which one is first follows date, distributor and document.

    What the first one's distributor tells again with another document is a further sale of its own: nothing else of
    that key counts beside it, so nothing is scored twice.

    >>> one, other = LineTrace("", "k", ("2026-10-14", "a", "1")), LineTrace("", "k", ("2026-10-15", "b", "2"))
    >>> more = LineTrace("", "k", ("2026-10-16", "a", "3"))
    >>> possible_duplicates({"b|2|1": other, "a|1|1": one, "a|3|1": more})
    {'b|2|1': 'a|1|1'}
    """
    same: dict[str, list[tuple[tuple[str, str, str], str]]] = {}
    for id, trace in traces.items():
        if trace.business_key:
            same.setdefault(trace.business_key, []).append((trace.precedence, id))
    held: dict[str, str] = {}
    for lines in same.values():
        lines.sort()
        (_, distributor, _), first = lines[0]
        for (_, told_by, _), id in lines:
            if told_by != distributor:
                held[id] = first
    return held
