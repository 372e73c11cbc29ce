"""What can happen in a story, one function an act.

An act takes the tale and three small numbers that choose among what is there, and says in words what it did; "" when
it was not possible at this point, and then nothing has happened. Acts never check: that is `tests.simulator.truths`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.domain.calendar import iso
from local.story_world import CASH, CHI, DEE, FAY, NAMES, PUSH, TOGETHER, ZONE, users
from tests.simulator.acts_feeds import (
    cancel,
    correct,
    credit,
    end_alias,
    invoice,
    other_side,
    put_alias,
    same_file,
    turned_round,
    two_ways,
)
from tests.simulator.acts_org import (
    approve,
    delete,
    old_post,
    reassign,
    refuse,
    register,
    relabel,
    relocate,
    reprice,
    split,
    sweep,
)
from tests.simulator.acts_people import adjust, decide, dispute, second, talk
from tests.simulator.story import MONTH
from tests.simulator.tale import ADMINS, INVOICED, PROGRAMS, Tale, documents

Act = Callable[[Tale, int, int, int], str]
LAST = MONTH.day(30)


def join(tale: Tale, a: int, b: int, c: int) -> str:
    """Dee joins."""
    org = tale.world.org.state
    if DEE in org.records["User"] or tale.today() > LAST:
        return ""
    dee = next(user for user in users(MONTH, joined=True) if user["Id"] == DEE)
    org.put("User", DEE, dee | {"CreatedDate": iso(tale.now - timedelta(days=a % 3))})
    tale.people.append((tale.now, DEE))
    tale.sync()
    return "Dee joins"


def leave(tale: Tale, a: int, b: int, c: int) -> str:
    """Chi or Dee leaves."""
    who, org = (CHI, DEE)[a % 2], tale.world.org.state
    if not org.records["User"].get(who, {}).get("IsActive"):
        return ""
    org.put("User", who, {"IsActive": False})
    tale.people.append((tale.now, who))
    tale.sync()
    return f"{NAMES[who].split()[0]} leaves"


def new_version(tale: Tale, a: int, b: int, c: int) -> str:
    """A program's rate changes from tomorrow: drafted by one admin, activated by the other."""
    if tale.today() > LAST:
        return ""
    id = PROGRAMS[a % 4]
    rates: dict[str, Any] = {
        PUSH: {"deal_type": "net_new", "per_seat": 2 + b % 4}, CASH: {"percent": 1 + b % 4},
        TOGETHER: {"per_deal": 30 + 10 * (b % 4)}, INVOICED: {"per_seat": 1 + b % 3},
    }[id]  # fmt: skip
    document = documents()[id]
    first = document["layers"][0] | {"rates": [rates, *document["layers"][0]["rates"][1:]]}
    document |= {"layers": [first, *document["layers"][1:]], "change_reason": f"reason {len(tale.versions) + 1}"}
    tale.versions.append((tale.now, id, document))
    publish(tale, id, document, c)
    return f"{id} from tomorrow: {rates}"


def publish(tale: Tale, id: str, document: dict[str, Any], c: int = 0) -> None:
    """Draft and activate."""
    tale.ask("PUT", f"/programs/{id}", ADMINS[c % 2], "admin", document)
    tale.ask("POST", f"/programs/{id}/activate", ADMINS[1 - c % 2], "admin", {})
    tale.pump()


def unused(tale: Tale, a: int, b: int, c: int) -> str:
    """A program of next spring is started, and retired before it begins."""
    id = "spring"
    if any(program == id for _, program, _ in tale.versions):
        return ""
    window = {"start": "2027-03-01", "end": "2027-03-31", "zone": ZONE}
    document = documents()[TOGETHER] | {"name": "Spring", "window": window, "confirm_by": "2027-05-01"}
    tale.versions.append((tale.now, id, document))
    publish(tale, id, document, c)
    tale.ask("POST", f"/programs/{id}/retire", ADMINS[c % 2], "admin", {})
    # Asked again because the answer was lost: it is retired already.
    tale.stage.refused = [refusal for refusal in tale.stage.refused if "spring/retire" not in refusal]
    tale.pump()
    return "a program of next spring is started and retired"


# --- closing and paying -----------------------------------------------------------------------------------------


def close(tale: Tale, a: int, b: int, c: int) -> str:
    """The month ends, if it has not yet, and what is due closes."""
    end = MONTH.at(32, 8) + timedelta(hours=a)
    if tale.now < end and (b + c) % 3:
        return ""
    tale.later(max(1.0, (end - tale.now) / timedelta(hours=1)))
    tale.stage.schedule("close_periods", tale.now)
    tale.pump()
    return f"close_periods at {tale.now:%b %d %H:%M}"


def sign(tale: Tale, a: int = 0, b: int = 0, c: int = 0) -> str:
    """Finance approves every run that waits for her."""
    signed = []
    for id in sorted(tale.frozen()):
        period = tale.ask("GET", f"/periods/{id}", FAY, "finance")
        for run in period["runs"]:
            if run["digest"] and not run["approval"]:
                body = {"run": run["run"], "digest": run["digest"]}
                tale.ask("POST", f"/periods/{id}/approve", FAY, "finance", body)
                signed.append(f"{id} run {run['run']}")
    tale.pump()
    return f"approved: {', '.join(signed)}" if signed else ""


def deliver(tale: Tale, a: int, b: int, c: int) -> str:
    """The provider delivers; some webhooks are lost, one comes twice."""
    provider = tale.world.provider
    provider.deliver()
    lost = min(a % 3, len(provider.webhooks))
    del provider.webhooks[:lost]
    provider.webhooks += provider.webhooks[:1]
    if not provider.webhooks:
        return ""
    tale.pump()
    return f"the provider delivers, {lost} webhooks are lost"


def reconcile(tale: Tale, a: int, b: int, c: int) -> str:
    """Orders and statement are read."""
    tale.stage.schedule("reconcile_rewards", tale.now)
    tale.pump()
    return "reconciled"


def days(tale: Tale, a: int, b: int, c: int) -> str:
    """Days go by."""
    tale.later(24 * (1 + a % 4))
    return f"days go by: {tale.now:%b %d}"


def busy(tale: Tale, a: int, b: int, c: int) -> str:
    """The workers are slow: what the next acts send stays in the queues and is then taken in any order."""
    if tale.backlog:
        return ""
    tale.backlog = 2 + a % 4
    return f"the workers are slow for {tale.backlog - 1} acts"


# Act -> how often it comes, against the others.
ACTS: dict[Act, int] = {
    register: 8, approve: 3, refuse: 2, delete: 2, reprice: 4, relabel: 4, reassign: 3, split: 5, relocate: 5, sweep: 2,
    old_post: 2, invoice: 12, correct: 5, credit: 5, cancel: 2, same_file: 2, other_side: 4, turned_round: 3,
    two_ways: 2, put_alias: 2, end_alias: 1, join: 1, leave: 1, new_version: 2, unused: 1, close: 5, sign: 3,
    deliver: 2, reconcile: 1, days: 3, busy: 4, dispute: 6, talk: 3, decide: 3, adjust: 3, second: 1,
}  # fmt: skip
