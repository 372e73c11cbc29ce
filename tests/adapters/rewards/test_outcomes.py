"""Every fault between us and the provider, what it is called, and whether an order exists behind it."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.services.reward_port import OrderState, Outcome, ProviderUnavailable
from local.reward_faults import FAULTS
from local.reward_simulator import Simulator
from tests.adapters.rewards.builders import PATIENT, QUICK, an_intent, around_now, at

# fault -> outcome, orders left behind
TABLE = {
    "timeout_before_commit": (Outcome.UNKNOWN, 0),
    "timeout_after_commit": (Outcome.UNKNOWN, 1),
    "reset_before_commit": (Outcome.UNKNOWN, 0),
    "reset_mid_body": (Outcome.UNKNOWN, 1),
    "html_200": (Outcome.UNKNOWN, 1),
    "truncated_json": (Outcome.UNKNOWN, 1),
    "slow_drip": (Outcome.UNKNOWN, 1),
    "missing_field": (Outcome.UNKNOWN, 1),
    "500": (Outcome.UNKNOWN, 0),
    "503": (Outcome.UNKNOWN, 0),
    "500_after_commit": (Outcome.UNKNOWN, 1),
    "503_after_commit": (Outcome.UNKNOWN, 1),
    "wrong_amount": (Outcome.CONFLICT, 1),
    "wrong_currency": (Outcome.CONFLICT, 1),
    "wrong_recipient": (Outcome.CONFLICT, 1),
    "other_order": (Outcome.CONFLICT, 1),
    "409": (Outcome.CONFLICT, 0),
    "400": (Outcome.REJECTED, 0),
    "422": (Outcome.REJECTED, 0),
    "401": (Outcome.HALT, 0),
    "403": (Outcome.HALT, 0),
    "402": (Outcome.AWAITING_FUNDS, 0),
    "429": (Outcome.RETRY_LATER, 0),
    "429_retry_after": (Outcome.RETRY_LATER, 0),
    "unknown_status": (Outcome.ACCEPTED, 1),
    "null_balance": (Outcome.ACCEPTED, 1),
}


def facing(simulator, fault):
    """An adapter that gives up early only on faults that never answer, so that no test depends on speed."""
    return at(simulator, QUICK if fault.startswith(("timeout", "slow")) else PATIENT)


def send(provider, intent):
    return provider.place(intent.key, provider.request(intent), intent)


def test_the_table_names_every_fault_the_simulator_has():
    assert set(TABLE) == set(FAULTS)


@pytest.mark.parametrize("fault", TABLE)
def test_a_fault_has_one_outcome_and_leaves_what_it_leaves(simulator, fault):
    outcome, orders = TABLE[fault]
    simulator.faults.add(fault)
    assert send(facing(simulator, fault), an_intent()).outcome is outcome
    with simulator.account.lock:
        assert simulator.account.lock.wait_for(lambda: len(simulator.account.orders) == orders, timeout=10)


@pytest.mark.parametrize("fault", [fault for fault, (outcome, _) in TABLE.items() if outcome is Outcome.UNKNOWN])
def test_an_unknown_is_settled_by_the_same_key_and_bytes(simulator, fault):
    """Whatever happened to the first call, the second finds or makes the one order (domain.md 23)."""
    simulator.faults.add(fault)
    assert send(facing(simulator, fault), an_intent()).outcome is Outcome.UNKNOWN
    result = send(at(simulator), an_intent())
    assert (result.outcome, result.order.key) == (Outcome.ACCEPTED, "SPFA1B2C3")
    assert len(simulator.account.orders) == 1
    assert simulator.account.balance == 100_000 - simulator.account.find("SPFA1B2C3")["payment"]["total"]


def test_a_connection_never_made_is_not_an_unknown(simulator):
    """Nothing was sent: the payout may simply be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    provider = at(simulator)
    provider._base = f"http://127.0.0.1:{port}/api/v2"
    assert send(provider, an_intent()).outcome is Outcome.RETRY_LATER


@pytest.mark.parametrize(("fault", "pause"), [("429", 1), ("429_retry_after", 7)])
def test_a_rate_limit_says_how_long_to_wait(simulator, fault, pause):
    simulator.faults.add(fault)
    assert send(at(simulator), an_intent()).retry_after_s == pause


def test_a_status_nobody_knows_is_shown_and_not_guessed(simulator):
    simulator.faults.add("unknown_status")
    order = send(at(simulator), an_intent()).order
    assert (order.state, order.raw_state) == (OrderState.UNREADABLE, "PENDING SOMETHING NEW/SCHEDULED")


def test_an_empty_account_awaits_funds_and_orders_again_when_it_has_some(simulator):
    simulator.account.fund(-simulator.account.balance)
    assert send(at(simulator), an_intent()).outcome is Outcome.AWAITING_FUNDS
    simulator.account.fund(an_intent().amount.decimal())
    assert send(at(simulator), an_intent()).outcome is Outcome.ACCEPTED
    assert simulator.account.balance == 0


def test_an_order_above_the_provider_s_own_limit_waits_for_a_person_there(simulator):
    simulator.set(account={"approval_above": "100.00"})
    result = send(at(simulator), an_intent())
    assert (result.outcome, result.order.state) == (Outcome.NEEDS_APPROVAL, OrderState.NEEDS_APPROVAL)
    simulator.account.approve("SPFA1B2C3")
    assert at(simulator).find("SPFA1B2C3").state is OrderState.OPEN


def test_a_refused_address_is_explained_without_being_repeated(simulator):
    simulator.set(account={"refuse": ["zoe.oneil@reseller.example"]})
    result = send(at(simulator), an_intent())
    assert result.outcome is Outcome.REJECTED
    assert "reward.recipient.email is not accepted" in result.reason
    assert "zoe" not in result.reason.lower()


@pytest.mark.parametrize(
    ("order", "delivery", "state"),
    [
        ("OPEN", "SCHEDULED", OrderState.OPEN),
        ("PENDING SETTLEMENT", "SCHEDULED", OrderState.OPEN),
        ("PENDING APPROVAL", "SCHEDULED", OrderState.NEEDS_APPROVAL),
        ("PENDING INTERNAL PAYMENT APPROVAL", "SCHEDULED", OrderState.IN_REVIEW),
        ("EXECUTED", "PENDING", OrderState.OPEN),
        ("EXECUTED", "SCHEDULED", OrderState.OPEN),
        ("EXECUTED", "SUCCEEDED", OrderState.DELIVERED),
        ("EXECUTED", "FAILED", OrderState.DELIVERY_FAILED),
        ("EXECUTED", "TELEPORTED", OrderState.UNREADABLE),
        ("CANCELED", "SUCCEEDED", OrderState.CANCELED),
        ("FAILED", "SCHEDULED", OrderState.FAILED),
        ("CART", "SCHEDULED", OrderState.UNREADABLE),
    ],
)
def test_a_state_of_theirs_is_one_of_ours(simulator, order, delivery, state):
    provider = at(simulator)
    send(provider, an_intent())
    there = simulator.account.find("SPFA1B2C3")
    there["status"], there["rewards"][0]["delivery"]["status"] = order, delivery
    assert provider.find("SPFA1B2C3").state is state


def test_an_order_the_provider_failed_is_a_definite_refusal(simulator):
    provider = at(simulator)
    send(provider, an_intent())
    simulator.account.find("SPFA1B2C3")["status"] = "FAILED"
    result = send(provider, an_intent())
    assert (result.outcome, result.order.state) == (Outcome.REJECTED, OrderState.FAILED)


@pytest.mark.parametrize(
    "fault", ["timeout_before_commit", "reset_mid_body", "html_200", "truncated_json", "500", "503", "429", "401"]
)
def test_a_reading_call_that_fails_says_so_and_nothing_else(simulator, fault):
    provider = facing(simulator, fault)
    order_id = send(at(simulator), an_intent()).order.order_id
    for path, read in {
        "/orders": lambda: provider.find("SPFA1B2C3"),
        f"/orders/{order_id}": lambda: provider.get(order_id),
        "/funding_sources": lambda: provider.balance("USD"),
        "/balance_transactions": lambda: provider.statement(*around_now()),
    }.items():
        simulator.faults.add(fault, 1, "GET", path)
        with pytest.raises(ProviderUnavailable):
            read()


def test_an_undelivered_reward_is_no_failed_order(simulator):
    """A bounced mail: the order stands and the money is out (W66)."""
    simulator.set(account={"undeliverable": ["zoe.oneil@reseller.example"]})
    provider = at(simulator)
    assert send(provider, an_intent()).outcome is Outcome.ACCEPTED
    simulator.deliver()
    order = provider.find("SPFA1B2C3")
    assert order.state is OrderState.DELIVERY_FAILED
    assert order.failure


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([f for f in TABLE if not f.startswith(("timeout", "slow"))])))
)
def test_whatever_happened_on_the_way_each_payout_is_one_order_in_the_end(attempts):
    """Any sequence of faults over four payouts, then quiet: each is ordered once, and the statement ties."""
    intents = [an_intent(f"SPF{i}", 101 + 7 * i) for i in range(4)]
    with Simulator(rate_per_second=0) as simulator:
        provider = at(simulator)
        for which, fault in attempts:
            simulator.faults.add(fault)
            send(provider, intents[which])
        orders = [send(provider, intent).order for intent in intents]
        assert [provider.find(i.key) for i in intents] == orders
        assert len({o.order_id for o in orders}) == len(simulator.account.orders) == 4
        debits = [m for m in provider.statement(*around_now()) if m.key]
        assert sorted(-m.amount.minor for m in debits) == [i.amount.minor for i in intents]
