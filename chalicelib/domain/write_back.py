"""What Kicker says of a deal on its own Salesforce record: the write-back.

It is the rep's deal list in six fields: state, points that wait, points confirmed, what both are worth, what the deal
waits for, and as of when. Points are those posted to the ledger, of everybody who shares the deal; money that waits is
called waiting in the same breath, so that no report in Salesforce can show it as earned (domain.md 5).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from chalicelib.domain.calendar import iso, local_day
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.money import Money, minor_digits
from chalicelib.domain.programs import Program
from chalicelib.domain.proofs import deal_state, what_it_waits_for
from chalicelib.domain.registrations import Registration
from chalicelib.domain.scoring import score_deal

FIELDS = (
    "SPIFF_State__c", "SPIFF_Provisional_Points__c", "SPIFF_Confirmed_Points__c", "SPIFF_Worth__c",
    "SPIFF_Waits_For__c", "SPIFF_As_Of__c",
)  # fmt: skip
LONGEST_TEXT = 255  # of a Salesforce text field
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
# Furthest first; "partly confirmed (2 of 3)" carries its numbers. An unknown word sorts last, never lost.
_FURTHEST = ("confirmed", "partly confirmed", "pending", "submitted", "expired", "rejected", "lost", "deleted")


@dataclass(frozen=True, slots=True)
class WriteBack:
    """What is true of one registration; texts fit their fields. Two that are equal are told once."""

    registration: str
    state: str
    provisional: int
    confirmed: int
    worth: str
    waits_for: str

    def fingerprint(self) -> str:
        """16 hex digits over everything but the instant: telling the same thing again is not news."""
        return hashlib.sha256(json.dumps(astuple(self)).encode()).hexdigest()[:16]

    def fields(self, as_of: datetime) -> dict[str, object]:
        """The six fields as the REST API takes them."""
        values = (self.state, self.provisional, self.confirmed, self.worth, self.waits_for, iso(as_of))
        return dict(zip(FIELDS, values, strict=True))


def write_back_of(
    book: DealBook,
    deal: Registration,
    programs: Mapping[str, Sequence[Program]],
    enrolled: Collection[tuple[str, str]],
    now: datetime,
) -> WriteBack:
    """What is true of a registration of this book. `programs` are all that may look at it, those included that have
    ended and posted something; `enrolled` are the (program, rep) pairs with a standing."""
    posted = [(key, share) for key, share in book.posted.items() if key[2] == deal.id]
    shown = {
        p: versions
        for p, versions in programs.items()
        if any(key[0] == p for key, _ in posted) or any((p, rep) in enrolled for rep in deal.seen_by())
    }
    around = book.book_lines()
    lines = around.lines.get(deal.id, ())
    seen: dict[str, tuple[str, str, bool]] = {}
    for award in score_deal(deal, lines, shown, book=around):
        if award.program in seen:
            continue
        program = next(v for v in shown[award.program] if v.version == award.version)
        today = local_day(now, program.window.zone)
        waits = any(share.provisional for key, share in posted if key[0] == award.program)
        seen[award.program] = (
            deal_state(deal, lines, program, today, around),
            what_it_waits_for(deal, lines, program, today, around),
            waits,
        )
    state, waits_for = overall(deal, list(seen.values()))
    worths = [(point_of(programs.get(key[0], ()), key[1]), share) for key, share in posted]
    return WriteBack(
        deal.id,
        state,
        sum(share.provisional for _, share in posted),
        sum(share.confirmed for _, share in posted),
        worth_text(
            (Money(point.minor * share.confirmed, point.currency) for point, share in worths if point),
            (Money(point.minor * share.provisional, point.currency) for point, share in worths if point),
        ),
        _fitting(waits_for),
    )


def overall(deal: Registration, programs: Sequence[tuple[str, str, bool]]) -> tuple[str, str]:
    """State and reason of the deal as a whole, from (state, what it waits for, do points wait there) of each program:
    where it earns and still waits, else where it got furthest. A deal no active program looks at keeps Salesforce's
    own word for it."""
    if not programs:
        state = "pending" if deal.status == "approved" else deal.status
        return state, "a program that counts it"

    def place(program: tuple[str, str, bool]) -> int:
        word = program[0].partition(" (")[0]
        return _FURTHEST.index(word) if word in _FURTHEST else len(_FURTHEST)

    best = min([p for p in programs if p[2]] or programs, key=place)
    return best[0], best[1]


def point_of(versions: Sequence[Program], layer: str) -> Money | None:
    """What a point of the layer pays, by the newest version that has it; None when none has."""
    for program in sorted(versions, key=lambda v: -v.version):
        for one in program.layers:
            if one.id == layer:
                return one.point
    return None


def worth_text(confirmed: Iterable[Money], provisional: Iterable[Money]) -> str:
    """Money that is confirmed, and beside it money that waits, called so: "$120.00", "$90.00 + $30.00 waiting",
    "$30.00 waiting"; "" when there is neither. Currencies are never added."""
    earned, waiting = _by_currency(confirmed), _by_currency(provisional)
    parts = [signed(m) for m in earned] + [f"{signed(m)} waiting" for m in waiting]
    return _fitting(" + ".join(parts))


def signed(money: Money) -> str:
    """An amount as a rep reads it: "$1,234.50", "-$5.00", "120.00 CHF".

    >>> signed(Money(-500, "USD")), signed(Money(12000, "CHF"))
    ('-$5.00', '120.00 CHF')
    """
    if money.currency not in _SIGNS:
        return str(money)
    amount = f"{abs(money.decimal()):,.{minor_digits(money.currency)}f}"
    return f"{'-' if money.minor < 0 else ''}{_SIGNS[money.currency]}{amount}"


def _by_currency(amounts: Iterable[Money]) -> list[Money]:
    found: dict[str, int] = {}
    for money in amounts:
        found[money.currency] = found.get(money.currency, 0) + money.minor
    return [Money(minor, currency) for currency, minor in sorted(found.items()) if minor]


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
