"""Runs the rules in `.semgrep/rules`, after proving them: `python -m tests.security.own_rules` (part of `make lint`).

Every rule has two files in `.semgrep/tests`: in `<rule>.bad.py` it must find exactly the lines below a
`# ruleid: <rule>`, in `<rule>.good.py` nothing. They are scanned where the rule holds, so its paths are proved too.
Semgrep runs offline, sends nothing, and must say that it has read every file of ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).absolute().parents[2]
RULES, SAMPLES = ROOT / ".semgrep" / "rules", ROOT / ".semgrep" / "tests"
SCANNED = ("app.py", "chalicelib", "infra", "local", "bench")
# Of the places a rule may name, each is inside all the others' reach: only `pure-part` needs this very one.
PROVED_IN = Path("chalicelib") / "domain"
SEMGREP = ROOT / ".scanners" / "bin" / "semgrep"


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One rule at one line of one file (relative to what was scanned)."""

    path: str
    line: int
    rule: str
    message: str = ""


class ScanFailed(Exception):
    """Semgrep did not run, or not over everything; the message holds its words."""


def rules() -> list[str]:
    """Ids of the rules, which are also the names of their files."""
    found = []
    for file in sorted(RULES.glob("*.yml")):
        [rule] = yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
        assert rule["id"] == file.stem, f"{file.name} holds the rule {rule['id']}: name the file after it"
        found.append(rule["id"])
    return found


def scan(root: Path, targets: Iterable[str]) -> list[Finding]:
    """What the rules find in the targets below `root`. Raises: ScanFailed."""
    targets = list(targets)
    command = [str(SEMGREP), "scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--json", "--quiet",
               "--project-root", str(root), "--config", str(RULES), *targets]  # fmt: skip
    with tempfile.TemporaryDirectory() as home:  # its settings and logs are nobody's
        quiet = {**os.environ, "HOME": home, "SEMGREP_SETTINGS_FILE": f"{home}/settings.yml"}
        ran = subprocess.run(command, cwd=root, env=quiet, capture_output=True, text=True)
    try:
        told: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        raise ScanFailed(f"semgrep ended with {ran.returncode}: {ran.stderr[-2000:]}") from None
    if told["errors"]:
        raise ScanFailed("; ".join(str(e.get("message", e)) for e in told["errors"]))
    unread = _python_files(root, targets) - {str(Path(p)) for p in told["paths"]["scanned"]}
    if unread:
        raise ScanFailed(f"semgrep did not look at {len(unread)} files, among them {min(unread)}")
    return sorted(
        Finding(
            r["path"], r["start"]["line"], r["check_id"].rpartition(".")[2], " ".join(r["extra"]["message"].split())
        )
        for r in told["results"]
    )


def _python_files(root: Path, targets: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for target in targets:
        place = root / target
        files = [place] if place.is_file() else place.rglob("*.py")
        found |= {str(f.relative_to(root)) for f in files if f.stat().st_size}
    return found


def expected(rule: str, name: str) -> set[int]:
    """The lines of a sample at which the rule must be found."""
    lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines()
    return {at + 2 for at, line in enumerate(lines) if re.search(rf"#\s*ruleid:\s*{re.escape(rule)}\s*$", line)}


def prove() -> list[str]:
    """What is wrong with the rules themselves, in words; empty when each finds what it must and nothing else."""
    known, wrong = rules(), []
    samples = {f.name for f in SAMPLES.glob("*.py")}
    wanted = {f"{rule}.{kind}.py" for rule in known for kind in ("bad", "good")}
    wrong += [f"{name} is missing in {SAMPLES.name}" for name in sorted(wanted - samples)]
    wrong += [f"{name} belongs to no rule" for name in sorted(samples - wanted)]
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        shutil.copytree(SAMPLES, root / PROVED_IN)
        found = scan(root, [str(PROVED_IN)])
    for rule in known:
        for kind in ("bad", "good"):
            name = f"{rule}.{kind}.py"
            if name not in samples:
                continue
            must = expected(rule, name)
            at = {f.line for f in found if f.rule == rule and Path(f.path).name == name}
            if bool(must) != (kind == "bad"):
                wrong.append(f"{name} must {'hold' if kind == 'bad' else 'not hold'} a line marked `# ruleid: {rule}`")
            wrong += [f"{name}:{line} is not found" for line in sorted(must - at)]
            wrong += [f"{name}:{line} is found, but not marked" for line in sorted(at - must)]
    return wrong


def main() -> int:
    """Prove the rules, then hold the code to them; 1 with every finding on standard error."""
    try:
        wrong = prove()
        found = scan(ROOT, SCANNED)
    except ScanFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    for line in wrong:
        print(f"rule not proved: {line}", file=sys.stderr)
    for f in found:
        print(f"{f.path}:{f.line}: {f.rule}: {f.message}", file=sys.stderr)
    if not wrong and not found:
        print(f"{len(rules())} rules proved, {len(_python_files(ROOT, SCANNED))} files scanned, nothing found")
    return 1 if wrong or found else 0


if __name__ == "__main__":
    sys.exit(main())
