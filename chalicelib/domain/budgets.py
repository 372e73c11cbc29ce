"""Who gets how many points when tiers, caps and a budget apply: folds in business-time order.

What an award adds to a rep's payable points depends on the awards before it in business time: it may reach a tier (its
bonus belongs to that award) or meet the cap. What it gets from the layer's budget depends on every rep's awards
before it. Never on the order anything arrived (domain.md 21, 34, 36). What was granted before is never displaced: a
late award gets what is left (domain.md 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.programs import Layer
from chalicelib.domain.standings import payable_points


@dataclass(frozen=True, slots=True)
class Earned:
    """One rep's confirmed points of one award (deal and layer), and its place in business time."""

    registration: str
    when: BusinessTime
    confirmed: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Points of one award not yet granted; negative when more was granted than is due."""

    rep: str
    registration: str
    when: BusinessTime
    points: int


def entitlements(layer: Layer, earned: Sequence[Earned]) -> dict[str, int]:
    """What each award adds to the rep's payable points, by registration; the sum is `payable_points` of all.

    The award that reaches a tier carries its bonus, the one that meets the cap the part that fits.
    """
    total, payable, added = 0, payable_points(layer, 0), {}
    for award in sorted(earned, key=lambda e: e.when):
        total += award.confirmed
        after = payable_points(layer, total)
        added[award.registration] = after - payable
        payable = after
    return added


@dataclass(frozen=True, slots=True)
class Owed:
    """What one layer owes one rep. `claims` are all positive, or all negative when more was granted than is due.
    `set_off` pairs what returned deals lost with what other deals gained; it sums to zero and is shown, not paid."""

    claims: tuple[Claim, ...] = ()
    set_off: tuple[Claim, ...] = ()


def owed(
    layer: Layer, rep: str, earned: Sequence[Earned], granted: Mapping[str, int], paid_for: Mapping[str, int]
) -> Owed:
    """What the layer still owes the rep after `granted` points (by registration) of earlier runs.

    The claims sum to payable points minus points granted. An award whose confirmed points fell below what it was
    `paid_for` is a reversal: its loss is set off against her other awards first, visibly (domain.md 24); a mere shift
    between awards under a cap is not.
    """
    added = entitlements(layer, earned)
    ordered = sorted(earned, key=lambda e: e.when)
    change = {e.registration: added[e.registration] - granted.get(e.registration, 0) for e in ordered}
    difference = sum(added.values()) - sum(granted.values())
    sign = 1 if difference > 0 else -1
    claims = _take(rep, ordered, {r: max(0, sign * c) for r, c in change.items()}, abs(difference), sign)
    assert sum(c.points for c in claims) == difference, (
        f"{rep}, layer {layer.id}: {difference} points are owed on no award; granted {dict(granted)}"
    )
    for claim in claims:
        change[claim.registration] -= claim.points
    lost = {e.registration: max(0, -change[e.registration]) for e in ordered}
    dropped = {e.registration: lost[e.registration] for e in ordered if e.confirmed < paid_for.get(e.registration, 0)}
    visible = sum(dropped.values())
    gained = _take(rep, ordered, {r: max(0, c) for r, c in change.items()}, visible, 1)
    taken = _take(rep, ordered, dropped, sum(c.points for c in gained), -1)
    return Owed(tuple(claims), (*gained, *taken))


def _take(rep: str, ordered: Sequence[Earned], parts: Mapping[str, int], total: int, sign: int) -> list[Claim]:
    """At most `total` points out of `parts` in business-time order, as claims of that sign."""
    claims = []
    for award in ordered:
        part = min(total, parts.get(award.registration, 0))
        if part > 0:
            claims.append(Claim(rep, award.registration, award.when, sign * part))
            total -= part
    return claims


def room(layer: Layer, granted_minor: int) -> int | None:
    """Whole points the layer's budget still pays after `granted_minor` minor units; None: no limit."""
    if layer.budget is None or layer.point.minor == 0:
        return None
    return max(0, layer.budget.minor - granted_minor) // layer.point.minor


def fold(claims: Iterable[Claim], points_left: int | None) -> list[Claim]:
    """Grant positive claims in business-time order (then by rep) until the budget is used up.

    One that straddles the end gets the part that fits, in whole points (domain.md 34); later ones get nothing and
    are left out.
    """
    grants = []
    for claim in sorted(claims, key=lambda c: (c.when, c.rep)):
        part = claim.points if points_left is None else min(claim.points, points_left)
        if part <= 0:
            continue
        grants.append(Claim(claim.rep, claim.registration, claim.when, part))
        if points_left is not None:
            points_left -= part
    return grants
