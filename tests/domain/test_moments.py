"""When a bell is due and what it says: one table; money that waits is never earned in any of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.dealbook import DealBook, Share
from chalicelib.domain.ledger import Entry, Leg
from chalicelib.domain.moments import Moment, deal_moments, digest, reward_moments
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import PayoutState
from chalicelib.domain.programs import Tier
from chalicelib.domain.standings import Fence, Standing, Sums
from chalicelib.domain.write_back import worth_text
from tests.adapters.test_money import a_payout
from tests.builders import ANA, OCTOBER, a_layer, a_program, a_registration

PUSH = "security-push"
DEAL = a_registration()
NOW = OCTOBER + timedelta(hours=1)
WHEN = BusinessTime(date(2026, 10, 5), OCTOBER, DEAL.id)
TIERS = (Tier("Silver", 100, 50), Tier("Gold", 400, 150))
PROGRAMS = {PUSH: (a_program(layers=(a_layer(tiers=TIERS),)),)}
FENCE = Fence(date(2026, 10, 1), None, "base")


def due(confirmed: int, provisional: int, gained: int, now: datetime = NOW, **changes: Any) -> list[Moment]:
    """Her deal holds these points, and the recent entries brought `gained` confirmed ones."""
    deal = replace(DEAL, **changes)
    posted = {(PUSH, "internal", deal.id, ANA): Share(provisional, confirmed, WHEN)} if confirmed or provisional else {}
    book = DealBook("book", 2, {deal.id: deal}, posted=posted)
    leg = Leg(PUSH, "internal", deal.id, "base", -gained, gained, WHEN)
    entry = Entry(ANA, "book", 2, now, "invoice", (leg,))
    standing = Standing(PUSH, ANA, FENCE, {"internal": Sums(confirmed, provisional)})
    return deal_moments(book, [entry], PROGRAMS, {(PUSH, ANA): standing}, now)


@pytest.mark.parametrize(
    ("why", "confirmed", "provisional", "gained", "changes", "titles"),
    [
        ("just registered", 0, 0, 0, {"status": "submitted", "approved_at": None, "created_at": NOW}, ["Registered"]),
        ("just approved", 0, 150, 0, {}, ["Registered"]),
        ("rejected", 0, 0, 0, {"status": "rejected"}, []),
        ("deleted", 0, 0, 0, {"status": "deleted"}, []),
        ("approved long ago", 0, 150, 0, {"approved_at": NOW - timedelta(days=2)}, []),
        ("confirmed in part", 60, 90, 60, {}, ["Confirmed"]),
        ("confirmed whole, and a tier with it", 150, 0, 150, {}, ["Confirmed", "Silver reached"]),
        ("confirmed exactly to a tier", 100, 0, 1, {}, ["Confirmed", "Silver reached"]),
        ("one point short of a tier", 99, 51, 99, {}, ["Confirmed"]),
        ("two tiers at once", 400, 0, 400, {}, ["Confirmed", "Silver reached", "Gold reached"]),
        ("past a tier before", 150, 0, 20, {}, ["Confirmed"]),
        ("what waits would reach the tier", 60, 500, 60, {}, ["Confirmed"]),
        ("taken back before it was told", 0, 150, 60, {}, ["Registered"]),
        ("goods came back", 20, 0, -40, {"approved_at": NOW - timedelta(days=9)}, []),
    ],
)
def test_a_moment_is_due(
    why: str, confirmed: int, provisional: int, gained: int, changes: dict[str, Any], titles: list[str]
) -> None:
    found = due(confirmed, provisional, gained, **changes)
    assert [m.title.partition(":")[0] for m in found] == titles, why
    assert len({(m.rep, m.key) for m in found}) == len(found)


@given(st.integers(0, 500), st.integers(1, 500), st.integers(-500, 500), st.booleans())
def test_money_that_waits_is_never_announced_as_earned(
    confirmed: int, provisional: int, gained: int, submitted: bool
) -> None:
    """Whatever is due, the sentence in which an amount that waits stands says that it is not earned."""
    assume(provisional not in (confirmed, abs(gained)))
    changes: dict[str, Any] = {"status": "submitted"} if submitted else {}
    leg = Leg(PUSH, "internal", DEAL.id, "base", provisional, gained, WHEN)
    told = digest(ANA, date(2026, 10, 5), [Entry(ANA, "book", 1, NOW, "", (leg,))], PROGRAMS)
    assert told is not None
    for moment in [*due(confirmed, provisional, gained, **changes), told]:
        parts = moment.body.replace("confirmed, ", "confirmed. ").replace("back, ", "back. ").split(". ")
        waiting = [part for part in parts if f"${provisional}.00" in part]
        assert all("not earned yet" in part for part in waiting), moment.body
        assert moment is not told or waiting
        assert confirmed or not moment.title.startswith(("Confirmed", "Silver", "Gold"))


@pytest.mark.parametrize(
    ("confirmed", "provisional", "text"),
    [
        ([], [], ""),
        ([120_00], [], "$120.00"),
        ([], [30_00], "$30.00 waiting"),
        ([90_00], [30_00], "$90.00 + $30.00 waiting"),
        ([-5_00], [], "-$5.00"),
        ([50_00, -50_00], [1_00], "$1.00 waiting"),
    ],
)
def test_what_a_deal_is_worth_says_what_waits(confirmed: list[int], provisional: list[int], text: str) -> None:
    assert worth_text([Money(m, "USD") for m in confirmed], [Money(m, "USD") for m in provisional]) == text


def test_currencies_are_never_added() -> None:
    assert worth_text([Money(100, "USD"), Money(200, "EUR"), Money(300, "CHF")], []) == "3.00 CHF + €2.00 + $1.00"


@pytest.mark.parametrize(
    ("state", "hours_ago", "rings"),
    [(PayoutState.CONFIRMED, 1, True), (PayoutState.CONFIRMED, 30, False), (PayoutState.ACCEPTED, 1, False),
     (PayoutState.PLANNED, 1, False), (PayoutState.DELIVERY_FAILED, 1, False)],
)  # fmt: skip
def test_a_reward_rings_when_it_was_delivered(state: PayoutState, hours_ago: int, rings: bool) -> None:
    payout = a_payout(state=state, confirmed_at=NOW - timedelta(hours=hours_ago))
    found = reward_moments([payout], "Security push", NOW)
    assert [m.key for m in found] == ([f"sent/{payout.key}"] if rings else [])


def test_a_digest_of_a_day_on_which_nothing_changed_is_silence() -> None:
    still = Leg(PUSH, "internal", DEAL.id, "base", 0, 0, WHEN)
    assert digest(ANA, date(2026, 10, 5), [], PROGRAMS) is None
    assert digest(ANA, date(2026, 10, 5), [Entry(ANA, "b", 1, NOW, "", (still,))], PROGRAMS) is None


def test_a_digest_says_what_was_taken_back() -> None:
    legs = (Leg(PUSH, "internal", DEAL.id, "base", -150, 0, WHEN), Leg(PUSH, "internal", "other", "base", 0, -30, WHEN))
    told = digest(ANA, date(2026, 10, 5), [Entry(ANA, "b", 1, datetime(2026, 10, 5, tzinfo=UTC), "", legs)], PROGRAMS)
    assert told is not None
    assert told.body == "Security push: $30.00 taken back, $150.00 less waits for orders (2 deals)."
