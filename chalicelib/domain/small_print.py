"""The lines of the card beside its sentence that say how deals add up: tiers, limits, overlays, prizes.

Every figure of a layer's shape stands here once, in words a program can read back: `tests/domain/test_card_facts.py`
does, so the card can neither lie nor leave out (W40).
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.calendar import day_text
from chalicelib.domain.conditions import money_text, one_of
from chalicelib.domain.layer_terms import bonus_words, window_words
from chalicelib.domain.money import Money
from chalicelib.domain.programs import Layer, Program, Tier


def funder(layer: Layer) -> str:
    """Who pays a layer, for people: "" for the reseller, "Acme" for "vendor:acme"."""
    name = layer.id.partition("/")[0]
    return "" if name == "internal" else name.removeprefix("vendor:").replace("-", " ").title()


def whose(layer: Layer) -> str:
    """Whose term it is, behind its name: "" for the reseller's, " of Acme", " of Acme for the role se"."""
    by = f" of {funder(layer)}" if funder(layer) else ""
    return by + (f" for the role {layer.role}" if layer.role else "")


def paid(layer: Layer, points: int) -> str:
    """What points of a layer pay, in words."""
    return money_text(Money(points * layer.point.minor, layer.point.currency))


def tiers(program: Program) -> Iterator[str]:
    """One line a tier."""
    return (_tier(layer, tier) for layer in program.layers for tier in layer.tiers)


def _tier(layer: Layer, tier: Tier) -> str:
    """What a tier changes, and for which points: before the threshold too, or only above it."""
    name = f"{tier.name}{whose(layer)}"
    if layer.tier_kind == "bonus":
        return f"{name}: at {tier.from_points:,} confirmed points, {paid(layer, tier.bonus_points)} once."
    if layer.tier_kind == "retroactive":
        return (
            f"{name}: from {tier.from_points:,} confirmed points on, all of them are paid at {tier.percent} %, "
            "those before too."
        )
    return f"{name}: confirmed points above {tier.from_points:,} are paid at {tier.percent} %, those below as before."


def limits(program: Program) -> Iterator[str]:
    """What a point is worth and every limit on it, layer by layer, then over all."""
    for layer in program.layers:
        of = whose(layer)
        yield f"1 point{of} is {money_text(layer.point)}."
        if layer.window is not None:
            yield f"Days{of}: only deals of {window_words(layer)} count; paid when the program ends."
        if layer.attach_bonus is not None:
            more = paid(layer, layer.attach_bonus.points)
            yield f"With it{of}: {more} more for a deal that also holds {bonus_words(layer.attach_bonus)}."
        if layer.first_deals_per_rep is not None:
            many = "deal is" if layer.first_deals_per_rep == 1 else f"{layer.first_deals_per_rep:,} deals are"
            yield f"First deals{of}: only your first {many} paid, by the date they qualify."
        if layer.cap_points_per_rep is not None:
            yield f"Cap{of}: at most {paid(layer, layer.cap_points_per_rep)} a rep."
        if layer.budget is not None:
            kept = f", {money_text(Money(layer.prizes_minor, layer.budget.currency))} of it kept for prizes"
            kept = kept if layer.prizes_minor else ""
            yield f"Budget{of}: {money_text(layer.budget)} in all{kept}, in the order deals qualified."
    if program.cap_per_rep is not None:
        yield f"Cap in all: at most {money_text(program.cap_per_rep)} a rep from this program."
    if program.budget is not None:
        yield f"Budget in all: {money_text(program.budget)} from all layers, in the order deals qualified."


def prizes(program: Program) -> Iterator[str]:
    """What the first places get, and who pays it."""
    if program.rank_prizes is not None:
        layer = program.layer(program.rank_prizes.layer)
        amounts = ", ".join(money_text(amount) for amount in program.rank_prizes.amounts)
        yield (
            f"Prizes{whose(layer)}: {amounts} for the first places when the program ends, beside every cap; "
            "equal places share theirs."
        )


def public_sector(program: Program) -> Iterator[str]:
    """Whose money public-sector deals are kept from, unless compliance has allowed it (domain.md 26)."""
    names = tuple(dict.fromkeys(funder(layer) for layer in program.layers if layer.of_vendor))
    if not names:
        return
    if dict(program.overrides).get("public_sector"):
        yield f"Public sector: such deals count for {one_of(names)} too, compliance has allowed it."
    else:
        yield f"Public sector: such deals earn nothing from {one_of(names)}."


_SCOPES = {"vendor": "vendor", "family": "family", "sku": "part number"}


def net_new(program: Program) -> Iterator[str]:
    """What net-new means here and who says so, where the program declares it (domain.md 13)."""
    asked = program.deal_type_rule
    if asked is None:
        return
    scope = _SCOPES[asked.scope]
    since = "month" if asked.look_back_months == 1 else f"{asked.look_back_months} months"
    if asked.source == "orders" and asked.look_back_months:
        yield (
            f"Net-new: no order of the same {scope} by the same account in the {since} before approval, as our "
            "distributors told us."
        )
    elif asked.source == "orders":
        yield f"Net-new: nothing of the same {scope} ordered in another deal of the account this quarter."
    else:
        yield f"Net-new: nothing of the same {scope} bought by the account in the {since} before, as the deal states."


def days(program: Program) -> str:
    """The window in the program's own zone, which is that of its reps."""
    window = program.window
    return f"Days: {day_text(window.start)} to {day_text(window.end)}, both count ({window.zone})."
