"""What can happen in a story, one function an act.

An act takes the tale and three small numbers that choose among what is there, and says in words what it did; "" when
it was not possible at this point, and then nothing has happened. Acts never check: that is `tests.simulator.truths`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from chalicelib.domain.calendar import iso, local_day
from local.story_world import CASH, CHI, DEE, NAMES, PUSH, TOGETHER, ZONE, users
from tests.simulator.paper import DISTRIBUTORS, PRICE, VENDORS, Row
from tests.simulator.story import MONTH
from tests.simulator.tale import (
    ACCOUNTS,
    ADMINS,
    DEALS,
    FAY,
    INVOICED,
    OLD_SKU,
    PROGRAMS,
    SELLERS,
    SKUS,
    Tale,
    account_id,
    deal_id,
    documents,
)
from tests.simulator.world import OUTBOUND_TOKEN

Act = Callable[[Tale, int, int, int], str]
SEATS = (20, 10, 5, 33, 50, 1)
LAST = MONTH.day(30)
_KINDS = ("Net New", "Renewal", "Expansion")
_FATES = ("Rejected", "Lost", "Expired", "Draft")
_SPLITS = ((60, 40), (50, 50), (33, 67), (50, 30, 20), (33.33, 33.33, 33.34))


def _today(tale: Tale) -> date:
    return local_day(tale.now, ZONE)


def _name(user: str) -> str:
    return NAMES[user].split()[0]


def _credits(reps: list[str], c: int) -> str:
    shares: tuple[float, ...] = (100,)
    if len(reps) > 1:
        shares = next(s for s in (*_SPLITS[c % 5 :], *_SPLITS) if len(s) == len(reps))
    return ";".join(f"{rep}:{share}" for rep, share in zip(reps, shares, strict=True))


# --- Salesforce -------------------------------------------------------------------------------------------------


def _saved(tale: Tale, deal: int, values: dict[str, Any], c: int) -> str:
    """Save, and let the message go out; one in six is lost for good, one in six waits for the next."""
    tale.save(deal, values)
    if c % 6 == 4:
        tale.world.org.state.queue.pop()
        return " (the message is lost)"
    if c % 6 == 5:
        return " (the message is not sent yet)"
    tale.send()
    return ""


def register(tale: Tale, a: int, b: int, c: int) -> str:
    """A deal is registered: submitted, or approved at once."""
    deal = a % DEALS
    if tale.world.org.state.records.get("Deal_Registration__c", {}).get(deal_id(deal)):
        return ""
    account, sku, seats = b % 3, SKUS[(a + b) % 3], SEATS[c % 6]
    values: dict[str, Any] = {
        "Name": f"DR-{201 + deal:06}", "Account__c": account_id(account), "Account_Name__c": ACCOUNTS[account],
        "Status__c": "Submitted", "Vendor__c": VENDORS[sku], "Product_SKU__c": sku, "Quantity__c": float(seats),
        "Amount__c": float(seats * PRICE), "CurrencyIsoCode": "USD", "Deal_Type__c": _KINDS[b % 2],
        "OwnerId": SELLERS[(a + c) % 3], "CreatedDate": iso(tale.now), "Valid_Until__c": MONTH.day(60).isoformat(),
        "Special_Bid__c": f"SB-{b % 2}" if b % 4 < 2 else None,
        "Purchase_Order__c": f"PO-{c % 2}" if c % 3 else None,
    }  # fmt: skip
    if b % 4:
        values |= _stamp(tale, values["OwnerId"])
    how = "approved" if b % 4 else "submitted"
    after = _saved(tale, deal, values, 0 if b % 4 == 0 else c)
    return f"deal {deal} of {ACCOUNTS[account]}, {seats} x {sku}, {how} for {_name(values['OwnerId'])}{after}"


def _stamp(tale: Tale, rep: str) -> dict[str, Any]:
    approved = min(tale.now, MONTH.at(29, 12))
    return {"Status__c": "Approved", "Approved_At__c": iso(approved), "Credited_Reps__c": f"{rep}:100"}


def approve(tale: Tale, a: int, b: int, c: int) -> str:
    """A registration is approved (again)."""
    record = tale.record(a % DEALS)
    if record is None or record["Status__c"] == "Approved":
        return ""
    values = _stamp(tale, record["OwnerId"]) if not record.get("Approved_At__c") else {"Status__c": "Approved"}
    return f"deal {a % DEALS} approved{_saved(tale, a % DEALS, values, b + c)}"


def refuse(tale: Tale, a: int, b: int, c: int) -> str:
    """A registration is rejected, lost, expired or withdrawn."""
    if tale.record(a % DEALS) is None:
        return ""
    fate = _FATES[b % 4]
    return f"deal {a % DEALS} becomes {fate}{_saved(tale, a % DEALS, {'Status__c': fate}, c)}"


def delete(tale: Tale, a: int, b: int, c: int) -> str:
    """A registration is deleted: a message that was under way says only that."""
    deal = a % DEALS
    if tale.record(deal) is None or (b + c) % 3:
        return ""
    after = _saved(tale, deal, {"Status__c": "Lost"}, 5)
    tale.world.org.state.delete("Deal_Registration__c", deal_id(deal))
    tale.send()
    return f"deal {deal} deleted{after and ' while a message was under way'}"


def reprice(tale: Tale, a: int, b: int, c: int) -> str:
    """Quantity, amount or deal type change."""
    if tale.record(a % DEALS) is None:
        return ""
    seats = SEATS[(b + c) % 6]
    changes: tuple[dict[str, Any], ...] = (
        {"Quantity__c": float(seats), "Amount__c": float(seats * PRICE)}, {"Amount__c": float(seats * 75)},
        {"Deal_Type__c": _KINDS[c % 3]},
    )  # fmt: skip
    change = changes[b % 3]
    return f"deal {a % DEALS} now {change}{_saved(tale, a % DEALS, change, c)}"


def relabel(tale: Tale, a: int, b: int, c: int) -> str:
    """The bid or the purchase order of a registration changes, or is taken away."""
    if tale.record(a % DEALS) is None:
        return ""
    field, value = ("Special_Bid__c", f"SB-{c % 2}") if b % 2 else ("Purchase_Order__c", f"PO-{c % 2}")
    change = {field: None if b % 3 == 0 else value}
    return f"deal {a % DEALS} now {change}{_saved(tale, a % DEALS, change, c)}"


def reassign(tale: Tale, a: int, b: int, c: int) -> str:
    """Another rep owns the deal and is credited."""
    record, rep = tale.record(a % DEALS), SELLERS[b % 4]
    if record is None or not record.get("Credited_Reps__c"):
        return ""
    change = {"OwnerId": rep, "Credited_Reps__c": _credits([rep], c)}
    return f"deal {a % DEALS} reassigned to {_name(rep)}{_saved(tale, a % DEALS, change, c)}"


def split(tale: Tale, a: int, b: int, c: int) -> str:
    """Two or three reps are credited."""
    record = tale.record(a % DEALS)
    if record is None or not record.get("Credited_Reps__c"):
        return ""
    reps = [SELLERS[(b + n) % 4] for n in range(2 + c % 2)]
    credits = _credits(reps, c)
    told = credits
    for rep in reps:
        told = told.replace(rep, _name(rep))
    return f"deal {a % DEALS} split {told}{_saved(tale, a % DEALS, {'Credited_Reps__c': credits}, b + c)}"


def relocate(tale: Tale, a: int, b: int, c: int) -> str:
    """The deal belongs to another account, or turns out to be of the quarter before: it moves to another book."""
    record = tale.record(a % DEALS)
    if record is None:
        return ""
    account = b % 3
    change: dict[str, Any] = {"Account__c": account_id(account), "Account_Name__c": ACCOUNTS[account]}
    if b % 4 == 3:
        change = {"CreatedDate": iso(MONTH.at(-3 if c % 2 else 1, 9))}
    elif b % 4 == 2 and record.get("Approved_At__c"):  # and was approved earlier than everybody thought
        change["Approved_At__c"] = iso(MONTH.at(1 + c % 2, 11))
    return f"deal {a % DEALS} moved: {change}{_saved(tale, a % DEALS, change, c)}"


def sweep(tale: Tale, a: int, b: int, c: int) -> str:
    """The sweep finds what messages missed."""
    tale.stage.schedule("sweep_salesforce", tale.now)
    tale.pump()
    return "Salesforce swept"


def old_post(tale: Tale, a: int, b: int, c: int) -> str:
    """A message arrives again that was overtaken by newer ones."""
    if not tale.posts:
        return ""
    body = tale.posts[(a + b + c) % len(tale.posts)]
    tale.stage.request(
        "POST", f"/salesforce/outbound-messages/{quote(OUTBOUND_TOKEN)}", body,
        {"Content-Type": "text/xml; charset=UTF-8"},
    )  # fmt: skip
    tale.pump()
    return "an old message arrives again"


# --- distributors -----------------------------------------------------------------------------------------------


def invoice(tale: Tale, a: int, b: int, c: int) -> str:
    """One or two lines of a deal are invoiced, quoting some of its identifiers."""
    record = tale.world.org.state.records.get("Deal_Registration__c", {}).get(deal_id(a % DEALS)) or {}
    distributor = DISTRIBUTORS[c % 2]
    day = _today(tale) - timedelta(days=b % 2)
    quoted = (
        {"number": f"DR-{201 + a % DEALS:06}"}, {"bid": f"SB-{a % 2}"}, {"po": f"PO-{a % 2}"},
        {"number": f"DR-{201 + a % DEALS:06}", "po": f"PO-{b % 2}"},
    )[b % 4]  # fmt: skip
    sku = OLD_SKU if c % 5 == 4 else record.get("Product_SKU__c", SKUS[(a + b) % 3])
    customer = record.get("Account_Name__c", ACCOUNTS[b % 3])
    document = f"{'INV' if distributor == 'castellan' else 'B'}{len(tale.files) + 1}"
    rows = [
        Row(distributor, document, n + 1, SEATS[(b + c + n) % 6], day, sku, customer, **quoted)
        for n in range(1 + (b + c) % 2)
    ]
    tale.drop(distributor, rows)
    return "; ".join(str(row) for row in rows)


def _line(tale: Tale, a: int, *kinds: str) -> Row | None:
    found = [row for row in tale.lines() if row.kind in kinds]
    return found[a % len(found)] if found else None


def correct(tale: Tale, a: int, b: int, c: int) -> str:
    """A line is told again with another quantity, part number, date or identifier."""
    row = _line(tale, a, "invoice", "cancellation")
    if row is None:
        return ""
    changed = (
        replace(row, kind="invoice", seats=SEATS[c % 6]), replace(row, kind="invoice", sku=SKUS[c % 3]),
        replace(row, kind="invoice", po=f"PO-{c % 2}"), replace(row, kind="invoice", bid=f"SB-{c % 2}"),
        replace(row, kind="invoice", number="" if c % 2 else f"DR-{201 + c % DEALS:06}"),
        replace(row, kind="invoice", on=row.on - timedelta(days=1)),
    )[b % 6]  # fmt: skip
    tale.drop(row.distributor, [changed])
    return f"corrected: {changed}"


def credit(tale: Tale, a: int, b: int, c: int) -> str:
    """A credit memo or a return for a part, or more than all, of a line."""
    row = _line(tale, a, "invoice")
    if row is None:
        return ""
    seats = -max(1, (row.seats // 2, row.seats, 2 * row.seats)[b % 3])
    kind = "credit" if c % 2 else "return"
    back = replace(row, document=f"CM{len(tale.files) + 1}", kind=kind, seats=seats, on=_today(tale))
    tale.drop(row.distributor, [back])
    return f"came back: {back}"


def cancel(tale: Tale, a: int, b: int, c: int) -> str:
    """A line is cancelled."""
    row = _line(tale, a, "invoice")
    if row is None:
        return ""
    tale.drop(row.distributor, [replace(row, kind="cancellation")])
    return f"cancelled: {row}"


def same_file(tale: Tale, a: int, b: int, c: int) -> str:
    """A file is dropped again, under its name or another one."""
    if not tale.files:
        return ""
    file = tale.files[a % len(tale.files)]
    name = file.name if b % 2 else f"again-{len(tale.told)}-{file.name}"
    tale.stage.drop(file.distributor, name, file.body)
    tale.pump()
    return f"{file.name} of {file.distributor} is dropped again as {name}"


def other_side(tale: Tale, a: int, b: int, c: int) -> str:
    """The other distributor tells the same sale."""
    row = _line(tale, a, "invoice")
    if row is None:
        return ""
    other = DISTRIBUTORS[1 - DISTRIBUTORS.index(row.distributor)]
    told = replace(row, distributor=other, document=f"T{len(tale.files) + 1}", on=row.on + timedelta(days=b % 3 - 1))
    tale.drop(other, [told if told.po else replace(told, po=f"PO-{c % 2}")])
    return f"the other side tells: {told}"


def turned_round(tale: Tale, a: int, b: int, c: int) -> str:
    """Two extracts of one line come in the wrong order: the later one first."""
    row = _line(tale, a, "invoice", "cancellation")
    if row is None or row.distributor != "broadmere":
        return ""
    first, second = (replace(row, kind="invoice", seats=SEATS[(b + n) % 6]) for n in (0, c % 5 + 1))
    tale.drop("broadmere", [second], tale.now - timedelta(minutes=5))
    tale.drop("broadmere", [first], tale.now - timedelta(minutes=9))
    return f"in the wrong order: {second}; then older: {first}"


def two_ways(tale: Tale, a: int, b: int, c: int) -> str:
    """Two extracts of the same moment tell one line differently."""
    row = _line(tale, a, "invoice")
    if row is None or row.distributor != "broadmere" or c % 2:
        return ""
    told = [replace(row, seats=SEATS[(b + n) % 6]) for n in range(2)]
    as_of = tale.now - timedelta(minutes=7)
    for one in told:
        tale.drop("broadmere", [one], as_of)
    return f"two ways: {told[0]}, and {told[1].seats} seats"


def put_alias(tale: Tale, a: int, b: int, c: int) -> str:
    """An admin says, or says differently, what a distributor's word means."""
    name = f"alias-{a % 2}"
    document: dict[str, Any] = {
        "distributor": "*" if a % 2 else "castellan", "kind": "sku", "code": OLD_SKU, "sku": SKUS[b % 2],
    }  # fmt: skip
    tale.ask("PUT", f"/config/alias/{name}", ADMINS[c % 2], "admin", document)
    tale.aliases[name] = document
    tale.pump()
    return f"{name}: {document}"


def end_alias(tale: Tale, a: int, b: int, c: int) -> str:
    """An alias ends on a day."""
    name = f"alias-{a % 2}"
    if name not in tale.aliases:
        return ""
    tale.aliases[name] = tale.aliases[name] | {"valid_to": (_today(tale) - timedelta(days=b)).isoformat()}
    tale.ask("PUT", f"/config/alias/{name}", ADMINS[c % 2], "admin", tale.aliases[name])
    tale.pump()
    return f"{name} ends {tale.aliases[name]['valid_to']}"


# --- people and programs ----------------------------------------------------------------------------------------


def join(tale: Tale, a: int, b: int, c: int) -> str:
    """Dee joins."""
    org = tale.world.org.state
    if DEE in org.records["User"] or _today(tale) > LAST:
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
    return f"{_name(who)} leaves"


def new_version(tale: Tale, a: int, b: int, c: int) -> str:
    """A program's rate changes from tomorrow: drafted by one admin, activated by the other."""
    if _today(tale) > LAST:
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
    deliver: 2, reconcile: 1, days: 3, busy: 4,
}  # fmt: skip
