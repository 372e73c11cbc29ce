"""Figures an alarm watches, written to standard output where CloudWatch picks them up: no call, no permission.

count("LedgerMismatch", 3)
"""

from __future__ import annotations

# Every figure infra/template.yml has an alarm on. Zero is worth writing where silence could mean "not looked at".
ALARMED = (
    "PayoutsUnpaidOver36h",  # payouts of all periods unpaid 36 hours after their period's end; written by daily
    "LedgerMismatch",  # findings of the ledger audit; written by daily
    "UnmappedObject",  # notifications whose object no mapping names
    "MoneyHeldUp",  # halted runs, payouts held for a person, new breaks, feeds a close waits for, overdue disputes
    "LargeDealBook",  # commits of a deal book above 100 KB packed: an item may have 400 KB
    "UntoldMinutes",  # how long ago Salesforce was last told everything; 0 when it is told now
    "SweepMissed",  # records the sweep found and no message had brought
)


def count(name: str, value: int) -> None:
    """Write one figure of this stage, in the embedded metric format. Raises: ValueError if no alarm watches it."""
    if name not in ALARMED:
        raise ValueError(f"Figure {name!r} has no alarm. Add it to ALARMED and an alarm to infra/template.yml.")
    from aws_lambda_powertools.metrics import single_metric  # here: 30 ms a cold start seldom needs

    with single_metric(name=name, unit="Count", value=value):
        pass
