"""The whole job by hand: what a list of Python functions has to do to come to what Kicker's scoring says.

The bare closures of `engines` compare three values of a line and know no date, no return and nothing that waits. Here
the same fifty rules run over deals as distributors tell them: lines dated too late or after the registration ended,
lines a person has yet to look at, returns that follow their invoice, registered seats no line has covered yet. Both
sides answer with provisional and confirmed points of every rule; the answers are compared before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bench.peers.fifty import LINES_A_DEAL, PlainRule
from bench.peers.fifty import lines as plain_lines

if TYPE_CHECKING:
    from chalicelib.domain.orders import OrderLine
    from chalicelib.domain.registrations import Registration

Points = tuple[int, int]  # provisional, confirmed
Score = Callable[[], dict[str, Points]]

OPENS, ENDS, CONFIRM_BY = date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 31)
APPROVED = datetime(2026, 10, 5, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One line of an invoice or, with a negative quantity, of a credit memo that names it."""

    document: str
    names: str
    sku: str
    quantity: Decimal
    dated: date
    held: str


@dataclass(frozen=True, slots=True)
class ToldDeal:
    """A registration and what distributors have told of it."""

    id: str
    approved_on: date
    valid_until: date
    sku: str
    seats: int
    deal_type: str
    lines: tuple[ToldLine, ...]


def deals(lines: int) -> list[ToldDeal]:
    """So many lines in deals of four: every fifth deal has a line dated too late, every seventh one that is held, every
    fourth a return instead of its last line, every third more seats registered than were invoiced; every eleventh
    registration ends before its second line."""
    found, plain = [], plain_lines(lines)
    for start in range(0, len(plain), LINES_A_DEAL):
        first = plain[start]
        told = []
        for n in range(LINES_A_DEAL):
            day, quantity, names = date(2026, 10, 14), Decimal(first.quantity), ""
            if first.deal % 4 == 0 and n == LINES_A_DEAL - 1:
                quantity, names = -quantity, f"I{first.deal}-0"
            elif first.deal % 5 == 0 and n == 1:
                day = CONFIRM_BY + timedelta(days=1)
            if first.deal % 11 == 0 and n == 1:
                day = date(2026, 12, 1)
            held = "possible duplicate" if first.deal % 7 == 0 and n == 2 else ""
            told.append(ToldLine(f"I{first.deal}-{n}", names, first.sku, quantity, day, held))
        seats = first.seats + (first.quantity if first.deal % 3 == 0 else 0)
        until = date(2026, 11, 30) if first.deal % 11 == 0 else date(2026, 12, 31)
        found.append(ToldDeal(f"d{first.deal}", APPROVED.date(), until, first.sku, seats, first.deal_type, tuple(told)))
    return found


def by_hand(rules: Sequence[PlainRule], told: Sequence[ToldDeal]) -> Score:
    """A function a rule, each judging a whole deal."""
    judges = [(f"vendor:v{r.number}", _judge(r)) for r in rules]

    def score() -> dict[str, Points]:
        found: dict[str, Points] = {}
        for deal in told:
            for name, judge in judges:
                waiting, confirmed = judge(deal)
                if waiting or confirmed:
                    was = found.get(name, (0, 0))
                    found[name] = (was[0] + waiting, was[1] + confirmed)
        return found

    return score


def _judge(r: PlainRule) -> Callable[[ToldDeal], Points]:
    skus, least, types, points = frozenset(r.skus), r.least_seats, frozenset(r.types), r.points

    def judge(deal: ToldDeal) -> Points:
        if deal.deal_type not in types:
            return 0, 0
        gross = returned = Decimal(0)
        counting, late = set(), set()
        for line in deal.lines:
            if line.sku not in skus or line.quantity < 0:
                continue
            if line.held or line.dated > CONFIRM_BY or line.dated > deal.valid_until:
                late.add(line.document)
            else:
                gross += line.quantity
                counting.add(line.document)
        for line in deal.lines:
            if line.sku in skus and line.quantity < 0 and (line.names not in late or line.names in counting):
                returned += line.quantity
        net = max(gross + returned, Decimal(0))
        confirmed = int(net) * points if net >= least else 0
        if deal.sku not in skus or not OPENS <= deal.approved_on <= ENDS or deal.seats < least:
            return 0, confirmed
        return int(max(deal.seats - gross, Decimal(0))) * points, confirmed

    return judge


def kicker(rules: Sequence[PlainRule], told: Sequence[ToldDeal]) -> Score:
    """Ten rules are the layers of one program, fifty of five programs."""
    from bench.peers.engines import programs_of
    from chalicelib.domain.rulebook import rulebook_of
    from chalicelib.domain.scoring import score
    from tests.builders import a_line, a_registration

    rulebook = rulebook_of(programs_of(rules))
    scored: list[tuple[Registration, list[OrderLine]]] = []
    for deal in told:
        registration = a_registration(
            id=deal.id,
            sku=deal.sku,
            quantity=deal.seats,
            deal_type=deal.deal_type,
            approved_at=APPROVED,
            valid_until=deal.valid_until,
        )
        lines = [
            a_line(str(n), document_no=x.document, reference=x.names, quantity=x.quantity, sku=x.sku,
                   document_type="credit" if x.quantity < 0 else "invoice", ordered_on=x.dated, invoiced_on=x.dated,
                   held=x.held)
            for n, x in enumerate(deal.lines)
        ]  # fmt: skip
        scored.append((registration, lines))

    def answer() -> dict[str, Points]:
        found: dict[str, Points] = {}
        for registration, lines in scored:
            for award in score(registration, lines, rulebook, zeros=False):
                was = found.get(award.layer, (0, 0))
                found[award.layer] = (was[0] + award.provisional, was[1] + award.confirmed)
        return found

    return answer
