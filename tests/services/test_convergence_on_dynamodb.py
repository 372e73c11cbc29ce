"""The same story on the table and in memory ends in the same standings, ledger and work lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.work import WorkListTable
from chalicelib.services.ports import WorkList
from chalicelib.services.rescore import Rescorer
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from tests.adapters.test_core import FixedRegistry
from tests.builders import ANA, BEN, OCTOBER, a_line, a_program, a_registration, usd
from tests.fakes.core import MemoryCore

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


def play(core: Any, work: WorkList) -> Any:
    lines = LineScorer(core, lambda tried: None)
    registrations = RegistrationScorer(core, lines.match_again, lambda tried: None)
    core.enroll("security-push", ANA, date(2026, 10, 1), None)
    told: list[Any] = [
        registrations.score_registration(a_registration(status="submitted", approved_at=None), NOW),
        lines.score([a_line(), a_line("2", registration_no="DR-2", quantity=Decimal(5))], NOW),
        registrations.score_registration(a_registration(version=OCTOBER + timedelta(hours=1)), NOW),
        registrations.score_registration(a_registration(version=OCTOBER + timedelta(hours=1)), NOW),
        lines.score([a_line("3", document_type="credit", quantity=Decimal(-20), amount=usd("-2000"))], NOW),
    ]
    core.freeze("security-push", ANA)
    account = {"account": "0015w00002ACC07AAA", "version": OCTOBER + timedelta(hours=2)}
    told.append(registrations.score_registration(a_registration(**account), NOW + timedelta(hours=1)))
    told.append(lines.score([a_line("4", quantity=Decimal(5), amount=usd("500"))], NOW + timedelta(hours=2)))
    core.enroll("security-push", BEN, date(2026, 10, 1), None)
    told.append(Rescorer(core, lambda tried: None).rescore_rep(ANA, "again", NOW))
    told.append(registrations.registration_deleted("a0D5w00000GONE1EAA", NOW))
    told.append(registrations.registration_deleted(a_registration().id, NOW + timedelta(hours=3)))
    return {
        "told": told,
        "standings": list(core.standings("security-push")),
        "entries": core.entries(ANA),
        "books": core.books_of(ANA),
        "work": (work.open("orphan"), work.open("held_line")),
    }


def test_a_story_ends_the_same_on_the_table_and_in_memory(tables: Any) -> None:
    programs = {"security-push": (a_program(),)}
    core = MemoryCore(programs)
    on_table = play(
        DynamoCore(tables, "kicker-core", "kicker-ops", FixedRegistry(programs)), WorkListTable(tables, "kicker-ops")
    )
    in_memory = play(core, core.work)
    assert on_table == in_memory
    assert on_table["told"][-2:] == ["unknown", "changed"]
    [ana, ben] = on_table["standings"]
    assert (ana.sums("internal").base_confirmed, ana.sums("internal").confirmed) == (90, 0)
    assert ben.layers == {}
