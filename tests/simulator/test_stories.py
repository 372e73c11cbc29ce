"""Months nobody wrote down end true (the bounded part; `make prove` tells thousands more).

A finding prints its story step by step. `python -m tests.simulator.stories --seed N --shorter` plays a numbered one
again without the steps its failure does not need; hypothesis shrinks its own.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chalicelib.domain import dealbook, rehearsal, worth
from chalicelib.services import close_periods, converge, score_lines, score_registration
from tests.mutants.mutant import ROOT
from tests.mutants.mutants import MUTANTS
from tests.simulator import acts
from tests.simulator.acts import ACTS, Act
from tests.simulator.crossings import CROSSINGS, Crossing, crossed, orders
from tests.simulator.stories import Step, Untrue, a_world, calm, drawn, finish, play, stories, told
from tests.simulator.tale import begin, beginning

BLOCKS, EACH = 8, 2  # of numbered stories
CHOICES = st.integers(0, 59)
TROUBLE = st.one_of(st.just(0), st.just(0), st.integers(1, 1 << 20))


class Months(RuleBasedStateMachine):
    """Any acts in any order, with faults in any of them; at the end the facts alone must lead to the same."""

    def __init__(self) -> None:
        super().__init__()
        beginning()
        self.installed = a_world().installed()
        self.tale = begin(self.installed.__enter__())
        self.true = True

    @initialize(a=CHOICES, b=CHOICES, c=CHOICES)
    def something_is_registered(self, a: int, b: int, c: int) -> None:
        self.step(acts.register, a, b, c, 0)

    def step(self, act: Act, a: int, b: int, c: int, trouble: int) -> None:
        """One step; what is untrue after it ends the story."""
        try:
            play(self.tale, Step(act, a, b, c, trouble))
        except Untrue:
            self.true = False
            raise

    def teardown(self) -> None:
        try:
            if self.true:
                finish(self.tale)
        finally:
            calm(self.tale)
            self.installed.__exit__(None, None, None)


def _rule(act: Act) -> Any:
    def step(self: Months, a: int, b: int, c: int, trouble: int) -> None:
        self.step(act, a, b, c, trouble)

    step.__name__ = act.__name__
    return rule(a=CHOICES, b=CHOICES, c=CHOICES, trouble=TROUBLE)(step)


for _act in ACTS:
    setattr(Months, _act.__name__, _rule(_act))


def test_whatever_happens_in_a_month_it_ends_true() -> None:
    """domain.md 6, 7, 16, 21, 37; the convergence statement of the design."""
    run_state_machine_as_test(
        Months,
        settings=settings(
            max_examples=12, stateful_step_count=20, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
        ),
    )  # fmt: skip


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_story_ends_as_its_facts_alone_do(block: int) -> None:
    """Numbered stories, of thirty steps each."""
    tally = stories(range(EACH * block, EACH * (block + 1)))
    assert tally.stories == EACH
    assert not tally.findings, "\n".join(tally.findings)


# --- matching across books ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("crossing", CROSSINGS, ids=lambda crossing: crossing.name.replace(" ", "-"))
def test_what_crosses_books_ends_the_same_in_every_order_with_crashes(crossing: Crossing) -> None:
    """domain.md 6, 8, 10, 40: every order of five deliveries, a process dying in each of them."""
    beginning()
    with a_world().installed():
        found = crossed(a_world(), crossing, rounds=1)
    assert (found.orders, found.crashes > 250) == (orders(crossing), True)
    assert not found.findings, "\n".join(found.findings[:3])


def test_a_line_that_its_registration_does_not_look_for_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a registration does not look for the lines under its keys."""
    beginning()
    monkeypatch.setattr(score_registration.RegistrationScorer, "_again", lambda *_: set())
    with a_world().installed():
        found = crossed(a_world(), CROSSINGS[1], rounds=1)
    assert len(found.findings) > 20
    assert all(finding.startswith(CROSSINGS[1].name) for finding in found.findings)


# --- the checks can fail ------------------------------------------------------------------------------------------

# A bug of the table of mutants -> where its function is called from, a story that runs into it, and what is said then.
PLANTED = {
    "worth-posted-again": ((converge, "settle"), 0, "entries and deal books differ"),
    "returns-raise": ((worth, "count"), 2, "what came back raised the balance"),
    "remainder-lost": ((dealbook, "divide"), 26, "one rep would have"),
    "deal-disappears": ((converge, "settle"), 0, "nobody sees the registration"),
    "older-line-replaces": ((score_lines, "newest"), 0, "the facts alone lead to something else"),
    "twins-by-arrival": ((score_lines, "possible_duplicates"), 7, "the facts alone lead to something else"),
    "budget-anew-each-run": ((close_periods, "plan"), 35, "the runs granted"),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found_by_a_story(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each invariant says something when the product breaks it."""
    (place, name), seed, says = PLANTED[bug]
    wrong = _with_bug(bug, place, name, seed, monkeypatch)
    assert says in wrong
    assert wrong.lstrip().startswith("1. register"), "the story is told step by step"


def _with_bug(bug: str, place: Any, name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> str:
    mutant = next(mutant for mutant in MUTANTS if mutant.id == bug)
    source = mutant.planted((ROOT / mutant.file).read_text(encoding="utf-8"))
    module = ModuleType(mutant.file.removesuffix(".py").replace("/", "."))
    exec(compile(source, mutant.file, "exec"), module.__dict__)  # noqa: S102 - our own source, one word of it changed
    monkeypatch.setattr(place, name, getattr(module, name))
    rehearsal._rehearsed.cache_clear()  # programs are rehearsed with the bug, and later ones without
    try:
        return told(drawn(seed))[1]
    finally:
        rehearsal._rehearsed.cache_clear()
