"""The Tremendous adapter by itself: its bytes, its key, its reading of money and statements."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from chalicelib.adapters.rewards import tremendous_answers as answers
from chalicelib.adapters.rewards.tremendous import Tremendous, _seconds
from chalicelib.domain.errors import BrokenPromise, Conflict, Misconfigured
from chalicelib.domain.money import Money
from chalicelib.services.reward_port import OrderState, ProviderEvent, ProviderUnavailable
from local.reward_simulator import Simulator
from tests.adapters.rewards.builders import QUICK, SECRET, an_intent, around_now, at

GOLDEN = Path(__file__).parents[2] / "golden" / "rewards"


def golden(name, found):
    """Hold bytes against a golden file; `KICKER_GOLDEN=write` (make golden) replaces it."""
    path = GOLDEN / name
    if os.environ.get("KICKER_GOLDEN") == "write":
        path.write_bytes(found)
    assert found == path.read_bytes()


def built(**options):
    return Tremendous("http://127.0.0.1:1", "TEST_x", **({"stage": "test"} | options))


@pytest.mark.parametrize(
    ("name", "intent", "rep_field"),
    [
        ("tremendous-order.json", an_intent(minor=510), "REPFIELD0001"),
        ("tremendous-campaign.json", an_intent(products=("campaign:IVM0I3WNJJL0",), message=""), ""),
        ("tremendous-yen.json", an_intent(amount=Money(500, "JPY"), products=("A1B2", "C3D4")), ""),
    ],
)
def test_an_order_is_these_bytes_and_no_others(name, intent, rep_field):
    """The bytes are stored before the call and sent again for weeks: they may not change with a library."""
    golden(name, built(rep_field_id=rep_field).request(intent) + b"\n")


def test_the_rep_id_is_on_every_order_or_on_none():
    """The vendor counts recipients for tax by it (domain.md 25)."""
    for field, expected in (("REPFIELD0001", True), ("", False)):
        for intent in (an_intent(), an_intent("SPF2", products=("campaign:IVM0I3WNJJL0",), message="")):
            assert (intent.rep.encode() in built(rep_field_id=field).request(intent)) is expected


@pytest.mark.parametrize(
    ("stage", "key", "fits"),
    [
        ("test", "TEST_abc", True),
        ("local", "TEST_abc", True),
        ("production", "PROD_abc", True),
        ("prod", "PROD_abc", True),
        ("test", "PROD_abc", False),
        ("production", "TEST_abc", False),
        ("production", "", False),
        ("", "", False),
    ],
)
def test_a_key_of_another_stage_is_refused_before_any_call(stage, key, fits):
    if fits:
        assert Tremendous("", key, stage=stage).name == "tremendous"
    else:
        with pytest.raises(Misconfigured, match=r"TEST_|PROD_"):
            Tremendous("", key, stage=stage)


def test_a_production_key_travels_by_https_only():
    with pytest.raises(Misconfigured, match="https"):
        Tremendous("http://api.example", "PROD_abc", stage="production")


@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"api_key": ""},
        {"api_key": "TEST_x", "webhook_secrets": SECRET},  # a bare text would be a list of one-letter secrets
        {"api_key": "TEST_x", "webhook_secrets": ["short"]},
        {"api_key": "TEST_x", "webhook_secrets": [None]},
    ],
)
def test_a_secret_that_cannot_protect_anything_is_refused(secret):
    with pytest.raises(Misconfigured):
        Tremendous.from_secret(secret, base_url="", stage="test")


def test_an_error_never_shows_the_key():
    with pytest.raises(Misconfigured) as caught:
        Tremendous("", "PROD_sesame", stage="test")
    assert "sesame" not in str(caught.value)
    assert "sesame" not in repr(Tremendous("", "TEST_sesame", stage="test"))


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("5.1", "USD", 510),
        ("5.10", "USD", 510),
        ("5", "USD", 500),
        ("0.29", "USD", 29),
        ("1.15", "USD", 115),
        ("4.35", "USD", 435),
        ("0.30000000000000004", "USD", 30),
        ("1e2", "USD", 10000),
        ("500", "JPY", 500),
        ("1.234", "BHD", 1234),
    ],
)
def test_a_number_of_theirs_is_exact_minor_units(text, currency, minor):
    number = answers.parsed(f'{{"n":{text}}}'.encode())["n"]
    assert answers.money(number, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["5.104", "0.005", "1e309", "true", "null", '"5.10"', "[5]", "1e999999999"])
def test_a_number_that_is_no_amount_is_unreadable(text):
    number = answers.parsed(f'{{"n":{text}}}'.encode())["n"]
    with pytest.raises(answers.Unreadable):
        answers.money(number, "USD")


@pytest.mark.parametrize("body", [b"", b"[]", b"nul", b'{"n":NaN}', b"\xff", b"[" * 60_000, b"<html>"])
def test_an_answer_that_is_no_object_is_unreadable(body):
    with pytest.raises(answers.Unreadable):
        answers.parsed(body)


def test_the_balance_is_read_to_the_cent(simulator):
    simulator.account.fund(-simulator.account.balance)
    simulator.account.fund(Decimal("1234.05"))
    assert at(simulator).balance("USD") == Money(123405, "USD")


def test_an_account_in_another_currency_has_no_balance_to_compare(simulator):
    assert at(simulator).balance("EUR") is None


@pytest.mark.parametrize("change", [{"status": "failed"}, {"usage_permissions": ["dashboard_orders"]}])
def test_a_funding_source_that_cannot_pay_orders_has_no_balance(change):
    meta = {"available_cents": 100, "currency_code": "USD"}
    with pytest.raises(answers.Unreadable, match="API orders"):
        answers.funds({"status": "active", "usage_permissions": ["api_orders"], "meta": meta} | change)


def test_a_statement_longer_than_a_page_is_read_to_its_end(simulator):
    for _ in range(1203):
        simulator.account.fund(Decimal("0.01"))
    found = at(simulator).statement(*around_now())
    assert len(found) == len({m.id for m in found}) == 1204


def test_a_fee_is_part_of_what_the_account_is_charged(simulator):
    simulator.set(account={"fee_basis_points": 250})
    provider = at(simulator)
    order = provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent()).order
    assert (order.amount, order.fee, order.total) == (Money(12550, "USD"), Money(314, "USD"), Money(12864, "USD"))
    assert [m.amount for m in provider.statement(*around_now()) if m.key] == [-order.total]


def test_a_refund_stands_beside_its_order_on_the_statement(simulator):
    provider = at(simulator)
    provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent())
    simulator.account.cancel("SPFA1B2C3")
    assert sorted(m.amount.minor for m in provider.statement(*around_now()) if m.key) == [-12550, 12550]


def a_line(**changes):
    payment = {"subtotal": 5.0, "total": 5.0, "fees": 0, "discount": 0, "currency_code": "USD"}
    line = {
        "created_at": "2026-11-22T09:00:00.000-05:00", "amount": 5, "currency_code": "USD", "balance": None,
        "action": "Order", "description": "", "order": {"id": "A1B2C3", "external_id": "SPF1", "payment": payment},
    }  # fmt: skip
    return line | changes


@pytest.mark.parametrize("amount", [5, -5])
def test_an_order_is_a_debit_whichever_sign_the_vendor_writes(amount):
    """The sign is nowhere documented; money of an order comes back only as a refund."""
    [movement] = answers.movements([a_line(amount=amount)])
    assert movement.amount == Money(-500, "USD")
    assert movement.at == datetime(2026, 11, 22, 14, tzinfo=UTC)


def test_equal_lines_of_a_statement_keep_ids_of_their_own():
    first, second = answers.movements([a_line(), a_line()])
    assert first.id != second.id
    assert [m.id for m in answers.movements([a_line(balance=3), a_line(balance=4)])] == [first.id, second.id]


def test_two_orders_under_one_key_stop_the_work(simulator):
    provider = at(simulator)
    provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent())
    other = an_intent("SPFOTHER")
    provider.place("SPFOTHER", provider.request(other), other)
    simulator.account.find("SPFOTHER")["external_id"] = "SPFA1B2C3"
    with pytest.raises(BrokenPromise, match="SPFA1B2C3"):
        provider.find("SPFA1B2C3")


def test_an_event_leads_to_its_order(simulator):
    provider = at(simulator)
    order = provider.place("SPFA1B2C3", provider.request(an_intent()), an_intent()).order
    event = ProviderEvent("u", "k", "rewards", order.reward_id, datetime.now(UTC), "")
    assert provider.order_of(event) == order.order_id
    assert provider.order_of(replace(event, resource_type="orders", resource_id=order.order_id)) == order.order_id
    assert provider.order_of(replace(event, resource_id="NOSUCHREWARD")) is None
    assert provider.order_of(replace(event, resource_type="invoices")) is None
    assert provider.order_of(replace(event, resource_id="")) is None


def test_an_id_from_a_webhook_cannot_reach_another_path(simulator):
    """`../orders` in an event is an id that does not exist, not a way through the API."""
    event = ProviderEvent("u", "k", "rewards", "../orders", datetime.now(UTC), "")
    assert at(simulator).order_of(event) is None


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("0", 1), ("2", 2), ("9999", 3600), ("-5", 1), ("soon", 1), ("1.5", 1), ("", 1), ("٣", 1), ("9" * 30, 1)],
)
def test_a_pause_is_at_least_a_second_and_at_most_an_hour(asked, waited):
    assert _seconds(asked) == waited


def test_more_than_ten_orders_a_second_are_told_to_wait_and_are_all_placed_in_the_end():
    """The provider's pace, on a clock of the test's own."""
    now = [0.0]
    with Simulator(monotonic=lambda: now[0]) as simulator:
        provider, waiting, told = at(simulator), [f"SPF{i}" for i in range(25)], 0
        while waiting:
            intent = an_intent(waiting[0])
            result = provider.place(intent.key, provider.request(intent), intent)
            if result.order:
                waiting.pop(0)
            else:
                told += 1
                now[0] += result.retry_after_s
        assert len(simulator.account.orders) == 25
        assert told == 2


def test_an_intent_survives_the_provider_with_every_character_of_a_name(simulator):
    provider = at(simulator)
    intent = an_intent(recipient_name='Åsa "Z" <b>\u2028\\ 李', message="emoji ✓ and \x07")
    assert provider.place(intent.key, provider.request(intent), intent).order.key == intent.key
    there = simulator.account.find(intent.key)["rewards"][0]["recipient"]["name"]
    assert there == json.loads(provider.request(intent))["reward"]["recipient"]["name"] == intent.recipient_name


def test_an_address_may_come_back_in_lower_case(simulator):
    provider = at(simulator)
    intent = an_intent()
    provider.place(intent.key, provider.request(intent), intent)
    order = provider.find(intent.key)
    assert answers.mismatch(order, replace(intent, recipient_email="Zoe.ONeil@Reseller.example")) == ""


def test_a_window_of_the_statement_is_asked_in_utc(simulator):
    since = datetime.now(UTC).astimezone() - timedelta(hours=1)
    assert len(at(simulator).statement(since, since + timedelta(hours=2))) == 1


def a_bounced_order(simulator):
    simulator.set(account={"undeliverable": ["zoe.oneil@reseller.example"]})
    provider = at(simulator)
    intent = an_intent()
    provider.place(intent.key, provider.request(intent), intent)
    simulator.deliver()
    return provider, provider.find(intent.key)


def test_a_reward_that_bounced_is_delivered_to_another_address(simulator):
    provider, bounced = a_bounced_order(simulator)
    assert bounced.state is OrderState.DELIVERY_FAILED
    provider.resend(bounced, "zoe@home.example")
    simulator.deliver()
    after = provider.get(bounced.order_id)
    assert (after.state, after.recipient_email) == (OrderState.DELIVERED, "zoe@home.example")
    assert len(simulator.account.orders) == 1


@pytest.mark.parametrize("fault", ["500", "429", "403", "timeout_before_commit", "reset_before_commit"])
def test_a_second_delivery_nobody_heard_of_is_not_believed(simulator, fault):
    _, bounced = a_bounced_order(simulator)
    simulator.faults.add(fault, path="/rewards")
    with pytest.raises(ProviderUnavailable):
        at(simulator, QUICK).resend(bounced, "zoe@home.example")
    simulator.deliver()
    assert at(simulator).get(bounced.order_id).state is OrderState.DELIVERY_FAILED


def test_an_address_the_vendor_does_not_take_is_refused_in_words(simulator):
    provider, bounced = a_bounced_order(simulator)
    simulator.set(account={"refuse": ["zoe@home.example"]})
    with pytest.raises(Conflict, match="422"):
        provider.resend(bounced, "zoe@home.example")
