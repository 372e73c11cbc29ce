from __future__ import annotations

from datetime import date, timedelta

from chalicelib.domain.periods import PeriodState
from chalicelib.services.daily import Daily
from tests.builders import ANA, BEN, a_program
from tests.services.house import CLOSE, END, PROGRAM, House


def a_day(house: House, now: object) -> object:
    return Daily(house.money, house.programs, house.feeds, house.roster, house.closing).daily(now)  # type: ignore[arg-type]


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


def test_a_standing_that_is_not_the_sum_of_its_entries_is_named() -> None:
    house = House()
    house.earns(ANA, "R1", 100, provisional=5)
    house.earns(BEN, "R2", 100)
    assert a_day(house, CLOSE).mismatches == ()
    house.roster.misstate(PROGRAM, BEN, 101)
    assert a_day(house, CLOSE).mismatches == (f"{PROGRAM}, rep {BEN}, layer internal",)


def test_a_score_between_the_two_reads_of_the_audit_is_no_mismatch() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    real, calls = house.roster.entries, []

    def entries(rep: str) -> object:
        if not calls:
            calls.append(1)
            house.earns(ANA, "R2", 7)
        return real(rep)

    house.roster.entries = entries  # type: ignore[method-assign, assignment]
    assert a_day(house, CLOSE).mismatches == ()
