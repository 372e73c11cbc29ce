"""Months nobody wrote down end true (the bounded part; `make prove` tells thousands more).

A finding prints its story step by step. `python -m tests.simulator.stories --seed N --shorter` plays a numbered one
again without the steps its failure does not need; hypothesis shrinks its own.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chalicelib.domain import dealbook
from chalicelib.services import score_lines
from tests.simulator import acts
from tests.simulator.acts import ACTS, Act
from tests.simulator.stories import Step, Untrue, a_world, begin, beginning, calm, drawn, finish, play, stories, told

BLOCKS, EACH = 10, 2  # of numbered stories
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


# --- the checks can fail ------------------------------------------------------------------------------------------
