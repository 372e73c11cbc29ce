"""Make the virtual environments, from the lockfiles, when they are missing or out of date.

Runs on a bare Python, so it imports the standard library only:

    python3 local/venvs.py dev emulator

The emulator has its own: it pins another botocore, and its Lambda workers can import whatever is beside it, which
would hide a package missing from our zip. So have the scanners of `make lint`, the rule engines `make bench` holds
ours against, and the Node, Java and Playwright of the Salesforce package (local/lightning.py), which nobody else needs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
VENVS = {
    "dev": (".venv", "requirements-dev.txt"),
    "emulator": (".emulator", "requirements-emulator.txt"),
    "scanners": (".scanners", "requirements-scanners.txt"),
    "peers": (".peers", "requirements-peers.txt"),
    "salesforce": (".salesforce", "requirements-salesforce.txt"),
}
OLDEST = (3, 11)


def python_of(directory: Path) -> Path:
    """The interpreter of a virtual environment."""
    return directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make(name: str) -> None:
    """Install the lockfile of `name` unless this very lockfile is installed already. Hashes are enforced."""
    directory, lock = ROOT / VENVS[name][0], ROOT / VENVS[name][1]
    minor = ".".join(map(str, sys.version_info[:2]))
    wanted = f"{minor} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    stamp = directory / ".installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"{directory.name}: installing {lock.name} (once) ...", flush=True)
    if _minor_of(directory) not in (None, minor):
        shutil.rmtree(directory)  # made by another Python
    if _minor_of(directory) is None:
        subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    pip = [str(python_of(directory)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    stamp.write_text(wanted)
    print(f"{directory.name}: ready after {time.monotonic() - started:.0f} s", flush=True)


def _minor_of(directory: Path) -> str | None:
    """`3.11` for a virtual environment of Python 3.11; None when there is none that runs."""
    try:
        command = [str(python_of(directory)), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def main(names: list[str]) -> int:
    """Make the named environments; 1 with a remedy on standard error when it cannot be done."""
    if sys.version_info[:2] < OLDEST:
        print(
            f"Kicker needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Install one and run: make PYTHON=/path/to/python3.11 ...",
            file=sys.stderr,
        )
        return 1
    for name in names:
        try:
            make(name)
        except subprocess.CalledProcessError as failed:
            print(f"{VENVS[name][0]} could not be made: {' '.join(map(str, failed.cmd[:5]))} ...", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(VENVS)))
