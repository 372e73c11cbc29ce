"""The cap over a whole program: the most one rep is paid by all layers together.

It trims what the layers owe her, in business-time order over all of them; the award that straddles it gets the part
that fits, in whole points (domain.md 21, 34). It is applied before the layers' budgets, so what a rep cannot get is
free for others. What was granted before counts against it first: a late deal gets what is left (domain.md 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.budgets import Claim, Earned, Owed, Phases, first_deals, phases
from chalicelib.domain.ledger import Balance
from chalicelib.domain.programs import Layer, Program


def needs_awards(program: Program) -> bool:
    """Does what a rep is paid depend on which of her deals earned what, and not only on her sums?"""
    return program.cap_per_rep is not None or any(layer.first_deals_per_rep for layer in program.layers)


def later_deals(layer: Layer, balances: Iterable[Balance]) -> set[str]:
    """Registrations of a rep with points, waiting ones counted in, that come after the first deals the layer pays."""
    mine = [Earned(b.registration, b.when, b.confirmed + b.provisional) for b in balances if b.layer == layer.id]
    return {e.registration for e in mine if e.confirmed} - first_deals(layer, mine)


def within_cap(program: Program, owed: Mapping[str, Owed], granted_minor: int) -> dict[str, Owed]:
    """What the layers owe one rep, trimmed to what the cap leaves after `granted_minor` minor units of earlier runs.
    What she owes back is room again."""
    if program.cap_per_rep is None:
        return dict(owed)
    claims = {layer: of.claims for layer, of in owed.items()}
    kept = _trimmed(program, claims, program.cap_per_rep.minor - granted_minor)
    return {
        layer: replace(of, claims=kept[layer], over_cap=_points(of.claims) - _points(kept[layer]))
        for layer, of in owed.items()
    }


def phases_of(
    program: Program, rep: str, balances: Sequence[Balance], *, waiting: bool, frozen: bool
) -> dict[str, Phases]:
    """A rep's claims on every layer's budget, by layer, within the cap over all of them; see `budgets.phases`."""
    found = {x.id: phases(x, rep, balances, waiting=waiting, frozen=frozen) for x in program.layers}
    if program.cap_per_rep is None:
        return found
    left, kept = program.cap_per_rep.minor, []
    for phase in (0, 1):
        trimmed = _trimmed(program, {layer: of[phase] for layer, of in found.items()}, left)
        left -= sum(_points(claims) * program.layer(layer).point.minor for layer, claims in trimmed.items())
        kept.append(trimmed)
    return {layer: (kept[0][layer], kept[1][layer]) for layer in found}


def _trimmed(program: Program, claims: Mapping[str, Iterable[Claim]], left: int) -> dict[str, tuple[Claim, ...]]:
    """The claims that fit into `left` minor units, in business-time order, then in that of the layers. Negative ones
    stay, and make room."""
    value = {layer.id: layer.point.minor for layer in program.layers}
    kept: dict[str, list[Claim]] = {layer: [c for c in of if c.points < 0] for layer, of in claims.items()}
    left -= sum(_points(of) * value[layer] for layer, of in kept.items())
    places = list(value)
    wanted = sorted(
        ((claim, layer) for layer, of in claims.items() for claim in of if claim.points > 0),
        key=lambda found: (found[0].when, places.index(found[1])),
    )
    for claim, layer in wanted:
        part = min(claim.points, max(0, left) // value[layer])
        if part:
            kept[layer].append(replace(claim, points=part))
            left -= part * value[layer]
    return {layer: tuple(of) for layer, of in kept.items()}


def _points(claims: Iterable[Claim]) -> int:
    return sum(claim.points for claim in claims)
