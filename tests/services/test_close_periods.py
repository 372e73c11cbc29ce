from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.calendar import Window
from chalicelib.domain.errors import BrokenPromise
from chalicelib.domain.payouts import PayoutState, payout_key
from chalicelib.domain.periods import PeriodState
from chalicelib.domain.programs import RankPrizes, Tier
from chalicelib.domain.shapes import with_prizes
from chalicelib.services.ports import Person
from chalicelib.services.reward_port import OrderState
from tests.builders import ANA, BEN, CHI, a_layer, a_program, usd
from tests.services.house import CLOSE, END, PROGRAM, Crash, House

LATER = END + timedelta(days=10)
AUTO = 10**9


def a_house(**changes: object) -> House:
    return House(a_program(**{"auto_approve_minor": AUTO, **changes}))


def test_nothing_closes_before_the_window_ends() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    (closed,) = house.close(END - timedelta(seconds=1))
    assert closed.state is PeriodState.OPEN
    assert house.payouts() == []
    assert next(iter(house.roster.standings(PROGRAM))).fence.bucket == "base"


def test_a_closed_period_plans_approves_and_queues_one_payout_a_rep() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.earns(ANA, "R2", 50)
    house.earns(BEN, "R3", 20)
    house.roster.enroll(PROGRAM, CHI, date(2026, 10, 1), None)
    (closed,) = house.close()
    assert house.paid() == {(0, ANA): 15000, (0, BEN): 2000}, "a rep without points gets no payout"
    assert (closed.state, closed.planned, closed.queued) == (PeriodState.TRAILING, 2, 2)
    assert {key for key, _, _ in house.queue.waiting} == {p.key for p in house.payouts()}
    assert all(s.fence.bucket == "trailing" for s in house.roster.standings(PROGRAM))


def test_a_cap_over_all_layers_and_first_deals_close_with_totals_that_tie() -> None:
    """domain.md 21: the certificate says what the caps cut."""
    vendor = a_layer(id="vendor:acme", point=usd("2"), first_deals_per_rep=1)
    house = a_house(layers=(a_layer(), vendor), cap_per_rep=usd("130"))
    house.earns(ANA, "R1", 100, on=date(2026, 10, 5))
    house.earns(ANA, "R2", 10, on=date(2026, 10, 6), layer="vendor:acme")
    house.earns(ANA, "R3", 50, on=date(2026, 10, 7), layer="vendor:acme")
    house.earns(ANA, "R4", 50, on=date(2026, 10, 8))
    house.close()
    assert house.paid() == {(0, ANA): 13000}
    [run] = house.money.runs(PROGRAM)
    assert [(t.layer, t.confirmed, t.cut_by_cap, t.points) for t in run.totals] == [
        ("internal", 150, 40, 110), ("vendor:acme", 60, 50, 10),
    ]  # fmt: skip


def test_rank_prizes_are_paid_once_and_stand_on_the_certificate() -> None:
    """domain.md 36, 37."""
    prizes = RankPrizes("internal", (usd("500"), usd("200")))
    house = House(with_prizes(a_program(rank_prizes=prizes, auto_approve_minor=AUTO)))
    house.earns(ANA, "R1", 100)
    house.earns(BEN, "R2", 50)
    house.close()
    assert house.paid() == {(0, ANA): 60000, (0, BEN): 25000}
    house.earns(BEN, "R3", 500, posted_at=END + timedelta(days=1))
    house.close(END + timedelta(days=1, hours=1))
    assert house.paid()[1, BEN] == 50000
    certificate = json.loads(house.files.get(f"reports/periods/{PROGRAM}/certificate.json"))
    base = certificate["runs"][0]
    assert base["layers"][0]["prizes_minor"] == 70000
    assert base["ties"]["payouts_tie_to_run"] and base["ties"]["payouts_tie_to_ledger"]
    assert b"700.00 USD rank prizes" in house.files.get(f"reports/periods/{PROGRAM}/certificate.txt")


def test_closing_twice_plans_the_same_payouts() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    first = house.payouts()
    house.close(CLOSE + timedelta(minutes=15))
    house.close(CLOSE + timedelta(minutes=29))
    assert house.payouts() == first
    assert len(house.queue.waiting) == 1


def test_a_key_follows_from_program_period_rep_and_run_alone() -> None:
    """domain.md 23: whoever plans it, whenever, and whatever it amounts to."""
    keys = set()
    for minutes, points in ((15, 100), (90, 40)):
        house = a_house()
        house.earns(ANA, "R1", points)
        house.close(END + timedelta(minutes=minutes))
        keys |= {p.key for p in house.payouts()}
    assert keys == {payout_key(PROGRAM, "2026-10-01/2026-12-31", ANA, 0)}


def test_a_close_that_died_anywhere_ends_like_one_that_did_not() -> None:
    """Every call to every port dies once, before or after its effect; the next schedule finishes the work."""
    at, died = 1, True
    while died:
        for after in (False, True):
            house = a_house(layers=(a_layer(budget=usd("140")),))
            house.earns(ANA, "R1", 100, on=date(2026, 10, 9))
            house.earns(BEN, "R2", 50, on=date(2026, 10, 8))
            house.frail(at, after=after)
            try:
                house.close()
                died = False
            except Crash:
                died = True
            house.mended()
            house.close(CLOSE + timedelta(minutes=15))
            house.close(CLOSE + timedelta(hours=1))
            house.drain()
            assert house.paid() == {(0, ANA): 9000, (0, BEN): 5000}, (at, after)
            assert {o.amount.minor for o in house.provider.orders.values()} == {9000, 5000}, (at, after)
        at += 1
    assert at > 25, "the walk has to pass through the whole close"


def test_a_second_close_in_the_middle_of_the_first_changes_nothing() -> None:
    """Two closes at once (design: the write path): one is stopped before each of its writes while another runs."""
    for at in range(1, 40):
        house = a_house(layers=(a_layer(budget=usd("120")),))
        house.earns(ANA, "R1", 100)
        house.earns(BEN, "R2", 50)
        inner = house.closing
        calls = 0
        real = house.money.plan

        def interrupted(*args: object, at: int = at, house: House = house, inner=inner, real=real) -> bool:
            nonlocal calls
            calls += 1
            if calls == at:
                inner.close_periods(CLOSE)
            return real(*args)

        house.money.plan = interrupted  # type: ignore[method-assign]
        house.close()
        assert sum(house.paid().values()) == 12000
        assert len(house.payouts()) == 2
        if calls < at:
            return


def test_a_feed_that_is_not_complete_holds_the_close_until_the_timeout_names_it() -> None:
    """W22, domain.md 22."""
    house = a_house(feeds=("castellan", "meridian"), close_timeout_hours=24)
    house.earns(ANA, "R1", 100)
    house.feeds.reach = {"castellan": date(2026, 12, 31), "meridian": date(2026, 12, 30)}
    (waiting,) = house.close(END + timedelta(hours=23))
    assert (waiting.state, waiting.missing_feeds) == (PeriodState.WAITING, ("meridian",))
    assert house.payouts() == []
    (closed,) = house.close(END + timedelta(hours=24))
    assert closed.missing_feeds == ("meridian",)
    assert house.paid() == {(0, ANA): 10000}
    assert [w["distributor"] for w in house.work.open("closed_without_feed")] == ["meridian"]
    certificate = json.loads(house.files.get(f"reports/periods/{PROGRAM}/certificate.json"))
    assert certificate["missing_feeds"] == ["meridian"]
    assert b"MISSING" in house.files.get(f"reports/periods/{PROGRAM}/certificate.txt")


def test_complete_feeds_close_the_period_at_once() -> None:
    house = a_house(feeds=("castellan",))
    house.earns(ANA, "R1", 100)
    house.feeds.reach = {"castellan": date(2026, 12, 31)}
    house.close()
    assert house.paid() == {(0, ANA): 10000}


def test_the_last_day_deal_is_paid_within_48_hours_of_the_end() -> None:
    """W53: 23:59 of the last day, programme time."""
    house = a_house()
    last_minute = datetime(2027, 1, 1, 5, 59, tzinfo=UTC)
    house.earns(ANA, "R1", 300, posted_at=last_minute, on=date(2026, 12, 31))
    house.close()
    house.drain()
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(END + timedelta(hours=1))
    (row,) = house.listed(END + timedelta(hours=2))
    assert row["state"] == "confirmed"
    assert row["within_48h"] is True
    assert row["earned_at"] == last_minute
    assert row["due_at"] == END + timedelta(hours=48)


def test_a_late_confirmation_is_paid_in_a_trailing_run_within_48_hours_of_itself() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.earns(ANA, "R2", 0, provisional=40)
    house.close()
    house.earns(ANA, "R2", 40, provisional=-40, posted_at=LATER, on=date(2026, 12, 5))
    house.close(LATER + timedelta(minutes=15))
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 4000}
    (trailing,) = [p for p in house.payouts() if p.run == 1]
    assert trailing.clock_from == LATER
    house.close(LATER + timedelta(minutes=30))
    assert len(house.payouts()) == 2, "what is planned is not planned again"


def test_a_trailing_confirmation_lifts_the_tier() -> None:
    layer = a_layer(tiers=(Tier("gold", 120, 50),))
    house = a_house(layers=(layer,))
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(ANA, "R2", 30, posted_at=LATER)
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 8000}


def test_a_paid_award_is_never_displaced_and_the_late_one_gets_what_is_left() -> None:
    """domain.md 37."""
    house = a_house(layers=(a_layer(budget=usd("120")),))
    house.earns(BEN, "R2", 100, on=date(2026, 12, 1))
    house.earns(ANA, "R1", 0, provisional=50)
    house.close()
    house.earns(ANA, "R1", 50, provisional=-50, posted_at=LATER, on=date(2026, 10, 2))
    house.close(LATER)
    assert house.paid() == {(0, BEN): 10000, (1, ANA): 2000}


def test_the_budget_goes_by_business_time_and_not_by_arrival() -> None:
    """domain.md 21, 34: the deal that straddles the end gets the part that fits."""
    house = a_house(layers=(a_layer(budget=usd("130")),))
    house.earns(BEN, "R2", 100, posted_at=datetime(2026, 10, 6, tzinfo=UTC), on=date(2026, 10, 6))
    house.earns(ANA, "R1", 80, posted_at=datetime(2026, 12, 30, tzinfo=UTC), on=date(2026, 10, 5))
    house.close()
    assert house.paid() == {(0, ANA): 8000, (0, BEN): 5000}


def test_the_cap_per_rep_holds_over_base_and_trailing() -> None:
    house = a_house(layers=(a_layer(cap_points_per_rep=120),))
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(ANA, "R2", 70, posted_at=LATER)
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 2000}


def test_a_return_after_pay_is_a_visible_negative_line_of_her_next_payout() -> None:
    """domain.md 24: never payroll, always visible."""
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(ANA, "R1", -60, posted_at=LATER, on=date(2026, 10, 20))
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000}, "nothing is ever taken back from her"
    house.earns(ANA, "R9", 90, posted_at=LATER + timedelta(days=1), on=date(2026, 12, 2))
    house.close(LATER + timedelta(days=1))
    trailing = house.payouts()[-1]
    assert trailing.amount_minor == 3000
    assert [(x.kind, x.points, x.amount_minor) for x in trailing.lines] == [
        ("award", 90, 9000),
        ("reversal", -60, -6000),
    ]


def test_a_payout_that_is_netted_to_zero_is_recorded_and_not_sent() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    house.drain()
    house.earns(ANA, "R1", -60, posted_at=LATER, on=date(2026, 10, 20))
    house.earns(ANA, "R9", 50, posted_at=LATER, on=date(2026, 12, 2))
    house.close(LATER)
    house.drain()
    netted = house.payouts()[-1]
    assert (netted.state, netted.amount_minor, len(netted.lines)) == (PayoutState.NETTED, 0, 2)
    assert len(house.provider.orders) == 1


def test_under_the_policy_none_a_return_after_pay_costs_the_rep_nothing() -> None:
    house = a_house(reversal_policy="none")
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(ANA, "R1", -100, posted_at=LATER, on=date(2026, 10, 20))
    house.earns(ANA, "R9", 50, posted_at=LATER, on=date(2026, 12, 2))
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 5000}


def test_under_the_policy_none_a_new_deal_is_paid_although_a_return_cancels_it_in_the_sums() -> None:
    house = a_house(reversal_policy="none")
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(ANA, "R1", -50, posted_at=LATER, on=date(2026, 10, 20))
    house.earns(ANA, "R9", 50, posted_at=LATER, on=date(2026, 12, 2))
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 5000}


@pytest.mark.parametrize(
    ("policy", "paid"), [("net", 4000), ("holdback", 10000), ("none", 10000)], ids=["net", "holdback", "none"]
)
def test_what_is_left_owed_at_the_end_counts_against_other_programs_only_under_net(policy: str, paid: int) -> None:
    spring = a_program(
        id="spring-push", auto_approve_minor=AUTO,
        window=Window(date(2027, 1, 1), date(2027, 3, 31), "America/Chicago"),
        confirm_by=date(2027, 4, 30),
    )  # fmt: skip
    house = House(a_program(auto_approve_minor=AUTO, reversal_policy=policy), spring)
    house.earns(ANA, "R1", 100)
    house.close()
    house.drain()
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=1))
    house.earns(ANA, "R1", -60, posted_at=LATER, on=date(2026, 10, 20))
    over = datetime(2027, 2, 5, tzinfo=UTC)
    house.close(over)
    assert house.money.period(PROGRAM).state(over) is PeriodState.DONE
    house.earns(ANA, "R5", 100, program="spring-push", posted_at=datetime(2027, 2, 20, tzinfo=UTC))
    house.close(datetime(2027, 4, 1, 6, tzinfo=UTC))
    (payout,) = house.payouts("spring-push")
    assert payout.amount_minor == paid
    assert ("carry" in [x.kind for x in payout.lines]) is (policy == "net")


def test_a_deal_of_the_confirm_by_day_is_paid_although_its_file_comes_days_later() -> None:
    """domain.md 1: when we received something never decides; the trailing runs wait for the feed, as the close did."""
    house = a_house(feeds=("castellan",), close_timeout_hours=36)
    house.feeds.reach = {"castellan": date(2026, 12, 31)}
    house.earns(ANA, "R1", 100, provisional=50)
    house.close()
    ends = datetime(2027, 2, 1, 6, tzinfo=UTC) + timedelta(hours=48)  # the confirm-by day is 31 January in Chicago
    house.close(ends)
    period = house.money.period(PROGRAM)
    assert period is not None and period.trailed_at is None, "the file of January is not here yet"
    house.earns(ANA, "R1", 50, provisional=-50, posted_at=ends + timedelta(hours=20), on=date(2027, 1, 31))
    house.feeds.reach = {"castellan": date(2027, 1, 31)}
    house.close(ends + timedelta(hours=21))
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 5000}
    house.close(ends + timedelta(hours=22))
    period = house.money.period(PROGRAM)
    assert period is not None and period.trailed_at is not None and period.trailed_without == ()


def test_trailing_runs_that_end_without_a_feed_say_so_on_the_certificate() -> None:
    house = a_house(feeds=("castellan",), close_timeout_hours=24)
    house.feeds.reach = {"castellan": date(2026, 12, 31)}
    house.earns(ANA, "R1", 100)
    house.close()
    ends = datetime(2027, 2, 1, 6, tzinfo=UTC) + timedelta(hours=48)
    house.close(ends + timedelta(hours=24))
    text = house.files.get(f"reports/periods/{PROGRAM}/certificate.txt").decode()
    assert "Trailing runs ended 2027-02-04T06:00:00.000Z without castellan up to 2027-01-31." in text


def test_a_return_after_the_period_is_over_is_still_carried() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    house.drain()
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=1))
    house.close(datetime(2027, 2, 5, tzinfo=UTC))
    house.earns(ANA, "R1", -30, posted_at=datetime(2027, 5, 1, tzinfo=UTC), on=date(2026, 10, 20))
    assert house.closing.carry_late_reversals() == 1
    assert house.closing.carry_late_reversals() == 0
    assert house.money.debts([ANA], "USD") == {ANA: 3000}


def test_ledger_and_standing_that_disagree_stop_the_program_and_no_other() -> None:
    other = a_program(id="other", auto_approve_minor=AUTO)
    house = House(a_program(auto_approve_minor=AUTO), other)
    house.earns(ANA, "R1", 100)
    house.earns(BEN, "R2", 70, program="other")
    house.roster.misstate(PROGRAM, ANA, 120)
    with pytest.raises(BrokenPromise, match=f"{PROGRAM}, rep {ANA}.*100.*120"):
        house.close()
    assert house.payouts() == []
    assert house.paid("other") == {(0, BEN): 7000}


def test_a_rep_without_an_address_is_not_lost() -> None:
    house = a_house()
    house.people.put([Person(BEN, "Ben", "", True)])
    house.earns(BEN, "R1", 100)
    house.close()
    (blocked,) = house.payouts()
    assert blocked.state is PayoutState.BLOCKED
    assert [w["rep"] for w in house.work.open("payout_without_address")] == [BEN]
    house.people.put([Person(BEN, "Ben", "ben@harborline.example", True)])
    house.close(CLOSE + timedelta(minutes=15))
    house.drain()
    assert [o.recipient_email for o in house.provider.orders.values()] == ["ben@harborline.example"]
    assert house.work.open("payout_without_address") == []


def test_only_people_in_the_countries_of_the_program_are_paid() -> None:
    """domain.md 26."""
    house = a_house(countries=("US", "CA"))
    house.people.put([Person(BEN, "Ben", "ben@harborline.example", True, "DE")])
    house.earns(ANA, "R1", 10)
    house.earns(BEN, "R2", 10)
    house.close()
    assert {p.rep: p.state for p in house.payouts()} == {ANA: PayoutState.QUEUED, BEN: PayoutState.BLOCKED}


def test_two_layers_are_two_lines_of_one_payout_each_with_its_payer() -> None:
    """W12, domain.md 25."""
    vendor = replace(
        a_layer(id="vendor:Veridane", point=usd("0.50"), payer_of_record="Veridane Inc."),
        tax_treatment="vendor_other_income",
    )
    house = a_house(layers=(a_layer(), vendor))
    house.earns(ANA, "R1", 100)
    house.earns(ANA, "R1", 100, layer="vendor:Veridane")
    house.close()
    (payout,) = house.payouts()
    assert payout.amount_minor == 15000
    assert [(x.layer, x.amount_minor, x.payer_of_record, x.tax_treatment) for x in payout.lines] == [
        ("internal", 10000, "Harborline IT", "employer_wages"),
        ("vendor:Veridane", 5000, "Veridane Inc.", "vendor_other_income"),
    ]


def test_a_version_activated_after_the_freeze_changes_no_payout() -> None:
    """domain.md 3: closed is terminal."""
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    dearer = a_program(version=2, layers=(a_layer(point=usd("9")),), auto_approve_minor=AUTO)
    house.programs.add(replace(dearer, window=Window(date(2026, 10, 1), date(2027, 3, 31), "America/Chicago")))
    house.earns(ANA, "R2", 10, posted_at=LATER)
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 1000}


def test_a_rep_enrolled_after_the_freeze_is_fenced_and_paid_in_a_trailing_run() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(BEN, "R2", 30, posted_at=LATER, on=date(2026, 12, 5))
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, BEN): 3000}
    assert {s.fence.bucket for s in house.roster.standings(PROGRAM)} == {"trailing"}


def test_a_retired_program_still_pays_what_it_owes() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    house.programs.retired.add(PROGRAM)
    house.earns(ANA, "R2", 10, posted_at=LATER)
    house.close(LATER)
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 1000}


def test_runs_that_wait_for_a_person_are_collected_for_a_day() -> None:
    house = a_house(auto_approve_minor=None)
    house.earns(ANA, "R1", 100)
    house.close()
    house.earns(ANA, "R2", 10, posted_at=LATER)
    house.close(LATER)
    house.earns(ANA, "R3", 20, posted_at=LATER + timedelta(hours=1))
    house.close(LATER + timedelta(hours=2))
    assert [r.run for r in house.money.runs(PROGRAM)] == [0, 1]
    house.close(LATER + timedelta(hours=24))
    assert house.paid() == {(0, ANA): 10000, (1, ANA): 1000, (2, ANA): 2000}


def test_the_totals_of_a_run_tie_to_the_ledger() -> None:
    layer = a_layer(tiers=(Tier("gold", 100, 50),), cap_points_per_rep=160, budget=usd("200"))
    house = a_house(layers=(layer,))
    house.earns(ANA, "R1", 120, on=date(2026, 10, 5))
    house.earns(BEN, "R2", 90, on=date(2026, 10, 6))
    house.close()
    (total,) = house.money.runs(PROGRAM)[0].totals
    assert (total.confirmed, total.bonus, total.cut_by_cap, total.cut_by_budget) == (210, 50, 10, 50)
    assert (total.points, total.amount_minor) == (200, 20000)
    register = json.loads(house.files.get(f"reports/payouts/{PROGRAM}/0.json"))
    assert register["ties"]["payouts_tie_to_run"] is True
    assert register["ties"]["payouts_tie_to_ledger"] is True
    assert register["totals"]["by_layer_minor"] == {"internal": 20000}


def test_calls_per_rep_do_not_grow_with_the_number_of_reps() -> None:
    """Figures of the issue: close calls per rep constant."""

    def calls(reps: int) -> int:
        house = a_house()
        for n in range(reps):
            rep = f"0055w0000{n:06d}AAA"
            house.people.put([Person(rep, f"Rep {n}", f"r{n}@harborline.example", True)])
            house.earns(rep, f"R{n}", 10)
        counted = house.frail(-1, after=False)
        house.close()
        assert len(house.payouts()) == reps
        return len(counted)

    few, many = calls(10), calls(110)
    assert (many - few) / 100 <= 8


def test_finance_hears_of_a_run_when_it_is_released_and_when_it_is_confirmed_and_not_again() -> None:
    house = a_house()
    house.earns(ANA, "R1", 100)
    house.close()
    house.close(CLOSE + timedelta(minutes=15))
    house.drain()
    house.provider.becomes(OrderState.DELIVERED)
    house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=1))
    house.reconciling.reconcile_rewards(CLOSE + timedelta(hours=2))
    subjects = [subject for _, subject, _ in house.mailbox.sent]
    assert subjects == [
        "security-push: payout run 0 released by auto",
        "security-push: payout run 0 completely confirmed",
    ]
    register = json.loads(house.files.get(f"reports/payouts/{PROGRAM}/0.json"))
    assert register["ties"]["charged_minor"] == register["ties"]["ordered_minor"] == 10000
