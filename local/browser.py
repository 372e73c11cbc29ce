"""Chromium for the browser tests: found on the machine, or installed by its own package manager.

    python3 -m local.browser

Nothing is downloaded by looking: `chromium()` only finds.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.lightning import VENV

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class NoBrowser(RuntimeError):
    """There is no Chromium; the message says what to run."""


def chromium() -> str:
    """The path of a Chromium: CHROMIUM, one on the path, or one Playwright installed. Raises: NoBrowser."""
    named = [os.environ.get("CHROMIUM", ""), *(shutil.which(name) or "" for name in NAMES)]
    cache = Path.home() / ".cache" / "ms-playwright"
    own = sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)
    for path in (*named, *map(str, own)):
        if path and Path(path).exists():
            return path
    raise NoBrowser("there is no Chromium: run python3 -m local.browser, or set CHROMIUM to one")


@contextmanager
def playing() -> Iterator[Any]:
    """A Chromium driven by Playwright, which lives in `.salesforce`. Raises: NoBrowser when either is missing."""
    for packages in VENV.glob("lib/*/site-packages"):
        if str(packages) not in sys.path:
            sys.path.append(str(packages))
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError as why:
        raise NoBrowser(f"Playwright is not installed ({why}): run python3 local/lightning.py") from why
    path = chromium()
    with playwright.sync_playwright() as running:
        # Root has no sandbox to drop privileges into; every page is ours.
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def install() -> None:
    """Install Debian's Chromium where we may, else Playwright's. Raises: subprocess.CalledProcessError."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"], check=True)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> int:
    """Find or install; 1 when it cannot be done."""
    try:
        print(chromium())
    except NoBrowser:
        try:
            install()
            print(chromium())
        except (subprocess.CalledProcessError, NoBrowser) as failed:
            print(f"Chromium could not be installed: {failed}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
