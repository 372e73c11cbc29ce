"""Matching across deal books, exhaustively at small size: the same registrations and order lines, spread over two or
three books and sharing bids and purchase orders, delivered in every order; in each of them processes die.

A delivery is a message of the org or a file of a distributor, made beforehand, so that an older version may come after
a newer one. What stands in the end - lines and where they belong, what is held and why, points, ledger - must be the
same for all (design: matching that does not depend on arrival; domain.md 6, 8, 10, 40).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from math import factorial
from typing import Any
from urllib.parse import quote

from chalicelib.domain.calendar import iso
from local.story_world import ANA, BEN, PUSH
from tests.simulator.acts import publish
from tests.simulator.outcome import untruths
from tests.simulator.paper import PRICE, Row, file_of
from tests.simulator.retold import Stands, stands
from tests.simulator.stage import cold_start
from tests.simulator.story import MONTH
from tests.simulator.tale import Tale, account_id, begin, deal_id, documents
from tests.simulator.world import FEEDS, OUTBOUND_TOKEN, Fault, World

SKU = "VRD-ID-ENT"
CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
_HEADERS = {"Content-Type": "text/xml; charset=UTF-8"}


@dataclass(frozen=True, slots=True)
class Deal:
    """One version of a registration. Accounts and quarters make the deal book."""

    deal: int
    version: int = 1
    account: int = 0
    bid: str = ""
    po: str = ""
    last_quarter: bool = False
    status: str = "Approved"


Told = Deal | Row


@dataclass(frozen=True, slots=True)
class Crossing:
    """Facts that meet across books. `looks_back`: beside the others a program runs that asks what an account ordered in
    twelve months."""

    name: str
    facts: tuple[Told, ...]
    looks_back: bool = False


def _line(distributor: Any, document: str, day: int, **quotes: Any) -> Row:
    return Row(distributor, document, 1, 10, MONTH.day(day), SKU, "Harbor Foods", **quotes)


CROSSINGS = (
    Crossing("a bid shared by three books", (
        Deal(0, bid="SB-1"), Deal(1, account=1, bid="SB-1"), Deal(2, last_quarter=True, bid="SB-1"),
        _line("castellan", "INV1", 3, bid="SB-1"), _line("broadmere", "B2", 3, bid="SB-1", number="DR-000202"),
    )),
    Crossing("a bid that one of two books gives away", (
        Deal(0, bid="SB-1"), Deal(1, account=1, bid="SB-1"), Deal(1, version=2, account=1),
        _line("castellan", "INV1", 3, bid="SB-1"), _line("broadmere", "B2", 4, number="DR-000202"),
    )),
    Crossing("a deal that moves to the book of its rival", (
        Deal(0, po="PO-1"), Deal(0, version=2, account=1, po="PO-1"), Deal(1, account=1, po="PO-2"),
        _line("castellan", "INV1", 3, po="PO-1"), _line("broadmere", "B2", 4, number="DR-000201", po="PO-2"),
    )),
    Crossing("one purchase order, two books, told by both distributors", (
        Deal(0, po="PO-1"), Deal(1, account=1, bid="SB-1"),
        _line("castellan", "INV1", 3, po="PO-1"), _line("broadmere", "B2", 4, po="PO-1", bid="SB-1"),
        _line("castellan", "INV3", 5, po="PO-1"),
    )),
    Crossing("a line that is corrected from one book into another", (
        Deal(0, bid="SB-1"), Deal(1, account=1, po="PO-1"), Deal(1, version=2, account=1, po="PO-1", status="Rejected"),
        _line("broadmere", "B1", 3, bid="SB-1"), _line("broadmere", "B1", 3, number="DR-000202", po="PO-1"),
    )),
    Crossing("a deal that is withdrawn from between two", (
        Deal(0, bid="SB-1", po="PO-1"), Deal(1, account=1, bid="SB-1"), Deal(1, version=2, account=2, bid="SB-1",
        status="Lost"), _line("castellan", "INV1", 3, bid="SB-1", po="PO-1"), _line("castellan", "INV2", 3, bid="SB-1"),
    )),
    Crossing("what was bought last quarter, in a deal that turns out to be another account's", (
        Deal(0, last_quarter=True), Deal(0, version=2, account=1, last_quarter=True), Deal(1),
        _line("castellan", "INV1", -9, number="DR-000201"), _line("broadmere", "B2", 4, number="DR-000202"),
    ), looks_back=True),
    Crossing("what was bought last quarter, claimed by two and given up by one", (
        Deal(0, last_quarter=True, bid="SB-1"), Deal(1), Deal(2, account=1, bid="SB-1"), Deal(2, version=2, account=1),
        _line("castellan", "INV1", -9, bid="SB-1"),
    ), looks_back=True),
    Crossing("what was bought last quarter, told again of another deal", (
        Deal(0, last_quarter=True), Deal(1), Deal(2, account=1),
        _line("broadmere", "B1", -9, number="DR-000201"), _line("broadmere", "B1", -9, number="DR-000203"),
    ), looks_back=True),
)  # fmt: skip


@dataclass(slots=True)
class Crossed:
    """What was tried: orders, crashes that fired, and what ended differently."""

    orders: int = 0
    crashes: int = 0
    findings: list[str] = field(default_factory=list)


def crossed(world: World, crossing: Crossing, *, rounds: int, first: int = 0) -> Crossed:
    """Deliver the facts in every order, without a crash in the canonical one and in each order `rounds` times with one
    crash in every delivery, at another call each round. Use inside `world.installed()`."""
    tale = begin(world)
    if crossing.looks_back:
        _looks_back(tale)
    deliveries = list(_deliveries(tale, crossing.facts))
    start = world.snapshot()
    expected, _ = _delivered(world, start, deliveries, None)
    found = Crossed()
    for number, order in enumerate(permutations(range(len(deliveries)))):
        for turn in range(first, first + rounds):
            mixed, calls = [deliveries[i] for i in order], 24 if crossing.looks_back else 14
            seen, crashes = _delivered(world, start, mixed, number + 7 * turn, calls)
            found.orders, found.crashes = found.orders + 1, found.crashes + crashes
            wrong = [
                f"{topic}: {key}: {what.get(key)}, else {expected[topic].get(key)}"
                for topic, what in seen.items()
                for key in {**what, **expected[topic]}
                if what.get(key) != expected[topic].get(key)
            ] + untruths(world)
            if wrong:
                names = " > ".join(_short(crossing.facts[i]) for i in order)
                found.findings.append(f"{crossing.name}; turn {turn}; {names}\n    " + "\n    ".join(wrong[:6]))
    return found


def _looks_back(tale: Tale) -> None:
    rule = {"scope": "vendor", "party": "account", "source": "orders", "look_back_months": 12}
    publish(tale, "year-push", documents()[PUSH] | {"name": "Year push", "deal_type_rule": rule})
    tale.pump()


def orders(crossing: Crossing) -> int:
    """In how many orders its facts can come."""
    return factorial(len(crossing.facts))


Delivery = tuple[str, bytes, str]  # distributor ("" for the org), body, file name


def _deliveries(tale: Tale, facts: Sequence[Told]) -> Iterator[Delivery]:
    """The messages and files, as they will arrive; the world is left as it was."""
    state = tale.world.org.state
    kept = tale.world.org.snapshot()
    for number, fact in enumerate(facts):
        if isinstance(fact, Row):
            as_of = tale.now - timedelta(minutes=10 - number)
            yield fact.distributor, file_of(fact.distributor, [fact], as_of), f"{number}.csv"
            continue
        created = MONTH.at(-3 if fact.last_quarter else 1, 9)
        rep, other = (ANA, BEN) if fact.deal % 2 == 0 else (BEN, ANA)
        state.put("Deal_Registration__c", deal_id(fact.deal), {
            "Name": f"DR-{201 + fact.deal:06}", "Account__c": account_id(fact.account), "Account_Name__c": "Harbor",
            "Status__c": fact.status, "Vendor__c": "Veridane", "Product_SKU__c": SKU, "Quantity__c": 50.0,
            "Amount__c": 50.0 * PRICE, "CurrencyIsoCode": "USD", "Deal_Type__c": "Net New",
            "OwnerId": rep, "CreatedDate": iso(created), "Valid_Until__c": "2026-11-29",
            "Special_Bid__c": fact.bid or None, "Purchase_Order__c": fact.po or None,
            "Approved_At__c": iso(MONTH.at(1, 12)), "Credited_Reps__c": f"{rep}:60;{other}:40",
            "SystemModstamp": iso(MONTH.at(1, 13 + fact.version)),
        })  # fmt: skip
        yield "", state.envelope(state.queue[-1:]), ""
    tale.world.org.restore(kept)


def _delivered(
    world: World, start: Any, deliveries: Sequence[Delivery], crash: int | None, calls: int = 14
) -> tuple[Stands, int]:
    """Deliver them one after the other; in each the process dies at one call (drawn from `crash`), and what was not
    acknowledged comes again: at once, or when everything else has come. What stands, and how many crashes fired."""
    world.restore(start)
    cold_start()
    tale = Tale(world)
    late: list[bytes] = []
    fired = 0
    for place, (distributor, body, name) in enumerate(deliveries):
        if crash is not None:
            # Calls of one delivery: about a dozen, twice that where others must hear of it; beyond its end none fires.
            world.plan = {world.number + 1 + (crash * (3 + place) + place) % calls: CRASHES[(crash + place) % 2]}
        if distributor:
            told = world.buckets.dropped(FEEDS, f"feeds/{distributor}/{name}", body, world.now)
            world.queues.put("feeds", told)
            tale.stage.pump()
        elif not _posted(tale, body):
            if crash is not None and crash % 2:
                late.append(body)
            else:
                world.plan = {}
                _posted(tale, body)
        tale.stage.pump()
        fired += len(world.fired)
        world.plan, world.fired = {}, []
    for body in late:
        _posted(tale, body)
        tale.stage.pump()
    return stands(world, ()), fired


def _posted(tale: Tale, body: bytes) -> bool:
    path = f"/salesforce/outbound-messages/{quote(OUTBOUND_TOKEN)}"
    answer = tale.stage.request("POST", path, body, _HEADERS)
    return answer is not None and "true</Ack>" in str(answer.body)


def _short(fact: Told) -> str:
    return f"{fact.document} of {fact.distributor}" if isinstance(fact, Row) else f"deal {fact.deal} v{fact.version}"
