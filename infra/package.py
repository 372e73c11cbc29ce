"""Make what CloudFormation deploys: `out/sam.yaml` and `out/deployment.zip`.

    python -m infra.package            # for a Lambda worker on this machine (the local stack)
    python -m infra.package --lambda   # for AWS: Linux wheels, whatever this machine is

Chalice makes the template and adds its own runtime. The rest is ours, each for a reason:

* Dependencies are installed once per lockfile into `.local/build/` and reused; Chalice alone would ask the package
  index every time. The hashes of requirements.txt are enforced, which Chalice does not do.
* Byte code goes into the zip: /var/task is read-only, so without it every cold start compiles every module again
  (about twice as long, `python -m bench.cold_start`). It lies in `__pycache__` beside the source and is never checked
  against it: a `.pyc` in the source's place would be ignored while the source is there, and without the source a
  traceback shows no lines and a runtime one minor version away could not start at all.
* The zip has fixed times and order: the same source is the same file, so a deployment of nothing changes nothing.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).absolute().parent.parent
BUILD = ROOT / ".local" / "build"
CHALICE_STAGE = "kicker"  # The one stage of .chalice/config.json; ours is a parameter of the template.
UNZIPPED_LIMIT = 250 * 1024 * 1024  # AWS's limit for a function's code and layers.

# Botocore carries the models of all services, 20 MB; these are the ones the functions may call.
AWS_SERVICES = ("dynamodb", "s3", "secretsmanager", "ses", "sesv2", "sqs", "sts")
# The same in the names of botocore's table of addresses, 14 ms of every cold start when whole.
ADDRESSED = {*AWS_SERVICES, "email"}

# What Lambda's Amazon Linux 2023 (glibc 2.34) can load, best first.
LAMBDA_PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64")


@dataclass(frozen=True, slots=True)
class Package:
    """The two files a deployment needs; sizes in bytes."""

    template: Path
    code: Path
    zipped: int
    unzipped: int


def package(out: Path, *, for_lambda: bool = False) -> Package:
    """Make the deployable template and code in `out`, which is emptied first.

    Raises: subprocess.CalledProcessError when pip or Chalice refuses (their words are on stderr); ValueError when the
    code is larger than Lambda takes.
    """
    dependencies = vendored_dependencies(for_lambda=for_lambda)
    shutil.rmtree(out, ignore_errors=True)  # a stale template of another format would stay beside ours
    with tempfile.TemporaryDirectory(prefix="kicker-package-") as scratch:
        staging = Path(scratch) / "project"
        _stage_sources(staging)
        _run_chalice(staging, out)
        code = Path(scratch) / "code"
        with zipfile.ZipFile(out / "deployment.zip") as made_by_chalice:
            made_by_chalice.extractall(code)
        _compile(code)
        unzipped = _write_zip(out / "deployment.zip", [code, dependencies])
    _name_the_stage(out / "sam.yaml")
    if unzipped > UNZIPPED_LIMIT:
        raise ValueError(
            f"out/deployment.zip unpacks to {unzipped:,} bytes; Lambda takes {UNZIPPED_LIMIT:,}. "
            "Drop a dependency from requirements.in or a service from AWS_SERVICES in infra/package.py."
        )
    return Package(out / "sam.yaml", out / "deployment.zip", (out / "deployment.zip").stat().st_size, unzipped)


def vendored_dependencies(*, for_lambda: bool) -> Path:
    """The directory of requirements.txt, installed, trimmed and compiled: once per lockfile, Python and platform."""
    lock = (ROOT / "requirements.txt").read_bytes()
    recipe = Path(__file__).read_bytes()  # trimming is part of what was built
    target = "lambda" if for_lambda else sys.platform
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(b"\0".join([lock, recipe, target.encode(), minor.encode()])).hexdigest()[:16]
    ready = BUILD / f"vendor-{target}-{minor}-{key}"
    if ready.is_dir():
        return ready
    BUILD.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=BUILD))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--require-hashes", "--no-deps", "--target", str(making), "-r", str(ROOT / "requirements.txt")]
    if for_lambda:
        command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", minor]
        command += [argument for platform in LAMBDA_PLATFORMS for argument in ("--platform", platform)]
    subprocess.run(command, check=True)
    _trim(making)
    _compile(making)
    try:
        making.rename(ready)
    except OSError:  # another process was faster; both made the same
        shutil.rmtree(making)
    return ready


def _trim(tree: Path) -> None:
    """Drop what no function reads: stubs, tests, scripts, other services' models, all of dist-info but METADATA."""
    for model in (tree / "botocore" / "data").iterdir():
        if model.is_dir() and model.name not in AWS_SERVICES:
            shutil.rmtree(model)
    _trim_addresses(tree / "botocore" / "data" / "endpoints.json")
    for examples in (tree / "botocore" / "data").rglob("examples-1.json*"):
        examples.unlink()
    shutil.rmtree(tree / "bin", ignore_errors=True)
    for path in [*tree.rglob("tests"), *tree.rglob("__pycache__")]:
        shutil.rmtree(path, ignore_errors=True)
    for path in [*tree.rglob("*.pyi"), *tree.rglob("*.pxd"), *tree.rglob("*.h")]:
        path.unlink()
    for path in tree.glob("*.dist-info/**/*"):
        if path.is_file() and path.name != "METADATA":
            path.unlink()


def _trim_addresses(path: Path) -> None:
    """Keep the partitions, regions and defaults, and of the services only ours; packed or not, as botocore has it."""
    packed = path.with_suffix(".json.gz")
    table = json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes())
    for partition in table["partitions"]:
        partition["services"] = {name: at for name, at in partition["services"].items() if name in ADDRESSED}
    packed.unlink(missing_ok=True)
    path.write_text(json.dumps(table, separators=(",", ":")))


def _stage_sources(staging: Path) -> None:
    """Copy what Chalice packages, with an empty requirements.txt: the dependencies are added by us."""
    shutil.copytree(
        ROOT / "chalicelib", staging / "chalicelib", ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    )
    shutil.copytree(ROOT / ".chalice", staging / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    shutil.copy(ROOT / "app.py", staging / "app.py")
    (staging / "requirements.txt").write_text("")


def _run_chalice(staging: Path, out: Path) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # it decides the partition's names only
    subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c", "from chalice.cli import main; main()"),
            *("package", "--stage", CHALICE_STAGE, "--template-format", "yaml"),
            *("--merge-template", str(ROOT / "infra" / "template.yml"), str(out.absolute())),
        ],
        cwd=staging,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
    )


def _compile(tree: Path) -> None:
    """Byte-compile every module of `tree` in place. A module this Python cannot read is left as it is: some packages
    carry files for other versions that nothing imports.

    In a process of its own with a fixed hash seed: what byte code looks like depends on the order of sets and on what
    the process did before.
    """
    command = [sys.executable, "-m", "compileall", "-q", "-q", "--invalidation-mode", "unchecked-hash"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([*command, "-s", str(tree), str(tree)], env=environment, check=False)


def _write_zip(path: Path, trees: list[Path]) -> int:
    """Write the files of `trees` in name order with one fixed time; returns their size unpacked, in bytes."""
    unzipped = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, source in sorted(_files(trees)):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            # Readable by the sandbox user; shared objects need no execute bit to be loaded.
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = source.read_bytes()
            unzipped += len(content)
            archive.writestr(entry, content)
    return unzipped


def _files(trees: list[Path]) -> Iterator[tuple[str, Path]]:
    for tree in trees:
        for source in tree.rglob("*"):
            if source.is_file():
                yield source.relative_to(tree).as_posix(), source


def _name_the_stage(template: Path) -> None:
    """Turn `${Stage}` in the roles' policies into Fn::Sub, and write the template back."""
    content = yaml.safe_load(template.read_text())
    for resource in content["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            resource["Properties"]["Policies"] = _substituted(resource["Properties"]["Policies"])
    template.write_text(yaml.dump(json.loads(json.dumps(content)), sort_keys=True))  # via JSON: no YAML aliases


def _substituted(value: Any) -> Any:
    if isinstance(value, str):
        return {"Fn::Sub": value} if "${" in value else value
    if isinstance(value, list):
        return [_substituted(item) for item in value]
    if isinstance(value, dict):
        return {key: _substituted(item) for key, item in value.items()}
    return value


def main() -> None:
    """Package for the command line; prints sizes and time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "out")
    parser.add_argument("--lambda", dest="for_lambda", action="store_true", help="wheels for AWS, not for this machine")
    arguments = parser.parse_args()
    started = time.monotonic()
    made = package(arguments.out, for_lambda=arguments.for_lambda)
    print(
        f"{made.code}: {made.zipped / 1e6:.1f} MB, {made.unzipped / 1e6:.1f} MB unpacked; {made.template}; "
        f"{time.monotonic() - started:.1f} s"
    )


if __name__ == "__main__":
    main()
