from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import PayoutState
from chalicelib.services.reward_port import OrderState, Outcome, PlaceResult
from tests.builders import ANA, BEN, CHI, a_program, usd
from tests.services.house import CLOSE, PROGRAM, Crash, House


def a_queued_house(*reps: str) -> House:
    """One payout of 100 dollars a rep, approved and queued."""
    house = House()
    for rep in reps or (ANA,):
        house.earns(rep, f"R-{rep}", 100)
    house.close()
    return house


def key_of(house: House, rep: str = ANA) -> str:
    return next(p.key for p in house.payouts() if p.rep == rep)


def state_of(house: House, rep: str = ANA) -> PayoutState:
    return next(p.state for p in house.payouts() if p.rep == rep)


def test_the_same_message_twice_places_one_order() -> None:
    house = a_queued_house()
    key = key_of(house)
    assert house.pay.pay(key, CLOSE) is PayoutState.ACCEPTED
    assert house.pay.pay(key, CLOSE + timedelta(seconds=1)) is PayoutState.ACCEPTED
    assert len(house.provider.sent) == 1


def test_two_workers_with_the_same_message_place_one_order() -> None:
    """The second worker starts while the first one waits for the provider."""
    house = a_queued_house()
    key, real, second = key_of(house), house.provider.place, []

    def place(*args: object) -> object:
        if not second:
            second.append(house.pay.pay(key, CLOSE + timedelta(seconds=1)))
        return real(*args)  # type: ignore[arg-type]

    house.provider.place = place  # type: ignore[method-assign, assignment]
    assert house.pay.pay(key, CLOSE) is PayoutState.ACCEPTED
    assert second == [PayoutState.SUBMITTING]
    assert len(house.provider.sent) == 1


def test_two_workers_that_read_at_the_same_moment_place_one_order() -> None:
    house = a_queued_house()
    key, real, inner = key_of(house), house.money.save_payout, []

    def save(payout: object) -> bool:
        if not inner:
            inner.append("once")
            house.pay.pay(key, CLOSE)
        return real(payout)  # type: ignore[arg-type]

    house.money.save_payout = save  # type: ignore[method-assign, assignment]
    house.pay.pay(key, CLOSE)
    assert len(house.provider.sent) == 1
    assert state_of(house) is PayoutState.ACCEPTED


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("fault", [None, "lost", "silent", Outcome.RETRY_LATER, Outcome.AWAITING_FUNDS], ids=str)
def test_a_worker_that_died_anywhere_leaves_one_live_order(fault: str | Outcome | None, after: bool) -> None:
    """A crash between each two lines of the pay path (rewards facts 4.4): one order, the same bytes, the same end."""
    at, died = 1, True
    while died:
        house = a_queued_house()
        (planned,) = house.payouts()
        house.provider.faults = [fault] if fault else []
        house.frail(at, after=after)
        try:
            house.drain()
            died = False
        except Crash:
            died = True
        house.mended()
        for hours in (1, 2, 3):
            house.pay.requeue(CLOSE + timedelta(hours=hours))
            house.drain()
        house.provider.becomes(OrderState.DELIVERED)
        house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=4))
        assert state_of(house) is PayoutState.CONFIRMED, (at, after, fault)
        assert [o.key for o in house.provider.orders.values()] == [planned.key]
        assert {body for _, body in house.provider.sent} == {planned.request}
        at += 1
    assert at > 6, "the walk has to pass through the whole pay path"


def test_an_unknown_outcome_is_sent_again_with_the_same_key_and_bytes() -> None:
    house = a_queued_house()
    house.provider.faults = ["lost", "silent"]
    house.drain()
    assert state_of(house) is PayoutState.ACCEPTED
    assert len(house.provider.sent) == 3
    assert len(set(house.provider.sent)) == 1, "one key, one body"
    assert len(house.provider.orders) == 1


def test_the_stored_bytes_are_sent_whatever_would_be_written_today() -> None:
    """domain.md 23: a deployment or a changed user between plan and payment changes no byte of the order."""
    house = a_queued_house()
    (planned,) = house.payouts()
    house.provider.request = lambda intent: b"what a newer version would write"  # type: ignore[method-assign, assignment]
    house.provider.faults = ["lost"]
    house.drain()
    assert house.provider.sent == [(planned.key, planned.request)] * 2
    assert state_of(house) is PayoutState.ACCEPTED


def test_an_unknown_outcome_waits_longer_each_time() -> None:
    house = a_queued_house()
    house.provider.faults = ["lost"] * 5
    delays = []
    for _ in range(5):
        ((key, now, delay),) = house.queue.take()
        delays.append(delay)
        assert house.pay.pay(key, now) is PayoutState.UNKNOWN
    assert delays == sorted(delays)
    assert delays[1] >= 30
    assert delays[-1] > 4 * delays[1]


def test_a_copy_that_comes_before_the_retry_is_due_sends_nothing() -> None:
    house = a_queued_house()
    house.provider.faults = ["lost"]
    key = key_of(house)
    house.pay.pay(key, CLOSE)
    assert house.pay.pay(key, CLOSE + timedelta(seconds=5)) is PayoutState.UNKNOWN
    assert len(house.provider.sent) == 1


def test_a_lease_that_ran_out_while_the_first_worker_still_runs_leaves_one_order() -> None:
    house = a_queued_house()
    key, real, taken = key_of(house), house.provider.place, []

    def place(*args: object) -> object:
        result = real(*args)  # type: ignore[arg-type]
        if not taken:
            taken.append(1)
            taken.append(house.pay.pay(key, CLOSE + timedelta(minutes=5)))
        return result

    house.provider.place = place  # type: ignore[method-assign, assignment]
    assert house.pay.pay(key, CLOSE) is PayoutState.ACCEPTED
    assert taken[1] is PayoutState.ACCEPTED
    assert len(house.provider.orders) == 1


def test_funds_that_run_short_halt_the_run_and_keep_every_key() -> None:
    """domain.md 42."""
    house = a_queued_house(ANA, BEN, CHI)
    house.provider.funds = usd("150")
    house.drain()
    period = house.money.period(PROGRAM)
    assert period is not None and period.halted_for_funds
    assert sorted(p.state for p in house.payouts()) == ["accepted", "awaiting_funds", "queued"]
    assert len(house.provider.sent) == 2, "nothing is sent while the run is halted"
    keys = {p.key for p in house.payouts()}
    assert house.pay.requeue(CLOSE + timedelta(hours=1)) == 0, "50 dollars cover no payout"
    house.provider.funds = usd("250")
    assert house.pay.requeue(CLOSE + timedelta(hours=2)) == 2
    house.drain()
    assert {o.key for o in house.provider.orders.values()} == keys
    assert {p.key for p in house.payouts()} == keys
    resumed = house.money.period(PROGRAM)
    assert resumed is not None and not resumed.halted


def test_funds_for_a_part_pay_a_part() -> None:
    house = a_queued_house(ANA, BEN, CHI)
    house.provider.funds = usd("0")
    house.drain()
    house.provider.funds = usd("220")
    assert house.pay.requeue(CLOSE + timedelta(hours=2)) == 2
    house.drain()
    assert len(house.provider.orders) == 2


def test_a_revoked_key_halts_the_run_until_an_hour_later() -> None:
    house = a_queued_house(ANA, BEN)
    house.provider.faults = [Outcome.HALT]
    house.drain()
    assert len(house.provider.sent) == 1
    assert house.pay.requeue(CLOSE + timedelta(minutes=45)) == 0
    assert house.pay.requeue(CLOSE + timedelta(minutes=61)) == 2
    house.drain()
    assert len(house.provider.orders) == 2


def test_a_halted_program_does_not_hold_up_another() -> None:
    """W01."""
    house = House(a_program(auto_approve_minor=10**9), a_program(id="other", auto_approve_minor=10**9))
    house.earns(ANA, "R1", 100)
    house.earns(BEN, "R2", 10, program="other")
    house.close()
    house.provider.funds = usd("20")
    house.drain()
    assert [p.state for p in house.payouts("other")] == [PayoutState.ACCEPTED]


def test_a_refused_payout_is_shown_and_not_sent_again() -> None:
    house = a_queued_house()
    house.provider.faults = [Outcome.REJECTED]
    house.drain()
    house.pay.requeue(CLOSE + timedelta(days=1))
    house.drain()
    assert state_of(house) is PayoutState.REJECTED
    assert len(house.provider.sent) == 1
    assert [w["rep"] for w in house.work.open("payout_rejected")] == [ANA]


def test_a_conflict_is_a_break_for_a_person_and_never_a_new_key() -> None:
    house = a_queued_house()
    house.provider.faults = [Outcome.CONFLICT]
    house.drain()
    assert state_of(house) is PayoutState.CONFLICT
    assert [b.kind for b in house.money.breaks("tremendous")] == ["CONFLICT"]
    house.pay.requeue(CLOSE + timedelta(days=1))
    house.drain()
    assert len(house.provider.sent) == 1


@pytest.mark.parametrize("wrong", [{"amount": usd("1")}, {"amount": Money(10000, "EUR")}, {"key": "SPFOTHER"}])
def test_an_accepted_order_that_is_not_ours_is_not_believed(wrong: dict[str, object]) -> None:
    """A provider without conflict detection answers with an older order (rewards facts 2)."""
    house = a_queued_house()
    real = house.provider.place

    def place(*args: object) -> PlaceResult:
        result = real(*args)  # type: ignore[arg-type]
        return replace(result, order=replace(result.order, **wrong))

    house.provider.place = place  # type: ignore[method-assign, assignment]
    house.drain()
    assert state_of(house) is PayoutState.CONFLICT
    assert [b.kind for b in house.money.breaks("tremendous")] == ["CONFLICT"]


@pytest.mark.parametrize(
    "changes", [{"amount_minor": 99900}, {"approved_minor": 1}, {"approved_at": None}, {"lines": ()}, {"request": b"x"}]
)
def test_nothing_is_sent_that_differs_from_what_was_approved(changes: dict[str, object]) -> None:
    house = a_queued_house()
    key = key_of(house)
    house.money.tamper(key, **changes)
    with pytest.raises(BrokenPromise, match=key):
        house.pay.pay(key, CLOSE)
    assert house.provider.sent == []


def test_a_message_about_a_payout_nobody_planned_is_refused() -> None:
    house = a_queued_house()
    with pytest.raises(BrokenPromise, match="never planned"):
        house.pay.pay("SPFNOBODY", CLOSE)


def test_the_kill_switch_stops_everything_and_loses_nothing() -> None:
    house = a_queued_house(ANA, BEN)
    house.money.stop("finance asked us to wait")
    house.drain()
    assert house.provider.sent == []
    assert house.pay.requeue(CLOSE + timedelta(hours=1)) == 0
    house.money.stop("")
    assert house.pay.requeue(CLOSE + timedelta(hours=1)) == 2
    house.drain()
    assert len(house.provider.orders) == 2


def test_a_busy_provider_gets_the_payout_back_later() -> None:
    house = a_queued_house()
    house.provider.faults = [Outcome.RETRY_LATER]
    key = key_of(house)
    house.queue.take()
    assert house.pay.pay(key, CLOSE) is PayoutState.QUEUED
    ((again, now, delay),) = house.queue.take()
    assert (again, now, delay) == (key, CLOSE + timedelta(seconds=5), 5)
    assert house.pay.pay(key, now) is PayoutState.ACCEPTED
