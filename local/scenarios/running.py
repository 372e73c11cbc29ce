"""Run a scenario: once as it is told, then with its facts in other orders and told twice. The end must be the same.

What happened before and after a close stays on its side of it, and the changes of a program stay in their order;
everything else is shuffled (domain.md 6).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from chalicelib.domain.calendar import zone
from chalicelib.domain.errors import InvalidDocument
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.registrations import Registration
from chalicelib.domain.standings import Sums
from local.scenarios.checking import Found, check
from local.scenarios.program_part import problems_of
from local.scenarios.reseller import Reseller
from local.scenarios.scenario import Changes, Claim, Closes, Drafted, Happening, Joins, Scenario, Then

ORDERS = 4  # other orders a scenario is run in: backwards, and shuffled


@dataclass
class Ran:
    """How a scenario went. `errors` are what its documents were refused for; `found` every claim with what was found;
    `orders` says of each other order how it ended differently ("" when it did not)."""

    scenario: Scenario
    reseller: Reseller
    errors: list[str] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Did everything expected come true, in every order?"""
        return all(f.holds for f in self.found) and not any(self.orders)


def run(scenario: Scenario) -> Ran:
    """The scenario as told and in other orders."""
    ran = _once(scenario, scenario.happenings, asks=True)
    if ran.errors:
        return ran
    # Of the scenario's own words, so that a failure comes again (no clock, no other seed).
    dice = random.Random(scenario.title)  # nosec B311 # an order of telling is no secret
    for number in range(ORDERS):
        other = _once(scenario, _shuffled(scenario.happenings, dice if number else None), asks=False)
        ran.orders.append(_difference(ran, other))
    return ran


def _once(scenario: Scenario, happenings: Sequence[Happening], *, asks: bool) -> Ran:
    ran = Ran(scenario, Reseller())
    try:
        for program in scenario.programs:
            ran.reseller.starts(program, _morning(program))
        for person in scenario.people:
            ran.reseller.joins(person, _morning(scenario.programs[0]))
        for happening in happenings:
            if isinstance(happening.fact, Then):
                ran.found += check(happening.fact.claims, ran.reseller, scenario, happening.at, []) if asks else []
            else:
                _happens(ran.reseller, scenario, happening)
    except InvalidDocument as error:
        ran.errors = problems_of(list(error.problems))
    ran.found += check(scenario.expected, ran.reseller, scenario, scenario.ends_at, ran.errors)
    return ran


def _happens(reseller: Reseller, scenario: Scenario, happening: Happening) -> None:
    fact, now = happening.fact, happening.at
    if isinstance(fact, Registration | OrderLine):
        reseller.told(fact, now)
    elif isinstance(fact, Joins):
        reseller.joins(fact, now)
    elif isinstance(fact, Changes):
        reseller.changes(fact, next(p for p in scenario.programs if p.id == fact.program), now)
    elif isinstance(fact, Closes):
        reseller.closes(fact, now)


def _morning(program: Drafted) -> datetime:
    return datetime.combine(program.activated_on, time(9), tzinfo=zone(program.zone))


def _shuffled(happenings: Sequence[Happening], dice: random.Random | None) -> list[Happening]:
    """Another order, every fact told twice; without dice backwards."""
    found: list[Happening] = []
    stretch: list[Happening] = []
    for happening in [*happenings, None]:
        if happening is not None and not isinstance(happening.fact, Closes):
            stretch.append(happening)
            continue
        twice = [h for h in stretch for _ in range(2 if isinstance(h.fact, Registration | OrderLine) else 1)]
        twice = [h for h in twice if not isinstance(h.fact, Then)]
        changes = iter([h for h in twice if isinstance(h.fact, Changes)])
        twice = dice.sample(twice, len(twice)) if dice else twice[::-1]
        found += [next(changes) if isinstance(h.fact, Changes) else h for h in twice]
        if happening is not None:
            found.append(happening)
        stretch = []
    return found


def _difference(one: Ran, other: Ran) -> str:
    """How another order ended differently, in words; "" when it did not."""
    broken = [f.told() for f in other.found if not f.holds and f.claim in {g.claim for g in one.found if g.holds}]
    if broken or other.errors:
        return "; ".join([*other.errors, *broken])
    here, there = _state(one.reseller), _state(other.reseller)
    return "; ".join(f"{k}: {here.get(k)} became {there.get(k)}" for k in here | there if here.get(k) != there.get(k))


def _state(reseller: Reseller) -> dict[str, object]:
    """Everything that must not depend on the order of telling."""
    core = reseller.core
    found: dict[str, object] = {}
    for (program, rep), standing in core.held.items():
        layers = {name: sums for name, sums in standing.layers.items() if sums != Sums()}
        found[f"standing of {rep} in {program}"] = (standing.deals, standing.deals_confirmed, layers)
    found |= {f"line {i}": (s.state, s.registration) for i, s in core.lines.items()}
    found |= {f"registration {r}": d for b in core.books.values() for r, d in b.registrations.items()}
    found |= {f"{p.rep} paid in {p.program}, run {p.run}": p.amount_minor
              for name in core.programs for p in reseller.money.payouts(name)}  # fmt: skip
    return found


def claims_of(scenario: Scenario) -> list[Claim]:
    """Every claim of a scenario, those on its way first."""
    on_the_way = [c for h in scenario.happenings if isinstance(h.fact, Then) for c in h.fact.claims]
    return [*on_the_way, *scenario.expected]
