"""The rules beside other rule engines, and a million lines replayed: `python -m bench.rules`.

First the same fifty rules and lines in this project and in four engines of others, in one process of a virtual
environment of their own (`.peers`); totals are compared before anything is timed. Then a replay of 1,000,000 historical
lines in this process: CPU seconds and peak memory. Books are made one by one and forgotten, as a replay reads them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from chalicelib.domain.dealbook import DealBook
from chalicelib.domain.programs import Tier
from chalicelib.domain.registrations import WHOLE, Credit
from chalicelib.domain.replays import Gathered, Lane
from chalicelib.reports.what_if import lanes_of, what_if
from local import venvs
from tests.builders import a_layer, a_line, a_program, a_registration, usd

ROOT = Path(__file__).parent.parent
REPS, LINES_A_DEAL, DEALS_A_BOOK = 1_000, 4, 5
BAR_SECONDS, BAR_MB = 60, 500


def books(lines: int) -> Iterator[DealBook]:
    """Deal books of five deals with four lines each, spread over half a year and a thousand reps."""
    first = datetime(2026, 7, 1, 15, tzinfo=UTC)
    plain_deal, plain_line = a_registration(), a_line()
    for number in range(lines // (LINES_A_DEAL * DEALS_A_BOOK)):
        book = DealBook(f"account-{number}/2026Q4")
        registrations, told, assigned = {}, {}, {}
        for n in range(DEALS_A_BOOK):
            deal = number * DEALS_A_BOOK + n
            at = first + timedelta(hours=deal * 4_400 * LINES_A_DEAL // lines)
            id = f"a0D{deal:015}"
            registrations[id] = replace(
                plain_deal, id=id, number=f"DR-{deal}", created_at=at, approved_at=at, quantity=20,
                amount=usd("2000"), credits=(Credit(f"005{deal * 7 % REPS:015}", WHOLE),),
                deal_type=("net_new", "renewal")[deal % 2],
            )  # fmt: skip
            day = at.date() + timedelta(days=3)
            for k in range(LINES_A_DEAL):
                line = f"castellan|I{deal}|{k}"
                told[line] = replace(
                    plain_line, id=line, document_no=f"I{deal}", line_no=str(k), quantity=Decimal(5), amount=usd("500"),
                    ordered_on=day, invoiced_on=day,
                )  # fmt: skip
                assigned[line] = id
        yield replace(book, registrations=registrations, lines=told, assigned=assigned)


def replay(lines: int) -> tuple[float, float]:
    """CPU seconds of the replay alone (making the books is not counted) and peak resident MB of the process."""
    layer = a_layer(tiers=(Tier("Silver", 2_000, 500),), cap_points_per_rep=50_000, budget=usd("9000000"))
    program = a_program(layers=(layer,))
    lanes, found, seconds = [Lane(program.id, (program,))], Gathered(), 0.0
    gathering = lanes_of(lanes)
    for book in books(lines):
        started = time.process_time()
        found.take(book, gathering)
        seconds += time.process_time() - started
    started = time.process_time()
    report = what_if(lanes, found)
    seconds += time.process_time() - started
    assert report.lines == lines and report.asked.window[0] == date(2026, 10, 1), "everything was looked at"
    print(f"replay of {lines:,} lines, {report.asked.deals:,} deals paid, {report.asked.cost}")
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Print both; 1 when totals differ or the replay is over its bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    asked = parser.parse_args()
    seconds, peak = replay(asked.lines)
    rate = f"{asked.lines / seconds:,.0f} lines/s"
    print(f"{seconds:.1f} s ({rate}), peak {peak:.0f} MB; at most {BAR_SECONDS} s, {BAR_MB} MB")
    venvs.make("peers")
    python = str(venvs.python_of(ROOT / venvs.VENVS["peers"][0]))
    peers = subprocess.run([python, "-m", "bench.peers.side_by_side"], cwd=ROOT, check=False).returncode
    return 1 if peers or seconds > BAR_SECONDS or peak > BAR_MB else 0


if __name__ == "__main__":
    sys.exit(main())
