"""What can happen in Salesforce, one function an act (see `tests.simulator.acts`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from chalicelib.domain.calendar import iso
from local.story_world import NAMES
from tests.simulator.paper import PRICE, VENDORS
from tests.simulator.story import MONTH
from tests.simulator.tale import ACCOUNTS, DEALS, OBJECT, SEATS, SELLERS, SKUS, Tale, account_id, deal_id
from tests.simulator.world import OUTBOUND_TOKEN

_KINDS = ("Net New", "Renewal", "Expansion")
_FATES = ("Rejected", "Lost", "Expired", "Draft")
# Shares under which largest remainder gives nobody more of fewer points: of (47, 38, 15) it gives the third 6 of 44 and
# 7 of 43, so that a credit note of one point would raise her balance by one.
_SPLITS = ((60, 40), (50, 50), (33, 67), (50, 30, 20), (33.33, 33.33, 33.34))


def _name(user: str) -> str:
    return NAMES[user].split()[0]


def _credits(reps: list[str], c: int) -> str:
    shares: tuple[float, ...] = (100,)
    if len(reps) > 1:
        shares = next(s for s in (*_SPLITS[c % 5 :], *_SPLITS) if len(s) == len(reps))
    return ";".join(f"{rep}:{share}" for rep, share in zip(reps, shares, strict=True))


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
    if tale.world.org.state.records.get(OBJECT, {}).get(deal_id(deal)):
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
    tale.world.org.state.delete(OBJECT, deal_id(deal))
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
