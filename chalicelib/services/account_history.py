"""What an account bought in other quarters: the copies its deal books keep of each other, and how they are kept true.

A program whose rule for deal types looks back through orders (`DealTypeRule.look_back_months`) asks for more than one
deal book holds. Every book of an account copies what the others bought. A book that changes commits first and looks at
the others then, and so does a book whose copy is renewed: whichever of two commits last sees the other, so no copy
stays behind. Nothing remembers that somebody has yet to look: a delivery that comes again looks again, at every book
the one before it may have changed, for the process may have died in between.

None of this is read, written or looked at while no active program asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import books_asked, books_asking, look_back, quarter_in
from chalicelib.services.core_port import Snapshot

# Books brought up to date with one read where there are many: each asks some six others, with three years fourteen.
_TOGETHER = 10


class Books(Protocol):
    """The part of the core that is read here."""

    def read(self, *, books: Collection[str] = ()) -> Snapshot:
        """Whole deal books, each strongly consistent."""


def with_history(
    store: Books, books: Mapping[str, DealBook], programs: Mapping[str, Sequence[Program]]
) -> dict[str, DealBook]:
    """These books, each with what the others of its account say now was bought: one read for a few, none where no
    program asks. A book among them counts as it is here, not as it is stored."""
    months, found = look_back(programs.values()), dict(books)
    if not months:
        return found
    names = sorted(found)
    for start in range(0, len(names), _TOGETHER):
        some = names[start : start + _TOGETHER]
        missing = {other for name in some for other in books_asked(name, months)} - set(found)
        around = {**(store.read(books=sorted(missing)).books if missing else {}), **found}
        found |= {name: found[name].beside(around, months) for name in some}
    return found


def out_of_date(store: Books, keys: Collection[str], months: int) -> list[str]:
    """Of these books and those that ask them, the stored ones whose copy is not what the books it is of say now: one
    read for a few."""
    wanted = {key for key in keys if quarter_in(key)}
    asking = {key: books_asking(key, months) for key in wanted}
    reach = wanted.union(*(books_asked(key, months) for key in wanted), *asking.values())
    books = store.read(books=sorted(reach)).books if reach else {}
    found = {key for key in wanted if books[key].revision and books[key].beside(books, months) is not books[key]}
    for key, others in asking.items():
        bought, quarter = books[key].purchases(), quarter_in(key)
        found |= {o for o in others if books[o].revision and books[o].bought_elsewhere.get(quarter, ()) != bought}
    return sorted(found)
