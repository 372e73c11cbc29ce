"""The gate: every reason against starting a program, at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.calendar import Window
from chalicelib.domain.gate import reasons_against, reasons_against_change
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import ConditionSpec, Program, Rate, Reward, Tier
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
    assert reason.message == "take 14 seconds to read (6 conditions and tiers)"
    assert paths(replace(rich, overrides=(("complexity", "the vendor insists"),))) == []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_every_example_activates_clean(file: Path) -> None:
    program = parse(json.loads(file.read_text()), id=file.stem, version=1, effective_from=None, author="ops")
    assert reasons_against(program, "someone-else", TODAY) == []


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
    ],
)
def test_an_open_program_keeps_its_terms_and_moves_its_end_only_with_a_reason(
    changes: dict[str, Any], expected: list[str]
) -> None:
    """domain.md 3; F30, F42."""
    new = replace(READY, version=2, **changes)
    assert [p.path for p in reasons_against_change(READY, new, date(2026, 10, 1))] == expected
    assert reasons_against_change(READY, new, date(2026, 9, 30)) == [], "before it opens anything may change"


def test_after_its_end_a_program_never_changes() -> None:
    longer = Window(date(2026, 10, 1), date(2027, 1, 31), "America/Chicago")
    new = replace(READY, version=2, window=longer, change_reason="we forgot")
    assert reasons_against_change(READY, new, date(2026, 12, 31)) == []
    assert [p.path for p in reasons_against_change(READY, new, date(2027, 1, 1))] == ["window.end"]
