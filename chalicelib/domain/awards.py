"""What scoring says a deal is worth, and why.

An award is one deal under one program and layer, in points: `provisional` is the part that still waits for its
order, `confirmed` the part a distributor confirmed; total = both (domain.md 34). The proof says why, condition by
condition; the same proof feeds the rep's text, a dispute and the vendor's claim (domain.md 29).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: a registration at its version, an order line as it was told, or the program.

    `record` names it for people, `field` is the part of it that was read, `version` its SystemModstamp, the file's
    as-of instant, or the program's version.
    """

    kind: Literal["registration", "order line", "program"]
    record: str
    field: str
    version: str


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change of one fact after which a condition holds, or would have held.

    `fact` is a field of the registration or of its order lines ("base" is a further line), `to` what it has to be ("":
    anything but what it is), `text` the same for people. `kind` says what it takes, from the least to the most: a
    fact to be stated, more of the same deal, a further product, an earlier or later date, something else sold.
    """

    fact: str
    to: str
    text: str
    kind: Literal["state", "more", "with", "date", "other"] = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition on one deal, a node of the proof tree: what it asked, what the deal had and where that comes from,
    whether it held, and for a miss the smallest changes that would make it hold, all of them together.

    `shortfall` says the same for people ("" when it holds and nothing more is asked). `parts` are the conditions a
    combination is made of.
    """

    condition: str
    value: str
    threshold: str
    holds: bool
    shortfall: str = ""
    changes: tuple[Change, ...] = ()
    origins: tuple[Origin, ...] = ()
    parts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """Why an award is what it is: the verdicts, and one line of arithmetic for each part."""

    verdicts: tuple[Verdict, ...]
    provisional_because: str
    confirmed_because: str

    def holds(self) -> bool:
        """Did every condition hold?"""
        return all(v.holds for v in self.verdicts)


@dataclass(frozen=True, slots=True, order=True)
class BusinessTime:
    """Where an award stands in business-time order: qualifying date, approval instant, registration id
    (domain.md 36). Never the time anything arrived."""

    qualified_on: date
    approved_at: datetime
    registration: str


class Award(NamedTuple):  # made for every layer of every deal: as a frozen dataclass it would take four times as long
    """One deal under one program and layer, in points, before it is split among reps. `when` is None while the
    deal has no qualifying date yet; such an award is zero."""

    registration: str
    program: str
    layer: str
    version: int
    provisional: int
    confirmed: int
    when: BusinessTime | None
    proof: Proof
