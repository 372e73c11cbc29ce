"""Records that Salesforce told us, by outbound message: each committed and scored before the one Ack.

A message is "record X may have changed": what stands afterwards follows from the versions, never from the order of
arrival, so duplicates and late copies need no marker of their own (docs/decisions/0003).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.domain.field_mapping import FieldMapping, registration_from
from chalicelib.domain.registrations import Registration
from chalicelib.domain.salesforce_values import full_id
from chalicelib.services.ports import WorkList

# What an unmapped record keeps on the work list: enough to write a mapping from, never a copy of a big record.
_MOST_FIELDS = 100
_LONGEST_VALUE = 300
_SECRET = re.compile(
    r"pass(?:word|wd|code)|secret|token|session|api_?key|private_?key|ssn|iban|card_?number", re.IGNORECASE
)


class Scorer(Protocol):
    """The write path, as far as records from Salesforce need it. Both answer what became of the fact: "changed",
    "duplicate", "stale", "disputed" (same version, other content) or "unknown" (a deletion of an unseen record)."""

    def score_registration(self, registration: Registration, now: datetime) -> str:
        """Commit one version of a registration and everything it changes."""

    def registration_deleted(self, record_id: str, now: datetime) -> str:
        """Commit that the record (18-character id) is gone."""


class Told(Protocol):
    """One record of a message. `fields` are the simple fields that are not null."""

    @property
    def id(self) -> str:
        """The notification's own id."""

    @property
    def object_type(self) -> str:
        """API name; "" when an empty record did not even say that."""

    @property
    def record_id(self) -> str:
        """15 or 18 characters; "" when even the id was missing."""

    @property
    def fields(self) -> Mapping[str, str]:
        """Field name -> text."""

    def is_empty(self) -> bool:
        """Is nothing left of the record but its id?"""


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of a message's records; the counts sum to the notifications. `unmapped` are ids on the work list
    for want of a mapping, `nameless` those without a usable record id (the sweep finds what they were about)."""

    outcomes: Mapping[str, int]
    unmapped: int
    nameless: int


def receive(
    records: Sequence[Told], *, mappings: Mapping[str, FieldMapping], scorer: Scorer, work: WorkList, now: datetime
) -> Reception:
    """Commit and score every record of one message. `mappings` are by object name.

    One record that cannot be committed holds back the Ack, not the other ninety-nine: they are committed, and are
    duplicates when the message comes again.

    Raises: ExceptionGroup holding the reason for each record that failed; the message must not be acknowledged then.
    """
    outcomes: dict[str, int] = {}
    failures: list[Exception] = []
    for record in records:
        try:
            outcome = _commit(record, mappings, scorer, work, now)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised below, after the others had their turn
            error.add_note(f"notification {record.id}: {record.object_type} {record.record_id}")
            failures.append(error)
            continue
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(records)} records were not committed", failures)
    unmapped, nameless = outcomes.pop("unmapped", 0), outcomes.pop("nameless", 0)
    return Reception(outcomes, unmapped, nameless)


def _commit(record: Told, mappings: Mapping[str, FieldMapping], scorer: Scorer, work: WorkList, now: datetime) -> str:
    mapping = mappings.get(record.object_type)
    record_id = full_id(record.record_id)
    if mapping is None and record.object_type:
        work.put("unmapped_object", f"{record.object_type}:{record.record_id or record.id}", _kept(record), now)
        return "unmapped"
    if record_id is None:
        work.put("nameless_notification", record.id or now.isoformat(), _kept(record), now)
        return "nameless"
    if mapping is None or record.is_empty():
        # Deleted before the message was sent. Of an object we do not map, the deletion changes nothing: "unknown".
        return scorer.registration_deleted(record_id, now)
    return scorer.score_registration(registration_from(mapping, record.fields), now)


def _kept(record: Told) -> dict[str, object]:
    """What a person needs to decide on a mapping; nothing that looks like a secret."""
    fields = {k: v[:_LONGEST_VALUE] for k, v in sorted(record.fields.items()) if not _SECRET.search(k)}
    return {
        "object": record.object_type,
        "record": record.record_id,
        "notification": record.id,
        "fields": dict(list(fields.items())[:_MOST_FIELDS]),
    }
