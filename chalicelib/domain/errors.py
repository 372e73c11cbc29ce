"""Every error Kicker raises on purpose, in one tree.

    KickerError
    ├── InvalidDocument        a document (program, profile, mapping) that cannot be used: all problems at once
    ├── CurrencyMismatch       two amounts that must not be added or compared
    ├── NotFound               something named by a caller does not exist
    ├── Refused                the caller may not do this, or not now
    │   ├── Forbidden          not with this role, or not on one's own award
    │   └── Conflict           the thing has changed since the caller read it
    ├── InvalidMessage         an outbound message or webhook that is not what it claims to be
    ├── RefusedFile            a whole feed file that cannot be taken (control total, layout, bomb)
    ├── Misconfigured          this deployment lacks a setting or secret, or has one of another stage: answer 503
    └── BrokenPromise          an invariant of ours does not hold: stop the work, wake a person

Bad *rows* are values (`RejectedRow` in `feeds`), never exceptions: one bad row must not stop a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: where, what, and the way out.

    `path` is a JSON pointer without the leading slash replaced by dots (`layers[0].rates[1].percent`);
    `value` is what stood there, as text; `remedy` says what to write instead.
    """

    path: str
    message: str
    remedy: str = ""
    value: str = ""


class KickerError(Exception):
    """Base of everything raised on purpose."""


class InvalidDocument(KickerError):
    """A document that cannot be used; carries every problem, not the first one."""

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        self.what = what
        self.problems = tuple(problems)
        super().__init__(f"{what}: " + "; ".join(f"{p.path}: {p.message}" for p in self.problems))


class CurrencyMismatch(KickerError):
    """Amounts of two currencies met where only one makes sense."""


class NotFound(KickerError):
    """Something named by a caller does not exist."""


class Refused(KickerError):
    """The caller may not do this, or not now; the message says what would be possible."""


class Forbidden(Refused):
    """The caller's role or person does not allow it."""


class Conflict(Refused):
    """The thing changed since the caller read it, or is already in another state."""


class InvalidMessage(KickerError):
    """An outbound message or webhook that is not what it claims to be. Nothing was stored."""


class RefusedFile(KickerError):
    """A feed file refused as a whole; nothing of it was counted. The message names file, reason and remedy."""


class Misconfigured(KickerError):
    """This deployment lacks a setting or secret, or has one of another stage. Nothing can be verified or sent until a
    person puts it right; whoever called should come again (503), nothing may be skipped."""


class BrokenPromise(KickerError):
    """An invariant of ours does not hold. The work stops and a person must look."""
