"""The answers about deals, and what a list leaves out of one.

A list is polled every minute. It has every deal and every program, but not where a value comes from, nor what programs
about something else ask for: one deal's own answer tells those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.domain.awards import Verdict
from chalicelib.domain.money import Money
from chalicelib.domain.orders import DocumentType
from chalicelib.domain.reach import changes_of
from chalicelib.domain.registrations import DealType, Status
from chalicelib.services.rep_views import Sum, Worth


@dataclass(frozen=True, slots=True)
class LayerAward:
    """The rep's own part of one award, as posted, and the proof of the whole award. `counts` says whether every
    condition holds, `told` the proof in sentences, `verdicts` the tree they are made of; `note` why her part, or what
    will be paid of it, differs from what the proof suggests (not enrolled that day, a budget that is used up).
    `in_reach` is her part after the smallest change, where that is more of this very deal (None: it is not)."""

    layer: str
    version: int
    provisional: Worth
    confirmed: Worth
    counts: bool
    told: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    provisional_because: str
    confirmed_because: str
    note: str
    in_reach: Worth | None = None


@dataclass(frozen=True, slots=True)
class ProgramAward:
    """The deal under one program: its state there, what it waits for and until when (W61), and each layer's part.
    `elsewhere`: every layer asks for something else sold, another product or customer; a list then names the program
    only, without its layers."""

    program: str
    name: str
    state: str
    waits_for: str
    confirm_by: date
    elsewhere: bool
    layers: tuple[LayerAward, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    """An order line matched to the deal, as the distributor told it. Quantity is a decimal text with its sign."""

    distributor: str
    document_type: DocumentType
    document_no: str
    line_no: str
    dated: date
    quantity: str
    amount: Money
    sku: str
    source: str
    held: str


@dataclass(frozen=True, slots=True)
class PostedByHand:
    """Points that were added or taken by hand, beside what the rules say: why, and when (domain.md 31)."""

    id: str
    program: str
    layer: str
    points: int
    worth: Money
    reason: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class DealView:
    """One registration. `state` and `waits_for` are those of the program in which it still waits, if any; `share` is
    the rep's part of the split in hundredths of a percent (0: she owns the deal, somebody else is credited).
    `programs` come in the order of their use to her: those it earns in, those a change of it would open, and those
    that pay for something else."""

    registration: str
    number: str
    account_name: str
    vendor: str
    sku: str
    family: str
    quantity: int
    amount: Money | None
    deal_type: DealType | None
    renewed_quantity: int | None
    status: Status
    state: str
    waits_for: str
    received_at: datetime
    approved_at: datetime | None
    valid_until: date | None
    share: int
    trouble: tuple[str, ...]
    programs: tuple[ProgramAward, ...]
    combined: tuple[Sum, ...]
    lines: tuple[LineView, ...]
    adjustments: tuple[PostedByHand, ...]


@dataclass(frozen=True, slots=True)
class DealsView:
    """A page of deals, newest first, each as short as a list needs it: where a value comes from, and what programs
    about something else ask, one deal's own answer tells. `next` is the cursor of the next page ("" on the last).
    `adjustments` are about no deal of hers in particular; every page has them all."""

    rep: str
    as_of: datetime
    deals: tuple[DealView, ...]
    next: str
    adjustments: tuple[PostedByHand, ...]


def asks_for_another_sale(layer: LayerAward) -> bool:
    """Would only something else sold open this layer, and is nothing posted in it?"""
    return not _posted(layer) and any(change.kind == "other" for change in changes_of(layer.verdicts))


def _posted(layer: LayerAward) -> bool:
    return bool(layer.provisional.points or layer.confirmed.points)


def earns(view: ProgramAward) -> bool:
    """Does the deal count under the program, or is something of it posted?"""
    return any(layer.counts or _posted(layer) for layer in view.layers)


def short(deal: DealView) -> DealView:
    """The deal as a list has it: conditions without where their values come from, and programs about something else by
    name alone. A page of them is polled every minute."""
    return replace(deal, programs=tuple(replace(p, layers=_without_origins(p)) for p in deal.programs))


def _without_origins(award: ProgramAward) -> tuple[LayerAward, ...]:
    if award.elsewhere:
        return ()
    return tuple(replace(x, verdicts=tuple(map(_bare, x.verdicts))) for x in award.layers)


def _bare(verdict: Verdict) -> Verdict:
    return replace(verdict, origins=(), parts=tuple(map(_bare, verdict.parts)))
