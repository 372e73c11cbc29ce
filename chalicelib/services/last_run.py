"""Nothing that still has to be paid may come after a program's last run, and the last run may not come before it.

The close ends the trailing runs by writing the period over the revision it read first. Whoever brings something that
must be paid moves that revision, so that one of the two finds the other (docs/decisions/0005).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.periods import Period

_TRIES = 6


class PeriodRecords(Protocol):
    """The part of the money store this needs."""

    def period(self, program: str) -> Period | None:
        """The program's period; None while nothing was decided."""

    def save_period(self, period: Period) -> bool:
        """Write revision `period.rev` over revision rev - 1."""


def still_pays(money: PeriodRecords, program: str) -> Period | None:
    """The program's period, which is still paid. Raises: Refused when its last run has been."""
    period = money.period(program)
    if period is not None and period.trailed_at is not None:
        raise Refused(
            f"The last payout run of {program} was on {period.trailed_at:%Y-%m-%d}: nothing is paid under it any more. "
            "Use a program that is still running."
        )
    return period


def before_the_last_run(money: PeriodRecords, program: str) -> None:
    """Keep a close that is under way from ending the program's runs. Call it before committing what is to be paid, or
    after committing what the close looks for.

    Raises: Refused when the last run has been, Conflict when the period keeps moving.
    """
    for _ in range(_TRIES):
        period = still_pays(money, program)
        if period is None or period.planned_at is None:
            return  # the close that could end it has yet to read what is there
        if money.save_period(replace(period, rev=period.rev + 1)):
            return
    raise Conflict(f"The period of {program} is busy: try again in a moment.")
