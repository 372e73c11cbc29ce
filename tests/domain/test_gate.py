"""The gate: every reason against starting a program, at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.calendar import Window
from chalicelib.domain.cards import card
from chalicelib.domain.exposure import warnings
from chalicelib.domain.gate import reasons_against, reasons_against_change
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import AttachBonus, ConditionSpec, Layer, Program, RankPrizes, Rate, Reward, Tier
from chalicelib.services.programs import GOOD_SCORE
from tests.builders import a_layer, a_program, usd

TODAY = date(2026, 10, 1)
READY = a_program(lift_plan="prior_period_raw: last quarter", feeds=("ingram",))
LONG = Window(date(2026, 10, 1), date(2027, 1, 1), "America/Chicago")
EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples" / "programs").glob("*.json"))


def paths(program: Program, approver: str | None = "somebody", today: date = TODAY) -> list[str]:
    found = reasons_against(program, approver, today)
    assert all(p.message and p.remedy for p in found)
    return [p.path for p in found]


@pytest.mark.parametrize(
    ("program", "approver", "today", "expected"),
    [
        (READY, "somebody", TODAY, []),
        (READY, None, TODAY, []),
        (READY, READY.author, TODAY, ["approver"]),
        (READY, READY.author[:15], TODAY, ["approver"]),
        (READY, "", TODAY, ["approver"]),
        (READY, "somebody", date(2026, 12, 31), []),
        (READY, "somebody", date(2027, 1, 1), ["window.end"]),
        (replace(READY, window=LONG), "somebody", TODAY, ["window"]),
        (replace(READY, window=LONG, overrides=(("window", "fiscal quarter"),)), "somebody", TODAY, []),
        (replace(READY, confirm_by=date(2026, 12, 30)), "somebody", TODAY, ["confirm_by"]),
        (replace(READY, confirm_by=date(2026, 12, 31)), "somebody", TODAY, []),
        (replace(READY, lift_plan=""), "somebody", TODAY, ["lift_plan"]),
        (replace(READY, lift_plan="none"), "somebody", TODAY, ["lift_plan"]),
        (replace(READY, lift_plan="none: the vendor measures"), "somebody", TODAY, []),
        (replace(READY, reward=Reward("tremendous", ())), "somebody", TODAY, ["reward.products"]),
        (replace(READY, feeds=()), "somebody", TODAY, ["feeds"]),
        (replace(READY, feeds=(), behaviour="deal_registered"), "somebody", TODAY, []),
        (replace(READY, layers=(a_layer(payer_of_record=""),)), "somebody", TODAY, ["layers[0].payer_of_record"]),
        (replace(READY, layers=(a_layer(), a_layer(id="vendor:a", tax_treatment=""))), "somebody", TODAY,
         ["layers[1].tax_treatment"]),
        (replace(READY, layers=(a_layer(rates=(Rate("per_seat", 0),)),)), "somebody", TODAY, ["layers[0].rates"]),
    ],
)  # fmt: skip
def test_the_gate_names_what_is_missing(program: Program, approver: str, today: date, expected: list[str]) -> None:
    """domain.md 25, 28, 31; F17, F42, F45, F52."""
    assert paths(program, approver, today) == expected


def test_all_reasons_come_at_once() -> None:
    bare = a_program(window=LONG, layers=(a_layer(payer_of_record="", tax_treatment=""),), reward=Reward("x", ()))
    assert paths(bare, bare.author) == [
        "approver", "window", "lift_plan", "reward.products", "feeds", "layers[0].payer_of_record",
        "layers[0].tax_treatment",
    ]  # fmt: skip


def test_a_rich_rule_is_allowed_but_priced() -> None:
    """F22, F34: it costs reading time, and a reason."""
    tiers = tuple(Tier(f"T{i}", i, 1) for i in range(1, 6))
    seats = ConditionSpec("minimum_seats", (("seats", 3),))
    rich = replace(READY, layers=(a_layer(tiers=tiers, conditions=(seats,)),))
    (reason,) = reasons_against(rich, "somebody", TODAY)
    assert reason.message == "take 14 seconds to read (6 conditions and tiers); legibility 40 of 100"
    assert paths(replace(rich, overrides=(("complexity", "the vendor insists"),))) == []


def example(name: str) -> Program:
    file = next(file for file in EXAMPLES if file.stem == name)
    return parse(json.loads(file.read_text()), id=file.stem, version=1, effective_from=None, author="ops")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_every_example_activates_clean_and_reads_well(file: Path) -> None:
    """F35: legibility is checked for what we ship, and at every activation."""
    program = example(file.stem)
    assert reasons_against(program, "someone-else", TODAY) == []
    assert card(program).score >= GOOD_SCORE
    assert warnings(program, []) == []


def test_one_fixed_reward_on_one_rule_for_one_quarter_scores_best() -> None:
    """F37: and nothing that is added to it reads better."""
    scores = {file.stem: card(example(file.stem)).score for file in EXAMPLES}
    assert scores["fixed-reward"] == 100 == max(scores.values())
    [layer] = example("fixed-reward").layers
    richer = [
        replace(layer, tiers=(Tier("Gold", 500, 100),)),
        replace(layer, attach_bonus=AttachBonus("sku", ("A",), 5)),
        replace(layer, first_deals_per_rep=3),
        replace(layer, window=(date(2026, 11, 1), date(2026, 11, 30))),
        replace(layer, conditions=(*layer.conditions, ConditionSpec("minimum_seats", (("seats", 3),)))),
    ]
    for changed in richer:
        assert card(replace(example("fixed-reward"), layers=(changed,))).score < 100
    assert card(replace(example("fixed-reward"), layers=(layer, replace(layer, id="vendor:orchid")))).score < 100


def test_three_pages_of_terms_fail() -> None:
    """F22, F34."""
    numbers = ("A1", "B2", "C3", "D4", "E5", "F6")
    terms = (
        ConditionSpec("vendor", (("names", ("Acme", "Beta")),)), ConditionSpec("sku", (("numbers", numbers),)),
        ConditionSpec("minimum_seats", (("seats", 25),)), ConditionSpec("minimum_amount", (("amount", usd("5000")),)),
        ConditionSpec("deal_type", (("types", ("net_new", "expansion")),)),
    )  # fmt: skip
    tiers = tuple(Tier(f"Step {n}", n * 100, n) for n in range(1, 6))
    layers = tuple(
        a_layer(id=id_, conditions=terms[:n], tiers=tiers, attach_bonus=AttachBonus("sku", ("X",), 1))
        for n, id_ in enumerate(("internal", "vendor:acme", "vendor:beta"), start=3)
    )
    read = card(replace(READY, layers=layers))
    assert read.score == 0 and read.seconds > 30
    assert paths(replace(READY, layers=layers)) == ["layers"]


def test_an_end_beyond_a_year_is_no_end_whatever_the_reason() -> None:
    """F18."""
    window = Window(date(2026, 10, 1), date(2027, 10, 2), "America/Chicago")
    endless = replace(READY, window=window, confirm_by=window.end, overrides=(("window", "the vendor wants it"),))
    assert paths(endless) == ["window"]


VENDOR = ConditionSpec("vendor", (("names", ("Acme",)),))
PERCENT = (Rate("percent", hundredths=250),)
LIFTING = {"tier_kind": "retroactive", "tiers": (Tier("Gold", 100, percent=150),)}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (a_layer(rates=PERCENT), ["layers[0]"]),
        (a_layer(rates=PERCENT, conditions=(VENDOR,)), []),
        (a_layer(**LIFTING), ["layers[0]"]),
        (a_layer(**LIFTING, conditions=(VENDOR,)), []),
        (a_layer(), []),
        (a_layer(rates=PERCENT, conditions=(ConditionSpec("minimum_seats", (("seats", 3),)),)), ["layers[0]"]),
    ],
)
def test_a_margin_return_on_everything_sold_is_a_rebate_and_refused(layer: Layer, expected: list[str]) -> None:
    """F06, F50: with an explanation, and without an override."""
    found = reasons_against(replace(READY, layers=(layer,)), "somebody", TODAY)
    assert [p.path for p in found] == expected
    assert all("rebate" in p.message and "price agreement" in p.remedy for p in found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"layers": (a_layer(rates=(Rate("per_seat", 9),)),)}, []),
        ({"window": Window(date(2026, 10, 1), date(2026, 12, 1), "America/Chicago")}, ["window.end"]),
        ({"window": Window(date(2026, 10, 1), date(2026, 12, 1), "America/Chicago"), "change_reason": "funds"}, []),
        ({"confirm_by": date(2027, 3, 1)}, ["confirm_by"]),
        ({"window": Window(date(2026, 10, 2), date(2026, 12, 31), "America/Chicago")}, ["window.start"]),
        ({"window": Window(date(2026, 10, 1), date(2026, 12, 31), "UTC")}, ["window.zone"]),
        ({"qualifying_date": "order_placed"}, ["qualifying_date"]),
        ({"confirming_document": "order"}, ["confirming_document"]),
        ({"behaviour": "target_reached"}, ["behaviour"]),
        ({"layers": (a_layer(id="vendor:acme"),)}, ["layers"]),
        ({"layers": (a_layer(point=usd("2")),)}, ["layers"]),
        ({"layers": (a_layer(window=(date(2026, 10, 1), date(2026, 11, 1))),)}, ["layers[0].window"]),
        ({"rank_prizes": RankPrizes("internal", (usd("5"),))}, ["rank_prizes"]),
    ],
)
def test_an_open_program_keeps_its_terms_and_moves_its_end_only_with_a_reason(
    changes: dict[str, Any], expected: list[str]
) -> None:
    """domain.md 3; F30, F42."""
    new = replace(READY, version=2, **changes)
    assert [p.path for p in reasons_against_change(READY, new, date(2026, 10, 1))] == expected
    assert reasons_against_change(READY, new, date(2026, 9, 30)) == [], "before it opens anything may change"


def test_tiers_keep_their_kind_while_reps_work_towards_them() -> None:
    tiered = replace(READY, layers=(a_layer(**LIFTING),))
    steps = a_layer(tier_kind="marginal", tiers=(Tier("Gold", 100, percent=150),))
    new = replace(tiered, version=2, layers=(steps,))
    assert [p.path for p in reasons_against_change(tiered, new, date(2026, 10, 2))] == ["layers"]


def test_after_its_end_a_program_never_changes() -> None:
    longer = Window(date(2026, 10, 1), date(2027, 1, 31), "America/Chicago")
    new = replace(READY, version=2, window=longer, change_reason="we forgot")
    assert reasons_against_change(READY, new, date(2026, 12, 31)) == []
    assert [p.path for p in reasons_against_change(READY, new, date(2027, 1, 1))] == ["window.end"]
