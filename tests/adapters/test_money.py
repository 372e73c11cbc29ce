"""One contract for the money table and its fake, for the payout queue and its fake."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.money import MoneyTable
from chalicelib.adapters.payout_queue import SqsPayoutQueue
from chalicelib.domain.payouts import (
    Approval,
    Break,
    LayerTotal,
    PaidAward,
    Payout,
    PayoutLine,
    PayoutState,
    Run,
    move,
    payout_key,
)
from chalicelib.domain.periods import FeedReach, Pending, Period, Shortfall, Watermark
from tests.builders import ANA, BEN
from tests.fakes.money import FakeMoney
from tests.fakes.payout_queue import FakePayoutQueue

NOW = datetime(2027, 1, 1, 6, 15, tzinfo=UTC)
PROGRAM = "security-push"


@pytest.fixture(params=["fake", "dynamodb"])
def money(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeMoney()
    request.getfixturevalue("tables")
    return MoneyTable("kicker-money", "us-east-1")


def a_payout(rep: str = ANA, run: int = 0, **changes: Any) -> Payout:
    plain: dict[str, Any] = {
        "key": payout_key(PROGRAM, "p", rep, run), "program": PROGRAM, "period": "p", "run": run, "rep": rep,
        "provider": "tremendous", "currency": "USD", "amount_minor": 10000,
        "lines": (PayoutLine("award", "internal", 100, 10000, "Harborline IT", "employer_wages"),),
        "awards": (PaidAward("internal", "R1", 100, 100),), "state": PayoutState.PLANNED, "earned_at": NOW,
        "clock_from": NOW, "period_end": NOW, "planned_at": NOW, "request": b"\x00exact \xff bytes", "products": ("P",),
        "recipient_name": "Zoë Łukasz", "recipient_email": "zoe@harborline.example",
    }  # fmt: skip
    return Payout(**{**plain, **changes})


def a_run(**changes: Any) -> Run:
    return Run(**{"program": PROGRAM, "run": 0, "currency": "USD", **changes})


def a_period(**changes: Any) -> Period:
    mark = Watermark((FeedReach("castellan", date(2026, 12, 31)), FeedReach("meridian", None)), ("meridian",))
    plain: dict[str, Any] = {
        "program": PROGRAM, "version": 2, "id": "2026-10-01/2026-12-31", "closes_at": NOW, "decided_at": NOW,
        "trailing_until": NOW + timedelta(days=30), "watermark": mark, "pending": (Pending("internal", 3, 1),),
        "shortfalls": (Shortfall(ANA, 5, True),),
    }  # fmt: skip
    return Period(**{**plain, **changes})


def test_a_period_is_decided_once_and_changed_only_by_who_read_it_last(money: Any) -> None:
    assert money.period(PROGRAM) is None
    assert money.save_period(a_period())
    assert not money.save_period(a_period(version=9)), "a second decision is refused"
    assert money.save_period(a_period(fenced_at=NOW, rev=1))
    assert not money.save_period(a_period(done_at=NOW, rev=1))
    assert not money.save_period(a_period(done_at=NOW, rev=3))
    assert money.period(PROGRAM) == a_period(fenced_at=NOW, rev=1)
    assert money.save_period(a_period(program="a-program"))
    assert [p.program for p in money.periods()] == ["a-program", PROGRAM]


def test_a_run_keeps_everything_it_is_told(money: Any) -> None:
    run = a_run(
        run=3, planned=2, planned_at=NOW, digest="d", sealed_at=NOW, total_minor=5, planned_sent_at=NOW,
        totals=(LayerTotal("internal", 1, 2, 3, 4, 5, 6, 7, 8),), approval=Approval("auto", NOW, "d"),
    )  # fmt: skip
    assert money.save_run(run)
    assert not money.save_run(run)
    assert money.save_run(a_run(run=0))
    assert money.runs(PROGRAM) == [a_run(run=0), run]
    assert money.runs("other") == []


def test_a_plan_is_written_whole_or_not_at_all(money: Any) -> None:
    assert money.plan(a_run(planned=1), [a_payout()], {})
    assert money.payouts(PROGRAM) == [a_payout()]
    assert money.payout(a_payout().key) == a_payout()
    both = [a_payout(BEN), a_payout(ANA, amount_minor=1)]
    assert not money.plan(a_run(planned=3, rev=1), both, {}), "Ana has her payout of this run"
    assert money.payout(a_payout(BEN).key) is None
    assert money.runs(PROGRAM) == [a_run(planned=1)]
    assert not money.plan(a_run(planned=2, rev=0), [a_payout(BEN)], {}), "decided on an older revision"
    assert money.plan(a_run(planned=2, rev=1), [a_payout(BEN)], {})
    assert [p.rep for p in money.payouts(PROGRAM)] == sorted([ANA, BEN])


def test_a_rep_has_one_payout_a_run_whatever_its_key(money: Any) -> None:
    assert money.plan(a_run(planned=1), [a_payout()], {})
    assert not money.plan(a_run(planned=2, rev=1), [a_payout(key="SPFANOTHER")], {})
    assert not money.plan(a_run(planned=2, rev=1), [a_payout(BEN, key=a_payout().key)], {})
    assert money.payouts(PROGRAM) == [a_payout()]


def test_a_full_chunk_fits_into_one_transaction(money: Any) -> None:
    reps = [f"0055w0000{n:06d}AAA" for n in range(25)]
    for rep in reps:
        money.add_debt(rep, "USD", "earlier", 500)
    assert money.plan(a_run(planned=25), [a_payout(rep) for rep in reps], dict.fromkeys(reps, 200))
    assert len(money.payouts(PROGRAM)) == 25
    assert money.debts(reps, "USD") == dict.fromkeys(reps, 300)


def test_payouts_come_by_run_and_rep(money: Any) -> None:
    money.plan(a_run(run=10), [a_payout(run=10)], {})
    money.plan(a_run(run=2), [a_payout(BEN, run=2), a_payout(ANA, run=2)], {})
    assert [(p.run, p.rep) for p in money.payouts(PROGRAM)] == [(2, ANA), (2, BEN), (10, ANA)]


def test_payouts_are_read_on_from_a_place(money: Any) -> None:
    money.plan(a_run(run=2), [a_payout(BEN, run=2), a_payout(ANA, run=2)], {})
    money.plan(a_run(run=10), [a_payout(run=10)], {})

    def after(run: int, rep: str, most: int = 9) -> list[tuple[int, str]]:
        return [(p.run, p.rep) for p in money.payouts_after(PROGRAM, run, rep, most)]

    assert after(0, "") == [(2, ANA), (2, BEN), (10, ANA)]
    assert after(0, "", most=2) == [(2, ANA), (2, BEN)]
    assert after(2, ANA) == [(2, BEN), (10, ANA)]
    assert after(10, ANA) == [] == money.payouts_after("other", 0, "", 9)


def test_a_payout_moves_only_from_the_revision_that_was_read(money: Any) -> None:
    money.plan(a_run(planned=1), [a_payout()], {})
    after = replace(move(a_payout(), PayoutState.APPROVED, NOW, "yes"), approved_at=NOW, approved_minor=10000)
    assert money.save_payout(after)
    assert not money.save_payout(after)
    assert money.payout(after.key) == after
    assert not money.save_payout(replace(a_payout(BEN), rev=1)), "a payout is never made by an update"


def test_debts_are_added_once_and_taken_only_while_they_last(money: Any) -> None:
    assert money.add_debt(ANA, "USD", "spring", 500)
    assert not money.add_debt(ANA, "USD", "spring", 500)
    assert money.add_debt(ANA, "USD", "spring", 700)
    assert money.add_debt(ANA, "USD", "summer", 100)
    assert money.add_debt(ANA, "EUR", "spring", 9)
    assert money.debts([ANA, BEN], "USD") == {ANA: 800}
    assert not money.plan(a_run(planned=1), [a_payout()], {ANA: 900})
    assert money.plan(a_run(planned=1), [a_payout()], {ANA: 800})
    assert money.debts([ANA], "USD") == {}
    assert money.debts([], "USD") == {}


def test_a_webhook_is_new_once(money: Any) -> None:
    assert money.see_webhook("tremendous", "u1", "aa", NOW) == "new"
    assert money.see_webhook("tremendous", "u1", "aa", NOW) == "open"
    assert money.see_webhook("tremendous", "u1", "bb", NOW) == "differs"
    money.finish_webhook("tremendous", "u1")
    assert money.see_webhook("tremendous", "u1", "aa", NOW) == "done"
    assert money.see_webhook("manual", "u1", "aa", NOW) == "new"


def test_a_break_is_kept_once(money: Any) -> None:
    one = Break("tremendous", "AMOUNT-1", "AMOUNT", "SPF1", "debited 2, said 1", NOW)
    assert money.add_break(one)
    assert not money.add_break(replace(one, found_at=NOW + timedelta(hours=1)))
    assert money.breaks("tremendous") == [one]
    assert money.breaks("manual") == []


def test_the_kill_switch_is_off_until_it_is_set(money: Any) -> None:
    assert money.stopped() == ""
    money.stop("wait")
    assert money.stopped() == "wait"
    money.stop("")
    assert money.stopped() == ""


def test_the_table_holds_the_exact_bytes_and_integers(tables: Any) -> None:
    MoneyTable("kicker-money", "us-east-1").plan(a_run(planned=1), [a_payout()], {})
    item = tables.get_item(
        TableName="kicker-money", Key={"pk": {"S": f"PERIOD#{PROGRAM}"}, "sk": {"S": f"PAYOUT#0000#{ANA}"}}
    )["Item"]
    assert item["request"] == {"B": b"\x00exact \xff bytes"}
    assert item["amount_minor"] == {"N": "10000"}
    assert b"exact" not in item["body"]["B"]


def test_an_amount_that_is_no_integer_never_reaches_the_table(tables: Any) -> None:
    table = MoneyTable("kicker-money", "us-east-1")
    with pytest.raises(TypeError, match="no integer"):
        table.plan(a_run(), [a_payout(amount_minor=1.5)], {})
    assert table.payouts(PROGRAM) == []


@pytest.mark.parametrize("kind", ["fake", "sqs"])
def test_a_queue_takes_any_number_of_payouts(kind: str, request: pytest.FixtureRequest) -> None:
    keys = [f"SPF{n}" for n in range(23)]
    if kind == "fake":
        fake = FakePayoutQueue()
        fake.send(keys, NOW, 30)
        assert fake.take() == [(key, NOW, 30) for key in keys]
        return
    request.getfixturevalue("aws")
    import boto3

    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="payouts")["QueueUrl"]
    SqsPayoutQueue(sqs, url).send(keys, NOW)
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(m["Body"]) for m in messages]
    assert sorted(m["key"] for m in found) == sorted(keys)
    assert {m["now"] for m in found} == {"2027-01-01T06:15:00.000Z"}
