"""What a run pays: a pure function of the entries, what earlier runs granted, and what reps owe back.

The base run (0) pays the base points the freeze fixed; a trailing run pays what base and trailing points together are
worth now, less everything planned so far (domain.md 22, 37). Run twice with the same facts it plans the same payouts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from chalicelib.domain.budgets import Claim, Earned, Owed, fold, owed, room
from chalicelib.domain.caps import within_cap
from chalicelib.domain.ledger import Balance
from chalicelib.domain.payouts import Held, LayerTotal, LineKind, PaidAward, Payout, PayoutLine
from chalicelib.domain.prizes import at_freeze
from chalicelib.domain.program_budget import fold_together, left_over
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.standings import tier_bonus

REVERSED = "a deal paid earlier was returned or corrected"


@dataclass(frozen=True, slots=True)
class RepAwards:
    """One rep's awards under the program, as the ledger folds them."""

    rep: str
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A payout before it has a key, an address and bytes. `carry_minor` is taken from what she owes elsewhere.
    `confirmed_first` and `confirmed_last` are when the first and the last of its awards became confirmed for us."""

    rep: str
    lines: tuple[PayoutLine, ...]
    awards: tuple[PaidAward, ...]
    carry_minor: int
    confirmed_first: datetime
    confirmed_last: datetime

    @property
    def amount_minor(self) -> int:
        """What is to be sent, never below zero."""
        return sum(line.amount_minor for line in self.lines)


def earned_by(
    program: Program, rep: RepAwards, paid: Sequence[Payout], *, run: int, held: Collection[Held] = ()
) -> dict[str, list[Earned]]:
    """The rep's confirmed points per layer as this run counts them.

    Run 0 counts base points. Under the reversal policy "none" an award that was paid keeps the points it was paid
    for, so that a later reversal costs the rep nothing (domain.md 24); so does a disputed one, until it is decided.
    """
    kept: dict[tuple[str, str], int] = {}
    for payout in sorted(paid, key=lambda p: p.run):
        for a in payout.awards:
            if program.reversal_policy == "none" or _is_held(held, rep.rep, a.layer, a.registration):
                kept[a.layer, a.registration] = a.confirmed
    by_layer: dict[str, list[Earned]] = defaultdict(list)
    for balance in rep.balances:
        now = balance.base if run == 0 else balance.confirmed
        points = max(now, kept.get((balance.layer, balance.registration), now))
        by_layer[balance.layer].append(Earned(balance.registration, balance.when, points))
    return by_layer


Released = Mapping[tuple[str, str], datetime]
"""When the dispute that held an award back was decided, by rep and registration: her 48 h start again then."""


def plan(
    program: Program,
    run: int,
    reps: Sequence[RepAwards],
    paid: Sequence[Payout],
    carries: Mapping[str, int],
    held: Collection[Held] = (),
    released: Released = MappingProxyType({}),
) -> list[Draft]:
    """The payouts still to put into run `run`, by rep.

    `paid` are all payouts of the period so far, those of this run included: a rep who has one in this run gets no
    other, and what was granted is never displaced. `carries` are minor units reps owe from other programs. A disputed
    award (`held`) keeps its place in tiers, caps and budgets and is neither paid nor taken back.
    """
    of_rep = _by_rep(paid)
    waiting = [r for r in reps if all(p.run != run for p in of_rep[r.rep])]
    due = {r.rep: _owed(program, r, of_rep[r.rep], run, held) for r in waiting}
    grants: dict[str, dict[str, list[Claim]]] = defaultdict(dict)
    for layer in program.layers:
        used = sum(p.granted_minor(layer.id) for p in paid)
        wanted = [c for of in due.values() for c in of[layer.id].claims if c.points > 0]
        for grant in fold(wanted, room(layer, used)):
            grants[grant.rep].setdefault(layer.id, []).append(grant)
    left = left_over(program, sum(_granted_minor(program, of) for of in of_rep.values()))
    if left is not None:
        fold_together(program, grants, left)
    if program.cap_per_rep is not None:
        for rep, of in grants.items():
            left = program.cap_per_rep.minor - _granted_minor(program, of_rep[rep])
            _keep_cap(program, of, due[rep], max(0, left))
    prizes = _prizes(program, reps, paid) if run == 0 else {}
    paying = {rep: {k: _free(held, rep, k, v) for k, v in of.items()} for rep, of in grants.items()}
    drafts = (
        _draft(
            program, r, paying.get(r.rep, {}), due[r.rep], carries.get(r.rep, 0), of_rep[r.rep], prizes.get(r.rep),
            run=run, released=released,
        )
        for r in waiting
    )  # fmt: skip
    return sorted((d for d in drafts if d is not None), key=lambda d: d.rep)


def _prizes(program: Program, reps: Sequence[RepAwards], paid: Sequence[Payout]) -> dict[str, PayoutLine]:
    """The prize lines still to put into the base run, by rep: never more than what is left of the prizes, should a rep
    have been enrolled between two attempts at the run (domain.md 37)."""
    if program.rank_prizes is None:
        return {}
    layer, found = program.layer(program.rank_prizes.layer), {}
    left = program.rank_prizes.minor - sum(p.prize_minor() for p in paid)
    given = {p.rep for p in paid}
    for rep, prize in at_freeze(program, {r.rep: r.balances for r in reps}).items():
        minor = min(prize.minor, left)
        if rep not in given and minor > 0:
            found[rep] = PayoutLine(
                "prize", layer.id, 0, minor, layer.payer_of_record, layer.tax_treatment, prize.words()
            )
            left -= minor
    return found


def owed_back(program: Program, reps: Sequence[RepAwards], paid: Sequence[Payout]) -> dict[str, int]:
    """Minor units each rep was granted beyond what her awards are worth now, positive, summed over the
    layers where that is so; reps who owe nothing are left out."""
    of_rep, short = _by_rep(paid), {}
    for rep in reps:
        minor = 0
        for layer_id, due in _owed(program, rep, of_rep[rep.rep], 1).items():
            minor -= min(0, sum(c.points for c in due.claims)) * program.layer(layer_id).point.minor
        if minor > 0:
            short[rep.rep] = minor
    return short


def totals(
    program: Program, run: int, reps: Sequence[RepAwards], paid: Sequence[Payout], held: Collection[Held] = ()
) -> tuple[LayerTotal, ...]:
    """How each layer's paid points follow from the ledger: confirmed + bonus - cap - budget - held + owed back =
    granted before + points. `reps` are those considered in this run, `paid` all payouts of the period."""
    of_rep, found = _by_rep(paid), []
    for layer in program.layers:
        total = LayerTotal(layer.id, 0, 0, 0, 0, 0, 0, 0, 0)
        for rep in reps:
            earned = earned_by(program, rep, of_rep[rep.rep], run=run).get(layer.id, ())
            confirmed = sum(e.confirmed for e in earned)
            before = _points(of_rep[rep.rep], layer, lambda p: p.run < run)
            points = _points(of_rep[rep.rep], layer, lambda p: p.run == run)
            due = _owed(program, rep, [p for p in of_rep[rep.rep] if p.run < run], run)[layer.id]
            bonus, payable = tier_bonus(layer, confirmed), before + sum(c.points for c in due.claims)
            rest = payable - before - points
            free = _free(held, rep.rep, layer.id, due.claims)
            waits = max(0, min(rest, sum(c.points for c in due.claims) - sum(c.points for c in free)))
            total = replace(
                total,
                confirmed=total.confirmed + confirmed,
                bonus=total.bonus + bonus,
                cut_by_cap=total.cut_by_cap + confirmed + bonus - payable,
                cut_by_budget=total.cut_by_budget + max(0, rest) - waits,
                granted_before=total.granted_before + before,
                owed_back=total.owed_back + max(0, -rest),
                points=total.points + points,
                held=total.held + waits,
            )
        assert (
            total.confirmed + total.bonus - total.cut_by_cap - total.cut_by_budget - total.held + total.owed_back
            == total.granted_before + total.points
        )
        amount = sum(p.granted_minor(layer.id) for p in paid if p.run == run)
        prizes = sum(p.prize_minor(layer.id) for p in paid if p.run == run)
        found.append(replace(total, amount_minor=amount, prizes_minor=prizes))
    return tuple(found)


def _points(paid: Iterable[Payout], layer: Layer, counts: Callable[[Payout], bool]) -> int:
    return sum(
        line.points for p in paid if counts(p) for line in p.lines if line.layer == layer.id and line.kind != "carry"
    )


def _by_rep(paid: Iterable[Payout]) -> dict[str, list[Payout]]:
    found: dict[str, list[Payout]] = defaultdict(list)
    for payout in paid:
        found[payout.rep].append(payout)
    return found


def _is_held(held: Collection[Held], rep: str, layer: str, registration: str) -> bool:
    return any((h.rep, h.registration) == (rep, registration) and h.layer in ("", layer) for h in held)


def _free(held: Collection[Held], rep: str, layer: str, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims nobody disputes."""
    return tuple(c for c in claims if not _is_held(held, rep, layer, c.registration))


def _owed(
    program: Program, rep: RepAwards, paid: Sequence[Payout], run: int, held: Collection[Held] = ()
) -> dict[str, Owed]:
    """What is owed to the rep (or back, negative), per layer. A disputed award gives nothing back meanwhile, nor is
    it set off against others; what it is owed stays, to keep its place."""
    earned = earned_by(program, rep, paid, run=run, held=held)
    found = {}
    for layer in program.layers:
        granted: dict[str, int] = defaultdict(int)
        paid_for: dict[str, int] = defaultdict(int)
        for payout in paid:
            for award in payout.awards:
                if award.layer == layer.id:
                    granted[award.registration] += award.points
                    paid_for[award.registration] = max(paid_for[award.registration], award.confirmed)
        due = owed(layer, rep.rep, earned.get(layer.id, ()), granted, paid_for)
        both = (*due.claims, *due.set_off)
        if len(_free(held, rep.rep, layer.id, both)) < len(both):
            back = [c for c in due.claims if c.points < 0]
            due = Owed(_free(held, rep.rep, layer.id, back) if back else due.claims)
        found[layer.id] = due
    return within_cap(program, found, _granted_minor(program, paid))


def _draft(
    program: Program,
    rep: RepAwards,
    grants: Mapping[str, Sequence[Claim]],
    due: Mapping[str, Owed],
    carry: int,
    paid: Sequence[Payout],
    prize: PayoutLine | None,
    *,
    run: int,
    released: Released,
) -> Draft | None:
    """Award lines, then what she owes back in this period, her prize, then what she owes other programs, never below
    zero; None when nothing is to be paid and nothing to be set off."""
    earned = earned_by(program, rep, paid, run=run)
    confirmed = {(layer, e.registration): e.confirmed for layer, awards in earned.items() for e in awards}
    plus = {layer: (*grants.get(layer, ()), *(c for c in of.set_off if c.points > 0)) for layer, of in due.items()}
    minus = {layer: [c for c in of.set_off if c.points < 0] for layer, of in due.items()}
    left = sum(g.points * program.layer(layer).point.minor for layer, claims in grants.items() for g in claims)
    for layer, taken in _taken_back(program, due, left).items():
        minus[layer] += taken
        left += sum(c.points for c in taken) * program.layer(layer).point.minor
    lines = [_line("award", program.layer(k), sum(c.points for c in v), "") for k, v in plus.items() if v]
    lines += [_line("reversal", program.layer(k), sum(c.points for c in v), REVERSED) for k, v in minus.items() if v]
    if prize is not None:
        lines.append(prize)
        left += prize.amount_minor
    if not lines:
        return None
    taken_minor = min(carry, left)
    if taken_minor > 0:
        lines.append(PayoutLine("carry", "", 0, -taken_minor, because="overpaid by an earlier program"))
    awards = tuple(
        PaidAward(layer, c.registration, c.points, confirmed[layer, c.registration])
        for side in (plus, minus)
        for layer, claims in side.items()
        for c in claims
    )
    paying = {(layer, c.registration) for layer, claims in plus.items() for c in claims}
    instants = [
        max(b.confirmed_at, released.get((rep.rep, b.registration), b.confirmed_at))
        for b in rep.balances
        if prize is not None or (b.layer, b.registration) in paying
    ]
    return Draft(rep.rep, tuple(lines), awards, taken_minor, min(instants), max(instants))


def _taken_back(program: Program, due: Mapping[str, Owed], left: int) -> dict[str, list[Claim]]:
    """What is taken from `left` minor units for what she owes back, by layer, in whole points."""
    found: dict[str, list[Claim]] = {}
    if program.reversal_policy == "none":
        return found
    for layer, of in due.items():
        value = program.layer(layer).point.minor
        found[layer] = _cap([c for c in of.claims if c.points < 0], left // value if value else 0)
        left += sum(c.points for c in found[layer]) * value
    return found


def _keep_cap(program: Program, grants: Mapping[str, list[Claim]], due: Mapping[str, Owed], left: int) -> None:
    """Cut the latest grants until they exceed what is taken back by no more than the cap has `left`: a budget may have
    cut a grant, and what is taken back goes by whole points of its own layer, so less may come back than was due."""
    while True:
        given = sum(c.points * program.layer(layer).point.minor for layer, claims in grants.items() for c in claims)
        back = sum(
            c.points * program.layer(layer).point.minor
            for layer, claims in _taken_back(program, due, given).items()
            for c in claims
        )
        excess = given + back - left
        if excess <= 0:
            return
        layer = max((x for x, claims in grants.items() if claims), key=lambda x: grants[x][-1].when)
        last = grants[layer].pop()
        kept = last.points - -(-excess // program.layer(layer).point.minor)
        if kept > 0:
            grants[layer].append(replace(last, points=kept))


def _granted_minor(program: Program, paid: Iterable[Payout]) -> int:
    return sum(p.granted_minor(layer.id) for p in paid for layer in program.layers)


def _cap(claims: Sequence[Claim], points: int) -> list[Claim]:
    """At most `points` of negative claims, in their order."""
    taken = []
    for claim in claims:
        part = min(points, -claim.points)
        if part > 0:
            taken.append(replace(claim, points=-part))
            points -= part
    return taken


def _line(kind: LineKind, layer: Layer, points: int, because: str) -> PayoutLine:
    return PayoutLine(
        kind, layer.id, points, points * layer.point.minor, layer.payer_of_record, layer.tax_treatment, because,
    )  # fmt: skip
