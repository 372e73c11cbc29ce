"""The whole stack under faults: functions killed, DynamoDB failing, everything restarted, the provider away."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.down import down
from local.story_world import Month
from local.theatre import Theatre, until
from local.up import Progress, up
from tests.stack.dynamodb_proxy import AFTER, BEFORE, KILLS, Proxy
from tests.stack.faults_page import PAGE, page
from tests.stack.harsh_month import INTERNAL, VENDOR, Figures, HarshMonth, deal, killer, points
from tests.stack.reseller import BUDGET, REPS
from tests.stack.test_story import audit_finds_nothing

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="who calls is read from /proc")

SEED = 20261122


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where functions are unpacked, 70 MB each, and again after every kill: in memory where there is room, for some
    disks take minutes to remove so much."""
    memory = Path("/dev/shm")  # noqa: S108 # mkdtemp below it
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 8e9
    with tempfile.TemporaryDirectory(dir=memory if roomy else tmp_path_factory.mktemp("scratch")) as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[HarshMonth]:
    directory = tmp_path_factory.mktemp("harsh")
    figures = Figures()
    with Proxy(killer(directory, figures.killed)) as proxy:
        emulator = {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(directory / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(directory / "s3"),
            "AWS_ENDPOINT_URL_DYNAMODB": proxy.url,
            "TMPDIR": str(scratch),
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
    deals = [deal(0, n) for n in range(20)]
    with month.scene("functions killed while they call DynamoDB: 20 registrations, 3 files"):
        month.proxy.plan(SEED, rate=0.1, kinds=KILLS, most=6)
        month.approve_all(deals)
        month.proxy.plan(SEED + 1, rate=1.0, kinds=KILLS, most=1)  # whoever asks first once a file is there reads it
        files = month.drop_files("killed", deals, files=3)
        until("the reader of a file is killed", lambda: month.figures.killed["read_feed"] or None)
        month.proxy.plan(SEED + 1, rate=0.1, kinds=KILLS, most=10)
        month.await_scored(files)
    return month


@pytest.fixture(scope="module")
def failing(killed: HarshMonth) -> HarshMonth:
    deals = [deal(0, n) for n in range(20, 39)]
    with killed.scene("DynamoDB failing: 19 registrations, 2 files"):
        killed.proxy.plan(SEED + 2, rate=0.25)
        killed.approve_all(deals)
        killed.await_scored(killed.drop_files("failing", deals, files=2))
        killed.proxy.plan(SEED + 3, rate=0.08)
        killed.seen = killed.standings()  # right, or an error and asked again
    return killed


@pytest.fixture(scope="module")
def restarted(failing: HarshMonth) -> HarshMonth:
    deals = [deal(1, n) for n in range(20)]
    with failing.scene("everything ended and started again in the middle of a file"):
        failing.approve_all(deals)
        before = failing.proxy.calls["TransactWriteItems"]
        told = failing.drop_files("restarted", deals, files=1)
        until("scoring begins", lambda: failing.proxy.calls["TransactWriteItems"] > before + 3 or None)
        failing.restart()
        failing.left = failing.waiting("lines") + failing.waiting("feeds")
        failing.await_scored(told)
    return failing


TAKEN, REFUSED = 10, 20
"""So many orders are taken and their answers lost; so many, at least, are refused behind them."""


def refused(month: HarshMonth) -> int | None:
    """How many orders were refused, None while they are too few. What died on the way is sent again, as an operator
    would."""
    due = {fault["fault"]: fault["count"] for fault in month.theatre.provider("GET", "/faults")["due"]}
    if "500_after_commit" not in due and (so_far := 500 - due["503"]) >= REFUSED:
        return so_far
    if month.waiting("payouts") == 0:
        month.later(0.5)
        month.quarter_hour()
    return None


@pytest.fixture(scope="module")
def down_30_hours(restarted: HarshMonth) -> HarshMonth:
    """Close and release while DynamoDB fails; the provider answers wrongly, then not at all for 30 hours."""
    month = restarted
    with month.scene("close, release, and 30 hours without the provider"):
        month.proxy.plan(SEED + 4, rate=0.08)
        month.again("a close that ends well", month.close, lambda _: bool(month.period()["runs"]))
        for fault, count in (("500_after_commit", TAKEN), ("503", 500)):  # whether an order was taken, nobody knows
            month.theatre.provider("POST", "/faults", {"fault": fault, "count": count})
        month.again("released", lambda: month.release(0), lambda answer: answer.status in (200, 409))
        month.refused = until("orders taken and refused", lambda: refused(month), seconds=180)
        month.theatre.provider("POST", "/settings", {"down": True})
        month.theatre.provider("POST", "/faults", {"clear": True})
        month.await_quiet("payouts")
        month.proxy.calm()
        month.ordered_before = set(month.orders())
        month.proxy.plan(SEED + 5, rate=0.05)
        for _ in range(6):
            month.later(5)
            month.quarter_hour()
            month.await_quiet("payouts")
        month.proxy.calm()
        month.ordered_after = set(month.orders())
        month.waited = {p["key"]: p["state"] for p in month.payouts(0) if p["key"] not in month.ordered_after}
        month.theatre.provider("POST", "/settings", {"down": False})
        month.pay_under(SEED + 10, 0, rate=0.08)
    return month


def test_killed_functions_lose_nothing_and_score_nothing_twice(killed: HarshMonth) -> None:
    mine = [d for d in killed.confirmed if d.number < 10_020]
    assert killed.standings(REPS[:20]) == {rep: points(mine)[rep] for rep in REPS[:20]}
    assert killed.figures.killed.total() >= 10 and len(killed.figures.killed) >= 3, killed.figures.killed


def test_a_failing_dynamodb_loses_nothing_and_scores_nothing_twice(failing: HarshMonth) -> None:
    assert failing.seen == points([d for d in failing.confirmed if d.number < 20_000])
    assert failing.proxy.heard.total() > 0, "some calls failed in every try, so a function heard of it"


def test_work_in_flight_goes_on_after_everything_was_restarted(restarted: HarshMonth) -> None:
    """The emulator stores its state when it is asked to end, and at no other time: a SIGKILL of the emulator itself
    loses what AWS would keep, so it proves nothing about Kicker. What is ended here without a word, in the middle of
    whatever it does, is every function; tables, queues and buckets come back as they were."""
    assert restarted.left > 0, "there was work in flight"
    assert restarted.standings() == points(restarted.confirmed)


def test_nobody_is_paid_twice_and_everybody_in_time_after_30_hours_without_the_provider(
    down_30_hours: HarshMonth,
) -> None:
    month = down_30_hours
    assert month.ordered_after == month.ordered_before, "nothing is ordered of a provider that does not answer"
    assert 0 < len(month.ordered_before) <= TAKEN and month.refused >= REFUSED, "orders taken, their answers lost"
    assert len(month.waited) == 39 - len(month.ordered_before) > 0
    assert set(month.waited.values()) <= {"unknown", "queued", "submitting"}, "nothing is assumed"
    month.ties()
    assert len(month.orders()) == len(month.payouts(0)) == 39, "everybody but the rep without a deal"
    assert {p["within_48h"] for p in month.payouts(0)} == {True}
    assert_amounts(month, 0, points(month.confirmed))


def assert_amounts(month: HarshMonth, run: int, worth: dict[str, dict[str, int]]) -> None:
    """The run pays every rep's points, the house's within its budget."""
    paid: dict[str, Counter[str]] = {p["rep"]: Counter() for p in month.payouts(run)}
    for payout in month.payouts(run):
        for line in payout["lines"]:
            paid[payout["rep"]][line["layer"]] += line["amount_minor"]
    assert {rep: layers.get(VENDOR, 0) for rep, layers in paid.items()} == {
        rep: layers[VENDOR] for rep, layers in worth.items() if any(layers.values())
    }
    house = sum(layers[INTERNAL] for layers in worth.values()) * 100
    assert sum(layers.get(INTERNAL, 0) for layers in paid.values()) == min(house, BUDGET if run == 0 else 0)


def test_a_trailing_run_is_paid_once_while_everything_fails_at_once(down_30_hours: HarshMonth) -> None:
    month, deals, before = down_30_hours, [deal(2, n) for n in range(12)], len(down_30_hours.orders())
    with month.scene("a trailing run: DynamoDB failing, functions killed, everything restarted while it is paid"):
        month.approve_all(deals)
        month.proxy.plan(SEED + 20, rate=0.1, kinds=BEFORE + AFTER + KILLS, most=30)
        month.await_scored(month.drop_files("trailing", deals, files=2, day=33))
        month.later(25)
        month.again("a close that plans", month.close)
        month.again("released", lambda: month.release(1), lambda answer: answer.status in (200, 409))
        until("the first is ordered", lambda: len(month.orders()) > before or None)
        month.restart()
        month.pay_under(SEED + 21, 1, rate=0.1, kinds=BEFORE + AFTER + KILLS)
    month.ties()
    assert len(month.orders()) == before + len(month.payouts(1))
    assert_amounts(month, 1, points(deals))


def test_who_is_not_paid_in_time_is_told_by_name_and_why(down_30_hours: HarshMonth) -> None:
    """50 hours without the provider are more than the promise allows."""
    month, deals = down_30_hours, [deal(3, n) for n in (31, 32, 33)]
    with month.scene("50 hours without the provider"):
        month.approve_all(deals)
        month.await_scored(month.drop_files("late", deals, files=1, day=34))
        month.later(25)
        month.close()
        run = max(r["run"] for r in month.period()["runs"])
        month.theatre.provider("POST", "/settings", {"down": True})
        assert month.release(run).status == 200
        until("nobody knows", lambda: set(month.states(run).values()) == {"unknown"} or None)
        told = set()
        for _ in range(5):
            month.later(10)
            month.quarter_hour()
            told |= set(month.theatre.run("daily", month.now)["aging"])
        late = month.payouts(run)
        month.theatre.provider("POST", "/settings", {"down": False})
        month.settled(run)
        paid = month.payouts(run)
    assert {p["rep"] for p in late} == {REPS[31], REPS[32], REPS[33]}
    assert {p["key"] for p in late} <= told, "the alarm names them 36 hours after their clock started"
    assert {p["within_48h"] for p in paid} == {False}
    assert all(p["why_not"] for p in paid), "each late payout says what took longest"
    month.ties()


def test_what_is_left_ties_and_the_figures_are_told(down_30_hours: HarshMonth) -> None:
    """The ledger audit finds nothing; the page is written when `KICKER_PROOF=write` asks for it."""
    audit_finds_nothing(down_30_hours.theatre)
    fired = {kind: down_30_hours.proxy.fired[kind] for kind in (*BEFORE, *AFTER, *KILLS)}
    assert min(fired.values()) > 0 and sum(fired.values()) >= 300, fired
    written = page(down_30_hours.figures, down_30_hours.proxy)
    print(written)
    if os.environ.get("KICKER_PROOF") == "write":
        PAGE.write_text(written)
