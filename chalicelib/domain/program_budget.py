"""The budget of a whole program: the most all its layers pay together.

It comes after the layers' own budgets, goes by business time over all of them, and ends at one award: that one gets
the part that fits, in whole points, later ones nothing (domain.md 21, 34). Rank prizes are set aside first. What was
granted before is never displaced (domain.md 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.budgets import SPOKEN_FOR, USED_UP, Budget, Claim, Phases
from chalicelib.domain.money import Money
from chalicelib.domain.programs import Program

Claims = Mapping[str, Phases]
"""One rep's claims by layer, as far as the layers' own budgets go."""


@dataclass(frozen=True, slots=True)
class ProgramCut:
    """Where the budget ends: the first award that gets less than it claims (`layer` by its place in the program), and
    the points it gets."""

    phase: int
    when: BusinessTime
    rep: str
    layer: int
    points: int

    def place(self) -> tuple[int, BusinessTime, str, int]:
        """What its order goes by."""
        return self.phase, self.when, self.rep, self.layer


@dataclass(frozen=True, slots=True)
class ProgramDemand:
    """What the deals of all layers ask of the program's budget, in minor units: `confirmed` now, `everything` if all
    that waits confirms; where it is more than there is, where the budget ends then. `cut_at`: when that was found."""

    confirmed: int
    everything: int
    cut_now: ProgramCut | None = None
    cut_all: ProgramCut | None = None
    cut_at: datetime | None = None


def left_over(program: Program, granted_minor: int) -> int | None:
    """Minor units the program still pays for awards after `granted_minor`; None: no limit of its own."""
    if program.budget is None:
        return None
    prizes = program.rank_prizes.minor if program.rank_prizes else 0
    return max(0, program.budget.minor - prizes - granted_minor)


def fold_together(program: Program, grants: Mapping[str, dict[str, list[Claim]]], left: int) -> None:
    """Keep of every rep's grants, by layer, what fits into `left` minor units, in business-time order, then by rep and
    layer; nothing behind the first one that does not fit whole."""
    value = [layer.point.minor for layer in program.layers]
    places = {layer.id: place for place, layer in enumerate(program.layers)}
    ordered = sorted(
        (
            (claim.when, rep, places[layer], claim)
            for rep, of in grants.items()
            for layer, mine in of.items()
            for claim in mine
        ),
        key=lambda found: found[:3],
    )
    for of in grants.values():
        of.clear()
    for _, rep, place, claim in ordered:
        part = min(claim.points, left // value[place])
        if part:
            grants[rep].setdefault(program.layers[place].id, []).append(replace(claim, points=part))
        left = left - part * value[place] if part == claim.points else 0


def find_cut(program: Program, reps: Iterable[Claims]) -> ProgramCut | None:
    """Where the budget ends over everybody's claims; None when it covers them all."""
    left = left_over(program, 0)
    if left is None:
        return None
    places = {layer.id: (place, layer.point.minor) for place, layer in enumerate(program.layers)}
    together = list(reps)
    for phase in (0, 1):
        mine = [(claim, *places[layer]) for of in together for layer, phases in of.items() for claim in phases[phase]]
        left -= sum(min(0, claim.points) * value for claim, _, value in mine)  # what came back is free again
        for claim, place, value in sorted(mine, key=lambda found: (found[0].when, found[0].rep, found[1])):
            if claim.points <= 0:
                continue
            if claim.points * value > left:
                return ProgramCut(phase, claim.when, claim.rep, place, left // value)
            left -= claim.points * value
    return None


def kept_together(program: Program, end: ProgramCut | None, claims: Claims) -> dict[str, int]:
    """Points one rep gets in each layer when the program's budget ends there."""
    found = {}
    for place, layer in enumerate(program.layers):
        points = 0
        for phase, of in enumerate(claims[layer.id]):
            for claim in of:
                at = (phase if claim.points > 0 else 0, claim.when, claim.rep, place)
                if end is None or at < end.place():
                    points += claim.points
                elif at == end.place():
                    points += min(claim.points, end.points)
        found[layer.id] = max(0, points)
    return found


def budget_of_program(program: Program, demand: ProgramDemand, paid_minor: int = 0) -> Budget | None:
    """Where the program's budget stands; None when it has none. Prizes are reserved."""
    whole = left_over(program, 0)
    if whole is None or program.budget is None:
        return None
    consumed = min(whole, max(demand.confirmed, paid_minor))
    waits = min(whole - consumed, max(0, demand.everything - max(demand.confirmed, consumed)))
    reserved = waits + program.budget.minor - whole
    least = min(layer.point.minor for layer in program.layers)
    note = USED_UP if whole - consumed < least else SPOKEN_FOR if whole - consumed - waits < least else ""
    left = program.budget.minor - consumed - reserved
    currency = program.budget.currency
    return Budget(
        program.budget, Money(consumed, currency), Money(reserved, currency), Money(left, currency), bool(note), note
    )


def points_of(claims: Sequence[Claims], layer: str) -> int:
    """Points of one layer over everybody's claims."""
    return sum(claim.points for of in claims for phase in of[layer] for claim in phase)
