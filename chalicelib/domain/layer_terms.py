"""What a layer's own window and its attach bonus add to a proof, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chalicelib.domain.awards import Proof, Verdict
from chalicelib.domain.calendar import day_text
from chalicelib.domain.conditions import one_of
from chalicelib.domain.programs import AttachBonus, Layer
from chalicelib.domain.rules import LayerRule, Rule
from chalicelib.domain.worth import Worth


def with_terms(proof: Proof, rule: Rule, layer: LayerRule, found: Worth | None, approved_on: date | None) -> Proof:
    """The proof with a verdict on the layer's own window, and the attach bonus in its arithmetic."""
    if found is None or approved_on is None:
        return proof
    if layer.layer.window is not None:
        proof = replace(proof, verdicts=(*proof.verdicts, _in_window(rule, layer.layer, found, approved_on)))
    bonus = layer.layer.attach_bonus
    if bonus is not None and found.attached:
        told = f"{proof.confirmed_because}, {found.attached:,} of them for {bonus_words(bonus)} in the same deal"
        proof = replace(proof, confirmed_because=told)
    elif bonus is not None and found.confirmed:
        told = f"{proof.confirmed_because}; {bonus_words(bonus)} in the same deal would add {bonus.points:,}"
        proof = replace(proof, confirmed_because=told)
    return proof


def bonus_words(bonus: AttachBonus) -> str:
    """The base products of an attach bonus: "edr or xdr", "ACM-1 and 7 more"."""
    few = bonus.products[:5]
    more = len(bonus.products) - len(few)
    return f"{', '.join(few)} and {more} more" if more else one_of(few)


def window_words(layer: Layer) -> str:
    """The layer's own window: "1 Nov 2026 to 30 Nov 2026"; "" when it has none."""
    return f"{day_text(layer.window[0])} to {day_text(layer.window[1])}" if layer.window else ""


def _in_window(rule: Rule, layer: Layer, found: Worth, approved_on: date) -> Verdict:
    assert layer.window is not None, "only a layer with its own window has this verdict"
    start, end = layer.window
    done = {"registration_approved": "approved", "order_placed": "ordered", "order_invoiced": "invoiced"}
    how = done[rule.program.qualifying_date] if rule.by_order else "approved"
    day = found.counted.first if rule.by_order else approved_on
    holds = day is not None and layer.opens_for(day)
    help_ = "" if holds else f"a deal {how} from {day_text(start)} to {day_text(end)} would have counted"
    value = day_text(day) if day is not None else f"not {how} in those days"
    return Verdict(f"{how} in the layer's window", value, window_words(layer), holds, help_)
