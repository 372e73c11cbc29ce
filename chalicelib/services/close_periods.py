"""Close what is due: fence, plan, release, pay what trails, and say what is missing.

Every step can stop anywhere and be run again, by two at once: fencing repeats itself, a plan is a pure function of
what the fences fixed, and a payout is put only if absent, together with the revision of its run. Whoever loses reads
again. Calls per rep are constant: one freeze, one read of her entries, one put, two updates, one message.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.errors import BrokenPromise, KickerError
from chalicelib.domain.ledger import balances, content_hash
from chalicelib.domain.payout_plan import Draft, RepAwards, owed_back, plan, totals
from chalicelib.domain.payouts import SETTLED, Payout, PayoutState, Run, digest, payout_key
from chalicelib.domain.periods import (
    Pending,
    Period,
    PeriodState,
    Shortfall,
    due,
    frozen_terms,
    last_confirming_day,
    open_state,
    ruling,
    trailing_over,
    watermark,
)
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing
from chalicelib.services.approve_payouts import ApprovePayouts
from chalicelib.services.awaited import NOTHING, Awaited, awaited
from chalicelib.services.dispute_port import DisputeStore
from chalicelib.services.money_store import MoneyStore
from chalicelib.services.payout_register import PayoutRegister
from chalicelib.services.ports import FeedLog, People, Programs, Roster, WorkList
from chalicelib.services.recipients import WITHOUT_ADDRESS, addressed
from chalicelib.services.reward_port import RewardProvider

CHUNK = 25  # payouts of one transaction: each is two puts and perhaps a debt, and 100 actions are the limit
_TRIES = 6
# A run that waits for a person collects what trails for a day: one signature a day, still inside 48 h.
RUN_WAITS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Closed:
    """Where one program's period is after this call, and what the call did."""

    program: str
    state: PeriodState
    missing_feeds: tuple[str, ...] = ()
    planned: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True)
class ClosePeriods:
    """The use case, for every program at once."""

    money: MoneyStore
    roster: Roster
    programs: Programs
    people: People
    feeds: FeedLog
    work: WorkList
    providers: Callable[[str], RewardProvider]
    approvals: ApprovePayouts
    register: PayoutRegister
    disputes: DisputeStore

    def close_periods(self, now: datetime) -> list[Closed]:
        """Bring every program as far as it can go at `now`; ends by queueing again what got lost on its way.

        One program's trouble does not hold up another (W01): it is raised at the end. Raises: BrokenPromise naming
        every program that failed and why.
        """
        active = self.programs.active()
        known = {period.program for period in self.money.periods() if period.done_at is None}
        done, failed = [], []
        for name in sorted(known | active.keys()):
            try:
                versions = active.get(name) or self.programs.versions(name)
                done.append(self.close(versions, now))
                self.register.publish(name, now)
            except (KickerError, ValueError, AssertionError) as error:
                failed.append(f"{name}: {error}")
        self.approvals.pay.requeue(now)
        if failed:
            raise BrokenPromise("; ".join(failed))
        return done

    def close(self, versions: Sequence[Program], now: datetime) -> Closed:
        """One program."""
        program = ruling(versions)
        period = self.money.period(program.id)
        if period is None:
            mark = watermark(program, {name: self.feeds.complete_to(name) for name in program.feeds})
            period = due(program, mark, now)
            if period is None:
                state = open_state(program, mark, now)
                assert state is not None
                return Closed(program.id, state, mark.missing)
            period = self._decided(period, now)
        if period.done_at is not None:
            return Closed(program.id, PeriodState.DONE)
        program = frozen_terms(versions, period)
        if period.fenced_at is None:
            for standing in self.roster.standings(program.id):
                self._fenced(standing)
            period = self._saved(replace(period, fenced_at=now, rev=period.rev + 1))
        planned, asked = 0, NOTHING
        if period.trailed_at is None:
            last = now >= period.trailing_until
            asked = awaited(self.disputes, self.roster, program.id, now, last=last)
        if period.planned_at is None:
            reps = [self._awards(program, self._fenced(s)) for s in self.roster.standings(program.id)]
            planned = self._run(program, period, 0, reps, asked, now)
            if period.planned_at is None and self._sealed(program.id, 0):
                period = self._saved(
                    replace(period, planned_at=now, pending=_pending(program, reps), rev=period.rev + 1)
                )
        elif period.trailed_at is None:
            planned = self._trailing(program, period, asked, now)
        for run in self.money.runs(program.id):
            self.approvals.auto_approve(program, run, now)
        queued = self.approvals.release(program.id, now)
        seen, period = period, self.money.period(program.id) or period
        # Moved meanwhile: something may have come that has to be paid, so this is not the close that ends the runs.
        period = self._finish(program, period, now, may_end=seen.rev == period.rev and not asked.undecided())
        return Closed(program.id, period.state(now), period.watermark.missing, planned, queued)

    def carry_late_reversals(self) -> int:
        """What was returned after a period ended still counts against the rep's later rewards, where the program
        says so (domain.md 24). For every ended period; returns how many reps owe more than before."""
        more = 0
        for period in self.money.periods():
            versions = self.programs.versions(period.program)
            if period.trailed_at is not None and versions:
                program = frozen_terms(versions, period)
                more += sum(self._carry(program, rep, minor) for rep, minor in self._owed_back(program).items())
        return more

    # --- fencing ------------------------------------------------------------------------------------------------

    def _decided(self, period: Period, now: datetime) -> Period:
        for name in period.watermark.missing:
            what: dict[str, object] = {"program": period.program, "distributor": name, "period": period.id}
            self.work.put("closed_without_feed", f"{period.program}/{name}", what, now)
        return self._saved(period)

    def _saved(self, period: Period) -> Period:
        """The period as stored: ours, or that of a close that was faster."""
        if self.money.save_period(period):
            return period
        found = self.money.period(period.program)
        assert found is not None
        return found

    def _fenced(self, standing: Standing) -> Standing:
        if standing.fence.bucket == "trailing":
            return standing
        return self.roster.freeze(standing.program, standing.rep)

    def _awards(self, program: Program, standing: Standing) -> RepAwards:
        """The rep's awards, checked against their own hashes and her frozen standing. Raises: BrokenPromise when they
        differ."""
        entries = self.roster.entries(standing.rep)
        if altered := next((e for e in entries if e.hash != content_hash(e)), None):
            raise BrokenPromise(
                f"{program.id}, rep {standing.rep}: her entry of deal book {altered.book}, revision "
                f"{altered.revision}, is not what was posted. Nothing of this program is planned; run the ledger audit."
            )
        found = balances(entries, program.id)
        for layer in {b.layer for b in found} | standing.layers.keys():
            posted = sum(b.base for b in found if b.layer == layer)
            stands = standing.sums(layer).base_confirmed
            if posted != stands:
                raise BrokenPromise(
                    f"{program.id}, rep {standing.rep}, layer {layer}: the ledger says {posted} confirmed base points, "
                    f"the frozen standing {stands}. Nothing of this program is planned; run the ledger audit."
                )
        return RepAwards(standing.rep, tuple(found))

    # --- planning -----------------------------------------------------------------------------------------------

    def _sealed(self, program: str, number: int) -> bool:
        return any(run.run == number and run.digest for run in self.money.runs(program))

    def _trailing(self, program: Program, period: Period, asked: Awaited, now: datetime) -> int:
        """Plan what is owed beyond earlier runs into the next run. Returns how many payouts."""
        runs = self.money.runs(program.id)
        newest = runs[-1]
        waits = newest.run and newest.approval is None and newest.sealed_at is not None
        if waits and now < min((newest.sealed_at or now) + RUN_WAITS, period.trailing_until):
            return 0
        number = newest.run + 1 if newest.digest else newest.run
        disputed = _disputed(runs) | {held.rep for held in asked.held()}
        reps = self._trailing_reps(program, disputed, fence=True)
        return self._run(program, period, number, reps, asked, now)

    def _trailing_reps(self, program: Program, disputed: Collection[str], *, fence: bool) -> list[RepAwards]:
        """Reps whose points moved since the freeze, or who dispute or disputed an award; the others' entries are what
        the base run saw. Who was enrolled after it is fenced now, or with `fence` False left out."""
        paid = {p.rep for p in self.money.payouts(program.id)}
        found = []
        for standing in self.roster.standings(program.id):
            if standing.fence.bucket == "base" and not fence:
                continue
            fenced = self._fenced(standing)
            sums = fenced.layers.values()
            moved = any(s.trailing_confirmed or s.trailing_provisional for s in sums)
            unpaid = standing.rep not in paid and any(s.base_confirmed for s in sums)
            if moved or unpaid or standing.rep in disputed or program.reversal_policy == "none":
                found.append(self._awards(program, fenced))
        return found

    def _run(
        self, program: Program, period: Period, number: int, reps: Sequence[RepAwards], asked: Awaited, now: datetime
    ) -> int:
        """Put every payout of the run and seal it. Returns how many this call put.

        Losing to another close means reading again; after a few tries the next schedule goes on. A trailing run in
        which nothing is owed is not opened.
        """
        put = 0
        for _ in range(_TRIES):
            runs = self.money.runs(program.id)
            run = next((r for r in runs if r.run == number), None)
            if run is not None and run.digest:
                return put
            run = run or Run(program.id, number, currency=program.currency, held=asked.held(), rev=-1)
            paid = self.money.payouts(program.id)
            if sum(p.run == number for p in paid) != run.planned:
                continue  # a put happened between the two reads
            debts = self.money.debts([r.rep for r in reps], program.currency)
            drafts = plan(program, number, reps, paid, debts, run.held, asked.released(runs))
            if number and not drafts and not run.planned:
                return put
            written = self._put(program, period, run, drafts, now)
            if written is None:
                continue
            put += len(drafts)
            if self._seal(program, written, reps, now):
                return put
        return put

    def _put(self, program: Program, period: Period, run: Run, drafts: Sequence[Draft], now: datetime) -> Run | None:
        """The run with all drafts put, None when somebody else wrote meanwhile."""
        provider = self.providers(program.reward.provider)
        people = self.people.get([d.rep for d in drafts])
        for start in range(0, len(drafts), CHUNK):
            chunk = drafts[start : start + CHUNK]
            payouts = [
                addressed(_payout(program, period, run.run, d, now), people.get(d.rep), program, provider, now)
                for d in chunk
            ]
            for payout in payouts:
                if payout.state is PayoutState.BLOCKED:
                    what: dict[str, object] = {"rep": payout.rep, "program": program.id, "why": payout.reason}
                    self.work.put(WITHOUT_ADDRESS, payout.key, what, now)
            run = replace(run, planned=run.planned + len(chunk), planned_at=run.planned_at or now, rev=run.rev + 1)
            if not self.money.plan(run, payouts, {d.rep: d.carry_minor for d in chunk if d.carry_minor}):
                return None
        return run

    def _seal(self, program: Program, run: Run, reps: Sequence[RepAwards], now: datetime) -> bool:
        paid = self.money.payouts(program.id)
        mine = [p for p in paid if p.run == run.run]
        if len(mine) != run.planned:
            return False
        return self.money.save_run(
            replace(
                run,
                planned_at=run.planned_at or now,
                sealed_at=now,
                digest=digest(mine),
                total_minor=sum(p.amount_minor for p in mine),
                totals=totals(program, run.run, reps, paid, run.held),
                rev=run.rev + 1,
            )
        )

    # --- the end ------------------------------------------------------------------------------------------------

    def _finish(self, program: Program, period: Period, now: datetime, *, may_end: bool) -> Period:
        """End the trailing runs after the confirm-by date, and the period when everything is settled."""
        if period.planned_at is None or now < period.trailing_until:
            return period
        if period.trailed_at is None and period.planned_at < now and may_end:
            period = self._trailed(program, period, now)
        if period.trailed_at is None or period.done_at is not None:
            return period
        if all(payout.state in SETTLED for payout in self.money.payouts(program.id)):
            period = self._saved(replace(period, done_at=now, rev=period.rev + 1))
        return period

    def _trailed(self, program: Program, period: Period, now: datetime) -> Period:
        """No more trailing runs, once every run is sealed and the feeds have said all, or took too long to."""
        reach = {name: self.feeds.complete_to(name) for name in program.feeds}
        mark = watermark(program, reach, last_confirming_day(program))
        if not trailing_over(program, period, mark, now) or not all(r.digest for r in self.money.runs(program.id)):
            return period
        carries = program.reversal_policy == "net"
        back = self._owed_back(program) if program.reversal_policy != "none" else {}
        for rep, minor in back.items():
            self._carry(program, rep, minor)
        short = tuple(Shortfall(rep, minor, carries) for rep, minor in sorted(back.items()))
        ended = replace(
            period, trailed_at=now, trailed_without=mark.missing, shortfalls=short, rev=period.rev + 1
        )  # fmt: skip
        period = self._saved(ended)
        self.register.certify(program.id)
        return period

    def _owed_back(self, program: Program) -> dict[str, int]:
        reps = self._trailing_reps(program, _disputed(self.money.runs(program.id)), fence=False)
        return owed_back(program, reps, self.money.payouts(program.id))

    def _carry(self, program: Program, rep: str, minor: int) -> bool:
        if program.reversal_policy != "net":
            return False
        return self.money.add_debt(rep, program.currency, program.id, minor)


def _disputed(runs: Iterable[Run]) -> set[str]:
    """Reps of whom a run left an award out."""
    return {held.rep for run in runs for held in run.held}


def _payout(program: Program, period: Period, number: int, draft: Draft, now: datetime) -> Payout:
    """The payout of a draft, without address and bytes."""
    return Payout(
        key=payout_key(program.id, period.id, draft.rep, number),
        program=program.id,
        period=period.id,
        run=number,
        rep=draft.rep,
        provider=program.reward.provider,
        currency=program.currency,
        amount_minor=draft.amount_minor,
        lines=draft.lines,
        awards=draft.awards,
        state=PayoutState.PLANNED,
        earned_at=draft.confirmed_last,
        clock_from=period.closes_at if number == 0 else max(period.closes_at, draft.confirmed_first),
        period_end=period.closes_at,
        planned_at=now,
        products=program.reward.products,
        message=program.reward.message,
    )


def _pending(program: Program, reps: Iterable[RepAwards]) -> tuple[Pending, ...]:
    """What waits for its order at the freeze, per layer; a deal shared by two reps is one deal."""
    waiting = [b for rep in reps for b in rep.balances if b.provisional > 0]
    found = []
    for layer in program.layers:
        mine = [b for b in waiting if b.layer == layer.id]
        found.append(Pending(layer.id, sum(b.provisional for b in mine), len({b.registration for b in mine})))
    return tuple(found)
