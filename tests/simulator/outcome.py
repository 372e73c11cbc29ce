"""What must be the same in the end, whatever failed on the way; and what must be true of it by itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.adapters.dynamodb.codec import unpack, unpack_book, unpack_entry
from chalicelib.adapters.dynamodb.core import read_standing
from chalicelib.domain.adjustments import Adjustment
from chalicelib.domain.disputes import Dispute
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.write_back import FIELDS
from tests.simulator.world import CORE, MONEY, OPS, REPORTS, World

Outcome = dict[str, Any]
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def outcome(world: World) -> Outcome:
    """Everything a rep, finance or the provider will ever see of the month, by topic."""
    core, money, ops = (world.tables.rows(t) for t in (CORE, MONEY, OPS))
    return {
        "standings": _standings(core),
        "ledger": _ledger(core),
        "books": _books(core),
        "lines": {
            i["pk"]["S"]: (i["state"]["S"], i.get("registration"), i.get("book"), i.get("twin"), bytes(i["body"]["B"]))
            for i in core if i["pk"]["S"].startswith("LINE#")
        },
        "adjustments": {a.id: (a.state, a.points, a.approver) for a in adjustments_in(world)},
        "disputes": {d.id: (d.state, d.adjustment, [m.text for m in d.messages]) for d in disputes_in(world)},
        "payouts": _payouts(money),
        "orders at the provider": world.provider.live_orders(),
        "paid by hand": sorted(k for k in world.buckets.objects[REPORTS] if k.startswith("payouts/manual/")),
        "periods": _periods(money),
        "debts": {(i["pk"]["S"], i["sk"]["S"]): i["owed"]["N"] for i in money if i["pk"]["S"].startswith("DEBT#")},
        # Found by the webhook, by the statement or by both: a webhook is given up after four tries.
        "breaks": sorted({_break(i) for i in money if i["pk"]["S"].startswith("BREAK#")}),
        "files": _files(world),
        "feeds": {i["pk"]["S"]: (i.get("complete_to"), i.get("reported_at"), i.get("as_of"))
                  for i in ops if i["sk"]["S"] == "STATE"},
        "replays": sorted(body for key, body in world.buckets.newest(REPORTS).items()
                          if key.startswith("reports/replays/") and key.endswith("report.json")),
        "quarantine": sorted(i["sk"]["S"] for i in ops if i["pk"]["S"].startswith("QUARANTINE#")),
        "work": sorted((i["pk"]["S"], i["sk"]["S"]) for i in ops
                       if i["pk"]["S"].startswith("WORK#") and i["state"]["S"] == "open"),
        "written back": _written_back(world),
        # When somebody was first heard of depends on when we could ask.
        "people": {i["sk"]["S"]: {k: v for k, v in json.loads(i["body"]["S"]).items() if k != "heard_at"}
                   for i in ops if i["pk"]["S"] == "USER"},
        "programs": next((i["programs"] for i in ops if i["pk"]["S"] == "REGISTRY"), None),
        # What finance hears on the way depends on when she is told; that it is complete she hears of every run.
        "mails": sorted({(to, subject) for to, subject, _ in world.mails.sent if subject.endswith("confirmed")}),
        "dead letters": [m.body for m in world.queues.dead],
    }  # fmt: skip


def without_instants(seen: Outcome) -> Outcome:
    """The same without what is only the instant somebody told: when a line was reported, a registration saved, a feed
    last heard of."""
    books = {
        name: (told, {o: _untold(lines[o]) for o in lines}, *more)
        for name, (told, lines, *more) in seen["books"].items()
    }
    lines = {id: line[:4] for id, line in seen["lines"].items()}
    feeds = {name: complete for name, (complete, _, _) in seen["feeds"].items()}
    return seen | {"books": books, "lines": lines, "feeds": feeds}


def _untold(line: OrderLine) -> OrderLine:
    return replace(line, revision=replace(line.revision, as_of=_NEVER))


def _standings(core: list[Any]) -> dict[tuple[str, str], Any]:
    found = [read_standing(i) for i in core if i["pk"]["S"].startswith("PROGRAM#")]
    return {(s.program, s.rep): (str(s.fence), {k: v for k, v in s.layers.items() if v != type(v)()}, s.deals,
                                 s.deals_confirmed) for s in found}  # fmt: skip


def _ledger(core: list[Any]) -> dict[tuple[str, ...], tuple[int, int]]:
    sums: dict[tuple[str, ...], tuple[int, int]] = {}
    for item in core:
        if not item["pk"]["S"].startswith("REP#"):
            continue
        entry = unpack_entry(item["body"]["B"])
        for leg in entry.legs:
            key = (entry.rep, leg.program, leg.layer, leg.registration, leg.bucket)
            was = sums.get(key, (0, 0))
            sums[key] = (was[0] + leg.confirmed, was[1] + leg.provisional)
    return {key: value for key, value in sums.items() if value != (0, 0)}


def _books(core: list[Any]) -> dict[str, Any]:
    found = {}
    for item in core:
        if item["pk"]["S"].startswith("BOOK#"):
            name = item["pk"]["S"].removeprefix("BOOK#")
            book = unpack_book(name, 0, item["body"]["B"])
            posted = {k: (s.confirmed, s.provisional) for k, s in book.posted.items() if s.confirmed or s.provisional}
            # When a record was stamped last depends on when we wrote it; what it says does not.
            told = {id: replace(deal, version=_NEVER) for id, deal in book.registrations.items()}
            found[name] = (told, book.lines, book.assigned, posted)
    return found


def _written_back(world: World) -> dict[str, Any]:
    """What the deals' own records say of them, but for the instant it was said."""
    records = world.org.state.records.get("Deal_Registration__c", {})
    return {id: [record.get(name) for name in FIELDS[:-1]] for id, record in records.items()}


def adjustments_in(world: World) -> list[Adjustment]:
    """Every adjustment, whatever became of it."""
    items = (i for i in world.tables.rows(CORE) if i["pk"]["S"].startswith("BOOK#adjustments/"))
    return [a for item in items for a in unpack_book("", 0, item["body"]["B"]).adjustments.values()]


def disputes_in(world: World) -> list[Dispute]:
    """Every dispute."""
    items = (i for i in world.tables.rows(MONEY) if i["pk"]["S"].startswith("DISPUTES#"))
    return [unpack(bytes(item["body"]["B"]), Dispute) for item in items]


def _payouts(money: list[Any]) -> dict[tuple[str, str], Any]:
    found = {}
    for item in money:
        if item["pk"]["S"].startswith("PERIOD#") and item["sk"]["S"].startswith("PAYOUT#"):
            body = json.loads(item["body"]["B"])
            keep = {name: body.get(name) for name in ("key", "lines", "awards", "recipient_email")}
            found[item["pk"]["S"], item["sk"]["S"]] = (
                item["state"]["S"], item["amount_minor"]["N"], bytes(item.get("request", {"B": b""})["B"]), keep,
            )  # fmt: skip
    return found


def _periods(money: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in money:
        body = json.loads(item["body"]["B"]) if "body" in item and "DISPUTES" not in item["pk"]["S"] else {}
        if item["pk"]["S"] == "PERIODS":
            kept = ("version", "id", "pending", "shortfalls", "halted", "watermark")
            found[item["sk"]["S"]] = [*(body.get(k) for k in kept), bool(body.get("done_at"))]
        elif item["sk"]["S"].startswith("RUN#"):
            kept = ("planned", "digest", "total_minor", "totals", "held")
            approval = (body.get("approval") or {}).get("by")
            found[item["pk"]["S"] + item["sk"]["S"]] = [*(body.get(k) for k in kept), approval]
    return found


def _break(item: Any) -> tuple[str, str]:
    body = json.loads(item["body"]["B"])
    return body["kind"], body["key"]


def _files(world: World) -> dict[str, Any]:
    found = {}
    for key, body in world.buckets.newest(REPORTS).items():
        if key.startswith("reports/feeds/"):
            report = json.loads(body)
            found[key] = (report["state"], report["counts"], report.get("quarantined"), report.get("duplicate_of"))
    return found


def untruths(world: World) -> list[str]:
    """What is wrong with an outcome by itself, in words; nothing when all is well."""
    found = []
    seen = outcome(world)
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for (rep, program, layer, _, bucket), (confirmed, provisional) in seen["ledger"].items():
        sums[program, rep, layer, f"{bucket}_confirmed"] += confirmed
        sums[program, rep, layer, f"{bucket}_provisional"] += provisional
    for (program, rep), (_, layers, _, _) in seen["standings"].items():
        for layer, stands in layers.items():
            names = ("base_confirmed", "base_provisional", "trailing_confirmed", "trailing_provisional")
            wrong = [n for n in names if getattr(stands, n) != sums.pop((program, rep, layer, n), 0)]
            found += [f"{program}, {rep}, {layer}: {n} is not the sum of the entries" for n in wrong]
    found += [f"{key}: entries without a standing" for key, value in sums.items() if value]
    keys = Counter(key for key, _ in seen["orders at the provider"])
    found += [f"payout {key} has {n} live orders" for key, n in keys.items() if n > 1]
    orders = dict(seen["orders at the provider"])
    for place, (state, amount, _, body) in seen["payouts"].items():
        told = orders.pop(body["key"], None)
        if told is not None and Decimal(told) * 100 != Decimal(amount):
            found.append(f"{place}: ordered {told}, planned {amount}")
        if state == "confirmed" and told is None and f"payouts/manual/{body['key']}.json" not in seen["paid by hand"]:
            found.append(f"{place} is confirmed, but the provider has no order")
    found += [f"the provider has an order {key} of nobody" for key in orders if not key.startswith("NOBODY")]
    for key, (state, counts, _, _) in seen["files"].items():
        parts = sum(counts[n] for n in ("scored", "pending", "unmatched", "quarantined", "duplicate", "waiting"))
        if counts["in"] != parts + sum(counts["ignored"].values()) or (state == "scoring"):
            found.append(f"{key}: {state}, counts {counts} do not add up")
    rings = Counter(
        (*bell["recipientIds"], bell["title"], bell["body"], bell["targetId"]) for bell in world.org.state.bells
    )
    found += [f"{n} bells rang for {ring}" for ring, n in rings.items() if n > 1]
    found += [f"the simulator does not know {what}" for what in world.unknown]
    return found


def differences(expected: Outcome, seen: Outcome) -> list[str]:
    """In which topics two outcomes differ, with the first differing entry."""
    found = []
    for topic, wanted in expected.items():
        got = seen[topic]
        if got == wanted:
            continue
        if isinstance(wanted, dict):
            keys = [k for k in {**wanted, **got} if wanted.get(k) != got.get(k)]
            found.append(
                f"{topic}: {len(keys)} differ, first {keys[0]}: {got.get(keys[0])!r} not {wanted.get(keys[0])!r}"
            )
        else:
            found.append(f"{topic}: {_short(got, wanted)}")
    return found


def _short(got: Any, wanted: Any) -> str:
    if isinstance(wanted, list):
        return f"additional {[x for x in got if x not in wanted]!r}, missing {[x for x in wanted if x not in got]!r}"
    return f"{got!r} not {wanted!r}"
