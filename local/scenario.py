"""Run scenario files and say what came of them: `python -m local.scenario FILE...`.

A scenario is a program, what happened, and what is expected of it, as an operations person writes it down
(docs/scenarios.md). Nothing is started and nothing is sent: everything happens in this process. Ends with 0 when all
came true in every order of telling, 1 when something did not, 2 when a file could not be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from chalicelib.domain.errors import InvalidDocument
from local.scenarios.program_part import problems_of
from local.scenarios.reading import read_scenario
from local.scenarios.running import run
from local.scenarios.tables import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every file; the exit code."""
    parser = argparse.ArgumentParser("python -m local.scenario", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a scenario, as tests/scenarios/*.yaml")
    parser.add_argument("--quiet", action="store_true", help="print only what did not come true")
    asked = parser.parse_args(arguments)
    codes = [_one(path, quiet=asked.quiet) for path in asked.files]
    print(f"{codes.count(0)} of {len(codes)} scenarios hold")
    return max(codes)


def _one(path: Path, *, quiet: bool) -> int:
    try:
        scenario = read_scenario(path)
    except InvalidDocument as error:
        print(f"{path} cannot be read:", *problems_of(list(error.problems)), sep="\n  ")
        return 2
    except (OSError, UnicodeDecodeError) as error:
        print(f"{path} cannot be read: {error}")
        return 2
    ran = run(scenario)
    if not (quiet and ran.holds):
        print(path, *report(ran), sep="\n")
    return 0 if ran.holds else 1


if __name__ == "__main__":
    sys.exit(main())
