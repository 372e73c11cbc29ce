"""Every scenario comes true, in every order of telling, and says what it proves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.domain.conditions import CONDITIONS
from local.scenarios.reading import read_scenario
from local.scenarios.running import run

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
RULES = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
_PROVES = re.compile(r"[WF]\d\d|domain\.md \d{1,2}")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_scenario_comes_true_in_every_order(path: Path) -> None:
    ran = run(read_scenario(path))
    assert [found.told() for found in ran.found if not found.holds] == []
    assert [difference for difference in ran.orders if difference] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_scenario_says_what_it_proves(path: Path) -> None:
    assert [p for p in read_scenario(path).proves if not _PROVES.fullmatch(p)] == []


@pytest.mark.parametrize("condition", sorted(CONDITIONS))
def test_every_condition_is_explained_by_a_scenario(condition: str) -> None:
    [row] = re.findall(rf"^\| `{condition}` \| (\[.+)$", RULES.partition("## By example")[2], re.MULTILINE)
    assert [name for name in re.findall(r"scenarios/([\w-]+)\.yaml", row) if condition in used(name)]


def used(name: str) -> set[str]:
    """The kinds of conditions in the programs of a scenario."""
    programs = read_scenario(Path(__file__).parent / f"{name}.yaml").programs
    return set(re.findall(r"'(\w+)'", repr([program.document for program in programs])))


def test_there_are_many() -> None:
    assert len(FILES) >= 40
