"""A program as people write it: a JSON document, read into a `Program` with every problem at once.

The same shape is published as a JSON Schema (docs/schemas/program.schema.json) and explained field by field in
docs/rules.md. What a schema cannot say (an end before its start, two currencies) is said here too. Whether a valid
program may *start* is the gate's question (`gate.py`), so a draft may still lack an approver, a payer or a lift plan.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import get_args
from zoneinfo import available_timezones

from chalicelib.domain.calendar import Window, zone
from chalicelib.domain.cards import card
from chalicelib.domain.conditions import REPEATABLE, Tables, leaves, read_condition
from chalicelib.domain.documents import Fields, nearest
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.money import Money
from chalicelib.domain.program_tables import deal_type_rule, prefixes, size_bands
from chalicelib.domain.programs import (
    Behaviour,
    BoardDisplay,
    ConditionSpec,
    ConfirmingDocument,
    Layer,
    Program,
    QualifyingDate,
    Rate,
    ReversalPolicy,
    Reward,
    TieRule,
)
from chalicelib.domain.registrations import DEAL_TYPES
from chalicelib.domain.shapes import MOST_POINTS, fit_prizes, rank_prizes, with_prizes, with_shape

LIFT_DESIGNS = (
    "randomised_holdout", "randomised_staggered_start", "non_random_control", "prior_period_adjusted",
    "prior_period_raw", "none",
)  # fmt: skip
RATE_KINDS = ("per_deal", "per_seat", "percent")
OVERRIDES = ("window", "complexity", "rehearsal", "public_sector")
TAX_TREATMENTS = ("", "employer_wages", "vendor_other_income")

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SLUG = r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"
_LAYER = re.compile(rf"(?:internal|vendor:{_SLUG})(?:/{_SLUG})?")
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 31)


def program_id(text: str) -> str:
    """The id itself. Raises: InvalidDocument unless it is 3 to 40 lower-case letters, digits and inner dashes."""
    if not _ID.fullmatch(text):
        remedy = 'Write 3 to 40 lower-case letters, digits and dashes, as "security-push-q4".'
        raise InvalidDocument("Program", [Problem("id", "is no program id", remedy, text[:80])])
    return text


def parse(document: object, *, id: str, version: int, effective_from: date | None, author: str) -> Program:
    """The program a document describes; `effective_from` None is the first day of its window.

    Raises: InvalidDocument with every problem: its path, what stood there, what is allowed and the nearest spelling.
    """
    problems: list[Problem] = []
    fields = Fields(document, "", problems)
    window = _window(fields)
    families = prefixes(fields, "families", "family")
    tiers, bands = prefixes(fields, "software_tiers", "software tier"), size_bands(fields)
    tables = Tables(dict(families), dict(tiers), {name: (least, most) for name, least, most in bands})
    confirm_by = fields.day("confirm_by") or window.end
    program = Program(
        id=program_id(id),
        version=version,
        effective_from=effective_from or window.start,
        name=fields.text("name", longest=80),
        behaviour=fields.choice("behaviour", get_args(Behaviour)),
        window=window,
        qualifying_date=fields.choice("qualifying_date", get_args(QualifyingDate)),
        confirming_document=fields.choice("confirming_document", get_args(ConfirmingDocument)),
        confirm_by=confirm_by,
        layers=_layers(fields, problems, tables),
        reward=_reward(fields),
        author=author,
        feeds=_named(fields, "feeds", _NAME, 'a distributor as its feed is called, as "ingram"'),
        families=families,
        tie_rule=fields.choice("tie_rule", get_args(TieRule), default="shared"),
        reversal_policy=fields.choice("reversal_policy", get_args(ReversalPolicy), default="net"),
        close_timeout_hours=fields.integer("close_timeout_hours", 1, 36, default=24),
        countries=_named(fields, "countries", _COUNTRY, 'a country as two capital letters, as "US"'),
        lift_plan=_lift_plan(fields),
        audience=fields.texts("audience", most=50),
        overrides=_overrides(fields),
        change_reason=fields.text("change_reason", required=False, longest=300),
        board=fields.choice("board", get_args(BoardDisplay), default="names"),
        software_tiers=tiers,
        size_bands=bands,
        deal_type_rule=deal_type_rule(fields),
        cap_per_rep=fields.money("cap_per_rep", required=False),
        rank_prizes=rank_prizes(fields),
    )
    automatic = fields.money("auto_approve", required=False)
    fields.end()
    _fit_together(program, automatic, fields, told=len(problems))
    if problems:
        raise InvalidDocument(f"Program {id}", problems)
    program = with_prizes(replace(program, auto_approve_minor=automatic.minor if automatic else None))
    return replace(program, card=card(program).sentence)


def _window(fields: Fields) -> Window:
    window = fields.child("window")
    start, end, name = window.day("start"), window.day("end"), window.text("zone", longest=64)
    window.end()
    if name:
        try:
            zone(name)
        except ValueError:
            near = nearest(name, available_timezones())
            hint = f' Did you mean "{near}"?' if near else ""
            window.complain("zone", "is no IANA time zone", f'Write a zone as "America/Chicago".{hint}', name)
            name = ""
    for field, day in (("start", start), ("end", end)):
        if day is not None and not _FIRST <= day <= _LAST:
            window.complain(field, "is not in this or the last century", "Check the year.", day.isoformat())
            return Window(_FIRST, _FIRST, name or "UTC")
    if start is not None and end is not None and end < start:
        zero = (start - end).days == 1
        message = "makes a window of zero days" if zero else "is before the start"
        window.complain("end", message, f"Set it to {start} or later; start and end both count.", end.isoformat())
        end = start
    start = start or end or _FIRST
    return Window(start, end or start, name or "UTC")


def _named(fields: Fields, name: str, pattern: re.Pattern[str], expected: str) -> tuple[str, ...]:
    found = fields.texts(name)
    for i, text in enumerate(found):
        if text and not pattern.fullmatch(text):
            fields.complain(f"{name}[{i}]", "is not written as expected", f"Write {expected}.", text)
    return found


def _layers(fields: Fields, problems: list[Problem], tables: Tables) -> tuple[Layer, ...]:
    layers = tuple(_layer(layer, problems, tables) for layer in fields.children("layers", least=1, most=10))
    ids = [layer.id for layer in layers]
    for i, layer in enumerate(layers):
        if layer.id in ids[:i]:
            fields.complain(f"layers[{i}].id", "is there twice", "One layer per funder: merge the two.", layer.id)
        if layer.point.currency != layers[0].point.currency:
            first = layers[0].point.currency
            remedy = f"Pay every layer of a program in {first}, or make a second program."
            fields.complain(f"layers[{i}].point.currency", f"is not {first}", remedy, layer.point.currency)
    return layers


def _layer(fields: Fields, problems: list[Problem], tables: Tables) -> Layer:
    id_ = fields.text("id", longest=90)
    if id_ and not _LAYER.fullmatch(id_):
        near = nearest(id_, ["internal"])
        hint = f' Did you mean "{near}"?' if near else ""
        remedy = f'Write "internal" or "vendor:<name>" in lower case, an overlay with "/<role>" behind it.{hint}'
        fields.complain("id", "is no layer", remedy, id_)
    point = fields.money("point")
    conditions = _conditions(fields, problems, replace(tables, currency=point.currency if point else None))
    cap = fields.integer("cap_points_per_rep", 1, MOST_POINTS, default=0)
    budget = fields.money("budget", required=False)
    if budget and point and budget.currency != point.currency:
        remedy = f"Write the budget in {point.currency}, the currency of the point."
        fields.complain("budget.currency", "is not the currency of the point", remedy, budget.currency)
    layer = Layer(
        id=id_ or "internal",
        conditions=conditions,
        rates=_rates(fields),
        point=point or Money(1, "USD"),
        cap_points_per_rep=cap or None,
        budget=budget,
        payer_of_record=fields.text("payer_of_record", required=False, longest=120),
        tax_treatment=fields.choice("tax_treatment", TAX_TREATMENTS, default=""),  # type: ignore[arg-type]
    )
    layer = with_shape(layer, fields, tuple(tables.families or ()))
    fields.end()
    return layer


def _conditions(fields: Fields, problems: list[Problem], tables: Tables) -> tuple[ConditionSpec, ...]:
    found: list[ConditionSpec] = []
    for i, written in enumerate(fields.children("conditions", most=20)):
        spec = read_condition(written, problems, tables)
        if spec is None:
            continue
        if spec.kind not in REPEATABLE and spec.kind in [s.kind for s in found]:
            fields.complain(f"conditions[{i}]", f"is a second {spec.kind}", "Merge the two: all conditions must hold.")
        found.append(spec)
    return tuple(found)


def _rates(fields: Fields) -> tuple[Rate, ...]:
    found: list[Rate] = []
    for written in fields.children("rates", least=1, most=4):
        has_type = written.has("deal_type")
        deal_type = written.choice("deal_type", DEAL_TYPES) if has_type else None
        kinds = [kind for kind in RATE_KINDS if written.has(kind)]
        rate = Rate("per_deal", deal_type=deal_type)
        unknown = set(written.names()) - {"deal_type", *RATE_KINDS}  # a misspelt rate is reported as that, once
        if written.is_object and len(kinds) != 1 and not (unknown and not kinds):
            remedy = f"Write exactly one of {', '.join(RATE_KINDS)} a rate."
            written.complain("", "has no rate" if not kinds else "has more than one rate", remedy, kinds)
        elif kinds == ["percent"]:
            rate = Rate("percent", hundredths=written.percent("percent"), deal_type=deal_type)
        elif kinds == ["per_seat"]:
            rate = Rate("per_seat", written.integer("per_seat", 0, MOST_POINTS), deal_type=deal_type)
        elif kinds == ["per_deal"]:
            rate = Rate("per_deal", written.integer("per_deal", 0, MOST_POINTS), deal_type=deal_type)
        written.end()
        right = written.is_object and (not has_type or written.raw("deal_type") == deal_type)
        if right and rate.deal_type in [r.deal_type for r in found]:
            what = f"of {rate.deal_type} deals" if rate.deal_type else "for deals of any type"
            written.complain("deal_type", f"is a second rate {what}", "One rate a deal type.", rate.deal_type or "")
        found.append(rate)
    return tuple(found)


def _reward(fields: Fields) -> Reward:
    written = fields.child("reward")
    provider = written.text("provider", longest=40)
    reward = Reward(
        written.must("provider", provider, lambda p: bool(_NAME.fullmatch(p)), "is no provider", 'As "tremendous".'),
        written.texts("products", most=50),
        written.text("message", required=False, longest=300),
    )
    written.end()
    return reward


def _lift_plan(fields: Fields) -> str:
    if not fields.has("lift_plan"):
        return ""
    written = fields.child("lift_plan")
    design = written.choice("design", LIFT_DESIGNS)
    against = written.text("against", required=False, longest=300)
    written.end()
    return f"{design}: {against}" if against else design


def _overrides(fields: Fields) -> tuple[tuple[str, str], ...]:
    if not fields.has("overrides"):
        return ()
    written = fields.child("overrides")
    found = tuple((name, written.text(name, longest=300)) for name in OVERRIDES if written.has(name))
    written.end()
    return found


def _fit_together(program: Program, automatic: Money | None, fields: Fields, *, told: int) -> None:
    """What two fields must agree on; only said when each is right by itself."""
    if told:
        return
    if program.behaviour == "deal_registered" and program.qualifying_date != "registration_approved":
        remedy = "A program that rewards the registration is dated by its approval."
        fields.complain("qualifying_date", "does not fit deal_registered", remedy, program.qualifying_date)
    _fit_registrations(program, fields)
    if program.qualifying_date == "order_invoiced" and program.confirming_document == "order":
        remedy = 'An order carries no invoice date: let the "invoice" confirm, or date by "order_placed".'
        fields.complain("confirming_document", "does not fit order_invoiced", remedy, program.confirming_document)
    for i, layer in enumerate(program.layers):
        window = program.window
        if layer.window and not window.start <= layer.window[0] <= layer.window[1] <= window.end:
            remedy = f"Keep it within {window.start} and {window.end}, the window of the program."
            fields.complain(f"layers[{i}].window", "is not within the program's window", remedy, layer.window[1])
    if all(layer.role for layer in program.layers):
        fields.complain("layers", "are all overlays", "Give at least one layer to the reps who sell.")
    fit_prizes(program, fields)
    for name, amount in (("auto_approve", automatic), ("cap_per_rep", program.cap_per_rep)):
        if amount and amount.currency != program.currency:
            remedy = f"Write it in {program.currency}, the currency of the program."
            fields.complain(f"{name}.currency", "is not the currency of the points", remedy, amount.currency)


def _fit_registrations(program: Program, fields: Fields) -> None:
    """Where the registration itself is rewarded, nothing may ask for an order."""
    if program.behaviour != "deal_registered":
        return
    for i, layer in enumerate(program.layers):
        for j, spec in enumerate(layer.conditions):
            if asked := {s.kind for s in leaves(spec)} & {"registered_before_order", "attach"}:
                remedy = "A program that rewards the registration looks at no order: leave the condition out."
                path = f"layers[{i}].conditions[{j}]"
                fields.complain(path, "does not fit deal_registered", remedy, sorted(asked))
        if layer.attach_bonus:
            remedy = "It is judged on the distributor's documents: leave it out where the registration is rewarded."
            fields.complain(f"layers[{i}].attach_bonus", "does not fit deal_registered", remedy)
