"""A program: one SPIFF as scoring sees it.

These records are what a valid program document becomes (`program_documents.parse`). A document is versioned: a
change makes a new version with the date from which it rules; a deal is scored by the version in force on its
qualifying date, and a correction by the version of the original's date (domain.md 7, 30).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from chalicelib.domain.calendar import Window
from chalicelib.domain.money import Money
from chalicelib.domain.registrations import DealType

QualifyingDate = Literal["registration_approved", "order_placed", "order_invoiced"]
ConfirmingDocument = Literal["order", "invoice"]
Behaviour = Literal["deal_registered", "product_sold", "target_reached"]
TieRule = Literal["shared", "earlier_to_reach"]
ReversalPolicy = Literal["none", "net", "holdback"]
BoardDisplay = Literal["names", "pseudonyms", "neighbours_only"]
RateKind = Literal["per_deal", "per_seat", "percent"]
TierKind = Literal["bonus", "retroactive", "marginal"]


@dataclass(frozen=True, slots=True)
class Rate:
    """What a qualifying deal earns, in points: a fixed number a deal, a number a seat, or a percentage of the
    deal's value. `hundredths` is the percentage in hundredths of a percent (250 is 2.5 %), used for "percent" only;
    `points` for the other two. `deal_type` None rates every type not rated on its own line."""

    kind: RateKind
    points: int = 0
    hundredths: int = 0
    deal_type: DealType | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """What `from_points` confirmed base points bring in the same layer: a one-time bonus of `bonus_points`, or base
    points that are worth `percent` of themselves, as the layer's `tier_kind` says."""

    name: str
    from_points: int
    bonus_points: int = 0
    percent: int = 100


@dataclass(frozen=True, slots=True)
class AttachBonus:
    """`points` more for a deal that qualifies when its confirmed lines also hold one of these products: SKUs, or
    families of the program when `kind` is "family"."""

    kind: Literal["family", "sku"]
    products: tuple[str, ...]
    points: int


@dataclass(frozen=True, slots=True)
class ConditionSpec:
    """One condition as written: its kind (a key of `CONDITIONS`) and its arguments."""

    kind: str
    arguments: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class DealTypeRule:
    """How it is decided whether a deal is net-new, declared so that it can be read (domain.md 13): what counts as
    having bought before (`scope`), who (`party`), in how many months before the approval, and who knows (`source`).
    With "orders" the account's order lines are asked: those of the deal's own quarter where `look_back_months` is
    None, else those of so many months, whatever quarter they belong to."""

    scope: Literal["vendor", "family", "sku"]
    source: Literal["registration", "orders"]
    look_back_months: int | None = None
    party: Literal["account"] = "account"


@dataclass(frozen=True, slots=True)
class Layer:
    """Who funds what. `id` is "internal" or "vendor:<name>", for an overlay with "/<role>" behind it: such a layer pays
    the people a deal names in that role, beside its split (domain.md 16). `point` is what one point pays.

    `cap_points_per_rep` and `budget` None mean no limit. `payer_of_record` and `tax_treatment` are finance's
    (domain.md 25); "" is not decided yet and cannot be activated. Conditions are all to hold.
    `tier_kind` says what a tier changes: "bonus" adds points once, "retroactive" lifts every base point, "marginal"
    only those above its threshold. `first_deals_per_rep`: only that many of a rep's deals are paid, the first ones in
    business time (None: all). `window` are the first and last day a deal may qualify in this layer, within those of
    the program (None: the program's); the layer closes and pays with the program. `prizes_minor` is what its budget
    keeps for the program's rank prizes, 0 when another layer pays them.
    """

    id: str
    conditions: tuple[ConditionSpec, ...]
    rates: tuple[Rate, ...]
    point: Money
    tiers: tuple[Tier, ...] = ()
    cap_points_per_rep: int | None = None
    budget: Money | None = None
    payer_of_record: str = ""
    tax_treatment: Literal["", "employer_wages", "vendor_other_income"] = "employer_wages"
    tier_kind: TierKind = "bonus"
    first_deals_per_rep: int | None = None
    attach_bonus: AttachBonus | None = None
    window: tuple[date, date] | None = None
    prizes_minor: int = 0

    @property
    def role(self) -> str:
        """The role an overlay pays; "" for a layer that pays by the split."""
        return self.id.partition("/")[2]

    @property
    def of_vendor(self) -> bool:
        """Is it a vendor's money, also where it pays a role?"""
        return self.id.startswith("vendor:")

    def opens_for(self, day: date) -> bool:
        """May a deal that qualifies on that day earn here, as far as the layer's own window goes?"""
        return self.window is None or self.window[0] <= day <= self.window[1]

    def rate_for(self, deal_type: DealType | None) -> Rate | None:
        """The rate of this deal type: its own line, else the line for any type, else None (earns nothing)."""
        own = next((r for r in self.rates if r.deal_type == deal_type and deal_type is not None), None)
        return own or next((r for r in self.rates if r.deal_type is None), None)


@dataclass(frozen=True, slots=True)
class RankPrizes:
    """What the first places get at the freeze, from the first place down, and the layer that pays it."""

    layer: str
    amounts: tuple[Money, ...]

    @property
    def minor(self) -> int:
        """All of them together, minor units."""
        return sum(amount.minor for amount in self.amounts)


@dataclass(frozen=True, slots=True)
class Reward:
    """What the provider is asked for: its name in `PROVIDERS`, product ids the rep may choose from, a message."""

    provider: str
    products: tuple[str, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """One version of one program. All its layers pay in one currency.

    `version` counts from 1; `effective_from` is the first local day it rules. `feeds` names the distributors whose
    files must reach the end before the period closes; `close_timeout_hours` is how long the close waits for them.
    `confirm_by` is the last local day an order may be dated to count. `families` are the product families its
    conditions use: name -> SKU prefixes (longest match wins); `software_tiers` the same for tiers of software.
    `size_bands` are a customer's sizes: name, least and most employees, both included (None: no limit).
    `overrides` are the gate's rules this program may break, each with its reason (domain.md 28); `change_reason` is
    why a version moves a date of the one before, for reps to read (domain.md 3).
    `auto_approve_minor` is the largest run total, in minor units, that needs no approver (None: always a person).
    `board` is what a rep sees of the others on the leaderboard (domain.md 19).
    `cap_per_rep` is the most one rep is paid over all layers together (None: no limit); rank prizes come on top.
    `budget` is the most the program pays over all layers, its prizes included (None: no limit but the layers' own).
    """

    id: str
    version: int
    effective_from: date
    name: str
    behaviour: Behaviour
    window: Window
    qualifying_date: QualifyingDate
    confirming_document: ConfirmingDocument
    confirm_by: date
    layers: tuple[Layer, ...]
    reward: Reward
    author: str
    feeds: tuple[str, ...] = ()
    families: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tie_rule: TieRule = "shared"
    reversal_policy: ReversalPolicy = "net"
    close_timeout_hours: int = 24
    auto_approve_minor: int | None = None
    countries: tuple[str, ...] = ()
    lift_plan: str = ""
    card: str = ""
    audience: tuple[str, ...] = field(default=())
    overrides: tuple[tuple[str, str], ...] = ()
    change_reason: str = ""
    board: BoardDisplay = "names"
    software_tiers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    size_bands: tuple[tuple[str, int, int | None], ...] = ()
    deal_type_rule: DealTypeRule | None = None
    cap_per_rep: Money | None = None
    rank_prizes: RankPrizes | None = None
    budget: Money | None = None

    @property
    def currency(self) -> str:
        """The one currency all layers pay in."""
        return self.layers[0].point.currency

    def layer(self, layer_id: str) -> Layer:
        """The layer of that id. Raises: KeyError."""
        for layer in self.layers:
            if layer.id == layer_id:
                return layer
        raise KeyError(layer_id)


def in_force(versions: Sequence[Program], day: date) -> Program | None:
    """The version that rules deals qualifying on `day`: the latest one effective by then, else None.

    `versions` are of one program, in any order. A day before the first version is ruled by the first: a program
    activated on its second day still counts the first.
    """
    if not versions:
        return None
    ordered = sorted(versions, key=lambda p: (p.effective_from, p.version))
    ruling = [p for p in ordered if p.effective_from <= day]
    return ruling[-1] if ruling else ordered[0]
