"""Why a deal is worth what it is, in words: the verdicts behind every award, and what a deal still waits for.

The same proof feeds the rep's text, a dispute and the vendor's claim (domain.md 29). A miss names the smallest change
that would count; when it is too late for any it says what would have counted rather than inventing hope. Nothing here
is on the hot path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from chalicelib.domain.awards import Proof, Verdict
from chalicelib.domain.calendar import local_day
from chalicelib.domain.conditions import DEAL_WORDS, Condition, Subject, count_text, money_text, one_of
from chalicelib.domain.money import Money
from chalicelib.domain.orders import CONFIRMS, OrderLine
from chalicelib.domain.programs import Program, Rate
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import LayerRule, LineRefusal, Rule, registered, rule_of, takes_away
from chalicelib.domain.scoring import Counted, Worth, in_time, refusal, worth

# A proof is read by a person: beyond this many, lines that do not count are only counted.
_LINES_SHOWN = 20

DOCUMENTS = {"order": "order", "invoice": "invoice"}


def day_text(day: date) -> str:
    """A date for people, as "31 Dec 2026"."""
    return f"{day.day} {day:%b %Y}"


def proof_of(
    rule: Rule,
    layer: LayerRule,
    registration: Registration,
    lines: Sequence[OrderLine],
    found: Worth | None,
    refused: str,
) -> Proof:
    """The proof of one award. `found` is None when the registration can earn nothing, for the reason `refused`."""
    lines = sorted(lines, key=lambda x: (x.document_no, x.line_no, x.id))
    verdicts = [_approved(registration, refused)]
    if registration.approved_at is None or found is None:
        return Proof(tuple(verdicts), f"0: {refused}", f"0: {refused}")
    approved_on = local_day(registration.approved_at, rule.program.window.zone)
    verdicts.append(_in_window(rule, registration, lines, approved_on, found.counted))
    verdicts += _conditions(layer, registration, lines, found)
    verdicts.append(_rated(layer, registration, found.rate))
    if rule.program.behaviour != "deal_registered":
        verdicts.append(_documents(rule, registration, found, lines))
        verdicts += _lines(rule, layer, registration, lines, approved_on)
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
        "approved", registration.status, refused or "approved, with a credited rep", not refused, refused and help_
    )


def _in_window(
    rule: Rule, registration: Registration, lines: Sequence[OrderLine], approved_on: date, counted: Counted
) -> Verdict:
    window = rule.program.window
    threshold = f"{day_text(window.start)} to {day_text(window.end)}"
    if not rule.by_order:
        holds = window.start <= approved_on <= window.end
        early = f"have it approved on or after {day_text(window.start)}"
        late = f"an approval by {day_text(window.end)} would have counted"
        help_ = "" if holds else late if approved_on > window.end else early
        return Verdict("approved in the window", day_text(approved_on), threshold, holds, help_)
    placed = "ordered" if rule.program.qualifying_date == "order_placed" else "invoiced"
    if counted.first is not None:
        return Verdict(f"{placed} in the window", day_text(counted.first), threshold, True)
    days = sorted(
        day for line in lines
        if not takes_away(line) and (day := rule.qualified_on(line, approved_on)) is not None
    )  # fmt: skip
    value = ", ".join(day_text(d) for d in dict.fromkeys(days)) or f"not {placed} yet"
    holds = any(window.start <= d <= window.end for d in days)
    possible = in_time(rule, registration, approved_on)
    help_ = "" if holds else f"having it {placed} in those days would have counted"
    if possible and not holds:
        help_ = f"have it {placed} by {day_text(window.end)}"
    return Verdict(f"{placed} in the window", value, threshold, holds, help_)


def _conditions(
    layer: LayerRule, registration: Registration, lines: Sequence[OrderLine], found: Worth
) -> Iterator[Verdict]:
    whole = registered(registration, layer)
    sold = [layer.product(x.sku, x.vendor or registration.vendor) for x in lines if not takes_away(x)]
    for spec, c in zip(layer.layer.conditions, _in_order(layer), strict=True):
        if c.judged == "line":
            subjects = sold or [whole]
            holds = any(c.holds(s) for s in subjects)
            value = ", ".join(dict.fromkeys(c.value(s) for s in subjects))
            yield Verdict(spec.kind, value, c.describe(), holds, "" if holds else c.shortfall(subjects[0]))
            continue
        if found.counted.first is None or not found.covered:
            yield _judged(spec.kind if found.counted.first is None else f"{spec.kind} (registered)", c, whole)
        if found.counted.first is not None:
            net = Money(found.counted.net_minor, layer.layer.point.currency)
            subject = Subject(quantity=found.counted.net, amount=net, deal_type=registration.deal_type)
            yield _judged(f"{spec.kind} (confirmed)", c, subject)


def _judged(name: str, c: Condition, subject: Subject) -> Verdict:
    return Verdict(name, c.value(subject), c.describe(), c.holds(subject), c.shortfall(subject))


def _in_order(layer: LayerRule) -> Iterator[Condition]:
    """The layer's conditions in the order they are written."""
    line, deal = iter(layer.line), iter(layer.deal)
    for judged in layer.judged:
        yield next(line if judged == "line" else deal)


def _rated(layer: LayerRule, registration: Registration, rate: Rate | None) -> Verdict:
    value = DEAL_WORDS[registration.deal_type] if registration.deal_type else "no deal type"
    types = tuple(DEAL_WORDS[r.deal_type] if r.deal_type else "any deal" for r in layer.layer.rates)
    help_ = (
        "state the deal type on the registration" if registration.deal_type is None else f"only {one_of(types)} earns"
    )
    help_ = "" if rate else help_
    return Verdict("rate", value, "rates for " + ", ".join(types), rate is not None, help_)


def _documents(rule: Rule, registration: Registration, found: Worth, lines: Sequence[OrderLine]) -> Verdict:
    program, counted = rule.program, found.counted
    document = DOCUMENTS[program.confirming_document]
    threshold = f"{document} dated by {day_text(program.confirm_by)}"
    if registration.valid_until is not None:
        threshold += f", ordered by {day_text(registration.valid_until)}"
    if counted.first is not None:
        value = f"{count_text(counted.net)} confirmed"
        if not found.covered:
            value = f"{count_text(counted.gross)} of {registration.quantity:,} confirmed"
        waits = f"{document} for {count_text(found.waiting)} more, dated by {day_text(program.confirm_by)}"
        return Verdict("confirmed by the distributor", value, threshold, True, waits if found.waiting else "")
    if counted.foreign:
        help_ = f"only documents in {rule.layers[0].layer.point.currency} count: this one is in {counted.foreign}"
        return Verdict("confirmed by the distributor", f"a document in {counted.foreign}", threshold, False, help_)
    arrived = [x for x in lines if CONFIRMS[x.document_type] == program.confirming_document and not takes_away(x)]
    value = f"{len(arrived)} of no account" if arrived else f"no {document} yet"
    help_ = f"the distributor's {document}, dated by {day_text(program.confirm_by)}"
    if registration.status != "approved":
        help_ += f", would have counted; the registration is {registration.status}"
    return Verdict("confirmed by the distributor", value, threshold, False, help_)


def _lines(
    rule: Rule, layer: LayerRule, registration: Registration, lines: Sequence[OrderLine], approved_on: date
) -> Iterator[Verdict]:
    """One verdict per line of the confirming document that does not count, in document order."""
    shown = 0
    for line in lines:
        if takes_away(line):
            continue
        why = rule.refusal(line, registration, approved_on)
        if why == "other document":
            continue
        fits = layer.fits(line.sku, line.vendor or registration.vendor)
        if (why == "" and fits) or shown == _LINES_SHOWN:
            continue
        shown += 1
        name = f"{line.document_type} {line.document_no} line {line.line_no}".rstrip()
        if why == "":
            product = layer.product(line.sku, line.vendor or registration.vendor)
            miss = next(c for c in layer.line if not c.holds(product))
            yield Verdict(name, miss.value(product), miss.describe(), False, miss.shortfall(product))
        else:
            yield Verdict(name, *_refused(why, line, rule, registration, approved_on))


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


def _worths(registration: Registration, lines: Sequence[OrderLine], program: Program) -> list[Worth]:
    """The deal under each layer of one version; empty when it can earn nothing."""
    if refusal(registration) or registration.approved_at is None:
        return []
    rule = rule_of(program)
    approved_on = local_day(registration.approved_at, program.window.zone)
    ordered = rule.sort(lines, registration, approved_on)
    return [worth(rule, layer, registration, ordered, approved_on) for layer in rule.layers]


def _furthest(registration: Registration, lines: Sequence[OrderLine], program: Program) -> Worth | None:
    """The layer under which most is confirmed: layers may count different products, the deal is one."""
    found = _worths(registration, lines, program)
    return max(found, key=lambda w: (w.counted.first is not None, w.counted.gross), default=None)


def deal_state(registration: Registration, lines: Sequence[OrderLine], program: Program, today: date) -> str:
    """One of: submitted, pending, partly confirmed (2 of 3), confirmed, expired, rejected, lost, deleted (domain.md 5).

    `program` is the version that rules the deal, `today` the local day in its zone. "Partly" counts quantities. A deal
    whose orders all went back stays confirmed: the zero beside it and the proof say why.
    """
    if registration.status in ("submitted", "rejected", "lost", "deleted"):
        return registration.status
    found = _furthest(registration, lines, program)
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


def what_it_waits_for(registration: Registration, lines: Sequence[OrderLine], program: Program, today: date) -> str:
    """Who must do what before the deal counts in full, in one phrase; "nothing" with the reason when it is over."""
    if registration.status == "submitted":
        return "approval of the registration"
    if registration.status in ("rejected", "deleted", "lost"):
        return f"nothing: the registration is {registration.status}"
    if reason := refusal(registration):
        return f"a change in Salesforce: {reason}"
    found = _furthest(registration, lines, program)
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
