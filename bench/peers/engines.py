"""The same fifty rules, as each engine wants them written: a function of all lines to their points together.

Each is compiled once, outside the clock, the way its own documentation says is fastest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bench.peers.fifty import LINES_A_DEAL, PlainLine, PlainRule

if TYPE_CHECKING:
    from chalicelib.domain.programs import Program

Judge = Callable[[Sequence[PlainLine]], int]


def programs_of(rules: Sequence[PlainRule]) -> dict[str, tuple[Program, ...]]:
    """The rules as Kicker's: ten are the layers of one program."""
    from chalicelib.domain.programs import ConditionSpec, Rate
    from tests.builders import a_layer, a_program

    layers = [
        a_layer(
            id=f"vendor:v{r.number}",
            conditions=(
                ConditionSpec("sku", (("numbers", r.skus),)),
                ConditionSpec("minimum_seats", (("seats", r.least_seats),)),
                ConditionSpec("deal_type", (("types", r.types),)),
            ),
            rates=(Rate("per_seat", r.points),),
        )
        for r in rules
    ]  # fmt: skip
    return {
        f"p{n}": (a_program(id=f"p{n}", layers=tuple(layers[n * 10 : n * 10 + 10])),) for n in range(len(layers) // 10)
    }


def kicker(rules: Sequence[PlainRule], lines: Sequence[PlainLine]) -> Judge:
    """Ten rules are the layers of one program, fifty of five programs; a deal is scored with its four lines, dates,
    currencies, corrections and what still waits included."""
    from chalicelib.domain.orders import OrderLine
    from chalicelib.domain.registrations import Registration
    from chalicelib.domain.rulebook import rulebook_of
    from chalicelib.domain.scoring import score
    from tests.builders import a_line, a_registration

    rulebook = rulebook_of(programs_of(rules))
    deals: list[tuple[Registration, list[OrderLine]]] = []
    for start in range(0, len(lines), LINES_A_DEAL):
        first = lines[start]
        told = [
            a_line(str(n), document_no=f"I{first.deal}", quantity=Decimal(line.quantity), sku=line.sku,
                   invoiced_on=date(2026, 10, 14))
            for n, line in enumerate(lines[start : start + LINES_A_DEAL])
        ]  # fmt: skip
        at = datetime(2026, 10, 5, 15, tzinfo=UTC)
        deal = a_registration(
            id=f"d{first.deal}", sku=first.sku, quantity=first.seats, deal_type=first.deal_type, approved_at=at
        )  # fmt: skip
        deals.append((deal, told))
    return lambda _: sum(a.confirmed for deal, told in deals for a in score(deal, told, rulebook, zeros=False))


def closures(rules: Sequence[PlainRule], lines: Sequence[PlainLine]) -> Judge:  # noqa: ARG001 - nothing to prepare
    """What somebody would write by hand: a list of functions."""

    def rule(r: PlainRule) -> Callable[[PlainLine], int]:
        skus, least, types, points = frozenset(r.skus), r.least_seats, frozenset(r.types), r.points
        return lambda x: x.quantity * points if x.sku in skus and x.seats >= least and x.deal_type in types else 0

    judges = [rule(r) for r in rules]
    return lambda told: sum(judge(line) for line in told for judge in judges)


def zen_engine(rules: Sequence[PlainRule], lines: Sequence[PlainLine]) -> Judge:
    """One decision table of fifty rows that collects every hit."""
    import zen

    columns = [("i1", "sku", "sku"), ("i2", "seats", "seats"), ("i3", "deal_type", "deal_type")]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": id, "name": name, "field": field} for id, name, field in columns],
        "outputs": [{"id": "o1", "name": "points", "field": "points"}],
        "rules": [
            {"_id": str(r.number), "i1": ", ".join(f"'{s}'" for s in r.skus), "i2": f">= {r.least_seats}",
             "i3": ", ".join(f"'{t}'" for t in r.types), "o1": str(r.points)}
            for r in rules
        ],
    }  # fmt: skip
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {"id": "t", "name": "t", "type": "decisionTableNode", "position": {"x": 0, "y": 0}, "content": table},
            {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 0, "y": 0}},
        ],
        "edges": [
            {"id": "e1", "sourceId": "in", "targetId": "t", "type": "edge"},
            {"id": "e2", "sourceId": "t", "targetId": "out", "type": "edge"},
        ],
    }  # fmt: skip
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    facts = [(x.quantity, {"sku": x.sku, "seats": x.seats, "deal_type": x.deal_type}) for x in lines]
    return lambda _: sum(q * hit["points"] for q, fact in facts for hit in decision.evaluate(fact)["result"])


def business_rules(rules: Sequence[PlainRule], lines: Sequence[PlainLine]) -> Judge:
    """Fifty rules of variables and actions; the parts of a list are `any` of texts, as it has no other."""
    from business_rules import run_all
    from business_rules.actions import BaseActions, rule_action
    from business_rules.fields import FIELD_NUMERIC
    from business_rules.variables import BaseVariables, numeric_rule_variable, string_rule_variable

    class Variables(BaseVariables):
        def __init__(self, line: PlainLine) -> None:
            self.line = line

        @string_rule_variable
        def sku(self) -> str:
            return self.line.sku

        @numeric_rule_variable
        def seats(self) -> int:
            return self.line.seats

        @string_rule_variable
        def deal_type(self) -> str:
            return self.line.deal_type

    class Actions(BaseActions):
        total = 0

        @rule_action(params={"points": FIELD_NUMERIC})
        def give(self, points: int) -> None:
            self.total += points

    def one_of(name: str, values: Sequence[str]) -> dict[str, Any]:
        return {"any": [{"name": name, "operator": "equal_to", "value": v} for v in values]}

    written = [
        {
            "conditions": {
                "all": [
                    {"name": "seats", "operator": "greater_than_or_equal_to", "value": r.least_seats},
                    one_of("deal_type", r.types), one_of("sku", r.skus),
                ]
            },
            "actions": [{"name": "give", "params": {"points": r.points}}],
        }
        for r in rules
    ]  # fmt: skip

    def judge(told: Sequence[PlainLine]) -> int:
        total = 0
        for line in told:
            actions = Actions()
            run_all(written, Variables(line), actions, stop_on_first_trigger=False)
            total += line.quantity * actions.total
        return total

    _ = lines
    return judge


def json_logic(rules: Sequence[PlainRule], lines: Sequence[PlainLine]) -> Judge:
    """Fifty expressions, one call each."""
    from json_logic import jsonLogic

    written = [
        (r.points, {"and": [
            {">=": [{"var": "seats"}, r.least_seats]}, {"in": [{"var": "deal_type"}, list(r.types)]},
            {"in": [{"var": "sku"}, list(r.skus)]},
        ]})
        for r in rules
    ]  # fmt: skip
    facts = [(x.quantity, {"sku": x.sku, "seats": x.seats, "deal_type": x.deal_type}) for x in lines]
    return lambda _: sum(q * points for q, fact in facts for points, rule in written if jsonLogic(rule, fact))


def rule_engine(rules: Sequence[PlainRule], lines: Sequence[PlainLine]) -> Judge:
    """Fifty rules in its own language, parsed once."""
    from rule_engine import Rule

    def words(values: Sequence[str]) -> str:
        return "[" + ", ".join(f'"{v}"' for v in values) + "]"

    written = [
        (r.points, Rule(f"seats >= {r.least_seats} and deal_type in {words(r.types)} and sku in {words(r.skus)}"))
        for r in rules
    ]
    facts = [(x.quantity, {"sku": x.sku, "seats": x.seats, "deal_type": x.deal_type}) for x in lines]
    return lambda _: sum(q * points for q, fact in facts for points, rule in written if rule.matches(fact))


ENGINES: dict[str, Callable[[Sequence[PlainRule], Sequence[PlainLine]], Judge]] = {
    "kicker": kicker,
    "closures": closures,
    "zen-engine": zen_engine,
    "business-rules": business_rules,
    "json-logic": json_logic,
    "rule-engine": rule_engine,
}
