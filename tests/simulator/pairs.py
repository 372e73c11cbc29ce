"""Who races whom: pairs of invocations on the same deal, rep, period or payout, and the world they meet in.

`switches` None is every schedule there is; a number bounds how often the baton is taken from a running handler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.story_world import DEALS, Sold, broadmere_file, castellan_file, record_id
from tests.simulator.outcome import Outcome, outcome
from tests.simulator.parts import recorded
from tests.simulator.races import Actor, Raced, race
from tests.simulator.stage import Stage
from tests.simulator.story import DEALS_HERE, MONTH, STORY, Step
from tests.simulator.world import World


@dataclass(frozen=True)
class Pair:
    """Who races: `before` names the step of the story that has not happened yet, `prepare` sets the stage."""

    name: str
    before: str
    prepare: Callable[[Stage], object]
    actors: tuple[Actor, ...]
    switches: int | None
    rest: tuple[Step, ...] = ()
    seen: Callable[[World], Outcome] = outcome


# --- the other side of the stage ----------------------------------------------------------------------------------


def _message(number: int, queue: str = "lines") -> Actor:
    """The message of that number, of those that wait before anybody moves, is delivered."""

    def act(stage: Stage) -> None:
        waiting = sorted((m for m in stage.before if m.queue == queue), key=lambda m: m.id)
        stage.deliver([waiting[number]])

    return act


def _chunks(*files: tuple[str, bytes]) -> Callable[[Stage], None]:
    """Files were dropped and read: their chunks wait in the queue."""

    def prepare(stage: Stage) -> None:
        for name, body in files:
            stage.drop("castellan", name, body)
        stage.deliver([m for m in stage.world.queues.waiting if m.queue == "feeds"][:1])
        while feeds := [m for m in stage.world.queues.waiting if m.queue == "feeds"]:
            stage.deliver(feeds[:1])

    return prepare


def _saved(name: str, **changes: Any) -> Callable[[Stage], None]:
    """A registration was saved: its message waits in Salesforce."""

    def prepare(stage: Stage) -> None:
        record = {**DEALS_HERE[name].record(MONTH, "Approved"), **changes}
        stage.world.org.state.put("Deal_Registration__c", record_id(DEALS_HERE[name].number), record)

    return prepare


def _both(*prepares: Callable[[Stage], object]) -> Callable[[Stage], None]:
    def prepare(stage: Stage) -> None:
        for one in prepares:
            one(stage)

    return prepare


def _send(stage: Stage) -> None:
    stage.send_messages()


def _hook(stage: Stage) -> None:
    if stage.world.provider.webhooks:
        stage.webhook()


def _scheduled(function: str, day: int, hour: int, minute: int = 0) -> Actor:
    def act(stage: Stage) -> object:
        return stage.schedule_now(function, MONTH.at(day, hour, minute))

    return act


def _twice(stage: Stage) -> None:
    """The first payout's message lies in the queue twice."""
    first = min((m for m in stage.world.queues.waiting if m.queue == "payouts"), key=lambda m: m.id)
    rest = [m for m in stage.world.queues.waiting if m.queue == "payouts" and m != first]
    stage.world.queues.put("payouts", first.body)
    stage.world.queues.waiting = [m for m in stage.world.queues.waiting if m not in rest]


def _one_payout_waits(stage: Stage) -> None:
    """The close has queued payouts; nothing of them was delivered yet."""
    stage.schedule_now("close_periods", MONTH.at(31, 7))
    stage.schedule_now("close_periods", MONTH.at(32, 2))


def _paid(world: World) -> Outcome:
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


def _clinic(stage: Stage) -> None:
    stage.drop("broadmere", "b.dat", broadmere_file([Sold(DEALS["clinic"], "B-1", 30, MONTH.day(11))], MONTH.at(20, 4)))
    stage.deliver([m for m in stage.world.queues.waiting if m.queue == "feeds"])


_CLOSED_AGAIN = (Step("close again", lambda stage: stage.regularly("close_periods", MONTH.at(31, 5))),)

INVOICE = castellan_file([Sold(DEALS["freight"], "INV-2", 50, MONTH.day(7))])
CREDIT = castellan_file([Sold(DEALS["freight"], "CM-9", -10, MONTH.day(8), "Credit Memo")])
FEWER = castellan_file([Sold(DEALS["freight"], "INV-2", 40, MONTH.day(7))])
OTHER = castellan_file([Sold(DEALS["foods"], "INV-1", 50, MONTH.day(6))])

PAIRS = (
    Pair("two lines of one deal", "week 1", _chunks(("a.csv", INVOICE), ("b.csv", CREDIT)),
         (_message(0), _message(1)), None),
    Pair("one chunk delivered twice at once", "week 1", _chunks(("a.csv", INVOICE), ("b.csv", INVOICE)),
         (_message(0), _message(0)), None),
    Pair("an invoice and its correction", "week 1", _chunks(("a.csv", INVOICE), ("b.csv", FEWER)),
         (_message(0), _message(1)), None),
    Pair("two deals of two reps", "week 1", _chunks(("a.csv", INVOICE), ("b.csv", OTHER)),
         (_message(0), _message(1)), None),
    Pair("an order and its registration", "freight approved",
         _both(_chunks(("a.csv", INVOICE)), _saved("freight")), (_message(0), _send), 4),
    Pair("an order and a registration that moves to another account", "week 1",
         _both(_chunks(("a.csv", INVOICE)), _saved("freight", Account__c="001KCK000000999")),
         (_message(0), _send), 4),
    Pair("a joiner is found and her deal is approved", "Dee joins", _saved("early", Quantity__c=11.0),
         (_scheduled("sweep_salesforce", 15, 9), _send), 2),
    Pair("a period freezes while an order arrives", "close, one feed missing", _clinic,
         (_scheduled("close_periods", 31, 2), _message(0)), 1, _CLOSED_AGAIN, _paid),
    Pair("two closes at once", "close, one feed missing", lambda stage: None,
         (_scheduled("close_periods", 31, 2), _scheduled("close_periods", 31, 2)), 1, _CLOSED_AGAIN, _paid),
    Pair("one payout is sent by two at once", "close without funds", _both(_one_payout_waits, _twice),
         (_message(0, "payouts"), _message(1, "payouts")), 3, (), _paid),
    Pair("a payout is sent and its webhook comes early", "close without funds", _both(_one_payout_waits, _twice),
         (_message(0, "payouts"), _hook), 3, (), _paid),
    Pair("a payout is sent while the reconciler looks", "close without funds", _both(_one_payout_waits, _twice),
         (_message(0, "payouts"), _scheduled("reconcile_rewards", 32, 3)), 1, (), _paid),
)  # fmt: skip


def raced(pair: Pair, *, switches: int | None = None, most: int = 20_000) -> Raced:
    """Let the pair race in its world, on this process's recorded month; `switches` narrows the pair's own bound."""
    sweep = recorded()
    world = sweep.world
    at = [step.name for step in STORY].index(pair.before)
    bound = switches if pair.switches is None else min(pair.switches, switches or pair.switches)
    with world.installed():
        world.restore(sweep.before[at])
        world.tables.stale = False
        pair.prepare(Stage(world))
        return race(world, world.snapshot(), pair.actors, rest=pair.rest, seen=pair.seen, switches=bound, most=most)
