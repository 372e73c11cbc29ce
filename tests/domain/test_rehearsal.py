"""A program is rehearsed on made-up deals before it can pay, and a broken promise is shown as a story."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chalicelib.domain import counted, dealbook, rehearsal
from chalicelib.domain.attachments import BookLines
from chalicelib.domain.conditions import CONDITIONS, Subject
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import ConditionSpec, Program, Rate
from chalicelib.domain.rehearsal import MAY_BREAK, PROMISES, reasons, rehearse
from chalicelib.domain.rehearsal_deals import Maker, story
from tests.builders import a_layer, a_program, usd

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples" / "programs").glob("*.json"))
RICH = a_program(
    layers=(
        a_layer(conditions=(ConditionSpec("minimum_seats", (("seats", 10),)),), cap_points_per_rep=200),
        a_layer(id="vendor:v", rates=(Rate("percent", hundredths=333),), budget=usd("900")),
    )
)


@dataclass(frozen=True, slots=True)
class Fewer:
    """A condition the language does not have by itself: fewer seats than this."""

    judged: ClassVar[str] = "deal"
    seats: int

    def holds(self, subject: Subject) -> bool:
        return subject.quantity < self.seats


@pytest.fixture
def small_deals_only(monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setitem(CONDITIONS, "fewer", Fewer)
    return a_program(id="small-deals", layers=(a_layer(conditions=(ConditionSpec("fewer", (("seats", 10),)),)),))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_every_example_keeps_every_promise(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    assert rehearse(parse(document, id=file.stem, version=1, effective_from=None, author="x")) == ()


def test_a_program_with_everything_keeps_every_promise() -> None:
    assert rehearse(RICH) == ()


def test_rehearsal_deals_deals_reach_both_sides_of_a_minimum() -> None:
    maker = Maker(RICH, 1)
    seats = {maker.case().registration.quantity for _ in range(100)}
    assert {9, 10, 11} <= seats


def test_most_rehearsal_deals_deals_earn_something_in_every_example() -> None:
    """A rehearsal on deals that earn nothing would prove nothing."""
    for file in EXAMPLES:
        program = parse(json.loads(file.read_text()), id=file.stem, version=1, effective_from=None, author="x")
        maker = Maker(program, 7)
        earned = sum(any(c for _, c in rehearsal._whole(program, maker.case()).values()) for _ in range(100))
        assert earned >= 20, file.stem


def test_a_rule_that_pays_more_after_a_return_does_not_start(small_deals_only: Program) -> None:
    """domain.md 7: this trade's classic bug, written as a rule."""
    broken = {b.promise: b for b in rehearse(small_deals_only)}
    assert set(broken) == {"a credit never raises", "more is never worth less"}
    shown = broken["a credit never raises"]
    assert "the last document adds" in shown.what
    assert "1. DR-" in shown.story and "takes back" in shown.story and shown.story.endswith(".")


def test_that_a_larger_deal_earns_less_may_be_meant_and_needs_a_reason(small_deals_only: Program) -> None:
    meant = replace(small_deals_only, overrides=(("rehearsal", "a push for small customers"),))
    assert {b.promise for b in rehearse(meant)} == {"a credit never raises"}
    said = {p.message: p for p in reasons(small_deals_only)}
    for promise in ("a credit never raises", "more is never worth less"):
        problem = said[f"break a promise: {promise}"]
        assert problem.path == "layers" and "Made-up deal: 1. DR-" in problem.value
        assert ("overrides" in problem.remedy) == (promise in MAY_BREAK)


def test_the_same_document_is_rehearsed_on_the_same_deals(small_deals_only: Program) -> None:
    first = rehearse(small_deals_only)
    rehearsal._rehearsed.cache_clear()
    assert rehearse(small_deals_only) == first != ()


# What a bug of ours would look like, and the promise that catches it.
def _whole_split(total: int, shares: Sequence[Any]) -> list[int]:
    return [total for _ in shares]


def _arrival(book: dealbook.DealBook) -> BookLines:
    """Only the line of a deal that arrived last counts."""
    return BookLines(book.registrations, {book.assigned[i]: [line] for i, line in book.lines.items()})


def _grows(rate: Any, point: Any, quantity: Any, minor: int) -> int:
    return rate.points * int(quantity) ** 2


@pytest.fixture
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    where, name, bug, promises = request.param
    monkeypatch.setattr(where, name, bug)
    return promises


@pytest.mark.parametrize(
    "planted",
    [
        (dealbook, "divide", _whole_split, {"a split conserves the total"}),
        (dealbook.DealBook, "book_lines", _arrival, {"the order of events does not matter"}),
        (rehearsal, "fold", lambda claims, left: list(claims), {"caps and budgets hold"}),
        (counted, "_taken", lambda line, whole: (abs(line.quantity), abs(line.amount.minor)),
         {"a full return nets to zero"}),
    ],
    indirect=True, ids=["split", "arrival", "budget", "credit sign"],
)  # fmt: skip
def test_a_planted_bug_breaks_the_promise_it_is_about(planted: set[str]) -> None:
    """The rehearsal can fail: each bug is caught by the promise that names it."""
    rehearsal._rehearsed.cache_clear()  # what was kept was rehearsed without the bug
    found = {b.promise for b in rehearse(RICH)}
    rehearsal._rehearsed.cache_clear()
    assert planted <= found


def test_every_promise_has_a_sentence() -> None:
    assert all(len(promise.split()) >= 3 for promise in PROMISES)
    maker = Maker(RICH, 3)
    assert story(maker.case().facts).startswith("1. DR-1 is approved on ")
