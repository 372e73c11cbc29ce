"""Disputes and adjustments over one reseller in memory: facts, the people who decide, and the close that pays."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from chalicelib.domain.adjustments import Adjustment, Proposal
from chalicelib.domain.disputes import Dispute, Filing
from chalicelib.domain.errors import Refused
from chalicelib.domain.payouts import Payout
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.services.adjustments import Adjustments
from chalicelib.services.approve_payouts import ApprovePayouts
from chalicelib.services.audit import LedgerAudit
from chalicelib.services.close_periods import ClosePeriods
from chalicelib.services.disputes import Disputes
from chalicelib.services.pay import Pay
from chalicelib.services.payout_register import PayoutRegister
from local.memory.core_reader import Reseller
from local.memory.disputes import MemoryDisputes
from local.memory.files import FakeFiles
from local.memory.mailbox import FakeMailbox
from local.memory.money import FakeMoney
from local.memory.payout_queue import FakePayoutQueue
from local.memory.reward_provider import FakeProvider
from tests.builders import ANA, BEN, CHI, OCTOBER, a_line, a_program, a_registration
from tests.fakes.inspection import MemoryInspection
from tests.fakes.roster import FakeFeeds, FakePrograms

PROGRAM = "security-push"
FAY, GUS = "0055w00000FAY00AAA", "0055w00000GUS00AAA"
FOODS = "a0D5w00000REG01EAA"
CLOSE = datetime(2027, 1, 1, 8, tzinfo=UTC)  # the window has ended, Chicago time
LAST = datetime(2027, 2, 3, 8, tzinfo=UTC)  # 48 h after the confirm-by date


class Office:
    """Ana has two confirmed deals of 150 points each (foods is one of them), Ben one. Fay and Gus review."""

    def __init__(self, program: Program | None = None) -> None:
        program = program or a_program(auto_approve_minor=10**9)
        self.reseller = Reseller(program)
        self.core, self.money, self.disputed = self.reseller.core, FakeMoney(), MemoryDisputes()
        self.programs, self.provider, self.queue = FakePrograms(program), FakeProvider(), FakePayoutQueue()
        for rep in (ANA, BEN):
            self.reseller.enroll(rep, date(2026, 10, 1))
        self.sells(ANA, 1)
        self.sells(ANA, 2)
        self.sells(BEN, 3)
        self.build(self.core, self.money, self.disputed)

    def build(self, core: Any, money: Any, disputed: Any) -> None:
        """The use cases over these stores."""
        self.adjustments = Adjustments(core, self.programs, money, disputed, lambda tried: None)
        self.disputes = Disputes(disputed, money, self.programs, self.reseller.reader, self.adjustments)
        pay = Pay(money, lambda _: self.provider, self.queue, self.core.work)
        approvals = ApprovePayouts(
            money, self.programs, self.reseller.people, self.core.work, lambda _: self.provider, pay
        )
        register = PayoutRegister(money, self.programs, FakeFiles(), FakeMailbox(), ("finance@harborline.example",))
        self.closing = ClosePeriods(
            money, core, self.programs, self.reseller.people, FakeFeeds(), self.core.work, lambda _: self.provider,
            approvals, register, disputed,
        )  # fmt: skip

    def sells(self, rep: str, number: int, seats: int = 50) -> str:
        """A confirmed deal."""
        id = f"a0D5w00000REG{number:02}EAA"
        self.reseller.told(
            a_registration(id=id, number=f"DR-{number}", owner=rep, credits=(Credit(rep, WHOLE),)), OCTOBER
        )
        self.reseller.ordered(
            a_line(document_no=f"INV-{number}", registration_no=f"DR-{number}", po="", quantity=Decimal(seats)), OCTOBER
        )
        return id

    def files(self, rep: str = ANA, registration: str = FOODS, now: datetime = OCTOBER, **more: str) -> Dispute:
        """A dispute about the deal."""
        plain = {"layer": "", "reason": "wrong_amount", "text": "It should be 200."}
        return self.disputes.file(rep, Filing(registration, PROGRAM, **(plain | more)), now)[0]

    def proposal(self, **changes: Any) -> Proposal:
        plain: dict[str, Any] = {
            "rep": ANA, "program": PROGRAM, "layer": "internal", "registration": FOODS, "points": 50,
            "reason": "promised", "evidence": "mail of 3 November",
        }  # fmt: skip
        return Proposal(**{**plain, **changes})

    def adjusts(self, points: int, now: datetime = OCTOBER, **changes: Any) -> Adjustment:
        """Proposed by Fay, approved by Gus."""
        found = self.adjustments.propose(self.proposal(points=points, **changes), FAY, now)
        return self.adjustments.approve(found.id, GUS, now)

    def close(self, now: datetime = CLOSE) -> None:
        """The schedule comes, and what is released is paid."""
        self.closing.close_periods(now)

    def paid(self) -> dict[tuple[int, str], int]:
        """(run, rep) -> whole dollars planned."""
        return {(p.run, p.rep): p.amount_minor // 100 for p in self.payouts()}

    def payouts(self) -> list[Payout]:
        return self.money.payouts(PROGRAM)

    def confirmed(self, rep: str = ANA) -> int:
        return self.core.held[PROGRAM, rep].sums("internal").confirmed

    def findings(self) -> list[str]:
        """What the ledger audit says."""
        audit = LedgerAudit(MemoryInspection(self.core), self.programs, self.money, self.reseller.people)
        return [str(finding) for finding in audit.run().findings]


class Meanwhile:
    """A port at whose call number `at` somebody else does something, or is refused."""

    def __init__(self, real: Any, at: int, act: Callable[[], object]) -> None:
        self.real, self.at, self.act, self.calls = real, at, act, 0

    def __getattr__(self, name: str) -> Any:
        self.calls += 1
        if self.calls == self.at:
            with contextlib.suppress(Refused):
                self.act()
        return getattr(self.real, name)


NOBODY = CHI
