"""The whole stack under faults: functions killed, DynamoDB failing, everything restarted, the provider away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.down import down
from local.story_world import Month
from local.theatre import Theatre, until
from local.up import Progress, up
from tests.stack.dynamodb_proxy import AFTER, BEFORE, KILLS, Proxy
from tests.stack.harsh_month import Figures, HarshMonth, deal, killer, points
from tests.stack.reseller import BUDGET, REPS

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="who calls is read from /proc")

SEED = 20261122


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HarshMonth]:
    directory = tmp_path_factory.mktemp("harsh")
    figures = Figures()
    with Proxy(killer(directory, figures.killed)) as proxy:
        emulator = {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(directory / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(directory / "s3"),
            "AWS_ENDPOINT_URL_DYNAMODB": proxy.url,
        }
        try:
            stack = up(directory, Progress(), emulator=emulator)
            proxy.upstream = int(stack.aws_endpoint_url.rsplit(":", 1)[1])
            harsh = HarshMonth(
                Theatre.open(directory), Month.around(datetime.now(UTC).date()), hours=2,
                proxy=proxy, emulator=emulator, figures=figures,
            )  # fmt: skip
            harsh.begin()
            harsh.hurry()
            yield harsh
        finally:
            down(directory)


@pytest.fixture(scope="module")
def killed(month: HarshMonth) -> HarshMonth:
    deals = [deal(0, n) for n in range(24)]
    with month.scene("functions killed while they call DynamoDB"):
        month.proxy.plan(SEED, rate=0.06, kinds=KILLS, most=12)
        month.approve_all(deals)
        month.proxy.plan(SEED + 1, rate=0.06, kinds=KILLS, most=16)
        month.await_scored(month.drop_files("killed", deals, files=3))
    return month


def test_killed_functions_lose_nothing_and_score_nothing_twice(killed: HarshMonth) -> None:
    assert killed.standings() == points(killed.confirmed)
    assert killed.figures.killed.total() >= 20, killed.figures.killed
