"""Rank prizes: what the first places of a program get, once, at the freeze (domain.md 36, 37).

Places go by confirmed base money over all layers that pay by the split, as on the leaderboard. Equal ones share their
places and pool the prizes of these, divided by largest remainder; where the program ranks who reached the amount
earlier first, only those who reached it with the very same deal share. Nothing that confirms or returns after the
freeze moves a prize.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.ledger import Balance
from chalicelib.domain.programs import Program

_ANY = BusinessTime(date.min, datetime.min.replace(tzinfo=UTC), "")  # where time does not decide


@dataclass(frozen=True, slots=True)
class Prize:
    """What one rep gets: her place, how many share it, and minor units."""

    place: int
    shared_by: int
    minor: int

    def words(self) -> str:
        """Why she gets it, for people."""
        return f"place {self.place}" + (f", shared by {self.shared_by}" if self.shared_by > 1 else "")


def shared_out(amounts: Sequence[int], places: Sequence[tuple[int, str]]) -> dict[str, Prize]:
    """The prizes by rep, for (place, rep) in order of place; those who share a place stand together. `amounts` are
    minor units from the first place down. Reps without a prize are left out; equal remainders go by rep id.

    >>> {rep: prize.minor for rep, prize in shared_out([500, 301, 100], [(1, "a"), (2, "b"), (2, "c")]).items()}
    {'a': 500, 'b': 201, 'c': 200}
    """
    found: dict[str, Prize] = {}
    for place, group in groupby(places, key=lambda found: found[0]):
        reps = sorted(rep for _, rep in group)
        pool = sum(amounts[place - 1 : place - 1 + len(reps)])
        each, more = divmod(pool, len(reps))
        for position, rep in enumerate(reps):
            if minor := each + (position < more):
                found[rep] = Prize(place, len(reps), minor)
    return found


def reached(program: Program, awards: Sequence[Balance]) -> BusinessTime | None:
    """When the last of a rep's awards with confirmed points, overlays left out, qualified (domain.md 18)."""
    ranked = {layer.id for layer in program.layers if not layer.role}
    return max((award.when for award in awards if award.confirmed > 0 and award.layer in ranked), default=None)


def at_freeze(program: Program, awards: Mapping[str, Sequence[Balance]]) -> dict[str, Prize]:
    """Who gets which prize by the base points the freeze fixed; `awards` are every rep's own. Nobody without confirmed
    money gets one."""
    if program.rank_prizes is None:
        return {}
    value = {layer.id: layer.point.minor for layer in program.layers if not layer.role}
    by_time = program.tie_rule == "earlier_to_reach"
    ranked: list[tuple[int, BusinessTime, str]] = []
    for rep, balances in awards.items():
        base = [replace(b, trailing=0) for b in balances]
        minor = sum(b.base * value[b.layer] for b in base if b.layer in value)
        when = reached(program, base) if by_time else None
        if minor > 0:
            ranked.append((-minor, when or _ANY, rep))
    ranked.sort()
    places: list[tuple[int, str]] = []
    for position, (minor, when, rep) in enumerate(ranked, start=1):
        same = position > 1 and ranked[position - 2][:2] == (minor, when)
        places.append((places[-1][0] if same else position, rep))
    return shared_out([amount.minor for amount in program.rank_prizes.amounts], places)
