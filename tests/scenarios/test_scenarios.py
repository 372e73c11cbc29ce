"""Every scenario comes true, in every order of telling, and says what it proves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.scenarios.reading import read_scenario
from local.scenarios.running import run

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
_PROVES = re.compile(r"[WF]\d\d|domain\.md \d{1,2}")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_scenario_comes_true_in_every_order(path: Path) -> None:
    ran = run(read_scenario(path))
    assert [found.told() for found in ran.found if not found.holds] == []
    assert [difference for difference in ran.orders if difference] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_scenario_says_what_it_proves(path: Path) -> None:
    assert [p for p in read_scenario(path).proves if not _PROVES.fullmatch(p)] == []


def test_there_are_many() -> None:
    assert len(FILES) >= 20
