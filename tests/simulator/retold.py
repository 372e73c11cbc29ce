"""F(latest facts, program versions): the facts a story ends with, told alone, each once, in canonical order, on a fresh
world without faults. What stands there must stand in the story's world too, however it was told (design: the write
path converges; domain.md 6).

Canonical order: program versions and people by time, aliases by name, registrations by id in their last version, order
lines by distributor and the moment they speak of, only the tellings that stand (all of them where two of one moment
differ).

Compared are standings (fence, points by bucket, deals), ledger sums, registrations, lines with where they belong and
why they are held, and what is posted for each deal. Where a period froze during the story, its points of both buckets
together: which of them the freeze saw depends on when it was (domain.md 37).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from chalicelib import bootstrap_money
from chalicelib.adapters.dynamodb.core_items import read_line
from chalicelib.domain.adjustments import Adjustment, Proposal
from chalicelib.services.adjustments import Adjustments
from local.story_world import DEE, users
from tests.simulator.acts import publish
from tests.simulator.outcome import adjustments_in, outcome
from tests.simulator.paper import Distributor
from tests.simulator.stage import cold_start
from tests.simulator.story import MONTH
from tests.simulator.tale import ADMINS, OBJECT, PROGRAMS, Tale, Telling, begin
from tests.simulator.world import CORE, World

Stands = dict[str, dict[Any, Any]]


def retold(tale: Tale) -> Tale:
    """The facts of a story told again on the same world, whose state is gone then."""
    now, records = tale.now, tale.world.org.state.records
    registrations = {id: dict(r) for id, r in records.get(OBJECT, {}).items() if not r["IsDeleted"]}
    dee = dict(records["User"].get(DEE, {}))
    by_hand = [a for a in adjustments_in(tale.world) if a.state == "posted"]
    again = begin(tale.world)
    changes: list[tuple[Any, str, Any]] = [(at, id, None) for at, id in tale.people]
    changes += [(at, id, document) for at, id, document in tale.versions]
    for at, id, document in sorted(changes, key=lambda change: change[0]):
        again.world.now = at
        if document is not None:
            publish(again, id, document)
        else:
            _person(again, id, dee)
    for name, document in sorted(tale.aliases.items()):
        again.ask("PUT", f"/config/alias/{name}", ADMINS[0], "admin", document)
    again.pump()
    for id, record in sorted(registrations.items()):
        again.world.org.state.put(OBJECT, id, record)
        again.send()
    for (distributor, as_of, _), tellings in sorted(standing_files(tale.tellings).items()):
        again.world.now = tellings[0].dropped_at
        again.drop(distributor, [t.row for t in tellings], as_of)
    again.pump()
    for adjustment in sorted(by_hand, key=lambda a: (a.decided_at, a.points < 0, a.id)):
        again.world.now = adjustment.decided_at or again.world.now
        _adjusted(again, adjustment)
    again.world.now = max(now, again.world.now)
    again.pump()
    cold_start()
    assert not again.stage.refused, again.stage.refused
    return again


def _person(again: Tale, id: str, dee: dict[str, Any]) -> None:
    org = again.world.org.state
    if id == DEE and id not in org.records["User"]:
        joined = next(user for user in users(MONTH, joined=True) if user["Id"] == DEE)
        org.put("User", DEE, joined | {"CreatedDate": dee["CreatedDate"]})
    else:
        org.put("User", id, {"IsActive": False})
    again.sync()


def _adjusted(again: Tale, adjustment: Adjustment) -> None:
    """The same points for the same reason, by the same people; out of no dispute this time."""
    names = ("rep", "program", "layer", "registration", "points", "reason", "evidence")
    proposal = Proposal(**{name: getattr(adjustment, name) for name in names})
    _Believed(*(getattr(bootstrap_money.adjustments(), f.name) for f in fields(Adjustments))).propose(
        proposal, adjustment.author, again.world.now
    )
    again.ask("POST", f"/adjustments/{adjustment.id}/approve", adjustment.approver, "admin", {})


class _Believed(Adjustments):
    """Proposals without their checks: what was there when it was said may be gone by now."""

    def _check(self, *_: Any) -> None:
        pass


def standing_files(tellings: Collection[Telling]) -> dict[tuple[Distributor, Any, int], list[Telling]]:
    """The tellings that stand, as the files they are told in: of every line those of the latest moment."""
    latest: dict[tuple[str, str, int], Any] = {}
    for telling in tellings:
        place = telling.row.place
        latest[place] = max(latest.get(place, telling.as_of), telling.as_of)
    files: dict[tuple[Distributor, Any, int], list[Telling]] = defaultdict(list)
    seen: set[tuple[tuple[str, str, int], int]] = set()
    for telling in tellings:
        row = telling.row
        if telling.as_of == latest[row.place]:
            number = next(n for n in range(len(tellings)) if (row.place, n) not in seen)
            seen.add((row.place, number))
            files[row.distributor, telling.as_of, number].append(telling)
    return files


def stands(world: World, frozen: Collection[str]) -> Stands:
    """What must not depend on how the facts were told, by topic; without deleted registrations, which keep what was
    last known of them."""
    seen = outcome(world)
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for (rep, program, layer, registration, bucket), (confirmed, provisional) in seen["ledger"].items():
        key = (rep, program, layer, registration, "" if program in frozen else bucket)
        sums[key][0] += confirmed
        sums[key][1] += provisional
    books = seen["books"].items()
    return {
        "standings": {
            pair: (_fence(fence, pair[0] in frozen), _points(layers, pair[0] in frozen), deals, confirmed)
            for pair, (fence, layers, deals, confirmed) in seen["standings"].items()
            if pair[0] in PROGRAMS  # who is enrolled for next spring depends on the day somebody asked
        },
        "ledger": {key: tuple(both) for key, both in sums.items() if any(both)},
        "registrations": {
            (name, id): r for name, (deals, *_) in books for id, r in deals.items() if r.status != "deleted"
        },
        "posted": {key: points for _, (_, _, _, posted) in books for key, points in posted.items()},
        "lines of books": {
            (name, id): (assigned[id], _plain(line))
            for name, (_, lines, assigned, _) in books for id, line in lines.items()
        },
        "lines": {
            found.line.id: (_plain(found.line), found.state, found.registration, found.book, found.twin)
            for item in world.tables.rows(CORE) if item["pk"]["S"].startswith("LINE#")
            for found in [read_line(item)]
        },
    }  # fmt: skip


def _plain(line: Any) -> Any:
    """A line without the file and the row it stood in."""
    return replace(line, source="", revision=replace(line.revision, row=0))


def _fence(fence: str, frozen: bool) -> str:
    return fence.rpartition("/")[0] if frozen else fence


def _points(layers: dict[str, Any], frozen: bool) -> dict[str, Any]:
    if not frozen:
        return layers
    return {k: (s.confirmed, s.provisional) for k, s in layers.items() if s.confirmed or s.provisional}
