"""docs/proof/mutants.md, written by a full run."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tests.mutants.mutant import ROOT, Mutant

PAGE = ROOT / "docs" / "proof" / "mutants.md"

_HEAD = """\
# Mutants

A test that cannot fail proves nothing. Each row is a bug planted on purpose, alone, in a copy of the code, and the
test that must fail because of it; without the bug every one of these tests passes. `python -m tests.mutants.run`
repeats it and writes this page; the exact texts are in [`tests/mutants`](../../tests/mutants). `make test` checks that
every mutant still fits the code and that its tests exist.

"""


def page(mutants: Sequence[Mutant], caught: Collection[str]) -> str:
    """The page: how many were caught, then one row a mutant."""
    rows = [row(mutant, caught=mutant.id in caught) for mutant in mutants]
    head = (
        f"**Caught {len(caught)} of {len(mutants)}.**\n\n| mutant | planted bug | in | caught by |\n|---|---|---|---|\n"
    )
    return _HEAD + head + "\n".join(rows) + "\n"


def row(mutant: Mutant, *, caught: bool) -> str:
    """One line of the table."""
    tests = "<br>".join(f"`{test.rpartition('::')[2]}`" for test in mutant.caught_by)
    said = tests if caught else f"**SURVIVED** {tests}"
    file = mutant.file.removeprefix("chalicelib/")
    return f"| `{mutant.id}` | {mutant.bug} | `{file}` | {said} |"
