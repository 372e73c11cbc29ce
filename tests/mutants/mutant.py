"""One planted bug."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class StaleMutant(Exception):
    """The text a mutant changes is not there exactly once any more: the mutant must be planted anew."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug somebody could write. `file` is a path from the root; `before` must stand in it exactly once and becomes
    `after`; every test of `caught_by` (file::function or file::Class::function) must then fail."""

    id: str
    bug: str
    file: str
    before: str
    after: str
    caught_by: tuple[str, ...]

    def planted(self, text: str) -> str:
        """The file's text with the bug in it. Raises: StaleMutant naming the mutant and how often its text stands."""
        found = text.count(self.before)
        if found != 1:
            raise StaleMutant(
                f'mutant {self.id}: its text stands {found} times in {self.file}, not once: "{self.before.strip()}". '
                "Plant it where the code does this now."
            )
        if self.before == self.after:
            raise StaleMutant(f"mutant {self.id} changes nothing")
        return text.replace(self.before, self.after)
