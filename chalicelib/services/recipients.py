"""Who gets a payout, and whether it may be sent there."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.payouts import Payout, PayoutState, Step
from chalicelib.domain.programs import Program
from chalicelib.services.ports import Person
from chalicelib.services.provider_orders import intent
from chalicelib.services.reward_port import RewardProvider

WITHOUT_ADDRESS = "payout_without_address"


def hindrance(person: Person | None, program: Program) -> str:
    """Why nothing can be sent to this person, "" when it can (domain.md 26: countries are an allow-list)."""
    if person is None:
        return "the user sync never delivered this rep: sync users, or ask finance for an address"
    if "@" not in person.email:
        return "no e-mail address: complete the user in Salesforce, or enter an address"
    if program.countries and person.country not in program.countries:
        where = person.country or "an unknown country"
        return f"lives in {where}; the program pays in {', '.join(program.countries)}"
    return ""


def with_request(payout: Payout, name: str, email: str, provider: RewardProvider) -> Payout:
    """The payout with its recipient and the exact bytes that will be sent, and only those."""
    payout = replace(payout, recipient_name=name, recipient_email=email)
    body = provider.request(intent(payout))
    return replace(payout, request=body, request_sha256=hashlib.sha256(body).hexdigest())


def addressed(
    payout: Payout, person: Person | None, program: Program, provider: RewardProvider, now: datetime
) -> Payout:
    """A new payout, PLANNED with its bytes, or BLOCKED with the reason, or NETTED when nothing is to be sent."""
    if payout.amount_minor == 0:
        state, why = PayoutState.NETTED, "all of it pays back what an earlier run overpaid"
    elif why := hindrance(person, program):
        state = PayoutState.BLOCKED
    else:
        assert person is not None
        state = PayoutState.PLANNED
        payout = with_request(payout, person.name, person.email, provider)
        payout = replace(payout, planned_sha256=payout.request_sha256)
    return replace(payout, state=state, reason=why, history=(Step(state, now, why),))
