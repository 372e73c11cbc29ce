"""The ledger audit: everything that is stored twice, held against itself; the first difference of each kind, by name.

Entries against their chain, a deal book against its entries and against what its facts are worth now, a standing
against its rep's legs, match keys and lines against the book they belong to. Payouts are in `payout_audit`. Everything
here is a pure function of what was read; whoever reads (`services.audit`) sees to it that it read one moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, Literal, TypeVar

from chalicelib.domain.adjustments import is_adjustment
from chalicelib.domain.calendar import iso
from chalicelib.domain.dealbook import DealBook, wanted
from chalicelib.domain.ledger import Entry, Leg, content_hash
from chalicelib.domain.matching import LineTrace, MatchKey
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import books_asked, quarter_in
from chalicelib.domain.standings import Fence, Standing, Sums

FindingKind = Literal[
    "unreadable", "chain", "posted", "not_converged", "standing", "match_key", "line", "payout", "payout_run"
]

# Every kind of finding, in the order they are reported: what explains the others comes first.
KINDS: dict[FindingKind, str] = {
    "unreadable": "an item is not what was put: its seal, its key or its content disagree",
    "chain": "an entry of a deal book is changed, missing, or there and not expected",
    "posted": "what a book says was posted is not the sum of its entries",
    "not_converged": "what a book's facts are worth is not what was posted, or another quarter's have not reached it",
    "standing": "a standing is not the sum of its rep's entries",
    "match_key": "a match key or locator does not say where a registration or line is",
    "line": "an order line and its deal book disagree",
    "payout": "a payout does not follow from the entries it pays",
    "payout_run": "a payout run is not the sum of its payouts, or not what its digest sealed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: where, what should be there, what is. Reads as a sentence."""

    kind: FindingKind
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: expected {self.expected}, found {self.found}"


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By kind in the order of `KINDS`, then by place: the same store always gives the same report."""
    ranks = {kind: rank for rank, kind in enumerate(KINDS)}
    return tuple(sorted(findings, key=lambda f: (ranks[f.kind], f.where, f.expected, f.found)))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is not what was put: its key, and what shows it."""

    item: str
    why: str

    def finding(self) -> Finding:
        """As it is reported."""
        return Finding("unreadable", self.item, "the item that was put", self.why)


Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Inspected(Generic[Record]):
    """What could be read, and what could not."""

    good: tuple[Record, ...]
    bad: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class LinePlace:
    """Where a stored order line says it is, and how its book should see it."""

    state: str
    registration: str
    book: str
    counted: OrderLine


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies around a deal book: match keys with the traces kept beside them, its lines as stored, and where the
    locators of its registrations point."""

    keys: Mapping[str, MatchKey]
    beside: Mapping[str, Mapping[str, LineTrace]]
    lines: Mapping[str, LinePlace]
    located: Mapping[str, str]


# --- the chain --------------------------------------------------------------------------------------------------


def broken_chain(book: DealBook, entries: Iterable[Entry]) -> Finding | None:
    """The first entry of the book that does not follow from the one before it, or that the book does not know; None
    when the book ends where its entries end."""
    told = _chained(entries)
    for entry, linked in _links(told):
        if linked is not None:
            return linked
        if entry.revision > book.revision:
            return Finding("chain", _place(entry), "a book at that revision or later", f"revision {book.revision}")
        if entry.rep not in book.reps:
            return Finding("chain", _place(entry), f"a rep of the book: {', '.join(book.reps) or 'nobody'}", entry.rep)
    last = told[-1].hash if told else ""
    if last != book.chain:
        where = f"deal book {book.key}, revision {book.revision}"
        return Finding("chain", where, f"its last entry to be {book.chain or 'none'}", last or "no entry")
    return None


def unlinked(book: DealBook, entries: Iterable[Entry]) -> Finding | None:
    """The first sign that entries of the book are changed or gone: a link that does not hold, or the entry the book
    knew last not among them. A book older than its entries is none: the ledger is whole then."""
    told = _chained(entries)
    broken = next((linked for _, linked in _links(told) if linked is not None), None)
    if broken is None and book.chain and all(entry.hash != book.chain for entry in told):
        where = f"deal book {book.key}, revision {book.revision}"
        return Finding("chain", where, f"an entry {book.chain}", "none")
    return broken


def _links(told: Sequence[Entry]) -> Iterator[tuple[Entry, Finding | None]]:
    """Every entry of a book, with what is wrong with it by itself or with the entry before it."""
    last = ""
    for entry in told:
        where, seen = _place(entry), f"it follows {entry.previous or 'nothing'}"
        if entry.hash != content_hash(entry):
            yield entry, Finding("chain", where, f"the hash of its content {content_hash(entry)}", entry.hash or "none")
        elif entry.previous != last:
            yield entry, Finding("chain", where, f"to follow {last or 'nothing'}", seen)
        else:
            yield entry, None
        last = entry.hash


def _chained(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda e: (e.revision, e.rep))


def _place(entry: Entry) -> str:
    return f"deal book {entry.book}, revision {entry.revision}, rep {entry.rep}"


# --- a book against entries and facts ---------------------------------------------------------------------------

Part = tuple[str, str, str, str]


def misposted(book: DealBook, entries: Iterable[Entry]) -> Finding | None:
    """The first part of an award the book says it posted otherwise than its entries do."""
    said: dict[Part, tuple[int, int]] = {}
    for entry in entries:
        for leg in entry.legs:
            part = (leg.program, leg.layer, leg.registration, entry.rep)
            waits, counts = said.get(part, (0, 0))
            said[part] = (waits + leg.provisional, counts + leg.confirmed)
    posted = {part: (share.provisional, share.confirmed) for part, share in book.posted.items()}
    return _first_difference("posted", book, {k: v for k, v in said.items() if v != (0, 0)}, posted)


def unconverged(
    book: DealBook, programs: Mapping[str, Sequence[Program]], fences: Mapping[tuple[str, str], Fence | None]
) -> Finding | None:
    """The first part of an award whose facts are worth something else than was posted. Programs no longer active and
    reps without a standing keep what was posted, as `settle` does."""
    worth = {part: (share.provisional, share.confirmed) for part, share in wanted(book, programs, fences).items()}
    posted = {
        part: (share.provisional, share.confirmed)
        for part, share in book.posted.items()
        if part[0] in programs and fences.get((part[0], part[3])) is not None
    }
    return _first_difference("not_converged", book, worth, posted)


def uncopied(book: DealBook, books: Mapping[str, DealBook], months: int) -> Finding | None:
    """The first purchase of another quarter that the book has otherwise than that quarter's book, of those it asks for
    a look-back of so many months; `books` holds them all."""
    for key in books_asked(book.key, months):
        quarter = quarter_in(key)
        says, has = set(books[key].purchases()), set(book.bought_elsewhere.get(quarter, ()))
        for one in sorted(says ^ has, key=lambda p: (p.line, p in has)):
            where = f"deal book {book.key}, what line {one.line} bought in {quarter}"
            told = f"{one.sku} on {one.day}, as of {iso(one.told_at)}"
            return Finding("not_converged", where, *((told, "not that") if one in says else ("not that", told)))
    return None


def _first_difference(
    kind: FindingKind, book: DealBook, expected: Mapping[Part, tuple[int, int]], found: Mapping[Part, tuple[int, int]]
) -> Finding | None:
    for part in sorted(expected.keys() | found.keys()):
        should, does = expected.get(part, (0, 0)), found.get(part, (0, 0))
        if should != does or (part in found) != (part in expected):
            program, layer, registration, rep = part
            where = f"deal book {book.key}, {program}, layer {layer}, registration {registration}, rep {rep}"
            return Finding(kind, where, _points(*should), _points(*does))
    return None


def _points(provisional: int, confirmed: int) -> str:
    return f"{provisional} provisional and {confirmed} confirmed points"


# --- standings --------------------------------------------------------------------------------------------------


def restated(standing: Standing, entries: Iterable[Entry]) -> Standing:
    """The standing as its rep's entries say it must be: sums by layer and bucket, and the counts of deals."""
    layers: dict[str, Sums] = {}
    deals: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        for leg in entry.legs:
            if leg.program != standing.program:
                continue
            layers[leg.layer] = _plus(layers.get(leg.layer, Sums()), leg)
            if is_adjustment(leg.registration):
                continue
            points = deals[entry.book, leg.registration, leg.layer]
            points[0] += leg.provisional
            points[1] += leg.confirmed
    earning = {(book, registration) for (book, registration, _), points in deals.items() if any(points)}
    confirmed = {(book, registration) for (book, registration, _), points in deals.items() if points[1]}
    return replace(standing, layers=layers, deals=len(earning), deals_confirmed=len(confirmed))


def _plus(sums: Sums, leg: Leg) -> Sums:
    confirmed, provisional = f"{leg.bucket}_confirmed", f"{leg.bucket}_provisional"
    return replace(
        sums,
        **{
            confirmed: getattr(sums, confirmed) + leg.confirmed,
            provisional: getattr(sums, provisional) + leg.provisional,
        },
    )


def misstated(program: str, rep: str, standing: Standing | None, entries: Iterable[Entry]) -> Finding | None:
    """The first figure of a rep's standing that is not the sum of her entries."""
    where = f"{program}, rep {rep}"
    if standing is None:
        first = next((e for e in entries if any(leg.program == program for leg in e.legs)), None)
        return Finding("standing", where, f"a standing, for there is {_place(first)}", "none") if first else None
    right = restated(standing, entries)
    for layer in sorted(right.layers.keys() | standing.layers.keys()):
        for name in Sums.__dataclass_fields__:
            said, stands = getattr(right.sums(layer), name), getattr(standing.sums(layer), name)
            if said != stands:
                return Finding("standing", f"{where}, layer {layer}, {name}", str(said), str(stands))
        if layer not in right.layers:
            return Finding("standing", f"{where}, layer {layer}", "no such layer in any entry", "sums of zero")
    for name in ("deals", "deals_confirmed"):
        said, stands = getattr(right, name), getattr(standing, name)
        if said != stands:
            return Finding("standing", f"{where}, {name}", str(said), str(stands))
    return None


# --- match keys and lines ---------------------------------------------------------------------------------------


def astray(book: DealBook, around: Surroundings) -> list[Finding]:
    """The first registration and the first line of the book that its match keys, locators or stored lines do not know
    where it is: at most one of each kind."""
    found = (_unlisted(book, around), _misplaced(book, around))
    return [finding for finding in found if finding is not None]


def _unlisted(book: DealBook, around: Surroundings) -> Finding | None:
    for id in sorted(book.registrations):
        at = around.located.get(id)
        if at != book.key:
            return Finding("match_key", f"locator of registration {id}", f"deal book {book.key}", at or "none")
        for name in book.registrations[id].match_keys():
            listed = around.keys[name].registrations.get(id)
            if listed != book.key:
                where = f"match key {name}, registration {id}"
                return Finding("match_key", where, f"deal book {book.key}", listed or "not listed")
    for id in sorted(book.lines):
        for name in book.lines[id].match_keys():
            trace = around.keys[name].lines.get(id) or around.beside.get(name, {}).get(id)
            if trace is None or trace.registration != book.assigned[id]:
                where = f"match key {name}, line {id}"
                seen = f"registration {trace.registration or 'none'}" if trace else "not listed"
                return Finding("match_key", where, f"registration {book.assigned[id]}", seen)
    return None


def _told_otherwise(id: str, stored: OrderLine, book: DealBook) -> Finding:
    """The first field in which a stored line and its book differ; what a customer is called is nobody's business."""
    name = next(f.name for f in fields(OrderLine) if getattr(stored, f.name) != getattr(book.lines[id], f.name))
    said, stands = ("one", "another") if name == "customer" else (getattr(stored, name), getattr(book.lines[id], name))
    return Finding("line", f"line {id}, {name} in deal book {book.key}", str(said), str(stands))


def _misplaced(book: DealBook, around: Surroundings) -> Finding | None:
    for id in sorted(book.lines):
        place, should = around.lines.get(id), ("matched", book.assigned[id], book.key)
        if place is None:
            return Finding("line", f"line {id}", f"an item, for deal book {book.key} has it", "none")
        if (place.state, place.registration, place.book) != should:
            seen = f"{place.state} {place.registration} {place.book}".strip()
            return Finding("line", f"line {id}", " ".join(should), seen)
        if place.counted != book.lines[id]:
            return _told_otherwise(id, place.counted, book)
    for name in sorted(around.keys):
        for id, trace in sorted(around.keys[name].lines.items()):
            if trace.registration in book.registrations and id not in book.lines:
                where = f"line {id}, which match key {name} gives to registration {trace.registration}"
                return Finding("line", where, f"it in deal book {book.key}", "not there")
    return None
