"""Two at once, where a program looks back: the deal books of an account's quarters that must hear of each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.adapters.dynamodb.codec import unpack_book
from chalicelib.domain.calendar import iso
from local.story_world import PUSH, Sold, castellan_file
from tests.simulator.meeting import (
    Meeting,
    activated,
    at,
    both,
    chunks,
    done,
    drafted,
    message,
    saved,
    send,
    sold,
)
from tests.simulator.outcome import Outcome, outcome
from tests.simulator.stage import Stage
from tests.simulator.story import DEALS_HERE, MONTH
from tests.simulator.world import CORE, World

Prepare = Callable[[Stage], None]
YEAR = "year-push"
RULE = {"scope": "vendor", "party": "account", "source": "orders", "look_back_months": 12}
SPRING, AUTUMN = MONTH.at(1) - timedelta(days=150), MONTH.at(8)
OURS = DEALS_HERE["tower"].record(MONTH, "Approved")["Account__c"]
BOUGHT = castellan_file([Sold(DEALS_HERE["void"], "INV-77", 30, MONTH.day(-140))])
EARLIER = castellan_file([Sold(DEALS_HERE["void"], "INV-77", 30, MONTH.day(-400))])
ANOTHERS = castellan_file([Sold(DEALS_HERE["studio"], "INV-77", 30, MONTH.day(-140))])
NEXT = sold("tower", "INV-78", 100, 9)


def looking_back(stage: Stage) -> None:
    """A program that looks back twelve months runs, and everybody's deals were settled under it."""
    both(at(9, 9), drafted(YEAR, PUSH, name="Year push", deal_type_rule=RULE), done(activated(YEAR)))(stage)
    stage.pump()


def spring(account: str = OURS) -> Prepare:
    """The account's deal of two quarters before is saved: its message waits."""
    return saved("void", Account__c=account, CreatedDate=iso(SPRING), Approved_At__c=iso(SPRING + timedelta(days=1)))


def autumn(seats: float = 100.0) -> Prepare:
    """Its deal of this quarter is."""
    return saved("tower", Quantity__c=seats, CreatedDate=iso(AUTUMN), Approved_At__c=iso(AUTUMN + timedelta(hours=1)))


def heard(stage: Stage) -> None:
    """What waits in Salesforce was sent, and all that follows from it is done."""
    stage.send_messages()
    stage.pump()


def bought(stage: Stage) -> None:
    """The order of the deal of spring was told and is scored."""
    stage.drop("castellan", "bought.csv", BOUGHT)
    stage.pump()


def with_copies(world: World) -> Outcome:
    """The month, and what every deal book has of its account's other quarters."""
    found = {}
    for item in world.tables.rows(CORE):
        if item["pk"]["S"].startswith("BOOK#"):
            book = unpack_book(item["pk"]["S"].removeprefix("BOOK#"), 0, item["body"]["B"])
            found[book.key] = book.bought_elsewhere
    return outcome(world) | {"bought elsewhere": found}


BOTH = both(looking_back, spring(), heard, autumn(), heard)
QUARTERS = (
    Meeting("an order of spring and the deal of autumn", "week 1",
            both(BOTH, chunks(("a.csv", BOUGHT)), autumn(90.0)), (message(0), send), 2, seen=with_copies),
    Meeting("orders of two quarters of one account", "week 1",
            both(BOTH, chunks(("a.csv", BOUGHT), ("b.csv", NEXT))), (message(0), message(1)), 2, seen=with_copies),
    Meeting("an order of spring and a new deal of autumn, reads torn", "week 1",
            both(looking_back, spring(), heard, chunks(("a.csv", BOUGHT)), autumn()),
            (message(0), send), 2, seen=with_copies, torn=True),
    Meeting("an order of spring is corrected while its deal moves to another account", "week 1",
            both(BOTH, bought, chunks(("a.csv", EARLIER)), spring("001KCK000000999")),
            (message(0), send), 2, seen=with_copies),
    Meeting("an order of spring goes to another deal while that of autumn is told again", "week 1",
            both(BOTH, bought, chunks(("a.csv", ANOTHERS)), autumn(90.0)), (message(0), send), 2, seen=with_copies),
    Meeting("a deal of spring, its order, and an order of autumn", "week 1",
            both(looking_back, autumn(), heard, chunks(("a.csv", BOUGHT), ("b.csv", NEXT)), spring()),
            (message(0), message(1), send), 1, seen=with_copies),
)  # fmt: skip
