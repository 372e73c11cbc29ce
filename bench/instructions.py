"""What one event costs in instructions: bytecode executed in our own code, counted one by one, with no clock involved.

    python -m bench.instructions            compare with instructions.json; non-zero when a count is more than 2 % above
    python -m bench.instructions --write    write the counts of this Python, and the table of docs/performance.md

Counted are the instructions of functions of `chalicelib/`; those of libraries, of botocore above all, are not ours to
change. Every event is played once before, so that imports, compiled patterns and caches are there. Counts belong to
one minor version of Python: another one compiles other bytecode.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.meter import Meter
from bench.pipeline import a_file, read
from bench.write_path import empty_tables, events
from chalicelib.domain.scoring import score_deal
from tests.builders import a_line, a_program, a_registration

ROOT = Path(__file__).parent.parent
COUNTS = Path(__file__).with_suffix(".json")
PAGE = ROOT / "docs" / "performance.md"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
TOLERANCE = 1.02
_OURS = str(ROOT / "chalicelib")
_LINES = 400


def counted(event: Callable[[], object]) -> int:
    """Instructions executed in our own code while the event runs."""
    count = 0

    def within(_frame: Any, what: str, _: object) -> Any:
        nonlocal count
        count += what == "opcode"
        return within

    def entered(frame: Any, what: str, _: object) -> Any:
        if what != "call" or not frame.f_code.co_filename.startswith(_OURS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return within

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        event()
    finally:
        sys.settrace(before)
    return count


def measured() -> dict[str, tuple[int, int, int]]:
    """By event: AWS calls, write units, instructions. What calls nothing outside has 0 and 0."""
    with empty_tables() as meter:
        for _, _, _, event in events(meter):
            event()  # the first use imports, compiles and fills caches
    with empty_tables() as meter:
        found = {name: _metered(meter, event) for name, _, _, event in events(meter)}
    deal, lines = a_registration(), [a_line("1")]
    programs = {"security-push": (a_program(),)}
    hot: dict[str, Callable[[], object]] = {"score of one deal": lambda: score_deal(deal, lines, programs)}
    few, many = a_file(_LINES), a_file(2 * _LINES)
    for event in (*hot.values(), lambda: list(read(few))):
        event()
    found |= {name: (0, 0, counted(event)) for name, event in hot.items()}
    # The difference of two files is what their lines cost; opening one is left out.
    read_both = counted(lambda: list(read(many))) - counted(lambda: list(read(few)))
    return found | {"one line read from a feed": (0, 0, round(read_both / _LINES))}


def _metered(meter: Meter, event: Callable[[], object]) -> tuple[int, int, int]:
    meter.reset()
    instructions = counted(event)
    return sum(meter.calls.values()), meter.units, instructions


def above(found: dict[str, tuple[int, int, int]], expected: dict[str, list[int]]) -> list[str]:
    """Every count that is above what was recorded: calls and units at all, instructions by more than 2 %."""
    worse = []
    for name, (calls, units, instructions) in found.items():
        was = expected.get(name)
        if was is None:
            worse.append(f"{name}: never recorded")
        elif calls > was[0] or units > was[1] or instructions > was[2] * TOLERANCE:
            worse.append(f"{name}: {calls} calls, {units} units, {instructions} instructions; recorded {was}")
    return worse


def recorded() -> dict[str, dict[str, list[int]]]:
    """The committed counts, by minor version of Python."""
    told: dict[str, dict[str, list[int]]] = json.loads(COUNTS.read_text(encoding="utf-8"))
    return told


def table(counts: dict[str, list[int]]) -> str:
    """The counts as docs/performance.md shows them."""
    rows = [
        f"| {name} | {calls} | {units} | {instructions:,} |" for name, (calls, units, instructions) in counts.items()
    ]
    return "\n".join(["| event | calls | write units | instructions |", "|---|--:|--:|--:|", *rows])


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="these are the counts from now on: look at the diff")
    found = measured()
    if parser.parse_args().write:
        counts = recorded() if COUNTS.exists() else {}
        counts[VERSION] = {name: list(figures) for name, figures in found.items()}
        COUNTS.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")
        old = re.compile(r"\| event \| calls \| write units.*?\n(?=\n)", re.DOTALL)
        page = old.sub(table(counts[VERSION]) + "\n", page)
        PAGE.write_text(page, encoding="utf-8")
    expected = recorded().get(VERSION)
    print(table({name: list(figures) for name, figures in found.items()}))
    if expected is None:
        print(f"No counts of Python {VERSION} are recorded: look at these, then python -m bench.instructions --write")
        return 0
    worse = above(found, expected)
    print(*worse, sep="\n")
    if worse:
        print("If that is what it has to cost: python -m bench.instructions --write, and say why in the commit.")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
