"""What closing a period and paying it costs: AWS calls per rep, from 10 to 1,000 reps.

    python -m bench.close

Every call of every client counts, PynamoDB's included, on the real wiring over an in-process AWS; the provider is
`manual`, so an order is an S3 call too. Exits non-zero when a rep costs more among a thousand than among ten, or more
than the bound.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from botocore.client import BaseClient

from chalicelib import bootstrap, bootstrap_money
from chalicelib.domain.calendar import Window
from chalicelib.domain.dealbook import DealBook, Settlement, settle
from chalicelib.domain.programs import Program, Reward
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.domain.standings import Fence
from chalicelib.services.converge import merged
from chalicelib.services.ports import Person
from tests.builders import a_line, a_program, a_registration
from tests.rebuilt import forget_what_was_built

SIZES = (10, 100, 1000)
START = date(2026, 10, 1)
SCORED = datetime(2026, 10, 20, 12, tzinfo=UTC)
CLOSE = datetime(2027, 1, 1, 6, 15, tzinfo=UTC)
PER_TRANSACTION = 30  # deal books: three items each, and 100 are the limit

# Calls a rep may cost. To close: fence (2), read her entries, approve, queue, and parts of what is done in chunks. To
# pay: look up, kill switch, period, lease, outcome, and the order itself, which is three calls by hand.
BOUNDS = {"close, plan, release": 6.0, "pay": 9.5, "look at the orders": 4.5, "close again": 0.5}


class Calls:
    """Counts AWS calls of this process by operation."""

    def __init__(self) -> None:
        self.by_operation: Counter[str] = Counter()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count from zero while the block runs."""
        self.by_operation.clear()
        real = BaseClient._make_api_call  # noqa: SLF001 - every client passes here, PynamoDB's own one too

        def counted(client: BaseClient, operation: str, arguments: Any) -> Any:
            self.by_operation[operation] += 1
            return real(client, operation, arguments)

        BaseClient._make_api_call = counted  # type: ignore[method-assign]  # noqa: SLF001
        try:
            yield
        finally:
            BaseClient._make_api_call = real  # type: ignore[method-assign]  # noqa: SLF001


class OneProgram:
    """The one active program, as bootstrap's programs tell it."""

    def __init__(self, program: Program) -> None:
        self._versions = {program.id: (program,)}

    def registry_key(self) -> dict[str, Any]:
        """Where the registry would lie."""
        return {"pk": {"S": "REGISTRY"}, "sk": {"S": "PROGRAMS"}}

    def programs_for(self, registry_item: Any) -> dict[str, tuple[Program, ...]]:  # noqa: ARG002 - fixed
        """The program."""
        return dict(self._versions)

    def active(self) -> dict[str, tuple[Program, ...]]:
        """The program."""
        return dict(self._versions)

    def versions(self, program: str) -> tuple[Program, ...]:
        """Its one version."""
        return self._versions.get(program, ())


def main() -> int:
    """Measure every size; print a row a phase."""
    os.environ |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")
    os.environ |= {"AWS_DEFAULT_REGION": "us-east-1"} | {
        f"KICKER_{name}": value
        for name, value in {
            "STAGE": "bench", "CORE_TABLE": "core", "MONEY_TABLE": "money", "OPS_TABLE": "ops",
            "REPORT_BUCKET": "reports", "FINANCE_EMAIL": "finance@reseller.example",
            "SENDER_EMAIL": "kicker@reseller.example",
        }.items()
    }  # fmt: skip
    found = {reps: measured(reps) for reps in SIZES}
    print(f"\n{'calls per rep':<24}" + "".join(f"{reps:>10}" for reps in SIZES) + f"{'bound':>10}")
    failed = False
    for phase, bound in BOUNDS.items():
        per_rep = [sum(found[reps][phase].values()) / reps for reps in SIZES]
        over = per_rep[-1] > bound or per_rep[-1] > per_rep[0]
        failed = failed or over
        row = "".join(f"{calls:>10.2f}" for calls in per_rep)
        print(f"{phase:<24}{row}{bound:>10.2f}{'   ABOVE' if over else ''}")
    print(f"\nof {SIZES[-1]:,} reps")
    for phase in BOUNDS:
        told = ", ".join(f"{name} {count:,}" for name, count in found[SIZES[-1]][phase].most_common(7))
        print(f"  {phase}: {told}")
    return 1 if failed else 0


def measured(reps: int) -> dict[str, Counter[str]]:
    """Calls by operation of each phase, for a program with so many reps, each with one confirmed deal."""
    from moto import mock_aws
    from moto.dynamodb.models.table import Table

    # moto copies a table once for every action of a transaction, to undo one that fails. None fails here (a lost commit
    # would raise), and the copies alone would take nine minutes.
    Table.__deepcopy__ = lambda table, memo: table  # type: ignore[attr-defined]  # noqa: ARG005
    began = time.monotonic()
    with mock_aws():
        _deploy()
        program = a_program(
            window=Window(START, date(2026, 12, 31), "America/Chicago"), reward=Reward("manual", ("payroll",)),
            auto_approve_minor=10**12, feeds=(),
        )  # fmt: skip
        for where in (bootstrap, bootstrap_money):
            where.programs = lambda: OneProgram(program)  # type: ignore[assignment,return-value]
        _seed(program, reps)
        calls, found = Calls(), {}
        phases: dict[str, Callable[[], object]] = {
            "close, plan, release": lambda: bootstrap_money.close_periods().close_periods(CLOSE),
            "pay": _pay,
            "look at the orders": lambda: bootstrap_money.reconciliation().reconcile_rewards(
                CLOSE + timedelta(hours=1)
            ),
            "close again": lambda: bootstrap_money.close_periods().close_periods(CLOSE + timedelta(hours=2)),
        }
        for name, work in phases.items():
            with calls.counting():
                work()
            found[name] = Counter(calls.by_operation)
        payouts = bootstrap.money().payouts(program.id)
        assert len(payouts) == reps and {p.state.value for p in payouts} == {"accepted"}
    print(f"{reps:>6,} reps: {sum(map(Counter.total, found.values())):,} calls in {time.monotonic() - began:.0f} s")
    return found


def _deploy() -> None:
    """Empty tables, bucket, queue and mail; what bootstrap kept of another size is forgotten."""
    import boto3

    forget_what_was_built()
    for table in ("core", "money", "ops"):
        boto3.client("dynamodb").create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        )  # fmt: skip
    boto3.client("s3").create_bucket(Bucket="reports")
    boto3.client("ses").verify_email_identity(EmailAddress="kicker@reseller.example")
    os.environ["KICKER_PAYOUTS_QUEUE_URL"] = boto3.client("sqs").create_queue(QueueName="payouts")["QueueUrl"]


def _seed(program: Program, reps: int) -> None:
    """Enroll everybody and post one confirmed deal each, by the real store."""
    core, waiting = bootstrap.core(), []
    names = [f"0055w000{n:07}AAA" for n in range(reps)]
    bootstrap.people().put([Person(rep, f"Rep {rep}", f"{rep}@reseller.example", True, "US") for rep in names])
    for n, rep in enumerate(names):
        core.enroll(program.id, rep, START, None)
        waiting.append(_confirmed(program, rep, n))
        if len(waiting) == PER_TRANSACTION or n == reps - 1:
            core.commit(merged(waiting))
            waiting = []


def _confirmed(program: Program, rep: str, n: int) -> Settlement:
    """One rep's deal book with its registration approved and invoiced."""
    deal = a_registration(
        id=f"a0D5w00{n:08}EAA", account=f"0015w00{n:08}AAA", number=f"DR-{n}", owner=rep, credits=(Credit(rep, WHOLE),)
    )
    book = DealBook(deal.book()).with_registration(deal).with_line(a_line(document_no=f"INV-{n}"), deal.id)
    fences = {(program.id, rep): Fence(START, None, "base")}
    return settle(book, {program.id: (program,)}, fences, because="invoiced", now=SCORED)


def _pay() -> None:
    """What the pay function does with its queue; receiving and deleting are Lambda's own calls."""
    paying = bootstrap_money.paying()
    for payout in bootstrap.money().payouts("security-push"):
        paying.pay(payout.key, CLOSE)


if __name__ == "__main__":
    sys.exit(main())
