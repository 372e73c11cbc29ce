"""What people still have to decide in a program, read once before its next run is planned.

Read before the plan: whatever is decided after this moment keeps the period open for another run (see `last_run`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.adjustments import Adjustment
from chalicelib.domain.disputes import Dispute
from chalicelib.domain.payouts import Held, Run
from chalicelib.services.adjustments import close_dispute
from chalicelib.services.dispute_port import DisputeStore
from chalicelib.services.ports import Roster


@dataclass(frozen=True, slots=True)
class Awaited:
    """The program's disputes, and adjustments if anything may depend on one."""

    disputes: tuple[Dispute, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()

    def undecided(self) -> bool:
        """May something of this program still have to be paid that no run knows of?"""
        proposed = any(a.state == "proposed" for a in self.adjustments)
        return proposed or any(d.holds for d in self.disputes)

    def held(self) -> tuple[Held, ...]:
        """The awards a run that is planned now leaves out."""
        return tuple(Held(d.rep, d.registration, d.layer, d.id) for d in self.disputes if d.holds)

    def released(self, runs: Iterable[Run]) -> dict[tuple[str, str], datetime]:
        """When each award that a run left out was decided on, by rep and registration: the last decision counts."""
        left_out = {held.dispute for run in runs for held in run.held}
        found: dict[tuple[str, str], datetime] = {}
        for dispute in self.disputes:
            if dispute.id in left_out and dispute.ended_at is not None:
                award = (dispute.rep, dispute.registration)
                found[award] = max(dispute.ended_at, found.get(award, dispute.ended_at))
        return found


NOTHING = Awaited()


def awaited(disputes: DisputeStore, roster: Roster, program: str, now: datetime, *, last: bool) -> Awaited:
    """Read it; `last`: the coming run may be the last one. A dispute whose adjustment was decided by a process that
    died right after is closed here."""
    found = disputes.disputes(program)
    waiting = [d for d in found if d.state == "upheld"]
    adjustments = roster.adjustments(program) if last or waiting else []
    decided = {a.id: a for a in adjustments if a.state != "proposed"}
    for dispute in waiting:
        if dispute.adjustment in decided:
            close_dispute(disputes, decided[dispute.adjustment], now)
    return Awaited(tuple(found), tuple(adjustments))
