"""Run the ledger audit against a stack: the local one, or a stage of the AWS account your environment names.

    python -m local.audit
    python -m local.audit --stage prod
    python -m local.audit --stage prod --restored
    python -m local.audit --stage prod --repair-standings --by 0055w00000OPS00AAA --apply

Reads only, with the permissions to read the three tables; prints what was looked at and every finding. Ends with 0
when there is none, 1 when there are, 2 when there is no stack. `--restored` also scans core for what nothing
leads to (it needs the permission to), and looks up every payout by its key. `--repair-standings` sets standings to the
sums of their entries after a restore: without `--apply` it only says what it would do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from local.stack import NoStack, Stack


def surroundings(stage: str | None) -> dict[str, str]:
    """The environment variables that point `bootstrap` at the stack. Raises: NoStack."""
    if stage is not None:
        return {f"KICKER_{table.upper()}_TABLE": f"kicker-{stage}-{table}" for table in ("core", "money", "ops")}
    stack = Stack.read()
    return {
        **{f"KICKER_{table.upper()}_TABLE": name for table, name in stack.tables.items()},
        "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
        "AWS_DEFAULT_REGION": stack.aws_region,
        "AWS_REGION": stack.aws_region,
        "AWS_ACCESS_KEY_ID": stack.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.aws_secret_access_key,
    }


def in_words(checked: Mapping[str, int]) -> str:
    """The denominators as a line."""
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in checked.items())


def audit(*, restored: bool) -> int:
    """Audit, print, and return the exit code."""
    from chalicelib import bootstrap_money

    report = bootstrap_money.ledger_audit().run(restored=restored)
    print(f"looked at {in_words(report.checked)}")
    for finding in report.findings:
        print(finding)
    stopped = "" if report.complete else "; stopped there: there is more"
    print(f"{len(report.findings)} findings{stopped}")
    return 1 if report.findings else 0


def repair(by: str, *, apply: bool) -> int:
    """Repair standings, print before and after, and return the exit code."""
    from chalicelib import bootstrap_money

    repairs = bootstrap_money.ledger_audit().repair_standings(by, datetime.now(UTC), apply=apply)
    for one in repairs:
        print(f"{one.before.program}, rep {one.before.rep}: {'set' if one.done else one.why_not}")
        for name, standing in (("before", one.before), ("after", one.after)):
            print(f"  {name:<7}{standing.deals} deals, {standing.deals_confirmed} confirmed; {standing.layers}")
    set_ = sum(one.done for one in repairs)
    print(f"{len(repairs)} standings are not the sum of their entries, {set_} were set")
    return 1 if set_ < len(repairs) else 0


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stage", help="a stage of the account; without it the stack of .local/stack.json")
    parser.add_argument("--restored", action="store_true", help="after a restore: every deal book, every payout's key")
    parser.add_argument("--repair-standings", action="store_true", help="after a restore; a dry run without --apply")
    parser.add_argument("--by", default="", help="who repairs, for the audit event")
    parser.add_argument("--apply", action="store_true", help="set them")
    arguments = parser.parse_args()
    if arguments.repair_standings and not arguments.by:
        print("Who repairs? Say it with --by: it goes into the audit.", file=sys.stderr)
        return 2
    try:
        os.environ.update(surroundings(arguments.stage))
    except NoStack as absent:
        print(absent, file=sys.stderr)
        return 2
    if arguments.repair_standings:
        return repair(arguments.by, apply=arguments.apply)
    return audit(restored=arguments.restored)


if __name__ == "__main__":
    sys.exit(main())
