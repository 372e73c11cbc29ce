"""A program is rehearsed before it can pay: made-up deals run through it, and what must hold of every program is held
against it (domain.md 6, 7, 16, 21; W74).

Programs differ; some promises do not: the order of events does not matter, nothing counts twice, a full return nets
to zero, a credit never raises, a split conserves, caps and budgets hold, more is never worth less, and three times
the rate is three times the points. A rule can break one of them without any bug: "fewer than ten seats" pays *more*
after a return. Such a program is shown its counter-example as a story, and does not start.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache

from chalicelib.domain.budgets import Claim, Earned, entitlements, fold, room
from chalicelib.domain.dealbook import DealBook, ShareKey, settle
from chalicelib.domain.errors import Problem
from chalicelib.domain.money import Money
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Layer, Program
from chalicelib.domain.registrations import WHOLE, Credit, Registration
from chalicelib.domain.rehearsal_deals import REPS, Case, Maker, story
from chalicelib.domain.scoring import score_deal
from chalicelib.domain.standings import Fence
from chalicelib.domain.tellings import newest

CASES = 100  # of each promise: together less than half a second
Fact = Registration | OrderLine
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_FOREVER = (date.min, None)


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise this program does not keep: which, what went wrong in numbers, and the made-up deal that shows it."""

    promise: str
    what: str
    story: str


Check = Callable[[Program, Maker], "Broken | None"]


def rehearse(program: Program) -> tuple[Broken, ...]:
    """Every promise the program breaks, each with one made-up deal. Same rules, same result: it is kept.

    A promise named in the program's overrides (`rehearsal`) is not held against it when it is one a rule may break
    on purpose (`MAY_BREAK`); the others are ours and never may.
    """
    return _rehearsed(replace(program, id="rehearsed", version=1, name="", author="", card=""))


@lru_cache(maxsize=64)
def _rehearsed(program: Program) -> tuple[Broken, ...]:
    seed = int.from_bytes(hashlib.sha256(repr(program.layers).encode()).digest()[:8])
    allowed = MAY_BREAK if "rehearsal" in dict(program.overrides) else frozenset[str]()
    found = []
    for promise, check in PROMISES.items():
        maker = Maker(program, seed)
        broken = next((b for b in (check(program, maker) for _ in range(CASES)) if b), None)
        if broken is not None and promise not in allowed:
            found.append(replace(broken, promise=promise))
    return tuple(found)


# --- playing facts ----------------------------------------------------------------------------------------------


def _play(program: Program, facts: Iterable[Fact]) -> tuple[DealBook, int]:
    """Tell the facts one by one, settling after each; the book, and how many entries that made. A line whose
    registration has not been told waits for it."""
    book, entries = DealBook("made-up"), 0
    waiting: list[OrderLine] = []
    fences = {(program.id, rep): Fence(*_FOREVER, "base") for rep in REPS}
    for fact in facts:
        if isinstance(fact, Registration):
            known = book.registrations.get(fact.id)
            if known is None or known.version < fact.version:
                book = book.with_registration(fact)
        else:
            waiting.append(fact)
        by_number = {r.number: r.id for r in book.registrations.values()}
        for line in [w for w in waiting if w.registration_no in by_number]:
            waiting.remove(line)
            stands = newest(book.lines.get(line.id), line)[1]
            book = book.with_line(stands, by_number[line.registration_no])
        done = settle(book, {program.id: (program,)}, fences, because="rehearsal", now=_SOME_TIME)
        if done.entries:
            book, entries = done.book, entries + len(done.entries)
    return book, entries


def _posted(book: DealBook) -> dict[ShareKey, tuple[int, int]]:
    return {k: (s.provisional, s.confirmed) for k, s in book.posted.items() if s.provisional or s.confirmed}


def _confirmed(program: Program, facts: Iterable[Fact]) -> dict[tuple[str, str], int]:
    """Confirmed points by layer and rep."""
    points: Counter[tuple[str, str]] = Counter()
    for (_, layer, _, rep), share in _play(program, facts)[0].posted.items():
        points[layer, rep] += share.confirmed
    return dict(points)


def _whole(program: Program, case: Case) -> dict[str, tuple[int, int]]:
    """What the deal is worth by layer before it is split: (provisional, confirmed)."""
    lines = [*case.lines, *case.corrections]
    awards = score_deal(case.registration, lines, {program.id: (program,)})
    return {a.layer: (a.provisional, a.confirmed) for a in awards}


# --- the promises -----------------------------------------------------------------------------------------------


def _any_order(program: Program, maker: Maker) -> Broken | None:
    case = maker.case()
    case = replace(case, corrections=(maker.credit(case),))
    straight = _posted(_play(program, case.facts)[0])
    told = maker.shuffled(case.facts)
    other = _posted(_play(program, told)[0])
    if straight == other:
        return None
    return Broken("", f"told in this order it is worth {_short(other)}, as it happened {_short(straight)}", story(told))


def _once(program: Program, maker: Maker) -> Broken | None:
    case = maker.case()
    book, entries = _play(program, case.facts)
    again, more = _play(program, (*case.facts, *case.facts))
    if more == entries and _posted(book) == _posted(again):
        return None
    return Broken("", f"told a second time it makes {more - entries} more entries", story(case.facts))


def _nets_to_zero(program: Program, maker: Maker) -> Broken | None:
    case = maker.case()
    gone = case.returned() if program.behaviour != "deal_registered" else _withdrawn(case)
    left = {k: v for k, v in _confirmed(program, gone.facts).items() if v}
    return Broken("", f"everything came back, and {_points(left)} stay confirmed", story(gone.facts)) if left else None


def _withdrawn(case: Case) -> Case:
    return Case(replace(case.registration, status="rejected"), ())


def _credit_never_raises(program: Program, maker: Maker) -> Broken | None:
    case = maker.case()
    after = replace(case, corrections=(maker.credit(case),))
    had, has = _confirmed(program, case.facts), _confirmed(program, after.facts)
    raised = {key: points - had.get(key, 0) for key, points in has.items() if points > had.get(key, 0)}
    return Broken("", f"the last document adds {_points(raised)}", story(after.facts)) if raised else None


def _split_conserves(program: Program, maker: Maker) -> Broken | None:
    case = maker.case()
    shared: Counter[str] = Counter()
    for (layer, _), points in _confirmed(program, case.facts).items():
        shared[layer] += points
    # An overlay for a role nobody has on this deal is nobody's.
    whole = {
        layer: confirmed
        for layer, (_, confirmed) in _whole(program, case).items()
        if confirmed and case.registration.credited(layer.partition("/")[2])
    }
    if whole == {layer: points for layer, points in shared.items() if points}:
        return None
    return Broken("", f"the deal is worth {whole}, its reps get {dict(shared)}", story(case.facts))


def _limits_hold(program: Program, maker: Maker) -> Broken | None:
    cases = [maker.case() for _ in range(6)]
    facts = [fact for case in cases for fact in case.facts]
    book, _ = _play(program, facts)
    for layer in program.layers:
        claims = [claim for rep in REPS for claim in _claims(layer, rep, book)]
        cap, paid = layer.cap_points_per_rep, fold(claims, room(layer, 0))
        over = [rep for rep in REPS if cap is not None and sum(c.points for c in paid if c.rep == rep) > cap]
        if over:
            return Broken("", f"{over[0]} is paid more than the cap of {cap:,} points of {layer.id}", story(facts))
        minor = sum(claim.points for claim in paid) * layer.point.minor
        if layer.budget is not None and minor > layer.budget.minor:
            return Broken("", f"{layer.id} pays {Money(minor, program.currency)}, more than its budget", story(facts))
    return None


def _claims(layer: Layer, rep: str, book: DealBook) -> list[Claim]:
    shares = {k: s for k, s in book.posted.items() if k[1] == layer.id and k[3] == rep and s.confirmed}
    earned = [Earned(k[2], s.when, s.confirmed) for k, s in shares.items()]
    when = {e.registration: e.when for e in earned}
    added = entitlements(layer, earned)
    return [Claim(rep, registration, when[registration], points) for registration, points in added.items() if points]


def _more_is_never_less(program: Program, maker: Maker) -> Broken | None:
    case = maker.case()
    more = replace(
        case,
        registration=_larger(case.registration),
        lines=tuple(
            replace(line, quantity=line.quantity * 2, amount=Money(line.amount.minor * 2, line.amount.currency))
            for line in case.lines
        ),
    )
    small, large = _whole(program, case), _whole(program, more)
    less = {layer: (small[layer][1], large[layer][1]) for layer in small if large[layer][1] < small[layer][1]}
    if not less:
        return None
    layer, (was, now) = next(iter(less.items()))
    return Broken("", f"twice the deal earns {now:,} points of {layer} instead of {was:,}", story(case.facts))


def _larger(registration: Registration) -> Registration:
    amount = registration.amount
    doubled = Money(amount.minor * 2, amount.currency) if amount else None
    renewed = registration.renewed_quantity
    renewed = None if renewed is None else renewed * 2  # a co-term of the same mix
    return replace(registration, quantity=registration.quantity * 2, amount=doubled, renewed_quantity=renewed)


def _ratio_is_exact(program: Program, maker: Maker) -> Broken | None:
    """Net-new and renewal of one size pay in the ratio of their rates, where both pay by seat or by deal (W74)."""
    case = maker.case(deal_type="net_new")
    alone = replace(case.registration, credits=(Credit(REPS[0], WHOLE),), renewed_quantity=None)
    new = replace(case, registration=alone)
    old = replace(case, registration=replace(alone, deal_type="renewal"))
    worth_new, worth_old = _whole(program, new), _whole(program, old)
    for layer in program.layers:
        one, other = layer.rate_for("net_new"), layer.rate_for("renewal")
        if one is None or other is None or one.kind != other.kind or one.kind == "percent":
            continue
        n, r = worth_new[layer.id][1], worth_old[layer.id][1]
        if n and r and n * other.points != r * one.points:
            what = f"net-new earns {n:,} and a renewal {r:,} points of {layer.id}, at {one.points} : {other.points}"
            return Broken("", what, story(new.facts))
    return None


PROMISES: Mapping[str, Check] = {
    "the order of events does not matter": _any_order,
    "nothing counts twice": _once,
    "a full return nets to zero": _nets_to_zero,
    "a credit never raises": _credit_never_raises,
    "a split conserves the total": _split_conserves,
    "caps and budgets hold": _limits_hold,
    "more is never worth less": _more_is_never_less,
    "net-new and renewal keep the ratio of their rates": _ratio_is_exact,
}
# What a rule may break on purpose, with a reason: that a larger deal may earn less.
MAY_BREAK = frozenset({"more is never worth less"})


def _points(of: Mapping[tuple[str, str], int]) -> str:
    return ", ".join(f"{points:,} points ({rep}, {layer})" for (layer, rep), points in sorted(of.items()))


def _short(posted: Mapping[ShareKey, tuple[int, int]]) -> str:
    sums: Counter[str] = Counter()
    for key, (waits, counts) in posted.items():
        sums[f"{key[3]} waiting"] += waits
        sums[f"{key[3]} confirmed"] += counts
    return ", ".join(f"{who} {points:,}" for who, points in sorted(sums.items()) if points) or "nothing"


def reasons(program: Program) -> list[Problem]:
    """What the gate says of every promise the program breaks, each with its story."""
    remedy = "Change the conditions or rates that make it so."
    return [
        Problem(
            "layers",
            f"break a promise: {b.promise}",
            f'{remedy} Or say why not in "overrides": {{"rehearsal": "..."}}.' if b.promise in MAY_BREAK else remedy,
            f"{b.what}. Made-up deal: {b.story}",
        )
        for b in rehearse(program)
    ]
