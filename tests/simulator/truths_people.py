"""What must be true of disputes and adjustments in a story (see `tests.simulator.truths`)."""

from __future__ import annotations

from collections import Counter

from chalicelib import bootstrap
from chalicelib.domain.ledger import balances
from chalicelib.domain.payout_plan import RepAwards, plan
from chalicelib.domain.periods import frozen_terms
from tests.simulator.outcome import adjustments_in, disputes_in
from tests.simulator.stage import cold_start
from tests.simulator.tale import Tale


def held_alone(tale: Tale) -> list[str]:
    """A run leaves out exactly what was disputed before it was planned, and pays nothing of it; only one dispute of a
    deal lives (domain.md 32)."""
    found = []
    disputes = {d.id: d for d in disputes_in(tale.world)}
    lives = Counter((d.rep, d.registration, d.program) for d in disputes.values() if d.live)
    found += [f"{n} disputes of {what} live at once" for what, n in lives.items() if n > 1]
    cold_start()
    for id in sorted(tale.frozen()):
        payouts = bootstrap.money().payouts(id)
        for run in bootstrap.money().runs(id):
            for held in run.held:
                dispute = disputes.get(held.dispute)
                if dispute is None or not dispute.holds_back(held.rep, dispute.layer, held.registration):
                    found.append(f"{id}, run {run.run} holds {held}, which nobody disputes")
                elif run.planned_at is not None and dispute.filed_at > run.planned_at:
                    found.append(f"{id}, run {run.run} holds {held}, disputed only later")
                found += [
                    f"{id}, run {run.run} pays {award} to {p.rep}, which {held.dispute} holds"
                    for p in payouts
                    if (p.run, p.rep) == (run.run, held.rep)
                    for award in p.awards
                    if award.registration == held.registration and held.layer in ("", award.layer)
                ]
    return found


def posted_once(tale: Tale) -> list[str]:
    """What the ledger says of every adjustment is what two people decided, and another than the author or the rep
    approved it (domain.md 31)."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for rep in {a.rep for a in adjustments_in(tale.world)}:
        for entry in bootstrap.roster().entries(rep):
            for leg in entry.legs:
                sums[rep, leg.program, leg.layer, leg.registration] += leg.confirmed
    found = []
    for a in adjustments_in(tale.world):
        due = a.points if a.state == "posted" else 0
        posted = sums[a.rep, a.program, a.layer, a.id]
        if posted != due:
            found.append(f"adjustment {a.id} ({a.state}) of {a.points} points was posted with {posted}")
        if a.state == "posted" and a.approver in (a.author, a.rep, ""):
            found.append(f"adjustment {a.id} was approved by {a.approver or 'nobody'}")
    return found


def nothing_owed(tale: Tale) -> list[str]:
    """Once the runs have ended nobody is owed anything that a budget would pay: what was held was paid after its
    decision, too."""
    found = []
    for period in bootstrap.money().periods():
        if period.trailed_at is None:
            found.append(f"{period.program}: its runs have not ended")
            continue
        program = frozen_terms(bootstrap.programs().versions(period.program), period)
        reps = [
            RepAwards(s.rep, tuple(balances(bootstrap.roster().entries(s.rep), program.id)))
            for s in bootstrap.roster().standings(program.id)
        ]
        drafts = plan(program, 9999, reps, bootstrap.money().payouts(program.id), {})
        found += [f"{program.id}: {d.rep} is still owed {d.lines}" for d in drafts if d.amount_minor > 0]
    return found
