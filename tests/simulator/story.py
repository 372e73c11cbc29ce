"""A small complete month: everything the write path does happens at least once.

People join, programs start, deals are registered, approved, moved and withdrawn; two distributors report, correct
themselves, take goods back and repeat themselves; a message is lost and swept up; four periods close (one without a
feed, one paid by hand); people are paid, told by webhook or found by the reconciler; a late seat is paid by itself;
what comes back after the end becomes a debt. Each step ends with every queue empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chalicelib.domain.salesforce_values import full_id
from local.story_world import (
    ADAM,
    ANA,
    BEN,
    CASH,
    CHI,
    DEALS,
    DEE,
    OLIVE,
    PUSH,
    TOGETHER,
    ZONE,
    Deal,
    Sold,
    broadmere_file,
    castellan_file,
    programs,
    record_id,
    users,
)
from tests.simulator.asking import decided, disputed, promised
from tests.simulator.month import HAND, MONTH
from tests.simulator.paying import (
    approved,
    bounced,
    by_hand,
    by_somebody,
    closing,
    daily,
    delivered,
    down,
    out_of_funds,
    reconciled,
    settling,
    telling,
)
from tests.simulator.stage import Stage

DEALS_HERE = {
    **DEALS,
    "early": Deal(108, "Pelham Labs", "VRD-ID-ENT", "Veridane", 10, "Net New", ((DEE, 100),), 15, 7),
    "moved": Deal(109, "Alder Mutual", "VRD-ID-ENT", "Veridane", 12, "Net New", ((BEN, 50), (CHI, 50)), 10),
    "void": Deal(110, "Fenwick Bros", "VRD-ID-ENT", "Veridane", 30, "Net New", ((CHI, 100),), 11),
}
_DAY = MONTH.day
_MAPPING = Path(__file__).parent.parent.parent / "chalicelib" / "adapters" / "mappings" / "Opportunity.json"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story: its name, and what happens."""

    name: str
    play: Callable[[Stage], None]


def _tell(stage: Stage, name: str, status: str, *, lose: bool = False, **changes: Any) -> None:
    """Save a registration in Salesforce; its message goes out, or is lost."""
    deal = DEALS_HERE[name]
    record = {**deal.record(MONTH, status), **changes}
    state = stage.world.org.state
    state.put("Deal_Registration__c", record_id(deal.number), record)
    if lose:
        state.queue.pop()
    stage.send_messages()
    stage.pump()


def _users(stage: Stage, *, joined: bool) -> None:
    for user in users(MONTH, joined=joined):
        known = stage.world.org.state.records.get("User", {}).get(user["Id"])
        if known is None:
            stage.world.org.state.put("User", user["Id"], user)


def documents() -> dict[str, dict[str, Any]]:
    """The programs of the month as documents, by id."""
    found = programs(MONTH)
    found[PUSH] |= {"close_timeout_hours": 30}
    found[CASH] |= {"close_timeout_hours": 30}
    found[HAND] = found[PUSH] | {
        "name": "Paid by hand", "feeds": ["neverland"], "close_timeout_hours": 6,
        "reward": {"provider": "manual", "products": ["CARD"], "message": "Well done."},
        "auto_approve": {"amount": "5000.00", "currency": "USD"},
        "layers": [found[PUSH]["layers"][0] | {"tiers": [], "rates": [{"per_deal": 10}]}],
    }  # fmt: skip
    return found


# --- steps ------------------------------------------------------------------------------------------------------


def _people(stage: Stage) -> None:
    stage.at(MONTH.at(1, 8))
    _users(stage, joined=False)
    stage.regularly("sweep_salesforce", MONTH.at(1, 9))


def _start(name: str, minute: int) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.at(MONTH.at(1, 10, minute))
        stage.ask("PUT", f"/programs/{name}", user=OLIVE, role="admin", body=documents()[name])
        stage.ask("POST", f"/programs/{name}/activate", user=ADAM, role="admin", body={})
        stage.pump()

    return play


def _told(name: str, status: str, day: int, hour: int, minute: int = 0, **changes: Any) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.at(MONTH.at(day, hour, minute))
        _tell(stage, name, status, **changes)

    return play


def _file(
    distributor: str, name: str, day: int, hour: int, body: Callable[[], bytes], minute: int = 0, *, twice: bool = False
) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.at(MONTH.at(day, hour, minute))
        stage.drop(distributor, name, body())
        stage.pump(twice=twice)

    return play


def _week_1() -> bytes:
    sold = [
        Sold(DEALS_HERE["foods"], "INV-1", 50, _DAY(6)),
        Sold(DEALS_HERE["freight"], "INV-2", 50, _DAY(7)),
        Sold(DEALS_HERE["studio"], "INV-3", 2, _DAY(8)),
        Sold(None, "INV-4", 5, _DAY(9), customer="Walk-in Ltd"),
        Sold(DEALS_HERE["moved"], "INV-5", 12, _DAY(9)),
    ]
    return castellan_file(sold, broken=True)


def _credit() -> bytes:
    return castellan_file([Sold(DEALS_HERE["foods"], "CM-1", -10, _DAY(12), "Credit Memo")])


def _wrong() -> bytes:
    old = replace(DEALS_HERE["school"], sku="VRDIDEOLD")  # the distributor's own word for the product
    return castellan_file([Sold(DEALS_HERE["mills"], "INV-6", 30, _DAY(20)), Sold(old, "INV-9", 20, _DAY(19))])


def _right() -> bytes:
    return castellan_file(
        [Sold(DEALS_HERE["tower"], "INV-7", 100, _DAY(30)), Sold(DEALS_HERE["mills"], "INV-6", 40, _DAY(20))]
    )


def _month_of_broadmere() -> bytes:
    twice = Sold(DEALS_HERE["freight"], "INV-2", 50, _DAY(7))  # castellan told the same purchase order
    return broadmere_file([Sold(DEALS_HERE["clinic"], "B-1", 30, _DAY(11)), twice], MONTH.at(31, 0, 30))


def _late() -> bytes:
    return castellan_file([Sold(DEALS_HERE["studio"], "INV-8", 1, _DAY(33))])


def _after_the_end() -> bytes:
    return castellan_file([Sold(DEALS_HERE["foods"], "CM-2", -40, _DAY(64), "Credit Memo")])


def _walk_in() -> bytes:
    return castellan_file([Sold(None, "INV-99", 1, _DAY(61), customer="Walk-in Ltd")])


def _second_month_of_broadmere() -> bytes:
    return broadmere_file([Sold(DEALS_HERE["clinic"], "B-1", 30, _DAY(11))], MONTH.at(62, 23))


def _joiner(stage: Stage) -> None:
    stage.at(MONTH.at(15, 8))
    _users(stage, joined=True)
    stage.regularly("sweep_salesforce", MONTH.at(15, 9))


def _swept(stage: Stage) -> None:
    stage.at(MONTH.at(17, 9))
    _tell(stage, "school", "Approved", lose=True)
    stage.regularly("sweep_salesforce", MONTH.at(17, 12))


def _unknown_object(stage: Stage) -> None:
    """An object nobody mapped, a deletion of a record we never saw, and a resolved work entry."""
    stage.at(MONTH.at(17, 14))
    state = stage.world.org.state
    id = str(full_id("003KCK000000001"))
    state.put("Contact", id, {"LastName": "Marsh", "AccountId": full_id("001KCK000000101")})
    stage.send_messages()
    stage.ask(
        "POST", f"/work/unmapped_object/Contact:{id}/resolve", user=ADAM, role="admin", body={"outcome": "no deal"},
        fine=(200, 404),
    )  # fmt: skip


def _withdrawn(stage: Stage) -> None:
    """A registration is deleted in Salesforce: its message says nothing but the id."""
    stage.at(MONTH.at(18, 9))
    state = stage.world.org.state
    id = record_id(DEALS_HERE["void"].number)
    state.put("Deal_Registration__c", id, {"Status__c": "Approved"})
    state.delete("Deal_Registration__c", id)
    stage.send_messages()
    stage.pump()


def _snapshot_feed(stage: Stage) -> None:
    """A third distributor is set up: each of its files lists everything, so what it leaves out is cancelled."""
    stage.at(MONTH.at(16, 13))
    document = {
        "id": "harvest-open", "name": "Harvest, everything open", "distributor": "harvest", "dialect": "delimited",
        "recognise": {"columns": ["Doc", "Item", "Qty", "Sum"]}, "confirms": "invoice", "default_type": "invoice",
        "currency": "USD", "zone": ZONE, "mode": "snapshot", "snapshot": {"most_lost_percent": 60},
        "columns": {"document_no": "Doc", "line_no": "Pos", "sku": "Item", "quantity": "Qty", "amount": "Sum",
                    "invoiced_on": "Date", "registration_no": "Deal", "customer": "Customer",
                    "vendor": "Vendor"},
        "as_of": {"source": "file_name", "pattern": "(\\d{8})", "format": "%Y%m%d"},
    }  # fmt: skip
    stage.ask("PUT", "/config/feed-profile/harvest-open", user=ADAM, role="admin", body=document)


def _open_at_harvest(*names: str) -> Callable[[], bytes]:
    """Everything open at harvest: a line for each of these deals."""

    def body() -> bytes:
        rows = ["Doc;Pos;Vendor;Item;Qty;Sum;Date;Deal;Customer".replace(";", ",")]
        for name in names:
            deal = DEALS_HERE[name]
            rows.append(
                f"H-{deal.number},1,{deal.vendor},{deal.sku},2,200.00,{MONTH.day(16)},{deal.name},{deal.customer}"
            )
        return ("\n".join(rows) + "\n").encode()

    return body


def _alias(stage: Stage) -> None:
    """An admin says what the distributor's word means: lines told with it are matched again."""
    stage.at(MONTH.at(21, 10))
    document = {"distributor": "castellan", "kind": "sku", "code": "VRDIDEOLD", "sku": "VRD-ID-ENT"}
    stage.ask("PUT", "/config/alias/castellan-old", user=ADAM, role="admin", body=document)
    stage.pump()


def _leaver(stage: Stage) -> None:
    """Chi leaves: what she earned until then is hers."""
    stage.at(MONTH.at(26, 8))
    stage.world.org.state.put("User", CHI, {"IsActive": False})
    stage.regularly("sweep_salesforce", MONTH.at(26, 9))


def _second_version(stage: Stage) -> None:
    """Veridane pays more for what comes later: a second version rules from tomorrow."""
    stage.at(MONTH.at(13, 9))
    document = documents()[CASH]
    layer = document["layers"][0] | {"rates": [{"percent": 3}]}
    changed = document | {"layers": [layer], "change_reason": "the vendor raised the rate"}
    stage.ask("PUT", f"/programs/{CASH}", user=OLIVE, role="admin", body=changed)
    stage.at(MONTH.at(13, 9, 10))
    stage.ask("POST", f"/programs/{CASH}/activate", user=ADAM, role="admin", body={})
    stage.pump()


def _looked_at(stage: Stage) -> None:
    """People look: the board, standings, deals."""
    stage.at(MONTH.at(22, 9))
    stage.ask("GET", f"/programs/{PUSH}/leaderboard", user=ANA, role="rep")
    for path in ("/me/standings", "/me/deals", "/me/payouts", f"/me/deals/{record_id(101)}", "/programs"):
        stage.ask("GET", path, user=ANA, role="rep")
    for path in ("/feeds", "/feeds/castellan/reports", "/work/orphan", "/config/field-mapping"):
        stage.ask("GET", path, user=ADAM, role="admin")
    stage.at(MONTH.at(22, 9, 10))
    stage.ask("GET", "/me/standings", user=ANA, role="rep")  # the boards are old by now, and know everybody


def _what_if(stage: Stage) -> None:
    """A rep asks what a sale would earn, an admin what a program would have paid so far."""
    stage.at(MONTH.at(22, 9, 30))
    sale = {"sku": "VRD-ID-ENT", "quantity": 10, "amount": {"amount": "5000.00", "currency": "USD"}}
    stage.ask("POST", "/programs/quote", user=ANA, role="rep", body=sale)
    job = stage.ask("POST", f"/programs/{PUSH}/replay", user=ADAM, role="admin", body={"version": 1})
    stage.pump()
    if job:
        stage.ask("GET", f"/replays/{job['id']}", user=ADAM, role="admin")


def _configured(stage: Stage) -> None:
    """An admin stores a mapping of the org's own."""
    stage.at(MONTH.at(22, 10))
    document = json.loads(_MAPPING.read_text(encoding="utf-8"))
    stage.ask("PUT", "/config/field-mapping/Opportunity", user=ADAM, role="admin", body=document)


def _unused_program(stage: Stage) -> None:
    """A program of next spring is started and retired again before it begins."""
    stage.at(MONTH.at(13, 12))
    window = {"start": "2027-03-01", "end": "2027-03-31", "zone": "America/Chicago"}
    document = documents()[TOGETHER] | {"name": "Spring", "window": window, "confirm_by": "2027-05-01"}
    stage.ask("PUT", "/programs/spring", user=OLIVE, role="admin", body=document)
    stage.ask("POST", "/programs/spring/activate", user=ADAM, role="admin", body={})
    stage.ask("POST", "/programs/spring/retire", user=ADAM, role="admin", body={}, fine=(200, 404, 409))
    stage.pump()


STORY: tuple[Step, ...] = (
    Step("people", _people),
    *(Step(f"start {name}", _start(name, 5 * n)) for n, name in enumerate((PUSH, CASH, TOGETHER, HAND))),
    Step("foods submitted", _told("foods", "Submitted", 2, 8)),
    Step("foods approved", _told("foods", "Approved", 2, 11)),
    Step("freight approved", _told("freight", "Approved", 3, 11)),
    Step("clinic approved", _told("clinic", "Approved", 4, 11)),
    Step("studio approved", _told("studio", "Approved", 6, 11)),
    Step("week 1", _file("castellan", "week-1.csv", 10, 3, _week_1)),
    Step("moved approved", _told("moved", "Approved", 10, 12)),
    Step("told", telling(10, 12, 30)),
    Step("void approved", _told("void", "Approved", 11, 11)),
    Step("week 1 again", _file("castellan", "week-1-again.csv", 12, 3, _week_1)),
    Step("credit memo", _file("castellan", "week-2.csv", 13, 3, _credit, twice=True)),
    Step("a second version", _second_version),
    Step("an unused program", _unused_program),
    Step("moved to another account", _told("moved", "Approved", 14, 9, Account__c=full_id("001KCK000000999"))),
    Step("Dee's deal before she is known", _told("early", "Approved", 15, 7, 30)),
    Step("Dee joins", _joiner),
    Step("a snapshot feed", _snapshot_feed),
    Step("mills approved", _told("mills", "Approved", 16, 11)),
    Step(
        "everything open",
        _file("harvest", f"{MONTH.day(17):%Y%m%d}.csv", 17, 6, _open_at_harvest("early", "studio", "foods")),
    ),
    Step("a message is lost", _swept),
    Step("an object nobody mapped", _unknown_object),
    Step("a registration is deleted", _withdrawn),
    Step(
        "everything open, less",
        _file("harvest", f"{MONTH.day(19):%Y%m%d}.csv", 19, 6, _open_at_harvest("early", "foods")),
    ),
    Step(
        "everything open, of the day between",
        _file("harvest", f"{MONTH.day(18):%Y%m%d}.csv", 19, 7, _open_at_harvest("early", "studio", "freight")),
    ),
    Step("week 3, wrong", _file("castellan", "week-3.csv", 20, 12, _wrong)),
    Step("an alias", _alias),
    Step("told of the alias", telling(21, 10, 30)),
    Step("people look", _looked_at),
    Step("what if", _what_if),
    Step("Ana and Ben dispute", disputed),
    Step("promised to Ben", promised),
    Step("configured", _configured),
    Step("Chi leaves", _leaver),
    Step("tower approved", _told("tower", "Approved", 30, 23, 5)),
    Step("week 4, right", _file("castellan", "week-4.csv", 30, 23, _right, 30)),
    Step("a file nobody can read", _file("castellan", "odd.bin", 31, 1, lambda: b"\x00\x01\x02", 10)),
    Step("close, one feed missing", closing(31, 2)),
    Step("a quarter of an hour later", closing(31, 2, 15)),
    Step("broadmere", _file("broadmere", "month.dat", 31, 3, _month_of_broadmere)),
    Step("close, trailing", closing(31, 4)),
    Step("close without the feed that never came", closing(31, 7)),
    Step("a file without rows", _file("castellan", "end.csv", 32, 1, lambda: castellan_file([]))),
    Step("close without funds", out_of_funds),
    Step("close again", closing(32, 3)),
    Step("approved", approved(0, 32, 8)),
    Step("close and look", closing(32, 8, 30)),
    Step("delivered", delivered(32, 9, lose=2)),
    Step("told of the rewards", telling(32, 10)),
    Step("an order of nobody", by_somebody),
    Step("reconciled", reconciled(32, 12)),
    Step("paid by hand", by_hand),
    Step("Ana is right", decided),
    Step("another address", bounced),
    Step("late seat", _file("castellan", "late.csv", 34, 8, _late)),
    Step("trailing run", closing(34, 12)),
    Step("trailing approved, provider down", down),
    Step("trailing paid", closing(34, 22)),
    Step("trailing delivered", delivered(34, 23)),
    Step("the day", daily(35)),
    Step("castellan reports past the last day", _file("castellan", "past.csv", 62, 23, _walk_in)),
    Step("broadmere does too", _file("broadmere", "past.dat", 62, 23, _second_month_of_broadmere, 30)),
    Step("the end", closing(63, 1)),
    Step("the end, again", closing(63, 2)),
    Step("goods come back after the end", _file("castellan", "after.csv", 64, 9, _after_the_end)),
    Step("the day after", daily(65)),
    Step("time goes by", settling),
)
