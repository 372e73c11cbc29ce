"""How disputes and adjustments are shown: to the rep in her words, to reviewers with evidence and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from chalicelib.domain.adjustments import Adjustment, AdjustmentState, Change
from chalicelib.domain.disputes import WAITS_FOR, Dispute, DisputeState, Outcome
from chalicelib.domain.money import Money
from chalicelib.domain.periods import ruling
from chalicelib.domain.programs import Program
from chalicelib.services.adjustments import Adjustments
from chalicelib.services.disputes import Disputes
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.ports import Programs


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of a dispute; `by` is "rep" or "reviewer"."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What was decided; `reason` is a code of docs/api/README.md."""

    outcome: Outcome
    reason: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposedView:
    """What an upheld dispute adds, and whether it is posted."""

    points: int
    worth: Money
    state: AdjustmentState


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute as the rep sees it. `deal` is the registration's number, `due_on` the day by which `waits_for` should
    have happened (None: nothing is waited for)."""

    id: str
    registration: str
    deal: str
    program: str
    program_name: str
    layer: str | None
    state: DisputeState
    reason: str
    text: str
    filed_at: datetime
    due_on: date | None
    waits_for: str
    messages: tuple[MessageView, ...]
    decision: DecisionView | None
    adjustment: ProposedView | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The deal under the disputed program, facts, order lines, awards and proof tree: as the rep saw it when she filed,
    and as it is now (None when it is hers no more)."""

    at_filing: Mapping[str, Any]
    now: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class DisputeCase(DisputeView):
    """A dispute as reviewers see it. `evidence` and `steps` (who did what when) come with a single one only."""

    rep: str
    overdue: bool
    evidence: Evidence | None = None
    steps: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """An adjustment in full, for those who decide on it and those who audit it."""

    id: str
    rep: str
    program: str
    program_name: str
    layer: str
    registration: str
    points: int
    worth: Money
    reason: str
    evidence: str
    dispute: str
    state: AdjustmentState
    author: str
    proposed_at: datetime
    approver: str
    decided_at: datetime | None
    counts_on: date | None
    text: str
    steps: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class DisputeDesk:
    """Disputes and adjustments as they are asked for and answered."""

    disputes: Disputes
    adjustments: Adjustments
    programs: Programs
    money: MoneyStore

    def mine(self, rep: str) -> dict[str, object]:
        """The rep's own disputes, newest first."""
        found = self.disputes.of(self._known(), rep)
        return {"disputes": [self.shown(d) for d in reversed(found)]}

    def listed(self, state: str, now: datetime) -> dict[str, object]:
        """Disputes in a state (all when ""), oldest first, and how many of them are overdue."""
        cases = [self._case(d, now) for d in self.disputes.of(self._known(), state=state)]
        return {"as_of": now, "overdue": sum(case.overdue for case in cases), "disputes": cases}

    def one(self, id: str, now: datetime) -> DisputeCase:
        """One dispute with its evidence and steps. Raises: NotFound."""
        dispute = self.disputes.find(id)
        fresh = self.disputes.evidence(dispute.rep, dispute.registration, dispute.program, now)
        return replace(self._case(dispute, now), evidence=Evidence(dispute.evidence, fresh), steps=dispute.steps)

    def shown(self, dispute: Dispute) -> DisputeView:
        """A dispute as its rep sees it."""
        program = self._program(dispute.program)
        made = dispute.decision
        return DisputeView(
            dispute.id, dispute.registration, dispute.deal, dispute.program, program.name, dispute.layer or None,
            dispute.state, dispute.reason, dispute.text, dispute.filed_at, dispute.due_on(), WAITS_FOR[dispute.state],
            tuple(MessageView(m.at, m.by, m.text) for m in dispute.messages),
            None if made is None else DecisionView(made.outcome, made.reason, made.text, made.at),
            self._proposed(dispute, program),
        )  # fmt: skip

    def adjustments_in(self, state: str) -> dict[str, object]:
        """Adjustments in a state (all when ""), oldest first."""
        found = self.adjustments.all(self._known(), state)
        return {"adjustments": [self.adjustment(a) for a in found]}

    def adjustment(self, found: Adjustment) -> AdjustmentView:
        """One adjustment in full."""
        program = self._program(found.program)
        return AdjustmentView(
            found.id, found.rep, found.program, program.name, found.layer, found.registration, found.points,
            worth_of(found, program), found.reason, found.evidence, found.dispute, found.state, found.author,
            found.proposed_at, found.approver, found.decided_at, found.counts_on, found.text, found.steps,
        )  # fmt: skip

    def _case(self, dispute: Dispute, now: datetime) -> DisputeCase:
        view = self.shown(dispute)
        told = {name: getattr(view, name) for name in DisputeView.__dataclass_fields__}
        return DisputeCase(**told, rep=dispute.rep, overdue=dispute.overdue(now))

    def _proposed(self, dispute: Dispute, program: Program) -> ProposedView | None:
        if not dispute.adjustment:
            return None
        found = self.adjustments.find(dispute.adjustment)
        return ProposedView(found.points, worth_of(found, program), found.state)

    def _program(self, id: str) -> Program:
        versions = self.programs.versions(id)
        assert versions, f"{id} has disputes or adjustments and no version"
        return ruling(versions)

    def _known(self) -> list[str]:
        """Programs that may have any: the active ones and those with a period."""
        return sorted(self.programs.active().keys() | {p.program for p in self.money.periods()})


def worth_of(adjustment: Adjustment, program: Program) -> Money:
    """What its points pay."""
    point = program.layer(adjustment.layer).point
    return Money(adjustment.points * point.minor, point.currency)
