"""What a rep's home page asks: everything about every program, in at most two reads.

One BatchGet brings the active programs, her standings, the leaderboard snapshots and how far each source was read.
Where snapshots are old, the standings behind all of them are read in one more. A program without a snapshot, or of more
people than a snapshot names, costs a reading of everybody's standings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.domain.board import Board
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Balance
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing
from chalicelib.feeds.taken import FeedState
from chalicelib.services.boards import Boards
from chalicelib.services.budget_views import Paid, nothing_paid
from chalicelib.services.core_port import HomeFacts
from chalicelib.services.feed_views import FreshSources
from chalicelib.services.rep_views import Source, StandingsView, ruling_version, standings_of


class HomeReader(Protocol):
    """What a home page reads."""

    def home_facts(self, rep: str, objects: Sequence[str]) -> HomeFacts:
        """Programs, the rep's standings, snapshots, and the sources of these swept objects and of the programs' feeds:
        one call once the programs are known."""


def home(
    rep: str, reader: HomeReader, boards: Boards, objects: Sequence[str], now: datetime, paid: Paid = nothing_paid
) -> StandingsView:
    """Every program the rep is enrolled in, as `rep_views.standings_of` tells it. `objects` are the swept registration
    objects."""
    facts = reader.home_facts(rep, objects)
    mine = {id: ruling_version(facts.programs[id], now) for id in facts.standings if id in facts.programs}
    read = _Read(facts, boards.boards(mine, facts.boards, rep, now), boards, objects)
    return standings_of(rep, read, read, read, now, paid)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read, as the views ask for it; a rep's awards are read when a budget makes them matter."""

    facts: HomeFacts
    fresh: Mapping[str, Board]
    behind: Boards
    objects: Sequence[str]

    def active(self) -> dict[str, tuple[Program, ...]]:
        return dict(self.facts.programs)

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:  # noqa: ARG002 - hers were read
        return {id: self.facts.standings[id] for id in programs if id in self.facts.standings}

    def books_of(self, rep: str) -> list[DealBook]:
        return self.behind.books_of(rep)

    def board(self, program: Program, now: datetime) -> Board:  # noqa: ARG002 - all are of this moment
        return self.fresh[program.id]

    def awards_of(self, rep: str, program: str) -> list[Balance]:
        return self.behind.awards_of(rep, program)

    def sources(self, feeds: Collection[str]) -> list[Source]:
        return FreshSources(self, self, self.objects).sources(feeds)

    def last_report(self, object_name: str) -> dict[str, object] | None:
        return self.facts.sweeps.get(object_name)

    def state(self, distributor: str) -> FeedState | None:
        return self.facts.feeds.get(distributor)
