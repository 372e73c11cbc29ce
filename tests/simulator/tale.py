"""One story in the making: the world it plays in, and what was told in it so far.

A story starts on the second day of a month in which three people sell under four programs (`begin`, prepared once a
process). What its acts tell - records of the org, rows of files, program versions, aliases - is kept here as facts, so
that the same facts can be told again in another order (`tests.simulator.retold`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from chalicelib.domain.calendar import local_day
from chalicelib.domain.salesforce_values import full_id
from local.story_world import (
    ADAM,
    ANA,
    BEN,
    CASH,
    CHI,
    DEE,
    OLIVE,
    PUSH,
    TOGETHER,
    ZONE,
    programs,
    record_id,
    users,
)
from tests.simulator.paper import Distributor, Row, file_of
from tests.simulator.stage import Stage, cold_start
from tests.simulator.story import MONTH
from tests.simulator.world import MONEY, Call, Fault, World

INVOICED = "seats-by-invoice"
PROGRAMS = (PUSH, CASH, TOGETHER, INVOICED)
SELLERS = (ANA, BEN, CHI, DEE)
ADMINS = (OLIVE, ADAM)
OBJECT = "Deal_Registration__c"
DEALS = 6
ACCOUNTS = ("Harbor Foods", "Kestrel Freight", "Larkspur Clinic")
SKUS = ("VRD-ID-ENT", "VRD-ID-STD", "NMB-BACKUP")
SEATS = (20, 10, 5, 33, 50, 1)
OLD_SKU = "VRDIDEOLD"  # a distributor's own word for a product, which an alias explains
PATIENCE = 100  # tries of a person, and of Salesforce, in a storm


def documents() -> dict[str, dict[str, Any]]:
    """Four programs: one with tiers, a cap and a small budget, one by percent, one with two layers, and one dated by
    the invoice."""
    found = programs(MONTH)
    for document in found.values():
        document["close_timeout_hours"] = 30
    push = found[PUSH]["layers"][0] | {"budget": {"amount": "300.00", "currency": "USD"}, "cap_points_per_rep": 220}
    found[PUSH] |= {"layers": [push]}
    invoiced = found[TOGETHER]["layers"][1] | {"id": "vendor:veridane", "conditions": [{"vendor": ["Veridane"]}]}
    found[INVOICED] = found[CASH] | {
        "name": "Seats by invoice", "qualifying_date": "order_invoiced",
        "layers": [invoiced | {"budget": {"amount": "150.00", "currency": "USD"}}],
    }  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Telling:
    """A row as one file told it; `as_of` is the moment the file speaks of, `dropped_at` when it came."""

    row: Row
    as_of: datetime
    dropped_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file that was dropped."""

    distributor: Distributor
    name: str
    body: bytes


@dataclass
class Tale:
    """A story on a world; use inside `world.installed()`. `told` is what happened, in words. `known` are registrations
    the product has acknowledged. `backlog` acts leave what they send in the queues."""

    world: World
    told: list[str] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    versions: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: list[tuple[datetime, str]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    posts: list[bytes] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    froze: bool = False
    backlog: int = 0
    stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self.stage = Stage(self.world)

    def count(self, act: str, fired: Sequence[tuple[Call, Fault]]) -> None:
        """Note an act that happened ("": it could not), and the faults it ran into."""
        self.acts.update([act] if act else [])
        self.faults.update(fault.value for _, fault in fired)
        self.froze = self.froze or bool(self.frozen())

    def words(self, wrong: Sequence[str]) -> str:
        """The story so far as a list of steps, and what is wrong with it."""
        steps = [f"{n:3}. {told}" for n, told in enumerate(self.told, 1)]
        return "\n".join(["", *steps, *(f"  -> {what[:1500]}" for what in wrong[:12])])

    # --- the clock and the queues ---

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.now

    def today(self) -> date:
        """The local day of the programs' zone."""
        return local_day(self.now, ZONE)

    def later(self, hours: float = 1) -> None:
        """Time goes by; what is due happens, unless there is a backlog."""
        moment = self.now + timedelta(hours=hours)
        if self.backlog:
            self.world.now = moment
        else:
            self.stage.at(moment)

    def pump(self) -> None:
        """Everything that waits is dealt with, unless there is a backlog."""
        if not self.backlog:
            self.stage.pump()

    def quiet(self) -> bool:
        """Does nothing wait anywhere?"""
        queues = self.world.queues
        return not (queues.waiting or queues.dead or self.world.org.state.queue or self.world.provider.webhooks)

    def frozen(self) -> set[str]:
        """Programs whose period has begun to close."""
        return set(self.world.tables.items[MONEY].get("PERIODS", {}))

    # --- Salesforce ---

    def record(self, deal: int) -> dict[str, Any] | None:
        """A registration as the org has it; None when there is none, or it was deleted."""
        found = self.world.org.state.records.get(OBJECT, {}).get(deal_id(deal))
        return None if found is None or found.get("IsDeleted") else found

    def save(self, deal: int, values: dict[str, Any]) -> None:
        """Save a registration in Salesforce; its message waits."""
        self.world.org.state.put(OBJECT, deal_id(deal), values)

    def send(self) -> None:
        """Salesforce sends what waits."""
        state = self.world.org.state
        if state.queue:
            self.posts = [*self.posts[-7:], state.envelope(state.queue)]
        alive = {q.record_id for q in state.queue if not state.records[OBJECT][q.record_id]["IsDeleted"]}
        self.stage.send_messages()
        self.known |= alive - {q.record_id for q in state.queue}
        self.pump()

    # --- distributors ---

    def drop(self, distributor: Distributor, rows: Sequence[Row], as_of: datetime | None = None) -> None:
        """A distributor drops a file with these rows."""
        name = f"{len(self.files) + 1:03}.{'csv' if distributor == 'castellan' else 'dat'}"
        spoken = as_of if as_of is not None and distributor == "broadmere" else self.now
        body = file_of(distributor, rows, spoken)
        if all(file.body != body for file in self.files):  # else nothing of it counts again
            self.tellings += [Telling(row, spoken, self.now) for row in rows]
        self.files.append(File(distributor, name, body))
        self.stage.drop(distributor, name, body)
        self.pump()

    def lines(self) -> list[Row]:
        """Every line ever told, as it was told last, in the order of their first telling."""
        return list({t.row.place: t.row for t in self.tellings}.values())

    # --- people and admins ---

    def sync(self) -> None:
        """The user sync runs, and once more without faults: how late somebody is enrolled is another story."""
        self.stage.schedule("sweep_salesforce", self.now)
        chance, self.world.chance = self.world.chance, 0.0
        self.stage.schedule("sweep_salesforce", self.now)
        self.world.chance = chance
        self.pump()

    def ask(self, method: str, path: str, user: str, role: str, body: object = None, **more: Any) -> Any:
        """A person's request."""
        return self.stage.ask(method, path, user=user, role=role, body=body, **more)


def deal_id(deal: int) -> str:
    """The Salesforce id of the story's n-th deal."""
    return record_id(201 + deal)


def account_id(number: int) -> str:
    """The Salesforce id of an account."""
    found = full_id(f"001KCK{300 + number:09}")
    assert found is not None
    return found


@lru_cache(maxsize=1)
def beginning() -> Any:
    """The world on the second day, as a snapshot: people have joined and the programs run."""
    world = World()
    world.tables.metered = False
    with world.installed():
        stage = Stage(world)
        stage.at(MONTH.at(1, 8))
        for user in users(MONTH, joined=False):
            world.org.state.put("User", user["Id"], user)
        stage.regularly("sweep_salesforce", MONTH.at(1, 9))
        for n, (id, document) in enumerate(documents().items()):
            stage.at(MONTH.at(1, 10, 5 * n))
            stage.ask("PUT", f"/programs/{id}", user=OLIVE, role="admin", body=document)
            stage.ask("POST", f"/programs/{id}/activate", user=ADAM, role="admin", body={})
            stage.pump()
        stage.at(MONTH.at(2, 8))
        assert not stage.refused, stage.refused
    return world.snapshot()


def begin(world: World) -> Tale:
    """A story at its beginning."""
    world.restore(beginning())
    world.plan, world.chance, world.unknown = {}, 0.0, []
    world.tables.stale = False
    cold_start()
    return Tale(world)
