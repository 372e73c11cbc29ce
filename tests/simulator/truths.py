"""What must be true of a story: after every step, when everything has been heard of, and when the month is paid.

Each check says in words what is wrong, and nothing when all is well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import bootstrap, bootstrap_money
from chalicelib.adapters.dynamodb.codec import unpack_book
from chalicelib.adapters.dynamodb.core import read_standing
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.domain.scoring import score_deal
from chalicelib.domain.standings import Fence
from tests.simulator.outcome import Outcome, outcome, untruths
from tests.simulator.stage import cold_start
from tests.simulator.tale import PROGRAMS, SELLERS, Tale, documents
from tests.simulator.truths_people import held_alone, nothing_owed, posted_once
from tests.simulator.world import CORE, World

Confirmed = dict[tuple[str, str, str], int]


def always(tale: Tale) -> list[str]:
    """True at every moment, whatever failed and whatever still waits: every standing and every book is the sum of its
    entries, no payout has two live orders, nothing known is gone."""
    seen = outcome(tale.world)
    under_way = "do not add up"  # the counts of a file whose chunks still wait
    found = [wrong for wrong in untruths(tale.world) if under_way not in wrong]
    return found + _books_are_their_entries(seen) + _gone(tale, seen)


def _books_are_their_entries(seen: Outcome) -> list[str]:
    sums: Counter[tuple[str, str, str, str, str]] = Counter()
    for (rep, program, layer, registration, _), (confirmed, provisional) in seen["ledger"].items():
        sums[program, layer, registration, rep, "confirmed"] += confirmed
        sums[program, layer, registration, rep, "provisional"] += provisional
    for _, _, _, posted in seen["books"].values():
        for key, (confirmed, provisional) in posted.items():
            sums[(*key, "confirmed")] -= confirmed
            sums[(*key, "provisional")] -= provisional
    return [f"{key}: entries and deal books differ by {n} points" for key, n in sums.items() if n]


def _gone(tale: Tale, seen: Outcome) -> list[str]:
    """Every registration the product acknowledged is in exactly one deal book."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, (registrations, *_) in seen["books"].items():
        for id in registrations:
            places[id].append(name)
    return [f"registration {id} is in the books {places[id]}, not in one" for id in tale.known if len(places[id]) != 1]


def confirmed(world: World) -> Confirmed:
    """Confirmed points by program, rep and layer."""
    found: Confirmed = {}
    for pk, rows in world.tables.items[CORE].items():
        if pk.startswith("PROGRAM#"):
            for item in rows.values():
                standing = read_standing(item)
                found.update({(standing.program, standing.rep, k): s.confirmed for k, s in standing.layers.items()})
    return found


def raised(before: Mapping[Any, int], after: Mapping[Any, int]) -> list[str]:
    """Balances that a step raised which told of nothing but goods that came back (domain.md 7)."""
    more = {key: n - before.get(key, 0) for key, n in after.items() if n > before.get(key, 0)}
    return [f"{key}: what came back raised the balance by {n} points" for key, n in more.items()]


def conserved(world: World) -> list[str]:
    """The reps of a split deal together have what one rep would have got (domain.md 16), where all of them take part
    in the program on every day of it."""
    active = bootstrap.programs().active()
    fences = {(p, rep): Fence.read(fence) for (p, rep), (fence, *_) in outcome(world)["standings"].items()}
    wrong = []
    for item in world.tables.rows(CORE):
        if not item["pk"]["S"].startswith("BOOK#"):
            continue
        book = unpack_book(item["pk"]["S"].removeprefix("BOOK#"), 0, item["body"]["B"])
        lines = book.book_lines()
        for deal in book.registrations.values():
            if len(deal.credits) < 2:
                continue
            whole = replace(deal, credits=(Credit(deal.credits[0].rep, WHOLE),))
            for award in score_deal(whole, lines.lines.get(deal.id, ()), active, book=lines):
                if all(_all_month(fences.get((award.program, c.rep))) for c in deal.credits):
                    mine = [s for k, s in book.posted.items() if k[:3] == (award.program, award.layer, deal.id)]
                    parts = sum(s.confirmed for s in mine), sum(s.provisional for s in mine)
                    if parts != (award.confirmed, award.provisional):
                        wrong.append(f"deal {deal.number} {award.program}: the reps have {parts} points, one rep would "
                                     f"have {(award.confirmed, award.provisional)}")  # fmt: skip
    return wrong


def _all_month(fence: Fence | None) -> bool:
    return fence is not None and fence.enrolled_from.day == 1 and fence.enrolled_to is None


def promised(tale: Tale) -> list[str]:
    """Paid and reserved stay within every budget, in the reps' own figures (domain.md 21), and every registration is
    in the deal list of everybody it is credited to, and of its owner."""
    tokens: Counter[tuple[str, str]] = Counter()
    shown: dict[str, set[str]] = {}
    for rep in SELLERS:
        for program in tale.ask("GET", "/me/standings", rep, "rep")["programs"]:
            for layer in program["layers"]:
                tokens[program["program"], layer["layer"]] += _minor(layer["if_all_confirms"])
        deals = tale.ask("GET", "/me/deals?limit=200", rep, "rep")["deals"]
        shown[rep] = {deal["registration"] for deal in deals}
    found = _over(tokens, "reps are promised")
    for registrations, *_ in outcome(tale.world)["books"].values():
        for id, registration in registrations.items():
            missing = [rep for rep in registration.seen_by() if rep in shown and id not in shown[rep]]
            found += [f"{rep} does not see her deal {registration.number}" for rep in missing]
    everywhere = set().union(*shown.values())
    return found + [f"nobody sees the registration {id}" for id in tale.known if id not in everywhere]


def _over(minor: Mapping[tuple[str, str], int], what: str) -> list[str]:
    found = []
    for id in PROGRAMS:
        for layer in documents()[id]["layers"]:
            budget = round(100 * float(layer["budget"]["amount"])) if "budget" in layer else None
            if budget is not None and minor.get((id, layer["id"]), 0) > budget:
                found.append(f"{id}, {layer['id']}: {what} {minor[id, layer['id']]} of {budget}")
    return found


def _minor(money: Mapping[str, Any]) -> int:
    return int(money["minor"]) if "minor" in money else round(100 * float(money["amount"]))


def settled(tale: Tale) -> list[str]:
    """True once nothing waits any more: all of the above, counts of every file add up, splits are conserved, nobody is
    promised more than there is, nothing was refused, and the product's own audit agrees."""
    cold_start()
    found = [*always(tale), *untruths(tale.world), *conserved(tale.world), *promised(tale)]
    found += [*held_alone(tale), *posted_once(tale)]
    found += [f"audit: {finding}" for finding in bootstrap_money.ledger_audit().run().findings]
    found += [f"refused: {refusal}" for refusal in tale.stage.refused]
    if not tale.quiet():
        found.append("something still waits")
    return found


def paid(tale: Tale) -> list[str]:
    """True when the month is paid: as `settled`, and the runs together stay within every budget."""
    granted: Counter[tuple[str, str]] = Counter()
    for (period, _), (_, _, _, body) in outcome(tale.world)["payouts"].items():
        for line in body["lines"] or ():
            if line["kind"] != "carry":
                granted[period.removeprefix("PERIOD#"), line["layer"]] += line["amount_minor"]
    return [*settled(tale), *_over(granted, "the runs granted"), *nothing_owed(tale)]
