"""Documents an admin may change without a deployment: feed profiles, field mappings, aliases.

Every kind is checked by the code that will use it before it is stored, and every change is an event with old and new
value, who and when (domain.md 31). The kinds are the visible table handed in as `checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.domain.configured import Document, Stored
from chalicelib.domain.errors import InvalidDocument, NotFound, Problem

# Takes name and document. Raises InvalidDocument with every problem; returns the name the document itself claims (""
# when it claims none).
Check = Callable[[str, Document], str]


class Documents(Protocol):
    """Where documents lie, with their audit."""

    def get(self, kind: str, name: str) -> Stored | None:
        """The document as it stands, strongly read."""

    def all(self, kind: str) -> list[Stored]:
        """Every document of the kind, by name."""

    def replace(self, new: Stored, old: Stored | None) -> None:
        """Store the next revision together with its audit event, or neither. Raises: Conflict when it has moved."""


class Moves(Protocol):
    """What follows when a document changes. Both are told what it said before and says now, and may be repeated."""

    def about_to(self, name: str, documents: Sequence[Document]) -> None:
        """Before the change is stored."""

    def done(self, name: str, documents: Sequence[Document]) -> None:
        """After it was stored."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The use case: `checks` maps each kind to what makes its documents usable (given name and document), `moves`
    some kinds to what follows from a change."""

    documents: Documents
    checks: Mapping[str, Check]
    moves: Mapping[str, Moves] = field(default_factory=dict)

    def all(self, kind: str) -> dict[str, object]:
        """The stored documents of a kind. Raises: NotFound for a kind there is none of."""
        self._check(kind)
        return {"kind": kind, "documents": self.documents.all(kind)}

    def put(self, kind: str, name: str, document: Document, by: str, now: datetime) -> Stored:
        """Check and store; the same document again changes nothing and returns what stands.

        Raises: NotFound for an unknown kind, InvalidDocument with every problem, Conflict when somebody else changed
        it in the same moment.
        """
        claimed = self._check(kind)(name, document)
        if claimed and claimed != name:
            problem = Problem("", f'is a document of "{claimed}"', f"PUT it to /config/{kind}/{claimed}", name)
            raise InvalidDocument(f"{kind} {name}", [problem])
        old = self.documents.get(kind, name)
        moves = self.moves.get(kind)
        said = [document] if old is None or old.document == document else [old.document, document]
        if old is not None and old.document == document:
            new = old
        else:
            new = Stored(kind, name, old.revision + 1 if old else 1, document, by, now)
            if moves is not None:
                moves.about_to(name, said)
            self.documents.replace(new, old)
        if moves is not None:
            moves.done(name, said)
        return new

    def _check(self, kind: str) -> Check:
        check = self.checks.get(kind)
        if check is None:
            raise NotFound(f'there are no documents of kind "{kind}"; the kinds are {", ".join(sorted(self.checks))}')
        return check
