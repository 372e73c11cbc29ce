"""What a cold start of the `api` function costs: `python -m bench.cold_start`.

Runs the packaged code in fresh processes, importing from the unpacked zip before anything else, and compares "load
app.py and make the first DynamoDB client" with `python -c pass`. The ratio travels between machines, milliseconds do
not. Simple-salesforce, zeep and requests must not have been loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from infra.package import package

# As in Lambda: with credentials in the environment nobody asks the network for some.
LAMBDA = {"AWS_DEFAULT_REGION": "us-east-1"} | dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
LIMIT = 22.0  # times the bare interpreter: what the design allows
MUST_NOT_LOAD = ("simple_salesforce", "zeep", "requests")
FIRST_CLIENT = "import app; from chalicelib import bootstrap; bootstrap.client('dynamodb')"


def fastest(programs: dict[str, tuple[str, Path]], runs: int) -> dict[str, float]:
    """Seconds of the fastest of `runs` fresh processes for each (program, code).

    Noise only ever adds, hence the fastest. They take turns: measured one after the other, a busy second would fall
    on one of them alone and bend the ratio.
    """
    best = dict.fromkeys(programs, float("inf"))
    for _ in range(runs):
        for name, (program, task) in programs.items():
            environment = {"PYTHONPATH": str(task), "PATH": os.environ["PATH"], **LAMBDA}
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], cwd=task, env=environment, check=True)
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def loaded(program: str, task: Path) -> set[str]:
    """Top-level modules after `program`."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys, json; print(json.dumps(sorted(sys.modules)))"],
        cwd=task,
        env={"PYTHONPATH": str(task), **LAMBDA},
        check=True,
        capture_output=True,
        text=True,
    )
    return {name.partition(".")[0] for name in json.loads(shown.stdout.splitlines()[-1])}


def main() -> int:
    """Measure and print; 1 when the ratio or a module is over what the design allows."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        task = Path(scratch) / "task"
        with zipfile.ZipFile(package(Path(scratch) / "out").code) as archive:
            archive.extractall(task)
        uncompiled = Path(scratch) / "uncompiled"
        with zipfile.ZipFile(Path(scratch) / "out" / "deployment.zip") as archive:
            archive.extractall(uncompiled, [name for name in archive.namelist() if not name.endswith(".pyc")])
        without_writing = f"import sys; sys.dont_write_bytecode = True; {FIRST_CLIENT}"
        took = fastest(
            {
                "bare": ("pass", task),
                "cold": (FIRST_CLIENT, task),
                "uncompiled": (without_writing, uncompiled),
            },
            arguments.runs,
        )
        bare, cold, without = took["bare"], took["cold"], took["uncompiled"]
        too_heavy = sorted(loaded(FIRST_CLIENT, task) & set(MUST_NOT_LOAD))
    ratio = cold / bare
    print(f"bare python -c pass            {bare * 1000:7.1f} ms")
    print(f"app.py and a DynamoDB client   {cold * 1000:7.1f} ms   {ratio:.1f} times bare (at most {LIMIT:.0f})")
    print(f"the same without byte code     {without * 1000:7.1f} ms   {without / cold:.1f} times as long")
    print(f"loaded though it must not be   {', '.join(too_heavy) or 'nothing'}")
    return 1 if ratio > LIMIT or too_heavy else 0


if __name__ == "__main__":
    sys.exit(main())
