"""A whole house of money in memory: every use case of the close over one set of fakes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.payouts import Payout, PayoutState
from chalicelib.domain.programs import Program
from chalicelib.services.approve_payouts import ApprovePayouts
from chalicelib.services.close_periods import ClosePeriods
from chalicelib.services.confirm_payouts import ConfirmPayouts
from chalicelib.services.pay import Pay
from chalicelib.services.payout_list import payout_list
from chalicelib.services.payout_register import PayoutRegister
from chalicelib.services.ports import Person
from chalicelib.services.reconcile_rewards import ReconcileRewards
from local.memory.disputes import MemoryDisputes
from tests.builders import ANA, BEN, CHI, a_program
from tests.fakes.files import FakeFiles
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.money import FakeMoney
from tests.fakes.payout_queue import FakePayoutQueue
from tests.fakes.people import MemoryPeople
from tests.fakes.reward_provider import FakeProvider
from tests.fakes.roster import FakeFeeds, FakePrograms, FakeRoster
from tests.fakes.work import MemoryWork

PROGRAM = "security-push"
END = datetime(2027, 1, 1, 6, tzinfo=UTC)  # 31 December ends in Chicago
CLOSE = END + timedelta(minutes=15)
FINANCE = "0055w00000FIN00AAA"


class Crash(Exception):
    """The worker died here."""


class Frail:
    """A port whose `at`-th call, counted over all ports that share `calls`, dies before or after its effect."""

    def __init__(self, real: Any, calls: list[str], at: int, after: bool) -> None:
        self.__dict__.update(real=real, calls=calls, at=at, after=after)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self.at and not self.after:
                raise Crash(name)
            result = found(*args, **kwargs)
            if len(self.calls) == self.at and self.after:
                raise Crash(name)
            return result

        return call


class House:
    """The fakes, and the use cases over them. `frail(at, after)` gives the same house with ports that die once."""

    def __init__(self, *programs: Program) -> None:
        self.money = FakeMoney()
        self.roster = FakeRoster()
        self.programs = FakePrograms(*(programs or (a_program(auto_approve_minor=10**9),)))
        self.people = MemoryPeople()
        self.people.put([Person(i, n, f"{n}@harborline.example", True, "US") for i, n in NAMES.items()])
        self.feeds, self.work, self.queue = FakeFeeds(), MemoryWork(), FakePayoutQueue()
        self.disputes = MemoryDisputes()
        self.provider, self.files, self.mailbox = FakeProvider(), FakeFiles(), FakeMailbox()
        self.build(lambda port: port)

    def build(self, wrap: Any, provider_name: str = "tremendous") -> None:
        money, queue, work, roster = (wrap(p) for p in (self.money, self.queue, self.work, self.roster))
        provider, people, files, mailbox = (wrap(p) for p in (self.provider, self.people, self.files, self.mailbox))

        def providers(name: str) -> Any:
            assert name == provider_name, "another provider was asked"
            return provider

        self.pay = Pay(money, providers, queue, work)
        self.approvals = ApprovePayouts(money, self.programs, people, work, providers, self.pay)
        self.register = PayoutRegister(money, self.programs, files, mailbox, ("finance@harborline.example",))
        self.closing = ClosePeriods(
            money, roster, self.programs, people, self.feeds, work, providers, self.approvals, self.register,
            wrap(self.disputes),
        )  # fmt: skip
        self.confirm = ConfirmPayouts(money, providers, work)
        self.reconciling = ReconcileRewards(money, providers, self.confirm, self.pay, self.register)

    def frail(self, at: int, *, after: bool) -> list[str]:
        """From now on the `at`-th call to any port dies; returns the list the calls are counted in."""
        calls: list[str] = []
        self.build(lambda port: Frail(port, calls, at, after))
        return calls

    def mended(self) -> None:
        """Ports no longer die."""
        self.build(lambda port: port)

    def earns(self, rep: str, registration: str, confirmed: int, **more: Any) -> None:
        """Ana sells something in October, unless told otherwise."""
        plain: dict[str, Any] = {"program": PROGRAM, "posted_at": datetime(2026, 10, 20, tzinfo=UTC)}
        self.roster.earn(rep=rep, registration=registration, confirmed=confirmed, **{**plain, **more})

    def close(self, now: datetime = CLOSE) -> Any:
        return self.closing.close_periods(now)

    def drain(self) -> None:
        """Deliver every message, and those they cause, once; each at the *now* it carries."""
        for _ in range(50):
            for key, now, _ in self.queue.take():
                self.pay.pay(key, now)

    def payouts(self, program: str = PROGRAM) -> list[Payout]:
        return self.money.payouts(program)

    def listed(self, now: datetime, state: PayoutState | None = None) -> Any:
        """What finance sees at `now`."""
        return payout_list(self.money, now, program=PROGRAM, state=state, limit=100, cursor="")["payouts"]

    def paid(self, program: str = PROGRAM) -> dict[tuple[int, str], int]:
        """(run, rep) -> minor units planned."""
        return {(p.run, p.rep): p.amount_minor for p in self.payouts(program)}


NAMES = {ANA: "Ana", BEN: "Ben", CHI: "Chi"}
OCTOBER = date(2026, 10, 5)
