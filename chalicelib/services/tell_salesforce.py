"""Every five minutes: tell Salesforce what has changed, derived from what is true and what was told last.

Nothing remembers that something must be told. Which deal books may have changed is read off the ledger (every change of
points is an entry, found by rep and time) and off the org itself (records that were saved lately); once an hour every
book with an entry within `REACH` is looked at, which finds what time alone has changed and mends whatever was missed.
A book in whose world nothing has moved since it was last told costs its read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Entry
from chalicelib.domain.moments import deal_moments
from chalicelib.domain.programs import Program
from chalicelib.services.ports import People, Programs, WorkList
from chalicelib.services.ring_bells import Bells, Payouts
from chalicelib.services.told_port import (
    BookReader,
    OrgRefused,
    OrgWriter,
    Target,
    Teller,
    ToldBook,
    ToldStore,
    pairs_of,
)
from chalicelib.services.write_back import WriteBacks

FIELDS, BELLS, DIGEST = "fields", "bells", "digest"
# Longer than the function may run (.chalice/config.json), shorter than its schedule: one run at a time.
LEASE = timedelta(seconds=280)
RECENT = timedelta(hours=2)
# Two quarters and a bit: an order may confirm a deal of the quarter before.
REACH = timedelta(days=200)
# The org's daily calls are used up: it gets some back every hour.
LIMIT_PAUSE = timedelta(minutes=30)
_PAGE = 25


@dataclass(slots=True)
class TellReport:
    """One run. `left` are records that wait for another try, `untold_minutes` how long ago everything was last told (0
    when all is told now), `failures` what the org refused as a whole; not `ran`: another run has the lease."""

    ran: bool = True
    books: int = 0
    written: int = 0
    rung: int = 0
    left: int = 0
    untold_minutes: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Tour:
    """What one run carries from page to page."""

    now: datetime
    targets: Mapping[str, Target]
    bells: Bells
    report: TellReport
    programs: dict[str, tuple[Program, ...]] = field(default_factory=dict)
    recent: dict[str, list[Entry]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TellSalesforce:
    """The use case. `what` of FIELDS, BELLS and DIGEST this stage tells; `objects` are the mapped ones."""

    core: BookReader
    programs: Programs
    people: People
    money: Payouts
    work: WorkList
    store: ToldStore
    org: OrgWriter
    what: Collection[str]
    objects: Collection[str]

    def tell(self, now: datetime) -> TellReport:
        """Tell what is due at `now`. What the org refuses is in the report and is tried again; anything else raises."""
        report = TellReport()
        if not set(self.what) & {FIELDS, BELLS, DIGEST}:
            return replace(report, ran=False)
        teller = self.store.lease(now, now + LEASE)
        if teller is None:
            return replace(report, ran=False)
        if teller.caught_up is None:
            teller = replace(teller, caught_up=now)
        try:
            if teller.not_before is not None and now < teller.not_before:
                report.failures.append("the org's calls are used up")
            else:
                teller = self._told(replace(teller, not_before=None), report, now)
        finally:
            if report.failures or report.left:
                teller = replace(teller, hour="")  # the next run looks at everything
            else:
                teller = replace(teller, caught_up=now)
            self.store.release(teller)
        assert teller.caught_up is not None
        report.untold_minutes = int((now - teller.caught_up).total_seconds()) // 60
        return report

    def _told(self, teller: Teller, report: TellReport, now: datetime) -> Teller:
        hour = now.astimezone(UTC).strftime("%Y-%m-%dT%H")
        hourly = hour != teller.hour
        people = {person.id: person for person in self.people.all()}
        bells = Bells(self.org, self.store, people)
        try:
            tour = _Tour(now, self.org.targets(self.objects), bells, report)
            books = self._touched(people, tour, now - (REACH if hourly else RECENT))
            for start in range(0, len(books), _PAGE):
                self._page(books[start : start + _PAGE], tour)
            tour.programs |= self.programs.active()
            if hourly and BELLS in self.what:
                self._known(tour, (p.program for p in self.money.periods()))
                bells.ring_rewards(self.money, tour.programs, now)
            if DIGEST in self.what:
                teller = replace(teller, digests=bells.ring_digests(teller.digests, tour.programs, now))
        except OrgRefused as refused:
            report.failures.append(str(refused))
            teller = replace(teller, not_before=now + LIMIT_PAUSE if refused.limit else None)
        report.rung = bells.rung
        return replace(teller, hour=hour)

    def _touched(self, reps: Iterable[str], tour: _Tour, since: datetime) -> list[str]:
        """Books that may have something to tell, by key."""
        found = {book for rep in sorted(reps) for book in self.store.books_since(rep, since)}
        for target in (t for t in tour.targets.values() if t.fields):
            ids = self.org.changed_ids(target.object_name, tour.now - RECENT)
            found |= set(self.core.read(located=ids).located.values()) if ids else set()
        return sorted(found)

    def _page(self, keys: Sequence[str], tour: _Tour) -> None:
        snapshot = self.core.read(books=keys, programs=True)
        active = snapshot.programs
        assert active is not None
        told = self.store.told(keys)
        seen = {key: _world(book, active, tour.now) for key, book in snapshot.books.items()}
        books = [b for key, b in snapshot.books.items() if told.get(key, ToldBook(key)).seen != seen[key]]
        if not books:
            return
        tour.report.books += len(books)
        tour.programs |= active
        self._known(tour, (key[0] for book in books for key in book.posted))
        standings = self.core.read(standings=pairs_of(books, active)).standings
        if BELLS in self.what:
            try:
                for book in books:
                    entries = [entry for rep in book.reps for entry in self._recent(rep, tour)]
                    tour.bells.ring(deal_moments(book, entries, tour.programs, standings, tour.now), tour.now)
            except OrgRefused as refused:  # a bell that cannot ring must not keep a record from being right
                if refused.limit:
                    raise
                tour.report.failures.append(str(refused))
                seen = dict.fromkeys(seen, "")
        enrolled = frozenset(pair for pair, standing in standings.items() if standing is not None)
        targets = tour.targets if FIELDS in self.what else {}
        backs = WriteBacks(self.org, self.store, self.work, targets)
        written, left = backs.tell(books, told, tour.programs, enrolled, seen, tour.now)
        tour.report.written += written
        tour.report.left += left

    def _known(self, tour: _Tour, programs: Iterable[str]) -> None:
        """Have the versions of these programs, of retired ones too: what was posted under them is still shown."""
        for program in set(programs) - set(tour.programs):
            tour.programs[program] = self.programs.versions(program)

    def _recent(self, rep: str, tour: _Tour) -> list[Entry]:
        if rep not in tour.recent:
            # A clock that runs ahead of ours posts a moment later than now.
            tour.recent[rep] = self.store.entries(rep, tour.now - RECENT, tour.now + RECENT)
        return tour.recent[rep]


def _world(book: DealBook, active: Mapping[str, Sequence[Program]], now: datetime) -> str:
    """Names everything the truth about a book follows from, but for enrollments: the book, the programs, the day."""
    programs = ",".join(
        f"{id}:{max((v.version for v in versions), default=0)}" for id, versions in sorted(active.items())
    )
    return f"{book.revision}/{now.astimezone(UTC).date()}/{programs}"
