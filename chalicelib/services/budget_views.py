"""What a budget still promises: where it stands, and what one rep would be paid within it.

Promises stop the moment the money is spoken for, on the card and in her own figures (domain.md 21, F21): paid and
reserved together are never more than the budget, whatever arrives in which order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.board import Board, Demand
from chalicelib.domain.budgets import Budget, Cut, budget_of, kept, within
from chalicelib.domain.caps import needs_awards, phases_of
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payouts import Run
from chalicelib.domain.program_budget import ProgramCut, ProgramDemand, budget_of_program, kept_together
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.standings import Standing, payable_points

WHOLE_PROGRAM = ""  # no layer is called so

Paid = Callable[[str], Mapping[str, int]]
"""Minor units by layer that the runs of a closed program granted; asked only where a budget is shown after the end."""


def nothing_paid(program: str) -> Mapping[str, int]:  # noqa: ARG001 - a Paid of a program without runs
    """Before the end nothing is paid."""
    return {}


def granted_by(runs: Iterable[Run]) -> dict[str, int]:
    """Minor units that runs granted, by layer."""
    granted: Counter[str] = Counter()
    for total in (total for run in runs for total in run.totals):
        granted[total.layer] += total.amount_minor
    return dict(granted)


def budgets_of(program: Program, board: Board, now: datetime, paid: Paid) -> dict[str, Budget]:
    """Where every layer's budget stands, by layer, and that of the program under `WHOLE_PROGRAM`; what has none is left
    out (domain.md 21, F21)."""
    limited = [layer for layer in program.layers if layer.budget is not None]
    asked = limited or program.budget is not None
    granted = paid(program.id) if asked and now >= program.window.closes_at() else {}
    found = {}
    for layer in limited:
        demand = board.demand(layer.id)
        budget = budget_of(layer, demand.confirmed, demand.everything, granted.get(layer.id, 0))
        if budget is not None:
            found[layer.id] = budget
    whole = budget_of_program(program, board.together, sum(granted.values())) if board.together else None
    return {**found, WHOLE_PROGRAM: whole} if whole is not None else found


def asks_awards(program: Program, board: Board) -> bool:
    """Does `payable` need her awards?"""
    return _is_over(board.together) or needs_awards(program) or any(demand.cut_all for demand in board.demands)


def _is_over(demand: ProgramDemand | None) -> bool:
    """Does the program's budget leave somebody out, now or when all confirms? A cap can make it now only: what waits
    may take the place of more that is confirmed."""
    return demand is not None and (demand.cut_now is not None or demand.cut_all is not None)


def payable(
    program: Program, layer: Layer, standing: Standing, board: Board, awards: Sequence[Balance]
) -> tuple[int, int]:
    """Points she would be paid now, and if everything that waits confirmed: within her caps, her first deals where
    only those are paid, and in business-time order within the budget (domain.md 21)."""
    sums, demand = standing.sums(layer.id), board.demand(layer.id)
    now_points = payable_points(layer, sums.confirmed)
    all_points = payable_points(layer, sums.confirmed + sums.provisional)
    by_award = asks_awards(program, board)
    if demand.cut_all is None and not by_award:
        return now_points, all_points
    frozen = standing.fence.bucket == "trailing"
    if board.together is not None and _is_over(board.together):
        return _together(program, layer, standing, board, board.together, awards)
    if demand.cut_now is not None or by_award:
        claims = phases_of(program, standing.rep, awards, waiting=False, frozen=frozen)[layer.id]
        now_points = min(now_points, within(demand.cut_now, claims))
    claims = phases_of(program, standing.rep, awards, waiting=True, frozen=frozen)[layer.id]
    return now_points, min(all_points, within(demand.cut_all, claims))


def _together(
    program: Program,
    layer: Layer,
    standing: Standing,
    board: Board,
    demand: ProgramDemand,
    awards: Sequence[Balance],
) -> tuple[int, int]:
    """The same where the program's own budget does not cover everybody."""
    frozen = standing.fence.bucket == "trailing"
    ways = []
    for waiting, end in ((False, demand.cut_now), (True, demand.cut_all)):
        mine = phases_of(program, standing.rep, awards, waiting=waiting, frozen=frozen)
        within_layers = {}
        for id_, of in mine.items():
            own = board.demand(id_)
            within_layers[id_] = kept(own.cut_all if waiting else own.cut_now, of)
        ways.append(kept_together(program, end, within_layers)[layer.id])
    return ways[0], ways[1]


def deal_note(demand: Demand, when: BusinessTime, rep: str) -> str:
    """What the budget means for one deal of a rep while the program runs, in words; "" when it is covered."""
    place = (0, when, rep)
    return _note(demand.cut_now, demand.cut_all, place)


def program_note(program: Program, demand: ProgramDemand, layer: str, when: BusinessTime, rep: str) -> str:
    """The same for the budget over all layers."""
    order = [own.id for own in program.layers].index(layer)
    return _note(demand.cut_now, demand.cut_all, (0, when, rep, order))


def _note(now: Cut | ProgramCut | None, waiting: Cut | ProgramCut | None, place: tuple[Any, ...]) -> str:
    if now is not None and place >= now.place():
        if place == now.place() and now.points:
            return f"only {now.points:,} points of it fit into the rest of the budget"
        return "the budget is used up by deals that qualified before it"
    if waiting is not None and place >= waiting.place():
        return "paid in full only if a deal that qualified before it falls through: the budget is spoken for"
    return ""
