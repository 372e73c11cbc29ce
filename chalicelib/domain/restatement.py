"""A retroactive change, before it is made: what every deal it touches is worth by the rules in force and by the new
ones (domain.md 30). A restatement is read by a person first; what she read is what is then applied, or nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.dealbook import DealBook, wanted
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Fence

SHOWN = 200  # changes a report lists; the sums and the digest cover all of them


@dataclass(frozen=True, slots=True)
class Restated:
    """One rep's part of one deal under one layer, in points: (provisional, confirmed) before and after."""

    registration: str
    number: str
    rep: str
    layer: str
    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def lowered(self) -> bool:
        """Does the rep lose confirmed points?"""
        return self.after[1] < self.before[1]


@dataclass(frozen=True, slots=True)
class Restatement:
    """The report. `deals` were looked at, `changed` parts of them change, `lowered` of those lose confirmed points;
    `before` and `after` are (provisional, confirmed) points by layer over all reps. `changes` are the first `SHOWN`,
    those that lose most first. `digest` names exactly this outcome."""

    deals: int
    changed: int
    lowered: int
    before: Mapping[str, tuple[int, int]]
    after: Mapping[str, tuple[int, int]]
    changes: tuple[Restated, ...]
    digest: str


def restatement(
    books: Iterable[DealBook],
    before: Sequence[Program],
    after: Sequence[Program],
    fences: Mapping[str, Fence],
) -> Restatement:
    """What changes when one program's versions `before` become `after`. `fences` are by rep; a rep without one is not
    enrolled. Whose part is frozen already (bucket "trailing") is left as it is: what was closed is never re-scored.
    """
    id = after[-1].id
    open_fences: dict[tuple[str, str], Fence | None] = {(id, r): f for r, f in fences.items() if f.bucket == "base"}
    sums: dict[str, Counter[str]] = {part: Counter() for part in ("p0", "c0", "p1", "c1")}
    layers = sorted({layer.id for program in (*before, *after) for layer in program.layers})
    deals, changes = 0, []
    for book in sorted(books, key=lambda b: b.key):
        deals += len(book.registrations)
        old, new = (wanted(book, {id: versions}, open_fences) for versions in (before, after))
        for key in sorted({**old, **new}):
            _, layer, registration, rep = key
            was, now = ((s.provisional, s.confirmed) if s else (0, 0) for s in (old.get(key), new.get(key)))
            for part, points in zip(sums.values(), (*was, *now), strict=True):
                part[layer] += points
            if was != now:
                number = book.registrations[registration].number
                changes.append(Restated(registration, number, rep, layer, was, now))
    changes.sort(key=lambda c: (c.after[1] - c.before[1], sum(c.after) - sum(c.before), c.registration, c.rep, c.layer))
    told = hashlib.sha256(repr((after[-1], changes)).encode()).hexdigest()[:32]
    return Restatement(
        deals, len(changes), sum(c.lowered for c in changes),
        {layer: (sums["p0"][layer], sums["c0"][layer]) for layer in layers},
        {layer: (sums["p1"][layer], sums["c1"][layer]) for layer in layers},
        tuple(changes[:SHOWN]), told,
    )  # fmt: skip
