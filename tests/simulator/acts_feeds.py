"""What distributors tell, and what an admin says of their words, one function an act (see `tests.simulator.acts`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.simulator.paper import DISTRIBUTORS, Row
from tests.simulator.tale import ACCOUNTS, ADMINS, DEALS, OBJECT, OLD_SKU, SEATS, SKUS, Tale, deal_id


def invoice(tale: Tale, a: int, b: int, c: int) -> str:
    """One or two lines of a deal are invoiced, quoting some of its identifiers."""
    record = tale.world.org.state.records.get(OBJECT, {}).get(deal_id(a % DEALS)) or {}
    distributor = DISTRIBUTORS[c % 2]
    day = tale.today() - timedelta(days=b % 2)
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
    back = replace(row, document=f"CM{len(tale.files) + 1}", kind=kind, seats=seats, on=tale.today())
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
    tale.aliases[name] = tale.aliases[name] | {"valid_to": (tale.today() - timedelta(days=b)).isoformat()}
    tale.ask("PUT", f"/config/alias/{name}", ADMINS[c % 2], "admin", tale.aliases[name])
    tale.pump()
    return f"{name} ends {tale.aliases[name]['valid_to']}"
