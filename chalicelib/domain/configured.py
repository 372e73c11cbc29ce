"""A configuration document as it stands: what it says, which change made it so, and who made that change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """One document. `kind` is feed-profile, field-mapping or alias; `revision` counts its changes from 1."""

    kind: str
    name: str
    revision: int
    document: Document
    changed_by: str
    changed_at: datetime
