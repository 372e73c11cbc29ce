"""What a rep's home page reads, in one BatchGetItem over two tables: programs, standings, snapshots and sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.dynamodb.batches import get_across
from chalicelib.adapters.dynamodb.codec import unpack
from chalicelib.adapters.dynamodb.core import Registry
from chalicelib.adapters.dynamodb.core_items import Item, item_key, read_standing, standing_key
from chalicelib.adapters.dynamodb.feed_log import read_state, state_key
from chalicelib.adapters.dynamodb.sweeps import read_report, sweep_key
from chalicelib.domain.board import Board
from chalicelib.domain.programs import Program
from chalicelib.services.core_port import HomeFacts


@dataclass(slots=True)
class HomeTable:
    """Implements `services.home.HomeReader`; keep one per process, so that it knows programs and feeds beforehand."""

    client: Any
    table: str
    ops_table: str
    registry: Registry
    _known: frozenset[str] = field(default=frozenset())
    _feeds: frozenset[str] = field(default=frozenset())

    def home_facts(self, rep: str, objects: Sequence[str]) -> HomeFacts:
        """See `HomeReader`. Programs and feeds this process did not know beforehand cost one call more, once."""
        registry = self.registry.registry_key()
        wanted = [(self.ops_table, key) for key in (registry, *(sweep_key(name) for name in objects))]
        found = get_across(self.client, [*wanted, *self._keys(rep, self._known, self._feeds)])
        own = next((i for i in found.get(self.ops_table, ()) if _place(i) == _place(registry)), None)
        programs = self.registry.programs_for(own)
        feeds = frozenset(name for versions in programs.values() for v in versions for name in v.feeds)
        new = self._keys(rep, programs.keys() - self._known, feeds - self._feeds)
        if new:
            for table, items in get_across(self.client, new).items():
                found.setdefault(table, []).extend(items)
        self._known, self._feeds = frozenset(programs), feeds
        return _facts(found, self.table, self.ops_table, programs, objects, feeds)

    def _keys(self, rep: str, programs: Iterable[str], feeds: Iterable[str]) -> list[tuple[str, Item]]:
        core = [key for id in sorted(programs) for key in (standing_key(id, rep), item_key(f"BOARD#{id}", "BOARD"))]
        return [*((self.table, key) for key in core), *((self.ops_table, state_key(name)) for name in sorted(feeds))]


def _facts(
    found: Mapping[str, Sequence[Item]],
    table: str,
    ops_table: str,
    programs: Mapping[str, tuple[Program, ...]],
    objects: Sequence[str],
    feeds: frozenset[str],
) -> HomeFacts:
    core, ops = found.get(table, ()), {_place(i): i for i in found.get(ops_table, ())}
    boards = [unpack(i["body"]["B"], Board) for i in core if i["sk"]["S"] == "BOARD"]
    standings = [read_standing(i) for i in core if i["sk"]["S"] != "BOARD"]
    reports = {name: read_report(ops.get(_place(sweep_key(name)), {})) for name in objects}
    states = {name: read_state(name, ops.get(_place(state_key(name)), {})) for name in feeds}
    return HomeFacts(
        programs,
        {s.program: s for s in standings if s.program in programs},
        {b.program: b for b in boards if b.program in programs},
        {name: report for name, report in reports.items() if report is not None},
        {name: state for name, state in states.items() if state is not None},
    )


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
