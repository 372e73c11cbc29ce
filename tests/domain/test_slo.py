from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.payouts import PayoutState, Step
from chalicelib.domain.slo import is_aging, measure
from tests.adapters.test_money import a_payout, a_period

END = datetime(2027, 1, 1, 6, tzinfo=UTC)


def hours(n: float) -> datetime:
    return END + timedelta(hours=n)


def a_timed(state: PayoutState = PayoutState.CONFIRMED, **changes: Any) -> Any:
    plain = {
        "clock_from": END, "planned_at": hours(1), "approved_at": hours(2), "ordered_at": hours(3),
        "confirmed_at": hours(4),
    }  # fmt: skip
    return a_payout(state=state, **{**plain, **changes})


@pytest.mark.parametrize(
    ("confirmed", "within"), [(47.9, True), (48, True), (48.1, False)], ids=["before", "to the second", "after"]
)
def test_a_payout_is_in_time_when_it_was_confirmed_48_hours_after_its_clock(confirmed: float, within: bool) -> None:
    """W42, W52."""
    assert measure(a_timed(confirmed_at=hours(confirmed)), a_period(), hours(60)).within_48h is within


def test_an_unpaid_payout_is_undecided_until_its_time_is_over() -> None:
    waiting = a_timed(PayoutState.ACCEPTED, confirmed_at=None)
    assert measure(waiting, a_period(), hours(48)).within_48h is None
    assert measure(waiting, a_period(), hours(48.1)).within_48h is False


@pytest.mark.parametrize(
    ("payout", "why"),
    [
        (a_timed(planned_at=hours(30), approved_at=hours(31), ordered_at=hours(32), confirmed_at=hours(50)),
         "30 h until the payout was planned (missing feeds: meridian)"),
        (a_timed(approved_at=hours(47), ordered_at=hours(48), confirmed_at=hours(49)), "46 h for approval"),
        (a_timed(ordered_at=hours(5), confirmed_at=hours(60)), "55 h for the provider's confirmation"),
        (a_timed(ordered_at=hours(50), confirmed_at=hours(51), history=(Step(PayoutState.UNKNOWN, END),)),
         "48 h for the order (the provider did not answer; asked again with the same key)"),
        (a_timed(PayoutState.PLANNED, approved_at=None, ordered_at=None, confirmed_at=None),
         "waits for approval; 1 h until the payout was planned (missing feeds: meridian)"),
        (a_timed(PayoutState.BLOCKED, approved_at=None, ordered_at=None, confirmed_at=None, planned_at=END,
                 reason="no e-mail address"), "no address to send it to: no e-mail address"),
        (a_timed(PayoutState.CANCELED), "the order was canceled at the provider"),
    ],
    ids=["feeds", "approval", "provider", "unknown", "unapproved", "blocked", "canceled"],
)  # fmt: skip
def test_a_late_payout_says_why_in_words(payout: Any, why: str) -> None:
    slo = measure(payout, a_period(), hours(72))
    assert slo.within_48h is False
    assert slo.why_not.startswith(why)


def test_a_payout_in_time_needs_no_excuse() -> None:
    assert measure(a_timed(), a_period(), hours(72)).why_not == ""


def test_a_trailing_payout_is_measured_from_its_own_confirmation() -> None:
    late = a_timed(run=1, clock_from=hours(240), planned_at=hours(241), approved_at=hours(241), ordered_at=hours(242),
                   confirmed_at=hours(243))  # fmt: skip
    assert measure(late, a_period(), hours(500)).within_48h is True


def test_a_payout_ages_after_36_hours_until_it_is_paid() -> None:
    waiting = a_timed(PayoutState.ACCEPTED, confirmed_at=None)
    assert [is_aging(waiting, hours(h)) for h in (35.9, 36)] == [False, True]
    assert not is_aging(a_timed(), hours(99))
    assert not is_aging(a_timed(PayoutState.NETTED, confirmed_at=None), hours(99))
