"""Release a payout run: somebody who may says yes to exactly these payouts, and they are queued.

What is approved is a digest over the run's payouts, so what was approved is what is paid. The author of the program,
whoever activated it and everybody who is paid by the run may not release it (domain.md 31).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.errors import BrokenPromise, Conflict, Forbidden, InvalidDocument, NotFound, Problem
from chalicelib.domain.payouts import Approval, Payout, PayoutState, Run, digest, move
from chalicelib.domain.periods import frozen_terms
from chalicelib.domain.programs import Program
from chalicelib.domain.salesforce_values import same_person
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.pay import Pay, needs_queueing
from chalicelib.services.ports import People, Person, Programs, WorkList
from chalicelib.services.provider_orders import intent
from chalicelib.services.recipients import WITHOUT_ADDRESS, hindrance, with_request
from chalicelib.services.reward_port import OrderState, ProviderOrder, RewardProvider

AUTO = "auto"
# Queueing costs two writes a payout; a person's request ends after 29 s whatever is still to do. A larger run is
# released all the same and queued by the next close, within 15 minutes.
QUEUED_AT_ONCE = 500
# The states in which another address helps, and the work list each is on.
MENDABLE = {
    PayoutState.BLOCKED: WITHOUT_ADDRESS,
    PayoutState.REJECTED: "payout_rejected",
    PayoutState.DELIVERY_FAILED: "payout_not_delivered",
}
# Where a payout is once that was done.
_MENDED = frozenset({PayoutState.PLANNED, PayoutState.APPROVED, PayoutState.ACCEPTED, PayoutState.CONFIRMED})
ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+")
LONGEST_ADDRESS = 254  # RFC 5321


@dataclass(frozen=True, slots=True)
class ApprovePayouts:
    """The use case: approve, release what is approved, and mend addresses."""

    money: MoneyStore
    programs: Programs
    people: People
    work: WorkList
    providers: Callable[[str], RewardProvider]
    pay: Pay

    def approve(
        self, program: str, run: int, *, digest: str, by: str, now: datetime, activated_by: Collection[str] = ()
    ) -> Run:
        """Approve one run by the digest the approver was shown, and queue its payouts (those of a large run with the
        next close); returns the run.

        `by` is the approver's Salesforce user id, `activated_by` those of everybody who activated a version of the
        program. Approving the same digest again by the same person changes nothing.
        Raises: NotFound (no such run), Conflict (still being planned, another digest, approved by someone else),
        Forbidden (author, activator or payee), BrokenPromise (the stored payouts are not the sealed ones).
        """
        found = self._run(program, run)
        payouts = [p for p in self.money.payouts(program) if p.run == run]
        self._may(program, by, activated_by, payouts)
        if not found.digest:
            raise Conflict(f"Run {run} of {program} is still being planned. Read it again in a few minutes.")
        if digest != found.digest:
            raise Conflict(f"Run {run} of {program} is not the one you were shown. Read it again and approve that.")
        if found.approval is not None:
            if found.approval.by != by:
                raise Conflict(f"Run {run} of {program} was approved by {found.approval.by} at {found.approval.at}.")
        else:
            found = self._record(found, payouts, by, now)
        if found.planned <= QUEUED_AT_ONCE:
            self.release(program, now)
        return found

    def auto_approve(self, program: Program, run: Run, now: datetime) -> Run:
        """Approve a run whose total is within the program's own limit, or that pays nothing; else leave it."""
        limit = program.auto_approve_minor
        within = run.total_minor == 0 or (limit is not None and run.total_minor <= limit)
        if run.approval is not None or not run.digest or not within:
            return run
        return self._record(run, [p for p in self.money.payouts(run.program) if p.run == run.run], AUTO, now)

    def release(self, program: str, now: datetime) -> int:
        """Queue every payout of approved runs that is not on its way, finding addresses for blocked ones first.
        Repeating it changes nothing. Returns how many were queued."""
        approvals = {r.run: r.approval for r in self.money.runs(program) if r.approval is not None}
        due, blocked = [], []
        for payout in self.money.payouts(program):
            if payout.state is PayoutState.BLOCKED:
                blocked.append(payout)
            elif payout.state is PayoutState.PLANNED and (approval := approvals.get(payout.run)) is not None:
                due.append(self._approved(payout, approval))
            elif payout.state is PayoutState.APPROVED and needs_queueing(payout, now):
                due.append(payout)
        due += [self._approved(p, a) for p in self._unblocked(blocked, now) if (a := approvals.get(p.run)) is not None]
        return self.pay.enqueue([p for p in due if p.state is PayoutState.APPROVED], now)

    def readdress(self, key: str, *, name: str, email: str, by: str, now: datetime) -> Payout:
        """Send a payout that waits for an address, was refused or could not be delivered to this one.

        A blocked or refused one keeps its key and gets new bytes, once the provider says that no order exists under
        it; the next schedule sends it. One that was ordered is never ordered again: the provider delivers the same
        reward once more. Returns the payout, PLANNED, APPROVED or ACCEPTED; the same request again, whose answer was
        lost, only finishes what the first began.
        Raises: NotFound, InvalidDocument (no e-mail address), Forbidden (one's own payout or address), Conflict (not
        in such a state, not payable there, refused, or it changed meanwhile), ProviderUnavailable (nothing is known).
        """
        payout = self.money.payout(key)
        if payout is None:
            raise NotFound(f"There is no payout {key}.")
        self._may_readdress(payout, name, email, by)
        if payout.state in _MENDED:  # by this very request, whose answer was lost
            for kind in MENDABLE.values():
                self._resolve(kind, key, by, now)
            return payout
        provider = self.providers(payout.provider)
        if payout.state is PayoutState.DELIVERY_FAILED:
            order = provider.get(payout.order_id)
            if order is None:
                raise Conflict(f"{provider.name} does not know order {payout.order_id} of payout {key} any more.")
            _send_again(provider, order, email)
            to, mended = PayoutState.ACCEPTED, replace(payout, recipient_name=name, recipient_email=email)
        else:
            if payout.state is PayoutState.REJECTED and provider.find(key) is not None:
                raise Conflict(
                    f"{provider.name} holds an order under {key}: mend the address there; it must not be re-sent."
                )
            to = PayoutState.PLANNED if payout.state is PayoutState.BLOCKED else PayoutState.APPROVED
            mended = with_request(payout, name, email, provider)
        if not self.money.save_payout(move(mended, to, now, f"address entered by {by}")):
            raise Conflict(f"Payout {key} changed while you edited it. Read it again.")
        self._resolve(MENDABLE[payout.state], key, by, now)
        found = self.money.payout(key)
        assert found is not None
        return found

    def _may_readdress(self, payout: Payout, name: str, email: str, by: str) -> None:
        if same_person(by, payout.rep):
            raise Forbidden("Nobody changes the address of her own payout: ask a colleague in finance.")
        again = payout.state in _MENDED and (payout.recipient_name, payout.recipient_email) == (name, email)
        if payout.state not in MENDABLE and not again:
            raise Conflict(
                f"Payout {payout.key} is {payout.state}: only one that is blocked, refused or could not be delivered "
                "takes another e-mail address."
            )
        if not ADDRESS.fullmatch(email) or len(email) > LONGEST_ADDRESS:
            problem = Problem("email", "is no e-mail address", "write one address, as ana@reseller.example")
            raise InvalidDocument("the address", [problem])
        people = self.people.get([by, payout.rep])
        if by in people and people[by].email.casefold() == email.casefold():
            raise Forbidden("That is your own address: a colleague's payout does not go there.")
        period = self.money.period(payout.program)
        assert period is not None, f"{payout.program} has payouts but no period"
        program = frozen_terms(self.programs.versions(payout.program), period)
        known = people.get(payout.rep) or Person(payout.rep, "", "", active=True)
        if why := hindrance(replace(known, email=email), program):
            raise Conflict(f"Payout {payout.key}: the rep {why}.")

    def _run(self, program: str, run: int) -> Run:
        for found in self.money.runs(program):
            if found.run == run:
                return found
        raise NotFound(f"{program} has no payout run {run}.")

    def _may(self, program: str, by: str, activated_by: Collection[str], payouts: list[Payout]) -> None:
        authors = {version.author for version in self.programs.versions(program)}
        if any(same_person(by, author) for author in authors):
            raise Forbidden(f"{by} wrote {program}: somebody else has to release its payouts.")
        if any(same_person(by, approver) for approver in activated_by):
            raise Forbidden(f"{by} activated {program}: somebody else has to release its payouts.")
        if any(same_person(by, payout.rep) for payout in payouts):
            raise Forbidden(f"{by} is paid by this run of {program}: nobody approves her own award.")

    def _record(self, run: Run, payouts: list[Payout], by: str, now: datetime) -> Run:
        if digest(payouts) != run.digest or sum(p.amount_minor for p in payouts) != run.total_minor:
            raise BrokenPromise(
                f"Run {run.run} of {run.program}: its stored payouts are not those it was sealed with. Nothing is "
                "paid; compare the payout register of the plan with the table."
            )
        approved = replace(run, approval=Approval(by, now, run.digest), rev=run.rev + 1)
        if not self.money.save_run(approved):
            raise Conflict(f"Run {run.run} of {run.program} changed while it was approved. Read it again.")
        return approved

    def _approved(self, payout: Payout, approval: Approval) -> Payout:
        after = replace(
            move(payout, PayoutState.APPROVED, approval.at, f"approved by {approval.by}"),
            approved_at=approval.at,
            approved_minor=payout.amount_minor,
        )
        return after if self.money.save_payout(after) else payout

    def _unblocked(self, blocked: list[Payout], now: datetime) -> list[Payout]:
        """Those for whom an address is known by now, PLANNED with their bytes."""
        if not blocked:
            return []
        period = self.money.period(blocked[0].program)
        assert period is not None
        program = frozen_terms(self.programs.versions(period.program), period)
        people, found = self.people.get([p.rep for p in blocked]), []
        for payout in blocked:
            person = people.get(payout.rep)
            if person is None or hindrance(person, program):
                continue
            ready = with_request(payout, person.name, person.email, self.providers(payout.provider))
            ready = move(ready, PayoutState.PLANNED, now, f"address known: {intent(ready).rep}")
            if self.money.save_payout(ready):
                self._resolve(WITHOUT_ADDRESS, payout.key, "user sync", now)
                found.append(ready)
        return found

    def _resolve(self, kind: str, key: str, by: str, now: datetime) -> None:
        try:
            self.work.resolve(kind, key, by, "address known", now)
        except NotFound:
            return  # resolved by a person already, or the worker died between the two writes


def _send_again(provider: RewardProvider, order: ProviderOrder, email: str) -> None:
    """Have the provider deliver to this address, unless an earlier try whose answer was lost did so. Raises: Conflict,
    ProviderUnavailable."""
    if order.state is not OrderState.DELIVERY_FAILED and order.recipient_email.casefold() == email.casefold():
        return
    provider.resend(order, email)
