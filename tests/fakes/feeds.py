"""Feed bucket, lines queue and feed log in memory; held to the real ones by tests/adapters/test_feed_log.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.domain.errors import KickerError, NotFound
from chalicelib.feeds.chunks import ChunkCounts, FileTag, LineChunk, decode, encode
from chalicelib.feeds.profiles import FeedProfile
from chalicelib.feeds.rejected import RejectedRow
from chalicelib.feeds.taken import FeedState, TakenFile


@dataclass
class FakeObject:
    body: bytes
    version: str
    piece: int
    readings: list[str]

    def chunks(self) -> Iterator[bytes]:
        self.readings.append(self.version)
        for start in range(0, len(self.body), self.piece):
            yield self.body[start : start + self.piece]


@dataclass
class FakeFeedStore:
    """Implements `read_feed.FeedStore`; `drop` stores a file and returns its version."""

    objects: dict[str, list[bytes]] = field(default_factory=dict)
    readings: list[str] = field(default_factory=list)
    piece: int = 65_536

    def drop(self, key: str, body: bytes) -> str:
        self.objects.setdefault(key, []).append(body)
        return f"v{len(self.objects[key])}"

    def open(self, key: str, version: str) -> FakeObject:
        versions = self.objects.get(key)
        if not versions:
            raise NotFound(f"{key}: the file was deleted before it was read. Drop it again.")
        number = int(version[1:]) if version else len(versions)
        return FakeObject(versions[number - 1], f"v{number}", self.piece, self.readings)


@dataclass
class FakeLineQueue:
    """Implements `ports.LineQueue`; `fails_after` chunks it refuses, once."""

    bodies: list[str] = field(default_factory=list)
    fails_after: int | None = None

    def send(self, chunks: Sequence[LineChunk]) -> None:
        for chunk in chunks:
            if self.fails_after is not None and len(self.bodies) >= self.fails_after:
                self.fails_after = None
                raise KickerError("the lines queue refused a chunk")
            self.bodies.append(encode(chunk))

    def chunks(self) -> list[LineChunk]:
        return [decode(body) for body in self.bodies]


@dataclass
class FakeFeedBook:
    """Implements `ports.FeedLog` and `read_feed.FeedBook`."""

    own_profiles: list[FeedProfile] = field(default_factory=list)
    files_taken: dict[tuple[str, str], TakenFile] = field(default_factory=dict)
    completed: dict[str, date] = field(default_factory=dict)
    rows: dict[tuple[str, str, int], RejectedRow] = field(default_factory=dict)
    counted: dict[tuple[str, str], dict[int, ChunkCounts]] = field(default_factory=dict)

    def complete_to(self, distributor: str) -> date | None:
        return self.completed.get(distributor)

    def state(self, distributor: str) -> FeedState | None:
        files = [f for (d, _), f in self.files_taken.items() if d == distributor]
        if not files:
            return None
        last = max(files, key=lambda f: f.uploaded_at)
        return FeedState(
            distributor, last.uploaded_at, max(f.as_of for f in files), last.key, self.completed.get(distributor)
        )

    def states(self) -> list[FeedState]:
        names = sorted({d for d, _ in self.files_taken})
        return [state for name in names if (state := self.state(name)) is not None]

    def files(self, distributor: str, most: int) -> list[TakenFile]:
        found = [f for (d, _), f in self.files_taken.items() if d == distributor]
        return sorted(found, key=lambda f: (f.taken_at, f.key), reverse=True)[:most]

    def profiles(self) -> list[FeedProfile]:
        return self.own_profiles

    def taken(self, distributor: str, sha256: str) -> TakenFile | None:
        return self.files_taken.get((distributor, sha256))

    def take(self, distributor: str, file: TakenFile) -> None:
        self.files_taken.setdefault((distributor, file.sha256), file)

    def complete(self, distributor: str, covers: date) -> None:
        self.completed[distributor] = max(covers, self.completed.get(distributor, covers))

    def quarantine(self, file: str, sha256: str, first: int, rows: Sequence[RejectedRow], now: datetime) -> None:
        self.rows.update({(file, sha256, first + n): row for n, row in enumerate(rows)})

    def quarantined(self, file: str) -> list[RejectedRow]:
        return [row for (f, _, _), row in sorted(self.rows.items()) if f == file]

    def count_chunk(self, file: FileTag, number: int, counts: ChunkCounts, now: datetime) -> ChunkCounts | None:
        known = self.counted.setdefault((file.distributor, file.sha256), {})
        known.setdefault(number, counts)
        return sum(known.values(), ChunkCounts()) if len(known) == file.chunks else None
