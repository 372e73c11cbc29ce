"""Order lines were told to us: match them, commit them, score the deal books they touch.

A chunk costs one read for its lines and match keys, then one read and one transaction per deal book touched. A line
without a partner waits under its keys, in the same transaction that a registration arriving in that moment would
lose against, so the pair cannot miss each other (domain.md 10). The same telling again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.errors import NotFound
from chalicelib.domain.matching import INLINE_LINES, Ambiguous, LineTrace, Match, MatchKey, decide, held_back
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.services.converge import Pause, merged, settled, until_committed
from chalicelib.services.core_port import Change, CoreStore, LineState, Lost, Snapshot, StoredLine
from chalicelib.services.ports import WorkList

Fate = Literal["scored", "pending", "unmatched", "duplicate", "superseded"]
"""What became of a told line (domain.md 41): scored (matched, whatever it is worth), pending (held for a person or
ambiguous), unmatched (waits under its keys), duplicate (told before), superseded (a newer telling is known)."""

_MOST_ACTIONS = 100  # DynamoDB's limit for one transaction


@dataclass(frozen=True, slots=True)
class _Plan:
    """One line's decision: what is stored, what will be."""

    before: StoredLine | None
    after: StoredLine
    left: tuple[str, ...] = ()  # match keys the corrected line no longer has

    @property
    def books(self) -> frozenset[str]:
        return frozenset(filter(None, (self.before.book if self.before else "", self.after.book)))


@dataclass(frozen=True, slots=True)
class LineScorer:
    """The use case with what it needs."""

    store: CoreStore
    pause: Pause
    work: WorkList

    def score(self, lines: Sequence[OrderLine], now: datetime) -> dict[str, Fate]:
        """Commit and score a chunk; line id -> what became of it. Two tellings of one line in the chunk count as if
        they had come one after the other. Raises: BrokenPromise after too many lost commits; whatever the store
        raises."""
        told: dict[str, OrderLine] = {}
        for line in lines:
            told[line.id] = newest(told.get(line.id), line)[1]
        return self._run(told, now)

    def match_again(self, ids: Sequence[str], now: datetime) -> None:
        """Decide stored lines again, because registrations under their keys have changed."""
        for start in range(0, len(ids), 25):
            stored = self.store.read(lines=ids[start : start + 25]).lines
            self._run({i: s.line for i, s in stored.items()}, now)

    def _run(self, told: Mapping[str, OrderLine], now: datetime) -> dict[str, Fate]:
        fates: dict[str, Fate] = {}
        asked: list[_Asked] = []
        later: set[str] = set()
        tries = 0

        def attempt() -> None:
            nonlocal tries
            tries += 1
            rest = {i: line for i, line in told.items() if i not in fates}
            if rest:
                later.update(_Chunk(self.store, rest, now, trust_books=tries == 1, fates=fates, asked=asked).run())

        until_committed(attempt, self.pause, f"a chunk of {len(told)} order lines")
        self._list(asked, now)
        if again := sorted(later - set(told)):
            self.match_again(again, now)
        return fates

    def _list(self, asked: Sequence[_Asked], now: datetime) -> None:
        """Keep the work lists: what a person must look at is put, what settled itself is closed."""
        for was, after in asked:
            kind, id = question(after), after.line.id
            if was and was != kind:
                with suppress(NotFound):  # a person was faster
                    self.work.resolve(was, id, "kicker", f"settled: now {after.state}", now)
            if kind:
                self.work.put(kind, id, _described(after), now)


# What was asked about a line before ("" nothing), and the line as it is stored now.
_Asked = tuple[str, StoredLine]


@dataclass(slots=True)
class _Chunk:
    """One attempt at a chunk. Fills `fates` as it commits, so that a retry goes on where it was lost."""

    store: CoreStore
    told: Mapping[str, OrderLine]
    now: datetime
    trust_books: bool
    fates: dict[str, Fate]
    asked: list[_Asked]
    keys: dict[str, MatchKey] = field(default_factory=dict)
    traces: dict[str, dict[str, LineTrace]] = field(default_factory=dict)
    programs: Mapping[str, tuple[Program, ...]] = field(default_factory=dict)

    def run(self) -> set[str]:
        """Decide and commit every line. Returns line ids to decide again: later twins of what was told."""
        seen = self._gather()
        stands: dict[str, tuple[Fate | None, OrderLine]] = {}
        for id, told in self.told.items():
            before = seen.lines.get(id)
            stands[id] = newest(before.line if before else None, told)
            self._trace(before, stands[id][1])
        plans: list[tuple[_Plan, Fate]] = []
        twins: set[str] = set()
        for id, (fate, line) in sorted(stands.items()):
            before = seen.lines.get(id)
            plan = self._plan(before, line)
            twins |= self._twins_after(plan)
            if before is not None and _same(before, plan):
                self.fates[id] = fate or _fate(plan)
                if before.line == self.told[id] and question(before):
                    self.asked.append(("", before))  # delivered again: the first time may have died before this
            else:
                plans.append((plan, fate or _fate(plan)))
        for group in _grouped(plans):
            self._commit(group)
        return twins

    def _gather(self) -> Snapshot:
        keys = {k for line in self.told.values() for k in line.match_keys()}
        seen = self.store.read(lines=list(self.told), keys=keys, programs=True)
        self.keys = dict(seen.keys)
        left = {k for s in seen.lines.values() for k in s.line.match_keys()} - set(self.keys)
        if left:
            self.keys |= self.store.read(keys=left).keys
        self.traces = {name: dict(key.lines) for name, key in self.keys.items()}
        assert seen.programs is not None
        self.programs = seen.programs
        return seen

    def _trace(self, before: StoredLine | None, line: OrderLine) -> None:
        """Note a line's trace before any line is decided: two of one chunk must see each other."""
        for key in before.line.match_keys() if before else ():
            self.traces[key].pop(line.id, None)
        for key in line.match_keys():
            self.traces[key][line.id] = _trace(line, "")

    def _plan(self, before: StoredLine | None, line: OrderLine) -> _Plan:
        keys = line.match_keys()
        verdict = decide(keys, {k: self.keys[k].registrations for k in keys})
        state: LineState = "waiting"
        registration = book = ""
        if isinstance(verdict, Match):
            state, registration = "matched", verdict.registration
            book = self.keys[verdict.key].registrations[registration]
        elif isinstance(verdict, Ambiguous):
            state = "ambiguous"
        twin = next((t for k in keys if (t := held_back(line.id, _trace(line, ""), self.traces[k]))), None)
        revision = (before.revision if before else 0) + 1
        after = StoredLine(line, revision, state, registration, book, twin or "")
        left = tuple(k for k in (before.line.match_keys() if before else ()) if k not in keys)
        return _Plan(before, after, left)

    def _twins_after(self, plan: _Plan) -> set[str]:
        """Lines to decide again: those of another distributor with this line's business key that come after it, now
        to be held, and those it held back before it was corrected, now perhaps free."""
        line, mine = plan.after.line, _trace(plan.after.line, "")
        was = _trace(plan.before.line, "") if plan.before else mine
        others = {i: t for k in (*line.match_keys(), *plan.left) for i, t in self.traces[k].items() if i != line.id}
        return {
            id
            for id, trace in others.items()
            if held_back(id, trace, {line.id: mine}) or (was != mine and held_back(id, trace, {line.id: was}))
        }

    def _commit(self, group: list[tuple[_Plan, Fate]]) -> None:
        """One read and one transaction for plans that touch the same books; split when it would be too large."""
        names = sorted({name for plan, _ in group for name in plan.books})
        books = dict(self.store.read(books=names).books) if names else {}
        for plan, _ in group:
            _apply(plan, books)
        change = Change()
        if books:
            because = "order lines " + ", ".join(sorted(p.after.line.source or p.after.line.id for p, _ in group)[:3])
            change = merged(
                settled(
                    self.store, list(books.values()), self.programs, {},
                    trust_books=self.trust_books, because=because, now=self.now,
                )
            )  # fmt: skip
        keys, traces = self._touched_keys([plan for plan, _ in group])
        change = replace(change, keys=keys, traces=traces, lines=[plan.after for plan, _ in group])
        if change.actions() > _MOST_ACTIONS and len(group) > 1:
            half = len(group) // 2
            self._commit(group[:half])
            self._commit(group[half:])
            return
        self.store.commit(change)
        self.keys |= {k.key: k for k in keys}
        self.fates.update({plan.after.line.id: fate for plan, fate in group})
        self.asked += [(question(p.before) if p.before else "", p.after) for p, _ in group if _asks(p)]

    def _touched_keys(self, plans: Sequence[_Plan]) -> tuple[list[MatchKey], dict[tuple[str, str], LineTrace]]:
        """The match keys these plans change, each once, and traces that no longer fit inline."""
        changed: dict[str, MatchKey] = {}
        traces: dict[tuple[str, str], LineTrace] = {}
        for plan in plans:
            line = plan.after.line
            trace = _trace(line, plan.after.registration)
            for name in (*line.match_keys(), *plan.left):
                key = changed.get(name, self.keys[name])
                lines = dict(key.lines)
                if name in plan.left:
                    lines.pop(line.id, None)
                elif line.id in lines or len(lines) < INLINE_LINES:
                    lines[line.id] = trace
                else:
                    traces[name, line.id] = trace
                if lines != key.lines or (name, line.id) in traces:
                    overflow = key.overflow or (name, line.id) in traces
                    changed[name] = replace(key, lines=lines, overflow=overflow, revision=self.keys[name].revision + 1)
        return list(changed.values()), traces


def newest(known: OrderLine | None, line: OrderLine) -> tuple[Fate | None, OrderLine]:
    """Which telling of a line stands, whatever order they arrived in, and the fate of the one just told when it is
    not simply the new state of the line.

    The later revision wins. Two tellings of one revision that differ in money or quantity are held for a person;
    the larger content stands meanwhile (domain.md 39).
    """
    if known is None or known == line:
        return None, line
    same = known.content() == line.content()
    if line.revision.key() > known.revision.key():
        return ("duplicate" if same else None), line
    if line.revision.key() < known.revision.key():
        return ("duplicate" if same else "superseded"), known
    if same:
        stands = max(known, line, key=_tells_more)
        return "duplicate", replace(stands, held=known.held or line.held)
    stands = max(known, line, key=lambda told: told.content())
    return "pending", replace(stands, held=f"told two ways in files of the same date: {stands.source} and another")


def question(stored: StoredLine) -> str:
    """The work list a stored line belongs on: "orphan" (no registration yet, domain.md 11), "ambiguous_match",
    "held_line", or "" when nobody needs to look."""
    if stored.state == "waiting":
        return "orphan"
    if stored.state == "ambiguous":
        return "ambiguous_match"
    return "held_line" if stored.counted().held else ""


def _asks(plan: _Plan) -> bool:
    """Is there something to put on or take off a work list?"""
    was = question(plan.before) if plan.before else ""
    return was != question(plan.after)


def _described(stored: StoredLine) -> dict[str, object]:
    """What a person needs to decide about a line, and what to do."""
    line = stored.line
    remedy = {
        "orphan": "Register the deal in Salesforce with one of these identifiers, or add the missing one there.",
        "ambiguous_match": "Several registrations share its identifier. Give the right one its number or PO.",
        "held_line": stored.counted().held,
    }[question(stored)]
    return {
        "line": line.id, "distributor": line.distributor, "document": line.document_no, "sku": line.sku,
        "customer": line.customer, "quantity": f"{line.quantity.normalize():f}", "amount": str(line.amount),
        "dated": line.dated().isoformat(), "keys": list(line.match_keys()), "source": line.source, "remedy": remedy,
    }  # fmt: skip


def _tells_more(line: OrderLine) -> tuple[object, ...]:
    """Among tellings of the same content the latest is kept, then the one with more identifiers: never the first."""
    return (line.revision.key(), len(line.match_keys()), line.match_keys(), line.customer)


def _trace(line: OrderLine, registration: str) -> LineTrace:
    return LineTrace(registration, line.business_key(), line.precedence())


def _same(before: StoredLine, plan: _Plan) -> bool:
    return not plan.left and before == replace(plan.after, revision=before.revision)


def _fate(plan: _Plan) -> Fate:
    if plan.after.counted().held or plan.after.state == "ambiguous":
        return "pending"
    return "scored" if plan.after.state == "matched" else "unmatched"


def _apply(plan: _Plan, books: dict[str, DealBook]) -> None:
    """Move the line to where it belongs now. Raises: Lost when its registration is not in the book its key names."""
    before, after = plan.before, plan.after
    if before and before.book and before.book != after.book:
        books[before.book] = books[before.book].without_line(after.line.id)
    if after.book:
        if after.registration not in books[after.book].registrations:
            raise Lost(f"registration {after.registration} is moving between books")
        books[after.book] = books[after.book].with_line(plan.after.counted(), after.registration)


def _grouped(plans: list[tuple[_Plan, Fate]]) -> list[list[tuple[_Plan, Fate]]]:
    """Plans that share a deal book together, those without a book together."""
    groups: list[tuple[set[str], list[tuple[_Plan, Fate]]]] = []
    for item in plans:
        books = set(item[0].books)
        joined = [g for g in groups if g[0] & books or not (g[0] or books)]
        merged_books = books.union(*(g[0] for g in joined))
        merged_plans = [p for g in joined for p in g[1]] + [item]
        groups = [g for g in groups if g not in joined] + [(merged_books, merged_plans)]
    return [plans for _, plans in groups]
