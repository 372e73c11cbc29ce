"""A registration was told to us: commit the fact and everything it changes.

The register is last-writer-wins by SystemModstamp: a duplicate or an older version costs one read and changes
nothing (domain.md 15). A new version costs one read and one transaction: the deal book, its locator and match keys
when they change, one ledger entry per rep, each touched standing. Lines that waited under its keys are matched
right after; a crash in between is mended by the next delivery, because a duplicate looks for unsettled lines too.
Where a program looks back through the account's orders, its other quarters' books are read before and after, and
after a duplicate too (`account_history`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal

from chalicelib.domain.dealbook import ROOM, DealBook
from chalicelib.domain.matching import LineTrace, MatchKey
from chalicelib.domain.purchases import look_back
from chalicelib.domain.registrations import Registration
from chalicelib.services.account_history import with_history
from chalicelib.services.converge import Pause, merged, settled, until_committed
from chalicelib.services.core_port import CoreStore, Lost, Snapshot, StoredLine
from chalicelib.services.rescore import Rescorer

# Lines that change book together with their registration; what else an account's move writes fits beside them.
MOST_MOVED = 30

Told = Literal["changed", "restamped", "duplicate", "stale", "disputed", "unknown"]
"""changed: new facts were committed. restamped: the same facts under a newer version, as our own write-back leaves
them: committed, and no news. duplicate/stale: nothing new. disputed: the same version with other content;
the telling with less trouble and more fields stands. unknown: a deletion of a record we never saw."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an attempt found out: what became of the telling, lines to decide again, books to settle further, and books
    the account's others have to see where a program looks back `months`. An older telling leaves nothing to see: the
    newer one saw to all of it."""

    told: Told
    lines: Collection[str] = ()
    unfinished: Sequence[str] = ()
    look: Collection[str] = ()
    months: int = 0


@dataclass(frozen=True, slots=True)
class RegistrationScorer:
    """The use case with what it needs. `match_again(line_ids, now)` re-decides lines, see `score_lines`."""

    store: CoreStore
    match_again: Callable[[list[str], datetime], None]
    pause: Pause

    def score_registration(self, registration: Registration, now: datetime) -> Told:
        """Commit one version of a registration and score its deal book. `now` is when it was posted, for people.

        Raises: BrokenPromise after too many lost commits; whatever the store raises.
        """
        tries = 0

        def attempt() -> _Outcome:
            nonlocal tries
            tries += 1
            return self._attempt(registration, now, trust_books=tries == 1)

        what = f"registration {registration.number or registration.id}"
        found = until_committed(attempt, self.pause, what)
        rescorer = Rescorer(self.store, self.pause)
        if found.unfinished:
            rescorer.rescore(found.unfinished, what, now)
        if found.months:
            rescorer.spread(found.look, found.months, now)
        if found.lines:
            self.match_again(sorted(found.lines), now)
        return found.told

    def registration_deleted(self, record_id: str, now: datetime) -> Told:
        """A record is gone in Salesforce: it stays visible as deleted and earns nothing. Its version does not move,
        so a later undelete with a newer SystemModstamp brings it back."""

        def find() -> Registration | None:
            book_key = self.store.read(located=[record_id]).located.get(record_id)
            if book_key is None:
                return None
            found = self.store.read(books=[book_key]).books[book_key].registrations.get(record_id)
            if found is None:
                raise Lost(f"registration {record_id} is moving between books")
            return found

        known = until_committed(find, self.pause, f"registration {record_id}")
        if known is None:
            return "unknown"
        return self.score_registration(replace(known, status="deleted"), now)

    def _attempt(self, new: Registration, now: datetime, *, trust_books: bool) -> _Outcome:
        seen = self._gather(new)
        home = seen.located.get(new.id, new.book())
        books = dict(seen.books)
        if home not in books:
            books |= self.store.read(books=[home]).books
        old = books[home].registrations.get(new.id)
        told: Told = newer(old, new) if old is not None else "changed"
        if told in ("stale", "disputed"):
            return _Outcome(told)
        assert seen.programs is not None
        months = look_back(seen.programs.values())
        once = {*books[home].left.get(new.id, ()), *(old.match_keys() if old else ())}
        left = tuple(sorted(once - set(new.match_keys())))
        found = {**seen.keys, **(self.store.read(keys=left).keys if left else {})}
        look = {home, new.book(), *books[home].behind} if months else set()
        if told == "duplicate":  # the first delivery may have died before it matched what waited
            again = [*books[home].behind, *([home] if books[home].unfinished else [])]
            return _Outcome(told, self._again(found.values(), new.id, books[home], months), again, look, months)
        moved = home != new.book() and old is not None
        keys = _changed_keys(old, new, found)
        moving = self._lines_of(books[home], new.id) if moved else []
        target = books[new.book()].with_registration(new, left)
        for stored in moving:
            target = target.with_line(stored.counted(), new.id)
        touched = {target.key: target}
        if moved:
            touched[home] = books[home].without_registration(new.id)
        if months:  # a new deal is not posted as net-new and corrected a moment later
            touched = with_history(self.store, touched, seen.programs)
        settlements = settled(
            self.store, touched.values(), seen.programs, seen.standings,
            trust_books=trust_books, because=f"registration {new.number or new.id} {new.status}", now=now,
            room=ROOM - len(moving),
        )  # fmt: skip
        unfinished = [s.book.key for s in settlements if s.book.unfinished]
        change = merged(settlements)
        if moved and (months or home in unfinished):  # who tells this again finds it by its new book only
            behind = (home, *(books[home].behind if months else ()))
            change = replace(change, books=[_behind(b, behind) if b.key == target.key else b for b in change.books])
        self.store.commit(
            replace(
                change,
                located={} if old is not None and not moved else {new.id: new.book()},
                keys=keys,
                lines=[replace(s, revision=s.revision + 1, book=new.book()) for s in moving],
            )
        )
        found |= {k.key: k for k in keys}
        lines = {i for i, r in books[home].assigned.items() if r == new.id and i not in target.assigned}
        lines |= self._again(found.values(), new.id, target, months)
        if old is not None and replace(old, version=new.version) == new:
            told = "restamped"
        return _Outcome(told, lines, unfinished, look, months)

    def _gather(self, new: Registration) -> Snapshot:
        """Everything in one read; more only when the registry lists programs this process has not met yet."""
        pairs = {(program, rep) for program in self.store.known_programs() for rep in new.seen_by()}
        keys = new.match_keys()
        return self.store.read(books=[new.book()], located=[new.id], keys=keys, standings=pairs, programs=True)

    def _again(self, keys: Iterable[MatchKey], id: str, book: DealBook, months: int) -> set[str]:
        """Lines to decide again: under the registration's keys those that are not in its book as its own, under keys
        it has left those that wait or are still assigned to it. All of them where a program looks back."""
        if months:  # a process that died after it moved one of them may have left the account's other books unseen
            return {line for key in keys for line in self._traces(key)}
        found = set()
        for key in keys:
            for line, trace in self._traces(key).items():
                mine = trace.registration == id
                if id in key.registrations:
                    if not mine or book.assigned.get(line) != id:
                        found.add(line)
                elif mine or not trace.registration:
                    found.add(line)
        return found

    def _traces(self, key: MatchKey) -> Mapping[str, LineTrace]:
        beside = self.store.overflowing(key.key) if key.overflow else {}
        return {**beside, **key.lines}

    def _lines_of(self, book: DealBook, registration: str) -> list[StoredLine]:
        """The lines that move with it; none when they are too many for one transaction: they follow one by one, for a
        line that is not in the book of its registration is decided again."""
        ids = [i for i, r in book.assigned.items() if r == registration]
        if not 0 < len(ids) <= MOST_MOVED:
            return []
        stored = self.store.read(lines=ids).lines
        if set(stored) != set(ids) or any(s.book != book.key for s in stored.values()):
            raise Lost(f"lines of registration {registration} are moving")
        return [stored[i] for i in ids]


def _behind(book: DealBook, sources: Iterable[str]) -> DealBook:
    return replace(book, behind=tuple(sorted({*book.behind, *sources} - {book.key})))


def _changed_keys(old: Registration | None, new: Registration, found: Mapping[str, MatchKey]) -> list[MatchKey]:
    """The match keys that change: the registration leaves those it no longer has and joins the new ones."""
    gone = set(old.match_keys()) - set(new.match_keys()) if old else set()
    changed = []
    for key in sorted({*gone, *new.match_keys()}):
        item = found[key]
        registrations = {k: v for k, v in item.registrations.items() if k != new.id}
        if key not in gone:
            registrations[new.id] = new.book()
        if registrations != item.registrations:
            changed.append(replace(item, revision=item.revision + 1, registrations=registrations))
    return changed


def newer(old: Registration, new: Registration) -> Told:
    """Whether a telling replaces what is known, without asking which arrived first.

    The newer SystemModstamp wins; at the same one a deletion wins (Salesforce sends it without a version), then the
    telling with less trouble and more fields (the message's user may see less of a record than the sweep's), so that
    every order of arrival ends with the same one.
    """
    if new == old:
        return "duplicate"
    if new.version != old.version:
        return "changed" if new.version > old.version else "stale"
    if old.status == "deleted" and new.status != "deleted":
        return "duplicate"
    if new.status == "deleted" != old.status:
        return "changed"
    return "changed" if _tells_more(new) > _tells_more(old) else "disputed"


def _tells_more(registration: Registration) -> tuple[int, int, str]:
    told = (getattr(registration, f.name) for f in fields(registration))
    filled = sum(value is False or value not in ("", None, 0, ()) for value in told)  # "no" is something told
    return (-len(registration.trouble), filled, repr(registration))
