"""Who meets whom in a race, and on what stage: actors are single invocations, `prepare` sets the stage for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from local.story_world import ADAM, DEALS, OLIVE, Sold, broadmere_file, castellan_file, record_id
from tests.simulator.outcome import Outcome, outcome
from tests.simulator.parts import recorded
from tests.simulator.races import Actor, Raced, race
from tests.simulator.stage import Stage
from tests.simulator.story import DEALS_HERE, MONTH, STORY, Step, documents
from tests.simulator.world import World


@dataclass(frozen=True)
class Meeting:
    """Two or more at once: `before` names the step of the story that has not happened yet, `prepare` sets the stage,
    `switches` bounds how often the baton is taken from a running handler (None: every schedule there is), `rest` is
    played after each schedule, `seen` is what must be the same. `torn` lets the others in between the items of one
    batch or page too: DynamoDB promises no more than each item by itself."""

    name: str
    before: str
    prepare: Callable[[Stage], object]
    actors: tuple[Actor, ...]
    switches: int | None
    rest: tuple[Step, ...] = ()
    seen: Callable[[World], Outcome] = outcome
    torn: bool = False


def raced(
    meeting: Meeting, *, switches: int | None = None, sampled: int = 0, only: str = "", most: int = 20_000
) -> Raced:
    """Let them race in their world, on this process's recorded month; `switches` narrows the meeting's own bound, the
    rest is as for `race`."""
    sweep = recorded()
    world = sweep.world
    at = [step.name for step in STORY].index(meeting.before)
    bound = switches if meeting.switches is None else min(meeting.switches, switches or meeting.switches)
    with world.installed():
        world.restore(sweep.before[at])
        world.tables.stale = False
        meeting.prepare(Stage(world))
        return race(
            world, world.snapshot(), meeting.actors, rest=meeting.rest, seen=meeting.seen, switches=bound,
            torn=meeting.torn, sampled=sampled, only=only, most=most,
        )  # fmt: skip


# --- actors -------------------------------------------------------------------------------------------------------


def message(number: int, queue: str = "lines") -> Actor:
    """The message of that number, of those that wait before anybody moves, is delivered."""

    def act(stage: Stage) -> None:
        waiting = sorted((m for m in stage.before if m.queue == queue), key=lambda m: m.id)
        stage.deliver([waiting[number]])

    return act


def send(stage: Stage) -> None:
    """Salesforce sends every message that waits, in one call."""
    stage.send_messages()


def hook(stage: Stage) -> None:
    """The provider sends a webhook, if it has one by now."""
    if stage.world.provider.webhooks:
        stage.webhook()


def scheduled(function: str, day: int, hour: int, minute: int = 0) -> Actor:
    """One run of a schedule."""

    def act(stage: Stage) -> object:
        return stage.schedule_now(function, MONTH.at(day, hour, minute))

    return act


def asked(method: str, path: str, body: object = None, user: str = ADAM, role: str = "admin") -> Actor:
    """A person's request, repeated while somebody else was faster."""

    def act(stage: Stage) -> object:
        return stage.ask(method, path, user=user, role=role, body=body, fine=(200, 201, 404, 409))

    return act


def activated(id: str) -> Actor:
    """The draft of a program is activated."""
    return asked("POST", f"/programs/{id}/activate", {})


# --- the stage ----------------------------------------------------------------------------------------------------


def nothing(stage: Stage) -> None:
    """The stage is as the story left it."""


def chunks(*files: tuple[str, bytes]) -> Callable[[Stage], None]:
    """Files were dropped and read: their chunks wait in the queue."""

    def prepare(stage: Stage) -> None:
        for name, body in files:
            stage.drop("castellan", name, body)
        stage.deliver([m for m in stage.world.queues.waiting if m.queue == "feeds"][:1])
        while feeds := [m for m in stage.world.queues.waiting if m.queue == "feeds"]:
            stage.deliver(feeds[:1])

    return prepare


def saved(name: str, *, as_: str = "", status: str = "Approved", **changes: Any) -> Callable[[Stage], None]:
    """A registration was saved, as another record if `as_` says its name: its message waits in Salesforce."""

    def prepare(stage: Stage) -> None:
        record = {**DEALS_HERE[name].record(MONTH, status), **changes}
        number = DEALS_HERE[as_ or name].number
        stage.world.org.state.put("Deal_Registration__c", record_id(number), record)

    return prepare


def drafted(id: str, like: str, **changes: Any) -> Callable[[Stage], None]:
    """A program like another one was written down, and waits to be activated."""

    def prepare(stage: Stage) -> None:
        document: Mapping[str, Any] = documents()[like] | changes
        stage.ask("PUT", f"/programs/{id}", user=OLIVE, role="admin", body=document)

    return prepare


def both(*prepares: Callable[[Stage], object]) -> Callable[[Stage], None]:
    """One after the other."""

    def prepare(stage: Stage) -> None:
        for one in prepares:
            one(stage)

    return prepare


def at(day: int, hour: int, minute: int = 0) -> Callable[[Stage], None]:
    """It is that moment; nothing else happens before."""

    def prepare(stage: Stage) -> None:
        stage.world.now = max(stage.world.now, MONTH.at(day, hour, minute))

    return prepare


def done(*actors: Actor) -> Callable[[Stage], None]:
    """These came before, one after the other; what they queued still waits."""

    def prepare(stage: Stage) -> None:
        for act in actors:
            stage.before = list(stage.world.queues.waiting)
            act(stage)

    return prepare


def twice(stage: Stage) -> None:
    """The first payout's message lies in the queue twice, and no other."""
    first = min((m for m in stage.world.queues.waiting if m.queue == "payouts"), key=lambda m: m.id)
    rest = [m for m in stage.world.queues.waiting if m.queue == "payouts" and m != first]
    stage.world.queues.put("payouts", first.body)
    stage.world.queues.waiting = [m for m in stage.world.queues.waiting if m not in rest]


def one_payout_waits(stage: Stage) -> None:
    """The close has queued payouts; nothing of them was delivered yet."""
    stage.schedule_now("close_periods", MONTH.at(31, 7))
    stage.schedule_now("close_periods", MONTH.at(32, 2))


def delivering(stage: Stage) -> None:
    """The provider delivered everything and tells of the first one only; the other webhooks are lost."""
    provider = stage.world.provider
    provider.deliver()
    del provider.webhooks[1:]


def clinic(stage: Stage) -> None:
    """Broadmere's file was read: its chunk waits."""
    stage.drop("broadmere", "b.dat", broadmere_file([Sold(DEALS["clinic"], "B-1", 30, MONTH.day(11))], MONTH.at(20, 4)))
    stage.deliver([m for m in stage.world.queues.waiting if m.queue == "feeds"])


def sold(deal: str, document: str, seats: int, day: int, kind: str = "Invoice", *, sku: str = "") -> bytes:
    """A file of castellan's with one line, told with another part number if `sku` says so."""
    what = replace(DEALS_HERE[deal], sku=sku or DEALS_HERE[deal].sku)
    return castellan_file([Sold(what, document, seats, MONTH.day(day), kind)])


def closed_again(day: int, hour: int) -> tuple[Step, ...]:
    """The next close comes."""
    return (Step("close again", partial(_closed, day=day, hour=hour)),)


def _closed(stage: Stage, *, day: int, hour: int) -> None:
    stage.regularly("close_periods", MONTH.at(day, hour))


# --- what must be the same ----------------------------------------------------------------------------------------


def paid(world: World) -> Outcome:
    """What everybody gets in all, whichever run it fell into: an order that arrives while its period freezes may be
    paid by the base run or by the next one, never by both or by none."""
    seen = outcome(world)
    sums: dict[tuple[str, str], int] = {}
    for (period, place), (_, amount, _, _) in seen["payouts"].items():
        key = (period, place.rpartition("#")[2])
        sums[key] = sums.get(key, 0) + int(amount)
    earned: dict[tuple[str, ...], tuple[int, int]] = {}
    for (*deal, _), (confirmed, provisional) in seen["ledger"].items():
        was = earned.get(tuple(deal), (0, 0))
        earned[tuple(deal)] = (was[0] + confirmed, was[1] + provisional)
    return {"paid": sums, "earned": earned, "lines": seen["lines"], "dead letters": seen["dead letters"]}
