"""The programs as everybody may read them: the sentence of the card, and what it is made of.

The three questions a rep asks of any SPIFF are answered in the list itself (W03): which products count, what
renewals earn, and how a deal gets credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.domain.cards import card
from chalicelib.domain.conditions import DEAL_WORDS, condition
from chalicelib.domain.errors import NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.periods import PAID_WITHIN
from chalicelib.domain.programs import Behaviour, ConfirmingDocument, Layer, Program, QualifyingDate, Tier, TieRule
from chalicelib.domain.proofs import rate_text
from chalicelib.domain.registrations import DEAL_TYPES
from chalicelib.services.ports import ProgramStore
from chalicelib.services.programs import show
from chalicelib.services.rep_views import ActivePrograms, WindowView, ruling_version, window_view


@dataclass(frozen=True, slots=True)
class LayerCard:
    """What one funder pays for what. `earns` says in words what each type of deal earns, "nothing" included."""

    layer: str
    counts: tuple[str, ...]
    earns: Mapping[str, str]
    point: Money
    tiers: tuple[Tier, ...]
    cap_points_per_rep: int | None
    budget: Money | None
    payer_of_record: str
    tax_treatment: str


@dataclass(frozen=True, slots=True)
class ProgramCard:
    """One active program in the version that rules today. `lines` are the answers beside the card's sentence: which
    products, what renewals earn, how a deal gets credit, ties, tiers and limits."""

    program: str
    name: str
    version: int
    card: str
    lines: tuple[str, ...]
    reading_seconds: int
    behaviour: Behaviour
    window: WindowView
    qualifying_date: QualifyingDate
    confirming_document: ConfirmingDocument
    confirm_by: date
    tie_rule: TieRule
    pays_by: datetime
    products: Mapping[str, tuple[str, ...]]
    layers: tuple[LayerCard, ...]


def cards(programs: ActivePrograms, now: datetime) -> dict[str, object]:
    """Every active program, those that end first first; programs that are over come last."""
    found = [card_of(ruling_version(versions, now), now) for versions in programs.active().values()]
    found.sort(key=lambda c: (c.window.state == "over", c.window.closes_at, c.program))
    return {"as_of": now, "programs": found}


def card_of(program: Program, now: datetime) -> ProgramCard:
    """One version as a card with its parts."""
    told = card(program)
    return ProgramCard(
        program.id, program.name, program.version, told.sentence, told.lines, told.seconds, program.behaviour,
        window_view(program.window, now), program.qualifying_date, program.confirming_document, program.confirm_by,
        program.tie_rule, program.window.closes_at() + PAID_WITHIN, dict(program.families),
        tuple(_layer(layer) for layer in program.layers),
    )  # fmt: skip


def _layer(layer: Layer) -> LayerCard:
    rates = {kind: layer.rate_for(kind) for kind in DEAL_TYPES}
    return LayerCard(
        layer.id,
        tuple(condition(spec).describe() for spec in layer.conditions),
        {DEAL_WORDS[kind]: rate_text(rate) if rate else "nothing" for kind, rate in rates.items()},
        layer.point,
        layer.tiers,
        layer.cap_points_per_rep,
        layer.budget,
        layer.payer_of_record,
        layer.tax_treatment,
    )


def detail(store: ProgramStore, id: str, now: datetime, *, drafts: bool) -> dict[str, object]:
    """One program: the card in parts under `program` (None while it is not active), and what `show` tells of it.
    Without `drafts` only active programs exist, and only what is active of them.

    Raises: NotFound.
    """
    shown = show(store, id, now)
    versions = store.active().get(id)
    if not drafts:
        if versions is None:
            raise NotFound(f"There is no active program {id}.")
        shown = {name: value for name, value in shown.items() if name not in ("draft", "problems")}
    return {**shown, "program": card_of(ruling_version(versions, now), now) if versions else None}
