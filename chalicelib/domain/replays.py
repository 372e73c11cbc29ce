"""A program over facts that have happened: what it would have paid, to whom, and how long its budget would have lasted.

A replay scores deal books with the rules of a draft or a version, and plans one payout over everything by the very
planner of the close. It posts nothing. Of a closed period it knows which points the freeze had fixed, pays those first,
and so comes to the amounts that were paid (domain.md 37); of a draft everything counts in business-time order.

Books come one by one and are forgotten; what is kept is one small record an award.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, timedelta

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.calendar import Window
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payout_plan import Draft, RepAwards, plan
from chalicelib.domain.payouts import Payout, PayoutState
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration, divide
from chalicelib.domain.scoring import score_deal
from chalicelib.domain.standings import Fence


@dataclass(frozen=True, slots=True)
class Lane:
    """A program as it is replayed: all versions that rule in it, and who was enrolled when (None: everybody who is
    credited counts, as nobody was enrolled in what never ran)."""

    name: str
    versions: tuple[Program, ...]
    fences: Mapping[str, Fence] | None = None


@dataclass(slots=True)
class Gathered:
    """What was found in the books so far: by lane and rep her awards, and `fixed`, what the ledger says the freeze had
    fixed of hers, where the period is closed. `earliest` is the first day of approval seen."""

    awards: dict[str, dict[str, list[Balance]]] = field(default_factory=dict)
    fixed: dict[str, list[Balance]] = field(default_factory=dict)
    earliest: date | None = None
    books: int = 0
    lines: int = 0

    def take(self, book: DealBook, lanes: Sequence[Lane]) -> None:
        """Score a book under every lane."""
        self.books += 1
        self.lines += len(book.lines)
        lines = book.book_lines()
        for registration in book.registrations.values():
            if registration.approved_at is not None:
                day = registration.approved_at.astimezone(UTC).date()
                self.earliest = min(self.earliest or day, day)
            for lane in lanes:
                mine = self.awards.setdefault(lane.name, {})
                for rep, balance in earned(registration, lines, lane):
                    mine.setdefault(rep, []).append(balance)

    def fix(self, rep: str, balances: Iterable[Balance]) -> None:
        """Note what the ledger says the freeze had fixed for a rep."""
        self.fixed[rep] = [b for b in balances if b.base]

    def join(self, other: Gathered) -> None:
        """Add what another part of the books held."""
        for lane, reps in other.awards.items():
            mine = self.awards.setdefault(lane, {})
            for rep, balances in reps.items():
                mine.setdefault(rep, []).extend(balances)
        self.fixed |= other.fixed
        days = [day for day in (self.earliest, other.earliest) if day is not None]
        self.earliest = min(days, default=None)
        self.books += other.books
        self.lines += other.lines


def earned(registration: Registration, book: BookLines, lane: Lane) -> Iterator[tuple[str, Balance]]:
    """Every rep's part of what a deal earns in the lane, as settling its book would post it."""
    if not registration.credits:
        return
    lines = book.lines.get(registration.id, ())
    for award in score_deal(registration, lines, {lane.versions[-1].id: lane.versions}, book=book, zeros=False):
        credits = registration.credited(award.layer.partition("/")[2])
        if award.when is None or not credits or not (award.provisional or award.confirmed):
            continue
        waiting, confirmed = (divide(p, credits) for p in (award.provisional, award.confirmed))
        for credit, waits, counts in zip(credits, waiting, confirmed, strict=True):
            fence = lane.fences.get(credit.rep) if lane.fences is not None else None
            enrolled = lane.fences is None or (fence is not None and fence.covers(award.when.qualified_on))
            if enrolled and (waits or counts):
                yield (
                    credit.rep,
                    Balance(
                        lane.name, award.layer, registration.id, waits, counts, 0, award.when, award.when.approved_at
                    ),
                )


def moved(program: Program, start: date) -> Program:
    """The same rules over another window of the same length that begins on `start`; the confirm-by date moves with
    it. Its id is its own, as its dates are."""
    days = program.window.days()
    window = Window(start, start + timedelta(days=days - 1), program.window.zone)
    confirm_by = program.confirm_by + (window.end - program.window.end)
    return replace(
        program, id=f"{program.id}~{start}", effective_from=start, window=window, confirm_by=confirm_by
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """What one award is paid in the end: `claimed` is what tiers and caps left of it, `points` what the budget did."""

    layer: str
    rep: str
    registration: str
    qualified_on: date
    claimed: int
    points: int


@dataclass(frozen=True, slots=True)
class Prize:
    """What a rep's place is paid, in minor units, whatever her awards are."""

    layer: str
    rep: str
    minor: int


def grants(
    program: Program, awards: Mapping[str, Sequence[Balance]], fixed: Mapping[str, Sequence[Balance]]
) -> tuple[list[Grant], list[Prize]]:
    """What every award gets of the program's money, in business-time order, and the prizes for places. `fixed` is what
    the freeze of a closed period had fixed, by rep: it was paid first; empty when nothing was."""
    closed = bool(fixed)
    reps = [
        RepAwards(rep, tuple(_parted(awards.get(rep, ()), fixed.get(rep, ())) if closed else awards[rep]))
        for rep in sorted({*awards, *fixed})
    ]
    when = {(rep.rep, b.layer, b.registration): b.when for rep in reps for b in rep.balances}
    without_budgets = replace(program, layers=tuple(replace(layer, budget=None) for layer in program.layers))
    drafts = _planned(program, reps, closed=closed)
    claimed, given = _points(_planned(without_budgets, reps, closed=closed)), _points(drafts)
    prizes = [Prize(x.layer, d.rep, x.amount_minor) for d in drafts for x in d.lines if x.kind == "prize"]
    found = [
        Grant(key[1], key[0], key[2], when[key].qualified_on, claimed[key], given.get(key, 0))
        for key in sorted(claimed, key=lambda k: (when[k], k))
        if claimed[key]
    ]
    return found, prizes


def _parted(awards: Sequence[Balance], fixed: Sequence[Balance]) -> list[Balance]:
    """Her awards in two parts: what the freeze had fixed, and what the facts say beyond it, or below."""
    base = {(b.layer, b.registration): b for b in fixed}
    found = []
    for balance in awards:
        had = base.pop((balance.layer, balance.registration), None)
        points = had.base if had is not None else 0
        found.append(replace(balance, base=points, trailing=balance.confirmed - points))
    return found + [replace(b, provisional=0, trailing=-b.base) for b in base.values()]


def _planned(program: Program, reps: Sequence[RepAwards], *, closed: bool) -> list[Draft]:
    """The payouts of the base run and, for a closed period, of one trailing run over everything after it."""
    base = plan(program, 0, reps, (), {})
    if not closed:
        return base
    return base + plan(program, 1, reps, [_as_paid(program, draft) for draft in base], {})


def _as_paid(program: Program, draft: Draft) -> Payout:
    """A draft as the planner of the next run sees it."""
    at = draft.confirmed_last
    return Payout(
        "", program.id, "", 0, draft.rep, "", program.currency, draft.amount_minor, draft.lines, draft.awards,
        PayoutState.PLANNED, at, at, at, at,
    )  # fmt: skip


def _points(drafts: Iterable[Draft]) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for draft in drafts:
        for award in draft.awards:
            found[draft.rep, award.layer, award.registration] += award.points
    return found


def if_all_confirms(awards: Mapping[str, Sequence[Balance]]) -> dict[str, list[Balance]]:
    """The same awards as if everything that waits had been confirmed."""
    return {rep: [replace(b, base=b.base + b.provisional, provisional=0) for b in mine] for rep, mine in awards.items()}
