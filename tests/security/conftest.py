"""A deployment full of personal data: built once a module for tests that change nothing, anew for one that does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import create_tables
from tests.fakes.api import Api
from tests.handlers.conftest import settle, the_app
from tests.rebuilt import forget_what_was_built
from tests.security.hearing import Hearing
from tests.security.world import World, build


def worlds(pays: str = "manual") -> Iterator[World]:
    """One world, for as long as a fixture lives. The provider is not there (port 9 refuses at once)."""
    from moto import mock_aws

    with mock_aws(), pytest.MonkeyPatch.context() as settings:
        settings.setenv("KICKER_REWARDS_URL", "http://127.0.0.1:9")
        settle(settings)
        yield build(create_tables(), pays)
        forget_what_was_built()


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    """Built once a module: whoever uses it must leave it as it was."""
    yield from worlds()


@pytest.fixture
def world() -> Iterator[World]:
    """Built for one test, which may change it."""
    yield from worlds()


@pytest.fixture
def api() -> Api:
    """The app as the gateway calls it."""
    return Api(the_app())


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Hearing:
    """Hears everything CloudWatch would keep."""
    the_app()  # an app sets up its logger when it is made
    return Hearing(monkeypatch)
