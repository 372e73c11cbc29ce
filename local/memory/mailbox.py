"""A mailbox in memory; held to SES by tests/adapters/test_mailbox.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.adapters.notifications import MailRefused


@dataclass
class FakeMailbox:
    """Implements Mailbox: `sent` holds (to, subject, text); while `refuses` is set, nothing is taken."""

    sent: list[tuple[tuple[str, ...], str, str]] = field(default_factory=list)
    refuses: bool = False

    def send(self, to: Sequence[str], subject: str, text: str) -> None:
        if self.refuses or not 0 < len(to) <= 50:
            raise MailRefused(f'"{subject}" was refused')
        self.sent.append((tuple(to), " ".join(subject.split()), text))
