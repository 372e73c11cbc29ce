"""The card a rep reads, generated from the program: do X, get Y, by Z (domain.md 28, W40).

One source: the card is never typed, so it cannot say what the rules do not do. Beside the sentence stand the answers
a rep asks for (which products, do renewals count, how does a deal get credit) and what the rule costs in reading
time, which is what richness is priced in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.domain.budgets import Budget
from chalicelib.domain.calendar import day_text
from chalicelib.domain.conditions import (
    DEAL_WORDS,
    Family,
    MinimumAmount,
    MinimumSeats,
    OfDealType,
    Sku,
    SoftwareTier,
    Vendor,
    condition,
    count_text,
    for_type,
    leaves,
    money_text,
    one_of,
)
from chalicelib.domain.money import Money
from chalicelib.domain.programs import ConditionSpec, Layer, Program, Rate
from chalicelib.domain.small_print import days, funder, limits, net_new, prizes, public_sector, tiers

# Measured on nobody, agreed with everybody: what a part of a rule costs a reader, in tenths of a second.
_SENTENCE, _CONDITION, _TIER, _LAYER, _TERM = 20, 13, 20, 10, 13
_ONE_RULE = 4  # seconds: a fixed reward on one rule, the best there is (F37)
_SENTENCE_WORDS = 30  # some 8 seconds aloud: more is read twice


@dataclass(frozen=True, slots=True)
class Card:
    """`sentence` is the rule in one read, `lines` the answers beside it; `seconds` is the reading time of the rule,
    `parts` how many conditions, tiers, prizes and terms it has, `score` how legible it is, 0 to 100 (F22)."""

    sentence: str
    lines: tuple[str, ...]
    seconds: int
    parts: int
    score: int


def card(program: Program) -> Card:
    """The card of one program version."""
    lines = [
        _products(program), *net_new(program), _renewals(program), *public_sector(program), *_minima(program),
        _credit(program), days(program), _ties(program),
        *_overlays(program), *tiers(program), *limits(program), *prizes(program), _earned(program), *_reason(program),
    ]  # fmt: skip
    sentence = _sentence(program)
    conditions, steps, terms = _parts(program)
    tenths = _SENTENCE + _CONDITION * conditions + _TIER * steps + _TERM * terms + _LAYER * (len(program.layers) - 1)
    seconds = -(-tenths // 10)
    return Card(sentence, tuple(lines), seconds, conditions + steps + terms, _score(seconds, sentence))


def _parts(program: Program) -> tuple[int, int, int]:
    """What a reader has to hold in mind: different conditions, tiers and prizes, and terms that add or leave out."""
    conditions = {leaf for layer in program.layers for spec in layer.conditions for leaf in leaves(spec)}
    steps = sum(len(layer.tiers) for layer in program.layers) + (program.rank_prizes is not None)
    terms = sum(
        (layer.attach_bonus is not None) + (layer.first_deals_per_rep is not None) + (layer.window is not None)
        for layer in program.layers
    )
    return len(conditions), steps, terms


def _score(seconds: int, sentence: str) -> int:
    """Legibility from 0 to 100: 6 less for every second above those of one fixed reward on one rule, 1 less for every
    word of the sentence beyond what is read in one go."""
    over = max(0, len(sentence.split()) - _SENTENCE_WORDS)
    return max(0, 100 - 6 * max(0, seconds - _ONE_RULE) - over)


def without_promises(program: Program, budgets: Mapping[str, Budget]) -> str:
    """The card's sentence as it may be shown today: where a budget is used up or spoken for it says so first, so that
    nobody sells for money that is not there (domain.md 21, F21)."""
    spent = [layer for layer in program.layers if layer.id in budgets and budgets[layer.id].exhausted]
    told = [
        f"{budgets[layer.id].note}"
        if len(program.layers) == 1
        else f"{funder(layer) or 'Internal'}: {budgets[layer.id].note}"
        for layer in spent
    ]
    if "" in budgets and budgets[""].exhausted:
        told.insert(0, budgets[""].note)
    return " ".join([*told, program.card])


def _sentence(program: Program) -> str:
    selling = [layer for layer in program.layers if not layer.role]
    shared = [spec for spec in selling[0].conditions if all(spec in x.conditions for x in selling)]
    verb = "Register" if program.behaviour == "deal_registered" else "Sell"
    by = "have it approved" if program.qualifying_date == "registration_approved" else _dated(program)
    gets = " plus ".join(_gets(layer, [s for s in layer.conditions if s not in shared]) for layer in selling)
    return f"{verb} {_what(shared) or 'any product'}: get {gets}; {by} by {day_text(program.window.end)}."


def _dated(program: Program) -> str:
    return "have it ordered" if program.qualifying_date == "order_placed" else "have it invoiced"


def _what(specs: Iterable[ConditionSpec]) -> str:
    """Conditions as the object of a sentence: "50 seats or more of edr from Acme in a net-new deal of 1,000 USD or
    more"; "" when there are none."""
    found = [condition(spec) for spec in specs]
    product = " ".join(
        f"from {one_of(c.names)}"
        if isinstance(c, Vendor)
        else one_of(c.names)
        if isinstance(c, Family)
        else c.describe()
        for kind in (Sku, Family, SoftwareTier, Vendor)
        for c in found
        if isinstance(c, kind)
    )
    if product.startswith("from "):
        product = f"products {product}"
    for c in found:
        if isinstance(c, MinimumSeats):
            product = f"{c.describe()} of {product}" if product else c.describe()
    deal = next((f"in {c.describe()}" for c in found if isinstance(c, OfDealType)), "")
    for c in found:
        if isinstance(c, MinimumAmount):
            deal = f"{deal or 'in a deal'} of {c.describe()}"
    told = (Vendor, Sku, Family, SoftwareTier, MinimumSeats, OfDealType, MinimumAmount)
    rest = " and ".join(f"with {c.describe()}" for c in found if not isinstance(c, told))
    if rest and not product and not deal:
        product = "any product"
    return " ".join(part for part in (product, deal, rest) if part)


def _overlays(program: Program) -> list[str]:
    """What other roles get, beside the split."""
    return [
        f"Role {layer.role}{f' of {funder(layer)}' if funder(layer) else ''}: "
        f"{_gets(layer, layer.conditions, named=False)}, beside the split and the rank."
        for layer in program.layers
        if layer.role
    ]


def _gets(layer: Layer, extra: Sequence[ConditionSpec], *, named: bool = True) -> str:
    text = _rates(layer) + (f" from {funder(layer)}" if named and funder(layer) else "")
    what = _what(extra)
    if not what:
        return text
    return f"{text} {what}" if what.startswith("in ") else f"{text} for {what}"


def _rates(layer: Layer) -> str:
    if len(layer.rates) == 1 and layer.rates[0].deal_type is None:
        return rate_money(layer.rates[0], layer.point)
    return one_of(
        tuple(
            f"{rate_money(r, layer.point)} ({DEAL_WORDS[r.deal_type] if r.deal_type else 'any other'})"
            for r in layer.rates
        )
    )


def rate_money(rate: Rate, point: Money) -> str:
    """What a rate pays, in money: "30 USD a seat", "2.5 % of the deal"."""
    if rate.kind == "percent":
        return f"{count_text(Decimal(rate.hundredths) / 100)} % of the deal"
    paid = money_text(Money(rate.points * point.minor, point.currency))
    return f"{paid} a {'deal' if rate.kind == 'per_deal' else 'seat'}"


def _products(program: Program) -> str:
    tables = (*program.families, *program.software_tiers)
    prefixes = {name: ", ".join(f"{p}..." for p in found) for name, found in tables}
    named: list[str] = []
    for layer in program.layers:
        for spec in layer.conditions:
            asked = condition(spec)
            text = asked.describe()
            if isinstance(asked, Family | SoftwareTier):
                text += f" (SKU {'; '.join(prefixes[n] for n in asked.names if n in prefixes)})"
            if asked.judged in ("product", "line") and text not in named:
                named.append(text)
    return "Products: " + ("; ".join(named) if named else "every product") + "."


def _renewals(program: Program) -> str:
    told = []
    selling = [layer for layer in program.layers if not layer.role]
    for layer in selling:
        kept_out = any(for_type(condition(spec), "renewal") is False for spec in layer.conditions)
        rate = None if kept_out else layer.rate_for("renewal")
        counts = rate is not None and bool(rate.points or rate.hundredths)
        paid = f"yes, {rate_money(rate, layer.point)}" if rate is not None and counts else "no"
        told.append(paid if len(selling) == 1 else f"{funder(layer) or 'internal'} {paid}")
    return f"Renewals: {'; '.join(told)}."


def _minima(program: Program) -> list[str]:
    kinds = {leaf.kind for layer in program.layers for spec in layer.conditions for leaf in leaves(spec)}
    return ["A deal of exactly the minimum counts."] if kinds & {"minimum_seats", "minimum_amount"} else []


def _credit(program: Program) -> str:
    if program.behaviour == "deal_registered":
        return "Credit: automatic when the registration is approved."
    return (
        f"Credit: automatic. Register the deal; it is yours once the distributor's {program.confirming_document} "
        f"arrives, dated by {day_text(program.confirm_by)}. No claim form."
    )


def _ties(program: Program) -> str:
    if program.tie_rule == "shared":
        return "Ties: equal points share the rank."
    return "Ties: who reached the points earlier, by the date of the deals, ranks first."


def _earned(program: Program) -> str:
    if program.behaviour == "deal_registered":
        earned = "Earned: when the registration is approved"
    else:
        earned = f"Earned: when the distributor confirms the deal by {program.confirming_document}, net of returns"
    after = {
        "none": "a later return takes nothing back",
        "net": "a later return is taken from your next SPIFFs, never from your pay",
        "holdback": "a later return is taken from what this program still pays you, and from nothing else",
    }[program.reversal_policy]
    return f"{earned}; {after}."


def _reason(program: Program) -> list[str]:
    return [f"Changed: {program.change_reason}"] if program.change_reason else []
