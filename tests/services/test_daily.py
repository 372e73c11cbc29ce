from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from chalicelib.domain.periods import PeriodState
from chalicelib.domain.standings import Sums
from chalicelib.services.audit import LedgerAudit
from chalicelib.services.daily import Daily
from tests.builders import ANA, BEN, a_program
from tests.fakes.core import MemoryCore
from tests.fakes.inspection import MemoryInspection
from tests.services.house import CLOSE, END, PROGRAM, House


def a_day(house: House, now: object) -> object:
    return a_daily(house, audit_of(house)).daily(now)  # type: ignore[arg-type]


def a_daily(house: House, audit: LedgerAudit) -> Daily:
    return Daily(house.money, house.programs, house.feeds, audit, house.closing, house.disputes, house.work)


def audit_of(house: House, core: MemoryCore | None = None) -> LedgerAudit:
    """The ledger audit over a core store beside the house (an empty one, unless given)."""
    return LedgerAudit(MemoryInspection(core or MemoryCore()), house.programs, house.money, house.people)


def test_a_payout_unpaid_after_36_hours_is_counted() -> None:
    """Issue 2, alarms: 36 h unpaid."""
    house = House(a_program())
    house.earns(ANA, "R1", 100)
    house.close()
    (payout,) = house.payouts()
    assert a_day(house, END + timedelta(hours=35)).aging == ()
    assert a_day(house, END + timedelta(hours=36)).aging == (payout.key,)


def test_a_feed_that_will_not_make_it_is_named_before_the_end() -> None:
    """W22: a missing expected feed raises an alarm."""
    house = House(a_program(feeds=("castellan", "meridian", "northway")))
    house.feeds.reach = {"castellan": date(2026, 12, 20), "meridian": date(2026, 12, 31)}
    assert a_day(house, END - timedelta(days=10)).missing_feeds == {}
    assert a_day(house, END - timedelta(days=2)).missing_feeds == {PROGRAM: ("castellan", "northway")}
    day = a_day(house, END + timedelta(hours=1))
    assert day.missing_feeds == {PROGRAM: ("castellan", "northway")}
    assert day.periods == {PROGRAM: PeriodState.WAITING}


def test_a_halted_run_is_named_with_its_reason() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    house.close()
    period = house.money.period(PROGRAM)
    assert period is not None
    house.money.save_period(period.halt("no funds", CLOSE, for_funds=True))
    assert a_day(house, CLOSE).halted == {PROGRAM: "no funds"}


def test_what_the_ledger_audit_finds_is_in_the_day_with_how_much_it_looked_at() -> None:
    """Issue 3 item 7: run daily."""
    house = House()
    core = MemoryCore(house.programs.active())
    core.enroll(PROGRAM, BEN, date(2026, 10, 1), None)
    daily = a_daily(house, audit_of(house, core))
    assert (daily.daily(CLOSE).mismatches, daily.daily(CLOSE).audit_complete) == ((), True)
    core.held[PROGRAM, BEN] = replace(core.held[PROGRAM, BEN], layers={"internal": Sums(101)})
    day = daily.daily(CLOSE)
    assert day.mismatches == (f"standing: {PROGRAM}, rep {BEN}, layer internal, base_confirmed: expected 0, found 101",)
    assert day.audited["standings"] == 1 and day.audited["reps"] == 3
