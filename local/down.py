"""End the stack: every process `make up` started, by its id. `python -m local.down`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from local import processes
from local.stack import state_directory


def down(directory: Path) -> list[str]:
    """End the stack of `directory` and forget where it was; returns the names of what was ended."""
    ended = processes.stop_all(directory)
    (directory / "stack.json").unlink(missing_ok=True)
    shutil.rmtree(directory / "tmp", ignore_errors=True)  # unpacked functions
    return ended


def main() -> int:
    """End the stack for the command line; harmless when there is none."""
    ended = down(state_directory())
    print(f"ended: {', '.join(ended)}" if ended else "nothing was running")
    return 0


if __name__ == "__main__":
    sys.exit(main())
