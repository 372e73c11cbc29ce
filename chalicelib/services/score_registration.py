"""A registration was told to us: commit the fact and everything it changes.

The register is last-writer-wins by SystemModstamp: a duplicate or an older version costs one read and changes
nothing (domain.md 15). A new version costs one read and one transaction: the deal book, its locator and match keys
when they change, one ledger entry per rep, each touched standing. Lines that waited under its keys are matched
right after; a crash in between is mended by the next delivery, because a duplicate looks for unsettled lines too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.matching import MatchKey
from chalicelib.domain.registrations import Registration
from chalicelib.services.converge import Pause, merged, settled, until_committed
from chalicelib.services.core_port import CoreStore, Lost, Snapshot, StoredLine

Told = Literal["changed", "duplicate", "stale", "disputed", "unknown"]
"""changed: new facts were committed. duplicate/stale: nothing new. disputed: the same version with other content;
the telling with less trouble and more fields stands. unknown: a deletion of a record we never saw."""


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

        def attempt() -> tuple[Told, list[str]]:
            nonlocal tries
            tries += 1
            return self._attempt(registration, now, trust_books=tries == 1)

        told, unsettled = until_committed(attempt, self.pause, f"registration {registration.number or registration.id}")
        if unsettled:
            self.match_again(unsettled, now)
        return told

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
        if known.status == "deleted":
            return "duplicate"
        return self.score_registration(replace(known, status="deleted"), now)

    def _attempt(self, new: Registration, now: datetime, *, trust_books: bool) -> tuple[Told, list[str]]:
        seen = self._gather(new)
        home = seen.located.get(new.id, new.book())
        books = dict(seen.books)
        if home not in books:
            books |= self.store.read(books=[home]).books
        old = books[home].registrations.get(new.id)
        if old is not None:
            told = newer(old, new)
            if told == "duplicate":  # the first delivery may have died before it matched what waited
                return told, self._unsettled([seen.keys[k] for k in new.match_keys() if k in seen.keys], old)
            if told != "changed":
                return told, []
        assert seen.programs is not None
        moved = home != new.book() and old is not None
        keys = self._keys(old, new, seen)
        if moved:
            lines = self._lines_of(books[home], new.id)
            source = books[home].without_registration(new.id)
            target = books[new.book()].with_registration(new)
            for stored in lines:
                target = target.with_line(stored.counted(), new.id)
            touched = [source, target]
        else:
            lines, touched = [], [books[new.book()].with_registration(new)]
        settlements = settled(
            self.store, touched, seen.programs, seen.standings,
            trust_books=trust_books, because=f"registration {new.number or new.id} {new.status}", now=now,
        )  # fmt: skip
        change = merged(settlements)
        self.store.commit(
            replace(
                change,
                located={} if old is not None and not moved else {new.id: new.book()},
                keys=keys,
                lines=[replace(s, revision=s.revision + 1, book=new.book()) for s in lines],
            )
        )
        written = {k.key: k for k in keys}
        return "changed", self._unsettled([*keys, *(seen.keys[k] for k in new.match_keys() if k not in written)], new)

    def _gather(self, new: Registration) -> Snapshot:
        """Everything in one read; more only when the registry lists programs this process has not met yet."""
        pairs = {(program, rep) for program in self.store.known_programs() for rep in new.seen_by()}
        keys = new.match_keys()
        return self.store.read(books=[new.book()], located=[new.id], keys=keys, standings=pairs, programs=True)

    def _keys(self, old: Registration | None, new: Registration, seen: Snapshot) -> list[MatchKey]:
        """The match keys that change: the registration leaves those it no longer has and joins the new ones."""
        left = set(old.match_keys()) - set(new.match_keys()) if old else set()
        found = {**seen.keys, **(self.store.read(keys=left).keys if left else {})}
        changed = []
        for key in sorted({*left, *new.match_keys()}):
            item = found[key]
            registrations = {k: v for k, v in item.registrations.items() if k != new.id}
            if key not in left:
                registrations[new.id] = new.book()
            if registrations != item.registrations:
                changed.append(replace(item, revision=item.revision + 1, registrations=registrations))
        return changed

    def _unsettled(self, keys: Collection[MatchKey], registration: Registration) -> list[str]:
        """Lines under these keys that are not assigned to this registration but may be its own now, and lines
        under keys it has left."""
        found = set()
        for key in keys:
            traces = {**key.lines, **(self.store.overflowing(key.key) if key.overflow else {})}
            stayed = registration.id in key.registrations
            found |= {i for i, t in traces.items() if not stayed or t.registration != registration.id}
        return sorted(found)

    def _lines_of(self, book: DealBook, registration: str) -> list[StoredLine]:
        ids = [i for i, r in book.assigned.items() if r == registration]
        stored = self.store.read(lines=ids).lines if ids else {}
        if set(stored) != set(ids) or any(s.book != book.key for s in stored.values()):
            raise Lost(f"lines of registration {registration} are moving")
        return [stored[i] for i in ids]


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
    filled = sum(getattr(registration, f.name) not in ("", None, 0, ()) for f in fields(registration))
    return (-len(registration.trouble), filled, repr(registration))
