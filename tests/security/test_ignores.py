"""Whatever a scanner is told to overlook says what and why, on the same line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.security.own_rules import ROOT, SAMPLES, SCANNED, expected, rules

# bandit: `# nosec B311 # reason`; semgrep: `# nosemgrep: rule - reason`.
REASONED = {
    "nosec": re.compile(r"# nosec B\d{3}(, ?B\d{3})* # \w.{3,}"),
    "nosemgrep": re.compile(r"# nosemgrep: [a-z-]+ - \w.{3,}"),
}


def files() -> list[Path]:
    places = [ROOT / name for name in SCANNED]
    return sorted(f for p in places for f in ([p] if p.is_file() else p.rglob("*.py")))


def test_every_ignored_finding_names_the_rule_and_the_reason() -> None:
    found = [
        (f"{path.relative_to(ROOT)}:{number}", word, line)
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word in REASONED
        if f"# {word}" in line
    ]
    assert found, "some findings are ignored; if none is any more, this test can go"
    assert [where for where, word, line in found if not REASONED[word].search(line)] == []


def test_every_check_that_is_switched_off_everywhere_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    skips = text.partition("[tool.bandit]")[2].partition("]\n")[0]
    lines = [line for line in skips.splitlines() if '"B' in line]
    assert lines and all(re.search(r'"B\d{3}", # \w', line) for line in lines)


@pytest.mark.parametrize("rule", rules())
def test_every_rule_has_a_file_with_and_a_file_without_findings(rule: str) -> None:
    """`make lint` proves that it finds exactly these."""
    assert len(expected(rule, f"{rule}.bad.py")) >= 3
    assert not expected(rule, f"{rule}.good.py")
    assert f"# ok: {rule}" in (SAMPLES / f"{rule}.good.py").read_text(encoding="utf-8")
