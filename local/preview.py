"""Shows the Lightning components in a plain browser against the running stack: what a rep would see in Salesforce.

    from local import preview
    url = preview.start(directory)

Node builds the components of salesforce/ once (half a minute, then a second) and serves them on loopback; the server
plays the org's Apex and signs each request as the rep that was chosen. It ends with the stack.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from local import lightning, processes
from local.lightning import SALESFORCE
from local.ports import HOST, answers, free_ports, wait_until
from local.stack import NoStack, Stack

NAME = "preview"
BUILT = SALESFORCE / "preview" / "dist"


class NoPreview(RuntimeError):
    """The components cannot be shown here; the message says why and what to run."""


def node() -> Path:
    """The Node to use: the one local/lightning.py installed, else the machine's own. Raises: NoPreview."""
    try:
        return lightning.node()
    except lightning.ToolsMissing as why:
        found = shutil.which("node")
        if found is None:
            raise NoPreview(str(why)) from why
        return Path(found)


def build() -> None:
    """Build the components, unless these very sources are built; one process at a time. Raises: NoPreview with the
    compiler's words."""
    program = SALESFORCE / "node_modules" / "rollup" / "dist" / "bin" / "rollup"
    if not program.exists():
        raise NoPreview("salesforce/node_modules is not installed: run python3 local/lightning.py")
    BUILT.mkdir(exist_ok=True)
    stamp, wanted = BUILT / "sources", _sources()
    with _alone(BUILT / "lock"):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        command = [str(node()), str(program), "--silent", "--config", "preview/rollup.config.mjs"]
        done = subprocess.run(command, cwd=SALESFORCE, env=_environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPreview(f"the components do not build:\n{done.stderr.strip()[-2000:]}")
        stamp.write_text(wanted)


def start(directory: Path) -> str:
    """Build, serve on a free port of loopback, and return the address; ended by `processes.stop_all(directory)`.

    A stack that runs learns the address. Without one only the state pages answer. Raises: NoPreview.
    """
    build()
    [port] = free_ports(1)
    server = ["preview/server.mjs", "--port", str(port), "--directory", str(directory)]
    processes.start(NAME, [str(node()), str(SALESFORCE / server[0]), *server[1:]], _environment(), directory)
    if not wait_until(
        lambda: answers(port, "/states"), seconds=120, alive=lambda: NAME in processes.running(directory)
    ):
        raise NoPreview(f"the preview did not start:\n{processes.last_words(NAME, directory)}")
    url = f"http://{HOST}:{port}"
    with contextlib.suppress(NoStack):  # the state pages need none
        replace(Stack.read(directory), preview_url=url).write(directory)
    return url


def _environment() -> dict[str, str]:
    """What Node needs and nothing else of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def _sources() -> str:
    """A fingerprint of everything the build reads."""
    default = SALESFORCE / "force-app" / "main" / "default"
    folders = (default / "lwc", default / "labels", SALESFORCE / "preview")
    files = sorted(f for folder in folders for f in folder.rglob("*") if f.is_file() and BUILT not in f.parents)
    digest = hashlib.sha256()
    for file in (SALESFORCE / "package-lock.json", *files):
        digest.update(f"{file.relative_to(SALESFORCE)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process builds; two at once would write the same files."""
    with lock.open("w") as held:
        with contextlib.suppress(ImportError):  # no such lock on Windows
            import fcntl

            fcntl.flock(held, fcntl.LOCK_EX)
        yield
