"""Which version of a program rules a deal."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.attachments import BookLines
from chalicelib.domain.calendar import local_day
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program, in_force
from chalicelib.domain.registrations import Registration
from chalicelib.domain.rules import Sorted, rule_of, takes_away


def ruling(
    versions: Sequence[Program], registration: Registration, lines: Sequence[OrderLine], book: BookLines | None = None
) -> Program:
    """The version that rules this deal: the one in force on the earliest qualifying date of a line that counts
    under it; without such a line, the one in force on the local day of approval; never approved, the newest
    (domain.md 7, 34). `versions` are of one program, at least one, in any order."""
    if len(versions) == 1:
        return versions[0]
    if registration.approved_at is None:
        return max(versions, key=lambda p: (p.effective_from, p.version))
    approved_on = local_day(registration.approved_at, versions[0].window.zone)
    at_approval = in_force(versions, approved_on)
    assert at_approval is not None, "a program given for scoring has at least one version"
    rule = rule_of(at_approval)
    if not rule.by_order:
        return at_approval
    dated = [(day, line) for line in lines if (day := rule.qualified_on(line, approved_on)) and not takes_away(line)]
    for day, line in sorted(dated, key=lambda found: found[0]):
        version = in_force(versions, day)
        assert version is not None, "a program given for scoring has at least one version"
        judge = rule_of(version)
        if judge.refusal(line, registration, approved_on):
            continue
        around = Sorted((), (), (), frozenset(), approved_on, book.under(judge) if book else None)
        if any(layer.admits(line, registration, around) for layer in judge.layers):
            return version
    return at_approval
