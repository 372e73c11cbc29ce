"""A reseller in memory on which a scenario happens: the same services that run in a deployment, over stores in
dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.services.approve_payouts import ApprovePayouts
from chalicelib.services.boards import Boards
from chalicelib.services.close_periods import ClosePeriods
from chalicelib.services.deal_answers import DealView
from chalicelib.services.deal_views import deal_of
from chalicelib.services.pay import Pay
from chalicelib.services.payout_register import PayoutRegister
from chalicelib.services.ports import Person
from chalicelib.services.programs import activate, save_draft
from chalicelib.services.rep_views import ProgramStanding, ruling_version, standings_of
from chalicelib.services.rescore import Rescorer
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from local.memory.core import MemoryCore
from local.memory.core_reader import MemoryBoards, MemorySources
from local.memory.disputes import MemoryDisputes
from local.memory.files import FakeFiles
from local.memory.mailbox import FakeMailbox
from local.memory.money import FakeMoney
from local.memory.payout_queue import FakePayoutQueue
from local.memory.people import MemoryPeople
from local.memory.programs import MemoryPrograms
from local.memory.reward_provider import FakeProvider
from local.scenarios.scenario import Changes, Closes, Drafted, Joins, person_id

AT_ONCE = 100  # deals of one answer of the deal list


@dataclass
class Feeds:
    """How far every distributor's files reach: all of them as far as the scenario says."""

    reach: date | None = None

    def complete_to(self, distributor: str) -> date | None:  # noqa: ARG002 - one answer for every distributor
        """The last local day the files fully cover."""
        return self.reach


def at_once(tried: int) -> None:
    """The pause between two tries: nobody else writes here."""
    assert tried < 3, "two commits of one process never meet"


@dataclass
class Reseller:
    """Programs, people and facts, and what the house knows of them."""

    store: MemoryPrograms = field(default_factory=MemoryPrograms)
    core: MemoryCore = field(default_factory=MemoryCore)
    money: FakeMoney = field(default_factory=FakeMoney)
    people: MemoryPeople = field(default_factory=MemoryPeople)
    feeds: Feeds = field(default_factory=Feeds)
    queue: FakePayoutQueue = field(default_factory=FakePayoutQueue)
    provider: FakeProvider = field(default_factory=FakeProvider)

    def __post_init__(self) -> None:
        self.lines = LineScorer(self.core, at_once)
        self.registrations = RegistrationScorer(self.core, self.lines.match_again, at_once)
        self.rescorer = Rescorer(self.core, at_once)

    def starts(self, program: Drafted, now: datetime) -> None:
        """Draft and activate. Raises: InvalidDocument with every problem of the document, or of the gate."""
        save_draft(self.store, program.id, program.document, program.author, now)
        activate(self.store, program.id, program.approver, now)
        self.core.programs = self.store.active()

    def joins(self, person: Joins, now: datetime) -> None:
        """She is enrolled in every program; deals of hers that are known already are settled."""
        rep = person_id(person.name)
        address = f"{person.name.lower().replace(' ', '.')}@reseller.example"
        self.people.put([Person(rep, person.name, address, True, person.country)])
        for program in self.core.programs:
            self.core.enroll(program, rep, person.start, person.end)
        self.rescorer.rescore_rep(rep, f"{person.name} was enrolled", now)

    def changes(self, change: Changes, program: Drafted, now: datetime) -> None:
        """A new version. Raises: as `starts`."""
        save_draft(self.store, change.program, change.document, program.author, now)
        activate(self.store, change.program, program.approver, now, change.start)
        self.core.programs = self.store.active()
        self.rescorer.rescore(sorted(self.core.books), f"{change.program} was changed", now)

    def told(self, fact: Registration | OrderLine, now: datetime) -> None:
        """A message of Salesforce, or a line of a distributor's file."""
        if isinstance(fact, Registration):
            self.registrations.score_registration(fact, now)
        else:
            self.lines.score([fact], now)

    def closes(self, close: Closes, now: datetime) -> None:
        """The feeds have reported, and the schedule looks at every period; what is released is paid."""
        self.feeds.reach = close.complete_to
        pay = Pay(self.money, lambda _: self.provider, self.queue, self.core.work)
        approvals = ApprovePayouts(
            self.money, self.store, self.people, self.core.work, lambda _: self.provider, pay
        )  # fmt: skip
        register = PayoutRegister(self.money, self.store, FakeFiles(), FakeMailbox(), ("finance@reseller.example",))
        ClosePeriods(
            self.money, self.core, self.store, self.people, self.feeds, self.core.work, lambda _: self.provider,
            approvals, register, MemoryDisputes(),
        ).close_periods(now)  # fmt: skip
        for key, at, _ in self.queue.take():
            pay.pay(key, at)

    def active(self) -> dict[str, tuple[Program, ...]]:
        """Program id -> its versions."""
        return self.core.programs

    def ruling(self, program: str, now: datetime) -> Program:
        """The version of a program that rules today."""
        return ruling_version(self.core.programs[program], now)

    def standing(self, name: str, program: str, now: datetime) -> ProgramStanding | None:
        """A program as she sees it; None while she is not enrolled."""
        view = standings_of(person_id(name), self, self._reader(), MemorySources(), now, self.paid_by_layer)
        return next((p for p in view.programs if p.program == program), None)

    def deal(self, registration: Registration, now: datetime) -> DealView:
        """A deal as the first person on it sees it. Raises: NotFound when nobody does."""
        known = self.core.located.get(registration.id, "")
        stands = self.core.books[known].registrations[registration.id] if known else registration
        viewer = next(iter(stands.seen_by()), "")
        return deal_of(viewer, registration.id, self, self._reader(), now)

    def posted(self, registration: str, program: str, layer: str) -> tuple[int, int]:
        """Provisional and confirmed points of a deal, everybody's parts and ("" for the layer) all layers together."""
        found = [
            share for book in self.core.books.values() for (p, own, r, _), share in book.posted.items()
            if (p, r) == (program, registration) and layer in ("", own)
        ]  # fmt: skip
        return sum(s.provisional for s in found), sum(s.confirmed for s in found)

    def paid(self, name: str, program: str) -> int:
        """Minor units of all her payouts of a program."""
        return sum(p.amount_minor for p in self.money.payouts(program) if p.rep == person_id(name))

    def paid_by_layer(self, program: str) -> dict[str, int]:
        """Minor units granted by the runs of a program."""
        granted: dict[str, int] = {}
        for run in self.money.runs(program):
            for total in run.totals:
                granted[total.layer] = granted.get(total.layer, 0) + total.amount_minor
        return granted

    def _reader(self) -> Boards:
        return Boards(MemoryBoards(self.core))  # a new snapshot every time: a scenario has no five seconds to wait
