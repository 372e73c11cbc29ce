import pytest

from local.reward_simulator import Simulator
from tests.adapters.rewards.builders import ManualDesk, TremendousDesk


@pytest.fixture
def simulator():
    """A fresh provider on loopback, without a rate limit; ends with the test."""
    with Simulator(rate_per_second=0) as running:
        yield running


@pytest.fixture(params=["tremendous", "manual"])
def desk(request):
    """A provider and what happens on its other side, for the contract every provider keeps."""
    if request.param == "tremendous":
        return TremendousDesk(request.getfixturevalue("simulator"))
    request.getfixturevalue("aws")
    return ManualDesk()
