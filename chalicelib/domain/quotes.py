"""What a sale would earn, asked before there is a deal: scored by the very rules that will score it later.

A quote is a deal that does not exist yet: registered and approved this moment, ordered and invoiced today, credited
whole to the person who asks. What it would earn is what scoring says of exactly that (W48, W49); what it would pay
follows from where she and the budget stand, and never promises what a budget no longer holds (domain.md 21).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Award, Verdict
from chalicelib.domain.budgets import Budget
from chalicelib.domain.calendar import local_day, quarter_of
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.documents import Fields, money
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.identifiers import sku_form
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine, Revision
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.registrations import DEAL_TYPES, WHOLE, Credit, DealType, Registration
from chalicelib.domain.salesforce_values import full_id
from chalicelib.domain.scoring import score_deal
from chalicelib.domain.standings import Standing, Sums, payable_points

MOST_SEATS = 10**7
# What a registration says of itself as a record, or what asking says in its own words; the rest are facts of the
# customer and the deal, each asked by its name, whatever rules there are by now.
_OWN_WORDS = frozenset(
    ("id", "version", "status", "account", "created_at", "account_name", "number", "bid", "po", "approved_at",
     "valid_until", "vendor", "sku", "family", "quantity", "amount", "deal_type", "owner", "credits", "trouble",
     "overlays")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is about to quote. `amount` is the value of the whole quantity; `deal_type` None: she does not
    know yet. `account` is a Salesforce id ("": none named); `facts` are further fields of a registration."""

    sku: str
    quantity: int
    vendor: str = ""
    family: str = ""
    amount: Money | None = None
    deal_type: DealType | None = None
    account: str = ""
    facts: tuple[tuple[str, object], ...] = ()


def read_asked(document: Mapping[str, object]) -> Asked:
    """A question as sent: `sku` and `quantity`, and what else is known of the sale. Raises: InvalidDocument with every
    problem, each with what is allowed and the nearest spelling."""
    problems: list[Problem] = []
    fields = Fields(document, "", problems)
    amount = money(Fields(fields.raw("amount"), "amount", problems)) if fields.has("amount") else None
    asked = Asked(
        sku=sku_form(fields.text("sku", longest=100)),
        quantity=fields.integer("quantity", 1, MOST_SEATS),
        vendor=fields.text("vendor", required=False, longest=100),
        family=fields.text("family", required=False, longest=60),
        amount=amount,
        deal_type=fields.choice("deal_type", DEAL_TYPES) if fields.has("deal_type") else None,
        account=_account(fields),
        facts=tuple(_facts(fields)),
    )
    fields.end()
    if problems:
        raise InvalidDocument("the question", problems)
    return asked


def _account(fields: Fields) -> str:
    written = fields.text("account", required=False, longest=18)
    account = full_id(written) if written else ""
    if account is None:
        fields.complain("account", "is no Salesforce id", "Give its 15 or 18 characters, or leave it out.", written)
    return account or ""


def _facts(fields: Fields) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for field in dataclasses.fields(Registration):
        if field.name in _OWN_WORDS or not fields.has(field.name):
            continue
        kind = str(field.type)
        if kind.startswith("bool"):
            value: object = fields.raw(field.name)
            if not isinstance(value, bool):
                fields.complain(field.name, "is neither true nor false", "Write true or false.", value)
        elif kind.startswith("int"):
            value = fields.integer(field.name, 0, 10**9)
        else:
            value = fields.text(field.name, longest=100)
        found.append((field.name, value))
    return found


@dataclass(frozen=True, slots=True)
class LayerOffer:
    """What one funder would pay. `points` is what scoring would say, `worth` their money; `pays` is what they add to
    her payout after tiers, her cap and the budget, if everything she has waiting confirms too. `missing` are the
    conditions that do not hold, each with the smallest change; `because` is the arithmetic. `tier` is the one it would
    reach ("" none), `to_next_tier` what is missing after it. `note` says why less is paid than `worth`."""

    layer: str
    points: int
    worth: Money
    pays: Money
    counts: bool
    because: str
    missing: tuple[Verdict, ...]
    tier: str
    to_next_tier: int | None
    budget: Budget | None
    note: str


def offers(
    asked: Asked,
    deal_type: DealType,
    versions: Sequence[Program],
    standing: Standing,
    budgets: Mapping[str, Budget],
    now: datetime,
    book: DealBook | None = None,
) -> tuple[LayerOffer, ...]:
    """What a sale of that type would earn its seller under one program, layer by layer. `versions` are all activated
    ones; `budgets` are by layer, without those that have none; in `book` stands what the account has bought."""
    registration = imagined(asked, deal_type, standing.rep, now)
    today = local_day(now, versions[-1].window.zone)
    lines = papers(registration, today, versions[-1].currency)
    around = None
    if book is not None:
        there = book.book_lines()
        around = BookLines(
            {**there.registrations, registration.id: registration}, {**there.lines, registration.id: lines},
            there.key, there.bought_elsewhere,
        )  # fmt: skip
    awards = score_deal(registration, lines, {versions[-1].id: versions}, explain=True, book=around)
    program = next(v for v in versions if v.version == awards[0].version)
    found = []
    for award in awards:
        layer = program.layer(award.layer)
        if not layer.role:  # an overlay pays another role, never her who sells
            found.append(_offer(program, layer, award, standing, budgets.get(layer.id)))
    return tuple(found)


def book_of(asked: Asked, now: datetime) -> str | None:
    """Key of the deal book the sale would be in were it registered now; None when no account is named."""
    return f"{asked.account}/{quarter_of(now)}" if asked.account else None


def imagined(asked: Asked, deal_type: DealType, rep: str, now: datetime) -> Registration:
    """The registration as it would stand, approved this moment."""
    plain = Registration(
        "quote", now, "approved", asked.account, now, number="quote", approved_at=now, vendor=asked.vendor,
        sku=asked.sku, family=asked.family, quantity=asked.quantity, amount=asked.amount, deal_type=deal_type,
        owner=rep, credits=(Credit(rep, WHOLE),),
    )  # fmt: skip
    return replace(plain, **dict(asked.facts))  # type: ignore[arg-type]


def papers(registration: Registration, today: date, currency: str) -> tuple[OrderLine, OrderLine]:
    """The order and the invoice that would confirm it, whole, both of today; worth nothing in `currency` when no value
    was named."""
    order = OrderLine(
        "quote|order|1", "quote", "order", "quote", "1", Revision(0, registration.version, 1),
        Decimal(registration.quantity), registration.amount or Money(0, currency), registration.sku,
        registration.vendor, order_no="quote", registration_no="quote", ordered_on=today,
    )  # fmt: skip
    return order, replace(order, id="quote|invoice|1", document_type="invoice", invoiced_on=today)


def _offer(program: Program, layer: Layer, award: Award, standing: Standing, budget: Budget | None) -> LayerOffer:
    missing = tuple(v for v in award.proof.verdicts if not v.holds)
    points, note = award.confirmed, ""
    if award.when is not None and points and not standing.fence.covers(award.when.qualified_on):
        until = f" to {standing.fence.enrolled_to}" if standing.fence.enrolled_to else ""
        points, note = 0, f"you are enrolled from {standing.fence.enrolled_from}{until}"
    sums = standing.sums(layer.id)
    pays = _adds(layer, sums, points)
    if program.cap_per_rep is not None:
        pays = min(pays, max(0, program.cap_per_rep.minor - _paid_out(program, standing)) // layer.point.minor)
    if pays < points:
        note = note or "your cap leaves room for less"
    first = layer.first_deals_per_rep
    if points and first is not None and standing.deals >= first:
        pays, note = 0, f"only your first {first:,} deals are paid, and there are {standing.deals:,}"
    if budget is not None:
        room = 0 if budget.exhausted else budget.left.minor // layer.point.minor
        if pays and room < pays:
            pays, note = room, budget.note or f"only {room:,} points of it fit into the rest of the budget"
    before, after = sums.confirmed, sums.confirmed + points
    reached = [t.name for t in layer.tiers if before < t.from_points <= after]
    ahead = [t.from_points - after for t in layer.tiers if t.from_points > after]
    return LayerOffer(
        layer.id, points, _money(layer, points), _money(layer, pays), not missing and points > 0,
        award.proof.confirmed_because, missing, reached[-1] if reached else "", min(ahead, default=None),
        budget, note,
    )  # fmt: skip


def _adds(layer: Layer, sums: Sums, points: int) -> int:
    """Points a sale adds to what she is paid. Asked beside what is confirmed and beside what still waits: a bonus or
    the last room under a cap that her waiting deals take is not promised twice."""
    if not points:
        return 0
    everything = sums.confirmed + sums.provisional
    return min(
        payable_points(layer, start + points) - payable_points(layer, start) for start in (sums.confirmed, everything)
    )


def _paid_out(program: Program, standing: Standing) -> int:
    """Minor units all layers pay her if everything she has waiting confirms: what the cap over all of them is left."""
    sums = [(layer, standing.sums(layer.id)) for layer in program.layers]
    return sum(payable_points(x, s.confirmed + s.provisional) * x.point.minor for x, s in sums)


def _money(layer: Layer, points: int) -> Money:
    return Money(points * layer.point.minor, layer.point.currency)
