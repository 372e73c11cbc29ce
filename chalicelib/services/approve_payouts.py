"""Release a payout run: somebody who may says yes to exactly these payouts, and they are queued.

What is approved is a digest over the run's payouts, so what was approved is what is paid. The author of the program,
whoever activated it and everybody who is paid by the run may not release it (domain.md 31).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.errors import BrokenPromise, Conflict, Forbidden, NotFound
from chalicelib.domain.gate import same_person
from chalicelib.domain.payouts import Approval, Payout, PayoutState, Run, digest, move
from chalicelib.domain.periods import frozen_terms
from chalicelib.domain.programs import Program
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.pay import Pay, needs_queueing
from chalicelib.services.ports import People, Programs, WorkList
from chalicelib.services.provider_orders import intent
from chalicelib.services.recipients import WITHOUT_ADDRESS, hindrance, with_request
from chalicelib.services.reward_port import RewardProvider

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ApprovePayouts:
    """The use case: approve, release what is approved, and mend addresses."""

    money: MoneyStore
    programs: Programs
    people: People
    work: WorkList
    providers: Callable[[str], RewardProvider]
    pay: Pay

    def approve(self, program: str, run: int, *, digest: str, by: str, now: datetime, activated_by: str = "") -> Run:
        """Approve one run by the digest the approver was shown, and queue its payouts; returns the run.

        `by` is the approver's Salesforce user id, `activated_by` that of the program's activating approver when it
        is recorded. Approving the same digest again by the same person changes nothing.
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
        """Give a blocked or refused payout another address, under the same key: only once the provider says that no
        order exists under it. Returns the payout, PLANNED or APPROVED; the next schedule sends it.

        Raises: NotFound, Conflict (not in such a state, an order exists, or it changed meanwhile), Forbidden (one's
        own payout), ProviderUnavailable (ask again later: nothing is known).
        """
        payout = self.money.payout(key)
        if payout is None:
            raise NotFound(f"There is no payout {key}.")
        if same_person(by, payout.rep):
            raise Forbidden("Nobody changes the address of her own payout: ask a colleague in finance.")
        if payout.state not in {PayoutState.BLOCKED, PayoutState.REJECTED} or "@" not in email:
            raise Conflict(
                f"Payout {key} is {payout.state}: only a blocked or refused one takes another e-mail address."
            )
        provider = self.providers(payout.provider)
        if payout.state is PayoutState.REJECTED and provider.find(key) is not None:
            raise Conflict(
                f"{provider.name} holds an order under {key}: mend the address there; it must not be re-sent."
            )
        to = PayoutState.PLANNED if payout.state is PayoutState.BLOCKED else PayoutState.APPROVED
        mended = move(with_request(payout, name, email, provider), to, now, f"address entered by {by}")
        if not self.money.save_payout(mended):
            raise Conflict(f"Payout {key} changed while you edited it. Read it again.")
        self._resolve("payout_rejected" if payout.state is PayoutState.REJECTED else WITHOUT_ADDRESS, key, by, now)
        return mended

    def _run(self, program: str, run: int) -> Run:
        for found in self.money.runs(program):
            if found.run == run:
                return found
        raise NotFound(f"{program} has no payout run {run}.")

    def _may(self, program: str, by: str, activated_by: str, payouts: list[Payout]) -> None:
        authors = {version.author for version in self.programs.versions(program)}
        if any(same_person(by, author) for author in authors):
            raise Forbidden(f"{by} wrote {program}: somebody else has to release its payouts.")
        if activated_by and same_person(by, activated_by):
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
