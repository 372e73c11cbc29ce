"""What was told, in memory; an org that takes what it is told; and a fuse that lets the n-th call of either fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.ledger import Entry
from chalicelib.domain.moments import Moment
from chalicelib.domain.write_back import FIELDS
from chalicelib.services.told_port import Answer, OrgRefused, Target, Teller, ToldBook, Update
from local.memory.core import MemoryCore


class Died(BaseException):
    """The process ended here."""


@dataclass
class MemoryTold:
    """`told_port.ToldStore` over a core in memory."""

    core: MemoryCore
    teller: Teller | None = None
    held_until: datetime | None = None
    books: dict[str, ToldBook] = field(default_factory=dict)
    claimed: set[tuple[str, str]] = field(default_factory=set)

    def lease(self, now: datetime, until: datetime) -> Teller | None:
        if self.held_until is not None and self.held_until > now:
            return None
        self.held_until = until
        self.teller = replace(self.teller or Teller(until), lease=until)
        return self.teller

    def release(self, teller: Teller) -> None:
        if self.held_until == teller.lease:
            self.teller, self.held_until = teller, None

    def told(self, books: Sequence[str]) -> dict[str, ToldBook]:
        return {key: self.books[key] for key in books if key in self.books}

    def keep(self, told: ToldBook) -> None:
        self.books[told.key] = replace(told, records=dict(told.records))

    def claim(self, moment: Moment, now: datetime) -> bool:
        if (moment.rep, moment.key) in self.claimed:
            return False
        self.claimed.add((moment.rep, moment.key))
        return True

    def give_back(self, moment: Moment) -> None:
        self.claimed.discard((moment.rep, moment.key))

    def books_since(self, rep: str, since: datetime) -> set[str]:
        return {entry.book for entry in self.core.ledger if entry.rep == rep and entry.posted_at >= since}

    def entries(self, rep: str, since: datetime, until: datetime) -> list[Entry]:
        return [e for e in self.core.ledger if e.rep == rep and since <= e.posted_at < until]


@dataclass
class MemoryWriter:
    """An org with one object; `saved` are records somebody else saved, `refuses` the codes a record's next updates get,
    `down` what every call raises."""

    fields: frozenset[str] = frozenset(FIELDS)
    records: dict[str, dict[str, object]] = field(default_factory=dict)
    bells: list[tuple[str, str, str]] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    saved: dict[str, datetime] = field(default_factory=dict)
    refuses: dict[str, list[str]] = field(default_factory=dict)
    down: OrgRefused | None = None
    bells_down: OrgRefused | None = None

    def targets(self, objects: Collection[str]) -> Mapping[str, Target]:
        self._up()
        return {"a0D": Target("Deal_Registration__c", self.fields)}

    def changed_ids(self, object_name: str, since: datetime) -> list[str]:
        self._up()
        return sorted(id for id, at in self.saved.items() if at >= since)

    def write(self, updates: Sequence[Update]) -> list[Answer]:
        self._up()
        self.sizes.append(len(updates))
        return [self._written(update) for update in updates]

    def _written(self, update: Update) -> Answer:
        if self.refuses.get(update.id):
            code = self.refuses[update.id].pop(0)
            return Answer(code, "as the test wants it", code == "ENTITY_IS_DELETED")
        self.records.setdefault(update.id, {}).update(update.values)
        self.updates.append(update.id)
        return Answer()

    def ring(self, moments: Sequence[Moment]) -> list[Answer]:
        self._up()
        if self.bells_down is not None:
            raise self.bells_down
        self.bells += [(m.rep, m.title, m.body) for m in moments]
        return [Answer() for _ in moments]

    def _up(self) -> None:
        if self.down is not None:
            raise self.down


class Fused:
    """Whatever stands behind, whose n-th call (counted over all that share `burn`) dies before or after it is done."""

    def __init__(self, behind: Any, burn: Callable[[bool], None]) -> None:
        self._behind, self._burn = behind, burn

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._behind, name)

        def call(*args: Any, **more: Any) -> Any:
            self._burn(False)
            answer = inner(*args, **more)
            self._burn(True)
            return answer

        return call


@dataclass
class Fuse:
    """Dies at the `at`-th half of a call: even ones before it is carried out, odd ones after. None: never."""

    at: int | None = None
    count: int = 0

    def burn(self, _: bool) -> None:
        if self.count == self.at:
            self.at = None
            raise Died
        self.count += 1


SHORTLY = timedelta(minutes=5)
