"""Who gets how many points when tiers, caps and a budget apply: folds in business-time order.

What an award adds to a rep's payable points depends on the awards before it in business time: it may reach a tier (its
bonus belongs to that award) or meet the cap. What it gets from the layer's budget depends on every rep's awards
before it. Never on the order anything arrived (domain.md 21, 34, 36). What was granted before is never displaced: a
late award gets what is left (domain.md 37).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.adjustments import is_adjustment
from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.ledger import Balance
from chalicelib.domain.money import Money
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


def entitlements(layer: Layer, earned: Sequence[Earned], held: Collection[str] = ()) -> dict[str, int]:
    """What each award adds to the rep's payable points, by registration; the sum is `payable_points` of all that are
    paid, and those are all of them unless the layer pays only first deals.

    The award that reaches a tier carries its bonus, the one that meets the cap the part that fits. `held` are deals
    that had a place among the first ones at the freeze: a late deal does not take it from them (domain.md 37).
    """
    paid = first_deals(layer, earned, held)
    total, payable, added = 0, payable_points(layer, 0), {}
    for award in sorted(earned, key=lambda e: e.when):
        total += award.confirmed if award.registration in paid else 0
        after = payable_points(layer, total)
        added[award.registration] = after - payable
        payable = after
    return added


def first_deals(layer: Layer, earned: Sequence[Earned], held: Collection[str] = ()) -> set[str]:
    """The deals a layer pays: the rep's first ones in business time among those with points, or all of them. What was
    returned whole has no points and leaves its place to the next. An adjustment is no deal and takes no place."""
    earning = sorted((e for e in earned if e.confirmed), key=lambda e: (e.registration not in held, e.when))
    if layer.first_deals_per_rep is None:
        return {e.registration for e in earning}
    by_hand = {e.registration for e in earning if is_adjustment(e.registration)}
    deals = [e.registration for e in earning if e.registration not in by_hand]
    return {*deals[: layer.first_deals_per_rep], *by_hand}


@dataclass(frozen=True, slots=True)
class Owed:
    """What one layer owes one rep. `claims` are all positive, or all negative when more was granted than is due.
    `set_off` pairs what returned deals lost with what other deals gained; it sums to zero and is shown, not paid.
    `over_cap` are points left out of the claims because of the cap over all layers."""

    claims: tuple[Claim, ...] = ()
    set_off: tuple[Claim, ...] = ()
    over_cap: int = 0


def owed(
    layer: Layer, rep: str, earned: Sequence[Earned], granted: Mapping[str, int], paid_for: Mapping[str, int]
) -> Owed:
    """What the layer still owes the rep after `granted` points (by registration) of earlier runs.

    The claims sum to payable points minus points granted. An award whose confirmed points fell below what it was
    `paid_for` is a reversal: its loss is set off against her other awards first, visibly (domain.md 24); a mere shift
    between awards under a cap is not.
    """
    added = entitlements(layer, earned, [registration for registration, points in granted.items() if points > 0])
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
    """Whole points the layer's budget still pays after `granted_minor` minor units of awards, with what it keeps for
    rank prizes left aside; None: no limit."""
    if layer.budget is None or layer.point.minor == 0:
        return None
    return max(0, layer.budget.minor - layer.prizes_minor - granted_minor) // layer.point.minor


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


# --- what a budget still promises, while the program runs ---------------------------------------------------------


USED_UP = "The budget is used up: deals that qualify from now on earn nothing here."
SPOKEN_FOR = "All of the budget is spoken for: a further deal is paid only if one before it falls through."


@dataclass(frozen=True, slots=True)
class Budget:
    """Where a layer's budget stands: `consumed` by what is confirmed (or was paid), `reserved` for what still waits,
    the rest `left`; the three sum to `budget`. `exhausted`: a further deal gets nothing; `note` says so in words
    ("" while there is money)."""

    budget: Money
    consumed: Money
    reserved: Money
    left: Money
    exhausted: bool
    note: str


def budget_of(layer: Layer, confirmed: int, everything: int, paid_minor: int = 0) -> Budget | None:
    """The layer's budget, given the points all reps together claim now, and would with all that waits (both after
    tiers and caps); None when the layer has none. What was paid is consumed, whatever was returned since; what is kept
    for rank prizes is reserved."""
    whole = room(layer, 0)
    if whole is None or layer.budget is None:
        return None
    point = layer.point.minor
    consumed = min(whole, max(confirmed, -(-paid_minor // point)))
    reserved = min(whole - consumed, max(0, everything - max(confirmed, consumed)))
    note = ""
    if consumed >= whole:
        note = USED_UP
    elif consumed + reserved >= whole:
        note = SPOKEN_FOR
    currency, minor = layer.budget.currency, layer.budget.minor
    kept = reserved * point + min(layer.prizes_minor, minor)
    return Budget(
        layer.budget, Money(consumed * point, currency), Money(kept, currency),
        Money(minor - consumed * point - kept, currency), bool(note), note,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a budget ends: the first award that gets less than it claims, and the points it gets. Awards before it
    (by phase, business time, rep) get all, later ones nothing. One look-up tells a rep what she would be paid."""

    phase: int
    when: BusinessTime
    rep: str
    points: int

    def place(self) -> tuple[int, BusinessTime, str]:
        """What its order goes by."""
        return self.phase, self.when, self.rep


Phases = tuple[Sequence[Claim], Sequence[Claim]]


def phases(layer: Layer, rep: str, balances: Iterable[Balance], *, waiting: bool, frozen: bool) -> Phases:
    """A rep's claims on the layer's budget, with `waiting` as if everything that waits confirmed.

    While the program is open all are of one phase, in business-time order. Once it is `frozen`, what the freeze fixed
    comes first: a late deal gets what is left, whatever its date (domain.md 37).
    """
    mine = [b for b in balances if b.layer == layer.id]
    when = {b.registration: b.when for b in mine}
    total = [Earned(b.registration, b.when, b.confirmed + (b.provisional if waiting else 0)) for b in mine]
    base = [Earned(b.registration, b.when, b.base) for b in mine]
    fixed = entitlements(layer, base if frozen else total)
    everything = entitlements(layer, total, [r for r, points in fixed.items() if points]) if frozen else fixed
    rest = {registration: points - fixed[registration] for registration, points in everything.items()}
    first, second = (
        [Claim(rep, registration, when[registration], points) for registration, points in part.items() if points]
        for part in (fixed, rest)
    )
    return first, second


def cut(layer: Layer, claims: Iterable[Phases]) -> Cut | None:
    """Where the layer's budget ends over every rep's claims; None when it covers them all."""
    left = room(layer, 0)
    if left is None:
        return None
    together = list(claims)
    for phase in (0, 1):
        mine = [claim for of in together for claim in of[phase]]
        left -= sum(min(0, claim.points) for claim in mine)  # what came back after the freeze is free again
        for claim in sorted((c for c in mine if c.points > 0), key=lambda c: (c.when, c.rep)):
            if claim.points > left:
                return Cut(phase, claim.when, claim.rep, left)
            left -= claim.points
    return None


def within(end: Cut | None, claims: Phases) -> int:
    """The points one rep gets of her claims when the budget ends there."""
    return max(0, sum(claim.points for of in kept(end, claims) for claim in of))


def kept(end: Cut | None, claims: Phases) -> Phases:
    """One rep's claims as far as the budget goes when it ends there: whole before it, in part at it, none behind."""
    first, second = (
        [
            claim if place < end.place() else replace(claim, points=min(claim.points, end.points))
            for claim in of
            # What comes back was claimed in the first phase: it takes away only what was granted there.
            if (place := (phase if claim.points > 0 else 0, claim.when, claim.rep)) <= end.place()
        ]
        if end is not None
        else of
        for phase, of in enumerate(claims)
    )
    return first, second
