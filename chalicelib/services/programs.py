"""Programs from draft to active to retired.

A draft is any valid document; saving it tells its author what still keeps it from starting. Activation needs another
person, passes the gate, and makes a version that never changes again (domain.md 28, 30, 31). Ending needs nobody: the
window's end is in the document. Once the window is open, a change rules from the day after it is activated at the
earliest, so nothing that was promised for a day already begun is re-priced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.calendar import local_day
from chalicelib.domain.cards import card
from chalicelib.domain.errors import Conflict, InvalidDocument, NotFound, Problem
from chalicelib.domain.exposure import warnings
from chalicelib.domain.gate import reasons_against, reasons_against_change
from chalicelib.domain.program_documents import parse, program_id
from chalicelib.domain.programs import Program, in_force
from chalicelib.domain.salesforce_values import same_person
from chalicelib.services.ports import ProgramDraft, ProgramStore, PublishedProgram, Review

if TYPE_CHECKING:
    from chalicelib.domain.restatement import Restatement

DECISIONS = ("repeat", "redesign", "retire")
LONGEST_REASON = 500
GOOD_SCORE = 60  # of legibility: below it the approver is told
LARGEST_DOCUMENT = 65_536  # bytes of JSON: 2,000 part numbers fit; an audit event holds two within DynamoDB's 400 KB


def save_draft(
    store: ProgramStore, id: str, document: Mapping[str, object], author: str, now: datetime
) -> dict[str, object]:
    """Store the document as the program's draft and say what is still missing; see `show` for what is returned.

    The same document saved again by the same author changes nothing.
    Raises: InvalidDocument with every problem, Conflict when somebody saved in between or the program is retired.
    """
    program_id(id)
    size = len(msgspec.json.encode(document))
    if size > LARGEST_DOCUMENT:
        remedy = f"Keep it within {LARGEST_DOCUMENT:,} bytes: name product families instead of part numbers."
        raise InvalidDocument(f"Program {id}", [Problem("document", f"is {size:,} bytes long", remedy)])
    parse(document, id=id, version=1, effective_from=None, author=author)
    old = store.draft(id)
    _refuse_retired(store, id)
    if old is None or old.activated_as is not None or (dict(old.document), old.author) != (dict(document), author):
        before = old.contributors if old is not None and old.activated_as is None else ()
        who = tuple(dict.fromkeys([*before, author]))
        store.put_draft(ProgramDraft(id, old.revision + 1 if old else 1, document, author, who, now), old)
    return show(store, id, now)


def activate(
    store: ProgramStore,
    id: str,
    approver: str,
    now: datetime,
    effective_from: date | None = None,
    restated: Restatement | None = None,
) -> Program:
    """Make the draft the program's next version, ruling from `effective_from` (a local day of its zone).

    Left out, the first version and every one before the window opens rule from the window's start, a later one from
    tomorrow. With the report of its restatement it may rule from a day that has begun. Raises: as `prepared`;
    Conflict when somebody else was faster.
    """
    program, draft = prepared(store, id, approver, now, effective_from, restating=restated is not None)
    warnings = _warnings(store, program)
    store.publish(PublishedProgram(program, draft.document, approver, now, warnings, restated), draft)
    return program


def prepared(
    store: ProgramStore, id: str, approver: str, now: datetime, effective_from: date | None, *, restating: bool
) -> tuple[Program, ProgramDraft]:
    """The draft as the version it would become, with nothing against it.

    Raises: NotFound without a draft; InvalidDocument with every reason against it (the approver's person among
    them); Conflict when this draft is active already.
    """
    draft = store.draft(program_id(id))
    if draft is None:
        raise NotFound(f"There is no draft of {id}: save one first.")
    if draft.activated_as is not None:
        raise Conflict(f"This draft of {id} is active as version {draft.activated_as}: change and save it first.")
    _refuse_retired(store, id)
    before = store.versions(id)
    program = parse(draft.document, id=id, version=len(before) + 1, effective_from=None, author=draft.author)
    today = local_day(now, program.window.zone)
    if restating:
        day, problems = effective_from or today, _against_restating(program, before, today, effective_from)
    else:
        day, problems = _first_day(program, before, today, effective_from)
    problems += _reasons(program, draft, before, approver, today)
    from chalicelib.domain.rehearsal import reasons  # it brings scoring along, and only an activation needs it

    problems += reasons(program)
    if problems:
        raise InvalidDocument(f"Program {id} cannot be activated", problems)
    return replace(program, effective_from=day), draft


def retire(store: ProgramStore, id: str, by: str, now: datetime, decision: str | None = None, reason: str = "") -> None:
    """Take the program out of the active ones: before its window opens, or after its confirm-by date.

    One that ran leaves a record: `decision` (repeat, redesign or retire) and why (F26). In between a program ends by
    itself; what was promised in it stays. Raises: NotFound, Conflict, InvalidDocument without that record.
    """
    versions = store.versions(program_id(id))
    if not versions:
        raise NotFound(f"There is no active program {id}.")
    known = store.review(id)
    if known is not None and (known.by, known.reason) == (by, reason.strip()):
        return  # the first answer was lost
    last = versions[-1]
    today = local_day(now, last.window.zone)
    latest = max(version.confirm_by for version in versions)
    first = min(version.window.start for version in versions)
    if first <= today <= latest:
        raise Conflict(
            f"{id} is running: deals may still be confirmed until {latest}. It ends by itself; to end it earlier, "
            f"move the end of its window in a new version, with a reason."
        )
    if today < first:
        store.withdraw(id, Review("withdrawn", reason.strip(), by, now))
        return
    problems = []
    if decision not in DECISIONS:
        remedy = f"Write one of: {', '.join(DECISIONS)}."
        message = "is no decision" if decision else "is missing"
        problems.append(Problem("decision", message, remedy, str(decision or "")[:80]))
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        remedy = f"Say in 1 to {LONGEST_REASON} characters what the lift was, and why this follows from it."
        problems.append(Problem("reason", "is missing" if not reason.strip() else "is too long", remedy, reason[:80]))
    if problems:
        raise InvalidDocument(f"The review of {id}", problems)
    store.withdraw(id, Review(decision, reason.strip(), by, now))  # type: ignore[arg-type]


def show(store: ProgramStore, id: str, now: datetime) -> dict[str, object]:
    """The program for its administrators: `id`, `state` (draft, active, retired), the `document` and `card` of the
    version in force (of the draft while there is none), all `versions` with the rules of the gate they were allowed to
    break and of what it warned, the `draft`, under `problems` what keeps the draft from being activated (path, message,
    remedy, value) and under `warnings` what its approver should know. `review` is what was decided when it was retired.

    Raises: NotFound.
    """
    draft, published = store.draft(program_id(id)), store.published(id)
    if draft is None and not published:
        raise NotFound(f"There is no program {id}.")
    versions = [p.program for p in published]
    today = local_day(now, versions[-1].window.zone) if versions else None
    ruling = in_force(versions, today) if today else None
    document = next((p.document for p in published if p.program is ruling), None)
    problems: list[Problem] = []
    warned: tuple[Problem, ...] = ()
    if draft is not None:
        try:
            drafted = parse(draft.document, id=id, version=len(versions) + 1, effective_from=None, author=draft.author)
        except InvalidDocument as error:  # saved under rules that have been tightened since
            problems = list(error.problems)
        else:
            if draft.activated_as is None:
                day = local_day(now, drafted.window.zone)
                problems, warned = _reasons(drafted, draft, versions, None, day), _warnings(store, drafted)
            if ruling is None:
                ruling, document = drafted, draft.document
    told = card(ruling) if ruling is not None else None
    state = ("active" if id in store.active() else "retired") if published else "draft"
    return {
        "id": id,
        "state": state,
        "document": document if document is not None else draft.document if draft else {},
        "card": {
            "sentence": told.sentence, "lines": told.lines, "reading_seconds": told.seconds, "legibility": told.score,
        } if told else None,
        "versions": [
            {
                "version": p.program.version, "effective_from": p.program.effective_from, "author": p.program.author,
                "approver": p.approver, "activated_at": p.activated_at, "change_reason": p.program.change_reason,
                "restated": p.restated,
                "overrides": dict(p.program.overrides), "warnings": _told(p.warnings),
            }
            for p in published
        ],
        "draft": {
            "revision": draft.revision, "author": draft.author, "saved_at": draft.saved_at,
            "activated_as": draft.activated_as, "document": draft.document,
        } if draft else None,
        "review": store.review(id) if state == "retired" else None,
        "problems": _told(problems),
        "warnings": _told(warned),
    }  # fmt: skip


def _warnings(store: ProgramStore, program: Program) -> tuple[Problem, ...]:
    """What an approver should know and may accept: other programs on the same products, and how legible this is."""
    others = [versions[-1] for versions in store.active().values()] + list(store.past())
    found = warnings(program, others)
    read = card(program)
    if read.score < GOOD_SCORE:
        remedy = "Fewer conditions, tiers and layers read faster; reps act on what they read in one go."
        message = f"read in {read.seconds} seconds; legibility {read.score} of 100 (F22)"
        found.append(Problem("layers", message, remedy, str(read.parts)))
    return tuple(found)


def _told(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"path": p.path, "message": p.message, "remedy": p.remedy, "value": p.value} for p in problems]


def _refuse_retired(store: ProgramStore, id: str) -> None:
    if store.versions(id) and id not in store.active():
        raise Conflict(f"{id} is retired, which is final: give the new program its own id.")


def _reasons(
    program: Program,
    draft: ProgramDraft,
    before: tuple[Program, ...] | list[Program],
    approver: str | None,
    today: date,
) -> list[Problem]:
    found = reasons_against(program, approver, today)
    helped = approver is not None and any(same_person(approver, who) for who in draft.contributors)
    if approver is not None and helped and not same_person(approver, draft.author):
        remedy = "Ask someone who did not write it."
        found.append(Problem("approver", "has worked on this draft", remedy, approver))
    if before:
        found += reasons_against_change(before[-1], program, today)
    return found


def _first_day(
    program: Program, before: tuple[Program, ...], today: date, asked: date | None
) -> tuple[date, list[Problem]]:
    """The first day a new version rules, and what is wrong with the one that was asked for."""
    if not before or today < before[-1].window.start:
        return program.window.start, _unless_asked(asked in (None, program.window.start), asked, program.window.start)
    tomorrow = today + timedelta(days=1)
    earliest = max(tomorrow, before[-1].effective_from)
    if asked is None:
        return earliest, []
    return asked, _unless_asked(asked >= earliest, asked, earliest)


def _against_restating(program: Program, before: tuple[Program, ...], today: date, asked: date | None) -> list[Problem]:
    """What is wrong with ruling from a day that has begun. A change always says why: reps read it on their card."""
    if not before:
        return [Problem("effective_from", "nothing is active yet", "Activate the draft.", str(asked))]
    last, found = before[-1], []
    if not program.change_reason or program.change_reason == last.change_reason:
        remedy = 'Say why in "change_reason": reps read it on their card.'
        found.append(Problem("change_reason", "is missing for a retroactive change", remedy, program.change_reason))
    earliest = max(last.effective_from, last.window.start)
    if asked is None or not earliest <= asked <= today:
        remedy = f"Set a day from {earliest}, when version {last.version} began to rule, to {today}."
        found.append(Problem("effective_from", "is not a day a restatement can begin at", remedy, str(asked)))
    return found


def _unless_asked(fine: bool, asked: date | None, earliest: date) -> list[Problem]:
    if fine:
        return []
    remedy = f"Leave it out, or set {earliest}: a change of what has begun needs a restatement."
    return [Problem("effective_from", "is not a day this version can begin to rule", remedy, str(asked))]
