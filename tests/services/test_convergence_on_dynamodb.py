"""The same story on the table and in memory ends in the same standings, ledger and work lists."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.adapters.dynamodb.codec import pack_book
from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.work import WorkListTable
from chalicelib.domain.programs import DealTypeRule
from chalicelib.services.ports import WorkList
from chalicelib.services.rescore import Rescorer
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from tests.adapters.test_core import FixedRegistry
from tests.builders import ANA, BEN, OCTOBER, a_line, a_program, a_registration, usd
from tests.fakes.core import MemoryCore
from tests.services.test_convergence import deliver

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


def test_a_look_back_through_an_accounts_quarters_ends_the_same_on_the_table_and_in_memory(tables: Any) -> None:
    """And what a book copied of another is stored with it, where there is any."""
    programs = {"security-push": (a_program(deal_type_rule=DealTypeRule("vendor", "orders", 12)),)}
    spring = datetime(2026, 4, 10, tzinfo=UTC)
    facts = [
        a_registration(),
        a_line(),
        a_registration(id="a0D5w00000REG02EAA", number="DR-7", created_at=spring, approved_at=spring),
        a_line("7", document_no="INV-7", registration_no="DR-7", ordered_on=date(2026, 4, 12)),
    ]
    ended = []
    for core in (DynamoCore(tables, "kicker-core", "kicker-ops", FixedRegistry(programs)), MemoryCore(programs)):
        core.enroll("security-push", ANA, date(2026, 10, 1), None)
        deliver(core, *facts)
        entries = sorted(core.entries(ANA), key=lambda e: (e.book, e.revision))
        ended.append((list(core.standings("security-push")), entries, core.books_of(ANA)))
    assert ended[0] == ended[1]
    standings, _, [spring_book, autumn_book] = ended[0]
    assert standings[0].sums("internal").confirmed == 50
    assert autumn_book.bought_elsewhere == {"2026Q2": spring_book.purchases()} and not spring_book.bought_elsewhere
    assert b"bought_elsewhere" not in zlib.decompress(pack_book(spring_book))
