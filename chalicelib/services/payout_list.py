"""The listing behind `GET /payouts`: everybody's payouts for finance, a page at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chalicelib.domain.payouts import Payout, PayoutState
from chalicelib.domain.periods import Period
from chalicelib.domain.slo import measure
from chalicelib.reports.payout_register import RegisterRow, register_row
from chalicelib.services.cursors import first_page, foreign, place_of


class Payouts(Protocol):
    """The part of the money store this needs."""

    def periods(self) -> list[Period]:
        """Every period, by program."""

    def payouts_after(self, program: str, run: int, rep: str, most: int) -> list[Payout]:
        """At most `most` payouts of a program, by run and rep, from the one after that place on."""


def payout_list(
    store: Payouts, now: datetime, *, program: str | None, state: PayoutState | None, limit: int, cursor: str
) -> dict[str, object]:
    """A page of payouts as `register_row` tells them, by program, run and rep, of one program or state when asked.

    `next` is the cursor of the page after it, "" on the last one. Reads no more than the page and, with a state, what
    it has to skip. Raises: InvalidDocument for a foreign cursor.
    """
    begin, run, rep = _read(cursor)
    rows: list[RegisterRow] = []
    for period in store.periods():
        if program not in {None, period.program} or period.program < begin:
            continue
        after = (run, rep) if period.program == begin else (0, "")
        while len(rows) <= limit and (found := store.payouts_after(period.program, *after, limit + 1)):
            after = (found[-1].run, found[-1].rep)
            rows += [RegisterRow(p, measure(p, period, now)) for p in found if state in {None, p.state}]
    page, more = first_page(rows, limit, lambda row: (row.payout.program, str(row.payout.run), row.payout.rep))
    return {"as_of": now, "payouts": [register_row(row) for row in page], "next": more}


def _read(cursor: str) -> tuple[str, int, str]:
    """The place after which the page begins. Raises: InvalidDocument."""
    program, run, rep = place_of(cursor, 3) or ("", "0", "")
    if not (run.isascii() and run.isdigit() and len(run) <= 4):
        raise foreign(cursor)
    return program, int(run), rep
