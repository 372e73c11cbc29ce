"""Plant each mutant in a copy of the tree and see that its named tests fail: `python -m tests.mutants.run [id ...]`.

Each worker has a copy of its own and plants one bug at a time in it. First every named test must pass without a bug;
a mutant counts as caught when each of its named tests fails, and nothing else counts: not a time-out, not a test
that cannot be collected, not some other test. A full run writes docs/proof/mutants.md.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.mutants.mutant import ROOT, Mutant
from tests.mutants.mutants import MUTANTS
from tests.mutants.page import PAGE, page

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".emulator", ".local", ".hypothesis", ".*_cache", "__pycache__", "out", "build"
)
LONGEST_S = 180  # a test that normally takes seconds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant. `failed` are the named tests that failed; `said` the first line a person reads."""

    mutant: Mutant
    failed: frozenset[str]
    said: str

    @property
    def caught(self) -> bool:
        """Did every named test fail?"""
        return self.failed >= set(self.mutant.caught_by)


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of pytest: test -> the first line of its failure, for the failed; and those that passed."""

    failed: dict[str, str]
    passed: frozenset[str]
    output: str


def copied(to: Path) -> Path:
    """A copy of the tree without what is made from it; the installed packages are shared."""
    shutil.copytree(ROOT, to, ignore=NOT_COPIED, symlinks=True)
    for shared in (".venv", ".emulator"):
        if (ROOT / shared).exists():
            (to / shared).symlink_to(ROOT / shared)
    return to


def run(tree: Path, tests: Iterable[str]) -> Ran:
    """Run these tests in that tree. A test with parameters has failed when one of them has."""
    results = tree / "results.xml"
    results.unlink(missing_ok=True)
    wanted = sorted(set(tests))
    command = [
        str(ROOT / ".venv/bin/python"), "-m", "pytest", "-x" if len(wanted) == 1 else "-q", "-q", "-p",
        "no:cacheprovider", "--hypothesis-seed=0", "--tb=line", f"--junitxml={results}", *wanted,
    ]  # fmt: skip
    # Without .pyc files: two mutants of one file may have the same size and the same second.
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree)}
    env.pop("PYTEST_ADDOPTS", None)
    try:
        ended = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return Ran({}, frozenset(), f"no end after {LONGEST_S} s")
    if not results.exists():
        return Ran({}, frozenset(), ended.stdout + ended.stderr)
    return _told(results, ended.stdout + ended.stderr)


def _told(results: Path, output: str) -> Ran:
    failed: dict[str, str] = {}
    passed: set[str] = set()
    for case in ET.parse(results).iter("testcase"):  # noqa: S314 - written by the pytest we just ran
        name = _name(case.get("classname", ""), case.get("name", ""))
        failure = case.find("failure")
        if failure is not None:
            failed.setdefault(name, failure.get("message", "").splitlines()[0] if failure.get("message") else "")
        elif case.find("error") is None and case.find("skipped") is None:
            passed.add(name)
    return Ran(failed, frozenset(passed - failed.keys()), output)


def _name(classname: str, name: str) -> str:
    """`tests.a.test_b.TestC`, `test_d[e]` -> `tests/a/test_b.py::TestC::test_d`."""
    parts = classname.split(".")
    classes = [part for part in parts if part.startswith("Test")]
    file = "/".join(parts[: len(parts) - len(classes)]) + ".py"
    return "::".join([file, *classes, name.partition("[")[0]])


def tried(mutant: Mutant, tree: Path) -> Verdict:
    """Plant, run the named tests, take the bug out again."""
    target = tree / mutant.file
    whole = target.read_text(encoding="utf-8")
    target.write_text(mutant.planted(whole), encoding="utf-8")
    try:
        ran = run(tree, mutant.caught_by)
    finally:
        target.write_text(whole, encoding="utf-8")
    failed = frozenset(set(ran.failed) & set(mutant.caught_by))
    said = next((ran.failed[test] for test in mutant.caught_by if test in ran.failed), "")
    return Verdict(mutant, failed, said or " ".join(ran.output.split())[-200:])


def all_tried(mutants: Sequence[Mutant], workers: int) -> list[Verdict]:
    """Every mutant's verdict, in the order of the table. Raises: SystemExit when a named test fails without a bug."""
    with tempfile.TemporaryDirectory(prefix="kicker-mutants-") as place:
        trees: queue.Queue[Path] = queue.Queue()
        for number in range(workers):
            trees.put(copied(Path(place) / f"tree{number}"))
        named = {test for mutant in mutants for test in mutant.caught_by}
        tree = trees.get()
        sound = run(tree, named)
        trees.put(tree)
        if missing := named - sound.passed:
            raise SystemExit("\n".join([sound.output, "these do not pass without a bug:", *sorted(missing)]))
        print(f"{len(named)} named tests pass without a bug", flush=True)

        def one(mutant: Mutant) -> Verdict:
            mine = trees.get()
            try:
                return tried(mutant, mine)
            finally:
                trees.put(mine)

        verdicts: dict[str, Verdict] = {}
        with ThreadPoolExecutor(workers) as pool:
            for done in as_completed([pool.submit(one, mutant) for mutant in mutants]):
                verdict = done.result()
                verdicts[verdict.mutant.id] = verdict
                print(_line(verdict, len(verdicts), len(mutants)), flush=True)
        return [verdicts[mutant.id] for mutant in mutants]


def _line(verdict: Verdict, number: int, of: int) -> str:
    word = "caught  " if verdict.caught else "SURVIVED"
    return f"[{number:3}/{of}] {word} {verdict.mutant.id:34} {verdict.said[:150]}"


def main(arguments: Sequence[str]) -> int:
    """Try the mutants named, or all. Returns 0 when every one was caught."""
    asked = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=__doc__)
    asked.add_argument("ids", nargs="*", help="only these mutants (all)")
    asked.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    asked.add_argument("--list", action="store_true", help="print the table and run nothing")
    given = asked.parse_args(arguments)
    unknown = set(given.ids) - {mutant.id for mutant in MUTANTS}
    if unknown:
        raise SystemExit(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in MUTANTS if not given.ids or mutant.id in given.ids]
    if given.list:
        for mutant in chosen:
            print(f"{mutant.id:34} {mutant.file:48} {mutant.bug}")
        return 0
    began = time.monotonic()
    verdicts = all_tried(chosen, max(1, given.workers))
    print(f"\n{'mutant':34} {'':8} bug")
    for verdict in verdicts:
        print(f"{verdict.mutant.id:34} {'caught' if verdict.caught else 'SURVIVED':8} {verdict.mutant.bug}")
    caught = sum(verdict.caught for verdict in verdicts)
    print(f"\ncaught {caught} of {len(verdicts)} mutants in {time.monotonic() - began:.0f} s")
    if not given.ids:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(MUTANTS, [v.mutant.id for v in verdicts if v.caught]), encoding="utf-8")
    return 0 if caught == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
