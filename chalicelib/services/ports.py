"""What the use cases need from outside, as Protocols. One adapter and one in-memory fake implement each; a contract
test holds the two together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol

from chalicelib.domain.adjustments import Adjustment
from chalicelib.domain.aliases import Kind
from chalicelib.domain.errors import Problem
from chalicelib.domain.ledger import Entry
from chalicelib.domain.programs import Program
from chalicelib.domain.standings import Standing
from chalicelib.feeds.chunks import LineChunk

if TYPE_CHECKING:
    from chalicelib.domain.restatement import Restatement


@dataclass(frozen=True, slots=True)
class Person:
    """A Salesforce user. `id` is the rep id everywhere. `created_on` and `left_on` are her first and last day by her
    own clock as the org tells them (`left_on` None: still there); `zone` is her own IANA time zone, "" when none was
    told. `heard_at` is the instant the user sync first read of her, None when nobody noted it."""

    id: str
    name: str
    email: str
    active: bool
    country: str = ""
    department: str = ""
    role: str = ""
    created_on: date | None = None
    left_on: date | None = None
    zone: str = ""
    heard_at: datetime | None = None


class People(Protocol):
    """Names and addresses; the ledger holds ids only (domain.md 19)."""

    def get(self, ids: Iterable[str]) -> dict[str, Person]:
        """The people known among `ids`."""

    def put(self, people: Sequence[Person]) -> None:
        """Insert or replace."""

    def all(self) -> Iterable[Person]:
        """Everyone, in no order."""


class Programs(Protocol):
    """The active programs. One small registry item is read with every event; documents are cached by version."""

    def active(self) -> dict[str, tuple[Program, ...]]:
        """Program id -> all activated versions, for every program not retired. Strongly read."""

    def versions(self, program: str) -> tuple[Program, ...]:
        """All activated versions of one program, oldest first; empty when there is none."""


@dataclass(frozen=True, slots=True)
class ProgramDraft:
    """The document being worked on. `contributors` are all who saved it since it was last activated: none of them
    may activate it. `activated_as` is the version this very revision became, None until then."""

    id: str
    revision: int
    document: Mapping[str, object]
    author: str
    contributors: tuple[str, ...]
    saved_at: datetime
    activated_as: int | None = None


@dataclass(frozen=True, slots=True)
class PublishedProgram:
    """One activated version: as scoring sees it, as it was written, who let it start when, and of what the gate warned
    then. `restated` is the report of what it changed when it ruled from a day that had begun."""

    program: Program
    document: Mapping[str, object]
    approver: str
    activated_at: datetime
    warnings: tuple[Problem, ...] = ()
    restated: Restatement | None = None


Decision = Literal["repeat", "redesign", "retire", "withdrawn"]
"""What follows from a program that is over: run it again, change it first, or let it be. Withdrawn: it never began."""


@dataclass(frozen=True, slots=True)
class Review:
    """What was decided about a program when it was taken off the list, by whom and why (F26)."""

    decision: Decision
    reason: str
    by: str
    at: datetime


class ProgramStore(Programs, Protocol):
    """Drafts, activated versions and the registry of active programs. Every change is an audit event with old and new
    value in the same transaction (domain.md 31)."""

    def draft(self, id: str) -> ProgramDraft | None:
        """The draft as it stands, strongly read."""

    def published(self, id: str) -> tuple[PublishedProgram, ...]:
        """Every activated version, oldest first, strongly read; retired programs too."""

    def past(self) -> tuple[Program, ...]:
        """The newest version of every program that was retired after its window had opened."""

    def put_draft(self, new: ProgramDraft, old: ProgramDraft | None) -> None:
        """Store the next revision. Raises: Conflict when somebody saved in between."""

    def publish(self, new: PublishedProgram, draft: ProgramDraft) -> None:
        """Add a version and let the registry name it. Raises: Conflict when the draft has moved, the version exists,
        or another activation came first."""

    def review(self, id: str) -> Review | None:
        """What was decided when the program was retired; None while it was not."""

    def withdraw(self, id: str, review: Review) -> None:
        """Take the program out of the registry and keep the review; its versions stay. Raises: Conflict when it is not
        active or the registry moved."""


class Roster(Protocol):
    """Standings of a program, and what the close needs of them."""

    def enroll(self, program: str, rep: str, start: date, end: date | None) -> bool:
        """Put the zero standing if absent, else move its dates (bucket stays). True when something changed."""

    def standings(self, program: str) -> Iterable[Standing]:
        """Every standing of the program, strongly read, ordered by rep."""

    def standings_of(self, rep: str, programs: Sequence[str]) -> dict[str, Standing]:
        """One rep's standings by program: one read for up to 100 programs."""

    def freeze(self, program: str, rep: str) -> Standing:
        """Move the standing's fence to the trailing bucket; repeating it changes nothing. Returns what it holds."""

    def entries(self, rep: str) -> list[Entry]:
        """All ledger entries of a rep, oldest first, strongly read."""

    def adjustments(self, program: str) -> list[Adjustment]:
        """All adjustments of a program, oldest first, strongly read."""


class FeedLog(Protocol):
    """What is known of each distributor's feed."""

    def complete_to(self, distributor: str) -> date | None:
        """The last local day the distributor's files fully cover; None when it never reported."""


class LineQueue(Protocol):
    """Where `read_feed` puts canonical lines for `score_lines`."""

    def send(self, chunks: Sequence[LineChunk]) -> None:
        """Enqueue chunks of at most 25 lines; each at least once. Raises: KickerError when one was not taken."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Decide again the lines told with this code (look-up form), from the one after `after` on."""

    kind: Kind
    code: str
    after: str = ""


class RetryQueue(Protocol):
    """Where lines to decide again are asked for."""

    def send(self, retries: Sequence[Retry], delay_s: int) -> None:
        """Enqueue each at least once, to be done `delay_s` from now. Raises: KickerError when one was not taken."""


@dataclass(frozen=True, slots=True)
class ReplayLane:
    """One program of a replay: an activated `version`, or a draft (`version` 0) as its `document` stood when asked."""

    program: str
    version: int
    document: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay on its way. `start` is the first day of another window the rules are moved to (None: their own);
    `page` is the next one to work, `done` of `of` people are gone through. `rev` counts writes."""

    id: str
    program: str
    lanes: tuple[ReplayLane, ...]
    start: date | None
    state: str
    done: int
    of: int
    by: str
    at: datetime
    page: int = 0
    rev: int = 0


class ReplayJobs(Protocol):
    """Where replays keep their progress."""

    def get(self, id: str) -> ReplayJob | None:
        """The job, strongly read."""

    def put(self, job: ReplayJob) -> None:
        """Store a new job (`rev` 0) or its next revision. Raises: Conflict when it has moved."""


class ReplayQueue(Protocol):
    """Where pages of a replay are asked for."""

    def send(self, id: str, page: int) -> None:
        """Enqueue a page at least once. Raises: KickerError when it was not taken."""


class WorkList(Protocol):
    """Things a person must look at; an entry is put once and resolved once."""

    def put(self, kind: str, id: str, what: dict[str, object], now: datetime) -> bool:
        """Add unless an entry of that kind and id is open. True when it is new."""

    def open(self, kind: str) -> list[dict[str, object]]:
        """Open entries of a kind, oldest first."""

    def resolve(self, kind: str, id: str, by: str, outcome: str, now: datetime) -> None:
        """Close an entry. Raises: NotFound."""


class Mailbox(Protocol):
    """Outgoing e-mail."""

    def send(self, to: Sequence[str], subject: str, text: str) -> None:
        """Hand over to the mail service. Raises: KickerError when it was refused."""


class Files(Protocol):
    """A bucket."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Store; a second put of the same key makes a new version."""

    def get(self, key: str) -> bytes:
        """The latest version. Raises: NotFound."""
