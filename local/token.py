"""Print a bearer token as the Lightning component would get it from the org: `make token ROLE=rep USER=005...`.

It is signed with the simulated org's key and good for five minutes, the longest the API accepts. `ROLE` may be several,
separated by commas: rep, admin, finance, auditor.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from local.org_simulator import AUDIENCE, PRIVATE_KEY, bearer
from local.stack import NoStack, Stack, state_directory

ROLES = ("rep", "admin", "finance", "auditor")


def token(stack: Stack, user: str, *roles: str, directory: Path | None = None) -> str:
    """A token of the running stack's org for a Salesforce user id. `directory` is the stack's, if not the usual."""
    key = ((directory or state_directory()) / PRIVATE_KEY).read_text()
    now = datetime.now(UTC)
    return bearer(key, org=stack.organization_id, user=user, roles=roles, audience=AUDIENCE, now=now, seconds=300)


def main() -> int:
    """Print one token; 1 when the stack is not up or a role does not exist."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--role", required=True, help=", ".join(ROLES))
    parser.add_argument("--user", required=True, help="a Salesforce user id")
    arguments = parser.parse_args()
    roles = [role.strip() for role in arguments.role.split(",")]
    if unknown := [role for role in roles if role not in ROLES]:
        print(f"There is no role {unknown[0]!r}; there are {', '.join(ROLES)}.", file=sys.stderr)
        return 1
    if not arguments.user:
        print("Whose token? Say it: make token ROLE=rep USER=<Salesforce user id>", file=sys.stderr)
        return 1
    try:
        print(token(Stack.read(), arguments.user, *roles))
    except NoStack as absent:
        print(absent, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
