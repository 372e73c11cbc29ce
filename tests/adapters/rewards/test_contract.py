"""What the port promises, held against every provider: real HTTP to the simulator, real S3 calls to moto.

Requirements W42, W52, W66; domain.md 23.
"""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.adapters.rewards import PROVIDERS
from chalicelib.domain.errors import Conflict
from chalicelib.domain.money import Money
from chalicelib.services.reward_port import OrderState, Outcome
from tests.adapters.rewards.builders import an_intent, around_now


def placed(desk, intent):
    return desk.provider.place(intent.key, desk.provider.request(intent), intent)


def test_every_provider_of_the_table_stands_behind_this_contract(desk):
    assert desk.provider.name in PROVIDERS


def test_an_order_echoes_key_amount_and_recipient(desk):
    result = placed(desk, an_intent())
    assert result.outcome is Outcome.ACCEPTED
    assert (result.order.key, result.order.amount, result.order.recipient_email, result.order.state) == (
        "SPFA1B2C3", Money(12550, "USD"), "zoe.oneil@reseller.example", OrderState.OPEN,
    )  # fmt: skip


@pytest.mark.parametrize("minor", [1, 10, 99, 100, 510, 1999, 33333, 100010, 999999])
def test_an_amount_comes_back_to_the_cent(desk, minor):
    """5.10 is 510 cents, never 509: no amount passes through a binary float."""
    result = placed(desk, an_intent(minor=minor))
    assert result.outcome is Outcome.ACCEPTED
    assert result.order.amount == result.order.total - result.order.fee == Money(minor, "USD")


def test_the_same_bytes_sent_twice_are_one_order(desk):
    first, again = placed(desk, an_intent()), placed(desk, an_intent())
    assert desk.orders() == 1
    assert (again.outcome, again.order.order_id) == (Outcome.ACCEPTED, first.order.order_id)


@pytest.mark.parametrize(
    "change", [{"amount": Money(12551, "USD")}, {"recipient_email": "mallory@reseller.example"}, {"message": "other"}]
)
def test_other_content_under_the_same_key_is_a_conflict_and_changes_nothing(desk, change):
    first = placed(desk, an_intent())
    assert placed(desk, replace(an_intent(), **change)).outcome is Outcome.CONFLICT
    assert desk.orders() == 1
    assert desk.provider.find("SPFA1B2C3") == first.order


def test_an_order_is_found_by_key_and_by_id(desk):
    ordered = placed(desk, an_intent()).order
    assert desk.provider.find("SPFA1B2C3") == desk.provider.get(ordered.order_id) == ordered


def test_what_was_never_ordered_is_not_there(desk):
    placed(desk, an_intent())
    assert desk.provider.find("SPFUNKNOWN") is None
    assert desk.provider.get("NOSUCHORDER1") is None


def test_an_order_is_delivered_only_when_the_provider_says_so(desk):
    placed(desk, an_intent())
    desk.deliver("SPFA1B2C3")
    order = desk.provider.find("SPFA1B2C3")
    assert order.state is OrderState.DELIVERED
    assert order.reward_id


def test_the_same_bytes_after_delivery_tell_the_delivered_order(desk):
    """A resend of an UNKNOWN may come late: it must find what became of the order."""
    placed(desk, an_intent())
    desk.deliver("SPFA1B2C3")
    again = placed(desk, an_intent())
    assert (again.outcome, again.order.state) == (Outcome.ACCEPTED, OrderState.DELIVERED)


def test_the_statement_debits_exactly_what_was_ordered(desk):
    for key, minor in (("SPF1", 510), ("SPF2", 33333), ("SPF3", 1)):
        placed(desk, an_intent(key, minor))
        placed(desk, an_intent(key, minor))
        desk.deliver(key)
    ours = [m for m in desk.provider.statement(*around_now()) if m.key]
    assert sorted((m.key, m.amount) for m in ours) == [
        ("SPF1", Money(-510, "USD")),
        ("SPF2", Money(-33333, "USD")),
        ("SPF3", Money(-1, "USD")),
    ]
    assert len({m.id for m in ours}) == 3


def test_the_statement_reads_the_same_twice(desk):
    placed(desk, an_intent())
    desk.deliver("SPFA1B2C3")
    window = around_now()
    assert desk.provider.statement(*window) == desk.provider.statement(*window) != []


def test_the_statement_covers_a_half_open_window(desk):
    placed(desk, an_intent())
    desk.deliver("SPFA1B2C3")
    since, until = around_now()
    at = next(m.at for m in desk.provider.statement(since, until) if m.key)
    assert [m.key for m in desk.provider.statement(at, at + timedelta(milliseconds=1)) if m.key] == ["SPFA1B2C3"]
    assert [m.key for m in desk.provider.statement(since, at) if m.key] == []


def test_the_same_intent_always_gives_the_same_bytes(desk):
    assert desk.provider.request(an_intent()) == desk.provider.request(an_intent())
    assert desk.provider.request(an_intent()) != desk.provider.request(an_intent(minor=12551))


@pytest.mark.parametrize(
    "broken", [{"key": "A" * 36}, {"key": "SPF-1"}, {"key": ""}, {"minor": 0}, {"minor": -500}]
)  # fmt: skip
def test_a_payout_that_no_provider_could_take_is_stopped_before_it_is_stored(desk, broken):
    with pytest.raises(AssertionError):
        desk.provider.request(an_intent(**broken))


def test_keys_of_the_longest_kind_are_taken(desk):
    key = "SPF" + "Z9" * 16
    assert len(key) == 35
    assert re.fullmatch(desk.provider.capabilities.key_pattern, key)
    assert placed(desk, an_intent(key)).order.key == key


def test_bytes_of_one_payout_are_never_sent_under_the_key_of_another(desk):
    with pytest.raises(AssertionError):
        desk.provider.place("SPFOTHER", desk.provider.request(an_intent()), an_intent())
    assert desk.orders() == 0


def test_what_did_not_fail_is_not_delivered_again(desk):
    """Whether a provider can deliver once more or not, it refuses in words and makes no second order."""
    order = placed(desk, an_intent()).order
    with pytest.raises(Conflict) as refused:
        desk.provider.resend(order, "zoe@home.example")
    assert "zoe@home.example" not in str(refused.value) and len(str(refused.value)) > 20
    assert desk.orders() == 1
