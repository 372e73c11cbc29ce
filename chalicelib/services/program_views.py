"""The programs as everybody may read them: the sentence of the card, and what it is made of.

The three questions a rep asks of any SPIFF are answered in the list itself (W03): which products count, what
renewals earn, and how a deal gets credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.domain.budgets import Budget
from chalicelib.domain.cards import card, without_promises
from chalicelib.domain.conditions import DEAL_WORDS, condition
from chalicelib.domain.errors import NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.periods import PAID_WITHIN
from chalicelib.domain.programs import (
    Behaviour,
    ConfirmingDocument,
    Layer,
    Program,
    QualifyingDate,
    Tier,
    TierKind,
    TieRule,
)
from chalicelib.domain.proofs import rate_text
from chalicelib.domain.registrations import DEAL_TYPES
from chalicelib.services.budget_views import WHOLE_PROGRAM, Paid, budgets_of, nothing_paid
from chalicelib.services.ports import ProgramStore
from chalicelib.services.programs import show
from chalicelib.services.rep_views import ActivePrograms, CoreReader, WindowView, ruling_version, window_view


@dataclass(frozen=True, slots=True)
class LayerCard:
    """What one funder pays for what. `earns` says in words what each type of deal earns, "nothing" included; `budget`
    where the layer's budget stands (None: it has none)."""

    layer: str
    counts: tuple[str, ...]
    earns: Mapping[str, str]
    point: Money
    tier_kind: TierKind
    tiers: tuple[Tier, ...]
    cap_points_per_rep: int | None
    first_deals_per_rep: int | None
    budget: Budget | None
    payer_of_record: str
    tax_treatment: str


@dataclass(frozen=True, slots=True)
class ProgramCard:
    """One active program in the version that rules today. `card` is the rule in one read, and promises nothing a
    budget no longer holds; `lines` are the answers beside it: which products, what renewals earn, how a deal gets
    credit, ties, tiers and limits."""

    program: str
    name: str
    version: int
    card: str
    lines: tuple[str, ...]
    reading_seconds: int
    legibility: int
    behaviour: Behaviour
    window: WindowView
    qualifying_date: QualifyingDate
    confirming_document: ConfirmingDocument
    confirm_by: date
    tie_rule: TieRule
    pays_by: datetime
    cap_per_rep: Money | None
    budget: Budget | None
    rank_prizes: tuple[Money, ...]
    products: Mapping[str, tuple[str, ...]]
    layers: tuple[LayerCard, ...]


def cards(programs: ActivePrograms, reader: CoreReader, now: datetime, paid: Paid = nothing_paid) -> dict[str, object]:
    """Every active program, those that end first first; programs that are over come last. The board of a program is
    read only when it has a budget."""
    found = [card_of(ruling_version(versions, now), reader, now, paid) for versions in programs.active().values()]
    found.sort(key=lambda c: (c.window.state == "over", c.window.closes_at, c.program))
    return {"as_of": now, "programs": found}


def card_of(program: Program, reader: CoreReader, now: datetime, paid: Paid = nothing_paid) -> ProgramCard:
    """One version as a card with its parts."""
    told = card(program)
    limited = program.budget is not None or any(layer.budget is not None for layer in program.layers)
    budgets = budgets_of(program, reader.board(program, now), now, paid) if limited else {}
    return ProgramCard(
        program.id, program.name, program.version, without_promises(program, budgets), told.lines, told.seconds,
        told.score, program.behaviour, window_view(program.window, now), program.qualifying_date,
        program.confirming_document, program.confirm_by, program.tie_rule, program.window.closes_at() + PAID_WITHIN,
        program.cap_per_rep, budgets.get(WHOLE_PROGRAM), program.rank_prizes.amounts if program.rank_prizes else (),
        dict(program.families),
        tuple(_layer(layer, budgets.get(layer.id)) for layer in program.layers),
    )  # fmt: skip


def _layer(layer: Layer, budget: Budget | None) -> LayerCard:
    rates = {kind: layer.rate_for(kind) for kind in DEAL_TYPES}
    return LayerCard(
        layer.id,
        tuple(condition(spec).describe() for spec in layer.conditions),
        {DEAL_WORDS[kind]: rate_text(rate) if rate else "nothing" for kind, rate in rates.items()},
        layer.point,
        layer.tier_kind,
        layer.tiers,
        layer.cap_points_per_rep,
        layer.first_deals_per_rep,
        budget,
        layer.payer_of_record,
        layer.tax_treatment,
    )


def detail(
    store: ProgramStore, reader: CoreReader, id: str, now: datetime, *, drafts: bool, paid: Paid = nothing_paid
) -> dict[str, object]:
    """One program: the card in parts under `program` (None while it is not active), and what `show` tells of it.
    Without `drafts` only active programs exist, and only what is active of them.

    Raises: NotFound.
    """
    shown = show(store, id, now)
    versions = store.active().get(id)
    if not drafts:
        if versions is None:
            raise NotFound(f"There is no active program {id}.")
        shown = {name: value for name, value in shown.items() if name not in ("draft", "problems", "warnings")}
    if not versions:
        return {**shown, "program": None}
    active = card_of(ruling_version(versions, now), reader, now, paid)
    told = {
        "sentence": active.card,
        "lines": active.lines,
        "reading_seconds": active.reading_seconds,
        "legibility": active.legibility,
    }
    return {**shown, "card": told, "program": active}
