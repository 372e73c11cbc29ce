"""What one deal is worth under every program, from the facts alone.

A pure function of a registration, the order lines assigned to it and the program versions: no clock, no order of
arrival (domain.md 5, 6). In short:

* A program dated by the approval qualifies on the local day of approval; one dated by the order on each line's own
  order or invoice date. The version in force on that day rules the whole deal; while no order is known, the
  approval day's (domain.md 1, 34).
* A line counts when its document is the one the program names, it is not held, lies in the window and is dated no
  later than confirm-by and the registration's valid-until (both days included), and the layer's conditions on
  products hold. The other document is evidence; its returns and credits still take away (domain.md 7, 39).
* Provisional is the registered value that no document covers yet, confirmed the net of what counts. What was
  cancelled waits again, what was returned does not (domain.md 39). A credit or return never raises anything.
* Minima are judged on the registered value for the provisional part, on the confirmed net for the confirmed part.
* Points from seats use whole seats: a fraction of a confirmed or waiting quantity is rounded down. Percentages round
  half up once, on the whole of what they cover (domain.md 34).

The hot path (`explain=False`) builds no text: its awards carry `NO_PROOF`. `explain=True` gives the same numbers with
a proof for each (domain.md 29).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.awards import Award, BusinessTime, Proof
from chalicelib.domain.calendar import local_day
from chalicelib.domain.deal_types import typed
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.purchases import Purchase
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rulebook import Page, Rulebook, rulebook_of
from chalicelib.domain.rules import LayerRule, ProductKey, Rule, Sorted, products_of
from chalicelib.domain.versions import ruling
from chalicelib.domain.worth import Worth, deal_worth

NO_PROOF = Proof((), "", "")
NO_LINES = Sorted((), (), (), frozenset())


def refusal(registration: Registration) -> str:
    """Why a registration can earn nothing at all, in words; "" when it may."""
    if registration.status in ("submitted", "rejected", "deleted"):
        return f"the registration is {registration.status}"
    if registration.approved_at is None:
        return f"the registration is {registration.status} but carries no approval date"
    if registration.trouble:
        return "; ".join(registration.trouble)
    if not registration.credits:
        return "nobody is credited with the deal"
    return ""


def score_deal(
    registration: Registration,
    lines: Sequence[OrderLine],
    versions: Mapping[str, Sequence[Program]],
    *,
    explain: bool = False,
    book: BookLines | None = None,
    zeros: bool = True,
) -> list[Award]:
    """One award per program and layer, ordered as the programs and their layers are; without `zeros` those are left out
    that are worth nothing, which is most of them where many programs run.

    `lines` are the order lines assigned to this registration, in any order; `versions` maps a program id to all its
    activated versions; `book` holds the lines of the whole deal book, these among them (None: there are no others).
    `explain` adds the proof to each award; the numbers are the same without.
    """
    return score(registration, lines, rulebook_of(versions), explain=explain, book=book, zeros=zeros)


def score(
    registration: Registration,
    lines: Sequence[OrderLine],
    rulebook: Rulebook,
    *,
    explain: bool = False,
    book: BookLines | None = None,
    zeros: bool = True,
) -> list[Award]:
    """`score_deal` for who scores many deals under the same programs: their rulebook is looked up once."""
    awards: list[Award] = []
    refused = refusal(registration)
    if refused and not zeros:
        return awards
    products = products_of(lines, registration.vendor)
    told = _Told(registration, lines, products, refused, book)
    for page in rulebook.pages if zeros else rulebook.reached(registration, lines, products):
        if page.versions and not told.rules(page):
            continue
        rule = page.rule
        under = told.under(rule)
        version, approved_on = rule.program.version, under.approved_on
        for layer in page.layers:
            found, waiting, confirmed = None, 0, 0
            if approved_on is not None and not refused:
                found = deal_worth(rule, layer, under.deal, under.lines, approved_on)
                waiting, confirmed = found.provisional, found.confirmed
            if not (zeros or waiting or confirmed):
                continue
            proof = told.proof(rule, layer, under, found) if explain else NO_PROOF
            when = told.when(under, found)
            awards.append(
                Award(registration.id, page.program, layer.layer.id, version, waiting, confirmed, when, proof)
            )
    return awards


@dataclass(slots=True)
class _Under:
    """The deal as one version sees it: its local day of approval, with the type that counts and the purchase that
    decided it (None: the registration did), its lines sorted. `when` is where it stood in business time when last
    asked."""

    approved_on: date | None
    deal: Registration
    lines: Sorted
    bought: Purchase | None = None
    when: BusinessTime | None = None


@dataclass(slots=True)
class _Told:
    """A deal and all that was told of it. What versions with the same dates have in common is done once."""

    registration: Registration
    lines: Sequence[OrderLine]
    products: Sequence[ProductKey]
    refused: str
    book: BookLines | None
    by_dates: dict[int, _Under] = field(default_factory=dict)
    in_force: dict[str, Program] = field(default_factory=dict)

    def rules(self, page: Page) -> bool:
        """Of a program with several versions: is this the one that rules the deal?"""
        if page.program not in self.in_force:
            self.in_force[page.program] = ruling(page.versions, self.registration, self.lines, self.book)
        return self.in_force[page.program] is page.rule.program

    def under(self, rule: Rule) -> _Under:
        """The deal under a version; nothing is looked at when it is refused or was never approved."""
        registration = self.registration
        if rule.asks_beside or registration.renewed_quantity:
            return self._beside(rule)
        known = self.by_dates.get(rule.dates)
        if known is None:
            approved_at = registration.approved_at
            approved_on = local_day(approved_at, rule.program.window.zone) if approved_at is not None else None
            known = self.by_dates[rule.dates] = _Under(approved_on, registration, NO_LINES)
            if self.lines and approved_on is not None and not self.refused:
                known.lines = rule.sort(self.lines, registration, approved_on, products=self.products)
        return known

    def _beside(self, rule: Rule) -> _Under:
        """The same where the other lines of the deal book matter: each program asks for others."""
        registration = self.registration
        if registration.approved_at is None:
            return _Under(None, registration, NO_LINES)
        approved_on = local_day(registration.approved_at, rule.program.window.zone)
        if self.refused:
            return _Under(approved_on, registration, NO_LINES)
        book = self.book or BookLines({registration.id: registration}, {registration.id: self.lines})
        deal, bought = typed(registration, rule, approved_on, book)
        lines = rule.sort(self.lines, registration, approved_on, book.under(rule), self.products)
        return _Under(approved_on, deal, lines, bought)

    def when(self, under: _Under, found: Worth | None) -> BusinessTime | None:
        """Where the award stands in business time: by the earliest line that counts, else by the approval."""
        approved_at = self.registration.approved_at
        if under.approved_on is None or approved_at is None:
            return None
        day = found.counted.first if found is not None and found.counted.first else under.approved_on
        if under.when is None or under.when.qualified_on != day:
            under.when = BusinessTime(day, approved_at, self.registration.id)
        return under.when

    def proof(self, rule: Rule, layer: LayerRule, under: _Under, found: Worth | None) -> Proof:
        """Why the award is what it is."""
        from chalicelib.domain.layer_terms import with_terms  # the hot path never needs these
        from chalicelib.domain.proofs import proof_of

        return with_terms(
            proof_of(rule, layer, under.deal, self.lines, found, self.refused, under.lines, under.bought),
            rule, layer, found, under.approved_on,
        )  # fmt: skip
