"""Hold what was expected against what the house says: the same answers a rep or finance would get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.errors import NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.registrations import Registration
from chalicelib.services.deal_answers import DealView, ProgramAward
from local.scenarios.reseller import Reseller
from local.scenarios.scenario import Claim, Scenario

# What a text may say beside what was expected: a reason is expected by its words, a state as it is.
CONTAINED = ("waits for", "why", "why not", "refused for")


@dataclass(frozen=True, slots=True)
class Found:
    """A claim, and what was found instead or in fact. `claim` None: a refusal nobody expected."""

    claim: Claim | None
    actual: str

    @property
    def holds(self) -> bool:
        """Is it as expected?"""
        if self.claim is None:
            return False
        if self.claim.what in CONTAINED:
            return self.claim.wanted.casefold() in self.actual.casefold()
        return self.claim.wanted == self.actual

    def told(self) -> str:
        """The claim in words, with what was found when that is something else."""
        if self.claim is None:
            return f"refused, which nobody expected: {self.actual}"
        c = self.claim
        where = "".join(f", {part}" for part in (c.program, c.layer) if part)
        subject = f"{c.who}{where}: {c.what}" if c.who else c.what
        return f"{subject} {c.wanted}" + ("" if self.holds else f" (found: {self.actual or 'nothing'})")


def check(
    claims: Sequence[Claim], reseller: Reseller, scenario: Scenario, now: datetime, errors: Sequence[str]
) -> list[Found]:
    """Every claim with what was found at `now`. A refusal that no claim names is found too."""
    found: list[Found] = []
    named: set[str] = set()
    for claim in claims:
        if claim.of == "error":
            hit = next((e for e in errors if claim.wanted.casefold() in e.casefold()), "")
            named.add(hit)
            found.append(Found(claim, hit or "; ".join(errors)))
        elif errors:
            found.append(Found(claim, "the program did not start"))
        else:
            of = _of_person if claim.of == "person" else _of_deal
            found.append(Found(claim, of(claim, claim.program or scenario.programs[0].id, reseller, scenario, now)))
    return found + [Found(None, error) for error in errors if error not in named]


def _of_person(claim: Claim, program: str, reseller: Reseller, scenario: Scenario, now: datetime) -> str:  # noqa: ARG001
    if claim.what == "paid":
        return str(Money(reseller.paid(claim.who, program), reseller.ruling(program, now).currency))
    view = reseller.standing(claim.who, program, now)
    if view is None:
        return "not enrolled"
    layers = [x for x in view.layers if claim.layer in ("", x.layer)]
    if not layers:
        return f"no layer {claim.layer}"
    rules = {layer.id: layer for layer in reseller.ruling(program, now).layers}
    if claim.what == "rank":
        return str(view.rank.rank)
    if claim.what == "of":
        return str(view.rank.of)
    if claim.what == "deals":
        return str(view.deals.qualifying)
    if claim.what == "payable":
        return str(sum((x.payable for x in layers), Money(0, layers[0].payable.currency)))
    if len({rules[x.layer].point for x in layers}) > 1:
        return 'points of different worth: say it under "layers"'
    if claim.what in ("provisional", "confirmed"):
        return str(sum(getattr(x, claim.what).points for x in layers))
    if claim.what == "to next tier":
        return str(next((x.next_tier.missing_points for x in layers if x.next_tier), "no tier ahead"))
    assert claim.what == "tier", claim.what
    reached = [t.name for x in layers for t in rules[x.layer].tiers if x.confirmed.points >= t.from_points]
    return reached[-1] if reached else "none"


def _of_deal(claim: Claim, program: str, reseller: Reseller, scenario: Scenario, now: datetime) -> str:
    deal = deal_named(scenario, claim.who)
    if claim.what in ("provisional", "confirmed"):
        return str(reseller.posted(deal.id, program, claim.layer)[claim.what == "confirmed"])
    try:
        view = reseller.deal(deal, now)
    except NotFound:
        return "nobody sees the deal"
    award = next((p for p in view.programs if p.program == program), None)
    if award is None:
        return view.state if claim.what == "state" else view.waits_for if claim.what == "waits for" else ""
    if claim.what == "state":
        return award.state
    if claim.what == "waits for":
        return award.waits_for
    return "; ".join(reasons(view, award, claim.layer, missed=claim.what == "why not"))


def deal_named(scenario: Scenario, name: str) -> Registration:
    """The deal of that number, as last told."""
    return [h.fact for h in scenario.happenings if isinstance(h.fact, Registration) and h.fact.number == name][-1]


def reasons(view: DealView, award: ProgramAward, layer: str, *, missed: bool) -> list[str]:
    """Everything the proof says of a deal: of what it misses, or all of it."""
    found = []
    for part in (p for p in award.layers if layer in ("", p.layer)):
        verdicts = [v for v in part.verdicts if not (missed and v.holds)]
        found += [f"{v.condition}: {v.value}, asked {v.threshold}: {v.shortfall}".removesuffix(": ") for v in verdicts]
        found += [part.note] if part.note else []
        found += [] if missed else [part.provisional_because, part.confirmed_because]
    return found + [f"{x.document_no}: {x.held}" for x in view.lines if x.held]
