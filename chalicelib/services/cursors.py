"""Cursors of lists that come in pages: the place after which the next page begins, as text no caller needs to read.

A cursor is a position in a list the caller may read anyway; it gives access to nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from chalicelib.domain.errors import InvalidDocument, Problem

Row = TypeVar("Row")


def cursor_of(place: Sequence[str]) -> str:
    """The cursor of a place, base64url without padding. No part but the last may hold "|"."""
    return base64.urlsafe_b64encode("|".join(place).encode()).decode().rstrip("=")


def first_page(rows: Sequence[Row], limit: int, place: Callable[[Row], Sequence[str]]) -> tuple[Sequence[Row], str]:
    """The first `limit` rows, and the cursor of what comes after them ("" when they are all)."""
    page = rows[:limit]
    return page, cursor_of(place(page[-1])) if len(rows) > limit else ""


def place_of(cursor: str, parts: int) -> tuple[str, ...] | None:
    """The place a cursor stands for, None for "" (the first page). Raises: InvalidDocument for a foreign cursor."""
    if not cursor:
        return None
    try:
        place = tuple(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|", parts - 1))
    except (binascii.Error, ValueError):
        place = ()
    if len(place) != parts:
        raise foreign(cursor)
    return place


def foreign(cursor: str) -> InvalidDocument:
    """What to raise for a cursor that is none of ours."""
    problem = Problem("cursor", "is none of ours", "send the `next` of the page before, unchanged", cursor[:100])
    return InvalidDocument("the query", [problem])
