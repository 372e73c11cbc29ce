"""Changing the rules of days that have begun: read first, then applied exactly as read (domain.md 30)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, InvalidDocument, Refused
from chalicelib.services import restate_program
from chalicelib.services.programs import activate, save_draft, show
from chalicelib.services.rescore import Rescorer
from chalicelib.services.restate_program import RestateProgram
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from chalicelib.services.start_program import StartProgram
from tests.builders import ANA, BEN, a_line, a_registration
from tests.fakes.core import MemoryCore
from tests.fakes.people import MemoryPeople
from tests.fakes.programs import MemoryPrograms
from tests.services.test_convergence import deliver

ID, AUTHOR, APPROVER = "fixed", "author", "approver"
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
FIRST = date(2026, 10, 1)
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "programs" / "security-push.json"


class Town:
    """A running program with two deals, and a draft that pays other rates."""

    def __init__(self, *, per_seat: int = 5) -> None:
        self.core, self.store = MemoryCore(), MemoryPrograms()
        self.asked: list[tuple[str, ...]] = []
        document: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
        document["layers"] = [
            {k: v for k, v in layer.items() if k not in ("conditions", "tiers")}
            | {"rates": [{"per_seat": 3, "deal_type": "net_new"}]}
            for layer in document["layers"]
        ]
        document["families"] = {}
        before = datetime(2026, 9, 20, 12, tzinfo=UTC)
        save_draft(self.store, ID, document, AUTHOR, before)
        activate(self.store, ID, APPROVER, before)
        self.core.programs = dict(self.store.active())
        for rep in (ANA, BEN):
            self.core.enroll(ID, rep, FIRST, None)
        lines = LineScorer(self.core, lambda tried: None)
        scorer = RegistrationScorer(self.core, lines.match_again, lambda tried: None)
        scorer.score_registration(a_registration(), NOW)
        lines.score([a_line()], NOW)
        new = [layer | {"rates": [{"per_seat": per_seat, "deal_type": "net_new"}]} for layer in document["layers"]]
        self.document = {**document, "layers": new, "change_reason": "the vendor corrected its rate"}
        save_draft(self.store, ID, self.document, AUTHOR, NOW)

    def rescore(self, reps: Sequence[str], because: str) -> None:
        self.asked.append((*reps, because))

    def restate(self, digest: str = "", *, day: date = FIRST, by: str = APPROVER) -> Any:
        starter = StartProgram(self.store, MemoryPeople(), self.core, self)
        return RestateProgram(self.store, self.core, self.core, starter).restate(ID, by, NOW, day, digest)

    def balance(self) -> int:
        return sum(s.sums("internal").confirmed for s in self.core.held.values())


def test_the_report_shows_every_deal_before_and_after_and_changes_nothing() -> None:
    town = Town()
    report, applied = town.restate()
    assert not applied and len(town.store.versions(ID)) == 1 and town.asked == []
    assert (report.deals, report.changed, report.lowered) == (1, 1, 0)
    [change] = report.changes
    assert (change.number, change.rep, change.before, change.after) == ("DR-000101", ANA, (0, 150), (0, 250))
    assert (report.before["internal"], report.after["internal"]) == ((0, 150), (0, 250))


def test_what_was_read_is_what_is_applied() -> None:
    town = Town()
    report, _ = town.restate()
    again, applied = town.restate(report.digest)
    assert applied and again == report
    assert town.asked == [(ANA, BEN, f"{town.document['name']}, version 2, was activated")]
    town.core.programs = dict(town.store.active())
    for rep in (ANA, BEN):
        Rescorer(town.core, lambda tried: None).rescore_rep(rep, "restated", NOW)
    assert town.balance() == 250
    kept = show(town.store, ID, NOW)["versions"]
    assert isinstance(kept, list) and kept[-1]["restated"] == report and kept[0]["restated"] is None


def test_a_lost_answer_is_asked_for_again_and_done_once() -> None:
    town = Town()
    report, _ = town.restate()
    town.restate(report.digest)
    again, applied = town.restate(report.digest)
    assert applied and again == report and len(town.store.versions(ID)) == 2
    assert len(town.asked) == 2, "settling what is settled changes nothing, so it may be asked for twice"


def test_facts_that_moved_since_the_report_was_read_stop_it() -> None:
    town = Town()
    report, _ = town.restate()
    other = a_registration(id="a0D5w00000REG02EAA", number="DR-2", account="0015w00002ACC02AAA")
    RegistrationScorer(town.core, lambda ids, now: None, lambda tried: None).score_registration(other, NOW)
    with pytest.raises(Conflict, match="2 parts of deals would change now"):
        town.restate(report.digest)
    assert len(town.store.versions(ID)) == 1


def test_lost_points_are_counted_and_shown_first() -> None:
    """domain.md 30: never lowers a confirmed award without a reason the rep sees."""
    report, _ = Town(per_seat=1).restate()
    assert report.lowered == 1 and report.changes[0].lowered


@pytest.mark.parametrize(
    ("changes", "by", "day", "wrong"),
    [
        ({"change_reason": ""}, APPROVER, FIRST, ["change_reason"]),
        ({}, AUTHOR, FIRST, ["approver"]),
        ({}, APPROVER, date(2026, 9, 30), ["effective_from"]),
        ({}, APPROVER, date(2026, 11, 11), ["effective_from"]),
    ],
)
def test_it_needs_a_reason_a_second_person_and_a_day_that_has_begun(
    changes: dict[str, str], by: str, day: date, wrong: list[str]
) -> None:
    town = Town()
    document = {k: v for k, v in {**town.document, **changes}.items() if v}
    save_draft(town.store, ID, document, AUTHOR, NOW)
    with pytest.raises(InvalidDocument) as refused:
        town.restate(day=day, by=by)
    assert [p.path for p in refused.value.problems] == wrong


def test_a_look_back_the_draft_brings_is_shown_by_the_books_of_other_quarters() -> None:
    """Before it is applied, no deal book knows of any other."""
    town = Town(per_seat=3)
    spring = datetime(2026, 4, 10, tzinfo=UTC)
    deliver(
        town.core, a_registration(id="a0D5w00000REG07EAA", number="DR-7", created_at=spring, approved_at=spring),
        a_line("7", document_no="INV-7", registration_no="DR-7", ordered_on=date(2026, 4, 12)),
    )  # fmt: skip
    rule = {"scope": "vendor", "source": "orders", "look_back_months": 12}
    document = {**town.document, "deal_type_rule": rule}
    document["layers"] = [
        layer | {"rates": [{"per_seat": 3, "deal_type": "net_new"}, {"per_seat": 1, "deal_type": "renewal"}]}
        for layer in town.document["layers"]
    ]
    save_draft(town.store, ID, document, AUTHOR, NOW)
    report, _ = town.restate()
    [change] = report.changes
    assert (change.number, change.before, change.after) == ("DR-000101", (0, 150), (0, 50))
    _, applied = town.restate(report.digest)
    town.core.programs = dict(town.store.active())
    Rescorer(town.core, lambda tried: None).rescore_rep(ANA, "restated", NOW)
    assert applied and town.balance() == 50


def test_what_is_frozen_is_left_alone() -> None:
    """domain.md 3, 37: what was closed is never re-scored."""
    town = Town()
    held = town.core.held[ID, ANA]
    town.core.held[ID, ANA] = replace(held, fence=replace(held.fence, bucket="trailing"))
    report, _ = town.restate()
    assert report.changed == 0


def test_a_program_of_too_many_reps_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restate_program, "MOST_REPS", 1)
    with pytest.raises(Refused, match="2 reps"):
        Town().restate()
