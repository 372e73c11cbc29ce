"""Why a deal is worth what it is, in words: the verdicts behind every award, and what a deal still waits for.

The same proof feeds the rep's text, a dispute and the vendor's claim (domain.md 29). A miss names the smallest change
that would count; when it is too late for any it says what would have counted rather than inventing hope. Nothing here
is on the hot path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Change, Proof, Verdict
from chalicelib.domain.calendar import day_text, local_day
from chalicelib.domain.conditions import DEAL_WORDS, changes_text, count_text, money_text, one_of
from chalicelib.domain.counted import Counted
from chalicelib.domain.deal_types import shares_of, typed
from chalicelib.domain.money import Money
from chalicelib.domain.orders import CONFIRMS, OrderLine
from chalicelib.domain.programs import Program, Rate
from chalicelib.domain.purchases import Purchase
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import LayerRule, LineRefusal, Rule, Sorted, in_time, rule_of, takes_away
from chalicelib.domain.scoring import refusal
from chalicelib.domain.verdicts import (
    LINES_SHOWN,
    Sources,
    of_line,
    of_program,
    of_registration,
    on_conditions,
    on_deal_type,
)
from chalicelib.domain.worth import Worth, deal_worth

DOCUMENTS = {"order": "order", "invoice": "invoice"}


def proof_of(
    rule: Rule,
    layer: LayerRule,
    registration: Registration,
    lines: Sequence[OrderLine],
    found: Worth | None,
    refused: str,
    around: Sorted,
    bought: Purchase | None = None,
) -> Proof:
    """The proof of one award. `found` is None when the registration can earn nothing, for the reason `refused`;
    `around` are the lines as they were sorted for scoring, `bought` is the purchase that made the deal a renewal."""
    lines = sorted(lines, key=lambda x: (x.document_no, x.line_no, x.id))
    verdicts = [_approved(registration, refused)]
    if registration.approved_at is None or found is None:
        return Proof(tuple(verdicts), f"0: {refused}", f"0: {refused}")
    approved_on = local_day(registration.approved_at, rule.program.window.zone)
    verdicts.append(_in_window(rule, registration, lines, approved_on, found.counted))
    sources = Sources(rule.program, registration, _counting(layer, registration, around), layer.product, bought)
    verdicts += on_deal_type(registration, rule.program, bought)
    verdicts += on_conditions(layer, registration, lines, found, around, sources)
    verdicts.append(_rated(rule.program, layer, registration))
    if rule.program.behaviour != "deal_registered":
        verdicts.append(_documents(rule, registration, found, lines))
        verdicts += _lines(rule, layer, registration, lines, around)
    return Proof(
        tuple(verdicts), _provisional_because(rule, layer, registration, found), _confirmed_because(layer, found)
    )


def _approved(registration: Registration, refused: str) -> Verdict:
    help_ = {
        "submitted": "have the registration approved",
        "rejected": "an approved registration would have counted",
        "deleted": "an approved registration would have counted",
    }.get(registration.status, "mend the registration in Salesforce")
    return Verdict(
        "approved", registration.status, refused or "approved, with a credited rep", not refused, refused and help_,
        origins=of_registration(registration, "status"),
    )  # fmt: skip


def _in_window(
    rule: Rule, registration: Registration, lines: Sequence[OrderLine], approved_on: date, counted: Counted
) -> Verdict:
    window = rule.program.window
    threshold = f"{day_text(window.start)} to {day_text(window.end)}"
    if not rule.by_order:
        holds = window.start <= approved_on <= window.end
        early = f"have it approved on or after {day_text(window.start)}"
        late = f"an approval by {day_text(window.end)} would have counted"
        help_, to = (late, window.end) if approved_on > window.end else (early, window.start)
        changes = () if holds else (Change("approved_on", to.isoformat(), help_, "date"),)
        origins = of_registration(registration, "approved_at")
        value = day_text(approved_on)
        return Verdict("approved in the window", value, threshold, holds, changes_text(changes), changes, origins)
    placed = "ordered" if rule.program.qualifying_date == "order_placed" else "invoiced"
    field = f"{placed}_on"
    dated = [x for x in lines if not takes_away(x) and rule.qualified_on(x, approved_on) is not None]
    if counted.first is not None:
        first = [x for x in dated if rule.qualified_on(x, approved_on) == counted.first]
        origins = tuple(of_line(x, field) for x in first[:LINES_SHOWN])
        return Verdict(f"{placed} in the window", day_text(counted.first), threshold, True, origins=origins)
    days = sorted(day for line in dated if (day := rule.qualified_on(line, approved_on)) is not None)
    value = ", ".join(day_text(d) for d in dict.fromkeys(days)) or f"not {placed} yet"
    holds = any(window.start <= d <= window.end for d in days)
    possible = in_time(rule, registration, approved_on)
    help_ = "" if holds else f"having it {placed} in those days would have counted"
    if possible and not holds:
        help_ = f"have it {placed} by {day_text(window.end)}"
    changes = () if holds else (Change(field, window.end.isoformat(), help_, "date"),)
    origins = tuple(of_line(x, field) for x in dated[:LINES_SHOWN])
    return Verdict(f"{placed} in the window", value, threshold, holds, changes_text(changes), changes, origins)


def _counting(layer: LayerRule, registration: Registration, around: Sorted) -> list[OrderLine]:
    """The lines behind what is confirmed, corrections included, in document order; all when none counts."""

    def fits(line: OrderLine) -> bool:
        return layer.fits(line.sku, line.vendor or registration.vendor)

    found = [
        x for x, _ in around.may
        if fits(x) and all(c.holds(layer.sold(x, registration, around)) for c in layer.each)
    ]  # fmt: skip
    found = found or [x for x, _ in around.may]
    found += [x for x in around.corrections if fits(x)]
    return sorted(found, key=lambda x: (x.document_no, x.line_no, x.id))


def _rated(program: Program, layer: LayerRule, registration: Registration) -> Verdict:
    """The rate of the deal's type; of a co-term, the rates of both its types, of which one is enough."""
    types = tuple(DEAL_WORDS[r.deal_type] if r.deal_type else "any deal" for r in layer.layer.rates)
    origins = (*of_registration(registration, "deal_type"), of_program(program, f"layers.{layer.layer.id}.rates"))
    found = []
    for deal_type, _ in shares_of(registration):
        value = DEAL_WORDS[deal_type] if deal_type else "no deal type"
        text = f"only {one_of(types)} earns" if deal_type else "state the deal type on the registration"
        to = layer.layer.rates[0].deal_type or ""
        holds = layer.rates[deal_type] is not None
        changes = () if holds else (Change("deal_type", to, text, "other" if deal_type else "state"),)
        threshold = "rates for " + ", ".join(types)
        found.append(Verdict("rate", value, threshold, holds, changes_text(changes), changes, origins))
    if len(found) == 1:
        return found[0]
    parts = tuple(replace(v, condition=f"rate of the {v.value} part") for v in found)
    best = next((v for v in found if v.holds), found[0])
    return replace(best, value=" and ".join(v.value for v in found), parts=parts)


def _documents(rule: Rule, registration: Registration, found: Worth, lines: Sequence[OrderLine]) -> Verdict:
    program, counted, name = rule.program, found.counted, "confirmed by the distributor"
    arrived = [x for x in lines if CONFIRMS[x.document_type] == program.confirming_document and not takes_away(x)]
    origins = tuple(of_line(x, "quantity") for x in arrived[:LINES_SHOWN])
    document = DOCUMENTS[program.confirming_document]
    threshold = f"{document} dated by {day_text(program.confirm_by)}"
    if registration.valid_until is not None:
        threshold += f", ordered by {day_text(registration.valid_until)}"
    if counted.first is not None:
        value = f"{count_text(counted.net)} confirmed"
        if not found.covered:
            value = f"{count_text(counted.gross)} of {registration.quantity:,} confirmed"
        waits = f"{document} for {count_text(found.waiting)} more, dated by {day_text(program.confirm_by)}"
        return Verdict(name, value, threshold, True, waits if found.waiting else "", origins=origins)
    if counted.foreign:
        help_ = f"only documents in {rule.layers[0].layer.point.currency} count: this one is in {counted.foreign}"
        return Verdict(name, f"a document in {counted.foreign}", threshold, False, help_, origins=origins)
    value = f"no {document} yet"
    if arrived:
        value = "1 line that does not count" if len(arrived) == 1 else f"{len(arrived)} lines that do not count"
    help_ = f"the distributor's {document}, dated by {day_text(program.confirm_by)}"
    if registration.status != "approved":
        help_ += f", would have counted; the registration is {registration.status}"
    return Verdict(name, value, threshold, False, help_, origins=origins)


def _lines(
    rule: Rule, layer: LayerRule, registration: Registration, lines: Sequence[OrderLine], around: Sorted
) -> Iterator[Verdict]:
    """One verdict per line of the confirming document that does not count, in document order."""
    shown, approved_on = 0, around.approved_on
    assert approved_on is not None or not lines, "lines are sorted by the day of the approval"
    for line in lines:
        if takes_away(line) or approved_on is None:
            continue
        why = rule.refusal(line, registration, approved_on)
        if why == "other document":
            continue
        fits = layer.fits(line.sku, line.vendor or registration.vendor)
        subject = layer.sold(line, registration, around)
        fits = fits and all(c.holds(subject) for c in layer.each)
        if (why == "" and fits) or shown == LINES_SHOWN:
            continue
        shown += 1
        name = f"{line.document_type} {line.document_no} line {line.line_no}".rstrip()
        if why == "":
            miss = next(c for c in (*layer.line, *layer.each) if not c.holds(subject))
            changes = miss.changes(subject)
            yield Verdict(
                name, miss.value(subject), miss.describe(), False, changes_text(changes), changes,
                (of_line(line, (*miss.facts, "sku")[0]),),
            )  # fmt: skip
        else:
            refused = _refused(why, line, rule, registration, approved_on)
            yield Verdict(name, *refused, origins=(of_line(line, "held" if why == "held" else "date"),))


def _refused(
    why: LineRefusal, line: OrderLine, rule: Rule, registration: Registration, approved_on: date
) -> tuple[str, str, bool, str]:
    program = rule.program
    kind = "order" if program.qualifying_date == "order_placed" else "invoice"
    if why == "held":
        return line.held, "nothing for a person to decide", False, "a person must decide first"
    if why == "undated":
        return f"no {kind} date", f"the {kind} date", False, f"the distributor's file must carry the {kind} date"
    if why == "outside":
        day = rule.qualified_on(line, approved_on)
        assert day is not None, "a line outside the window has a date"
        window = f"{day_text(program.window.start)} to {day_text(program.window.end)}"
        return day_text(day), window, False, f"an {kind} dated in those days would have counted"
    if why == "late":
        by = f"dated by {day_text(program.confirm_by)}"
        return day_text(line.dated()), by, False, f"a document {by} would have counted"
    assert registration.valid_until is not None, "a line is only too late for a registration that expires"
    until = f"ordered by {day_text(registration.valid_until)}, while the registration was valid"
    return day_text(line.ordered_on or line.dated()), until, False, f"a line {until}, would have counted"


def rate_text(rate: Rate) -> str:
    """What a rate pays, in words."""
    if rate.kind == "percent":
        return f"{count_text(Decimal(rate.hundredths) / 100)} % of the deal"
    each = "a deal" if rate.kind == "per_deal" else "a seat"
    return f"{rate.points:,} {'point' if rate.points == 1 else 'points'} {each}"


def _provisional_because(rule: Rule, layer: LayerRule, registration: Registration, found: Worth) -> str:
    point, rate = layer.layer.point, found.rate
    if rule.program.behaviour == "deal_registered":
        return "0: the approval itself confirms"
    if rate is None:
        return "0: no rate for this type of deal"
    if found.covered:
        return "0: nothing waits for an order"
    if registration.status != "approved":
        return f"0: the registration is {registration.status}"
    if not found.registered_holds:
        return "0: the deal as registered does not qualify"
    if not found.provisional:
        return "0: the reward is confirmed already" if found.counted.first else "0: nothing is registered"
    if rate.kind == "percent":
        value = money_text(Money(found.waiting_minor, point.currency))
        percent = count_text(Decimal(rate.hundredths) / 100)
        return f"{value} still to be ordered x {percent} % = {found.provisional:,} points"
    if rate.kind == "per_seat":
        return f"{count_text(found.waiting)} seats still to be ordered x {rate.points:,} = {found.provisional:,} points"
    return f"{found.provisional:,} points for the deal, once it is confirmed"


def _confirmed_because(layer: LayerRule, found: Worth) -> str:
    point, rate, counted = layer.layer.point, found.rate, found.counted
    if rate is None:
        return "0: no rate for this type of deal"
    if found.confirmed and counted.first is None:
        return f"{found.confirmed:,} points by the approval itself"
    if counted.first is None:
        return "0: nothing is confirmed yet"
    if not counted.net and not counted.net_minor:
        return "0: everything was returned or credited"
    if not found.confirmed_holds:
        return "0: what is confirmed does not reach the minimum"
    if rate.kind == "percent":
        value = money_text(Money(counted.net_minor, point.currency))
        return f"{value} confirmed x {count_text(Decimal(rate.hundredths) / 100)} % = {found.confirmed:,} points"
    if rate.kind == "per_seat":
        return f"{count_text(counted.net)} seats confirmed x {rate.points:,} = {found.confirmed:,} points"
    return f"{found.confirmed:,} points for the deal"


def _worths(
    registration: Registration, lines: Sequence[OrderLine], program: Program, book: BookLines | None
) -> list[Worth]:
    """The deal under each layer of one version; empty when it can earn nothing."""
    if refusal(registration) or registration.approved_at is None:
        return []
    rule = rule_of(program)
    approved_on = local_day(registration.approved_at, program.window.zone)
    book = book or BookLines({registration.id: registration}, {registration.id: lines})
    deal, _ = typed(registration, rule, approved_on, book)
    ordered = rule.sort(lines, registration, approved_on, book.under(rule))
    return [deal_worth(rule, layer, deal, ordered, approved_on) for layer in rule.layers]


def _furthest(
    registration: Registration, lines: Sequence[OrderLine], program: Program, book: BookLines | None
) -> Worth | None:
    """The layer under which most is confirmed: layers may count different products, the deal is one."""
    found = _worths(registration, lines, program, book)
    return max(found, key=lambda w: (w.counted.first is not None, w.counted.gross), default=None)


def deal_state(
    registration: Registration, lines: Sequence[OrderLine], program: Program, today: date, book: BookLines | None = None
) -> str:
    """One of: submitted, pending, partly confirmed (2 of 3), confirmed, expired, rejected, lost, deleted (domain.md 5).

    `program` is the version that rules the deal, `today` the local day in its zone. "Partly" counts quantities. A deal
    whose orders all went back stays confirmed: the zero beside it and the proof say why.
    """
    if registration.status in ("submitted", "rejected", "lost", "deleted"):
        return registration.status
    found = _furthest(registration, lines, program, book)
    if program.behaviour == "deal_registered":
        return (
            "confirmed" if found and found.confirmed else "pending" if registration.status == "approved" else "expired"
        )
    if found is not None and found.counted.first is not None:
        if found.covered or not registration.quantity:
            return "confirmed"
        return f"partly confirmed ({count_text(found.counted.gross)} of {registration.quantity})"
    over = registration.valid_until is not None and registration.valid_until < today
    return "expired" if over or registration.status == "expired" else "pending"


def what_it_waits_for(
    registration: Registration, lines: Sequence[OrderLine], program: Program, today: date, book: BookLines | None = None
) -> str:
    """Who must do what before the deal counts in full, in one phrase; "nothing" with the reason when it is over."""
    if registration.status == "submitted":
        return "approval of the registration"
    if registration.status in ("rejected", "deleted", "lost"):
        return f"nothing: the registration is {registration.status}"
    if reason := refusal(registration):
        return f"a change in Salesforce: {reason}"
    found = _furthest(registration, lines, program, book)
    assert found is not None, "a registration that is not refused has a worth under every layer"
    if program.behaviour == "deal_registered":
        return "nothing: the approval itself counts"
    if found.counted.first is not None and not found.counted.net and not found.counted.net_minor:
        return "nothing: everything was returned or credited"
    if found.counted.first is not None and found.covered:
        return "nothing: everything is confirmed"
    held = next((x.held for x in sorted(lines, key=lambda x: x.id) if x.held), "")
    if held:
        return f"a person to decide: {held}"
    document = f"the distributor's {DOCUMENTS[program.confirming_document]}"
    rest = f" for {count_text(found.waiting)} more" if found.counted.first is not None and found.waiting else ""
    if today > program.confirm_by:
        return f"nothing: {document}{rest} had to be dated by {day_text(program.confirm_by)}"
    until = registration.valid_until
    if registration.status == "expired" or (until is not None and until < today):
        by = f" on {day_text(until)}" if until else ""
        return f"nothing new: it expired{by}; {document} of an order placed before then still counts"
    return f"{document}{rest}, dated by {day_text(program.confirm_by)}"
