"""What the Lightning components are tested with is what the API answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.handlers.reps import DEALS_A_PAGE
from tests.handlers.described import described, validator
from tests.salesforce_examples import FOLDER, SCHEMAS, examples, text

# Answers of the dispute routes are written by hand, one file a state.
BY_HAND = {"disputes", "disputes-none"}


def test_every_file_is_what_the_services_answer() -> None:
    """Run `python -m tests.salesforce_examples` after a change of a view, and read the diff."""
    made = examples()
    assert {path.stem for path in FOLDER.glob("*.json")} == set(made) | BY_HAND
    stale = [
        name for name, answer in made.items() if (FOLDER / f"{name}.json").read_text(encoding="utf-8") != text(answer)
    ]
    assert stale == []


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items(), ids=SCHEMAS)
def test_every_file_fits_the_openapi_document(name: str, schema: str) -> None:
    answer = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = validator({"$ref": f"#/components/schemas/{schema}"}).iter_errors(answer)
    assert [f"{'/'.join(map(str, e.path))}: {e.message}" for e in found] == []


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_disputes_fit_the_openapi_document(name: str) -> None:
    """A dispute's answer holds exactly what the contract names; the document's schema is asked once it has one."""
    answer = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    operation: dict[str, Any] = described()["paths"].get("/me/disputes", {}).get("get", {})
    if operation:
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert [e.message for e in validator(schema).iter_errors(answer)] == []
    for dispute in answer["disputes"]:
        assert set(dispute) == {
            "id", "registration", "deal", "program", "program_name", "layer", "state", "reason", "text", "filed_at",
            "due_on", "waits_for", "messages", "decision", "adjustment",
        }  # fmt: skip


def test_the_reps_whole_dashboard_is_one_answer_of_at_most_30_kb() -> None:
    """Issue 5, figures: five programs with a vendor's money and one internal, in one call."""
    answer = json.loads((FOLDER / "standings.json").read_text(encoding="utf-8"))
    layers = [layer["layer"] for program in answer["programs"] for layer in program["layers"]]
    assert len(answer["programs"]) == 6
    assert len({name for name in layers if name.startswith("vendor:")}) == 5
    assert len(text(answer).encode()) <= 30_000


def test_a_page_of_deals_is_small_enough_to_be_asked_for_every_minute() -> None:
    """Six programs look at each deal; a page of them stays far below what Apex takes (6 MB) and a phone waits for."""
    answer = json.loads((FOLDER / "deals.json").read_text(encoding="utf-8"))
    size = len(text(answer).encode()) / len(answer["deals"])
    assert len(answer["deals"][0]["programs"]) == 6
    assert size * DEALS_A_PAGE <= 130_000
    whole = json.loads((FOLDER / "deal.json").read_text(encoding="utf-8"))
    listed = next(deal for deal in answer["deals"] if deal["registration"] == whole["registration"])
    assert 2 * len(text(listed)) < len(text(whole))
