"""Programs in memory: what `DynamoDB` keeps in the ops table. One contract test holds the two together
(tests/adapters/test_programs.py)."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.errors import Conflict
from chalicelib.domain.programs import Program
from chalicelib.services.ports import ProgramDraft, PublishedProgram, Review


class MemoryPrograms:
    """Implements `ports.ProgramStore`; `audit` collects (what, by, old, new)."""

    def __init__(self, *programs: Program) -> None:
        """Start with these versions active, as if somebody had activated them."""
        self.drafts: dict[str, ProgramDraft] = {}
        self.kept: dict[str, list[PublishedProgram]] = {}
        self.retired: set[str] = set()
        self.reviews: dict[str, Review] = {}
        self.audit: list[tuple[str, str, Any, Any]] = []
        for program in programs:
            start = program.window.opens_at()
            self.kept.setdefault(program.id, []).append(PublishedProgram(program, {}, "approver", start))

    def active(self) -> dict[str, tuple[Program, ...]]:
        return {id_: self.versions(id_) for id_ in sorted(self.kept) if id_ not in self.retired}

    def versions(self, program: str) -> tuple[Program, ...]:
        return tuple(p.program for p in self.published(program))

    def draft(self, id: str) -> ProgramDraft | None:
        return self.drafts.get(id)

    def published(self, id: str) -> tuple[PublishedProgram, ...]:
        return tuple(self.kept.get(id, ()))

    def put_draft(self, new: ProgramDraft, old: ProgramDraft | None) -> None:
        if self.drafts.get(new.id) != old:
            raise Conflict(f"The draft of {new.id} was saved by somebody else: read it again.")
        self.drafts[new.id] = new
        self.audit.append((f"program/{new.id}/draft#{new.revision}", new.author, old and old.document, new.document))

    def publish(self, new: PublishedProgram, draft: ProgramDraft) -> None:
        id_, before = new.program.id, self.versions(new.program.id)
        if id_ in self.retired or len(before) != new.program.version - 1:
            raise Conflict(f"{id_} has version {len(before)} already, or is retired: read it again.")
        if self.drafts.get(id_) != draft or draft.activated_as is not None:
            raise Conflict(f"{id_} was changed or activated by somebody else in the same moment: read it again.")
        self.kept.setdefault(id_, []).append(new)
        self.drafts[id_] = ProgramDraft(
            id_, draft.revision, draft.document, draft.author, draft.contributors, draft.saved_at, new.program.version
        )
        old = self.kept[id_][-2].document if before else None
        self.audit.append((f"program/{id_}/version#{new.program.version}", new.approver, old, new.document))

    def review(self, id: str) -> Review | None:
        return self.reviews.get(id)

    def withdraw(self, id: str, review: Review) -> None:
        if id not in self.active():
            raise Conflict(f"{id} is not active: there is nothing to retire.")
        self.retired.add(id)
        old = [[p.version, p.effective_from.isoformat()] for p in self.versions(id)]
        self.reviews[id] = review
        self.audit.append((f"program/{id}/retired", review.by, old, review))
