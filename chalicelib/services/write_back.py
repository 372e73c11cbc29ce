"""The write-back: what is true of every deal is compared with what its record was told last; the difference is told.

Before a record is told something new, it is noted that nobody knows what it says; after Salesforce has answered, what
it says. So whatever dies in between is told again, and a record that turned back to its old state meanwhile is too.
Only one run writes at a time (the lease of `tell_salesforce`): an old truth cannot overtake a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.errors import NotFound
from chalicelib.domain.programs import Program
from chalicelib.domain.write_back import FIELDS, WriteBack, write_back_of
from chalicelib.services.ports import WorkList
from chalicelib.services.told_port import Answer, OrgWriter, Target, ToldBook, ToldRecord, ToldStore, Update

MOST_UPDATES = 200  # Salesforce's limit for one call
TRIES = 5  # refused so often within an hour and a half, a person must look
WORK = "write_back"
_PAUSE = timedelta(minutes=3)
_REMEDIES = {
    "UNABLE_TO_LOCK_ROW": "Another process holds the record: it is tried again after its next change, or tomorrow.",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "Let the validation rule pass changes of the SPIFF fields only.",
    "INSUFFICIENT_ACCESS_OR_READONLY": "Give the integration user edit access to the record and the SPIFF fields.",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "Give the integration user edit access to the record.",
    "CANNOT_EXECUTE_FLOW_TRIGGER": "A flow of the org fails on this change: mend it, or let it pass the SPIFF fields.",
}
_OTHERWISE = "Read the message, mend it in Salesforce; it is tried again after the deal's next change."


@dataclass(frozen=True, slots=True)
class WriteBacks:
    """The use case. `targets` are the org's objects by the first three characters of an id."""

    org: OrgWriter
    store: ToldStore
    work: WorkList
    targets: Mapping[str, Target]

    def tell(
        self,
        books: Sequence[DealBook],
        known: Mapping[str, ToldBook],
        programs: Mapping[str, Sequence[Program]],
        enrolled: frozenset[tuple[str, str]],
        seen: Mapping[str, str],
        now: datetime,
    ) -> tuple[int, int]:
        """Tell what has changed in these books: (records written, records still to be told). `known` is what was told
        of them, `seen` names the state of the world for each. Raises: OrgRefused; whatever the store raises."""
        due: list[tuple[str, WriteBack]] = []
        now_told: dict[str, dict[str, ToldRecord]] = {}
        for book in books:
            before = known.get(book.key, ToldBook(book.key)).records
            now_told[book.key] = {id: before[id] for id in book.registrations if id in before}
            for truth in self._truths(book, programs, enrolled, now):
                record = before.get(truth.registration, ToldRecord())
                waits = record.refused == truth.fingerprint() and record.retry_at is not None and record.retry_at > now
                if record.fingerprint != truth.fingerprint() and not waits:
                    due.append((book.key, truth))
        written = 0
        for start in range(0, len(due), MOST_UPDATES):
            written += self._write(due[start : start + MOST_UPDATES], now_told, now)
        left = 0
        for book in books:
            open_ = sum(0 < r.tries < TRIES for r in now_told[book.key].values())
            left += open_
            told = ToldBook(book.key, "" if open_ else seen[book.key], now_told[book.key])
            if told != known.get(book.key, ToldBook(book.key)):
                self.store.keep(told)
        return written, left

    def _truths(
        self,
        book: DealBook,
        programs: Mapping[str, Sequence[Program]],
        enrolled: frozenset[tuple[str, str]],
        now: datetime,
    ) -> list[WriteBack]:
        """What is true of each deal whose record can say it."""
        return [
            write_back_of(book, deal, programs, enrolled, now)
            for id, deal in sorted(book.registrations.items())
            if deal.status != "deleted" and id[:3] in self.targets and self.targets[id[:3]].fields
        ]

    def _write(
        self,
        due: Sequence[tuple[str, WriteBack]],
        now_told: dict[str, dict[str, ToldRecord]],
        now: datetime,
    ) -> int:
        for key in dict.fromkeys(key for key, _ in due):
            mine = {truth.registration for k, truth in due if k == key}
            for id in mine:
                now_told[key][id] = replace(now_told[key].get(id, ToldRecord()), fingerprint="")
            self.store.keep(ToldBook(key, "", now_told[key]))
        updates = []
        for _, truth in due:
            target = self.targets[truth.registration[:3]]
            values = {name: value for name, value in truth.fields(now).items() if name in target.fields}
            updates.append(Update(target, truth.registration, values))
        answers = self.org.write(updates)
        for (key, truth), answer in zip(due, answers, strict=True):
            now_told[key][truth.registration] = self._outcome(truth, now_told[key][truth.registration], answer, now)
        return sum(not answer.code for answer in answers)

    def _outcome(self, truth: WriteBack, before: ToldRecord, answer: Answer, now: datetime) -> ToldRecord:
        if not answer.code or answer.gone:
            if before.tries >= TRIES:
                with suppress(NotFound):  # somebody has closed it, or we had before we died
                    self.work.resolve(WORK, truth.registration, "kicker", "told since", now)
            return ToldRecord(truth.fingerprint())
        tries = before.tries + 1
        if tries >= TRIES:
            what: dict[str, object] = {
                "registration": truth.registration, "refused": answer.code, "message": answer.message[:500],
                "fields": list(FIELDS), "remedy": _REMEDIES.get(answer.code, _OTHERWISE),
            }  # fmt: skip
            self.work.put(WORK, truth.registration, what, now)
            return ToldRecord("", tries, truth.fingerprint(), now + timedelta(days=1))
        return ToldRecord("", tries, truth.fingerprint(), now + _PAUSE * 2**tries)
