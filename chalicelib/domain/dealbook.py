"""The deal book: the facts that must agree, in one value, and what follows from them.

A book holds an account's registrations of one quarter, the order lines assigned to them, and what was posted to the
ledger so far; or what people added by hand for one rep and program. Scoring is convergence: `settle` computes what
every deal is worth from the facts now and posts the difference from what was posted. Approval, order, return, rule
correction, late enrollment, adjustment and sweep all end here; any order and any repetition of the same facts ends in
the same balances (domain.md 6, 7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.domain.adjustments import Adjustment
from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.ledger import Entry, Leg
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import Purchase, books_asked, purchases_of, quarter_in
from chalicelib.domain.registrations import Registration, divide
from chalicelib.domain.rulebook import rulebook_of
from chalicelib.domain.scoring import score
from chalicelib.domain.standings import Fence


@dataclass(frozen=True, slots=True)
class Share:
    """One rep's part of one award, in points. Identity: (program, layer, registration, rep)."""

    provisional: int
    confirmed: int
    when: BusinessTime


ShareKey = tuple[str, str, str, str]  # program, layer, registration, rep

# Entries and standings one settlement writes. DynamoDB takes 100 items in a transaction; the fact itself, its match
# keys and its line need the rest. A book of more people is settled in several steps.
ROOM = 70


@dataclass(frozen=True, slots=True)
class DealBook:
    """One book at one revision (0: never stored).

    `assigned` maps a line id to the registration it was matched to; every line in `lines` has one. `posted` is what
    the ledger says, `fences` the fences last seen by (program, rep), `reps` everyone who has an entry for this book
    and so finds it in her deal list. `left` are match keys a registration once had: lines under them may still have
    to be decided again when the process that took it away died before it got to them. `chain` is the hash of the
    book's last entry ("" before the first). `unfinished` says that not everybody's points fitted into the last
    settlement: settle it again. `behind` are books a registration came from that may not be done with since: unfinished
    ones, and those the account's other books may still have to look at.
    `adjustments` are what people added by hand; a book of adjustments holds nothing else. `bought_elsewhere` is what
    the account bought by the lines of its other quarters' books, by quarter: a copy, kept where a program looks back.
    """

    key: str
    revision: int = 0
    registrations: dict[str, Registration] = field(default_factory=dict)
    lines: dict[str, OrderLine] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    posted: dict[ShareKey, Share] = field(default_factory=dict)
    fences: dict[tuple[str, str], str] = field(default_factory=dict)
    reps: tuple[str, ...] = ()
    left: dict[str, tuple[str, ...]] = field(default_factory=dict)
    chain: str = ""
    unfinished: bool = False
    behind: tuple[str, ...] = ()
    adjustments: dict[str, Adjustment] = field(default_factory=dict)
    bought_elsewhere: dict[str, tuple[Purchase, ...]] = field(default_factory=dict)

    def book_lines(self) -> BookLines:
        """All lines by the registration they are assigned to, by id, so that scoring never sees arrival order."""
        by_deal: dict[str, list[OrderLine]] = {}
        for id in sorted(self.lines):
            by_deal.setdefault(self.assigned[id], []).append(self.lines[id])
        return BookLines(self.registrations, by_deal, self.key, self.bought_elsewhere)

    def purchases(self) -> tuple[Purchase, ...]:
        """What its own lines bought, as the account's other books copy it."""
        return purchases_of(self.lines, self.assigned, self.registrations)

    def beside(self, books: Mapping[str, DealBook], months: int) -> DealBook:
        """The book with what the account's others bought, for a look-back of so many months. `books` holds every one
        it asks (`books_asked`). The book itself when its copy says just that."""
        found = {quarter_in(key): books[key].purchases() for key in books_asked(self.key, months)}
        elsewhere = {quarter: bought for quarter, bought in found.items() if bought}
        return self if elsewhere == self.bought_elsewhere else replace(self, bought_elsewhere=elsewhere)

    def with_registration(self, registration: Registration, left: Sequence[str] = ()) -> DealBook:
        """The book with this version of the registration in it, and the match keys it once had."""
        others = {k: v for k, v in self.left.items() if k != registration.id}
        return replace(
            self,
            registrations={**self.registrations, registration.id: registration},
            left={**others, registration.id: tuple(left)} if left else others,
        )

    def without_registration(self, id: str) -> DealBook:
        """The book without a registration and its lines (they move with it)."""
        kept = {i: r for i, r in self.assigned.items() if r != id}
        return replace(
            self,
            registrations={k: v for k, v in self.registrations.items() if k != id},
            lines={i: self.lines[i] for i in kept},
            assigned=kept,
            left={k: v for k, v in self.left.items() if k != id},
        )

    def with_line(self, line: OrderLine, registration: str) -> DealBook:
        """The book with this telling of the line, assigned to one of its registrations."""
        assert registration in self.registrations, f"line {line.id} assigned to {registration}, not in book {self.key}"
        return replace(self, lines={**self.lines, line.id: line}, assigned={**self.assigned, line.id: registration})

    def without_line(self, id: str) -> DealBook:
        """The book without a line."""
        return replace(
            self,
            lines={k: v for k, v in self.lines.items() if k != id},
            assigned={k: v for k, v in self.assigned.items() if k != id},
        )

    def with_adjustment(self, adjustment: Adjustment) -> DealBook:
        """The book with this adjustment in it, as it stands now."""
        return replace(self, adjustments={**self.adjustments, adjustment.id: adjustment})

    def posted_by_hand(self) -> list[Adjustment]:
        """The adjustments somebody approved."""
        return [a for a in self.adjustments.values() if a.state == "posted"]

    def pairs(self, programs: Mapping[str, Sequence[Program]]) -> set[tuple[str, str]]:
        """The (program, rep) pairs whose fences `settle` needs."""
        reps = {credit.rep for r in self.registrations.values() for credit in (*r.credits, *r.overlays)}
        found = {(p, rep) for p in programs for rep in reps} | {(k[0], k[3]) for k in self.posted}
        if self.adjustments:
            found |= {(a.program, a.rep) for a in self.posted_by_hand()}
        return found


@dataclass(frozen=True, slots=True)
class StandingChange:
    """What one event adds to one standing: by layer (confirmed, provisional) points, and to its deal counts.
    Holds only while the standing's fence is still `fence`."""

    program: str
    rep: str
    fence: Fence
    points: dict[str, tuple[int, int]]
    deals: int
    deals_confirmed: int

    def plus(self, other: StandingChange) -> StandingChange:
        """Both changes of one standing as one."""
        points = dict(self.points)
        for layer, (confirmed, provisional) in other.points.items():
            was = points.get(layer, (0, 0))
            points[layer] = (was[0] + confirmed, was[1] + provisional)
        return replace(
            self,
            points=points,
            deals=self.deals + other.deals,
            deals_confirmed=self.deals_confirmed + other.deals_confirmed,
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """The book's next revision, and what goes to ledger and standings with it."""

    book: DealBook
    entries: tuple[Entry, ...]
    standings: tuple[StandingChange, ...]

    @property
    def changed_points(self) -> bool:
        """Did anybody's points change?"""
        return bool(self.standings)


def wanted(
    book: DealBook, programs: Mapping[str, Sequence[Program]], fences: Mapping[tuple[str, str], Fence | None]
) -> dict[ShareKey, Share]:
    """What every rep's part of every award is worth by the facts in the book; zero parts are left out.

    A rep earns only in programs she was enrolled in on the qualifying date (domain.md 17).
    """
    shares: dict[ShareKey, Share] = {}
    lines, rulebook = book.book_lines(), rulebook_of(programs)
    for registration in book.registrations.values():
        if not registration.credits:
            continue
        for award in score(registration, lines.lines.get(registration.id, ()), rulebook, book=lines, zeros=False):
            if award.when is None or not (award.provisional or award.confirmed):
                continue
            credits = registration.credited(award.layer.partition("/")[2])
            if not credits:
                continue  # an overlay for a role nobody has on this deal
            provisional, confirmed = divide(award.provisional, credits), divide(award.confirmed, credits)
            for credit, waits, counts in zip(credits, provisional, confirmed, strict=True):
                fence = fences.get((award.program, credit.rep))
                if fence is None or not fence.covers(award.when.qualified_on) or not (waits or counts):
                    continue
                key = (award.program, award.layer, registration.id, credit.rep)
                shares[key] = Share(waits, counts, award.when)
    if not book.adjustments:
        return shares
    for by_hand in book.posted_by_hand():
        # Two people said so: it asks for a standing, not for what a deal of that day would need.
        if by_hand.program in programs and fences.get((by_hand.program, by_hand.rep)) is not None:
            key = (by_hand.program, by_hand.layer, by_hand.id, by_hand.rep)
            shares[key] = Share(0, by_hand.points, by_hand.when())
    return shares


def settle(
    book: DealBook,
    programs: Mapping[str, Sequence[Program]],
    fences: Mapping[tuple[str, str], Fence | None],
    *,
    because: str,
    now: datetime,
    room: int = ROOM,
) -> Settlement:
    """The difference between what the book is worth and what was posted, as one entry per rep. Reps beyond `room`
    written items keep what was posted, and the book is `unfinished`.

    `fences` must hold every pair of `book.pairs(programs)`; None says the rep is not enrolled. Programs that are no
    longer active keep what was posted: a closed period is never re-scored (domain.md 3, 40). Everybody who should
    see a deal of this book gets at least one entry, if with no legs: entries are how a rep's deals are found.
    """
    now_worth = wanted(book, programs, fences)
    legs: dict[str, list[Leg]] = defaultdict(list)
    changed: dict[ShareKey, Share | None] = {}
    for key in sorted(set(now_worth) | set(book.posted)):
        program, layer, registration, rep = key
        old, new = book.posted.get(key), now_worth.get(key)
        fence = fences.get((program, rep))
        if program not in programs or fence is None:
            continue
        share = new or old
        assert share is not None
        provisional = (new.provisional if new else 0) - (old.provisional if old else 0)
        confirmed = (new.confirmed if new else 0) - (old.confirmed if old else 0)
        # The order of business time decides who gets a budget (domain.md 36): the ledger must know of its changes too.
        if provisional or confirmed or (old and new and new.when != old.when):
            legs[rep].append(Leg(program, layer, registration, fence.bucket, provisional, confirmed, share.when))
        changed[key] = new
    viewers = {rep for r in book.registrations.values() for rep in r.seen_by()}
    if book.adjustments:
        viewers |= {by_hand.rep for by_hand in book.posted_by_hand()}
    told, later = _fitting(sorted(set(legs) | (viewers - set(book.reps))), legs, room)
    posted = {**book.posted, **{key: share for key, share in changed.items() if key[3] not in later}}
    after = replace(
        book,
        revision=book.revision + 1,
        posted={key: share for key, share in posted.items() if share is not None},
        fences={pair: str(f) for pair, f in fences.items() if f is not None and pair[0] in programs},
        reps=tuple(sorted((viewers - later) | set(book.reps))),
        unfinished=bool(later),
    )
    entries: list[Entry] = []
    for rep in told:
        entry = Entry(rep, book.key, after.revision, now, because, tuple(legs.get(rep, ())))
        entries.append(entry.after(entries[-1].hash if entries else book.chain))
    if entries:
        after = replace(after, chain=entries[-1].hash)
    return Settlement(after, tuple(entries), tuple(_standing_changes(book, after, entries, fences)))


def _fitting(reps: Sequence[str], legs: Mapping[str, Sequence[Leg]], room: int) -> tuple[list[str], set[str]]:
    """The reps whose entry and standings fit into `room` written items, at least one, and the others."""
    for position, rep in enumerate(reps):
        room -= 1 + len({leg.program for leg in legs.get(rep, ())})
        if room < 0 and position:
            return list(reps[:position]), set(reps[position:])
    return list(reps), set()


def _standing_changes(
    before: DealBook,
    after: DealBook,
    entries: Sequence[Entry],
    fences: Mapping[tuple[str, str], Fence | None],
) -> list[StandingChange]:
    """One change per touched (program, rep): its points are the sums of the legs, so standings equal the ledger."""
    touched: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for entry in entries:
        for leg in entry.legs:
            points = touched.setdefault((leg.program, entry.rep), {})
            confirmed, provisional = points.get(leg.layer, (0, 0))
            points[leg.layer] = (confirmed + leg.confirmed, provisional + leg.provisional)
    changes = []
    for (program, rep), points in touched.items():
        fence = fences[program, rep]
        assert fence is not None, f"points for {rep}, who has no standing in {program}"
        was, now = _deals(before, program, rep), _deals(after, program, rep)
        changes.append(StandingChange(program, rep, fence, points, now[0] - was[0], now[1] - was[1]))
    return changes


def _deals(book: DealBook, program: str, rep: str) -> tuple[int, int]:
    """How many of the book's deals earn the rep anything in the program, and how many of them confirmed points. An
    adjustment is no deal."""
    mine = {k[2]: False for k in book.posted if k[0] == program and k[3] == rep and k[2] not in book.adjustments}
    for key, share in book.posted.items():
        if key[0] == program and key[3] == rep and share.confirmed and key[2] in mine:
            mine[key[2]] = True
    return len(mine), sum(mine.values())
