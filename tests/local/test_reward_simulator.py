"""The reward simulator is what every payout test believes in: so it is tested itself."""

import json
import subprocess
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import urllib3

from chalicelib.adapters.rewards.signatures import is_signed
from local.reward_simulator import Simulator

SECRET = "whsec-of-the-simulator"
ROOT = Path(__file__).parents[2]


def an_order(key="SPF1", amount=25.5, email="rep@reseller.example"):
    return {
        "external_id": key,
        "payment": {"funding_source_id": "BALANCE"},
        "reward": {
            "products": ["OKMHM2X2OHYV"],
            "value": {"denomination": amount, "currency_code": "USD"},
            "recipient": {"name": "Rep", "email": email},
            "delivery": {"method": "EMAIL"},
        },
    }


class Caller:
    """A client without any cleverness."""

    def __init__(self, base, key="TEST_local"):
        self._pool, self._base, self._key = urllib3.PoolManager(retries=False), base, key

    def __call__(self, method, path, body=None):
        said = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        answer = self._pool.request(method, self._base + path, body=said, headers=headers)
        return answer.status, answer.json()


@pytest.fixture
def simulator():
    with Simulator(rate_per_second=0) as running:
        yield running


@pytest.fixture
def call(simulator):
    return Caller(simulator.url)


@pytest.fixture
def admin(simulator):
    return Caller(simulator.admin_url)


class Listener:
    """Where webhooks arrive; answers what `answers` says next, then 200."""

    def __init__(self):
        self.got, self.answers = [], []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append((body, self.headers["Tremendous-Webhook-Signature"]))
                self.send_response(listener.answers.pop(0) if listener.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/rewards/tremendous/webhooks"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def events(self):
        return [json.loads(body)["event"] for body, _ in self.got]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def listener(simulator):
    listening = Listener()
    simulator.set(webhook_url=listening.url, webhook_secret=SECRET, webhooks={"retry_s": 0})
    yield listening
    listening.close()


def test_new_is_200_again_is_201_and_different_is_409(simulator, call):
    assert call("POST", "/orders", an_order())[0] == 200
    assert call("POST", "/orders", an_order())[0] == 201
    assert call("POST", "/orders", an_order(amount=25.51))[0] == 409
    assert call("POST", "/orders", an_order(email="other@reseller.example"))[0] == 409
    assert simulator.account.balance == Decimal("99974.50")


def test_the_same_order_from_twenty_threads_is_one_order(simulator, call):
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(call("POST", "/orders", an_order())[0])) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [201] * 19
    assert len(simulator.account.orders) == 1


def test_orders_without_a_key_are_orders_each(simulator, call):
    body = an_order()
    del body["external_id"]
    assert call("POST", "/orders", body)[0] == call("POST", "/orders", body)[0] == 200
    assert len(simulator.account.orders) == 2


def test_a_balance_too_small_is_402_and_leaves_no_order(simulator, call, admin):
    admin("POST", "/fund", {"amount": "-99980.00"})
    status, answer = call("POST", "/orders", an_order())
    assert (status, answer["errors"]["payload"]) == (402, {})
    assert call("GET", "/orders/SPF1")[0] == 404
    admin("POST", "/fund", {"amount": "5.50"})
    assert call("POST", "/orders", an_order())[0] == 200
    assert simulator.account.balance == 0


@pytest.mark.parametrize("key", ["", "TEST_other", "PROD_local"])
def test_another_key_is_401_before_anything_else(simulator, key):
    assert Caller(simulator.url, key)("POST", "/orders", an_order())[0] == 401
    assert simulator.account.orders == {}


def test_an_error_names_the_field_the_way_the_vendor_nests_it(call):
    status, answer = call("POST", "/orders", an_order(email="nobody"))
    assert (status, answer["errors"]["payload"]) == (422, {"reward": {"recipient": {"email": "is invalid"}}})


def test_ten_a_second_and_no_more_by_the_clock_it_is_given():
    now = [100.0]
    with Simulator(monotonic=lambda: now[0]) as simulator:
        call = Caller(simulator.url)
        assert [call("GET", "/orders")[0] for _ in range(11)] == [200] * 10 + [429]
        now[0] += 0.99
        status, answer = call("GET", "/orders")
        assert (status, list(answer)) == (429, ["error"])  # the singular, unlike every other error
        now[0] += 0.01
        assert call("GET", "/orders")[0] == 200


def test_lists_are_newest_first_and_ten_long_unless_asked(call):
    for i in range(12):
        call("POST", "/orders", an_order(f"SPF{i}"))
    keys = [o["external_id"] for o in call("GET", "/orders")[1]["orders"]]
    assert keys == [f"SPF{i}" for i in range(11, 1, -1)]
    assert len(call("GET", "/orders?limit=500")[1]["orders"]) == 12
    assert [o["external_id"] for o in call("GET", "/orders?limit=1&offset=11")[1]["orders"]] == ["SPF0"]
    assert call("GET", "/orders?limit=x")[0] == 422


def test_totals_tie_to_the_cent(call, admin):
    for i in range(30):
        call("POST", "/orders", an_order(f"SPF{i}", 0.1))
    admin("POST", "/cancel", {"order": "SPF7"})
    admin("POST", "/deliver", {})
    told = admin("GET", "/orders")[1]
    assert (told["count"], told["canceled"], told["delivered"], told["total"]) == (29, 1, 29, "2.90")
    assert told["balance"] == "99997.10"


def test_a_delivery_is_told_by_a_signed_event(listener, call, admin):
    reward = call("POST", "/orders", an_order())[1]["order"]["rewards"][0]
    assert admin("POST", "/deliver", {"order": "SPF1"})[1]["settled"] is True
    assert listener.events == ["ORDERS.CREATED", "REWARDS.DELIVERY.SUCCEEDED"]
    body, signature = listener.got[1]
    assert is_signed(body, signature, [SECRET])
    said = json.loads(body)
    assert said["payload"]["resource"] == {"id": reward["id"], "type": "rewards"}
    assert said["created_utc"].endswith("-04:00")
    assert call("GET", f"/rewards/{reward['id']}")[1]["reward"]["delivery"]["status"] == "SUCCEEDED"


def test_a_bounced_address_is_told_with_its_reason(simulator, listener, call, admin):
    simulator.set(account={"undeliverable": ["rep@reseller.example"]})
    call("POST", "/orders", an_order())
    admin("POST", "/deliver", {})
    said = json.loads(listener.got[-1][0])
    assert (said["event"], said["payload"]["meta"]["failure_reason"]) == (
        "REWARDS.DELIVERY.FAILED", "mailbox_unavailable",
    )  # fmt: skip


def test_an_event_is_sent_again_until_it_is_answered_200(listener, call, admin):
    listener.answers = [500, 404, 302]
    call("POST", "/orders", an_order())
    admin("POST", "/settle", {})
    assert len(listener.got) == 4
    assert len({body for body, _ in listener.got}) == 1
    assert [a["status"] for a in admin("GET", "/webhooks")[1]["attempts"]] == [500, 404, 302, 200]


def test_nobody_listening_is_retried_and_given_up(simulator, listener, call, admin):
    listener.close()
    simulator.set(webhooks={"tries": 3})
    call("POST", "/orders", an_order())
    admin("POST", "/settle", {})
    assert [a["status"] for a in simulator.sender.attempts] == [0, 0, 0]


@pytest.mark.parametrize(
    ("manners", "events"),
    [
        ({"drop": True}, []),
        ({"copies": 2}, ["ORDERS.CREATED"] * 2 + ["ORDERS.CANCELED"] * 2 + ["REWARDS.CANCELED"] * 2),
        ({"reversed": True}, ["ORDERS.CREATED", "REWARDS.CANCELED", "ORDERS.CANCELED"]),
        ({"delay_s": 0.01}, ["ORDERS.CREATED", "ORDERS.CANCELED", "REWARDS.CANCELED"]),
    ],
)
def test_events_have_bad_manners_on_request(simulator, listener, call, admin, manners, events):
    simulator.set(webhooks=manners)
    call("POST", "/orders", an_order())
    simulator.sender.settle()
    admin("POST", "/cancel", {"order": "SPF1"})
    assert listener.events == events


def test_a_forged_copy_comes_before_each_event(simulator, listener, call, admin):
    simulator.set(webhooks={"forged": True})
    call("POST", "/orders", an_order())
    admin("POST", "/settle", {})
    assert [is_signed(body, signature, [SECRET]) for body, signature in listener.got] == [False, True]
    assert len({json.loads(body)["uuid"] for body, _ in listener.got}) == 2


def test_an_early_event_arrives_before_the_order_is_answered(simulator, listener, call):
    simulator.set(webhooks={"early": True}, auto_deliver_s=0)
    order = call("POST", "/orders", an_order())[1]["order"]
    assert listener.events == ["ORDERS.CREATED", "REWARDS.DELIVERY.SUCCEEDED"]
    assert order["rewards"][0]["delivery"]["status"] == "SUCCEEDED"


def test_a_replay_is_the_same_bytes_again(listener, call, admin):
    call("POST", "/orders", an_order())
    admin("POST", "/settle", {})
    [(body, signature)] = listener.got
    assert admin("POST", "/replay", {"uuid": json.loads(body)["uuid"]})[1] == {"known": True, "settled": True}
    assert listener.got == [(body, signature)] * 2
    assert admin("POST", "/replay", {"uuid": "unknown"})[1]["known"] is False


def test_automatic_delivery_follows_each_order(simulator, listener, call, admin):
    simulator.set(auto_deliver_s=0)
    call("POST", "/orders", an_order())
    admin("POST", "/settle", {})
    assert listener.events == ["ORDERS.CREATED", "REWARDS.DELIVERY.SUCCEEDED"]


def test_a_repeated_order_is_told_once(listener, call, admin):
    call("POST", "/orders", an_order())
    call("POST", "/orders", an_order())
    admin("POST", "/settle", {})
    assert listener.events == ["ORDERS.CREATED"]


def test_what_is_delivered_stays_delivered(simulator, call):
    call("POST", "/orders", an_order())
    assert [len(simulator.deliver()) for _ in range(2)] == [1, 0]


def test_a_fault_happens_as_often_as_was_asked(call, admin):
    admin("POST", "/faults", {"fault": "503", "count": 2})
    assert [call("POST", "/orders", an_order())[0] for _ in range(3)] == [503, 503, 200]
    assert admin("GET", "/faults")[1]["due"] == []


def test_a_provider_that_is_down_takes_nothing_until_it_is_up(simulator, call, admin):
    admin("POST", "/settings", {"down": True})
    assert [call("POST", "/orders", an_order())[0], call("GET", "/orders")[0]] == [503, 503]
    admin("POST", "/settings", {"down": False})
    assert call("POST", "/orders", an_order())[0] == 200


def test_its_clock_can_be_set(simulator, call, admin):
    admin("POST", "/settings", {"now": "2099-01-02T03:00:00+00:00"})
    assert call("POST", "/orders", an_order())[1]["order"]["created_at"].startswith("2099-01-02T03:00")
    found = call("GET", "/balance_transactions?created_at[gte]=2099-01-01T00:00:00.000Z")[1]["transactions"]
    assert [t["order"]["external_id"] for t in found] == ["SPF1"]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("faults", {"fault": "locusts"}),
        ("settings", {"colour": "red"}),
        ("settings", {"webhooks": {"colour": "red"}}),
        ("fund", {"amount": "much"}),
        ("cancel", {}),
        ("deliver", [7]),
    ],
)
def test_a_stage_direction_nobody_understands_is_refused(admin, what, body):
    assert admin("POST", f"/{what}", body)[0] == 400


def test_a_killed_simulator_comes_back_with_every_order(tmp_path):
    with Simulator(state=tmp_path, rate_per_second=0) as first:
        call = Caller(first.url)
        call("POST", "/orders", an_order())
        call("POST", "/orders", an_order("SPF2"))
        first.deliver("SPF1")
        first.account.cancel("SPF2")
        told = Caller(first.admin_url)("GET", "/orders")[1]
        statement = call("GET", "/balance_transactions")[1]
    with Simulator(state=tmp_path, rate_per_second=0) as second:
        call = Caller(second.url)
        assert Caller(second.admin_url)("GET", "/orders")[1] == told
        assert call("GET", "/balance_transactions")[1] == statement
        assert call("POST", "/orders", an_order())[0] == 201
        assert call("POST", "/orders", an_order(amount=1))[0] == 409


def test_it_runs_from_the_command_line_and_ends_by_signal(tmp_path):
    command = [sys.executable, "-m", "local.reward_simulator", "--directory", str(tmp_path), "--auto-deliver"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[2]
            assert Caller(url)("POST", "/orders", an_order())[0] == 200
            assert Caller(url.removesuffix("/api/v2"))("GET", "/")[0] == 200
        finally:
            process.terminate()
        assert process.wait(timeout=20) == 0


def test_a_body_above_a_megabyte_is_not_read(simulator):
    status, _ = Caller(simulator.url)("POST", "/orders", {"external_id": "x" * 1_048_577})
    assert status == 413
