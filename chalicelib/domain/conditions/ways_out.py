"""The smallest change after which a condition counts, found by trying it.

A condition proposes what would make it hold. Beside others that may not do: the SKU of one list is in the wrong family
for the next. So every proposal is tried on the line or deal, with the layer's other conditions that hold already, and
when it fails the proposals of all simple conditions inside are combined, the fewest and easiest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import combinations, islice

from chalicelib.domain.awards import Change
from chalicelib.domain.conditions.combinations import AllOf, AnyOf, Not, effort
from chalicelib.domain.conditions.customers import CustomerSize, PublicSector, Stamped
from chalicelib.domain.conditions.deals import OfDealType
from chalicelib.domain.conditions.lines import Attach
from chalicelib.domain.conditions.products import Prefixed, Sku, Vendor
from chalicelib.domain.conditions.subjects import Condition, Subject
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.registrations import DEAL_TYPES

MOST_AT_ONCE = 3  # a remedy of more parts is another deal
_MOST_PROPOSALS = 24
# 24 proposals make 2,324 combinations of up to three; a page of deals under a contradictory rule must not take seconds.
_MOST_TRIED = 400
_TURNED = (Vendor, Sku, Prefixed, OfDealType, CustomerSize, Stamped, PublicSector)  # what may stand in a not
ANOTHER = "another"  # a name nobody gives, for "anything but this"

Product = Callable[[str, str, str], Subject]
"""What SKU, vendor and family mean under a program."""


def smallest(asked: Condition, kept: Sequence[Condition], subject: Subject, product: Product) -> tuple[Change, ...]:
    """The changes that make `asked` hold without breaking `kept`; without `kept` when there are none. No change when it
    holds, or when none of up to three facts would do."""
    if asked.holds(subject):
        return ()
    proposed = asked.changes(subject)
    for others in (kept, ()) if kept else ((),):
        whole = AllOf((asked, *others))
        if proposed and whole.holds(applied(proposed, subject, product)):
            return proposed
        for option in islice(_options(asked, others, subject), _MOST_TRIED):
            if whole.holds(applied(option, subject, product)):
                return option
    return ()


def _options(asked: Condition, others: Sequence[Condition], subject: Subject) -> Iterator[tuple[Change, ...]]:
    """Combinations of what the simple conditions inside propose, of different facts, the least effort first."""
    named = [pair for c in (asked, *others) for a in _atoms(c) for pair in _names(a)]
    every = (c for a in _atoms(asked) for c in _proposals(a, subject, named))
    found = list(dict.fromkeys(every))[:_MOST_PROPOSALS]
    for count in range(1, MOST_AT_ONCE + 1):
        options = [o for o in combinations(found, count) if len({c.fact for c in o}) == count]
        yield from sorted(options, key=effort)


def _atoms(asked: Condition) -> Iterator[Condition]:
    if isinstance(asked, AnyOf | AllOf | Not):
        for part in asked.parts:
            yield from _atoms(part)
    else:
        yield asked


def _proposals(asked: Condition, subject: Subject, named: Sequence[tuple[str, str]]) -> Iterator[Change]:
    """Everything one simple condition could ask for: what it does ask, to be left alone, and either with the names that
    the conditions around it have for the same fact."""
    away = asked.away(subject) if isinstance(asked, _TURNED) else ()
    for change in (*asked.changes(subject), *away):
        yield change
        yield from (replace(change, to=to) for fact, to in named if fact == change.fact)


def _names(asked: Condition) -> Iterator[tuple[str, str]]:
    """Facts and values a condition names."""
    if isinstance(asked, Sku):
        yield from (("sku", number) for number in asked.numbers)
    elif isinstance(asked, Prefixed):
        yield from (("sku", prefix) for prefix in asked.prefixes)
        yield from (("family", name) for name in asked.names)
    elif isinstance(asked, OfDealType):
        yield from (("deal_type", name) for name in asked.types)
    elif isinstance(asked, CustomerSize):
        yield from (("employees", str(least)) for _, least, _ in asked.bands)
    elif isinstance(asked, Vendor):
        yield from (("vendor", name) for name in asked.names)
    elif isinstance(asked, Stamped):
        yield from ((asked.field, name) for name in asked.names)


def applied(changes: Sequence[Change], subject: Subject, product: Product) -> Subject:
    """The line or deal as it would be after these changes."""
    for change in changes:
        subject = _applied(change, subject, product)
    return subject


def _applied(change: Change, subject: Subject, product: Product) -> Subject:
    fact, to = change.fact, change.to
    deal, line = subject.deal, subject.line
    if fact in ("sku", "vendor", "family"):
        sku, vendor, family = subject.sku, subject.vendor, "" if subject.prefixes[0] else subject.family
        sold = {"sku": sku, "vendor": vendor, "family": family, fact: to or ANOTHER}
        made = product(sold["sku"], sold["vendor"], sold["family"])
        return replace(
            subject, sku=made.sku, vendor=made.vendor, family=made.family, tier=made.tier, prefixes=made.prefixes
        )
    if fact == "quantity":
        return replace(subject, quantity=max(subject.quantity, Decimal(to)))
    if fact == "amount":
        return replace(subject, amount=Money.parse(*to.split(" ")))
    if fact == "deal_type":
        return replace(subject, deal_type=next((t for t in DEAL_TYPES if t == to), None))
    if fact == "approved_on":
        return replace(subject, approved_on=date.fromisoformat(to))
    if fact == "ordered_on":
        return replace(subject, line=replace(line, ordered_on=date.fromisoformat(to)) if line else None)
    if fact == "base":
        return replace(subject, beside=_Given(product, to))
    if deal is None:
        return subject
    if fact == "employees":
        return replace(subject, deal=replace(deal, employees=int(to)) if to else deal)
    if fact == "public_sector":
        return replace(subject, deal=replace(deal, public_sector=to == "true"))
    return replace(subject, deal=replace(deal, **{fact: to or ANOTHER}))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Given:
    """A deal in which a line of this product, or of this vendor, is sold as well."""

    product: Product
    name: str

    def attached(self, attach: Attach, deal: str, line: OrderLine | None) -> bool:  # noqa: ARG002 - whatever the line
        """Is it this product that is asked for?"""
        return attach.fits(self.product(self.name, "", "")) or attach.fits(self.product("", self.name, ""))

    def base(self, attach: Attach, deal: str, line: OrderLine | None) -> OrderLine | None:  # noqa: ARG002
        """No line: it is not sold yet."""
        return None
