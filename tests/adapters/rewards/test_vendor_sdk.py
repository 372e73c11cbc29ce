"""The simulator against the vendor's own SDK: what it takes, the SDK takes; what it answers, the SDK reads.

This is the only place that imports the SDK (a development dependency): the product never does, because its parser
fails on a new field after the order is placed.
"""

import json

import pytest
from tremendous import ApiClient, Configuration, CreateOrderRequest, TremendousApi
from tremendous.exceptions import ConflictException
from tremendous.models.create_order200_response import CreateOrder200Response
from tremendous.models.resend_reward_request import ResendRewardRequest
from tremendous.models.single_reward_order import SingleRewardOrder

from local.reward_account import Refusal, Rules, checked
from tests.adapters.rewards.builders import an_intent, at


@pytest.fixture
def sdk(simulator):
    with ApiClient(Configuration(host=simulator.url, access_token="TEST_local", retries=False)) as client:
        yield TremendousApi(client)


def request_of(intent=None, **options):
    from chalicelib.adapters.rewards.tremendous import Tremendous

    provider = Tremendous("http://127.0.0.1:1", "TEST_x", stage="test", **options)
    return json.loads(provider.request(intent or an_intent()))


INTENTS = {
    "plain": request_of(),
    "with the rep's id": request_of(rep_field_id="REPFIELD0001"),
    "campaign": request_of(an_intent(products=("campaign:IVM0I3WNJJL0",))),
    "no message": request_of(an_intent(message="")),
}


@pytest.mark.parametrize("what", INTENTS)
def test_our_orders_are_what_the_sdk_would_send(what):
    """Parsed by the vendor's model and written again, nothing is lost and nothing added."""
    said = json.loads(SingleRewardOrder.from_json(json.dumps(INTENTS[what])).to_json())
    if said["reward"]["campaign_id"] is None:  # it writes the one optional field nobody set
        del said["reward"]["campaign_id"]
    assert said == INTENTS[what]


def spoilt(path, value):
    body = json.loads(json.dumps(INTENTS["with the rep's id"]))
    *parents, last = path.split(".")
    place = body
    for name in parents:
        place = place[int(name) if name.isdecimal() else name]
    place[last] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("external_id", 7),
        ("payment.funding_source_id", 7),
        ("payment.funding_source_id", None),
        ("reward.value.denomination", "5.10"),
        ("reward.value.denomination", True),
        ("reward.value.denomination", None),
        ("reward.value.currency_code", 840),
        ("reward.recipient.email", 7),
        ("reward.recipient.name", 7),
        ("reward.products", []),
        ("reward.products", [7]),
        ("reward.products", "OKMHM2X2OHYV"),
        ("reward.campaign_id", "no"),
        ("reward.deliver_at", "tomorrow"),
        ("reward.custom_fields.0.id", "?"),
        ("reward.custom_fields.0.value", 7),
        ("reward.delivery.method", 7),
        ("reward.delivery.meta.message", 7),
        ("reward", None),
    ],
)
def test_what_the_sdk_refuses_the_simulator_refuses(path, value):
    body = spoilt(path, value)
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own
        SingleRewardOrder.from_json(body.decode())
    with pytest.raises(Refusal):
        checked(body, Rules())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("reward.value.denomination", -5),
        ("reward.value.denomination", 0),
        ("reward.value.denomination", 0.30000000000000004),
        ("reward.value.denomination", 5.125),
        ("reward.recipient.email", "nobody"),
        ("reward.recipient.email", "a@b"),
        ("reward.value.currency_code", "XXX"),
        ("payment.funding_source_id", "SOMEBODYELSES"),
        ("reward.langauge", "en"),
    ],
)
def test_the_simulator_refuses_what_the_sdk_would_let_through(path, value):
    """The SDK checks no amounts and no addresses; the vendor's server does."""
    body = spoilt(path, value)
    SingleRewardOrder.from_json(body.decode())
    with pytest.raises(Refusal):
        checked(body, Rules())


def test_the_sdk_orders_reads_and_lists_at_the_simulator(sdk, simulator):
    ordered = sdk.create_order(CreateOrderRequest.from_json(json.dumps(INTENTS["with the rep's id"]))).order
    assert (ordered.external_id, ordered.status, ordered.payment.total) == ("SPFA1B2C3", "EXECUTED", 125.5)
    assert sdk.get_order(ordered.id).order.id == sdk.get_order("SPFA1B2C3").order.id == ordered.id
    assert [o.id for o in sdk.list_orders(external_id="SPFA1B2C3").orders] == [ordered.id]
    simulator.deliver()
    reward = sdk.get_reward(ordered.rewards[0].id).reward
    assert (reward.delivery.status, reward.order_id) == ("SUCCEEDED", ordered.id)
    assert sdk.get_funding_source("balance").funding_source.meta.available_cents == 10_000_000 - 12_550
    assert [f.method for f in sdk.list_funding_sources().funding_sources] == ["balance"]
    assert [t.action for t in sdk.list_balance_transactions().transactions] == ["Order", "Deposit"]
    assert [r.id for r in sdk.list_rewards().rewards] == [reward.id]


def test_the_sdk_reads_every_state_the_simulator_can_be_in(sdk, simulator):
    simulator.set(account={"approval_above": "100", "undeliverable": ["zoe.oneil@reseller.example"]})
    provider = at(simulator)
    for key, minor in (("SPF1", 12550), ("SPF2", 500), ("SPF3", 12550)):
        intent = an_intent(key, minor)
        provider.place(key, provider.request(intent), intent)
    simulator.account.approve("SPF3")
    simulator.account.cancel("SPF3")
    simulator.deliver()
    assert {o.external_id: o.status for o in sdk.list_orders().orders} == {
        "SPF1": "PENDING APPROVAL", "SPF2": "EXECUTED", "SPF3": "CANCELED",
    }  # fmt: skip
    assert sdk.get_order("SPF3").order.payment.refund.total == 125.5


def test_the_sdk_asks_for_a_second_delivery_as_we_do(sdk, simulator):
    simulator.set(account={"undeliverable": ["zoe.oneil@reseller.example"]})
    ordered = sdk.create_order(CreateOrderRequest.from_json(json.dumps(INTENTS["plain"]))).order
    reward = ordered.rewards[0].id
    simulator.deliver()
    assert sdk.get_reward(reward).reward.delivery.status == "FAILED"
    sdk.resend_reward(reward, ResendRewardRequest(updated_email="zoe@home.example"))
    simulator.deliver()
    again = sdk.get_reward(reward).reward
    assert (again.delivery.status, again.recipient.email) == ("SUCCEEDED", "zoe@home.example")


def test_a_repeated_order_is_201_and_another_one_409_to_the_sdk_as_well(sdk):
    order = CreateOrderRequest.from_json(json.dumps(INTENTS["plain"]))
    first, again = sdk.create_order_with_http_info(order), sdk.create_order_with_http_info(order)
    assert (first.status_code, again.status_code) == (200, 201)
    assert first.data.order.id == again.data.order.id
    other = CreateOrderRequest.from_json(json.dumps(request_of(an_intent(minor=1))))
    with pytest.raises(ConflictException):
        sdk.create_order(other)


def test_the_reason_why_the_product_does_not_use_the_sdk_still_holds(simulator):
    """One missing field and its parser raises, although the order is placed; ours calls that UNKNOWN and looks."""
    order = json.loads(
        json.dumps({"order": simulator.account.order(json.dumps(INTENTS["plain"]).encode())[1]}, default=float)
    )
    del order["order"]["payment"]["currency_code"]
    with pytest.raises(ValueError, match="currency_code"):
        CreateOrder200Response.from_json(json.dumps(order))
