"""What a rep sees of her deals: every registration, whether it counts or not, with what it waits for and why.

A deal once seen is never absent (W24, W60): a registration that earns nothing is shown with the reason and the
smallest change that would count. Points are those posted to the ledger, so the list adds up to the standings; the
proof beside them is computed from the facts of the same deal book.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.adjustments import in_order
from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Award
from chalicelib.domain.board import Demand
from chalicelib.domain.calendar import iso, local_day
from chalicelib.domain.caps import later_deals
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.errors import NotFound
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.periods import ruling
from chalicelib.domain.program_budget import ProgramDemand
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.proofs import deal_state, what_it_waits_for
from chalicelib.domain.reach import in_reach
from chalicelib.domain.registrations import Registration, divide
from chalicelib.domain.scoring import score_deal
from chalicelib.domain.standings import Standing
from chalicelib.domain.verdicts import told
from chalicelib.domain.write_back import overall
from chalicelib.services.budget_views import deal_note, program_note
from chalicelib.services.cursors import first_page, place_of
from chalicelib.services.deal_answers import (
    DealsView,
    DealView,
    LayerAward,
    LineView,
    PostedByHand,
    ProgramAward,
    asks_for_another_sale,
    earns,
    short,
)
from chalicelib.services.rep_views import ActivePrograms, CoreReader, Sum, Worth, ruling_version, sums_by_currency


@dataclass(frozen=True, slots=True)
class Demands:
    """What keeps posted points from being paid. `budgets` is what is asked of a budget, by program and layer (a layer
    without one is not in it), `programs` of the budget over all layers; `later` are (program, layer, registration)
    beyond the first deals a layer pays."""

    budgets: Mapping[tuple[str, str], Demand]
    programs: Mapping[str, ProgramDemand]
    later: frozenset[tuple[str, str, str]]


def deals_of(
    rep: str, programs: ActivePrograms, reader: CoreReader, now: datetime, *, limit: int, cursor: str = ""
) -> DealsView:
    """A page of every registration the rep sees. Only the page's own deals are scored for their proofs.

    Raises: InvalidDocument when the cursor is not one we handed out.
    """
    active = programs.active()
    standings = reader.standings_of(rep, sorted(active))
    after = place_of(cursor, 2)
    books = reader.books_of(rep)
    mine = sorted(_mine(rep, books), key=lambda found: _place(found[1]), reverse=True)
    rest = [found for found in mine if after is None or _place(found[1]) < after]
    page, more = first_page(rest, limit, lambda found: _place(found[1]))
    demands = _demands(rep, active, standings, reader, now)
    by_hand = _by_hand(rep, books, active)
    views = tuple(
        short(_deal(rep, book, deal, active, standings, demands, by_hand.pop(deal.id, ()), now)) for book, deal in page
    )
    hers = {deal.id for _, deal in mine}
    apart = tuple(a for deal, found in by_hand.items() if deal not in hers for a in found)
    return DealsView(rep, now, views, more, apart)


def deal_of(rep: str, registration: str, programs: ActivePrograms, reader: CoreReader, now: datetime) -> DealView:
    """One deal of the rep's own. Raises: NotFound, the same for somebody else's deal as for one that never was."""
    books = reader.books_of(rep)
    for book, deal in _mine(rep, books):
        if deal.id == registration:
            active = programs.active()
            standings = reader.standings_of(rep, sorted(active))
            demands, by_hand = _demands(rep, active, standings, reader, now), _by_hand(rep, books, active)
            return _deal(rep, book, deal, active, standings, demands, by_hand.get(deal.id, ()), now)
    raise NotFound(f"you have no deal with the registration {registration}")


def _demands(
    rep: str,
    active: Mapping[str, tuple[Program, ...]],
    standings: Mapping[str, Standing],
    reader: CoreReader,
    now: datetime,
) -> Demands:
    """What the layers with a budget ask of it, for the running programs the rep takes part in, and which of her deals
    come after the first ones."""
    found, later = {}, set()
    together: dict[str, ProgramDemand] = {}
    for id, standing in standings.items():
        program = ruling_version(active[id], now)
        limited = [layer.id for layer in program.layers if layer.budget is not None]
        if limited and standing.fence.bucket == "base":
            board = reader.board(program, now)
            found.update({(id, layer): board.demand(layer) for layer in limited})
        if any(layer.first_deals_per_rep for layer in program.layers):
            awards = reader.awards_of(rep, id)
            later |= {(id, x.id, deal) for x in program.layers for deal in later_deals(x, awards)}
        if program.budget is not None and standing.fence.bucket == "base":
            whole = reader.board(program, now).together
            together |= {id: whole} if whole is not None else {}
    return Demands(found, together, frozenset(later))


def _by_hand(
    rep: str, books: Sequence[DealBook], active: Mapping[str, tuple[Program, ...]]
) -> dict[str, tuple[PostedByHand, ...]]:
    """The rep's adjustments under active programs, oldest first, by the deal they are about ("" for none)."""
    found: dict[str, tuple[PostedByHand, ...]] = {}
    for a in in_order(a for book in books for a in book.posted_by_hand()):
        if a.rep == rep and a.program in active:
            assert a.decided_at is not None
            point = ruling(active[a.program]).layer(a.layer).point
            worth = Money(a.points * point.minor, point.currency)
            shown = PostedByHand(a.id, a.program, a.layer, a.points, worth, a.reason, a.decided_at)
            found[a.registration] = (*found.get(a.registration, ()), shown)
    return found


def _mine(rep: str, books: Sequence[DealBook]) -> Iterator[tuple[DealBook, Registration]]:
    """The registrations a rep sees: credited, owned, or with points of hers still posted. A registration that moved
    to another account is in two books only while it moves."""
    for book in books:
        posted = {key[2] for key in book.posted if key[3] == rep}
        for deal in book.registrations.values():
            if rep in deal.seen_by() or deal.id in posted:
                yield book, deal


def _deal(
    rep: str,
    book: DealBook,
    deal: Registration,
    active: Mapping[str, tuple[Program, ...]],
    standings: Mapping[str, Standing],
    demands: Demands,
    by_hand: tuple[PostedByHand, ...],
    now: datetime,
) -> DealView:
    around = book.book_lines()
    lines = around.lines.get(deal.id, ())
    shown = {p: v for p, v in active.items() if p in standings or any(k[0] == p and k[3] == rep for k in book.posted)}
    awards: dict[str, list[Award]] = {}
    for award in score_deal(deal, lines, shown, explain=True, book=around):
        awards.setdefault(award.program, []).append(award)
    found = (
        _program_award(rep, book, deal, around, shown[p], awards[p], standings.get(p), demands, now)
        for p in sorted(awards)
    )
    views = tuple(sorted(found, key=lambda view: (view.elsewhere, not earns(view))))
    combined = sums_by_currency(_sum(x.provisional.money, x.confirmed.money) for v in views for x in v.layers)
    state, waits_for = overall(
        deal, [(v.state, v.waits_for, any(x.provisional.points for x in v.layers)) for v in views]
    )
    share = sum(c.share for c in deal.credits if c.rep == rep)
    return DealView(
        deal.id, deal.number, deal.account_name, deal.vendor, deal.sku, deal.family, deal.quantity, deal.amount,
        deal.deal_type, deal.renewed_quantity, deal.status, state, waits_for, deal.created_at, deal.approved_at,
        deal.valid_until, share, deal.trouble, views, combined, tuple(_line(x) for x in lines),
        by_hand,
    )  # fmt: skip


def _program_award(
    rep: str,
    book: DealBook,
    deal: Registration,
    around: BookLines,
    versions: tuple[Program, ...],
    awards: Sequence[Award],
    standing: Standing | None,
    demands: Demands,
    now: datetime,
) -> ProgramAward:
    program = next(v for v in versions if v.version == awards[0].version)
    today, lines = local_day(now, program.window.zone), around.lines.get(deal.id, ())
    layers = tuple(_layer_award(rep, book, deal, program, award, standing, demands) for award in awards)
    if standing is not None:
        layers = tuple(
            replace(
                x, in_reach=_part(rep, deal, program.layer(x.layer), in_reach(deal, lines, award, versions, around))
            )
            for x, award in zip(layers, awards, strict=True)
        )
    return ProgramAward(
        program.id,
        program.name,
        deal_state(deal, lines, program, today, around),
        what_it_waits_for(deal, lines, program, today, around),
        program.confirm_by,
        all(map(asks_for_another_sale, layers)),
        layers,
    )


def _layer_award(
    rep: str,
    book: DealBook,
    deal: Registration,
    program: Program,
    award: Award,
    standing: Standing | None,
    demands: Demands,
) -> LayerAward:
    posted = book.posted.get((program.id, award.layer, deal.id, rep))
    point = program.layer(award.layer).point
    provisional, confirmed = (posted.provisional, posted.confirmed) if posted else (0, 0)
    demand = demands.budgets.get((program.id, award.layer))
    note = _note(rep, deal, award, standing, posted is not None)
    if posted is not None and demand is not None:
        note = deal_note(demand, posted.when, rep)
    if posted is not None and not note and program.id in demands.programs:
        note = program_note(program, demands.programs[program.id], award.layer, posted.when, rep)
    if (program.id, award.layer, deal.id) in demands.later:
        note = (
            f"only your first {program.layer(award.layer).first_deals_per_rep} deals are paid here; this one is later"
        )
    return LayerAward(
        award.layer,
        award.version,
        Worth(provisional, Money(provisional * point.minor, point.currency)),
        Worth(confirmed, Money(confirmed * point.minor, point.currency)),
        award.proof.holds(),
        told(award.proof),
        award.proof.verdicts,
        award.proof.provisional_because,
        award.proof.confirmed_because,
        note,
    )


def _part(rep: str, deal: Registration, layer: Layer, points: int) -> Worth | None:
    """The rep's part of what a deal would be worth under a layer; None when that is nothing."""
    credits = deal.credited(layer.role)
    parts = divide(points, credits) if points and credits else []
    hers = sum(part for credit, part in zip(credits, parts, strict=False) if credit.rep == rep)
    return Worth(hers, Money(hers * layer.point.minor, layer.point.currency)) if hers else None


def _note(rep: str, deal: Registration, award: Award, standing: Standing | None, is_posted: bool) -> str:
    """Why a deal that is worth something is worth nothing to her; "" when there is nothing to explain."""
    if is_posted or not (award.provisional or award.confirmed):
        return ""
    role = award.layer.partition("/")[2]
    if all(credit.rep != rep for credit in deal.credited(role)):
        return f"for the role {role}, beside the split" if role else "credited to somebody else"
    if standing is None:
        return "you are not enrolled in this program"
    fence = standing.fence
    if award.when is not None and not fence.covers(award.when.qualified_on):
        until = f" to {fence.enrolled_to}" if fence.enrolled_to else ""
        return f"qualified on {award.when.qualified_on}; you are enrolled from {fence.enrolled_from}{until}"
    return ""


def _line(line: OrderLine) -> LineView:
    return LineView(
        line.distributor, line.document_type, line.document_no, line.line_no, line.dated(), f"{line.quantity:f}",
        line.amount, line.sku, line.source, line.held,
    )  # fmt: skip


def _sum(provisional: Money, confirmed: Money) -> Sum:
    """A deal's money has no tiers and no cap: those belong to the rep's total."""
    return Sum(confirmed, provisional, payable=confirmed, if_all_confirms=confirmed + provisional)


def _place(deal: Registration) -> tuple[str, str]:
    return iso(deal.created_at), deal.id
