"""One stack for the whole run: the packaged template deployed by CloudFormation into the emulator, IAM enforced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.down import down
from local.stack import Stack
from local.token import token
from local.up import Progress, up

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the stack."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session")
def stack_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(stack_directory: Path) -> Iterator[Stack]:
    """A running stack on free ports; `KICKER_LOCAL` points at it, so `Stack.read()` finds it too."""
    before = os.environ.get("KICKER_LOCAL")
    os.environ["KICKER_LOCAL"] = str(stack_directory)
    try:
        yield up(stack_directory, Progress())
    finally:
        down(stack_directory)
        if before is None:
            del os.environ["KICKER_LOCAL"]
        else:
            os.environ["KICKER_LOCAL"] = before


@pytest.fixture(scope="session")
def bearer(stack: Stack, stack_directory: Path) -> Callable[..., dict[str, str]]:
    """`bearer(user, *roles)` -> the Authorization header of that user."""

    def header(user: str, *roles: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(stack, user, *roles, directory=stack_directory)}"}

    return header
