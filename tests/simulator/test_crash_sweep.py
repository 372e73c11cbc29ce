"""Nothing is lost and nobody is paid twice, whatever call fails in whatever way (the bounded part; `make prove` does
the rest). A finding names the call and the fault: `python -m tests.simulator.prove --call N --fault F --mode M`
plays it again."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.simulator.outcome import untruths
from tests.simulator.parts import recorded, representative, share
from tests.simulator.services import Queues
from tests.simulator.sites import EXCUSED, call_sites, plain
from tests.simulator.sweep import LATE, PROMPT, STALE, Mode, Tally
from tests.simulator.world import Fault

PARTS = 20
STORMS = 12  # tests of two months each: 20,438 faults, 21,642 with the rest


@pytest.mark.parametrize("part", range(0, PARTS, 2))
def test_the_month_ends_the_same_whichever_call_site_fails(part: int) -> None:
    """Every call site of every handler, with every other of the faults it can have."""
    _ends_the_same(share(PROMPT, "sites", part, PARTS, 1))


@pytest.mark.parametrize("mode", [LATE, STALE], ids=["late", "stale"])
def test_the_month_ends_the_same_however_it_recovers(mode: Mode) -> None:
    """A sample of the same, redelivered only after the visibility timeout with no schedule repeated, and with weak
    reads that see the past."""
    _ends_the_same(share(mode, "sites", 3, 120, 1))


def test_the_month_ends_the_same_when_the_recovery_fails_too() -> None:
    _ends_the_same(share(PROMPT, "pairs", 1, 1, 60))


@pytest.mark.parametrize("seed", range(0, 2 * STORMS, 2))
def test_the_month_ends_the_same_after_a_storm(seed: int) -> None:
    """Faults at any call, messages in any order and some twice, reads that see the past or are torn, other workers in
    between."""
    tally = share(PROMPT, "storms", seed, 1, 2)
    assert sum(tally.fired.values()) > 800
    _ends_the_same(tally)


def test_the_month_ends_the_same_whatever_the_clocks_say() -> None:
    """Queues, gateway, scheduler and S3 are minutes off, each time anew; what counts is the same."""
    _ends_the_same(share(PROMPT, "clocks", 0, 1, 2))


def _ends_the_same(tally: Tally) -> None:
    assert tally.runs
    assert not tally.findings, "\n".join(str(found) for found in tally.findings)


def test_no_call_site_is_forgotten() -> None:
    """Every function of an adapter that calls the outside is let fail, or says why not; no excuse outlives its site."""
    sweep = recorded()
    fired = {(plain(p.call.operation), f) for p in representative(sweep, 1) for f in p.call.adapters}
    known = call_sites()
    assert known - fired == EXCUSED.keys()
    assert len(fired & known) > 100  # the source was found and read


def test_what_fails_is_said_in_the_log() -> None:
    """With logs on (the sweep runs without): one line for the message that failed, and logging itself never fails."""
    said: list[logging.LogRecord] = []
    listener = logging.Handler()
    listener.emit = said.append  # type: ignore[method-assign]
    sweep = recorded()
    point = next(
        p for p in sweep.points()
        if (p.call.handler, p.call.operation, p.fault) == ("score_lines", "BatchGetItem", Fault.ERROR_BEFORE)
    )  # fmt: skip
    sweep.world.logs = True
    try:
        with sweep.world.installed():
            logging.getLogger("kicker").addHandler(listener)
            sweep.run(point.step, {point.call.number: point.fault})
    finally:
        logging.getLogger("kicker").removeHandler(listener)
        sweep.world.logs = False
    assert [r.levelname for r in said if r.getMessage() == "queue message failed"] == ["ERROR"]


def test_every_kind_of_fault_is_fired() -> None:
    assert {point.fault for point in recorded().points()} == set(Fault)


def test_every_function_of_the_service_takes_part() -> None:
    handlers = {call.handler for call in recorded().calls}
    assert handlers == {
        "api", "read_feed", "score_lines", "sweep_salesforce", "tell_salesforce", "close_periods", "pay",
        "reconcile_rewards", "daily",
    }  # fmt: skip


def test_the_sweep_finds_a_message_that_is_never_delivered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself can fail: without redelivery a crash of the scorer loses lines, and the sweep says so."""
    sweep = recorded()
    point = next(
        p for p in sweep.points()
        if (p.call.handler, p.call.operation, p.fault) == ("score_lines", "TransactWriteItems", Fault.CRASH_BEFORE)
    )  # fmt: skip
    monkeypatch.setattr(Queues, "again", lambda *_: None)
    with sweep.world.installed():
        _, what = sweep.run(point.step, {point.call.number: point.fault})
    assert any(found.startswith("standings") for found in what)


def test_the_check_finds_a_standing_that_is_not_the_sum_of_its_entries() -> None:
    sweep = recorded()
    world = sweep.world
    world.restore(sweep.before[-1])
    table = world.tables.items["sim-core"]
    pk = next(
        pk for pk in table if pk.startswith("PROGRAM#") and any("bc:" in n for i in table[pk].values() for n in i)
    )
    sk, item = next((sk, i) for sk, i in table[pk].items() if any(n.startswith("bc:") for n in i))
    name = next(n for n in item if n.startswith("bc:"))
    table[pk][sk] = _changed(item, name)
    assert any("is not the sum of the entries" in found for found in untruths(world))


def _changed(item: dict[str, Any], name: str) -> dict[str, Any]:
    return {**item, name: {"N": str(int(item[name]["N"]) + 1)}}
