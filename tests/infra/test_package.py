"""The zip: complete, compiled, small enough, the same every time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.package import AWS_SERVICES, ROOT, UNZIPPED_LIMIT, Package, package


@pytest.fixture(scope="session")
def unzipped(packaged: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What /var/task holds."""
    task = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(packaged.code) as archive:
        archive.extractall(task)
    return task


def run_in(task: Path, program: str) -> str:
    """Run a program that sees the package and the standard library, nothing else."""
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(task)!r})\n{program}"],
        capture_output=True,
        text=True,
        env={"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_zip_unpacks_to_less_than_lambda_takes(packaged: Package):
    with zipfile.ZipFile(packaged.code) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) == packaged.unzipped
    assert packaged.unzipped < UNZIPPED_LIMIT


def test_packaging_twice_makes_the_same_file(packaged: Package, tmp_path: Path):
    again = package(tmp_path / "out")
    digests = [hashlib.sha256(made.code.read_bytes()).hexdigest() for made in (packaged, again)]
    assert digests[0] == digests[1]
    assert packaged.template.read_text() == again.template.read_text()


def test_every_module_of_ours_is_compiled_and_python_uses_the_compiled_one(packaged: Package, unzipped: Path):
    with zipfile.ZipFile(packaged.code) as archive:
        names = set(archive.namelist())
    tag = sys.implementation.cache_tag
    for name in sorted(names):
        if name.endswith(".py") and name.startswith(("app.py", "chalicelib/", "boto3/", "botocore/")):
            folder, _, file = name.rpartition("/")
            assert f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc".lstrip("/") in names, name
    # An unchecked .pyc wins over a changed source; that is how we know it is used.
    (unzipped / "chalicelib" / "bootstrap.py").write_text("raise SystemExit('compiled again')")
    assert run_in(unzipped, "import chalicelib.bootstrap; print('ok')") == "ok\n"


def test_the_data_our_code_reads_is_in_the_zip(packaged: Package):
    with zipfile.ZipFile(packaged.code) as archive:
        names = set(archive.namelist())
    data = [p for p in (ROOT / "chalicelib").rglob("*") if p.is_file() and p.suffix not in {".py", ".pyc"}]
    assert data
    assert {p.relative_to(ROOT).as_posix() for p in data if "__pycache__" not in p.parts} <= names


def test_every_trigger_loads_from_the_zip_alone(unzipped: Path):
    """Our own environment holds packages the zip does not; a Lambda worker sees the zip only."""
    triggers = (
        "read_feed score_lines sweep_salesforce tell_salesforce close_periods pay reconcile_rewards run_daily app"
    )
    assert run_in(unzipped, f"import app\nfor n in {triggers!r}.split(): assert callable(getattr(app, n)), n\nprint(1)")


def test_loading_every_trigger_loads_no_heavy_client(unzipped: Path):
    """Cold start: what one function needs is imported by that function."""
    heavy = ("simple_salesforce", "zeep", "requests", "lxml", "pynamodb", "cryptography")
    loaded = run_in(unzipped, f"import app\nprint(*[n for n in {heavy!r} if n in sys.modules])").split()
    assert loaded == []


@pytest.mark.parametrize("service", AWS_SERVICES)
def test_a_client_of_each_service_we_use_can_be_made_from_the_zip(unzipped: Path, service: str):
    import boto3

    made = f"import boto3; print(boto3.client({service!r}, region_name='cn-north-1').meta.endpoint_url)"
    assert run_in(unzipped, made).strip() == boto3.client(service, region_name="cn-north-1").meta.endpoint_url


@pytest.mark.parametrize(
    "module",
    [
        "simple_salesforce",
        "pynamodb.models",
        "jwt",
        "cryptography.hazmat.primitives.asymmetric.rsa",
        "msgspec",
        "defusedxml.ElementTree",
    ],
)
def test_each_runtime_dependency_loads_from_the_zip(unzipped: Path, module: str):
    run_in(unzipped, f"import {module}")
