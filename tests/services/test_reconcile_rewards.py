from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.money import Money
from chalicelib.domain.payouts import PayoutState
from chalicelib.services.reward_port import Movement, OrderState
from tests.builders import ANA, BEN, usd
from tests.services.house import CLOSE, House
from tests.services.test_confirm_payouts import an_ordered_house, key_of, kinds, state_of

LATER = CLOSE + timedelta(hours=8)


def test_polling_alone_reaches_the_same_end_as_webhooks() -> None:
    house = an_ordered_house(ANA, BEN)
    house.provider.becomes(OrderState.DELIVERED)
    done = house.reconciling.reconcile_rewards(LATER)
    assert (done.read, done.moved, done.breaks) == (2, 2, 0)
    assert {p.state for p in house.payouts()} == {PayoutState.CONFIRMED}


def test_an_order_whose_answer_was_lost_is_found_by_its_key() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    house.close()
    house.provider.faults = ["silent"]
    house.pay.pay(key_of(house), CLOSE)
    assert state_of(house) is PayoutState.UNKNOWN
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(LATER)
    assert state_of(house) is PayoutState.CONFIRMED
    assert len(house.provider.sent) == 1


def test_not_finding_an_unknown_order_proves_nothing() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    house.close()
    house.provider.faults = ["lost"]
    house.pay.pay(key_of(house), CLOSE)
    house.queue.take()
    done = house.reconciling.reconcile_rewards(LATER)
    assert (done.breaks, done.requeued) == (0, 1)
    house.drain()
    assert len(house.provider.orders) == 1


def test_a_provider_that_is_down_changes_nothing_and_is_named() -> None:
    house = an_ordered_house()
    before = house.payouts()
    house.provider.down = True
    done = house.reconciling.reconcile_rewards(LATER)
    assert done.unreachable == ("tremendous",)
    assert house.payouts() == before
    assert kinds(house) == []


def test_an_accepted_order_the_provider_no_longer_knows_is_a_break() -> None:
    house = an_ordered_house()
    house.provider.orders.clear()
    house.reconciling.reconcile_rewards(LATER)
    assert kinds(house) == ["MISSING_AT_PROVIDER"]
    assert state_of(house) is PayoutState.ACCEPTED


def test_a_confirmed_order_that_left_both_statement_and_account_is_a_break() -> None:
    house = an_ordered_house(ANA, BEN)
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(LATER)
    lost = key_of(house)
    del house.provider.orders[lost]
    house.provider.movements = [m for m in house.provider.movements if m.key != lost]
    house.reconciling.reconcile_rewards(LATER)
    assert [(b.kind, b.key) for b in house.money.breaks("tremendous")] == [("MISSING_AT_PROVIDER", lost)]


def a_debit(house: House, **changes: object) -> Movement:
    plain = Movement("M99", key_of(house), -usd("100"), CLOSE + timedelta(hours=2))
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("kind", "changes", "replaces"),
    [
        ("UNKNOWN_AT_US", {"key": "SPFSTRANGER"}, False),
        ("DUPLICATE", {}, False),
        ("AMOUNT", {"amount": -usd("101")}, True),
        ("CURRENCY", {"amount": Money(-10000, "EUR")}, True),
    ],
)
def test_a_statement_that_differs_becomes_a_break_once(kind: str, changes: dict[str, object], replaces: bool) -> None:
    house = an_ordered_house()
    if replaces:
        house.provider.movements.clear()
    house.provider.movements.append(a_debit(house, **changes))
    assert house.reconciling.reconcile_rewards(LATER).breaks == 1
    assert house.reconciling.reconcile_rewards(LATER + timedelta(hours=1)).breaks == 0
    assert kinds(house) == [kind]


def test_a_debit_for_a_payout_nobody_sent_is_a_break() -> None:
    house = an_ordered_house()
    house.money.tamper(key_of(house), state=PayoutState.REJECTED)
    house.reconciling.reconcile_rewards(LATER)
    assert kinds(house) == ["STATE"]


def test_a_reward_and_its_fee_on_two_lines_are_one_order() -> None:
    house = an_ordered_house()
    house.money.tamper(key_of(house), charged_minor=10200)
    house.provider.movements.append(a_debit(house, amount=-usd("2")))
    assert house.reconciling.reconcile_rewards(LATER).breaks == 0


def test_refunds_and_top_ups_are_no_breaks() -> None:
    house = an_ordered_house()
    at = CLOSE + timedelta(hours=2)
    house.provider.movements += [Movement("T1", "", usd("5000"), at), Movement("F1", key_of(house), usd("100"), at)]
    assert house.reconciling.reconcile_rewards(LATER).breaks == 0


def test_the_payouts_tie_to_the_provider_to_the_cent() -> None:
    house = an_ordered_house(ANA, BEN)
    rows = house.listed(LATER)
    ordered = {o.key: (o.amount.minor, o.order_id) for o in house.provider.orders.values()}
    assert {row["key"]: (row["amount_minor"], row["provider_order_id"]) for row in rows} == ordered
    assert house.listed(LATER, PayoutState.CONFIRMED) == []


def test_a_late_payment_says_why_it_is_late() -> None:
    """An SLO record per payout: within 48 h or why not."""
    house = House()
    house.earns(ANA, "R1", 100)
    house.close()
    house.provider.funds = usd("0")
    house.drain()
    much_later = CLOSE + timedelta(hours=60)
    (row,) = house.listed(much_later)
    assert row["within_48h"] is False
    assert "short of funds" in str(row["why_not"])
    house.provider.funds = usd("100")
    house.pay.requeue(much_later)
    house.drain()
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(much_later + timedelta(hours=1))
    (row,) = house.listed(much_later + timedelta(hours=2))
    assert row["within_48h"] is False
    assert row["why_not"] == "60 h for the order (the reward account was short of funds)"
