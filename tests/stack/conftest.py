"""One stack for the whole run: the packaged template deployed by CloudFormation into the emulator, IAM enforced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.down import down
from local.stack import Stack
from local.theatre import Theatre
from local.token import token
from local.up import Progress, up

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the stack."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.stack)


@contextmanager
def running(directory: Path) -> Iterator[Stack]:
    """A stack on free ports, ended with the block; `KICKER_LOCAL` points at it, so `Stack.read()` finds it too."""
    before = os.environ.get("KICKER_LOCAL")
    os.environ["KICKER_LOCAL"] = str(directory)
    try:
        yield up(directory, Progress())
    finally:
        down(directory)
        if before is None:
            del os.environ["KICKER_LOCAL"]
        else:
            os.environ["KICKER_LOCAL"] = before


@pytest.fixture(scope="session")
def stack_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(stack_directory: Path) -> Iterator[Stack]:
    """The stack of all files that leave the clocks alone."""
    with running(stack_directory) as stack:
        yield stack


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A stack of this file's own, whose clocks it may set. In an org that others use they must not go back: the sweep
    has read up to a later stamp, and whoever is new at an earlier one is never read."""
    directory = tmp_path_factory.mktemp("stage")
    with running(directory) as stack:
        yield Theatre(stack, directory)


@pytest.fixture(scope="session")
def bearer(stack: Stack, stack_directory: Path) -> Callable[..., dict[str, str]]:
    """`bearer(user, *roles)` -> the Authorization header of that user."""

    def header(user: str, *roles: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(stack, user, *roles, directory=stack_directory)}"}

    return header
