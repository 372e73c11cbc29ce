"""Standings, entries and programs in memory, for the close."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from chalicelib.domain.adjustments import Adjustment
from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.ledger import Entry, Leg
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Fence, Standing, Sums


class FakeRoster:
    """Implements Roster: `earn` posts what a score would, into the bucket the fence names."""

    def __init__(self) -> None:
        self._standings: dict[tuple[str, str], Standing] = {}
        self._entries: dict[str, list[Entry]] = {}
        self.adjusted: list[Adjustment] = []
        self.reads = 0

    def enroll(self, program: str, rep: str, start: date, end: date | None) -> bool:
        old = self._standings.get((program, rep))
        if old is None:
            self._standings[program, rep] = Standing(program, rep, Fence(start, end, "base"))
            return True
        fence = Fence(start, end, old.fence.bucket)
        self._standings[program, rep] = replace(old, fence=fence)
        return fence != old.fence

    def standings(self, program: str) -> Iterable[Standing]:
        return [s for (name, _), s in sorted(self._standings.items()) if name == program]

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        return {p: self._standings[p, rep] for p in programs if (p, rep) in self._standings}

    def freeze(self, program: str, rep: str) -> Standing:
        old = self._standings[program, rep]
        self._standings[program, rep] = replace(old, fence=replace(old.fence, bucket="trailing"))
        return self._standings[program, rep]

    def entries(self, rep: str) -> list[Entry]:
        self.reads += 1
        return list(self._entries.get(rep, ()))

    def adjustments(self, program: str) -> list[Adjustment]:
        return [a for a in self.adjusted if a.program == program]

    def earn(
        self,
        program: str,
        rep: str,
        registration: str,
        confirmed: int,
        posted_at: datetime,
        *,
        provisional: int = 0,
        layer: str = "internal",
        on: date | None = None,
    ) -> None:
        """Post one change of one award; `on` is its qualifying date (default: the day it was posted)."""
        if (program, rep) not in self._standings:
            self.enroll(program, rep, date(2026, 1, 1), None)
        standing = self._standings[program, rep]
        bucket = standing.fence.bucket
        day = on or posted_at.date()
        when = BusinessTime(day, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), registration)
        entries = self._entries.setdefault(rep, [])
        leg = Leg(program, layer, registration, bucket, provisional, confirmed, when)
        entry = Entry(rep, f"{registration}/book", len(entries) + 1, posted_at, "a fact", (leg,))
        entries.append(entry.after(""))
        old = standing.sums(layer)
        change = {f"{bucket}_confirmed": confirmed, f"{bucket}_provisional": provisional}
        new = replace(old, **{name: getattr(old, name) + by for name, by in change.items()})
        self._standings[program, rep] = replace(standing, layers={**standing.layers, layer: new})

    def misstate(self, program: str, rep: str, points: int, layer: str = "internal") -> None:
        """Let the standing say something the ledger does not."""
        standing = self._standings[program, rep]
        self._standings[program, rep] = replace(standing, layers={layer: Sums(base_confirmed=points)})


class FakePrograms:
    """Implements Programs."""

    def __init__(self, *programs: Program) -> None:
        self._programs: dict[str, list[Program]] = {}
        self.retired: set[str] = set()
        for program in programs:
            self.add(program)

    def add(self, program: Program) -> None:
        self._programs.setdefault(program.id, []).append(program)

    def active(self) -> dict[str, tuple[Program, ...]]:
        return {name: tuple(v) for name, v in self._programs.items() if name not in self.retired}

    def versions(self, program: str) -> tuple[Program, ...]:
        return tuple(self._programs.get(program, ()))


class FakeFeeds:
    """Implements FeedLog."""

    def __init__(self) -> None:
        self.reach: dict[str, date] = {}

    def complete_to(self, distributor: str) -> date | None:
        return self.reach.get(distributor)
