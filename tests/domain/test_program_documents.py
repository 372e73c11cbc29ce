"""Program documents: what is refused, with path and remedy, and that schema and parser say the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chalicelib.adapters.rewards import PROVIDERS
from chalicelib.domain.conditions import CONDITIONS
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.money import Money
from chalicelib.domain.program_documents import parse, program_id
from chalicelib.domain.programs import DealTypeRule, Program, Rate

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "examples" / "programs").glob("*.json"))
SCHEMA = json.loads((DOCS / "schemas" / "program.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
Document = dict[str, Any]


def a_document(**changes: Any) -> Document:
    """The security push of the examples, with some fields replaced; None takes one away."""
    document = {**json.loads((DOCS / "examples" / "programs" / "security-push.json").read_text()), **changes}
    return {k: v for k, v in document.items() if v is not None}


def read(document: object) -> Program:
    return parse(document, id="push", version=1, effective_from=None, author="ops")


def problems(document: object) -> list[Problem]:
    with pytest.raises(InvalidDocument) as refused:
        read(document)
    return list(refused.value.problems)


def change(*path: str | int, to: Any = None, drop: bool = False) -> Callable[[Document], None]:
    """Set (or drop) one value somewhere in a document."""

    def apply(document: Document) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        if drop:
            del at[path[-1]]
        else:
            at[path[-1]] = to

    return apply


LAYER = ("layers", 0)
FIVE_EUROS = {"amount": "5", "currency": "EUR"}
# what to break, the path reported, a part of the remedy, can a schema say it too
BROKEN: list[tuple[Callable[[Document], None], str, str, bool]] = [
    (change("name", to=""), "name", "1 to 80 characters", True),
    (change("name", to="two\nlines"), "name", "1 to 80 characters", True),
    (change("name", drop=True), "name", "1 to 80 characters", True),
    (change("behaviour", to="product_sol"), "behaviour", 'Did you mean "product_sold"?', True),
    (change("behaviour", to=["product_sold", "deal_registered"]), "behaviour", "Write one of", True),
    (change("window", drop=True), "window", "an object", True),
    (change("window", to="2026"), "window", "an object", True),
    (change("window", "end", drop=True), "window.end", '"2026-12-31"', True),
    (change("window", "end", to="2026-02-30"), "window.end", '"2026-12-31"', False),
    (change("window", "end", to="2026-12-31T00:00:00Z"), "window.end", "without a time", True),
    (change("window", "end", to=20261231), "window.end", "without a time", True),
    (change("window", "end", to="2026-09-30"), "window.end", "Set it to 2026-10-01 or later", False),
    (change("window", "end", to="2026-09-01"), "window.end", "Set it to 2026-10-01 or later", False),
    (change("window", "end", to="9999-12-31"), "window.end", "Check the year", False),
    (change("window", "zone", to="America/Chikago"), "window.zone", 'Did you mean "America/Chicago"?', False),
    (change("window", "zone", to="../../etc/passwd"), "window.zone", "America/Chicago", False),
    (change("window", "days", to=90), "window.days", "not among start, end, zone", True),
    (change("qualifying_date", to="received"), "qualifying_date", "order_invoiced", True),
    (change("confirming_document", to="invoices"), "confirming_document", 'Did you mean "invoice"?', True),
    (change("confirm_by", to="soon"), "confirm_by", '"2026-12-31"', True),
    (change("feeds", to=["Ingram Micro"]), "feeds[0]", 'as "ingram"', True),
    (change("feeds", to=["ingram", "ingram"]), "feeds[1]", "Write it once", True),
    (change("feeds", to="ingram"), "feeds", "a list", True),
    (change("close_timeout_hours", to=0), "close_timeout_hours", "from 1 to 36", True),
    (change("close_timeout_hours", to=49), "close_timeout_hours", "from 1 to 36", True),
    (change("families", to={"endpoint security": []}), "families.endpoint security", "a list of 1 to 500", True),
    (change("families", to={"a": ["X-"], "endpoint security": ["x-"]}), "families.endpoint security[0]", "one family",
     False),
    (change("layers", to=[]), "layers", "a list of 1 to 10", True),
    (change(*LAYER, "id", to="internl"), "layers[0].id", 'Did you mean "internal"?', True),
    (change(*LAYER, "id", to="vendor:Acme"), "layers[0].id", "lower case", True),
    (change(*LAYER, "rates", to=[]), "layers[0].rates", "a list of 1 to 4", True),
    (change(*LAYER, "rates", 1, to={"deal_type": "expansion"}), "layers[0].rates[1]", "exactly one of", True),
    (change(*LAYER, "rates", 1, to={"per_deal": 1, "per_seat": 1}), "layers[0].rates[1]", "exactly one of", True),
    (change(*LAYER, "rates", 1, to={"percent": 101}), "layers[0].rates[1].percent", "up to 100", True),
    (change(*LAYER, "rates", 1, to={"percent": 0}), "layers[0].rates[1].percent", "above 0", True),
    (change(*LAYER, "rates", 1, to={"percent": 2.505}), "layers[0].rates[1].percent", "two decimals", False),
    (change(*LAYER, "rates", 1, to={"percent": "2,5"}), "layers[0].rates[1].percent", "two decimals", True),
    (change(*LAYER, "rates", 1, to={"percent": "101"}), "layers[0].rates[1].percent", "up to 100", False),
    (change(*LAYER, "rates", 1, to={"percent": 1e309}), "layers[0].rates[1].percent", "up to 100", True),
    (change(*LAYER, "rates", 1, to={"percent": float("nan")}), "layers[0].rates[1].percent", "up to 100", False),
    (change(*LAYER, "rates", 1, to={"per_seat": -1}), "layers[0].rates[1].per_seat", "from 0 to", True),
    (change(*LAYER, "rates", 1, to={"per_seat": 2.5}), "layers[0].rates[1].per_seat", "a whole number", True),
    (change(*LAYER, "rates", 1, to={"per_seat": True}), "layers[0].rates[1].per_seat", "a whole number", True),
    (change(*LAYER, "rates", 1, to={"per_seet": 2}), "layers[0].rates[1].per_seet", 'Did you mean "per_seat"?', True),
    (change(*LAYER, "rates", 1, "deal_type", to="net_new"), "layers[0].rates[1].deal_type", "One rate a deal", False),
    (change(*LAYER, "rates", 1, "deal_type", to="new"), "layers[0].rates[1].deal_type", "Write one of", True),
    (change(*LAYER, "conditions", 0, to={"colour": ["red"]}), "layers[0].conditions[0].colour", "Write one of", True),
    (change(*LAYER, "conditions", 0, to={"famly": ["x"]}), "layers[0].conditions[0].famly", 'mean "family"?', True),
    (change(*LAYER, "conditions", 0, "family", to=["endpoint securty"]), "layers[0].conditions[0].family[0]",
     'Did you mean "endpoint security"?', False),
    (change(*LAYER, "conditions", 1, to={"family": ["endpoint security"]}), "layers[0].conditions[1]", "Merge", False),
    (change(*LAYER, "conditions", 1, to={"minimum_amount": {"amount": "5", "currency": "EUR"}}),
     "layers[0].conditions[1].minimum_amount.currency", "Write it in USD", False),
    (change(*LAYER, "conditions", 1, to={"any_of": [{"minimum_seats": 9}, {"minimum_amount": FIVE_EUROS}]}),
     "layers[0].conditions[1].any_of[1].minimum_amount.currency", "Write it in USD", False),
    (change(*LAYER, "conditions", 1, to={"not": {"family": ["endpoint securty"]}}),
     "layers[0].conditions[1].not.family[0]", 'Did you mean "endpoint security"?', False),
    (change(*LAYER, "conditions", 1, to={"software_tier": ["enterprise"]}),
     "layers[0].conditions[1].software_tier[0]", 'Add it to "software_tiers"', False),
    (change(*LAYER, "conditions", 1, to={"customer_size": ["small"]}),
     "layers[0].conditions[1].customer_size[0]", 'Add it to "size_bands"', False),
    (change(*LAYER, "conditions", 1, to={"attach": {"within_days": 30}}), "layers[0].conditions[1].attach",
     "Write one of: vendor", True),
    (change(*LAYER, "conditions", 1, to={"attach": {"sku": ["A"], "within_weeks": 4}}),
     "layers[0].conditions[1].attach.within_weeks", 'Did you mean "within_days"?', True),
    (change(*LAYER, "conditions", 1, to={"registered_before_order": "yes"}),
     "layers[0].conditions[1].registered_before_order", "Write true, or", True),
    (change(*LAYER, "conditions", 1, to={"public_sector": "false"}), "layers[0].conditions[1].public_sector",
     "true or false", True),
    (change(*LAYER, "conditions", 1, to={"not": {"minimum_seats": 9}}), "layers[0].conditions[1].not.minimum_seats",
     "a return would raise", False),
    (change("software_tiers", to={"pro": ["X-"], "max": ["x-"]}), "software_tiers.max[0]", "one software tier", False),
    (change("size_bands", to={"a": {"from": 1, "to": 99}, "b": {"from": 99}}), "size_bands.b", "beside a", False),
    (change("size_bands", to={"a": {"from": 100, "to": 99}}), "size_bands.a.to", "from 100 to", False),
    (change("size_bands", to={"a": {"from": "1"}}), "size_bands.a.from", "a whole number", True),
    (change("deal_type_rule", to={"scope": "brand", "source": "registration", "look_back_months": 12}),
     "deal_type_rule.scope", "vendor, family, sku", True),
    (change("deal_type_rule", to={"scope": "vendor", "source": "registration"}), "deal_type_rule.look_back_months",
     "a whole number", True),
    (change("deal_type_rule", to={"scope": "vendor", "source": "orders", "look_back_months": 37}),
     "deal_type_rule.look_back_months", "a whole number from 1 to 36", True),
    (change("deal_type_rule", to={"scope": "vendor", "source": "orders", "look_back_months": 0}),
     "deal_type_rule.look_back_months", "a whole number from 1 to 36", True),
    (change("deal_type_rule", to={"scope": "vendor", "source": "orders", "look_back_months": "12"}),
     "deal_type_rule.look_back_months", "a whole number from 1 to 36", True),
    (change("deal_type_rule", to={"scope": "sku", "source": "orders", "party": "parent"}), "deal_type_rule.party",
     'Write "account"', True),
    (change("overrides", to={"public_secter": "x"}), "overrides.public_secter", 'mean "public_sector"?', True),
    (change(*LAYER, "point", drop=True), "layers[0].point", "250.00", True),
    (change(*LAYER, "point", "currency", to="USX"), "layers[0].point.currency", "three capital letters", False),
    (change(*LAYER, "point", "currency", to="usd"), "layers[0].point.currency", 'Did you mean "USD"?', True),
    (change(*LAYER, "point", "amount", to="1.005"), "layers[0].point.amount", "at most 2 decimals", False),
    (change(*LAYER, "point", "amount", to=0.1), "layers[0].point.amount", 'as "250"', True),
    (change(*LAYER, "point", "amount", to="1e3"), "layers[0].point.amount", 'as "250"', True),
    (change(*LAYER, "point", "amount", to="0.00"), "layers[0].point.amount", "above zero", False),
    (change(*LAYER, "budget", "currency", to="EUR"), "layers[0].budget.currency", "Write the budget in USD", False),
    (change(*LAYER, "tiers", 1, "from_points", to=500), "layers[0].tiers[1].from_points", "lowest to the hig", False),
    (change(*LAYER, "tiers", 1, "name", to="Silver"), "layers[0].tiers[1].name", "its own name", False),
    (change(*LAYER, "tiers", 1, "bonus_points", drop=True), "layers[0].tiers[1].bonus_points", "whole number", True),
    (change(*LAYER, "tier_kind", to="retro"), "layers[0].tier_kind", "bonus, retroactive, marginal", True),
    (change(*LAYER, "tiers", 1, to={"name": "Gold", "from_points": 9000, "bonus_points": 5, "percent": 150}),
     "layers[0].tiers[1].percent", "not among", True),
    (lambda d: d["layers"][0].update(tier_kind="marginal", tiers=[{"name": "S", "from_points": 5, "percent": 100}]),
     "layers[0].tiers[0].percent", "from 101 to 1,000", True),
    (lambda d: d["layers"][0].update(tier_kind="retroactive", tiers=[
        {"name": "S", "from_points": 5, "percent": 150}, {"name": "G", "from_points": 9, "percent": 150}]),
     "layers[0].tiers[1].percent", "worth more", False),
    (change(*LAYER, "cap_points_per_rep", to=0), "layers[0].cap_points_per_rep", "from 1 to", True),
    (change(*LAYER, "window", to={"start": "2026-10-01", "end": "2027-01-05"}), "layers[0].window", "Keep it within",
     False),
    (change(*LAYER, "window", to={"start": "2026-11-02", "end": "2026-11-01"}), "layers[0].window.end", "or later",
     False),
    (change(*LAYER, "window", to={"start": "2026-11-02"}), "layers[0].window.end", '"2026-12-31"', True),
    (change(*LAYER, "attach_bonus", to={"with_family": ["endpoint securty"], "points": 5}),
     "layers[0].attach_bonus.with_family[0]", 'Did you mean "endpoint security"?', False),
    (change(*LAYER, "attach_bonus", to={"points": 5}), "layers[0].attach_bonus", "with_family", True),
    (change(*LAYER, "attach_bonus", to={"with_sku": ["A"], "points": 0}), "layers[0].attach_bonus.points", "from 1",
     True),
    (change(*LAYER, "id", to="internal/SE"), "layers[0].id", "/<role>", True),
    (change(*LAYER, "id", to="internal/se"), "layers", "reps who sell", False),
    (change(*LAYER, "first_deals_per_rep", to=3), "layers[0].first_deals_per_rep", "leave one of the two out", False),
    (lambda d: d["layers"][0].update(first_deals_per_rep=0, tiers=[]), "layers[0].first_deals_per_rep", "1 to 1",
     True),
    (change("rank_prizes", to={"layer": "intern", "amounts": [{"amount": "5", "currency": "USD"}]}),
     "rank_prizes.layer", 'Did you mean "internal"?', False),
    (change("rank_prizes", to={"layer": "internal", "amounts": []}), "rank_prizes.amounts", "a list of 1 to 20", True),
    (change("rank_prizes", to={"layer": "internal", "amounts": [
        {"amount": "5", "currency": "USD"}, {"amount": "6", "currency": "USD"}]}), "rank_prizes.amounts[1]",
     "from the first place down", False),
    (change("rank_prizes", to={"layer": "internal", "amounts": [{"amount": "5", "currency": "EUR"}]}),
     "rank_prizes.amounts[0].currency", "Write it in USD", False),
    (change("rank_prizes", to={"layer": "internal", "amounts": [{"amount": "60000", "currency": "USD"}]}),
     "rank_prizes.amounts", "below 60,000.00 USD", False),
    (change("budget", to={"amount": "5", "currency": "EUR"}), "budget.currency", "Write it in USD", False),
    (change("cap_per_rep", to={"amount": "5", "currency": "EUR"}), "cap_per_rep.currency", "Write it in USD", False),
    (change(*LAYER, "tax_treatment", to="wages"), "layers[0].tax_treatment", "employer_wages", True),
    (change(*LAYER, "funder", to="x"), "layers[0].funder", "not among", True),
    (change("reward", "provider", to="Tremendous!"), "reward.provider", 'As "tremendous"', True),
    (change("reward", "provider", drop=True), "reward.provider", "1 to 40 characters", True),
    (change("tie_rule", to="earlier"), "tie_rule", "earlier_to_reach", True),
    (change("board", to="everyone"), "board", "neighbours_only", True),
    (change("auto_approve", "currency", to="EUR"), "auto_approve.currency", "Write it in USD", False),
    (change("countries", to=["USA"]), "countries[0]", 'as "US"', True),
    (change("lift_plan", "design", to="prior_period_ajusted"), "lift_plan.design", '"prior_period_adjusted"?', True),
    (change("overrides", to={"windw": "long"}), "overrides.windw", 'Did you mean "window"?', True),
    (change("tie_rul", to="shared"), "tie_rul", 'Did you mean "tie_rule"?', True),
]  # fmt: skip


@pytest.mark.parametrize(("brk", "path", "remedy", "in_schema"), BROKEN)
def test_a_broken_document_is_refused_at_its_path_with_a_remedy(
    brk: Callable[[Document], None], path: str, remedy: str, in_schema: bool
) -> None:
    """Schema and parser refuse alike wherever a schema can say it."""
    document = copy.deepcopy(a_document())
    brk(document)
    found = problems(document)
    assert [p.path for p in found] == [path]
    assert remedy in found[0].remedy
    assert VALIDATOR.is_valid(document) is not in_schema


def test_every_problem_is_told_at_once() -> None:
    document = a_document(name="", behaviour="sell", confirm_by="never", extra=1, reward={})
    document["layers"][0]["rates"][1] = {"percent": "much"}
    document["layers"].append({"id": "internal", "point": {"amount": "1", "currency": "EUR"}})
    assert {p.path for p in problems(document)} == {
        "name", "behaviour", "confirm_by", "extra", "reward.provider", "layers[0].rates[1].percent",
        "layers[1].rates", "layers[1].id", "layers[1].point.currency",
    }  # fmt: skip


@pytest.mark.parametrize("document", [None, [], "x", 3, {"a": {"b": [[[]]]}}])
def test_what_is_no_program_at_all_is_refused(document: object) -> None:
    assert problems(document)
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"behaviour": "deal_registered", "qualifying_date": "order_placed"}, "qualifying_date"),
        ({"qualifying_date": "order_invoiced", "confirming_document": "order"}, "confirming_document"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(changes: Document, path: str) -> None:
    assert [p.path for p in problems(a_document(**changes))] == [path]


def test_a_program_for_registrations_cannot_ask_for_orders() -> None:
    document = a_document(behaviour="deal_registered", qualifying_date="registration_approved")
    document["layers"][0]["conditions"] = [
        {"any_of": [{"registered_before_order": True}, {"minimum_seats": 5}]}, {"minimum_seats": 5},
    ]  # fmt: skip
    assert [p.path for p in problems(document)] == ["layers[0].conditions[0]"]


def test_all_layers_pay_in_one_currency() -> None:
    document = a_document()
    second = {**copy.deepcopy(document["layers"][0]), "id": "vendor:acme", "conditions": [], "budget": None}
    second["point"]["currency"] = "EUR"
    document["layers"].append({k: v for k, v in second.items() if v is not None})
    assert [p.path for p in problems(document)] == ["layers[1].point.currency"]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_every_example_validates_and_parses(file: Path) -> None:
    """W07, W11, F37: the templates we ship."""
    document = json.loads(file.read_text())
    VALIDATOR.validate(document)
    program = parse(document, id=file.stem, version=1, effective_from=None, author="ops")
    assert program.reward.provider in PROVIDERS
    assert program.card and program.effective_from == program.window.start == date(2026, 10, 1)


def test_the_schema_is_a_schema_and_knows_every_condition() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert [c["title"] for c in SCHEMA["$defs"]["condition"]["oneOf"]] == list(CONDITIONS)


def test_a_document_becomes_the_program_it_describes() -> None:
    program = read(a_document())
    layer = program.layer("internal")
    assert layer.rates[0] == Rate("per_seat", 3, deal_type="net_new")
    assert (layer.point, layer.budget, layer.cap_points_per_rep) == (Money(100, "USD"), Money(6_000_000, "USD"), 5000)
    assert (program.auto_approve_minor, program.tie_rule) == (250_000, "earlier_to_reach")
    assert (program.board, read(a_document(board="pseudonyms")).board) == ("names", "pseudonyms")
    assert program.families == (("endpoint security", ("ACM-EDR-", "ACM-XDR-")),)
    assert [s.kind for s in layer.conditions] == ["family", "minimum_seats"]
    bands = {"big": {"from": 100}, "small": {"from": 1, "to": 99}}
    rule = {"scope": "family", "source": "orders"}
    more = read(a_document(size_bands=bands, software_tiers={"pro": ["ACM-PRO-"]}, deal_type_rule=rule))
    assert more.size_bands == (("small", 1, 99), ("big", 100, None))
    assert (more.software_tiers, more.deal_type_rule) == ((("pro", ("ACM-PRO-",)),), DealTypeRule("family", "orders"))
    back = {"scope": "vendor", "party": "account", "source": "orders", "look_back_months": 36}
    assert read(a_document(deal_type_rule=back)).deal_type_rule == DealTypeRule("vendor", "orders", 36)
    assert read(
        a_document(
            layers=[{"id": "internal", "rates": [{"percent": 2.5}], "point": {"amount": "1", "currency": "USD"}}]
        )
    ).layers[0].rates == (Rate("percent", hundredths=250),)


@pytest.mark.parametrize("id_", ["ab", "a" * 41, "Push", "push_q4", "-push", "push-", "push q4", "", "pùsh", "push\n"])
def test_a_program_id_is_a_short_lower_case_slug(id_: str) -> None:
    with pytest.raises(InvalidDocument):
        program_id(id_)
    assert [program_id(i) for i in ("abc", "a" * 40, "q4-2026")]
