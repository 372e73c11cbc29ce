"""A real Chromium for the components: found, or a loud word that it is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import preview, processes
from local.browser import NoBrowser, playing
from tests.browser.screens import SIZES, Screen, Size


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """A Playwright browser. CI fails without one; elsewhere the tests skip and the summary says so."""
    try:
        with playing() as browser:
            yield browser
    except NoBrowser as why:
        not_checked(str(why))


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a preview without a stack: the state pages."""
    directory = tmp_path_factory.mktemp("states")
    try:
        yield preview.start(directory)
    except preview.NoPreview as why:
        not_checked(str(why))
    finally:
        processes.stop_all(directory)


@pytest.fixture(params=SIZES, ids=lambda size: size.name)
def screen(chrome: Any, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """A page at a desk's and at a phone's width; whatever its console says fails the test."""
    size: Size = request.param
    yield from opened(chrome, size)


@pytest.fixture
def desk(chrome: Any) -> Iterator[Screen]:
    """A page at a desk's width."""
    yield from opened(chrome, SIZES[0])


def opened(chrome: Any, size: Size) -> Iterator[Screen]:
    """A page of that size that ends with an empty console."""
    shown = Screen.open(chrome, size, pictures())
    yield shown
    shown.page.close()
    assert shown.said == []


def pictures() -> Path | None:
    """Where pictures are kept: KICKER_PICTURES, else nowhere."""
    named = os.environ.get("KICKER_PICTURES")
    return Path(named) if named else None


def not_checked(why: str) -> None:
    """CI must have everything; elsewhere what is missing is said at the end."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(f"NOT CHECKED: {why}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skip is a dot among thousands; this is not."""
    skipped = [str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", [])]
    for why in sorted({why.partition("NOT CHECKED: ")[2] for why in skipped if "NOT CHECKED: " in why}):
        terminalreporter.write_line(f"NOT CHECKED in a browser: {why}", red=True)
