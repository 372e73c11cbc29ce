"""An admin works through a list of any length: each entry once, what waits longest first."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.errors import InvalidDocument
from chalicelib.services.work_pages import work_page

# Two hours, ids that hold the cursor's own separator, and two entries of one instant.
ENTRIES = [
    {"at": f"2026-10-01T0{n // 4}:00:00Z", "id": f"{name}|{n}", "remedy": "look"} for n, name in enumerate("abcdefgh")
]


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 9])
def test_the_pages_hold_every_entry_once_and_in_order(limit: int) -> None:
    found: list[Any] = []
    cursor = ""
    while True:
        page: Any = work_page("orphan", ENTRIES, limit=limit, cursor=cursor)
        assert (page["kind"], page["in_all"]) == ("orphan", len(ENTRIES))
        found += page["open"]
        if not (cursor := page["next"]):
            break
        assert len(page["open"]) == limit
    assert found == ENTRIES


def test_an_entry_resolved_between_two_pages_takes_no_other_with_it() -> None:
    first: Any = work_page("orphan", ENTRIES, limit=3, cursor="")
    left = [entry for entry in ENTRIES if entry not in (ENTRIES[0], ENTRIES[2])]  # the cursor's own among them
    second: Any = work_page("orphan", left, limit=9, cursor=first["next"])
    assert second["open"] == ENTRIES[3:]


def test_an_empty_list_is_one_empty_page() -> None:
    assert work_page("orphan", [], limit=5, cursor="") == {"kind": "orphan", "open": [], "in_all": 0, "next": ""}


def test_a_cursor_we_never_handed_out_is_refused() -> None:
    with pytest.raises(InvalidDocument):
        work_page("orphan", ENTRIES, limit=5, cursor="YQ")
