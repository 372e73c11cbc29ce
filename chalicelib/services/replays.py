"""What if? A program's draft or version over everything that has happened, as a job with progress.

The job goes through the people, a page a message: each page reads the deal books of 25 people and writes what they
would have earned as a part beside the report; the last one folds the parts. A page may be delivered twice and worked by
two at once: both write the same part, and only one moves the job on. A book that several people share is counted with
the first of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

import msgspec

from chalicelib.domain.calendar import iso, local_day
from chalicelib.domain.documents import Fields
from chalicelib.domain.errors import Conflict, InvalidDocument, NotFound, Problem
from chalicelib.domain.ledger import balances
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout
from chalicelib.domain.program_documents import parse, program_id
from chalicelib.domain.programs import Program
from chalicelib.domain.replays import Gathered, Lane, moved
from chalicelib.reports.what_if import WhatIf, lanes_of, what_if
from chalicelib.services.account_history import with_history
from chalicelib.services.core_port import CoreStore
from chalicelib.services.ports import (
    Files,
    People,
    ProgramStore,
    ReplayJob,
    ReplayJobs,
    ReplayLane,
    ReplayQueue,
    Roster,
)

PAGE = 25  # people of one page: some thousand deals of a busy team, well within the function's minute
BOOKS = 25  # books of one read: 100 KB each at worst


class Paid(Protocol):
    """What the money store tells of a closed period."""

    def payouts(self, program: str) -> list[Payout]:
        """Every payout of the program."""


@dataclass(frozen=True, slots=True)
class PaidAndReplayed:
    """What a rep was paid by the runs of the period, and what the replay comes to."""

    rep: str
    paid: Money
    replayed: Money


@dataclass(frozen=True, slots=True)
class ReplayView:
    """A job as its asker sees it. `done` of `of` people are gone through; `report` is there when it is done.
    `reproduced` says of a period that was paid, replayed as it ran, whether every paid amount came out again (None: it
    is not such a one); `differences` names those that did not."""

    id: str
    program: str
    state: str
    done: int
    of: int
    by: str
    at: datetime
    report: WhatIf | None
    reproduced: bool | None
    differences: tuple[PaidAndReplayed, ...]


@dataclass(frozen=True, slots=True)
class Replays:
    """The use case with what it needs."""

    jobs: ReplayJobs
    queue: ReplayQueue
    store: ProgramStore
    core: CoreStore
    roster: Roster
    people: People
    files: Files

    def ask(self, id: str, document: Mapping[str, object], by: str, now: datetime) -> ReplayView:
        """Start a replay of a program. The document may name a `version` (left out: the draft, or what runs when there
        is none), another program or version to compare with (`against`) and the first day (`from`) of the time to
        replay it over; left out, its own window, or if that is still to come the time up to yesterday.

        Raises: NotFound; InvalidDocument with everything wrong with the question.
        """
        asked, against, start = _read(document)
        lanes = [self._lane(program_id(id), asked)]
        if against is not None:
            other, version = against
            lanes.append(self._lane(program_id(other or id), version))
        if start is None:
            start = _moved_back(self._versions(lanes[0])[-1], now)
        seed = msgspec.json.encode([lanes, start, by, iso(now)])
        job = ReplayJob(
            "R" + hashlib.sha256(seed).hexdigest()[:20], id, tuple(lanes), start, "queued", 0, 0, by, now
        )  # fmt: skip
        try:
            self.jobs.put(job)
        except Conflict:  # asked before, and the answer was lost: perhaps before the first page was sent
            job = self.jobs.get(job.id) or job
        if job.state != "done":
            self.queue.send(job.id, job.page)
        return _view(job, None, None)

    def page(self, id: str, number: int) -> ReplayJob:
        """Work one page and ask for the next; the job after it. A page that was worked before is not worked again.
        Raises: NotFound; what the stores raise, and the page is delivered again."""
        job = self.jobs.get(id)
        if job is None:
            raise NotFound(f"There is no replay {id}.")
        if job.state == "done" or job.page > number:
            if job.state != "done":
                self.queue.send(id, job.page)
            return job
        reps = self._reps(id, first=number == 0)
        mine = reps[number * PAGE : (number + 1) * PAGE]
        self.files.put(_part(id, number), msgspec.json.encode(self._gathered(job, mine, reps)), "application/json")
        last = (number + 1) * PAGE >= len(reps)
        if last:
            report = what_if(self._lanes(job), self._together(id, number + 1))
            self.files.put(_report(id), msgspec.json.encode(report), "application/json")
        done = min((number + 1) * PAGE, len(reps))
        state = "done" if last else "running"
        after = replace(job, state=state, done=done, of=len(reps), page=number + 1, rev=job.rev + 1)
        try:
            self.jobs.put(after)
        except Conflict:
            return self.jobs.get(id) or after  # the same page, delivered twice: the other one goes on
        if not last:
            self.queue.send(id, number + 1)
        return after

    def show(self, id: str, money: Paid) -> ReplayView:
        """The job, and its report when it is done. Raises: NotFound."""
        job = self.jobs.get(id)
        if job is None:
            raise NotFound(f"There is no replay {id}.")
        if job.state != "done":
            return _view(job, None, None)
        report = msgspec.json.decode(self.files.get(_report(id)), type=WhatIf)
        paid = None
        if job.lanes[0].version and job.start is None and not job.lanes[0].document:
            paid = money.payouts(job.program) or None
        return _view(job, report, paid)

    # --- lanes --------------------------------------------------------------------------------------------------

    def _lane(self, program: str, version: int | None) -> ReplayLane:
        draft, published = self.store.draft(program), self.store.published(program)
        if draft is None and not published:
            raise NotFound(f"There is no program {program}.")
        if version is None and draft is not None and draft.activated_as is None:
            return ReplayLane(program, 0, draft.document)
        newest = published[-1].program.version if published else 0
        wanted = version or newest
        if not 0 < wanted <= newest:
            remedy = f"Write a version from 1 to {newest}." if newest else "Leave it out: there is only a draft."
            raise InvalidDocument("the question", [Problem("version", "is none of this program", remedy, str(version))])
        return ReplayLane(program, wanted, None)

    def _versions(self, lane: ReplayLane) -> tuple[Program, ...]:
        """A draft rules its whole window; of an activated program every version up to this one, each from its day."""
        if lane.document is not None:
            return (parse(lane.document, id=lane.program, version=0, effective_from=None, author=""),)
        found = self.store.published(lane.program)
        return tuple(p.program for p in found if p.program.version <= lane.version)

    def _lanes(self, job: ReplayJob) -> list[Lane]:
        found = []
        for position, spec in enumerate(job.lanes):
            versions = self._versions(spec)
            # Every lane has its own name, so that two of one program do not meet.
            name = f"{spec.program}#{position}"
            if job.start is not None:
                found.append(Lane(name, (moved(versions[-1], job.start),)))
                continue
            fences = {s.rep: s.fence for s in self.roster.standings(spec.program)} if spec.version else None
            found.append(Lane(name, versions, fences))
        return found

    # --- pages --------------------------------------------------------------------------------------------------

    def _reps(self, id: str, *, first: bool) -> list[str]:
        """The people of the job, fixed with its first page: whoever joins meanwhile moves nothing."""
        if first:
            reps = sorted(person.id for person in self.people.all())
            self.files.put(_people(id), msgspec.json.encode(reps), "application/json")
            return reps
        return msgspec.json.decode(self.files.get(_people(id)), type=list[str])

    def _gathered(self, job: ReplayJob, mine: Sequence[str], reps: Sequence[str]) -> Gathered:
        lanes, found, known = self._lanes(job), Gathered(), set(reps)
        gathering = lanes_of(lanes)
        asked = {lane.name: lane.versions for lane in gathering}
        closed = lanes[0].fences is not None and any(f.bucket == "trailing" for f in lanes[0].fences.values())
        for rep in mine:
            entries = self.roster.entries(rep)
            if closed:
                found.fix(rep, balances(entries, job.program))
            names = sorted({entry.book for entry in entries})
            for start in range(0, len(names), BOOKS):
                books = self.core.read(books=names[start : start + BOOKS]).books
                for book in with_history(self.core, books, asked).values():
                    if rep == next(iter(sorted(known & set(book.reps))), rep):
                        found.take(book, gathering)
        return found

    def _together(self, id: str, parts: int) -> Gathered:
        found = Gathered()
        for number in range(parts):
            found.join(msgspec.json.decode(self.files.get(_part(id, number)), type=Gathered))
        return found


def _read(document: Mapping[str, object]) -> tuple[int | None, tuple[str, int | None] | None, date | None]:
    problems: list[Problem] = []
    fields = Fields(document, "", problems)
    version = fields.integer("version", 1, 10_000) if fields.has("version") else None
    against = None
    if fields.has("against"):
        other = fields.child("against")
        beside = other.integer("version", 1, 10_000) if other.has("version") else None
        against = (other.text("program", required=False, longest=40), beside)
        other.end()
    start = fields.day("from") if fields.has("from") else None
    fields.end()
    if problems:
        raise InvalidDocument("the question", problems)
    return version, against, start


def _moved_back(program: Program, now: datetime) -> date | None:
    """Where the replayed time must begin when the program's own is still to come; None when it has begun."""
    today = local_day(now, program.window.zone)
    return None if program.window.start <= today else today - timedelta(days=program.window.days())


def _view(job: ReplayJob, report: WhatIf | None, paid: Iterable[Payout] | None) -> ReplayView:
    differences: tuple[PaidAndReplayed, ...] = ()
    if report is not None and paid is not None:
        currency = report.asked.cost.currency
        given: dict[str, int] = {}
        for payout in paid:
            minor = sum(line.amount_minor for line in payout.lines if line.kind != "carry")
            given[payout.rep] = given.get(payout.rep, 0) + minor
        costs = {r.rep: r.cost.minor for r in report.asked.reps}
        differences = tuple(
            PaidAndReplayed(rep, Money(given.get(rep, 0), currency), Money(costs.get(rep, 0), currency))
            for rep in sorted(given.keys() | costs.keys())
            if given.get(rep, 0) != costs.get(rep, 0)
        )
    reproduced = None if report is None or paid is None else not differences
    return ReplayView(
        job.id, job.program, job.state, job.done, job.of, job.by, job.at, report, reproduced, differences
    )  # fmt: skip


def _part(id: str, number: int) -> str:
    return f"reports/replays/{id}/part-{number:05}.json"


def _people(id: str) -> str:
    return f"reports/replays/{id}/people.json"


def _report(id: str) -> str:
    return f"reports/replays/{id}/report.json"
