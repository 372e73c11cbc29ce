"""Which telling of an order line stands when it was told more than once, whatever order the tellings arrived in.

The later revision wins: the document's own revision number, then the instant its file speaks of. Two tellings of one
revision that differ in money, quantity, product or date are held for a person (domain.md 8, 39).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from chalicelib.domain.orders import OrderLine

Fate = Literal["scored", "pending", "unmatched", "duplicate", "superseded"]
"""What became of a told line (domain.md 41): scored (matched, whatever it is worth), pending (held for a person or
ambiguous), unmatched (waits under its keys), duplicate (told before), superseded (a newer telling is known)."""

TOLD_TWO_WAYS = "told two ways at the same date: one of two tellings of this line is wrong, the larger stands meanwhile"


def newest(known: OrderLine | None, line: OrderLine) -> tuple[Fate | None, OrderLine]:
    """Which telling of a line stands, and the fate of the one just told when it is not simply the line's new state.

    The same content told again is a duplicate; of its tellings the latest is kept, for it may carry an identifier the
    earlier ones lacked. Two tellings of one revision that differ are held; the larger content stands meanwhile.
    """
    if known is None or known == line:
        return None, line
    same = known.content() == line.content()
    if line.revision.key() > known.revision.key():
        return ("duplicate" if same else None), line
    if line.revision.key() < known.revision.key():
        return ("duplicate" if same else "superseded"), known
    if same:
        held = TOLD_TWO_WAYS if TOLD_TWO_WAYS in (known.held, line.held) else max(known.held, line.held)
        return "duplicate", replace(max(known, line, key=_tells_more), held=held)
    return "pending", replace(
        max(known, line, key=lambda told: (told.content(), _tells_more(told))), held=TOLD_TWO_WAYS
    )


def _tells_more(line: OrderLine) -> tuple[object, ...]:
    """Among tellings of one revision and content the one with more identifiers is kept. A total order, so that no
    field of the line ever depends on which came first."""
    return (len(line.match_keys()), line.match_keys(), line.customer, repr(replace(line, held="")))
