"""An alias was added or changed: decide the lines again that were told with its code.

All of them, waiting, matched or held: the part number decides under which purchase order a line is found and what it
is worth (domain.md 14). A popular code stands on many lines, so the work goes page by page, each one asked for by a
message of its own; doing a page twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.aliases import alias_from
from chalicelib.domain.configured import Document
from chalicelib.services.core_port import CoreStore
from chalicelib.services.ports import Retry, RetryQueue

PAGE = 250  # lines of one message: seconds of work, far inside a function's timeout

# A score that read the aliases just before they changed commits within its function's timeout of 60 s, and the change
# itself is stored within the API's 30 s: asked for before the change and done two minutes later, nothing stays behind.
AFTERWARDS_S = 120


@dataclass(frozen=True, slots=True)
class LineRetry:
    """The use case. `match_again(line_ids, now)` decides lines again, see `score_lines`."""

    store: CoreStore
    match_again: Callable[[Sequence[str], datetime], None]
    queue: RetryQueue

    def retry(self, asked: Retry, now: datetime) -> int:
        """Decide one page of lines again and ask for the next; how many lines it had."""
        ids = self.store.lines_told_as(asked.kind, asked.code, asked.after, PAGE)
        self.match_again(ids, now)
        if len(ids) == PAGE:
            self.queue.send([Retry(asked.kind, asked.code, ids[-1])], 0)
        return len(ids)


@dataclass(frozen=True, slots=True)
class AliasMoves:
    """What follows when an alias document changes: `Configuration` calls it around the change."""

    queue: RetryQueue

    def about_to(self, name: str, documents: Sequence[Document]) -> None:
        """Before it is stored: whatever dies after this, the lines are decided again. Raises: KickerError."""
        self.queue.send(retries_for(name, documents), AFTERWARDS_S)

    def done(self, name: str, documents: Sequence[Document]) -> None:
        """After it is stored: at once, for whoever looks. Raises: KickerError."""
        self.queue.send(retries_for(name, documents), 0)


def retries_for(name: str, documents: Sequence[Document]) -> list[Retry]:
    """What must be decided again when an alias says one of these documents instead of another."""
    aliases = [alias_from(name, document) for document in documents]
    return list(dict.fromkeys(Retry(a.kind, a.code.partition("#")[0] or a.code) for a in aliases))
