"""A deal registration as Salesforce last told it.

A registration is a last-writer-wins register keyed by SystemModstamp: the newest version replaces, an older one
changes nothing (domain.md 15). Who is credited is a fact of the registration itself (domain.md 35).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chalicelib.domain.calendar import quarter_of
from chalicelib.domain.identifiers import match_keys
from chalicelib.domain.money import Money

Status = Literal["submitted", "approved", "rejected", "lost", "expired", "deleted"]
DealType = Literal["net_new", "renewal", "expansion"]
DEAL_TYPES: tuple[DealType, ...] = ("net_new", "renewal", "expansion")

WHOLE = 10_000  # a split's shares are hundredths of a percent and sum to exactly this


@dataclass(frozen=True, slots=True)
class Credit:
    """A person's part of a deal: Salesforce user id and share in hundredths of a percent, of the deal or, with a
    `role`, of what an overlay pays for that role."""

    rep: str
    share: int
    role: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration at one version.

    `id` is the 18-character Salesforce id, `version` its SystemModstamp (UTC). `number`, `bid` and `po` are the
    identifiers a distributor may quote back. `quantity` counts seats or units; `amount` is the registered value.
    `approved_at` is None until approved; `valid_until` includes that day. `credits` is empty only when nobody is
    credited yet; the `owner` sees the deal from the first moment, credited or not. `sku` or `family` may be "" when
    the deal names only one of them. `trouble` holds, in words, what the record lacks or contradicts (a split that
    is not 100 %, an amount that is no number): such a deal is shown and earns nothing until it is mended. `overlays`
    are people credited in a role beside the split; the shares of each role sum to 100 % of their own (domain.md 16).

    `employees`, `segment`, `vertical`, `region` and `public_sector` describe the customer as stamped on this record:
    they are as of the deal's date and never looked up later (domain.md 14). Not stamped is None or "".
    `renewed_quantity` is how many of the seats renew what the customer has; the rest is expansion (domain.md 13).
    """

    id: str
    version: datetime
    status: Status
    account: str
    created_at: datetime
    account_name: str = ""
    number: str = ""
    bid: str = ""
    po: str = ""
    approved_at: datetime | None = None
    valid_until: date | None = None
    vendor: str = ""
    sku: str = ""
    family: str = ""
    quantity: int = 0
    amount: Money | None = None
    deal_type: DealType | None = None
    owner: str = ""
    credits: tuple[Credit, ...] = ()
    trouble: tuple[str, ...] = ()
    employees: int | None = None
    segment: str = ""
    vertical: str = ""
    region: str = ""
    public_sector: bool | None = None
    renewed_quantity: int | None = None
    overlays: tuple[Credit, ...] = ()

    def credited(self, role: str) -> tuple[Credit, ...]:
        """Who divides an award: the split, or for an overlay the people in its role."""
        return tuple(c for c in self.overlays if c.role == role) if role else self.credits

    def seen_by(self) -> tuple[str, ...]:
        """Reps whose deal list shows this registration: the credited ones, in whatever role, and the owner."""
        credited = [c.rep for c in (*self.credits, *self.overlays)]
        return tuple(dict.fromkeys([*credited, *([self.owner] if self.owner else [])]))

    def match_keys(self) -> tuple[str, ...]:
        """Match keys it can be found under, strongest first. A deleted one has none; a rejected one keeps only its
        number: an order that quotes it finds out why it does not count, but takes nobody else's PO."""
        if self.status == "deleted":
            return ()
        if self.status == "rejected":
            return match_keys(number=self.number, bid="", po="", sku="")
        return match_keys(number=self.number, bid=self.bid, po=self.po, sku=self.sku)

    def book(self) -> str:
        """Key of the deal book this registration lives in: account and quarter of creation. One without an account
        has a book of its own: all of them together would be one hot book."""
        return f"{self.account or self.id}/{quarter_of(self.created_at)}"


def divide(total: int, credits: Sequence[Credit]) -> list[int]:
    """Divide integer points by the shares of a split, largest remainder first; the parts sum to `total`.

    Equal remainders go by the order of the split, then rep id (domain.md 16, 35). Each part is within a point of its
    share, which no method gives that also never raises a part when the total falls; so among three or more a smaller
    total may move one point from one to another. A negative total divides like its mirror image.
    Raises: AssertionError when the shares do not sum to 100 %.

    >>> divide(100, [Credit("a", 3333), Credit("b", 3333), Credit("c", 3334)])
    [33, 33, 34]
    """
    assert sum(c.share for c in credits) == WHOLE, f"a split must sum to 100 %, not {[c.share for c in credits]}"
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * c.share // WHOLE for c in credits]
    by_remainder = sorted(range(len(credits)), key=lambda i: (-(size * credits[i].share % WHOLE), i, credits[i].rep))
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
