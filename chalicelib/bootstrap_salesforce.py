"""Where adapters meet the services that tell Salesforce; see `bootstrap`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import bootstrap

if TYPE_CHECKING:
    from chalicelib.services.tell_salesforce import TellSalesforce


def tell_salesforce() -> TellSalesforce:
    """Tells the org what has changed. Nothing is kept from run to run: every run logs in anew, with the secret of now.
    Raises with its first call: Misconfigured when no Salesforce URL is configured."""
    from chalicelib.adapters.dynamodb.told import ToldTable
    from chalicelib.adapters.salesforce_writer import SalesforceWriter
    from chalicelib.services.tell_salesforce import TellSalesforce

    where = bootstrap.settings()
    org = SalesforceWriter(where.salesforce_url, lambda: bootstrap.secrets().get("salesforce", fresh=True))
    return TellSalesforce(
        bootstrap.core(),
        bootstrap.programs(),
        bootstrap.people(),
        bootstrap.money(),
        bootstrap.work_list(),
        ToldTable(bootstrap.client("dynamodb"), where.core_table, where.ops_table),
        org,
        frozenset(part.strip() for part in where.tell.split(",")),
        sorted(bootstrap.field_mappings().all()),
    )
