"""Parse, normalise, match and score without I/O: lines a second on one core.

    python -m bench.pipeline [--lines N]

One generated distributor file is read as `read_feed` reads it, every line is matched by its identifiers as
`score_lines` matches it, and every deal is scored. CPU seconds, the best of three; the bar is 50,000 lines/s for one
program. `csv.reader` over the same bytes runs beside it, so that a slow machine shows as a slow machine.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from chalicelib.domain.matching import Match, decide
from chalicelib.domain.orders import OrderLine
from chalicelib.domain.programs import Program
from chalicelib.domain.registrations import Registration
from chalicelib.domain.scoring import score_deal
from chalicelib.feeds.reading import open_feed
from tests.builders import a_layer, a_program, a_registration, usd

BAR = 50_000
LINES_A_DEAL = 4
_HEAD = (
    "ingramOrderNumber,customerOrderNumber,invoiceNumber,invoiceType,ingramOrderLineNumber,vendorName,vendorPartNumber,"
    "ingramPartNumber,upcCode,quantity,unitPrice,extendedPrice,currencyCode,ingramOrderDate,shippedDate,"
    "specialBidNumber,dealRegNumber,resellerCompanyName,endUserCompanyName,endUserCountryCode\r\n"
)


def a_file(lines: int) -> bytes:
    """A flat CSV: four lines a deal, one credit in fifty."""
    rows = [_HEAD]
    for n in range(lines):
        deal, sign, kind = n // LINES_A_DEAL + 1, 1, "Invoice"
        if n % 50 == 49:
            sign, kind = -1, "Credit Memo"
        seats = sign * (n % 40 + 1)
        rows.append(
            f'20-{n:07},PO-{deal},INV{n:07},{kind},001,Veridane,SEC-ENT-{n % 200},5529013,889271004412,{seats},41.75,'
            f'{seats * 41.75:.2f},USD,2026-10-{n % 28 + 1:02},2026-10-{n % 28 + 1:02},,DR-{deal:06},Harborline IT LLC,'
            f'"Customer {deal}, Inc.",US\r\n'
        )  # fmt: skip
    return "".join(rows).encode()


def deals(lines: int) -> dict[str, Registration]:
    """The registrations the file confirms, by id."""
    found = {}
    for n in range(1, lines // LINES_A_DEAL + 2):
        id = f"a0D{n:015}"
        found[id] = a_registration(id=id, number=f"DR-{n:06}", po=f"PO-{n}", sku="SEC-ENT-1", quantity=120)
    return found


def run(body: bytes, registrations: dict[str, Registration], programs: dict[str, tuple[Program, ...]]) -> int:
    """The whole pipeline; returns confirmed points, so that nothing can be skipped."""
    candidates: dict[str, set[str]] = defaultdict(set)
    for registration in registrations.values():
        for key in registration.match_keys():
            candidates[key].add(registration.id)
    assigned: dict[str, list[OrderLine]] = defaultdict(list)
    for line in read(body):
        keys = line.match_keys()
        verdict = decide(keys, {key: candidates[key] for key in keys if key in candidates})
        assert isinstance(verdict, Match)
        assigned[verdict.registration].append(line)
    return sum(
        award.confirmed for id, lines in assigned.items() for award in score_deal(registrations[id], lines, programs)
    )


def read(body: bytes) -> Iterator[OrderLine]:
    """The canonical lines of the file."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with_lines = open_feed(_chunks(body), name="bench.csv", distributor="castellan", uploaded_at=now)
    return (event for event in with_lines.events if isinstance(event, OrderLine))


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def best(work: Callable[[], object]) -> float:
    """CPU seconds, the best of three."""
    took = []
    for _ in range(3):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)


def main() -> int:
    """Print one row a step; 1 when one program falls below the bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    lines = parser.add_argument("--lines", type=int, default=40_000) and parser.parse_args().lines
    body, registrations = a_file(lines), deals(lines)
    overlay = a_layer(id="vendor:veridane", point=usd("0.01"))
    one = {"p1": (a_program(id="p1"),)}
    both = a_program(id="p3", layers=(a_layer(), overlay))
    three = one | {"p2": (a_program(id="p2", layers=(overlay,)),), "p3": (both,)}
    steps: list[tuple[str, Callable[[], object]]] = [
        ("csv.reader alone", lambda: sum(1 for _ in csv.reader(io.StringIO(body.decode())))),
        ("read and normalise", lambda: sum(1 for _ in read(body))),
        ("read, match, score: 1 program", lambda: run(body, registrations, one)),
        ("read, match, score: 3 programs, 4 layers", lambda: run(body, registrations, three)),
    ]
    rates = {}
    for name, work in steps:
        seconds = best(work)
        rates[name] = lines / seconds
        print(f"{name:<42}{lines / seconds:>12,.0f} lines/s{seconds / lines * 1e6:>9.2f} us a line")
    return 0 if rates["read, match, score: 1 program"] >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
