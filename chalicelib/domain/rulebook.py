"""All programs a deal is scored under, ready to judge: which of their layers it can reach at all.

Most rules are about other products, other types of deal or more seats than there are. Every layer of every version has
a place, and three look-ups say which places a deal can earn under: by its products, its type and its seats. Each passes
over a place only when nothing else could make it earn, so scoring the places that are left gives the same points.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, groupby
from typing import NamedTuple

from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import DEAL_TYPES, DealType, Registration
from chalicelib.domain.rules import LayerRule, ProductKey, Rule, rule_of

# Part numbers seen; a feed with more distinct ones only pays for judging them again.
_PRODUCTS_KEPT = 65_536
# Places reached together: as many as there are kinds of deal.
_SETS_KEPT = 4096
# Sets of programs: those of a book, and each program alone. Beyond this they are dropped rather than kept.
_RULEBOOKS_KEPT = 64


class Page(NamedTuple):
    """Layers of one version of a program. `versions` are all its versions when there are several, of which one rules a
    deal; empty when there is only this."""

    program: str
    rule: Rule
    layers: Sequence[LayerRule]
    versions: Sequence[Program]


class Place(NamedTuple):
    """One layer of one page."""

    page: Page
    layer: LayerRule


class Rulebook:
    """The `pages` of all versions, in the order of the programs. Sets of places are integers, a bit each, the first
    place the lowest."""

    __slots__ = ("_enough", "_places", "_products", "_sets", "_steps", "_types", "pages")

    def __init__(self, versions: Mapping[str, Sequence[Program]]) -> None:
        self.pages = tuple(
            Page(program, rule, rule.layers, tuple(found) if len(found) > 1 else ())
            for program, found in versions.items()
            for rule in map(rule_of, found)
        )
        self._places = [Place(page, layer) for page in self.pages for layer in page.layers]
        self._products: dict[ProductKey, int] = {}
        self._types = {t: self._set(partial(_may_pay, deal_type=t)) for t in (None, *DEAL_TYPES)}
        # What places ask for at least, from the fewest seats up, and the places that ask for no more than that.
        self._steps = sorted({0, *(p.layer.least for p in self._places)})
        self._enough = [self._set(partial(_asks_at_most, seats=seats)) for seats in self._steps]
        self._sets: dict[int, tuple[Page, ...]] = {}

    def reached(
        self, registration: Registration, lines: Sequence[OrderLine], products: Sequence[ProductKey]
    ) -> tuple[Page, ...]:
        """The pages a deal with these lines, of these products, may earn anything under, with those layers only."""
        found = self._with((registration.sku, registration.vendor, registration.family))
        for product in products:
            found |= self._with(product)
        if not registration.renewed_quantity:  # else of two types
            found &= self._types[registration.deal_type]
        enough = found & self._enough[bisect_right(self._steps, registration.quantity) - 1]
        if enough != found:
            sold = sum(line.quantity for line in lines if line.quantity > 0)
            enough |= found & self._enough[bisect_right(self._steps, sold) - 1]
        known = self._sets.get(enough)
        if known is None:
            if len(self._sets) >= _SETS_KEPT:
                self._sets.clear()
            known = self._sets[enough] = tuple(self._pages(enough))
        return known

    def _pages(self, places: int) -> Iterator[Page]:
        among = (place for i, place in enumerate(self._places) if places >> i & 1)
        for page, of_page in groupby(among, key=lambda place: place.page):
            yield page._replace(layers=tuple(layer for _, layer in of_page))

    def _with(self, product: ProductKey) -> int:
        known = self._products.get(product)
        if known is None:
            if len(self._products) >= _PRODUCTS_KEPT:
                self._products.clear()
            known = self._products[product] = self._set(lambda p: p.layer.about(product))
        return known

    def _set(self, holds: Callable[[Place], bool]) -> int:
        return sum(1 << i for i, place in enumerate(self._places) if holds(place))


def _may_pay(place: Place, deal_type: DealType | None) -> bool:
    """Can it pay for a deal that is registered as this type? Other lines of the book may make it another type."""
    return bool(place.layer.pays) if place.page.rule.asks_beside else deal_type in place.layer.pays


def _asks_at_most(place: Place, seats: int) -> bool:
    return place.layer.least <= seats


_rulebooks: dict[tuple[object, ...], Rulebook] = {}


def rulebook_of(versions: Mapping[str, Sequence[Program]]) -> Rulebook:
    """The programs compiled, made once for the same programs. `versions` maps a program id to all its activated
    versions; a program without any is left out."""
    # A kept rulebook holds its programs, so none of these numbers is given to another one meanwhile.
    key = (*versions, *map(id, chain.from_iterable(versions.values())))
    known = _rulebooks.get(key)
    if known is None:
        if len(_rulebooks) >= _RULEBOOKS_KEPT:
            _rulebooks.clear()
        known = _rulebooks[key] = Rulebook(versions)
    return known
