"""Where things are in this deployment, read once from the environment `infra/template.yml` sets.

Secrets are named here, never held: adapters fetch them from Secrets Manager under `secrets_prefix`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`organization_id` is the Salesforce org (15 or 18 characters); `org_public_key` its PEM for bearer tokens.
    `tell` lists what of fields, bells and digest goes to Salesforce.
    A setting a function does not need may be empty; using it then fails naming the variable."""

    stage: str
    core_table: str
    money_table: str
    ops_table: str
    feed_bucket: str
    report_bucket: str
    lines_queue_url: str
    payouts_queue_url: str
    organization_id: str
    org_public_key: str
    jwt_audience: str
    secrets_prefix: str
    rewards_url: str
    salesforce_url: str
    finance_email: str
    sender_email: str
    tell: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read every `KICKER_<FIELD>` variable; a missing one is empty."""
        return cls(**{name: environment.get(f"KICKER_{name.upper()}", "") for name in cls.__slots__})
