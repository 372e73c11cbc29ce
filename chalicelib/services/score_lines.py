"""Order lines were told to us: match them, commit them, score the deal books they touch.

A chunk costs one read for its lines and match keys, then one read and one transaction per deal book touched. A line
without a partner waits under its keys, in the same transaction that a registration arriving in that moment would
lose against, so the pair cannot miss each other (domain.md 10). The same telling again changes nothing.

Nothing here remembers what is still to do: which lines must be decided again because of this one is read off the
match keys it has and those it once had, so a process that died half way is completed by the next delivery. The same
goes for the account's other deal books, where a program looks back through its orders (`account_history`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.matching import (
    BY_ORDER,
    GONE,
    INLINE_LINES,
    Ambiguous,
    LineTrace,
    Match,
    MatchKey,
    decide,
    possible_duplicates,
)
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import look_back
from chalicelib.domain.tellings import Fate, newest
from chalicelib.services.account_history import with_history
from chalicelib.services.converge import Pause, merged, settled, until_committed
from chalicelib.services.core_port import Change, CoreStore, LineState, Lost, StoredLine
from chalicelib.services.line_questions import changed_questions
from chalicelib.services.rescore import Rescorer

_MOST_ACTIONS = 100  # DynamoDB's limit for one transaction


@dataclass(frozen=True, slots=True)
class _Plan:
    """One line's decision: what is stored, what will be."""

    before: StoredLine | None
    after: StoredLine
    gone: tuple[str, ...] = ()  # match keys the corrected line has left just now

    @property
    def books(self) -> frozenset[str]:
        return frozenset(filter(None, (self.before.book if self.before else "", self.after.book)))


@dataclass(frozen=True, slots=True)
class LineScorer:
    """The use case with what it needs."""

    store: CoreStore
    pause: Pause

    def score(self, lines: Sequence[OrderLine], now: datetime) -> dict[str, Fate]:
        """Commit and score a chunk; line id -> what became of it. Two tellings of one line in the chunk count as if
        they had come one after the other. Raises: BrokenPromise after too many lost commits; whatever the store
        raises."""
        told: dict[str, OrderLine] = {}
        for line in lines:
            told[line.id] = newest(told.get(line.id), line)[1]
        return self._run(told, now)

    def match_again(self, ids: Sequence[str], now: datetime) -> None:
        """Decide stored lines again, because registrations under their keys or the aliases have changed."""
        for start in range(0, len(ids), 25):
            stored = self.store.read(lines=ids[start : start + 25]).lines
            self._run({i: s.line for i, s in stored.items()}, now)

    def _run(self, told: Mapping[str, OrderLine], now: datetime) -> dict[str, Fate]:
        fates: dict[str, Fate] = {}
        later: set[str] = set()
        look = _ToLook()
        tries = 0

        def attempt() -> bool:
            """Is anything left to do, because a deal book has more people than one transaction holds?"""
            nonlocal tries
            tries += 1
            rest = {i: line for i, line in told.items() if i not in fates}
            if rest:
                _Chunk(self.store, rest, now, trust_books=tries == 1, fates=fates, later=later, look=look).run()
            return len(fates) < len(told)

        while until_committed(attempt, self.pause, f"a chunk of {len(told)} order lines"):
            pass
        look.spread(self.store, self.pause, now)
        if again := sorted(later - set(told)):
            self.match_again(again, now)
        return fates


@dataclass(slots=True)
class _ToLook:
    """Deal books that these lines changed, or that an earlier delivery of them may have, where a program looks back
    `months`: those their keys lead to, and those of `registrations` whose lines may be duplicates of them."""

    months: int = 0
    books: set[str] = field(default_factory=set)
    registrations: set[str] = field(default_factory=set)

    def note(self, plan: _Plan, keys: Mapping[str, MatchKey]) -> None:
        """What one line may have changed: a line that was moved left a book of a key it has or once had."""
        self.books |= plan.books
        for name in (*plan.after.line.match_keys(), *plan.after.left):
            self.books.update(keys[name].registrations.values())

    def spread(self, store: CoreStore, pause: Pause, now: datetime) -> None:
        """Let the account's other books see what was bought."""
        if self.months:
            located = store.read(located=self.registrations).located if self.registrations else {}
            Rescorer(store, pause).spread({*self.books, *located.values()}, self.months, now)


@dataclass(slots=True)
class _Chunk:
    """One attempt at a chunk. Fills `fates` as it commits, so that a retry goes on where it was lost, `later` with the
    ids of lines to decide again: possible duplicates of what was told, and lines that no longer are, and `look` with
    the books that others may have to see."""

    store: CoreStore
    told: Mapping[str, OrderLine]
    now: datetime
    trust_books: bool
    fates: dict[str, Fate]
    later: set[str]
    look: _ToLook
    stored: Mapping[str, StoredLine] = field(default_factory=dict)
    keys: dict[str, MatchKey] = field(default_factory=dict)
    traces: dict[str, dict[str, LineTrace]] = field(default_factory=dict)  # by purchase order and product
    programs: Mapping[str, tuple[Program, ...]] = field(default_factory=dict)

    def run(self) -> None:
        """Decide and commit every line."""
        stands = self._gather()
        for id, (_, line) in stands.items():
            self._trace(self.stored.get(id), line)
        twins = {name: possible_duplicates(traces) for name, traces in self.traces.items()}
        plans: list[tuple[_Plan, Fate]] = []
        for id, (new, line) in sorted(stands.items()):
            plan = self._plan(self.stored.get(id), line, twins)
            if self.look.months:
                self.look.note(plan, self.keys)
            fate = _counted_before(plan.before, self.told[id]) or new
            if _same(plan):
                self.fates[id] = fate or _fate(plan)
            else:
                plans.append((_remembering(plan, self.told[id], fate), fate or _fate(plan)))
        for name, traces in self.traces.items():
            self.later |= {i for i, t in traces.items() if i not in self.told and t.twin != twins[name].get(i, "")}
        if self.look.months:
            self.look.registrations |= {t.registration for x in self.traces.values() for t in x.values()} - {""}
        for group in _grouped(plans):
            self._commit(group)

    def _gather(self) -> dict[str, tuple[Fate | None, OrderLine]]:
        """Read what is stored, and say of each line which telling stands, under the catalogue's part number."""
        guess = self.store.known_aliases()
        keys = {k for line in self.told.values() for k in guess.canonical(line).match_keys()}
        seen = self.store.read(lines=list(self.told), keys=keys, programs=True)
        assert seen.programs is not None
        self.programs, self.stored, self.keys = seen.programs, seen.lines, dict(seen.keys)
        self.look.months = look_back(seen.programs.values())
        stands = {}
        for id, told in self.told.items():
            before = seen.lines.get(id)
            known = seen.aliases.canonical(before.line) if before else None
            stands[id] = newest(known, seen.aliases.canonical(told))
        wanted = {k for _, line in stands.values() for k in line.match_keys()}
        wanted |= {k for s in seen.lines.values() for k in (*s.line.match_keys(), *s.left)}
        if missing := wanted - set(self.keys):
            self.keys |= self.store.read(keys=missing).keys
        for name, key in self.keys.items():
            if name.startswith(BY_ORDER):
                beside = self.store.overflowing(name) if key.overflow else {}
                self.traces[name] = {**beside, **key.lines}
        return stands

    def _trace(self, before: StoredLine | None, line: OrderLine) -> None:
        """Note a line's trace before any line is decided: two of one chunk must see each other."""
        for key in before.line.match_keys() if before else ():
            self.traces.get(key, {}).pop(line.id, None)
        for key in line.match_keys():
            if key in self.traces:
                self.traces[key][line.id] = LineTrace("", line.business_key(), line.precedence())

    def _plan(self, before: StoredLine | None, line: OrderLine, twins: Mapping[str, Mapping[str, str]]) -> _Plan:
        keys = line.match_keys()
        verdict = decide(keys, {k: self.keys[k].registrations for k in keys})
        state: LineState = "waiting"
        registration = book = ""
        if isinstance(verdict, Match):
            state, registration = "matched", verdict.registration
            book = self.keys[verdict.key].registrations[registration]
        elif isinstance(verdict, Ambiguous):
            state = "ambiguous"
        twin = next((twins[k][line.id] for k in keys if line.id in twins.get(k, {})), "")
        had = before.line.match_keys() if before else ()
        once = {*(before.left if before else ()), *had}
        left = tuple(sorted(once - set(keys)))
        revision = (before.revision if before else 0) + 1
        retold = before.retold if before else ""
        after = StoredLine(line, revision, state, registration, book, twin, left, retold=retold)
        return _Plan(before, after, tuple(k for k in had if k not in keys))

    def _commit(self, group: list[tuple[_Plan, Fate]]) -> None:
        """One read and one transaction for plans that touch the same books; split when it would be too large."""
        names = sorted({name for plan, _ in group for name in plan.books})
        books = dict(self.store.read(books=names).books) if names else {}
        for plan, _ in group:
            _apply(plan, books)
        if self.look.months:
            books = with_history(self.store, books, self.programs)
        change, unfinished = Change(), False
        if books:
            because = "order lines " + ", ".join(sorted(p.after.line.source or p.after.line.id for p, _ in group)[:3])
            settlements = settled(
                self.store, list(books.values()), self.programs, {},
                trust_books=self.trust_books, because=because, now=self.now,
            )  # fmt: skip
            change, unfinished = merged(settlements), any(s.book.unfinished for s in settlements)
        keys, traces = self._touched_keys([plan for plan, _ in group])
        work = [entry for plan, _ in group for entry in changed_questions(plan.before, plan.after, self.now)]
        lines = [replace(plan.after, unsettled=unfinished) for plan, _ in group]
        change = replace(change, keys=keys, traces=traces, lines=lines, work=work)
        if change.actions() > _MOST_ACTIONS and len(group) > 1:
            half = len(group) // 2
            self._commit(group[:half])
            self._commit(group[half:])
            return
        self.store.commit(change)
        self.keys |= {k.key: k for k in keys}
        if not unfinished:
            self.fates.update({plan.after.line.id: fate for plan, fate in group})

    def _touched_keys(self, plans: Sequence[_Plan]) -> tuple[list[MatchKey], dict[tuple[str, str], LineTrace]]:
        """The match keys these plans change, each once, and traces that no longer fit inline."""
        changed: dict[str, MatchKey] = {}
        traces: dict[tuple[str, str], LineTrace] = {}
        for plan in plans:
            line, after = plan.after.line, plan.after
            trace = LineTrace(after.registration, line.business_key(), line.precedence(), after.twin)
            for name in (*line.match_keys(), *plan.gone):
                key = changed.get(name, self.keys[name])
                lines = dict(key.lines)
                if name in plan.gone:
                    if lines.pop(line.id, None) is None or key.overflow:
                        traces[name, line.id] = GONE
                elif line.id in lines or len(lines) < INLINE_LINES:
                    lines[line.id] = trace
                else:
                    traces[name, line.id] = trace
                if lines != key.lines or (name, line.id) in traces:
                    overflow = key.overflow or (name, line.id) in traces
                    changed[name] = replace(key, lines=lines, overflow=overflow, revision=self.keys[name].revision + 1)
        return list(changed.values()), traces


def _same(plan: _Plan) -> bool:
    return plan.before == replace(plan.after, revision=plan.after.revision - 1)


def _counted_before(before: StoredLine | None, told: OrderLine) -> Fate | None:
    """The fate of a telling that was committed by a process which died before it could count it."""
    fate, _, telling = (before.retold if before else "").partition(" ")
    return fate if fate and telling == told.fingerprint() else None  # type: ignore[return-value]


def _remembering(plan: _Plan, told: OrderLine, fate: Fate | None) -> _Plan:
    """What a delivery of the same telling again could no longer find out. Deciding a line again tells nothing."""
    if not fate and plan.before and plan.before.line == told:
        return plan
    return replace(plan, after=replace(plan.after, retold=f"{fate} {told.fingerprint()}" if fate else ""))


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
