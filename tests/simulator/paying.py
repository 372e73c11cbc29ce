"""The part of the month that pays: closes, approvals, deliveries, bounces, and what the days after bring."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain.payouts import PayoutState
from local.story_world import FAY, PUSH
from tests.simulator.month import HAND, MONTH
from tests.simulator.stage import Stage


def closing(day: int, hour: int, minute: int = 0) -> Callable[[Stage], None]:
    """The close comes at that moment."""

    def play(stage: Stage) -> None:
        stage.regularly("close_periods", MONTH.at(day, hour, minute))

    return play


def approved(run: int, day: int, hour: int) -> Callable[[Stage], None]:
    """Finance signs a run of the push."""

    def play(stage: Stage) -> None:
        stage.at(MONTH.at(day, hour))
        period = stage.ask("GET", f"/periods/{PUSH}", user=FAY, role="finance")
        digest = next((r["digest"] for r in period["runs"] if r["run"] == run), "")
        stage.ask("POST", f"/periods/{PUSH}/approve", user=FAY, role="finance", body={"run": run, "digest": digest})
        stage.pump()

    return play


def delivered(day: int, hour: int, *, lose: int = 0) -> Callable[[Stage], None]:
    """The provider delivers; the first webhooks are lost, the next one comes twice."""

    def play(stage: Stage) -> None:
        stage.at(MONTH.at(day, hour))
        provider = stage.world.provider
        provider.deliver()
        del provider.webhooks[:lose]
        provider.webhooks += provider.webhooks[:1]
        stage.pump()

    return play


def out_of_funds(stage: Stage) -> None:
    """The close finds the provider's account empty: the run is halted, and goes on once funds came."""
    account = stage.world.provider.account
    stage.at(MONTH.at(32, 2))
    short = account.balance - 100
    account.fund(-short)
    stage.regularly("close_periods", MONTH.at(32, 2))
    stage.at(MONTH.at(32, 2, 45))
    account.fund(short)


def down(stage: Stage) -> None:
    """The provider is down while the trailing run is paid: nobody knows, so the same bytes go again."""
    stage.at(MONTH.at(34, 13))
    stage.world.provider.down = True
    approved(1, 34, 13)(stage)
    stage.at(MONTH.at(34, 18))
    stage.world.provider.down = False
    stage.regularly("reconcile_rewards", MONTH.at(34, 18))


def by_somebody(stage: Stage) -> None:
    """Somebody orders at the provider under a key of nobody."""
    stage.at(MONTH.at(32, 11))
    stage.world.provider.ordered_by_somebody("NOBODY1")
    stage.pump()


def by_hand(stage: Stage) -> None:
    """Finance paid the list and says so."""
    stage.at(MONTH.at(33, 9))
    _confirmed(stage, *PayoutState)


def _confirmed(stage: Stage, *states: PayoutState) -> None:
    listed = stage.ask("GET", "/payouts", user=FAY, role="finance")["payouts"]
    for payout in listed:
        if payout["program"] == HAND and payout["state"] in states:
            body = {"paid_on": MONTH.day(31).isoformat(), "reference": "bank run 7"}
            stage.ask("POST", f"/payouts/{payout['key']}/confirm", user=FAY, role="finance", body=body, fine=(200,))


def readdressed(stage: Stage) -> None:
    """Finance hears from Dee where her rewards can be delivered, and has them sent there."""
    listed = stage.ask("GET", "/payouts", user=FAY, role="finance")["payouts"]
    for payout in listed:
        if payout["state"] == "delivery_failed":
            body = {"name": "Dee Lindqvist", "email": "dee@home.example"}
            path = f"/payouts/{payout['key']}/address"
            stage.ask("POST", path, user=FAY, role="finance", body=body)
    stage.world.provider.deliver()
    stage.pump()


def bounced(stage: Stage) -> None:
    """What came back is sent to another address."""
    stage.at(MONTH.at(33, 11))
    readdressed(stage)


def reconciled(day: int, hour: int) -> Callable[[Stage], None]:
    """The reconciler looks at that moment."""

    def play(stage: Stage) -> None:
        stage.regularly("reconcile_rewards", MONTH.at(day, hour))

    return play


def daily(day: int) -> Callable[[Stage], None]:
    """The daily run of that day."""

    def play(stage: Stage) -> None:
        stage.regularly("daily", MONTH.at(day, 8))

    return play


def telling(day: int, hour: int, minute: int = 0) -> Callable[[Stage], None]:
    """Salesforce is told what has changed, sends our own changes back, and is told again five minutes later."""

    def play(stage: Stage) -> None:
        for late in (0, 5):
            stage.regularly("tell_salesforce", MONTH.at(day, hour, minute + late))
            stage.send_messages()
            stage.pump()

    return play


def settling(stage: Stage) -> None:
    """Days go by: whatever a fault left behind is found by a schedule, and finance signs what waits for her."""
    for day in (67, 68):
        for hour in (1, 2):
            stage.recovered()
            stage.regularly("close_periods", MONTH.at(day, hour))
            stage.world.provider.deliver()
            stage.pump()
            readdressed(stage)
            signed(stage)
            _confirmed(stage, PayoutState.ACCEPTED)  # what a fault kept from being handed over in time
        stage.regularly("sweep_salesforce", MONTH.at(day, 5))
        stage.regularly("reconcile_rewards", MONTH.at(day, 6))
        stage.regularly("daily", MONTH.at(day, 8))
        telling(day, 9)(stage)


def signed(stage: Stage) -> None:
    """Finance signs every run that waits for her."""
    period = stage.ask("GET", f"/periods/{PUSH}", user=FAY, role="finance")
    for run in period["runs"]:
        if run["digest"] and not run["approval"]:
            body = {"run": run["run"], "digest": run["digest"]}
            stage.ask("POST", f"/periods/{PUSH}/approve", user=FAY, role="finance", body=body)
    stage.pump()
