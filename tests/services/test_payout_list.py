"""Finance pages through everybody's payouts: each once, in one order, however many there are."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidDocument
from chalicelib.domain.payouts import PayoutState, Run, payout_key
from chalicelib.services.cursors import cursor_of
from chalicelib.services.payout_list import payout_list
from tests.adapters.test_money import NOW, a_payout, a_period, a_run
from tests.fakes.money import FakeMoney

REPS = [f"0055w0000{n:06d}AAA" for n in range(7)]


@pytest.fixture
def money() -> FakeMoney:
    """Two programs, three runs, 21 payouts; every third is confirmed."""
    store = FakeMoney()
    for program, runs in (("autumn", (0, 1)), ("spring", (0,))):
        store.save_period(replace(a_period(), program=program))
        for run in runs:
            planned = [
                replace(
                    a_payout(rep, run=run, key=payout_key(program, "p", rep, run)), program=program,
                    state=PayoutState.CONFIRMED if n % 3 == 0 else PayoutState.PLANNED,
                )
                for n, rep in enumerate(REPS)
            ]  # fmt: skip
            this: Run = replace(a_run(run=run, planned=len(planned)), program=program)
            assert store.plan(this, planned, {})
    return store


def pages(store: FakeMoney, limit: int, **asked: Any) -> list[list[tuple[str, int, str]]]:
    found, cursor = [], ""
    while True:
        page: Any = payout_list(
            store, NOW, program=asked.get("program"), state=asked.get("state"), limit=limit, cursor=cursor
        )  # fmt: skip
        found.append([(row["program"], row["run"], row["rep"]) for row in page["payouts"]])
        cursor = page["next"]
        if not cursor:
            return found


EVERY = [(program, run, rep) for program, run in (("autumn", 0), ("autumn", 1), ("spring", 0)) for rep in REPS]


@pytest.mark.parametrize("limit", [1, 2, 6, 7, 8, 20, 21, 22, 1000])
def test_the_pages_hold_every_payout_once_and_in_order(money: FakeMoney, limit: int) -> None:
    found = pages(money, limit)
    assert [row for page in found for row in page] == EVERY
    assert {len(page) for page in found[:-1]} <= {limit} and 0 < len(found[-1]) <= limit


@pytest.mark.parametrize("limit", [1, 4, 50])
def test_a_filter_leaves_no_page_short_but_the_last(money: FakeMoney, limit: int) -> None:
    confirmed = pages(money, limit, state=PayoutState.CONFIRMED)
    assert [row for page in confirmed for row in page] == [row for row in EVERY if row[2] in REPS[::3]]
    assert {len(page) for page in confirmed[:-1]} <= {limit}
    assert [row for page in pages(money, limit, program="spring") for row in page] == EVERY[14:]
    assert pages(money, limit, program="none") == [[]]


def test_a_payout_planned_between_two_pages_is_on_a_later_one_or_on_none(money: FakeMoney) -> None:
    """Nothing that was there is told twice or left out."""
    first: Any = payout_list(money, NOW, program=None, state=None, limit=10, cursor="")
    late = replace(a_payout("0055w0000999999AAA", run=2, key="SPFLATE"), program="autumn")
    assert money.plan(replace(a_run(run=2, planned=1), program="autumn"), [late], {})
    rest: Any = payout_list(money, NOW, program=None, state=None, limit=100, cursor=first["next"])
    told = [(row["program"], row["run"], row["rep"]) for row in first["payouts"] + rest["payouts"]]
    assert sorted(told) == sorted([*EVERY, ("autumn", 2, late.rep)])


@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "ÿ", cursor_of(("autumn", "0")), cursor_of(("autumn", "-1", "r")), cursor_of(("autumn", "ten", "r")),
     cursor_of(("autumn", "9" * 99, "r")), base64.urlsafe_b64encode(b"\xff\xfe|1|r").decode()],
)  # fmt: skip
def test_a_cursor_we_never_handed_out_is_refused(money: FakeMoney, cursor: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        payout_list(money, NOW, program=None, state=None, limit=10, cursor=cursor)
    assert refused.value.problems[0].path == "cursor"
