"""A work list a page at a time: what waits longest comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.services.cursors import first_page, place_of


def work_page(kind: str, entries: Sequence[Mapping[str, object]], *, limit: int, cursor: str) -> dict[str, object]:
    """A page of the open entries of a kind, given as `ports.WorkList.open` tells them, oldest first.

    `in_all` counts all that are open now, `next` is the cursor of the page after this one, "" on the last. An entry
    resolved in between is on no later page, and takes none with it. Raises: InvalidDocument for a foreign cursor.
    """
    after = place_of(cursor, 2)
    rest = [entry for entry in entries if after is None or _place(entry) > after]
    page, more = first_page(rest, limit, _place)
    return {"kind": kind, "open": page, "in_all": len(entries), "next": more}


def _place(entry: Mapping[str, object]) -> tuple[str, ...]:
    return str(entry["at"]), str(entry["id"])
