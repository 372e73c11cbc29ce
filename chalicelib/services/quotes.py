"""What would it earn me? Answered in one read, with no deal record (W48, W49, W75).

One BatchGet brings the active programs, the caller's standings, the leaderboard snapshots and what the account has
bought this quarter, where one is named. Only where a budget would be promised from a snapshot older than `FRESH` are
the standings behind it read again, all in one more call: the answer stops promising as soon as the money is spoken for
(domain.md 21).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.board import Board, Demand
from chalicelib.domain.budgets import Budget, budget_of
from chalicelib.domain.money import Money
from chalicelib.domain.periods import PAID_WITHIN
from chalicelib.domain.programs import Program
from chalicelib.domain.quotes import Asked, LayerOffer, book_of, offers
from chalicelib.domain.registrations import DEAL_TYPES, DealType
from chalicelib.domain.standings import Standing, payable_points
from chalicelib.services.boards import is_fresh, knows_its_team
from chalicelib.services.core_port import QuoteFacts
from chalicelib.services.rep_views import WindowView, rank_on, ruling_version, window_view


class QuoteReader(Protocol):
    """What a quote reads."""

    def quote_facts(self, rep: str, book: str | None) -> QuoteFacts:
        """Active programs, the rep's standings, the snapshots there are and the deal book of that key: one call once
        the programs are known."""

    def standings_in(self, pairs: Collection[tuple[str, str]]) -> list[Standing]:
        """These standings, by (program, rep), strongly read: one call for up to 100."""

    def board(self, program: Program, now: datetime) -> Board:
        """The program's snapshot, rebuilt when it is older than `FRESH`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One type of deal under one program. `asked`: it is the type that was asked for. `rank_now` is her place, and
    `rank_then` the one this sale would bring, on the snapshot (None: there is none yet)."""

    deal_type: DealType
    asked: bool
    worth: Money
    pays: Money
    rank_now: int | None
    rank_then: int | None
    layers: tuple[LayerOffer, ...]


@dataclass(frozen=True, slots=True)
class ProgramQuote:
    """One program she is enrolled in, whether the sale counts there or not: every type of deal side by side."""

    program: str
    name: str
    version: int
    window: WindowView
    confirm_by: date
    pays_by: datetime
    offers: tuple[Offer, ...]
    board_built_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuoteTotal:
    """All programs together for one type of deal, in one currency."""

    deal_type: DealType
    asked: bool
    worth: Money
    pays: Money


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The whole answer; the program that would pay most for what was asked comes first."""

    rep: str
    as_of: datetime
    sku: str
    quantity: int
    totals: tuple[QuoteTotal, ...]
    programs: tuple[ProgramQuote, ...]


def quote(asked: Asked, rep: str, reader: QuoteReader, now: datetime) -> QuoteView:
    """What a sale would earn the rep under every program she is enrolled in, were it made now."""
    facts = reader.quote_facts(rep, book_of(asked, now))
    demands = {id: board.demands for id, board in facts.boards.items()}
    found = {id: _program(asked, facts, s, demands.get(id, ()), now)
             for id, s in facts.standings.items() if id in facts.programs}  # fmt: skip
    stale = [id for id, one in found.items() if _promises(one) and not is_fresh(facts.boards.get(id), now)]
    for id, seen in _demands_now({id: facts.programs[id] for id in stale}, facts, reader, now).items():
        found[id] = _program(asked, facts, facts.standings[id], seen, now)
    views = sorted(found.values(), key=lambda p: (-_asked_for(p).pays.minor, p.window.closes_at, p.program))
    return QuoteView(rep, now, asked.sku, asked.quantity, _totals(views), tuple(views))


def _program(
    asked: Asked, facts: QuoteFacts, standing: Standing, demands: Sequence[Demand], now: datetime
) -> ProgramQuote:
    versions, board = facts.programs[standing.program], facts.boards.get(standing.program)
    program = ruling_version(versions, now)
    budgets = _budgets(program, demands)
    confirmed = sum(standing.sums(layer.id).confirmed * layer.point.minor for layer in program.layers)
    zero = Money(0, program.currency)
    made = []
    for deal_type in DEAL_TYPES:
        layers = offers(asked, deal_type, versions, standing, budgets, now, facts.book)
        worth, pays = sum((x.worth for x in layers), zero), sum((x.pays for x in layers), zero)
        now_at, then_at = (
            rank_on(board, program, standing.rep, minor).rank if board is not None else None
            for minor in (confirmed, confirmed + worth.minor)
        )
        made.append(Offer(deal_type, deal_type == asked.deal_type, worth, pays, now_at, then_at, layers))
    return ProgramQuote(
        program.id, program.name, program.version, window_view(program.window, now), program.confirm_by,
        program.window.closes_at() + PAID_WITHIN, tuple(made), board.built_at if board else None,
    )  # fmt: skip


def _budgets(program: Program, demands: Sequence[Demand]) -> dict[str, Budget]:
    asked_for = {d.layer: d for d in demands}
    found = {}
    for layer in program.layers:
        demand = asked_for.get(layer.id, Demand(layer.id, 0, 0))
        budget = budget_of(layer, demand.confirmed, demand.everything)
        if budget is not None:
            found[layer.id] = budget
    return found


def _promises(one: ProgramQuote) -> bool:
    """Is anything promised out of a budget?"""
    return any(x.budget is not None and x.points for offer in one.offers for x in offer.layers)


def _demands_now(
    programs: Mapping[str, Sequence[Program]], facts: QuoteFacts, reader: QuoteReader, now: datetime
) -> dict[str, Sequence[Demand]]:
    """What every layer is asked for this moment. A small team's standings are read at once, for all programs
    together; a snapshot that does not hold its whole team is rebuilt."""
    found: dict[str, Sequence[Demand]] = {}
    pairs: set[tuple[str, str]] = set()
    for id, versions in programs.items():
        board = facts.boards.get(id)
        if board is not None and knows_its_team(board, now):
            pairs |= {(id, row.rep) for row in board.rows} | {(id, facts.standings[id].rep)}
        else:
            found[id] = reader.board(ruling_version(versions, now), now).demands
    standings = reader.standings_in(pairs) if pairs else []
    for id in {id for id, _ in pairs}:
        program = ruling_version(programs[id], now)
        mine = [s for s in standings if s.program == id]
        found[id] = [
            Demand(
                layer.id,
                sum(payable_points(layer, s.sums(layer.id).confirmed) for s in mine),
                sum(payable_points(layer, s.sums(layer.id).confirmed + s.sums(layer.id).provisional) for s in mine),
            )
            for layer in program.layers
        ]
    return found


def _asked_for(program: ProgramQuote) -> Offer:
    """The offer that was asked for, the best one when no type was named."""
    asked = [offer for offer in program.offers if offer.asked]
    return max(asked or program.offers, key=lambda offer: offer.pays.minor)


def _totals(programs: Sequence[ProgramQuote]) -> tuple[QuoteTotal, ...]:
    found: dict[tuple[DealType, str], QuoteTotal] = {}
    for offer in (offer for program in programs for offer in program.offers):
        key = (offer.deal_type, offer.worth.currency)
        zero = Money(0, offer.worth.currency)
        old = found.get(key, QuoteTotal(offer.deal_type, offer.asked, zero, zero))
        found[key] = replace(old, worth=old.worth + offer.worth, pays=old.pays + offer.pays)
    return tuple(found[key] for key in sorted(found, key=lambda k: (DEAL_TYPES.index(k[0]), k[1])))
