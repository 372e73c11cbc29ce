"""What a scenario file may not say: every problem at once, each with its line and the nearest spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.domain.errors import InvalidDocument
from local.scenario import main
from local.scenarios.program_part import problems_of
from local.scenarios.reading import scenario_from
from local.scenarios.running import run

WHOLE = """\
scenario: Fifty seats
proves: [W20]
program: {example: security-push}
people: {Ana: {}}
what happened:
  - {on: 2026-10-05, approved: DR-1, rep: Ana, sku: ACM-EDR-1Y, quantity: 50, amount: 5000 USD, deal type: net-new}
expected:
  people: {Ana: {provisional: 150}}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidDocument) as refused:
        scenario_from(text, "a.yaml")
    return problems_of(list(refused.value.problems))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("people: {Ana: {}}", "poeple: {Ana: {}}", 4, 'Did you mean "people"?'),
        ("approved:", "aproved:", 6, 'Did you mean "approved"?'),
        ("rep: Ana", "rep: Anna", 6, 'Did you mean "Ana"?'),
        ("quantity: 50", "quantity: fifty", 6, "a whole number"),
        ("quantity: 50", "quantiy: 50", 6, 'Did you mean "quantity"?'),
        ("5000 USD", "5000 USX", 6, 'as "5000 USD"'),
        ("2026-10-05", "2026-13-05", 6, "no day of the calendar"),
        ("net-new", "netnew", 6, 'Did you mean "net-new"?'),
        ("provisional:", "provisonal:", 8, 'Did you mean "provisional"?'),
        ("{Ana: {provisional", "{Anna: {provisional", 8, 'Did you mean "Ana"?'),
        ("provisional: 150", "provisional: a lot", 8, "a whole number"),
        ("example: security-push", "example: securty-push", 3, 'Did you mean "security-push"?'),
        ("{example: security-push}", "{example: security-push, with: {'layer[0].point': 1}}", 3, '"layers"'),
        ("proves: [W20]", "proves: []", 2, "is not a list of 1 to 60 texts"),
        ("  people: {Ana: {provisional: 150}}", "  deals: {DR-2: {state: pending}}", 8, 'Did you mean "DR-1"?'),
        ("rep: Ana", "split: {Ana: 60 %}", 6, "100 %"),
        ("rep: Ana", "rep: Ana, invoiced: INV-1", 6, "says two things at once"),
        ("people: {Ana: {}}", "people: {Ana: {}, Ana: {}}", 4, "is there twice"),
        ("people: {Ana: {}}", "people: {Ana: {}", 5, "is no YAML"),
        ("people: {Ana: {}}", "people: !!python/name:os.system {}", 4, "YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_way_out(old: str, new: str, line: int, said: str) -> None:
    assert old in WHOLE
    found = problems(WHOLE.replace(old, new, 1))
    assert any(said in problem and problem.startswith(f"line {line}") for problem in found), found


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = WHOLE.replace("rep: Ana", "rep: Anna").replace("proves:", "prooves:").replace("provisional", "provisonal")
    found = problems(text)
    assert len(found) >= 4 and found == sorted(found, key=lambda p: int(p.split()[1].strip(",")))


def test_an_expectation_that_is_not_met_is_told_with_what_was_found() -> None:
    ran = run(scenario_from(WHOLE.replace("150", "151"), "a.yaml"))
    assert not ran.holds
    assert [f.told() for f in ran.found if not f.holds] == ["Ana: provisional 151 (found: 150)"]


def test_a_refusal_nobody_expected_is_told() -> None:
    ran = run(scenario_from(WHOLE.replace("example: security-push", "example: security-push, without: [feeds]"), "a"))
    assert not ran.holds and any("refused, which nobody expected: feeds" in f.told() for f in ran.found)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (WHOLE, 0, "1 of 1 scenarios hold"),
        (WHOLE.replace("150", "151"), 1, "NOT SO       Ana: provisional 151 (found: 150)"),
        (WHOLE.replace("rep:", "repp:"), 2, 'Did you mean "rep"?'),
    ],
)
def test_the_command_prints_the_proof_and_ends_accordingly(
    text: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    assert main([str(file)]) == code
    told = capsys.readouterr().out
    assert said in told
    if code < 2:
        assert "50 x ACM-EDR-1Y" in told and "10 seats or more" in told and "Standings of Security push Q4" in told


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.yaml")]) == 2
    assert "cannot be read" in capsys.readouterr().out
