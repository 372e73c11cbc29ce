"""What telling Salesforce needs from outside: the org as somebody who writes to it, and what it was told last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.errors import KickerError
from chalicelib.domain.ledger import Entry
from chalicelib.domain.moments import Moment
from chalicelib.services.core_port import Snapshot


class OrgRefused(KickerError):
    """The org did not answer a call as it should. `sure`: nothing of it was carried out. `limit`: the org's calls are
    used up, so asking again soon makes it worse."""

    def __init__(self, message: str, *, sure: bool, limit: bool = False) -> None:
        self.sure, self.limit = sure, limit
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Target:
    """An object of the org: its name, and those of our fields that it has and we may write."""

    object_name: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Update:
    """New values of one record."""

    target: Target
    id: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record or one bell. `code` is Salesforce's own ("" when it was taken); `gone`: there is no
    such record any more, so there is nobody to tell."""

    code: str = ""
    message: str = ""
    gone: bool = False


class OrgWriter(Protocol):
    """The org. Every call raises OrgRefused when it was not answered as a whole."""

    def targets(self, objects: Collection[str]) -> Mapping[str, Target]:
        """The objects of these that exist, by the first three characters of their records' ids."""

    def changed_ids(self, object_name: str, since: datetime) -> list[str]:
        """Ids of the object's records with SystemModstamp at or after `since`."""

    def write(self, updates: Sequence[Update]) -> list[Answer]:
        """Update records, at most 200; each by itself, in their order."""

    def ring(self, moments: Sequence[Moment]) -> list[Answer]:
        """Ring bells, each by itself, in their order."""


@dataclass(frozen=True, slots=True)
class ToldRecord:
    """What a record was told last ("": nobody knows, a call may be under way or was refused), how often in a row it
    was refused, and which truth is not tried again before when."""

    fingerprint: str = ""
    tries: int = 0
    refused: str = ""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldBook:
    """What was told of one deal book. `seen` names the state of the world in which nothing was left to tell."""

    key: str
    seen: str = ""
    records: Mapping[str, ToldRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Teller:
    """Where telling stands: until when a run has it, when everything was last told, the hour whose work is done, the
    local day whose digests went out by zone, and before when the org is not to be asked."""

    lease: datetime
    caught_up: datetime | None = None
    hour: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None


class ToldStore(Protocol):
    """What was told, claimed and leased."""

    def lease(self, now: datetime, until: datetime) -> Teller | None:
        """Take the lease unless somebody has one that ends after `now`; None then."""

    def release(self, teller: Teller) -> None:
        """Give the lease back and keep the rest; nothing when it ran out and somebody else has it."""

    def told(self, books: Sequence[str]) -> dict[str, ToldBook]:
        """What was told of these books; nothing yet of those that are absent."""

    def keep(self, told: ToldBook) -> None:
        """Replace what was told of a book."""

    def claim(self, moment: Moment, now: datetime) -> bool:
        """True for the first who claims the moment; it stays claimed unless it is given back."""

    def give_back(self, moment: Moment) -> None:
        """The bell surely did not ring: the moment may be claimed again."""

    def books_since(self, rep: str, since: datetime) -> set[str]:
        """Keys of the books in which the rep has an entry posted at or after `since`."""

    def entries(self, rep: str, since: datetime, until: datetime) -> list[Entry]:
        """The rep's entries posted in [since, until), oldest first."""


class BookReader(Protocol):
    """The part of `core_port.CoreStore` telling reads."""

    def read(
        self,
        *,
        books: Collection[str] = (),
        located: Collection[str] = (),
        standings: Collection[tuple[str, str]] = (),
        programs: bool = False,
    ) -> Snapshot:
        """One consistent read."""


def pairs_of(books: Sequence[DealBook], programs: Collection[str]) -> set[tuple[str, str]]:
    """The (program, rep) pairs whose standings say who sees which program of these books."""
    seen = {
        (p, rep) for book in books for deal in book.registrations.values() for rep in deal.seen_by() for p in programs
    }
    return seen | {(key[0], key[3]) for book in books for key in book.posted}
