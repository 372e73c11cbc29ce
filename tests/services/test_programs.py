"""A program's way from draft to active to retired."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, InvalidDocument, NotFound
from chalicelib.services.ports import Review
from chalicelib.services.programs import activate, retire, save_draft, show
from tests.fakes.programs import MemoryPrograms

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "programs"
SEPTEMBER = datetime(2026, 9, 20, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 10, 12, tzinfo=UTC)
AUTHOR, APPROVER, THIRD = "author", "approver", "third"


def a_document(**changes: Any) -> dict[str, Any]:
    document = {**json.loads((EXAMPLES / "fixed-reward.json").read_text()), **changes}
    return {k: v for k, v in document.items() if v is not None}


def an_active(**changes: Any) -> MemoryPrograms:
    store = MemoryPrograms()
    save_draft(store, "orchid", a_document(**changes), AUTHOR, SEPTEMBER)
    activate(store, "orchid", APPROVER, SEPTEMBER)
    return store


def reasons(store: MemoryPrograms, approver: str, now: datetime, effective_from: date | None = None) -> list[str]:
    with pytest.raises(InvalidDocument) as refused:
        activate(store, "orchid", approver, now, effective_from)
    return [p.path for p in refused.value.problems]


def test_a_draft_is_saved_with_what_still_keeps_it_from_starting() -> None:
    store = MemoryPrograms()
    shown: Any = save_draft(store, "orchid", a_document(lift_plan=None), AUTHOR, SEPTEMBER)
    assert shown["state"] == "draft" and [p["path"] for p in shown["problems"]] == ["lift_plan"]
    assert shown["card"]["sentence"].startswith("Sell products from Orchid")
    assert store.active() == {}


def test_a_document_that_is_no_program_is_not_saved() -> None:
    store = MemoryPrograms()
    with pytest.raises(InvalidDocument):
        save_draft(store, "orchid", {"name": "x"}, AUTHOR, SEPTEMBER)
    with pytest.raises(InvalidDocument, match="bytes long"):
        save_draft(store, "orchid", a_document(name="x" * 70_000), AUTHOR, SEPTEMBER)
    with pytest.raises(InvalidDocument, match="no program id"):
        save_draft(store, "Orchid!", a_document(), AUTHOR, SEPTEMBER)
    assert store.drafts == {} and store.audit == []


def test_activation_needs_another_person() -> None:
    """domain.md 31: not the author, nor anybody who wrote a part of it."""
    store = MemoryPrograms()
    save_draft(store, "orchid", a_document(name="Mine"), AUTHOR, SEPTEMBER)
    assert reasons(store, AUTHOR, SEPTEMBER) == ["approver"]
    save_draft(store, "orchid", a_document(), THIRD, SEPTEMBER)
    assert reasons(store, AUTHOR, SEPTEMBER) == ["approver"], "she wrote the first half"
    assert reasons(store, THIRD, SEPTEMBER) == ["approver"]
    program = activate(store, "orchid", APPROVER, SEPTEMBER)
    assert (program.version, program.author, program.effective_from) == (1, THIRD, date(2026, 10, 1))
    assert store.active() == {"orchid": (program,)}


def test_activation_gives_every_reason_at_once() -> None:
    store = MemoryPrograms()
    save_draft(store, "orchid", a_document(lift_plan=None, feeds=[]), AUTHOR, SEPTEMBER)
    assert reasons(store, AUTHOR, datetime(2027, 1, 1, 6, tzinfo=UTC)) == [
        "approver",
        "window.end",
        "lift_plan",
        "feeds",
    ]


def test_the_day_is_that_of_the_program_not_of_london() -> None:
    """05:59 UTC on 1 January is still the last day in Chicago."""
    store = MemoryPrograms()
    save_draft(store, "orchid", a_document(), AUTHOR, SEPTEMBER)
    assert activate(store, "orchid", APPROVER, datetime(2027, 1, 1, 5, 59, tzinfo=UTC)).version == 1


def test_a_draft_is_activated_once() -> None:
    store = an_active()
    with pytest.raises(Conflict, match="active as version 1"):
        activate(store, "orchid", APPROVER, SEPTEMBER)
    with pytest.raises(NotFound):
        activate(store, "other-one", APPROVER, SEPTEMBER)


def test_a_change_of_an_open_program_rules_from_tomorrow_at_the_earliest() -> None:
    """domain.md 30: nothing that has begun is re-priced in silence."""
    store = an_active()
    save_draft(store, "orchid", a_document(name="Better"), AUTHOR, NOVEMBER)
    for day in (date(2026, 10, 1), date(2026, 11, 10)):
        assert reasons(store, APPROVER, NOVEMBER, day) == ["effective_from"]
    program = activate(store, "orchid", APPROVER, NOVEMBER)
    assert (program.version, program.effective_from) == (2, date(2026, 11, 11))
    save_draft(store, "orchid", a_document(name="Best"), AUTHOR, NOVEMBER)
    assert activate(store, "orchid", APPROVER, NOVEMBER, date(2026, 12, 1)).effective_from == date(2026, 12, 1)


def test_before_the_window_opens_a_new_version_replaces_the_first_whole() -> None:
    store = an_active()
    save_draft(store, "orchid", a_document(confirming_document="order"), AUTHOR, SEPTEMBER)
    assert activate(store, "orchid", APPROVER, SEPTEMBER).effective_from == date(2026, 10, 1)


def test_moving_the_end_needs_a_reason_and_is_refused_after_it() -> None:
    """domain.md 3; F30, F42: the deadline is the product."""
    store = an_active()
    longer = {"start": "2026-10-01", "end": "2026-12-30", "zone": "America/Chicago"}
    shown: Any = save_draft(store, "orchid", a_document(window=longer), AUTHOR, NOVEMBER)
    assert [p["path"] for p in shown["problems"]] == ["window.end"]
    assert reasons(store, APPROVER, NOVEMBER) == ["window.end"]
    save_draft(store, "orchid", a_document(window=longer, change_reason="vendor funding ends"), AUTHOR, NOVEMBER)
    assert reasons(store, APPROVER, datetime(2027, 1, 2, tzinfo=UTC)) == ["window.end", "window.end"]
    assert activate(store, "orchid", APPROVER, NOVEMBER).window.end == date(2026, 12, 30)
    versions: Any = show(store, "orchid", NOVEMBER)["versions"]
    assert [v["change_reason"] for v in versions] == ["", "vendor funding ends"]


def test_a_running_program_ends_by_itself_and_is_retired_before_or_after() -> None:
    """F40, F44: ending needs no human act."""
    store = an_active()
    for now in (datetime(2026, 10, 1, 5, tzinfo=UTC), NOVEMBER, datetime(2027, 2, 1, 5, 59, tzinfo=UTC)):
        with pytest.raises(Conflict, match="is running"):
            retire(store, "orchid", APPROVER, now)
    over = datetime(2027, 2, 1, 6, tzinfo=UTC)
    retire(store, "orchid", APPROVER, over, "redesign", "renewals would have come anyway")
    assert store.active() == {} and len(store.versions("orchid")) == 1
    shown = show(store, "orchid", NOVEMBER)
    assert shown["state"] == "retired"
    assert shown["review"] == Review("redesign", "renewals would have come anyway", APPROVER, over)
    retire(store, "orchid", APPROVER, over, "redesign", "renewals would have come anyway")  # its answer was lost
    with pytest.raises(Conflict, match="not active"):
        retire(store, "orchid", THIRD, over, "repeat", "let us")
    with pytest.raises(Conflict, match="retired, which is final"):
        save_draft(store, "orchid", a_document(name="Again"), AUTHOR, NOVEMBER)
    with pytest.raises(NotFound):
        retire(store, "never", APPROVER, NOVEMBER)
    unopened = an_active()
    for _ in range(2):
        retire(unopened, "orchid", APPROVER, SEPTEMBER)
    assert unopened.active() == {}
    review = unopened.review("orchid")
    assert review is not None and review.decision == "withdrawn"


@pytest.mark.parametrize(
    ("decision", "reason", "wrong"),
    [
        (None, "", ["decision", "reason"]),
        ("again", "it worked", ["decision"]),
        ("withdrawn", "it worked", ["decision"]),
        ("repeat", " ", ["reason"]),
        ("repeat", "x" * 501, ["reason"]),
    ],
)
def test_a_program_that_ran_is_retired_with_a_decision_and_a_reason(
    decision: str | None, reason: str, wrong: list[str]
) -> None:
    """F26: repeat, redesign or retire, and why."""
    store = an_active()
    with pytest.raises(InvalidDocument) as refused:
        retire(store, "orchid", APPROVER, datetime(2027, 2, 1, 6, tzinfo=UTC), decision, reason)
    assert [p.path for p in refused.value.problems] == wrong
    assert all(p.remedy for p in refused.value.problems) and "orchid" in store.active()


def test_show_gives_the_version_in_force_and_the_draft_beside_it() -> None:
    store = an_active()
    save_draft(store, "orchid", a_document(name="Next"), THIRD, NOVEMBER)
    shown: Any = show(store, "orchid", NOVEMBER)
    assert (shown["state"], shown["document"]["name"]) == ("active", "First Orchid backup deals")
    assert (shown["draft"]["document"]["name"], shown["draft"]["activated_as"]) == ("Next", None)
    assert [(v["version"], v["author"], v["approver"]) for v in shown["versions"]] == [(1, AUTHOR, APPROVER)]
    with pytest.raises(NotFound):
        show(store, "nothing", NOVEMBER)


def test_the_same_draft_saved_twice_is_one_change() -> None:
    store = MemoryPrograms()
    for minute in range(2):
        save_draft(store, "orchid", a_document(), AUTHOR, SEPTEMBER + timedelta(minutes=minute))
    assert store.drafts["orchid"].revision == 1
    assert [(what, by) for what, by, _, _ in store.audit] == [("program/orchid/draft#1", AUTHOR)]


def test_a_second_push_on_the_same_products_is_warned_of_and_the_warning_stays_with_the_version() -> None:
    """F28: told before, kept after; it does not keep the program from starting."""
    store = an_active()
    again = {"start": "2027-01-04", "end": "2027-03-31", "zone": "America/Chicago"}
    document = a_document(name="Once more", window=again, confirm_by="2027-04-30")
    shown: Any = save_draft(store, "orchid-2", document, AUTHOR, NOVEMBER)
    assert shown["problems"] == []
    assert [w["message"] for w in shown["warnings"]] == [
        "comes 3 days after First Orchid backup deals (orchid), on the same products"
    ]
    activate(store, "orchid-2", APPROVER, NOVEMBER)
    shown = show(store, "orchid-2", NOVEMBER)
    assert [w["value"] for w in shown["versions"][0]["warnings"]] == ["vendor orchid"]
    assert shown["warnings"] == [], "they are the version's now"


def test_a_program_that_ran_counts_after_it_is_retired_and_one_that_never_opened_does_not() -> None:
    """F55."""
    after = datetime(2027, 2, 1, 12, tzinfo=UTC)
    spring = {"start": "2027-02-02", "end": "2027-03-31", "zone": "America/Chicago"}
    for when, kept in ((after, ["orchid"]), (SEPTEMBER, [])):
        store = an_active()
        retire(store, "orchid", APPROVER, when, "repeat", "it worked")
        assert [p.id for p in store.past()] == kept
        document = a_document(window=spring, confirm_by="2027-04-30")
        exposed: Any = save_draft(store, "orchid-2", {**document, "layers": document["layers"]}, AUTHOR, after)
        assert exposed["warnings"] == []
    early = {"start": "2027-01-10", "end": "2027-03-31", "zone": "America/Chicago"}
    store = an_active()
    retire(store, "orchid", APPROVER, after, "repeat", "it worked")
    told: Any = save_draft(store, "orchid-2", a_document(window=early, confirm_by="2027-04-30"), AUTHOR, after)
    assert [w["path"] for w in told["warnings"]] == ["window"]


def test_an_override_is_shown_with_its_reason_and_so_is_the_legibility() -> None:
    """F34, F22."""
    longer = {"start": "2026-10-01", "end": "2027-02-15", "zone": "America/Chicago"}
    store = an_active(window=longer, confirm_by="2027-03-15", overrides={"window": "the vendor's fiscal half-year"})
    shown: Any = show(store, "orchid", NOVEMBER)
    assert shown["versions"][0]["overrides"] == {"window": "the vendor's fiscal half-year"}
    assert (shown["card"]["legibility"], shown["card"]["reading_seconds"]) == (100, 4)
