"""What one event costs: AWS calls and write units, counted exactly, on the real adapter over an in-process DynamoDB.

    python -m bench.write_path

Exits non-zero when a figure is above its bound.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.meter import Meter
from chalicelib.adapters.dynamodb.core import DynamoCore
from chalicelib.adapters.dynamodb.quotes import QuoteTable
from chalicelib.domain.programs import Program
from chalicelib.domain.quotes import Asked
from chalicelib.services.boards import Boards
from chalicelib.services.quotes import quote
from chalicelib.services.score_lines import LineScorer
from chalicelib.services.score_registration import RegistrationScorer
from tests.builders import ANA, OCTOBER, a_layer, a_line, a_program, a_registration, usd

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
PROGRAM = a_program(layers=(a_layer(budget=usd("100000")),))


class FixedRegistry:
    """One active program."""

    def registry_key(self) -> dict[str, Any]:
        """Where the registry would lie."""
        return {"pk": {"S": "REGISTRY"}, "sk": {"S": "PROGRAMS"}}

    def programs_for(self, registry_item: Any) -> dict[str, tuple[Program, ...]]:  # noqa: ARG002 - fixed
        """The program."""
        return {PROGRAM.id: (PROGRAM,)}


@contextlib.contextmanager
def empty_tables() -> Iterator[Meter]:
    """An in-process DynamoDB with the tables core and ops, seen through a meter."""
    os.environ |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    import boto3
    from moto import mock_aws

    with mock_aws():
        client = boto3.client("dynamodb")
        for table in ("core", "ops"):
            client.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            )  # fmt: skip
        yield Meter(client)


def _at_once(tried: int) -> None:
    """No pause before try number `tried`: nobody races here."""


Event = tuple[str, int, int | None, Callable[[], object]]


def events(meter: Meter) -> list[Event]:
    """Every kind of event, to be played in this order on empty tables: name, at most so many calls and units."""
    core = DynamoCore(meter, "core", "ops", FixedRegistry())
    lines = LineScorer(core, _at_once)
    registrations = RegistrationScorer(core, lines.match_again, _at_once)
    core.enroll("security-push", ANA, date(2026, 10, 1), None)
    core.read(programs=True)  # a warm function knows which programs there are
    submitted = a_registration(status="submitted", approved_at=None, credits=())
    approved = a_registration(version=OCTOBER + timedelta(hours=1))
    elsewhere = a_registration(id="a0D5w00000REG02EAA", number="DR-2", account="0015w00002ACC02AAA")
    chunk = [a_line(str(n), quantity=Decimal(2)) for n in range(12)]
    chunk += [a_line(str(n), document_no="INV-2", registration_no="DR-2", quantity=Decimal(2)) for n in range(12)]
    boards = Boards(core)
    quotes = QuoteTable(meter, "core", "ops", FixedRegistry(), boards)
    sale = Asked("SEC-ENT", 50, vendor="Veridane", deal_type="net_new")
    boards.board(PROGRAM, NOW)
    quote(sale, ANA, quotes, NOW)  # and this one knows them too
    return [
        ("registration seen first (submitted)", 2, 8, lambda: registrations.score_registration(submitted, NOW)),
        ("registration approved", 2, 8, lambda: registrations.score_registration(approved, NOW)),
        ("the same message again", 1, 0, lambda: registrations.score_registration(approved, NOW)),
        ("an older message", 1, 0, lambda: registrations.score_registration(submitted, NOW)),
        ("registration seen first, approved", 2, 10, lambda: registrations.score_registration(elsewhere, NOW)),
        ("one order line", 3, 12, lambda: lines.score([a_line("99")], NOW)),
        ("24 lines, 2 deal books", 5, None, lambda: lines.score(chunk, NOW)),
        ("the same 24 lines again", 1, 0, lambda: lines.score(chunk, NOW)),
        ("a quote", 1, 0, lambda: quote(sale, ANA, quotes, NOW)),
        ("a quote, the budget's board is old", 2, 0, lambda: quote(sale, ANA, quotes, NOW + timedelta(minutes=5))),
    ]


def main() -> int:
    """Count every kind of event; print a row each."""
    with empty_tables() as meter:
        return _measure(meter)


def _measure(meter: Meter) -> int:
    print(f"{'event':<38}{'calls':>6}{'bound':>7}{'units':>7}{'bound':>7}")
    failed = False
    for name, most_calls, most_units, event in events(meter):
        meter.reset()
        event()
        calls = sum(meter.calls.values())
        over = calls > most_calls or (most_units is not None and meter.units > most_units)
        failed = failed or over
        bound = "" if most_units is None else most_units
        print(f"{name:<38}{calls:>6}{most_calls:>7}{meter.units:>7}{bound:>7}{'   ABOVE' if over else ''}")
        print(f"{'':<6}" + ", ".join(f"{kind} {bytes_} B" for kind, bytes_ in meter.items[:6]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
