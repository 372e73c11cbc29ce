"""What scoring says a deal is worth, and why.

An award is one deal under one program and layer, in points: `provisional` is the part that still waits for its
order, `confirmed` the part a distributor confirmed; total = both (domain.md 34). The proof says why, condition by
condition; the same proof feeds the rep's text, a dispute and the vendor's claim (domain.md 29).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition on one deal: what it asked, what the deal had, whether it held, and for a miss the smallest change
    that would make it hold, or would have ("" when it holds and nothing more is asked)."""

    condition: str
    value: str
    threshold: str
    holds: bool
    shortfall: str = ""


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


@dataclass(frozen=True, slots=True)
class Award:
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
