from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.calendar import Window
from chalicelib.domain.periods import (
    PeriodState,
    due,
    frozen_terms,
    last_confirming_day,
    open_state,
    ruling,
    trailing_over,
    watermark,
)
from tests.builders import a_layer, a_program

END = datetime(2027, 1, 1, 6, tzinfo=UTC)
DONE = {"castellan": date(2026, 12, 31), "meridian": date(2027, 1, 3)}
FED = a_program(feeds=("meridian", "castellan"), close_timeout_hours=24)


@pytest.mark.parametrize(
    ("complete_to", "now", "state"),
    [
        (DONE, END - timedelta(seconds=1), PeriodState.OPEN),
        (DONE, END, None),
        ({}, END, PeriodState.WAITING),
        ({**DONE, "castellan": date(2026, 12, 30)}, END + timedelta(hours=23, minutes=59), PeriodState.WAITING),
        ({**DONE, "castellan": None}, END + timedelta(hours=24), None),
        ({**DONE, "unexpected": None}, END, None),
    ],
    ids=["window open", "all complete", "none reported", "one a day short", "time-out", "a feed nobody expects"],
)
def test_a_period_is_due_when_its_feeds_are_complete_or_the_timeout_is_over(
    complete_to: dict[str, date | None], now: datetime, state: PeriodState | None
) -> None:
    """domain.md 22."""
    mark = watermark(FED, complete_to)
    assert open_state(FED, mark, now) is state
    assert (due(FED, mark, now) is None) is (state is not None)


@pytest.mark.parametrize(
    ("end", "closes"),
    [
        (date(2026, 6, 30), datetime(2026, 7, 1, 5, tzinfo=UTC)),
        (date(2026, 12, 31), datetime(2027, 1, 1, 6, tzinfo=UTC)),
        (date(2026, 3, 7), datetime(2026, 3, 8, 6, tzinfo=UTC)),
        (date(2026, 3, 8), datetime(2026, 3, 9, 5, tzinfo=UTC)),
        (date(2026, 10, 31), datetime(2026, 11, 1, 5, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 11, 2, 6, tzinfo=UTC)),
    ],
    ids=["summer", "winter", "before spring", "spring", "before autumn", "autumn"],
)
def test_a_window_that_ends_in_summer_time_ends_at_its_own_midnight(end: date, closes: datetime) -> None:
    program = a_program(window=Window(date(2026, 1, 1), end, "America/Chicago"))
    mark = watermark(program, {})
    assert open_state(program, mark, closes - timedelta(seconds=1)) is PeriodState.OPEN
    assert open_state(program, mark, closes) is None


def test_a_period_names_the_feeds_it_closed_without() -> None:
    period = due(FED, watermark(FED, {"castellan": date(2026, 12, 30)}), END + timedelta(hours=24))
    assert period is not None and period.timed_out
    assert period.watermark.missing == ("castellan", "meridian")


def test_the_last_trailing_run_comes_48_hours_after_the_confirm_by_day() -> None:
    """domain.md 38: confirm-by includes that day, in the program's zone."""
    period = due(a_program(), watermark(a_program(), {}), END)
    assert period is not None
    assert period.trailing_until == datetime(2027, 2, 3, 6, tzinfo=UTC)


def test_a_confirm_by_before_the_end_does_not_end_the_trailing_runs_before_the_period() -> None:
    program = a_program(confirm_by=date(2026, 11, 1))
    period = due(program, watermark(program, {}), END)
    assert period is not None and period.trailing_until == END + timedelta(hours=48)


def test_the_state_follows_from_what_happened() -> None:
    """domain.md 3: derived from events and the clock, not a stored flag."""
    period = due(a_program(), watermark(a_program(), {}), END)
    assert period is not None
    events = [
        ({}, PeriodState.CLOSING),
        ({"fenced_at": END}, PeriodState.FROZEN),
        ({"planned_at": END}, PeriodState.TRAILING),
        ({"trailed_at": END}, PeriodState.PLANNED),
        ({"done_at": END}, PeriodState.DONE),
    ]
    for happened, state in events:
        period = replace(period, **happened)
        assert period.state(END) is state


def test_the_newest_window_and_the_terms_of_its_last_day_rule_the_close() -> None:
    first = a_program()
    shorter = a_program(
        version=2,
        effective_from=date(2026, 11, 1),
        window=Window(date(2026, 10, 1), date(2026, 11, 30), "America/Chicago"),
    )
    never = a_program(version=3, effective_from=date(2027, 6, 1), window=shorter.window, name="too late")
    assert ruling([first, never, shorter]).version == 2
    assert ruling([first, never, shorter]).window.end == date(2026, 11, 30)
    with pytest.raises(ValueError, match="without an activated version"):
        ruling([])


def test_a_layer_that_was_dropped_still_pays_what_was_earned_under_it() -> None:
    vendor = a_layer(id="vendor:Veridane")
    first = a_program(layers=(a_layer(), vendor))
    second = a_program(version=2, effective_from=date(2026, 11, 1))
    assert [layer.id for layer in ruling([first, second]).layers] == ["internal", "vendor:Veridane"]


def test_a_period_keeps_the_version_it_was_frozen_with() -> None:
    versions = [a_program(), a_program(version=2, name="later")]
    period = due(versions[0], watermark(versions[0], {}), END)
    assert period is not None
    assert frozen_terms(versions, period).name == "Security push"
    with pytest.raises(ValueError, match="no longer exists"):
        frozen_terms(versions[1:], period)


def test_a_halt_keeps_its_first_reason() -> None:
    period = due(a_program(), watermark(a_program(), {}), END)
    assert period is not None
    halted = period.halt("no funds", END, for_funds=True)
    assert halted.halt("key revoked", END, for_funds=False) is halted
    assert (halted.halted, halted.resume().halted, halted.resume().halted_at) == ("no funds", "", None)


@pytest.mark.parametrize(
    ("reach", "hours", "over"),
    [
        (date(2027, 1, 31), -1, False),
        (date(2027, 1, 31), 0, True),
        (date(2027, 1, 30), 0, False),
        (date(2027, 1, 30), 23, False),
        (date(2027, 1, 30), 24, True),
        (None, 23, False),
        (None, 24, True),
    ],
    ids=["before", "all told", "a day short", "still waiting", "time-out", "never reported", "never, time-out"],
)
def test_trailing_runs_wait_for_the_file_of_the_confirm_by_day(reach: date | None, hours: int, over: bool) -> None:
    """A document of that day confirms however late its file comes (domain.md 1, 22, 38)."""
    period = due(FED, watermark(FED, DONE), END)
    assert period is not None and last_confirming_day(FED) == date(2027, 1, 31)
    mark = watermark(FED, {"castellan": reach, "meridian": date(2027, 2, 2)}, last_confirming_day(FED))
    assert trailing_over(FED, period, mark, period.trailing_until + timedelta(hours=hours)) is over
