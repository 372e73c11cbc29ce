"""What the tests of the Salesforce package need: its tools, or a loud word that they are not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local import lightning
from tests.salesforce.metadata_types import Types
from tests.salesforce.sources import Sources

DECLARATIONS = lightning.MODULES / "@salesforce" / "types" / "lib" / "metadata.d.ts"


@pytest.fixture(scope="session")
def tools() -> Mapping[str, str]:
    """The environment in which Node, Java and the npm packages are found. CI fails without them; else tests skip."""
    if (why := lightning.missing()) is not None:
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(f"NOT CHECKED: {why}")
    return lightning.npm_env()


@pytest.fixture(scope="session")
def types(tools: Mapping[str, str]) -> Types:
    """The Metadata API's types."""
    return Types.read(DECLARATIONS)


@pytest.fixture
def planted(tmp_path: Path) -> Callable[[str, str, str], Sources]:
    """Copies the package and changes one text in the one file of that name: what a checker must find."""

    def plant(name: str, old: str, new: str) -> Sources:
        for source in Sources.of().directories:
            shutil.copytree(source, tmp_path / source.name)
        [file] = tmp_path.rglob(name)
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return Sources(tuple(tmp_path / d.name for d in Sources.of().directories))

    return plant


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skip is a dot among thousands; this is not."""
    skipped = [str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", [])]
    for why in sorted({why.partition("NOT CHECKED: ")[2] for why in skipped if "NOT CHECKED: " in why}):
        terminalreporter.write_line(f"NOT CHECKED of the Salesforce package: {why}", red=True)
