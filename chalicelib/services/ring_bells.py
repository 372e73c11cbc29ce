"""Bells: each moment at most once. It is claimed before it is rung, so a bell may be lost and never comes twice: the
dashboard and the next digest hold what a lost one said, and nobody trusts a bell that repeats itself. Only a call that
surely was not carried out gives its moments back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.calendar import starts_at, zone
from chalicelib.domain.moments import DIGEST_HOUR, DIGEST_UNTIL, Moment, Programs, digest, reward_moments
from chalicelib.domain.payouts import Payout, Run
from chalicelib.domain.periods import Period
from chalicelib.services.ports import Person
from chalicelib.services.told_port import OrgRefused, OrgWriter, ToldStore

# A run that dies between the claims and the call loses no more bells than this.
_AT_ONCE = 20
_DONE_LONG_AGO = timedelta(days=7)


class Payouts(Protocol):
    """The part of the money store rewards are read from."""

    def periods(self) -> list[Period]:
        """Every period ever decided on."""

    def runs(self, program: str) -> list[Run]:
        """The program's runs."""

    def payouts(self, program: str) -> list[Payout]:
        """All payouts of the program's period."""


@dataclass(slots=True)
class Bells:
    """The use case, for one run. `people` are those we know, by id; who has left is not rung."""

    org: OrgWriter
    store: ToldStore
    people: Mapping[str, Person]
    rung: int = 0
    refused: list[str] = field(default_factory=list)
    _tried: set[tuple[str, str]] = field(default_factory=set)

    def ring(self, moments: Iterable[Moment], now: datetime) -> None:
        """Ring what nobody has claimed yet. Raises: OrgRefused; whatever the store raises."""
        due = [m for m in moments if (m.rep, m.key) not in self._tried and self._is_here(m.rep)]
        for start in range(0, len(due), _AT_ONCE):
            claimed = [m for m in due[start : start + _AT_ONCE] if self.store.claim(m, now)]
            if not claimed:
                continue
            try:
                answers = self.org.ring(claimed)
            except OrgRefused as refused:
                for moment in claimed if refused.sure else ():
                    self.store.give_back(moment)
                raise
            self.rung += sum(not answer.code for answer in answers)
            self.refused += [answer.code for answer in answers if answer.code]
        self._tried |= {(m.rep, m.key) for m in due}

    def ring_rewards(self, money: Payouts, programs: Programs, now: datetime) -> None:
        """Ring for rewards that were delivered. Raises: as `ring`."""
        for period in money.periods():
            over = period.done_at is not None and now - period.done_at > _DONE_LONG_AGO
            if over or not any(run.approval for run in money.runs(period.program)):
                continue
            versions = programs.get(period.program, ())
            name = next((v.name for v in versions if v.version == period.version), period.program)
            self.ring(reward_moments(money.payouts(period.program), name, now), now)

    def ring_digests(self, done: Mapping[str, str], programs: Programs, now: datetime) -> dict[str, str]:
        """Ring yesterday's digest wherever it is morning: the local day whose digests went out, by zone, after it.
        Raises: as `ring`."""
        after = dict(done)
        for name in sorted({_zone_of(person) for person in self.people.values() if person.active}):
            here = now.astimezone(zone(name))
            today = here.date()
            if after.get(name) == today.isoformat() or not DIGEST_HOUR <= here.hour < DIGEST_UNTIL:
                continue
            day = today - timedelta(days=1)
            since, until = starts_at(day, name), starts_at(today, name)
            for rep in sorted(p.id for p in self.people.values() if p.active and _zone_of(p) == name):
                told = digest(rep, day, self.store.entries(rep, since, until), programs)
                self.ring([told] if told else [], now)
            after[name] = today.isoformat()
        return after

    def _is_here(self, rep: str) -> bool:
        return rep not in self.people or self.people[rep].active


def _zone_of(person: Person) -> str:
    """The zone her digest is timed by; UTC where the org told none, or one only Salesforce knows."""
    try:
        zone(person.zone)
    except ValueError:
        return "UTC"
    return person.zone
