from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.awards import BusinessTime
from chalicelib.domain.ledger import Entry, Leg
from tests.builders import ANA, BEN

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
WHEN = BusinessTime(date(2026, 10, 14), NOW, "a0D5w00000REG01EAA")
LEG = Leg("security-push", "internal", "a0D5w00000REG01EAA", "base", -150, 150, WHEN)
ENTRY = Entry(ANA, "0015w00002ACC01AAA/2026Q4", 3, NOW, "invoice INV-1", (LEG,)).after("before")


def with_leg(**changes: Any) -> Entry:
    return replace(ENTRY, legs=(replace(LEG, **changes),))


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENTRY, rep=BEN),
        replace(ENTRY, book="0015w00002ACC02AAA/2026Q4"),
        replace(ENTRY, revision=4),
        replace(ENTRY, posted_at=NOW + timedelta(microseconds=1)),
        replace(ENTRY, because="invoice INV-2"),
        replace(ENTRY, legs=()),
        replace(ENTRY, legs=(LEG, LEG)),
        with_leg(program="another"),
        with_leg(layer="vendor:veridane"),
        with_leg(registration="a0D5w00000REG02EAA"),
        with_leg(bucket="trailing"),
        with_leg(provisional=-149),
        with_leg(confirmed=151),
        with_leg(when=replace(WHEN, qualified_on=date(2026, 10, 15))),
        with_leg(when=replace(WHEN, approved_at=NOW + timedelta(seconds=1))),
        with_leg(when=replace(WHEN, registration="a0D5w00000REG02EAA")),
    ],
)
def test_whatever_is_changed_in_an_entry_changes_its_hash(changed: Entry) -> None:
    assert changed.after("before").hash != ENTRY.hash
    assert ENTRY.after("before") == ENTRY


def test_an_entry_behind_another_one_has_another_hash() -> None:
    assert ENTRY.after("another").hash != ENTRY.hash
