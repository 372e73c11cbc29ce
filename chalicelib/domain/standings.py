"""A rep's standing in one program: sums of the ledger, the fence, and what follows from them.

The fence is a short text every score must still find unchanged when it writes: enrolled from, enrolled to, and the
bucket new points go to. Freezing a standing changes its fence, so a score that decided before the freeze is refused
and decides again into the trailing bucket; no hot period item is needed (domain.md 37).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from chalicelib.domain.ledger import Bucket
from chalicelib.domain.programs import Layer


@dataclass(frozen=True, slots=True)
class Fence:
    """What a score assumed about a standing. `enrolled_to` None: until further notice; both days count."""

    enrolled_from: date
    enrolled_to: date | None
    bucket: Bucket

    def __str__(self) -> str:
        return f"{self.enrolled_from}/{self.enrolled_to or ''}/{self.bucket}"

    @classmethod
    def read(cls, text: str) -> Fence:
        """The inverse of str(). Raises: ValueError."""
        start, end, bucket = text.split("/")
        if bucket not in ("base", "trailing"):
            raise ValueError(f'"{text}" is no fence')
        return cls(date.fromisoformat(start), date.fromisoformat(end) if end else None, bucket)  # type: ignore[arg-type]

    def covers(self, day: date) -> bool:
        """Was the rep enrolled on that day?"""
        return self.enrolled_from <= day and (self.enrolled_to is None or day <= self.enrolled_to)


@dataclass(frozen=True, slots=True)
class Sums:
    """One layer's points of one rep: confirmed base, provisional base, and the same posted after the freeze."""

    base_confirmed: int = 0
    base_provisional: int = 0
    trailing_confirmed: int = 0
    trailing_provisional: int = 0

    @property
    def confirmed(self) -> int:
        """Confirmed points of both buckets."""
        return self.base_confirmed + self.trailing_confirmed

    @property
    def provisional(self) -> int:
        """Points that still wait."""
        return self.base_provisional + self.trailing_provisional


@dataclass(frozen=True, slots=True)
class Standing:
    """One rep in one program; `layers` maps a layer id to its sums (absent: zero). `deals` counts the deals that
    earn anything, `deals_confirmed` those of them with confirmed points."""

    program: str
    rep: str
    fence: Fence
    layers: dict[str, Sums] = field(default_factory=dict)
    deals: int = 0
    deals_confirmed: int = 0

    def sums(self, layer: str) -> Sums:
        """The layer's sums, zero when nothing was ever posted."""
        return self.layers.get(layer, Sums())


@dataclass(frozen=True, slots=True)
class Gap:
    """How far to the next tier: its name, confirmed points missing, and whether the points that still wait would reach
    it. `bonus_points` is what reaching it adds to those points; `percent` what base points are worth there (100: no
    more than themselves)."""

    tier: str
    bonus_points: int
    missing: int
    pending_reaches: bool
    percent: int = 100


def tier_bonus(layer: Layer, confirmed: int) -> int:
    """What the tiers add to `confirmed` base points, in points: a pure function of the total, so that no order of
    deals matters and a trailing run pays the difference (domain.md 37). Percentages round half up, once."""
    reached = sorted((t for t in layer.tiers if confirmed >= t.from_points), key=lambda t: t.from_points)
    if not reached:
        return 0
    if layer.tier_kind == "bonus":
        return sum(t.bonus_points for t in reached)
    if layer.tier_kind == "retroactive":
        extra = confirmed * (reached[-1].percent - 100)
    else:
        ends = [*(t.from_points for t in reached[1:]), confirmed]
        extra = sum((end - t.from_points) * (t.percent - 100) for t, end in zip(reached, ends, strict=True))
    return (2 * extra + 100) // 200


def payable_points(layer: Layer, confirmed: int) -> int:
    """Confirmed points plus tier bonuses, at most the cap per rep, never below zero (domain.md 21)."""
    points = confirmed + tier_bonus(layer, confirmed)
    if layer.cap_points_per_rep is not None:
        points = min(points, layer.cap_points_per_rep)
    return max(points, 0)


def next_tier(layer: Layer, sums: Sums) -> Gap | None:
    """The nearest tier not yet reached, counted in confirmed base points (domain.md 36); None when none is left."""
    ahead = [t for t in layer.tiers if t.from_points > sums.confirmed]
    if not ahead:
        return None
    tier = min(ahead, key=lambda t: t.from_points)
    brings = tier_bonus(layer, tier.from_points) - tier_bonus(layer, sums.confirmed)
    return Gap(
        tier.name, brings, tier.from_points - sums.confirmed,
        sums.confirmed + sums.provisional >= tier.from_points, tier.percent,
    )  # fmt: skip
