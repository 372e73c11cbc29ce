"""What a deal that misses would be worth after the smallest change its proof names (domain.md 29).

Only more of the same deal is tried, seats or amount: another product, customer or date is another deal, a further
product has no price yet, and what was not stated may turn out either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Award, Change, Verdict
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.domain.scoring import score_deal

# How a change writes a fact of the registration, read back.
_READ: dict[str, Callable[[str], object]] = {"quantity": int, "amount": lambda to: Money.parse(*to.split(" "))}


def changes_of(verdicts: Iterable[Verdict]) -> Iterator[Change]:
    """The smallest changes that the misses among these name, or those of the parts they are made of."""
    for verdict in verdicts:
        if not verdict.holds:
            yield from verdict.changes or changes_of(verdict.parts)


def in_reach(
    registration: Registration,
    lines: Sequence[OrderLine],
    award: Award,
    versions: Sequence[Program],
    book: BookLines,
) -> int:
    """Points the whole deal would have under the award's layer were the registration for as much as its proof asks; 0
    when nothing is missing, or something else is. `award` carries its proof, `versions` are those of its program,
    `lines` and `book` the order lines as they are."""
    changes = list(changes_of(award.proof.verdicts))
    if not changes or any(c.kind != "more" or c.fact not in _READ for c in changes):
        return 0
    changed = replace(registration, **{c.fact: _READ[c.fact](c.to) for c in changes})  # type: ignore[arg-type]
    beside = replace(book, registrations={**book.registrations, registration.id: changed}, _under={})
    then = score_deal(changed, lines, {award.program: versions}, book=beside)
    return next((x.provisional + x.confirmed for x in then if x.layer == award.layer), 0)
