"""Where adapters meet the services that read Salesforce and tell it; see `bootstrap`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap import (
    client,
    core,
    field_mappings,
    money,
    people,
    programs,
    registration_scorer,
    rescorer,
    roster,
    secrets,
    settings,
    sweeps,
    work_list,
)

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.services.sweep_org import OrgSweep
    from chalicelib.services.sync_users import SyncReport
    from chalicelib.services.tell_salesforce import TellSalesforce


@lru_cache(maxsize=1)
def org_sweep() -> OrgSweep:
    """The sweep and the user sync. Raises with its first call: Misconfigured when no Salesforce URL is configured."""
    from chalicelib.adapters.salesforce import SalesforceOrg
    from chalicelib.services.sweep_org import OrgSweep

    org = SalesforceOrg(settings().salesforce_url, lambda: secrets().get("salesforce", fresh=True))
    return OrgSweep(org, sweeps(), people(), programs(), roster(), rescorer(), registration_scorer())


def sync_users_now(now: datetime) -> SyncReport:
    """Read the org's users now: joiners are enrolled, leavers ended."""
    return org_sweep().users(now)


def tell_salesforce() -> TellSalesforce:
    """Tells the org what has changed. Nothing is kept from run to run: every run logs in anew, with the secret of now.
    Raises with its first call: Misconfigured when no Salesforce URL is configured."""
    from chalicelib.adapters.dynamodb.told import ToldTable
    from chalicelib.adapters.salesforce_writer import SalesforceWriter
    from chalicelib.services.tell_salesforce import TellSalesforce

    where = settings()
    org = SalesforceWriter(where.salesforce_url, lambda: secrets().get("salesforce", fresh=True))
    return TellSalesforce(
        core(),
        programs(),
        people(),
        money(),
        work_list(),
        ToldTable(client("dynamodb"), where.core_table, where.ops_table),
        org,
        frozenset(part.strip() for part in where.tell.split(",")),
        sorted(field_mappings().all()),
    )
