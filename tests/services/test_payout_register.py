"""What finance gets on paper. The goldens change only by `make golden` (KICKER_GOLDEN=1), and the diff is read."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.domain.programs import Reward, Tier
from chalicelib.reports import REPORTS
from chalicelib.reports.payout_register import COLUMNS, neutral
from chalicelib.services.ports import Person
from chalicelib.services.reward_port import OrderState
from tests.builders import ANA, BEN, CHI, a_layer, a_program, usd
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.roster import FakePrograms
from tests.services.house import CLOSE, END, FINANCE, PROGRAM, Crash, House

GOLDEN = Path(__file__).parent.parent / "golden" / "reports"


def a_paid_house() -> House:
    """Two layers, a tier, a budget that runs out, a missing feed, a pending deal; Ana is confirmed, Ben is not."""
    vendor = a_layer(id="vendor:Veridane", point=usd("0.50"), payer_of_record="=Veridane, Inc.", budget=usd("60"))
    internal = a_layer(tiers=(Tier("gold", 100, 25),))
    house = House(a_program(auto_approve_minor=10**9, layers=(internal, vendor), feeds=("castellan", "meridian")))
    house.feeds.reach = {"castellan": date(2026, 12, 31), "meridian": date(2026, 12, 28)}
    house.earns(ANA, "R1", 100, on=date(2026, 10, 5))
    house.earns(ANA, "R1", 100, layer="vendor:Veridane", on=date(2026, 10, 5))
    house.earns(BEN, "R2", 40, layer="vendor:Veridane", on=date(2026, 10, 6))
    house.earns(CHI, "R3", 0, provisional=30)
    house.close(END + timedelta(hours=24))
    house.drain()
    ana = next(p.key for p in house.payouts() if p.rep == ANA)
    house.provider.becomes(OrderState.DELIVERED, ana)
    house.reconciling.reconcile_rewards(END + timedelta(hours=25))
    house.money.save_run(replace(run := house.money.runs(PROGRAM)[0], approved_sent_at=None, rev=run.rev + 1))
    house.register.publish(PROGRAM, END + timedelta(hours=26))
    return house


@pytest.mark.parametrize(
    ("file", "golden"),
    [
        (f"reports/payouts/{PROGRAM}/0.csv", "payout_register.csv"),
        (f"reports/payouts/{PROGRAM}/0.json", "payout_register.json"),
        (f"reports/periods/{PROGRAM}/certificate.json", "close_certificate.json"),
        (f"reports/periods/{PROGRAM}/certificate.txt", "close_certificate.txt"),
    ],
)
def test_a_report_is_what_the_golden_says(file: str, golden: str) -> None:
    found = a_paid_house().files.get(file)
    if os.environ.get("KICKER_GOLDEN"):
        (GOLDEN / golden).write_bytes(found)
    assert found == (GOLDEN / golden).read_bytes()
    assert golden in REPORTS


def test_the_csv_of_a_register_sums_to_the_payouts() -> None:
    house = a_paid_house()
    rows = list(csv.DictReader(io.StringIO(house.files.get(f"reports/payouts/{PROGRAM}/0.csv").decode())))
    assert tuple(rows[0]) == COLUMNS
    assert sum(round(float(row["amount"]) * 100) for row in rows) == sum(p.amount_minor for p in house.payouts())
    assert rows[1]["payer_of_record"] == "'=Veridane, Inc.", "a spreadsheet must not run it"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert neutral(text) == "'" + text
    assert neutral("plain") == "plain"


def test_the_mail_carries_digest_totals_and_the_hash_of_each_file() -> None:
    ((to, subject, text), *_) = a_paid_house().mailbox.sent
    assert to == ("finance@harborline.example",)
    assert subject == "security-push: payout run 0 released by auto"
    assert "By layer" in text and "sha256" in text and "internal: 125 points, 125.00 USD" in text


def test_a_mail_that_is_refused_is_sent_by_the_next_close_and_payouts_do_not_wait_for_it() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    house.mailbox.refuses = True
    with pytest.raises(Exception, match="refused"):
        house.close()
    assert len(house.queue.waiting) == 1
    house.mailbox.refuses = False
    house.close(CLOSE + timedelta(minutes=15))
    assert len(house.mailbox.sent) == 1


def test_a_crash_between_mail_and_mark_sends_twice_and_never_not_at_all() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    real = house.money.save_run

    def save(run: object) -> bool:
        if getattr(run, "approved_sent_at", None):
            raise Crash("before the mark")
        return real(run)  # type: ignore[arg-type]

    house.money.save_run = save  # type: ignore[method-assign, assignment]
    with pytest.raises(Crash):
        house.close()
    house.money.save_run = real  # type: ignore[method-assign]
    house.close(CLOSE + timedelta(minutes=15))
    assert len(house.mailbox.sent) == 2


def test_without_an_address_of_finance_the_files_are_written_all_the_same() -> None:
    house = House()
    house.earns(ANA, "R1", 100)
    house.register = replace(house.register, finance=())
    house.closing = replace(house.closing, register=house.register)
    house.close()
    assert house.mailbox.sent == []
    assert f"reports/payouts/{PROGRAM}/0.csv" in house.files.stored


def test_there_is_no_certificate_before_the_freeze() -> None:
    house = House()
    with pytest.raises(NotFound):
        house.register.certificate(PROGRAM)
    assert house.register.publish(PROGRAM, CLOSE) == 0
    assert isinstance(house.mailbox, FakeMailbox) and house.mailbox.sent == []


def test_what_is_paid_by_hand_comes_to_finance_as_a_list_to_pay() -> None:
    """The manual provider has nobody who delivers: a CSV for payroll or the bank, and nothing else has addresses."""
    house = House(a_program())
    house.people.put([Person(BEN, "=Ben", "ben@harborline.example", True, "US")])
    house.provider.name = "manual"
    house.programs = FakePrograms(a_program(reward=Reward("manual", ("payroll",))))
    house.build(lambda port: port, provider_name="manual")
    house.earns(ANA, "R1", 100)
    house.earns(BEN, "R2", 30)
    house.close()
    with pytest.raises(NotFound):
        house.files.get(f"reports/payouts/{PROGRAM}/0.to-pay.csv")
    house.approvals.approve(PROGRAM, 0, digest=house.money.runs(PROGRAM)[0].digest, by=FINANCE, now=CLOSE)
    house.close(CLOSE + timedelta(minutes=15))
    key = f"reports/payouts/{PROGRAM}/0.to-pay.csv"
    rows = list(csv.DictReader(io.StringIO(house.files.get(key).decode())))
    assert [(r["rep"], r["name"], r["email"], r["amount"], r["currency"]) for r in rows] == [
        (ANA, "Ana", "Ana@harborline.example", "100.00", "USD"),
        (BEN, "'=Ben", "ben@harborline.example", "30.00", "USD"),
    ]
    assert [r["reference_to_confirm"] for r in rows] == [f"/payouts/{p.key}/confirm" for p in house.payouts()]
    assert any(f"{key}  sha256" in text for _, _, text in house.mailbox.sent)
    register = house.files.get(f"reports/payouts/{PROGRAM}/0.csv")
    assert b"@harborline.example" not in register
