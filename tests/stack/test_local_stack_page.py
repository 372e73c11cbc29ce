"""docs/local-stack.md runs as it stands: its whole deal is played on a stack of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from local.down import down
from local.up import Progress, up

ROOT = Path(__file__).parents[2]


def test_the_page_on_the_local_stack_runs_as_it_stands(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/local-stack.md").read_text(), re.DOTALL)
    try:
        up(tmp_path, Progress())
        ran = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "KICKER_LOCAL": str(tmp_path)},
            capture_output=True, text=True, timeout=240,
        )  # fmt: skip
    finally:
        down(tmp_path)
    assert (ran.returncode, ran.stdout.split()) == (0, ["200", "150.00"]), ran.stdout + ran.stderr
