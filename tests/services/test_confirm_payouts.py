from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.errors import InvalidMessage
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import PayoutState
from chalicelib.services.reward_port import OrderState
from tests.builders import ANA, BEN, usd
from tests.services.house import CLOSE, Crash, House

NAME = "tremendous"
LATER = CLOSE + timedelta(hours=1)


def an_ordered_house(*reps: str) -> House:
    """One accepted order over 100 dollars a rep."""
    house = House()
    for rep in reps or (ANA,):
        house.earns(rep, f"R-{rep}", 100)
    house.close()
    house.drain()
    return house


def key_of(house: House, rep: str = ANA) -> str:
    return next(p.key for p in house.payouts() if p.rep == rep)


def state_of(house: House, rep: str = ANA) -> PayoutState:
    return next(p.state for p in house.payouts() if p.rep == rep)


def kinds(house: House) -> list[str]:
    return sorted(b.kind for b in house.money.breaks(NAME))


def test_a_signed_webhook_confirms_what_the_order_says() -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.DELIVERED)
    raw, headers = house.provider.event(key_of(house), "u1")
    assert house.confirm.receive(NAME, raw, headers, LATER) == "applied"
    (payout,) = house.payouts()
    assert (payout.state, payout.confirmed_at, payout.order_id) == (PayoutState.CONFIRMED, LATER, "O1")


def test_a_webhook_that_says_delivered_while_the_order_does_not_confirms_nothing() -> None:
    """A webhook is a hint: only the order is believed."""
    house = an_ordered_house()
    raw, headers = house.provider.event(key_of(house), "u1", "REWARDS.DELIVERY.SUCCEEDED")
    assert house.confirm.receive(NAME, raw, headers, LATER) == "nothing"
    assert state_of(house) is PayoutState.ACCEPTED


@pytest.mark.parametrize("headers", [{}, {"signature": ""}, {"signature": "0" * 64}], ids=["none", "empty", "wrong"])
def test_a_forged_webhook_is_refused_and_leaves_no_trace(headers: dict[str, str]) -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.DELIVERED)
    raw, good = house.provider.event(key_of(house), "u1")
    with pytest.raises(InvalidMessage):
        house.confirm.receive(NAME, raw, headers, LATER)
    assert state_of(house) is PayoutState.ACCEPTED
    assert house.confirm.receive(NAME, raw, good, LATER) == "applied", "the forgery did not use up the uuid"


def test_a_replayed_webhook_does_nothing() -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.DELIVERED)
    raw, headers = house.provider.event(key_of(house), "u1")
    house.confirm.receive(NAME, raw, headers, LATER)
    before = house.payouts()
    assert house.confirm.receive(NAME, raw, headers, LATER + timedelta(days=300)) == "seen"
    assert house.payouts() == before


def test_a_webhook_whose_worker_died_is_dealt_with_when_it_comes_again() -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.DELIVERED)
    raw, headers = house.provider.event(key_of(house), "u1")
    event = house.provider.read_webhook(raw, headers)
    house.money.see_webhook(NAME, "u1", event.body_sha256, LATER)
    assert house.confirm.receive(NAME, raw, headers, LATER) == "applied"


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_webhook_whose_worker_died_anywhere_is_applied_when_it_comes_again(after: bool) -> None:
    """A crash between each two calls: an event is remembered as dealt with only once it was."""
    at, died = 1, True
    while died:
        house = an_ordered_house()
        house.provider.becomes(OrderState.DELIVERED)
        raw, headers = house.provider.event(key_of(house), "u1")
        house.frail(at, after=after)
        try:
            house.confirm.receive(NAME, raw, headers, LATER)
            died = False
        except Crash:
            died = True
        house.mended()
        house.confirm.receive(NAME, raw, headers, LATER)
        assert state_of(house) is PayoutState.CONFIRMED, at
        at += 1
    assert at > 6, "the walk has to pass through the whole webhook"


def test_the_same_uuid_with_another_body_is_a_break() -> None:
    house = an_ordered_house(ANA, BEN)
    first = house.provider.event(key_of(house), "u1")
    second = house.provider.event(key_of(house, BEN), "u1")
    house.provider.becomes(OrderState.DELIVERED)
    house.confirm.receive(NAME, *first, LATER)
    assert house.confirm.receive(NAME, *second, LATER) == "differs"
    assert kinds(house) == ["WEBHOOK_DIFFERS"]
    assert state_of(house, BEN) is PayoutState.ACCEPTED


def test_webhooks_in_the_wrong_order_end_the_same() -> None:
    """Each one reads the order, so the older news brings the newer state."""
    house = an_ordered_house()
    created = house.provider.event(key_of(house), "u1", "ORDERS.CREATED")
    delivered = house.provider.event(key_of(house), "u2", "REWARDS.DELIVERY.SUCCEEDED")
    house.provider.becomes(OrderState.DELIVERED)
    assert house.confirm.receive(NAME, *delivered, LATER) == "applied"
    assert house.confirm.receive(NAME, *created, LATER) == "nothing"
    assert state_of(house) is PayoutState.CONFIRMED


def test_a_stale_read_never_makes_a_confirmed_payout_open_again() -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.DELIVERED)
    house.confirm.apply(NAME, house.provider.orders[key_of(house)], LATER)
    house.provider.becomes(OrderState.OPEN)
    assert not house.confirm.apply(NAME, house.provider.orders[key_of(house)], LATER)
    assert state_of(house) is PayoutState.CONFIRMED


def test_a_webhook_that_comes_before_the_answer_of_the_order_call_is_believed() -> None:
    """The provider delivers while our worker still waits for its answer (rewards facts 4.4)."""
    house = House()
    house.earns(ANA, "R1", 100)
    house.close()
    key, real = key_of(house), house.provider.place
    told: list[str] = []

    def place(*args: object) -> object:
        result = real(*args)  # type: ignore[arg-type]
        house.provider.becomes(OrderState.DELIVERED)
        told.append(house.confirm.receive(NAME, *house.provider.event(key, "u1"), CLOSE))
        return result

    house.provider.place = place  # type: ignore[method-assign, assignment]
    house.drain()
    assert told == ["applied"]
    (payout,) = house.payouts()
    assert payout.state is PayoutState.CONFIRMED
    assert payout.ordered_at is not None and payout.ordered_at <= (payout.confirmed_at or CLOSE)
    assert len(house.provider.sent) == 1


def test_while_the_provider_is_down_a_webhook_is_kept_and_nothing_is_assumed() -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.DELIVERED)
    raw, headers = house.provider.event(key_of(house), "u1")
    house.provider.down = True
    assert house.confirm.receive(NAME, raw, headers, LATER) == "later"
    assert state_of(house) is PayoutState.ACCEPTED
    house.provider.down = False
    house.reconciling.reconcile_rewards(LATER)
    assert state_of(house) is PayoutState.CONFIRMED


def test_an_order_nobody_of_us_placed_is_a_break() -> None:
    house = an_ordered_house()
    foreign = replace(house.provider.orders[key_of(house)], key="SPFFOREIGN", order_id="O9")
    assert not house.confirm.apply(NAME, foreign, LATER)
    assert kinds(house) == ["UNKNOWN_AT_US"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount": usd("99")}, "AMOUNT"),
        ({"amount": Money(10000, "EUR")}, "CURRENCY"),
        ({"order_id": "O7"}, "DUPLICATE"),
    ],
    ids=["amount", "currency", "second order"],
)
def test_an_order_that_differs_from_the_payout_confirms_nothing(changes: dict[str, object], kind: str) -> None:
    house = an_ordered_house()
    order = replace(house.provider.orders[key_of(house)], state=OrderState.DELIVERED, **changes)
    assert not house.confirm.apply(NAME, order, LATER)
    assert kinds(house) == [kind]
    assert state_of(house) is PayoutState.ACCEPTED


def test_an_order_for_a_payout_nobody_released_is_a_break() -> None:
    house = an_ordered_house()
    order = house.provider.orders[key_of(house)]
    house.money.tamper(key_of(house), state=PayoutState.PLANNED, order_id="")
    assert not house.confirm.apply(NAME, order, LATER)
    assert kinds(house) == ["STATE"]


@pytest.mark.parametrize(
    ("state", "ours", "work"),
    [
        (OrderState.DELIVERY_FAILED, PayoutState.DELIVERY_FAILED, "payout_not_delivered"),
        (OrderState.IN_REVIEW, PayoutState.IN_REVIEW, "payout_in_review"),
        (OrderState.CANCELED, PayoutState.CANCELED, "payout_canceled"),
        (OrderState.FAILED, PayoutState.CANCELED, "payout_canceled"),
    ],
)
def test_what_needs_a_person_is_put_on_a_work_list(state: OrderState, ours: PayoutState, work: str) -> None:
    house = an_ordered_house()
    house.provider.becomes(state)
    house.reconciling.reconcile_rewards(LATER)
    assert state_of(house) is ours
    assert [w["rep"] for w in house.work.open(work)] == [ANA]


def test_a_state_nobody_told_us_about_changes_nothing() -> None:
    house = an_ordered_house()
    house.provider.becomes(OrderState.UNREADABLE)
    house.reconciling.reconcile_rewards(LATER)
    assert state_of(house) is PayoutState.ACCEPTED
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(LATER + timedelta(hours=1))
    assert state_of(house) is PayoutState.CONFIRMED


def test_a_delivered_reward_may_still_be_canceled() -> None:
    house = an_ordered_house()
    for state in (OrderState.DELIVERED, OrderState.CANCELED):
        house.provider.becomes(state)
        house.confirm.apply(NAME, house.provider.orders[key_of(house)], LATER)
    assert state_of(house) is PayoutState.CANCELED
