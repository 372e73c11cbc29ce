"""Finance says that a payout of the manual provider was handed over: through payroll, a bank run, a card from a drawer.

The word is stored where the provider keeps its confirmations, so the reconciler would find it by itself; here it is
applied at once. Nobody confirms her own payout (domain.md 31).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.errors import Conflict, Forbidden, InvalidDocument, NotFound, Problem
from chalicelib.domain.payouts import Payout
from chalicelib.domain.salesforce_values import same_person
from chalicelib.services.confirm_payouts import ConfirmPayouts
from chalicelib.services.payout_views import PayoutView, view_of
from chalicelib.services.reward_port import ProviderOrder

MANUAL = "manual"


class ByHand(Protocol):
    """The manual provider, as far as a confirmation needs it."""

    def confirm(self, key: str, paid_on: date, reference: str, now: datetime) -> None:
        """Keep the confirmation. Raises: NotFound, Conflict, ProviderUnavailable."""

    def get(self, order_id: str) -> ProviderOrder | None:
        """The order, delivered once confirmed. Raises: ProviderUnavailable."""


class PayoutReader(Protocol):
    """Where payouts are found."""

    def payout(self, key: str) -> Payout | None:
        """The payout of that key, strongly read."""


@dataclass(frozen=True, slots=True)
class ConfirmByHand:
    """The use case with what it needs."""

    money: PayoutReader
    provider: ByHand
    confirmations: ConfirmPayouts

    def confirm(self, key: str, *, paid_on: date, reference: str, by: str, now: datetime) -> PayoutView:
        """Confirm one payout; repeating the same words changes nothing. Returns the payout as it stands after it.

        Raises: NotFound, Forbidden (one's own payout), Conflict (another provider's, not ordered yet, or confirmed
        with other words), InvalidDocument (a day in the future), ProviderUnavailable.
        """
        payout = self._payout(key)
        if payout.provider != MANUAL:
            raise Conflict(f"Payout {key} was ordered from {payout.provider}, which confirms it itself.")
        if same_person(by, payout.rep):
            raise Forbidden("Nobody confirms her own payout: ask a colleague in finance.")
        if paid_on > now.date():
            problem = Problem("paid_on", "is in the future", "give the day it was handed over", str(paid_on))
            raise InvalidDocument("the confirmation", [problem])
        self.provider.confirm(key, paid_on, reference, now)
        order = self.provider.get(key)
        if order is None:
            raise NotFound(f"No payout {key} was handed over for payment by hand.")
        self.confirmations.apply(MANUAL, order, now)
        return view_of(self._payout(key))

    def _payout(self, key: str) -> Payout:
        payout = self.money.payout(key)
        if payout is None:
            raise NotFound(f"There is no payout {key}.")
        return payout
