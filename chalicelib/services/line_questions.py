"""What an order line asks of a person: which work list it belongs on, and what is written there."""

from __future__ import annotations

from datetime import datetime

from chalicelib.services.core_port import StoredLine, WorkEntry

_REMEDIES = {
    "orphan": "Register the deal in Salesforce with one of these identifiers, or add the missing one there. If only "
    "the part number is spelled differently, add an alias.",
    "ambiguous_match": "Several registrations share its identifier. Give the right one its number or PO.",
}


def question(stored: StoredLine) -> str:
    """The work list a stored line belongs on: "orphan" (no registration yet, domain.md 11), "ambiguous_match",
    "held_line", or "" when nobody needs to look."""
    if stored.state == "waiting":
        return "orphan"
    if stored.state == "ambiguous":
        return "ambiguous_match"
    return "held_line" if stored.counted().held else ""


def changed_questions(before: StoredLine | None, after: StoredLine, now: datetime) -> list[WorkEntry]:
    """What changes on the work lists when a line moves from one state to the next: the old question is closed, a new
    one is put, and one that is still open is put again when what it says has changed."""
    was, now_is = question(before) if before else "", question(after)
    changes = []
    if was and was != now_is:
        changes.append(WorkEntry(was, after.line.id, now, outcome=f"settled: now {after.state}"))
    if now_is and (was != now_is or before is None or _told(before) != _told(after)):
        changes.append(WorkEntry(now_is, after.line.id, now, {**_told(after), "source": after.line.source}))
    return changes


def _told(stored: StoredLine) -> dict[str, object]:
    """What a person needs to decide about a line, and what to do."""
    line = stored.line
    return {
        "line": line.id, "distributor": line.distributor, "document": line.document_no, "sku": line.sku,
        "told_sku": line.sku if line.told_sku is None else line.told_sku, "distributor_sku": line.distributor_sku,
        "customer": line.customer, "quantity": f"{line.quantity.normalize():f}", "amount": str(line.amount),
        "dated": line.dated().isoformat(), "keys": list(line.match_keys()),
        "remedy": _REMEDIES.get(question(stored)) or stored.counted().held,
    }  # fmt: skip
