"""People in memory; held to the real table by tests/adapters/test_people.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.services.ports import Person


class MemoryPeople:
    def __init__(self, *people: Person) -> None:
        self.held = {person.id: person for person in people}

    def get(self, ids: Iterable[str]) -> dict[str, Person]:
        return {id: self.held[id] for id in ids if id in self.held}

    def put(self, people: Sequence[Person]) -> None:
        self.held |= {person.id: person for person in people}

    def all(self) -> list[Person]:
        return [self.held[id] for id in sorted(self.held)]
