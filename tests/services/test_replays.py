"""A replay is a job in pages that may be repeated; a closed month comes out as it was paid."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidDocument, NotFound
from chalicelib.services.replays import PAGE, Replays, ReplayView
from local.memory.files import FakeFiles
from local.scenarios.reading import read_scenario, scenario_from
from local.scenarios.reseller import Reseller
from local.scenarios.running import run
from tests.fakes.replays import MemoryReplays

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ADMIN = "0055w00000OPS00AAA"
CLOSED_MONTH = """
scenario: A month with tiers, a budget, two shared deals, late confirmations, and one that came back before it was paid
proves: [domain.md 22, domain.md 37]
program:
  example: security-push
  with:
    window: {start: 2026-11-01, end: 2026-11-30, zone: America/Chicago}
    confirm_by: 2026-12-31
    "layers[0].budget": {amount: "1100.00", currency: USD}
people: {Ana: {}, Ben: {}, Chi: {}}
what happened:
  - {on: 2026-11-02, approved: DR-1, rep: Ana, sku: ACM-EDR-1Y, quantity: 190, amount: 19000 USD, deal type: net-new}
  - {on: 2026-11-03, approved: DR-2, split: {Ana: 50 %, Ben: 50 %}, customer: Kestrel, sku: ACM-EDR-1Y, quantity: 41,
     amount: 4100 USD, deal type: net-new}
  - {on: 2026-11-04, approved: DR-3, rep: Ben, customer: Orca, sku: ACM-EDR-1Y, quantity: 60,
     amount: 6000 USD, deal type: renewal}
  - {on: 2026-11-05, approved: DR-4, rep: Chi, customer: Pike, sku: ACM-EDR-1Y, quantity: 50,
     amount: 5000 USD, deal type: net-new}
  - {on: 2026-11-20, approved: DR-5, rep: Chi, customer: Tench, sku: ACM-EDR-1Y, quantity: 70,
     amount: 7000 USD, deal type: net-new}
  - {on: 2026-08-20, approved: DR-9, rep: Chi, customer: Tench, sku: ACM-EDR-1Y, quantity: 70,
     amount: 7000 USD, deal type: net-new}
  - {on: 2026-08-25, invoiced: INV-9, for: DR-9}
  - {on: 2026-11-10, invoiced: INV-1, for: DR-1}
  - {on: 2026-11-11, invoiced: INV-2, for: DR-2}
  - {on: 2026-11-12, invoiced: INV-3, for: DR-3}
  - {on: 2026-11-25, returned: RMA-1, for: DR-3, quantity: 20}
  - {on: 2026-11-21, invoiced: INV-5, for: DR-5}
  - {on: 2026-12-01, closes: the period}
  - {on: 2026-12-10, invoiced: INV-4, for: DR-4}
  - {on: 2026-12-11, closes: the period}
expected:
  people: {Ana: {tier: Silver}}
"""


def a_house(text: str = CLOSED_MONTH) -> Reseller:
    ran = run(scenario_from(text, "a closed month"))
    assert ran.holds, [f.told() for f in ran.found if not f.holds]
    return ran.reseller


def replays_of(house: Reseller, jobs: MemoryReplays | None = None) -> tuple[Replays, MemoryReplays]:
    jobs = jobs or MemoryReplays()
    return Replays(jobs, jobs, house.store, house.core, house.core, house.people, FakeFiles()), jobs


def worked(replays: Replays, jobs: MemoryReplays, id: str, money: Any) -> ReplayView:
    while jobs.waiting:
        replays.page(*jobs.waiting.pop(0))
    return replays.show(id, money)


def asked(house: Reseller, document: dict[str, object] | None = None) -> ReplayView:
    replays, jobs = replays_of(house)
    view = replays.ask("security-push", document or {}, ADMIN, NOW)
    assert (view.state, view.report) == ("queued", None)
    return worked(replays, jobs, view.id, house.money)


def test_a_closed_month_comes_out_as_it_was_paid() -> None:
    """W52, domain.md 37: every amount, though the budget ran out and deals were confirmed late."""
    house = a_house()
    paid = {p.rep for p in house.money.payouts("security-push")}
    found = asked(house)
    assert found.report is not None
    assert (found.reproduced, found.differences, len(paid)) == (True, (), 3)
    [layer] = found.report.asked.layers
    assert layer.runs_out_on is not None and layer.cost == layer.budget, "the month is worth replaying"


def test_a_payout_that_follows_from_no_facts_is_named() -> None:
    house = a_house()
    [first, *_] = house.money.payouts("security-push")
    house.money.tamper(first.key, lines=tuple(replace(x, amount_minor=x.amount_minor + 100) for x in first.lines))
    found = asked(house)
    assert found.reproduced is False and [d.rep for d in found.differences] == [first.rep]


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[1].glob("scenarios/*.yaml")), ids=lambda p: p.stem)
def test_every_scenario_that_was_paid_is_reproduced(path: Path) -> None:
    ran = run(read_scenario(path))
    for program in ran.reseller.core.programs:
        if ran.errors or not ran.reseller.money.payouts(program):
            continue
        replays, jobs = replays_of(ran.reseller)
        view = worked(replays, jobs, replays.ask(program, {}, ADMIN, NOW).id, ran.reseller.money)
        assert (view.reproduced, view.differences) == (True, ())


def test_a_draft_is_compared_with_what_ran() -> None:
    house = a_house()
    document = json.loads(json.dumps(house.store.draft("security-push").document))  # type: ignore[union-attr]
    document["layers"][0]["rates"] = [{"per_seat": 1}]
    house.store.put_draft(
        replace(house.store.drafts["security-push"], document=document, activated_as=None, revision=2),
        house.store.drafts["security-push"],
    )  # fmt: skip
    found = asked(house, {"against": {"version": 1}})
    assert found.report is not None and found.report.against is not None and found.report.difference is not None
    assert (found.report.asked.version, found.report.against.version) == (0, 1)
    assert found.report.asked.enrolled == "everybody who is credited" and found.reproduced is None
    assert found.report.difference.cost.minor < 0


def test_a_draft_that_looks_back_is_replayed_over_the_books_of_every_quarter() -> None:
    """Tench bought in August, in a deal of another quarter: its 70 seats of November are a renewal then."""
    costs = []
    for months in ({}, {"look_back_months": 2}, {"look_back_months": 3}):
        house = a_house()
        document = json.loads(json.dumps(house.store.draft("security-push").document))  # type: ignore[union-attr]
        document["deal_type_rule"] = {"scope": "sku", "source": "orders", **months}
        document["layers"][0]["budget"] = {"amount": "9000.00", "currency": "USD"}
        house.store.put_draft(
            replace(house.store.drafts["security-push"], document=document, activated_as=None, revision=2),
            house.store.drafts["security-push"],
        )  # fmt: skip
        found = asked(house).report
        assert found is not None
        costs.append(found.asked.cost.minor)
    assert costs[0] == costs[1] == costs[2] + 70 * 2 * 100


def test_a_program_still_to_come_is_replayed_over_the_time_up_to_yesterday() -> None:
    house = a_house()
    replays, jobs = replays_of(house)
    early = datetime(2026, 10, 1, 12, tzinfo=UTC)
    view = worked(replays, jobs, replays.ask("security-push", {"version": 1}, ADMIN, early).id, house.money)
    assert view.report is not None
    assert view.report.asked.window == (date(2026, 9, 1), date(2026, 9, 30))
    moved = asked(house, {"version": 1, "from": "2026-08-01"})
    assert moved.report is not None and moved.report.asked.deals == 1, "the deal of August"


def test_pages_delivered_twice_and_in_a_crash_end_in_the_same_report() -> None:
    house = a_house()
    for n in range(3 * PAGE):
        house.people.put([replace(next(iter(house.people.all())), id=f"0059{n:011}AAA")])
    replays, jobs = replays_of(house)
    id = replays.ask("security-push", {}, ADMIN, NOW).id
    first = worked(replays, jobs, id, house.money)
    assert first.done == first.of == 3 + 3 * PAGE

    again, jobs = replays_of(house)
    id = again.ask("security-push", {}, ADMIN, NOW).id
    seen = []
    for _ in range(40):
        if not jobs.waiting:
            break
        page = jobs.waiting.pop(0)
        again.page(*page)
        again.page(*page)  # the same message once more
        seen.append(again.show(id, house.money).done)
    assert seen == sorted(seen) and again.show(id, house.money) == first


@pytest.mark.parametrize(
    ("document", "said"),
    [({"version": 9}, "from 1 to 1"), ({"verion": 1}, 'Did you mean "version"?'), ({"from": "soon"}, "2026-12-31"),
     ({"against": {"version": 0}}, "whole number")],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused(document: dict[str, object], said: str) -> None:
    replays, _ = replays_of(a_house())
    with pytest.raises(InvalidDocument) as refused:
        replays.ask("security-push", document, ADMIN, NOW)
    assert any(said in p.remedy + p.message for p in refused.value.problems)


def test_what_is_not_there_is_not_replayed() -> None:
    replays, _ = replays_of(a_house())
    with pytest.raises(NotFound):
        replays.ask("never-was", {}, ADMIN, NOW)
    with pytest.raises(NotFound):
        replays.ask("security-push", {"against": {"program": "never-was"}}, ADMIN, NOW)
    with pytest.raises(NotFound):
        replays.show("R0", a_house().money)


def test_two_questions_are_two_jobs() -> None:
    replays, _ = replays_of(a_house())
    ids = {replays.ask("security-push", {}, ADMIN, NOW + timedelta(seconds=n)).id for n in range(3)}
    assert len(ids) == 3
