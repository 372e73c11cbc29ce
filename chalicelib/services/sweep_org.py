"""One run of the quarter-hourly sweep: users first, so that a joiner's deals find her enrolled, then every object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.field_mapping import FieldMapping
from chalicelib.services.ports import People, Programs, Roster
from chalicelib.services.receive_registrations import Scorer
from chalicelib.services.sweep_salesforce import Org, SweepReport, Sweeps, sweep
from chalicelib.services.sync_users import Rescorer, SyncReport, sync_users


@dataclass(frozen=True, slots=True)
class Swept:
    """What one run did. `users` is None when the user sync failed; `failures` is empty when all went well."""

    users: SyncReport | None
    reports: tuple[SweepReport, ...]
    failures: tuple[Exception, ...]

    @property
    def missed(self) -> int:
        """Records that no message had told us."""
        return sum(len(report.missed) for report in self.reports)


@dataclass(frozen=True, slots=True)
class OrgSweep:
    """The use case with what it needs."""

    org: Org
    sweeps: Sweeps
    people: People
    programs: Programs
    roster: Roster
    rescorer: Rescorer
    scorer: Scorer

    def users(self, now: datetime) -> SyncReport:
        """Sync the users only. Raises: whatever the org or the stores raise."""
        return sync_users(
            org=self.org, sweeps=self.sweeps, people=self.people, programs=self.programs, roster=self.roster,
            rescorer=self.rescorer, now=now,
        )  # fmt: skip

    def run(self, mappings: Mapping[str, FieldMapping], now: datetime) -> Swept:
        """Sync users, then sweep every mapped object that asks for it. What fails does not hold up the rest; it is
        in `failures`, and the caller must fail with it after reporting."""
        failures: list[Exception] = []
        users: SyncReport | None = None
        try:
            users = self.users(now)
        except Exception as error:  # noqa: BLE001 - kept in `failures`
            error.add_note("user sync")
            failures.append(error)
        reports = []
        for name, mapping in sorted(mappings.items()):
            if not mapping.sweep:
                continue
            try:
                report = sweep(mapping, org=self.org, sweeps=self.sweeps, scorer=self.scorer, now=now)
            except Exception as error:  # noqa: BLE001 - kept in `failures`
                error.add_note(f"sweep of {name}")
                failures.append(error)
                continue
            reports.append(report)
            failures += report.failures
        return Swept(users, tuple(reports), tuple(failures))
