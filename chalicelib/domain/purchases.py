"""What an account has bought in other quarters, as a deal book knows it: the purchases of the books beside it.

A look-back reaches beyond the quarter a deal book holds. So that scoring stays a function of one book, every book keeps
a copy of what the books beside it (the same account, other quarters) say was bought, with the order line that shows it;
`services.account_history` keeps the copies true. A purchase is an order line that counts for itself: not held, takes
nothing away, quantity above zero. What is returned later was bought all the same (domain.md 7, 13).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from chalicelib.domain.calendar import quarters_from
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import takes_away

# An order may be dated long before or after the quarter its registration was created in: half a year of slack.
_SLACK = 2
# A deal may be approved after its quarter has ended: the quarter after it may hold what was ordered before that.
_AHEAD = 1
_QUARTER = re.compile(r"\d{4}Q[1-4]")


@dataclass(frozen=True, slots=True)
class Purchase:
    """A product ordered on a day, and the order line that shows it: `line` is its id, `document` its kind and number,
    `told_at` the as-of instant of a telling that says so. Of two tellings of the same the purchases are equal: a feed
    that tells everything every day gives no deal book a reason to copy it again."""

    line: str
    sku: str
    vendor: str
    day: date
    distributor: str
    document: str
    line_no: str
    told_at: datetime = field(compare=False)


def is_purchase(line: OrderLine) -> bool:
    """Was something bought by it, whatever came back later?"""
    return not line.held and not takes_away(line) and line.quantity > 0


def purchase(line: OrderLine, vendor: str) -> Purchase:
    """A line as a purchase; `vendor` is its registration's, for a line that names none."""
    return Purchase(
        line.id, line.sku, line.vendor or vendor, line.ordered_on or line.dated(), line.distributor,
        f"{line.document_type} {line.document_no}", line.line_no, line.revision.as_of,
    )  # fmt: skip


def purchases_of(
    lines: Mapping[str, OrderLine], assigned: Mapping[str, str], registrations: Mapping[str, Registration]
) -> tuple[Purchase, ...]:
    """What the order lines of a deal book bought: one purchase a SKU, vendor and day, shown by the line of the lowest
    id, in the order of these ids."""
    found: dict[tuple[str, str, date], Purchase] = {}
    for id in sorted(lines):
        if is_purchase(lines[id]):
            one = purchase(lines[id], registrations[assigned[id]].vendor)
            found.setdefault((one.sku, one.vendor, one.day), one)
    return tuple(found.values())


# --- which books ask which ----------------------------------------------------------------------------------------


def look_back(programs: Iterable[Sequence[Program]]) -> int:
    """How many months back the orders of an account are asked by any of these programs' versions; 0: by none beyond
    the quarter."""
    most = 0
    for versions in programs:
        for program in versions:
            asked = program.deal_type_rule
            if asked is not None and asked.source == "orders" and (asked.look_back_months or 0) > most:
                most = asked.look_back_months or 0
    return most


def quarter_in(book: str) -> str:
    """The quarter in a deal book's key; "" for a book of anything but an account's quarter."""
    quarter = book.rpartition("/")[2]
    return quarter if _QUARTER.fullmatch(quarter) else ""


@lru_cache(maxsize=512)
def asked_quarters(quarter: str, months: int) -> tuple[str, ...]:
    """The other quarters whose deal books a book of `quarter` asks for a look-back of so many months, the earliest
    first: from two before its start to the one after its own. None for 0 months or a quarter that is ""."""
    if not quarter or not months:
        return ()
    back = -(-months // 3) + _SLACK
    return tuple(q for q in quarters_from(quarter, -back, _AHEAD) if q != quarter)


def books_asked(book: str, months: int) -> tuple[str, ...]:
    """Keys of the deal books that one asks."""
    account = book.rpartition("/")[0]
    return tuple(f"{account}/{quarter}" for quarter in asked_quarters(quarter_in(book), months))


def books_asking(book: str, months: int) -> tuple[str, ...]:
    """Keys of the deal books that ask this one."""
    account, quarter = book.rpartition("/")[0], quarter_in(book)
    if not quarter or not months:
        return ()
    near = quarters_from(quarter, -_AHEAD, -(-months // 3) + _SLACK)
    return tuple(f"{account}/{other}" for other in near if other != quarter)
