"""The moments a rep is rung for: registered and received, confirmed, a tier reached, a reward sent; and her digest.

A moment follows from the facts and has one key for good: whoever finds it due again finds it claimed. Money that waits
is never called earned, in no moment and no digest (domain.md 5). Each is due only while it is news: a bell about last
week is noise, and a deployment that begins in the middle of a year must not ring for all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.calendar import day_text
from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.ledger import Entry
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout, PayoutState
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.domain.standings import Standing
from chalicelib.domain.write_back import point_of, signed

NEWS_FOR = timedelta(hours=24)
NO_RECORD = "000000000000000AAA"  # a bell must lead somewhere; Salesforce takes this for "nowhere"
DIGEST_HOUR = 8  # on the rep's own clock: before the first call of the day
DIGEST_UNTIL = 20  # a digest that could not be rung by the evening is left out; the next day has its own

Programs = Mapping[str, Sequence[Program]]


@dataclass(frozen=True, slots=True)
class Moment:
    """One ring of one rep's bell. `key` names it for good, `target` is the record it opens."""

    rep: str
    key: str
    title: str
    body: str
    target: str = NO_RECORD


def deal_moments(
    book: DealBook,
    recent: Sequence[Entry],
    programs: Programs,
    standings: Mapping[tuple[str, str], Standing | None],
    now: datetime,
) -> list[Moment]:
    """What is due of the deals in this book: registrations that are news by their own dates, and what the `recent`
    entries of its reps have confirmed. `standings` holds those of every pair a recent entry has changed."""
    found = list(_registered(book, now))
    for rep in sorted({entry.rep for entry in recent}):
        mine = [entry for entry in recent if entry.rep == rep]
        found += _confirmed(book, rep, mine, programs)
        found += _tiers(rep, mine, programs, standings)
    return found


def _registered(book: DealBook, now: datetime) -> Iterator[Moment]:
    for deal in book.registrations.values():
        if deal.status not in ("submitted", "approved"):
            continue
        if not any(told and now - told < NEWS_FOR for told in (deal.created_at, deal.approved_at)):
            continue
        for rep in deal.seen_by():
            mine = [share for key, share in book.posted.items() if key[2] == deal.id and key[3] == rep]
            if any(share.confirmed for share in mine):
                continue  # the confirmation says it all
            waits = "its approval" if deal.status == "submitted" else "its order"
            if not any(share.provisional for share in mine) and deal.status == "approved":
                waits = "a program that counts it" if not deal.trouble else f"a change in Salesforce: {deal.trouble[0]}"
            body = f"{_named(deal)} reached us. It waits for {waits}; nothing is earned yet."
            yield Moment(rep, f"registered/{deal.id}", f"Registered: {_short(deal)}", body, deal.id)


def _confirmed(book: DealBook, rep: str, recent: Sequence[Entry], programs: Programs) -> Iterator[Moment]:
    """The first confirmation of each of her deals, with what is confirmed by now in every program."""
    risen = {leg.registration for entry in recent for leg in entry.legs if leg.confirmed > 0}
    for id in sorted(risen & set(book.registrations)):
        earned, waiting = [], []
        for program in sorted({key[0] for key in book.posted if key[2] == id and key[3] == rep} & set(programs)):
            mine = {key[1]: s for key, s in book.posted.items() if (key[0], key[2], key[3]) == (program, id, rep)}
            money = _worth({layer: s.confirmed for layer, s in mine.items()}, programs[program])
            earned += [f"{signed(m)} in {_name(programs[program])}" for m in money]
            money = _worth({layer: s.provisional for layer, s in mine.items()}, programs[program])
            waiting += [f"{signed(m)} in {_name(programs[program])}" for m in money]
        if not earned:
            continue  # taken back before anybody heard of it
        deal = book.registrations[id]
        body = f"{_named(deal)} is confirmed: {', '.join(earned)}."
        if waiting:
            body += f" More waits for its order and is not earned yet: {', '.join(waiting)}."
        yield Moment(rep, f"confirmed/{id}", f"Confirmed: {_short(deal)}", body, id)


def _tiers(
    rep: str, recent: Sequence[Entry], programs: Programs, standings: Mapping[tuple[str, str], Standing | None]
) -> Iterator[Moment]:
    """Tiers her confirmed points have passed with the recent entries; what waits reaches none (domain.md 36)."""
    gained: dict[tuple[str, str], int] = defaultdict(int)
    for leg in (leg for entry in recent for leg in entry.legs):
        gained[leg.program, leg.layer] += leg.confirmed
    for (program, layer_id), points in sorted(gained.items()):
        standing, versions = standings.get((program, rep)), programs.get(program, ())
        if points <= 0 or standing is None or not versions:
            continue
        newest = max(versions, key=lambda v: v.version)
        now = standing.sums(layer_id).confirmed
        for tier in (t for layer in newest.layers if layer.id == layer_id for t in layer.tiers):
            if now - points < tier.from_points <= now:
                yield Moment(
                    rep,
                    f"tier/{program}/{layer_id}/{tier.from_points}",
                    f"{tier.name} reached: {newest.name}",
                    f"Your confirmed deals have reached {tier.name} in {newest.name}. "
                    "Your standings show what it adds.",
                )


def reward_moments(payouts: Sequence[Payout], name: str, now: datetime) -> list[Moment]:
    """Rewards of a program (called `name`) that were delivered while it is news."""
    return [
        Moment(
            payout.rep,
            f"sent/{payout.key}",
            f"Reward sent: {name}",
            f"Your reward of {signed(Money(payout.amount_minor, payout.currency))} for {name} has been sent.",
        )
        for payout in payouts
        if payout.state is PayoutState.CONFIRMED
        and payout.confirmed_at is not None
        and now - payout.confirmed_at < NEWS_FOR
    ]


def digest(rep: str, day: date, entries: Sequence[Entry], programs: Programs) -> Moment | None:
    """One bell about a day (on her clock) from the entries posted in it; None when nothing of hers has changed."""
    sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    deals: dict[str, set[str]] = defaultdict(set)
    for leg in (leg for entry in entries for leg in entry.legs):
        if programs.get(leg.program) and (leg.confirmed or leg.provisional):
            both = sums[leg.program][leg.layer]
            both[0] += leg.confirmed
            both[1] += leg.provisional
            deals[leg.program].add(leg.registration)
    told = []
    for program in sorted(sums):
        versions = programs[program]
        layers = sums[program].items()
        parts = [_settled(m) for m in _worth({k: v[0] for k, v in layers}, versions)]
        parts += [_waiting(m) for m in _worth({k: v[1] for k, v in layers}, versions)]
        if parts:
            many = len(deals[program])
            told.append(f"{_name(versions)}: {', '.join(parts)} ({many} {'deal' if many == 1 else 'deals'}).")
    if not told:
        return None
    return Moment(rep, f"digest/{day}", f"Your SPIFFs on {day_text(day)}", " ".join(told))


def _worth(points: Mapping[str, int], versions: Sequence[Program]) -> list[Money]:
    """Points by layer as money, one amount a currency, without zeros."""
    found: dict[str, int] = {}
    for layer, many in points.items():
        if (point := point_of(versions, layer)) is not None:
            found[point.currency] = found.get(point.currency, 0) + many * point.minor
    return [Money(minor, currency) for currency, minor in sorted(found.items()) if minor]


def _settled(money: Money) -> str:
    return f"{signed(-money)} taken back" if money.minor < 0 else f"+{signed(money)} confirmed"


def _waiting(money: Money) -> str:
    if money.minor < 0:
        return f"{signed(-money)} less waits for orders"
    return f"+{signed(money)} waiting for orders, not earned yet"


def _name(versions: Sequence[Program]) -> str:
    return max(versions, key=lambda v: v.version).name


def _short(deal: Registration) -> str:
    return deal.account_name or deal.number or "your deal"


def _named(deal: Registration) -> str:
    number = f" ({deal.number})" if deal.number and deal.account_name else ""
    return f"{_short(deal)}{number}"
