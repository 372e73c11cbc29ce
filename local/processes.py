"""Background processes of the stack: started in sessions of their own, remembered in `pids.json`, ended by id.

A process id alone is not enough to end something by: the number may belong to another program by then. So the moment
the process was born is remembered with it, and both must still agree.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Process:
    """One background process: its id, and when the system says it began."""

    pid: int
    born: str


def start(name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> int:
    """Start `command` with exactly this environment, its output in `logs/<name>.log`; returns its process id."""
    (directory / "logs").mkdir(parents=True, exist_ok=True)
    with (directory / "logs" / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # survives our terminal, and its own children end with it
        )
    child.returncode = 0  # it outlives us on purpose: no ResourceWarning when this object goes
    known = _known(directory)
    known[name] = Process(child.pid, _born(child.pid))
    _remember(known, directory)
    return child.pid


def running(directory: Path) -> dict[str, int]:
    """The processes of `pids.json` that still run, by name."""
    return {name: process.pid for name, process in _known(directory).items() if _runs(process)}


def stop_all(directory: Path) -> list[str]:
    """End every process of `pids.json`, newest first, and forget them; returns the names of those that ran."""
    ended = []
    for name, process in reversed(_known(directory).items()):
        if _runs(process):
            _end(process)
            ended.append(name)
    (directory / "pids.json").unlink(missing_ok=True)
    return ended


def stop(name: str, directory: Path) -> bool:
    """End one process of `pids.json`, and its children; False when it does not run."""
    process = _known(directory).get(name)
    if process is None or not _runs(process):
        return False
    _end(process)
    return True


def last_words(name: str, directory: Path, lines: int = 15) -> str:
    """The end of a process's log."""
    log = directory / "logs" / f"{name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _end(process: Process) -> None:
    """Ask the process's session to end; insist after ten seconds."""
    for insisting in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, insisting)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)  # if it is our own child, collect it; else init does
            if not _runs(process):
                return
            time.sleep(0.05)


def _runs(process: Process) -> bool:
    return bool(process.born) and process.born == _born(process.pid)


def _born(pid: int) -> str:
    """When a running process began, in the system's own words; empty when it ended or only waits to be collected."""
    if Path("/proc/self/stat").exists():
        try:
            # The name may hold spaces and brackets, so count from the last one: state is field 3, start time field 22.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def _known(directory: Path) -> dict[str, Process]:
    path = directory / "pids.json"
    if not path.exists():
        return {}
    return {name: Process(**entry) for name, entry in json.loads(path.read_text()).items()}


def _remember(known: Mapping[str, Process], directory: Path) -> None:
    fresh = directory / "pids.json.new"
    fresh.write_text(json.dumps({name: asdict(process) for name, process in known.items()}, indent=2) + "\n")
    fresh.replace(directory / "pids.json")
