"""Payouts: what one rep is owed for one period and run, and the states an order of it goes through.

Exactly once rests on three things kept here: a key that follows from (program, period, rep, run) alone, a table of
allowed moves, and a revision on every record. The exact request bytes are stored with the key before anything is
sent and never change under it while an order may exist (domain.md 23).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from chalicelib.domain.errors import BrokenPromise

# 2 s to connect and 10 s to read: a worker silent for 90 s is dead, and the same key may be sent again.
LEASE_S = 90
KEPT_STEPS = 40  # the first ones and the newest ones; a payout in doubt for weeks must not outgrow its item


class PayoutState(StrEnum):
    """Where a payout is. UNKNOWN: the order may exist. NETTED: nothing is left to send after what was owed back."""

    BLOCKED = "blocked"
    PLANNED = "planned"
    NETTED = "netted"
    APPROVED = "approved"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    AWAITING_FUNDS = "awaiting_funds"
    NEEDS_APPROVAL = "needs_approval"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    DELIVERY_FAILED = "delivery_failed"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    CANCELED = "canceled"


S = PayoutState
_SEEN_AT_PROVIDER = frozenset(
    {S.ACCEPTED, S.NEEDS_APPROVAL, S.CONFIRMED, S.DELIVERY_FAILED, S.IN_REVIEW, S.CANCELED, S.CONFLICT}
)

# Every allowed move; anything else raises. An order seen at the provider is never sent again.
MOVES: dict[PayoutState, frozenset[PayoutState]] = {
    S.BLOCKED: frozenset({S.PLANNED, S.BLOCKED}),
    S.PLANNED: frozenset({S.APPROVED}),
    S.NETTED: frozenset(),
    S.APPROVED: frozenset({S.QUEUED}),
    S.QUEUED: frozenset({S.QUEUED, S.SUBMITTING, S.AWAITING_FUNDS}) | _SEEN_AT_PROVIDER,
    S.SUBMITTING: frozenset({S.SUBMITTING, S.QUEUED, S.UNKNOWN, S.AWAITING_FUNDS, S.REJECTED}) | _SEEN_AT_PROVIDER,
    S.UNKNOWN: frozenset({S.UNKNOWN, S.QUEUED, S.SUBMITTING}) | _SEEN_AT_PROVIDER,
    S.AWAITING_FUNDS: frozenset({S.QUEUED, S.SUBMITTING}) | _SEEN_AT_PROVIDER,
    S.NEEDS_APPROVAL: _SEEN_AT_PROVIDER,
    S.ACCEPTED: _SEEN_AT_PROVIDER,
    S.DELIVERY_FAILED: _SEEN_AT_PROVIDER,
    S.IN_REVIEW: _SEEN_AT_PROVIDER,
    # A delivered reward may still be looked into or taken back; it is never "open" again.
    S.CONFIRMED: frozenset({S.IN_REVIEW, S.CANCELED, S.DELIVERY_FAILED}),
    # A definite refusal left no order: a corrected address may be sent under the same key once the key is proven free.
    S.REJECTED: frozenset({S.APPROVED}),
    S.CONFLICT: frozenset(),
    S.CANCELED: frozenset(),
}

# Nothing of ours will change these any more; a person or the provider may.
SETTLED = frozenset({S.NETTED, S.CONFIRMED, S.CANCELED})
# Waiting for a person: shown on work lists, aged, never retried by themselves.
STUCK = frozenset({S.BLOCKED, S.REJECTED, S.CONFLICT, S.DELIVERY_FAILED, S.IN_REVIEW, S.NEEDS_APPROVAL})
# States in which the provider's account was debited.
CHARGED = frozenset({S.ACCEPTED, S.NEEDS_APPROVAL, S.CONFIRMED, S.DELIVERY_FAILED, S.IN_REVIEW})

LineKind = Literal["award", "reversal", "prize", "carry"]


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One line of a payout. `award` pays points of a layer; `reversal` takes back what an earlier run of the period
    paid and a correction lowered; `carry` takes back what another program overpaid. `amount_minor` = points x value. A
    `prize` is money for a place: no points, paid by the layer."""

    kind: LineKind
    layer: str
    points: int
    amount_minor: int
    payer_of_record: str = ""
    tax_treatment: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class PaidAward:
    """What one award got in one payout: points (tier bonus included, negative for a reversal), and its confirmed
    points as they stood. Vendor claims are made from these (domain.md 42)."""

    layer: str
    registration: str
    points: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a payout: to which state, when, why."""

    state: PayoutState
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """One reward order to be: who, for what, how much, and what became of it.

    `request` are the exact bytes to send (b"" while BLOCKED or NETTED), `request_sha256` their hash and
    `planned_sha256` the hash the digest was made with ("" when planned without an address). `earned_at` is when the
    last of its awards became confirmed for us; `clock_from` starts its 48 h: the period's end for run 0, the first
    confirmation for a trailing run. `rev` counts writes.
    """

    key: str
    program: str
    period: str
    run: int
    rep: str
    provider: str
    currency: str
    amount_minor: int
    lines: tuple[PayoutLine, ...]
    awards: tuple[PaidAward, ...]
    state: PayoutState
    earned_at: datetime
    clock_from: datetime
    period_end: datetime
    planned_at: datetime
    products: tuple[str, ...] = ()
    message: str = ""
    recipient_name: str = ""
    recipient_email: str = ""
    request: bytes = b""
    request_sha256: str = ""
    planned_sha256: str = ""
    approved_at: datetime | None = None
    approved_minor: int | None = None
    queued_at: datetime | None = None
    ordered_at: datetime | None = None
    confirmed_at: datetime | None = None
    attempt: int = 0
    lease_until: datetime | None = None
    retry_at: datetime | None = None
    order_id: str = ""
    reward_id: str = ""
    charged_minor: int | None = None
    reason: str = ""
    history: tuple[Step, ...] = ()
    rev: int = 0

    def granted_minor(self, layer: str) -> int:
        """Minor units of the layer's budget for awards this payout uses: awards less reversals."""
        return sum(x.amount_minor for x in self.lines if x.layer == layer and x.kind in ("award", "reversal"))

    def prize_minor(self, layer: str = "") -> int:
        """Minor units of rank prizes in this payout, of one layer or of all."""
        return sum(x.amount_minor for x in self.lines if x.kind == "prize" and layer in ("", x.layer))


@dataclass(frozen=True, slots=True)
class Approval:
    """Who released a run, and exactly what: the digest of its payouts. `by` is "auto" under the program's limit."""

    by: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class LayerTotal:
    """How a run's payable amount of one layer follows from the ledger: confirmed points (of the awards considered),
    bonus of tiers, less what caps and the budget cut, less what earlier runs granted = points paid now. Rank prizes
    come beside them. `held` are points that wait for the decision of a dispute."""

    layer: str
    confirmed: int
    bonus: int
    cut_by_cap: int
    cut_by_budget: int
    granted_before: int
    owed_back: int
    points: int
    amount_minor: int
    prizes_minor: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """An award a run leaves out because it is disputed: whose, of which deal and layer ("" for all), by which
    dispute. What she earned otherwise, and everybody else, is paid (domain.md 32)."""

    rep: str
    registration: str
    layer: str
    dispute: str


@dataclass(frozen=True, slots=True)
class Run:
    """One payout run of a period: 0 is the base, later ones trail. `planned` counts payouts put; `digest` seals it:
    after that nothing can be added. `held` is fixed with the run's first write, so that every attempt plans the same.
    The `*_sent_at` marks say which register finance already has."""

    program: str
    run: int
    planned: int = 0
    planned_at: datetime | None = None
    digest: str = ""
    sealed_at: datetime | None = None
    total_minor: int = 0
    currency: str = ""
    totals: tuple[LayerTotal, ...] = ()
    approval: Approval | None = None
    planned_sent_at: datetime | None = None
    approved_sent_at: datetime | None = None
    confirmed_sent_at: datetime | None = None
    held: tuple[Held, ...] = ()
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """Something that does not tie between us and the provider; kept until a person closes it."""

    provider: str
    id: str
    kind: str
    key: str
    detail: str
    found_at: datetime
    resolved_by: str = ""
    resolution: str = ""


def payout_key(program: str, period: str, rep: str, run: int) -> str:
    """The order key: 35 alphanumerics that follow from its four parts alone.

    >>> payout_key("q4", "2026-10-01/2026-12-31", "005A", 0) == payout_key("q4", "2026-10-01/2026-12-31", "005A", 0)
    True
    >>> len(payout_key("q4", "2026-10-01/2026-12-31", "005A", 1))
    35
    """
    parts = "\x1f".join((program, period, rep, str(run)))
    return "SPF" + base64.b32encode(hashlib.sha256(parts.encode()).digest()).decode()[:32]


def digest(payouts: Iterable[Payout]) -> str:
    """sha256 over what a run pays: key, rep, amount, every line and the hash of the bytes, sorted by key.

    A payout planned without an address has no bytes yet; the address it gets later is a step of its history and
    changes nothing that was approved about who gets how much.
    """
    total = hashlib.sha256()
    for payout in sorted(payouts, key=lambda p: p.key):
        lines = "|".join(f"{x.kind},{x.layer},{x.points},{x.amount_minor}" for x in payout.lines)
        total.update(
            "\x1f".join(
                (payout.key, payout.rep, str(payout.amount_minor), payout.currency, lines, payout.planned_sha256, "\n")
            ).encode()
        )
    return total.hexdigest()


def move(payout: Payout, to: PayoutState, at: datetime, why: str = "") -> Payout:
    """The payout in its next state, one revision up. Raises: BrokenPromise for a move `MOVES` does not allow."""
    if to not in MOVES[payout.state]:
        raise BrokenPromise(
            f"Payout {payout.key} ({payout.program}, run {payout.run}, rep {payout.rep}) is {payout.state}: "
            f'it cannot become {to} ("{why}"). Look at its history before anything is sent again.'
        )
    history = (*payout.history, Step(to, at, why))
    if len(history) > KEPT_STEPS:
        history = (*history[: KEPT_STEPS // 2], *history[-KEPT_STEPS // 2 :])
    return replace(payout, state=to, reason=why, history=history, rev=payout.rev + 1)


def checked(payout: Payout) -> Payout:
    """The payout, when it may be sent. Raises: BrokenPromise when amount, lines, bytes or approval disagree."""
    where = f"Payout {payout.key} ({payout.program}, run {payout.run}, rep {payout.rep})"
    if payout.approved_minor != payout.amount_minor or payout.approved_at is None:
        raise BrokenPromise(f"{where}: {payout.amount_minor} is not the approved {payout.approved_minor}; not sent")
    if sum(line.amount_minor for line in payout.lines) != payout.amount_minor or payout.amount_minor <= 0:
        raise BrokenPromise(f"{where}: its lines do not sum to a positive {payout.amount_minor}; not sent")
    if not payout.request or hashlib.sha256(payout.request).hexdigest() != payout.request_sha256:
        raise BrokenPromise(f"{where}: the stored request is not the one that was planned; not sent")
    return payout
