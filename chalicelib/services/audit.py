"""The ledger audit: rebuild every standing, deal book and payout from facts and entries, and name what differs.

Reps are found through standings and people, books through entries, the other reps of a book through the book: no table
is scanned. Memory holds one rep's entries and the books still waiting for another rep of theirs, never the ledger. The
walk reads a living store, so a difference is believed only when it is there again between two equal reads of the same
book, standing or run. A deal nobody is credited with or owns has no entry, and is not found; nor is one whose
entries a restore left out, unless every book is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from chalicelib.domain.audit import Finding, Inspected, in_order, misstated, restated, unlinked
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.ledger import Entry
from chalicelib.domain.payout_audit import audit_payouts, rep_ledger
from chalicelib.domain.payouts import payout_key
from chalicelib.domain.periods import Period, frozen_terms
from chalicelib.domain.standings import Standing
from chalicelib.services.audit_walk import READS, Books, Enough, Found, LedgerSource
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.ports import People, Programs


@dataclass(frozen=True, slots=True)
class Report:
    """What the audit found, in a fixed order, and how much it looked at: without the second the first says nothing.
    `complete` is False when it stopped at the `MOST` findings a person can use."""

    findings: tuple[Finding, ...]
    checked: dict[str, int]
    complete: bool


@dataclass(frozen=True, slots=True)
class Restated:
    """One standing that is not the sum of its entries: `before` and `after`, whether it was set, and if not why."""

    before: Standing
    after: Standing
    done: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class LedgerAudit:
    """The use case."""

    core: LedgerSource
    programs: Programs
    money: MoneyStore
    people: People

    def run(self, *, done_since: datetime | None = None, restored: bool = False) -> Report:
        """Everything against everything. Changes nothing. `done_since` leaves out the payouts of periods that were
        done before; `restored` also scans the table for books and reps that nothing leads to, and looks up every
        payout by its key: a restore cuts through transactions."""
        found = Found()
        try:
            self._ledger(found, restored=restored)
            for period in self.money.periods():
                if period.done_at is None or done_since is None or period.done_at >= done_since:
                    found.count(periods=1)
                    found.add(self._payouts(period, found))
                    found.add(self._keyless(period) if restored else ())
        except Enough:
            return Report(in_order(found.findings), dict(found.checked), complete=False)
        return Report(in_order(found.findings), dict(found.checked), complete=True)

    def repair_standings(self, by: str, now: datetime, *, apply: bool = False) -> list[Restated]:
        """Every standing that is not the sum of its entries; with `apply` set to it, each under the figures seen.

        For use after a restore, by a person (`by`). A standing is left alone when her ledger is not whole itself: what
        an entry that is gone said must not become nobody's. Entries are never touched.
        """
        repairs = []
        names = self._names()
        for rep in sorted(self._reps(Found(), names)):
            for program in names:
                wrong = self._difference(rep, program)
                if wrong is None:
                    continue
                before, entries = wrong
                why_not = self._not_whole(rep, entries) or ("" if apply else "dry run")
                after = restated(before, entries.good)
                done = not why_not and self.core.restate(before, after, by, now)
                repairs.append(Restated(before, after, done, why_not or ("" if done else "it moved: run it again")))
        return repairs

    # --- books and standings --------------------------------------------------------------------------------------

    def _names(self) -> list[str]:
        return sorted(self.programs.active().keys() | {period.program for period in self.money.periods()})

    def _reps(self, found: Found, names: Sequence[str]) -> set[str]:
        reps = {person.id for person in self.people.all()}
        for name in names:
            seen = self.core.standings(name)
            found.unreadable(seen.bad)
            found.count(programs=1, standings=len(seen.good))
            reps |= {standing.rep for standing in seen.good}
        return reps

    def _ledger(self, found: Found, *, restored: bool) -> None:
        names = self._names()
        books = Books(self.core, self.programs, found)
        every, unknown = self.core.scanned() if restored else ((), ())
        todo, seen = sorted({*self._reps(found, names), *unknown}, reverse=True), set[str]()
        while todo:
            rep = todo.pop()
            if rep in seen:
                continue
            seen.add(rep)
            entries = self.core.entries(rep)
            found.unreadable(entries.bad)
            legs = [leg for entry in entries.good for leg in entry.legs]
            found.count(reps=1, entries=len(entries.good), legs=len(legs))
            self._standings(rep, sorted({*names, *(leg.program for leg in legs)}), entries.good, found)
            # The other reps of her books come next, so that a shared book waits as briefly as can be.
            todo += books.hand_in(rep, entries.good)
        books.finish(every)

    def _standings(self, rep: str, programs: Sequence[str], entries: Sequence[Entry], found: Found) -> None:
        seen, bad = self.core.look(standings=[(program, rep) for program in programs])
        found.unreadable(bad)
        for program in programs:
            if misstated(program, rep, seen.standings[program, rep], entries):
                found.add(self._misstated(program, rep))

    def _misstated(self, program: str, rep: str) -> Iterable[Finding]:
        """Believed when the standing is the same before and after its entries were read."""
        pair = (program, rep)
        for _ in range(READS):
            before = self.core.look(standings=[pair])[0].standings[pair]
            finding = misstated(program, rep, before, self.core.entries(rep).good)
            if finding is None:
                return []
            if self.core.look(standings=[pair])[0].standings[pair] == before:
                return [finding]
        return []

    def _difference(self, rep: str, program: str) -> tuple[Standing, Inspected[Entry]] | None:
        pair = (program, rep)
        for _ in range(READS):
            before = self.core.look(standings=[pair])[0].standings[pair]
            entries = self.core.entries(rep)
            if before is None or before == restated(before, entries.good):
                return None
            if self.core.look(standings=[pair])[0].standings[pair] == before:
                return before, entries
        return None

    def _not_whole(self, rep: str, entries: Inspected[Entry]) -> str:
        """Why the rep's ledger cannot be the measure: "" when it can."""
        if entries.bad:
            return f"{entries.bad[0].finding()}"
        for key in sorted({entry.book for entry in entries.good}):
            seen, bad = self.core.look(books=[key])
            if bad:
                return f"{bad[0].finding()}"
            book = seen.books[key]
            reps = {rep, *book.reps}
            of_book = [e for other in reps for e in self.core.entries(other).good if e.book == key]
            if finding := unlinked(book, of_book):
                return f"{finding}"
        return ""

    # --- payouts --------------------------------------------------------------------------------------------------

    def _payouts(self, period: Period, found: Found) -> list[Finding]:
        """Believed when the runs are the same before and after everything else was read."""
        versions = self.programs.versions(period.program)
        if all(version.version != period.version for version in versions):
            where = f"{period.program}, version {period.version}"
            return [Finding("payout_run", where, "the version the period was frozen with", "none in the ops table")]
        program = frozen_terms(versions, period)
        findings: list[Finding] = []
        for attempt in range(READS):
            runs, payouts = self.money.runs(period.program), self.money.payouts(period.program)
            reps = [standing.rep for standing in self.core.standings(period.program).good]
            ledgers = [rep_ledger(program.id, rep, self.core.entries(rep).good) for rep in reps]
            if not attempt:
                found.count(runs=len(runs), payouts=len(payouts))
            findings = audit_payouts(program, period, runs, payouts, ledgers)
            if not findings or self.money.runs(period.program) == runs:
                return findings
        return findings

    def _keyless(self, period: Period) -> Iterable[Finding]:
        """Payouts their key does not lead to, and keys without a payout: nobody could be paid under one."""
        program, stored = period.program, {payout.key for payout in self.money.payouts(period.program)}
        reps = {standing.rep for standing in self.core.standings(program).good}
        for rep, run in product(sorted(reps), range(len(self.money.runs(program)) + 1)):
            key = payout_key(program, period.id, rep, run)
            try:
                found = self.money.payout(key) is not None
            except BrokenPromise:
                found = True
            if found != (key in stored):
                expected, seen = ("no such key", "the key alone") if found else (f"the key {key}", "none")
                yield Finding("payout", f"{program}, run {run}, rep {rep}, payout {key}", expected, seen)
