"""What happened, event by event: one verb an event, the rest said only where it matters.

    - {on: 2026-10-05, approved: DR-1, rep: Ana, sku: ACM-EDR-1, quantity: 50, amount: 5000 USD, deal type: net-new}
    - {on: 2026-10-14, invoiced: INV-1, for: DR-1, quantity: 20}

A registration keeps what its earlier events said. A line has its registration's product and customer, and its share
of the registered amount, unless it says otherwise. Corrections are written as people say them: "returned: 10".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, get_args

from chalicelib.domain.calendar import zone
from chalicelib.domain.documents import CURRENCIES, Fields, nearest
from chalicelib.domain.identifiers import sku_form
from chalicelib.domain.money import Money, round_half_up
from chalicelib.domain.orders import DocumentType, OrderLine, Revision
from chalicelib.domain.registrations import DEAL_TYPES, WHOLE, Credit, Registration, Status
from local.scenarios.scenario import person_id, record_id

REGISTRATION_VERBS: dict[str, Status | None] = {
    "registered": "submitted", "approved": "approved", "rejected": "rejected", "lost": "lost", "expired": "expired",
    "deleted": "deleted", "reassigned": None, "corrected": None,
}  # fmt: skip
LINE_VERBS: dict[str, DocumentType] = {
    "ordered": "order", "invoiced": "invoice", "credited": "credit", "returned": "return", "cancelled": "cancellation",
}  # fmt: skip
_TAKES_AWAY = ("credited", "returned", "cancelled")
# Fields of a registration and of a line that have their own word here; every other one is said by its name.
_REGISTRATION_WORDS = frozenset(
    ("id", "version", "status", "account", "created_at", "account_name", "number", "approved_at", "valid_until",
     "quantity", "amount", "deal_type", "owner", "credits", "overlays")
)  # fmt: skip
_LINE_WORDS = frozenset(
    ("id", "document_type", "document_no", "line_no", "revision", "quantity", "amount", "registration_no",
     "ordered_on", "invoiced_on", "cancelled", "source", "told_sku", "reference", "sku", "vendor", "customer")
)  # fmt: skip


def instant_of(fields: Fields, zone_name: str) -> tuple[datetime, date]:
    """When it happened: `on`, and `at` (local time of the program's zone, noon when left out)."""
    day = fields.day("on") or date(2026, 10, 1)
    moment = time(12)
    if fields.has("at"):
        text = fields.text("at")
        try:
            moment = time.fromisoformat(text)
        except ValueError:
            fields.complain("at", "is no time", 'Write a time of the day in quotes, as "23:59".', text)
    return datetime.combine(day, moment, tzinfo=zone(zone_name)).astimezone(UTC), day


def amount_of(fields: Fields, name: str) -> Money | None:
    """An amount as "5000 USD"; None when it is left out or wrong, which is then reported."""
    if not fields.has(name):
        return None
    text = fields.text(name)
    number, _, currency = text.replace(",", "").partition(" ")
    if currency not in CURRENCIES:
        near = nearest(currency, CURRENCIES)
        hint = f' Did you mean "{near}"?' if near else ""
        fields.complain(name, "is no amount", f'Write a number and a currency, as "5000 USD".{hint}', text)
        return None
    try:
        return Money.parse(number, currency)
    except ValueError as error:
        fields.complain(name, str(error), 'Write a number and a currency, as "5000 USD".', text)
        return None


@dataclass(slots=True)
class Told:
    """One event of a registration or a line, read and checked, before what it inherits is filled in."""

    path: str
    verb: str
    name: str
    at: datetime
    day: date
    said: dict[str, Any]


def read_registration(fields: Fields, verb: str, zone_name: str, people: Collection[str]) -> Told:
    """An event of a registration: what it says, by field."""
    at, day = instant_of(fields, zone_name)
    name = fields.text(verb)
    said: dict[str, Any] = {}
    if fields.has("customer"):
        said["account_name"] = fields.text("customer")
        said["account"] = record_id("001", said["account_name"])
    if fields.has("quantity"):
        said["quantity"] = fields.integer("quantity", 0, 10**9)
    if fields.has("amount"):
        said["amount"] = amount_of(fields, "amount")
    if fields.has("valid until"):
        said["valid_until"] = fields.day("valid until")
    if fields.has("deal type"):
        words = [word.replace("_", "-") for word in DEAL_TYPES]
        said["deal_type"] = fields.choice("deal type", words).replace("-", "_")
    credits = _credits(fields, "to" if verb == "reassigned" else "rep", people)
    if credits:
        said["credits"], said["owner"] = credits, credits[0].rep
    if fields.has("roles"):
        roles = fields.child("roles")
        said["overlays"] = tuple(
            Credit(_person(roles, role, roles.text(role), people), WHOLE, role) for role in roles.names()
        )
    said |= _others(fields, Registration, _REGISTRATION_WORDS)
    fields.end()
    return Told(fields.path, verb, name, at, day, said)


def _credits(fields: Fields, word: str, people: Collection[str]) -> tuple[Credit, ...]:
    if fields.has("split"):
        split = fields.child("split")
        shares = [(name, str(split.raw(name)).removesuffix("%").strip()) for name in split.names()]
        credits = tuple(Credit(_person(split, name, name, people), _share(split, name, text)) for name, text in shares)
        if sum(c.share for c in credits) != WHOLE:
            fields.complain("split", "is not 100 % in all", "Write shares that add up to 100 %.", shares)
            return ()
        return credits
    if not fields.has(word):
        return ()
    return (Credit(_person(fields, word, fields.text(word), people), WHOLE),)


def _share(fields: Fields, name: str, text: str) -> int:
    try:
        return int(Decimal(text) * 100)
    except ArithmeticError:
        fields.complain(name, "is no share", "Write a percentage, as 60 %.", text)
        return 0


def _person(fields: Fields, at: str, name: str, people: Collection[str]) -> str:
    if name not in people:
        near = nearest(name, people)
        remedy = f'Did you mean "{near}"?' if near else f'Add her to "people": there are {", ".join(people) or "none"}.'
        fields.complain(at, "is nobody of this scenario", remedy, name)
    return person_id(name)


def _others(fields: Fields, of: type[Any], known: Collection[str]) -> dict[str, Any]:
    """The fields of a record that are said by their own name, spaces for underscores, whatever they are by now."""
    readers: dict[str, Callable[[str], object]] = {
        "str": fields.text,
        "bool": lambda name: fields.raw(name) is True,
        "int": lambda name: fields.integer(name, 0, 10**9),
        "tuple[str, ...]": fields.texts,
        "date | None": fields.day,
        "int | None": lambda name: fields.integer(name, 0, 10**9),
        "bool | None": lambda name: fields.raw(name) is True,
        "Decimal": lambda name: Decimal(str(fields.raw(name))),
    }
    said = {}
    for field in dataclasses.fields(of):
        name = field.name.replace("_", " ")
        if field.name not in known and str(field.type) in readers and fields.has(name):
            said[field.name] = readers[str(field.type)](name)
    return said


def registrations(told: list[Told]) -> list[tuple[Told, Registration]]:
    """Every version of every registration, oldest first: each keeps what the ones before it said."""
    stands: dict[str, Registration] = {}
    found = []
    for event in sorted(told, key=lambda t: t.at):
        # Two events of one moment are told in the order they are written: SystemModstamp moves with each.
        before = stands.get(event.name)
        version = max(event.at, before.version + timedelta(milliseconds=1)) if before else event.at
        old = before or Registration(
            record_id("a0D", event.name), version, "submitted", record_id("001", "Harborline Foods"), event.at,
            account_name="Harborline Foods", number=event.name,
        )  # fmt: skip
        status = REGISTRATION_VERBS[event.verb] or old.status
        approved_at = event.at if status == "approved" and old.approved_at is None else old.approved_at
        new = replace(old, **{**event.said, "version": version, "status": status, "approved_at": approved_at})
        if "amount" in event.said and event.said["amount"] is None:
            new = replace(new, amount=old.amount)
        stands[event.name] = new
        found.append((event, new))
    return found


def read_line(fields: Fields, verb: str, zone_name: str) -> Told:
    """An event of a distributor's document: what it says, by field."""
    at, day = instant_of(fields, zone_name)
    name = fields.text(verb)
    said: dict[str, Any] = {"for": fields.text("for", required=False)}
    if fields.has("quantity"):
        said["quantity"] = Decimal(str(fields.raw("quantity")))
        fields.integer("quantity", 0, 10**9)
    if fields.has("amount"):
        said["amount"] = amount_of(fields, "amount")
    for word, field in (("ordered on", "ordered_on"), ("invoiced on", "invoiced_on")):
        if fields.has(word):
            said[field] = fields.day(word)
    said["line"] = str(fields.raw("line") or "1")
    said["told_on"] = fields.day("told on") if fields.has("told on") else day
    for word, field in (("corrects", "reference"), ("sku", "sku"), ("vendor", "vendor"), ("customer", "customer")):
        if fields.has(word):
            said[field] = "" if fields.raw(word) == "" else fields.text(word)  # a file may well leave it empty
    said |= _others(fields, OrderLine, _LINE_WORDS)
    fields.end()
    return Told(fields.path, verb, name, at, day, said)


def line(told: Told, deals: dict[str, Registration], row: int) -> OrderLine:
    """The order line of an event; what it does not say is its registration's. `deals` are by number, as last told."""
    said = dict(told.said)
    number, line_no, told_on = said.pop("for"), said.pop("line"), said.pop("told_on")
    deal = deals.get(number) or Registration("", told.at, "submitted", "", told.at)
    quantity = said.pop("quantity", None)
    amount = said.pop("amount", None)
    quantity = Decimal(deal.quantity) if quantity is None else quantity
    if amount is None and deal.amount is not None:
        share = quantity / deal.quantity if deal.quantity else Decimal(1)
        amount = Money(round_half_up(deal.amount.minor * share), deal.amount.currency)
    amount = amount or Money(0, "USD")
    if told.verb in _TAKES_AWAY:
        quantity, amount = -quantity, -amount
    kind = LINE_VERBS[told.verb]
    assert kind in get_args(DocumentType)
    distributor = said.pop("distributor", "ingram")
    dates = {"ordered_on": told.day} if kind in ("order", "cancellation") else {"invoiced_on": told.day}
    as_of = datetime.combine(told_on, time(23), tzinfo=UTC)
    plain: dict[str, Any] = {
        "id": f"{distributor}|{told.name}|{line_no}", "distributor": distributor, "document_type": kind,
        "document_no": told.name, "line_no": line_no, "revision": Revision(0, as_of, row), "quantity": quantity,
        "amount": amount, "sku": sku_form(said.pop("sku", deal.sku)), "vendor": deal.vendor,
        "registration_no": number, "customer": deal.account_name, "source": f"{distributor}.csv:{row}", **dates,
    }  # fmt: skip
    return OrderLine(**{**plain, **said})
