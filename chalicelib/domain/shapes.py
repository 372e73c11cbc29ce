"""The shape of what a layer pays, read from its document: tiers.

A rate says what one deal earns; the shape says how deals add up to what a rep is paid. Every part of it is a pure
function of her awards in business time, so no order of arrival matters (domain.md 21, 36).
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from chalicelib.domain.documents import Fields
from chalicelib.domain.programs import Layer, Tier, TierKind

MOST_POINTS = 10**9
MOST_DEALS = 1000
MOST_PERCENT = 1000  # ten times the rate: beyond it a percentage is a typing error


def with_shape(layer: Layer, fields: Fields) -> Layer:
    """The layer with the shape its document gives it; what is wrong with it is reported in `fields`."""
    kind = fields.choice("tier_kind", get_args(TierKind), default="bonus")
    first = fields.integer("first_deals_per_rep", 1, MOST_DEALS, default=0)
    tiers = _tiers(fields, kind)
    if first and tiers:
        remedy = "Pay the first deals, or reward many of them with tiers: leave one of the two out."
        fields.complain("first_deals_per_rep", "does not fit tiers", remedy, first)
    return replace(layer, tier_kind=kind, tiers=tiers, first_deals_per_rep=first or None)


def _tiers(fields: Fields, kind: TierKind) -> tuple[Tier, ...]:
    found: list[Tier] = []
    for written in fields.children("tiers", most=10):
        tier = Tier(written.text("name", longest=40), written.integer("from_points", 1, MOST_POINTS))
        if kind == "bonus":
            tier = replace(tier, bonus_points=written.integer("bonus_points", 1, MOST_POINTS))
        else:
            tier = replace(tier, percent=written.integer("percent", 101, MOST_PERCENT))
        written.end()
        if found and tier.from_points <= found[-1].from_points:
            remedy = "Write the tiers from the lowest to the highest."
            written.complain("from_points", "is not above the tier before", remedy, tier.from_points)
        if kind != "bonus" and found and tier.percent <= found[-1].percent:
            remedy = "A higher tier must be worth more than the one below it."
            written.complain("percent", "is not above the tier before", remedy, tier.percent)
        if tier.name and tier.name in [t.name for t in found]:
            written.complain("name", "is there twice", "Give every tier its own name.", tier.name)
        found.append(tier)
    return tuple(found)
