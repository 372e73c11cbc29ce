"""The shape of what a layer pays, read from its document: tiers, first deals, its own window, an attach bonus.

A rate says what one deal earns; the shape says how deals add up to what a rep is paid. Every part of it is a pure
function of her awards in business time, so no order of arrival matters (domain.md 21, 36).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Literal, get_args

from chalicelib.domain.documents import Fields, money, nearest
from chalicelib.domain.programs import AttachBonus, Layer, Program, RankPrizes, Tier, TierKind

MOST_POINTS = 10**9
_ATTACH_KINDS: tuple[Literal["family", "sku"], ...] = ("family", "sku")
MOST_DEALS = 1000
MOST_PRIZES = 20
MOST_PERCENT = 1000  # ten times the rate: beyond it a percentage is a typing error


def with_shape(layer: Layer, fields: Fields, families: Sequence[str]) -> Layer:
    """The layer with the shape its document gives it; what is wrong with it is reported in `fields`. `families` are the
    names of the program's product families."""
    kind = fields.choice("tier_kind", get_args(TierKind), default="bonus")
    first = fields.integer("first_deals_per_rep", 1, MOST_DEALS, default=0)
    tiers = _tiers(fields, kind)
    if first and tiers:
        remedy = "Pay the first deals, or reward many of them with tiers: leave one of the two out."
        fields.complain("first_deals_per_rep", "does not fit tiers", remedy, first)
    return replace(
        layer, tier_kind=kind, tiers=tiers, first_deals_per_rep=first or None, window=_window(fields),
        attach_bonus=_attach_bonus(fields, families),
    )  # fmt: skip


def _window(fields: Fields) -> tuple[date, date] | None:
    if not fields.has("window"):
        return None
    written = fields.child("window")
    start, end = written.day("start"), written.day("end")
    written.end()
    if start is None or end is None:
        return None
    if end < start:
        written.complain("end", "is before the start", f"Set it to {start} or later; both days count.", end.isoformat())
    return start, max(start, end)


def _attach_bonus(fields: Fields, families: Sequence[str]) -> AttachBonus | None:
    if not fields.has("attach_bonus"):
        return None
    written = fields.child("attach_bonus")
    kinds: list[Literal["family", "sku"]] = [k for k in _ATTACH_KINDS if written.has(f"with_{k}")]
    points = written.integer("points", 1, MOST_POINTS)
    if written.is_object and len(kinds) != 1:
        written.complain("", "names no base product, or two kinds", 'Write one of "with_family" and "with_sku".')
    found = written.texts(f"with_{kinds[0]}", least=1, most=500) if len(kinds) == 1 else ()
    for i, name in enumerate(found if kinds == ["family"] else ()):
        if name and name not in families:
            near = nearest(name, families)
            hint = f' Did you mean "{near}"?' if near else ""
            remedy = f'Add it to "families" with its SKU prefixes.{hint}'
            written.complain(f"with_family[{i}]", "is no family of this program", remedy, name)
    written.end()
    return AttachBonus(kinds[0], found, points) if len(kinds) == 1 else None


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


# --- rank prizes: of the program, paid by one of its layers ---


def rank_prizes(fields: Fields) -> RankPrizes | None:
    """The program's rank prizes, from the first place down; None when it has none."""
    if not fields.has("rank_prizes"):
        return None
    written = fields.child("rank_prizes")
    layer = written.text("layer", longest=90)
    found = [money(amount) for amount in written.children("amounts", least=1, most=MOST_PRIZES)]
    written.end()
    amounts = tuple(amount for amount in found if amount is not None)
    for i, (before, amount) in enumerate(pairwise(amounts), start=1):
        if amount.minor > before.minor and amount.currency == before.currency:
            remedy = "Write the prizes from the first place down, none above the one before."
            written.complain(f"amounts[{i}]", "is more than the place before", remedy, str(amount))
    return RankPrizes(layer, amounts)


def fit_prizes(program: Program, fields: Fields) -> None:
    """Report prizes in another currency, of no layer that pays by the split, or beyond that layer's budget."""
    prizes = program.rank_prizes
    if prizes is None:
        return
    paying = [layer for layer in program.layers if not layer.role]
    layer = next((layer for layer in paying if layer.id == prizes.layer), None)
    if layer is None:
        ids = [layer.id for layer in paying]
        near = nearest(prizes.layer, ids)
        hint = f' Did you mean "{near}"?' if near else ""
        remedy = f"Write the layer that pays them, one of: {', '.join(ids)}.{hint}"
        fields.complain("rank_prizes.layer", "is no layer that pays by the split", remedy, prizes.layer)
        return
    for i, amount in enumerate(prizes.amounts):
        if amount.currency != program.currency:
            remedy = f"Write it in {program.currency}, the currency of the program."
            fields.complain(f"rank_prizes.amounts[{i}].currency", "is not that of the points", remedy, amount.currency)
            return
    for budget, of in ((layer.budget, layer.id), (program.budget, "the program")):
        if budget is not None and prizes.minor >= budget.minor:
            remedy = f"Keep them below {budget}, the budget of {of}: they are taken out of it first."
            fields.complain("rank_prizes.amounts", "leave nothing of the budget", remedy, prizes.minor)


def with_prizes(program: Program) -> Program:
    """The program with its prizes set aside in the budget of the layer that pays them."""
    prizes = program.rank_prizes
    if prizes is None:
        return program
    layers = (replace(x, prizes_minor=prizes.minor) if x.id == prizes.layer else x for x in program.layers)
    return replace(program, layers=tuple(layers))
