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
    business key and precedence, to see the same sale told by two distributors."""

    registration: str
    business_key: str
    precedence: tuple[str, str, str]


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


# A promotional bid can be quoted on thousands of lines; 100 traces keep the item under 16 KB.
INLINE_LINES = 100


def held_back(line_id: str, trace: LineTrace, others: Mapping[str, LineTrace]) -> str | None:
    """The line that came first with the same business key at another distributor, if this one is the possible
    duplicate; None when it may count (domain.md 8, 40)."""
    if not trace.business_key:
        return None
    twins = [
        (other.precedence, other_id)
        for other_id, other in others.items()
        if other_id != line_id
        and other.business_key == trace.business_key
        and other.precedence[1] != trace.precedence[1]
    ]
    earlier = [t for t in twins if t < (trace.precedence, line_id)]
    return min(earlier)[1] if earlier else None
