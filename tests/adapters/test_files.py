"""One contract for every Files: the bucket and the fake the other tests use."""

import boto3
import pytest

from chalicelib.adapters.s3_files import S3Files
from chalicelib.domain.errors import NotFound
from tests.fakes.files import FakeFiles


@pytest.fixture(params=["s3", "fake"])
def files(request, aws):
    if request.param == "fake":
        return FakeFiles()
    client = boto3.client("s3")
    client.create_bucket(Bucket="kicker-reports")
    return S3Files(client, "kicker-reports")


def test_what_was_put_is_got_byte_for_byte(files):
    files.put("reports/a.csv", b"a,b\r\n\x00\xff", "text/csv")
    assert files.get("reports/a.csv") == b"a,b\r\n\x00\xff"


def test_the_latest_put_is_the_one_that_is_read(files):
    files.put("reports/a.csv", b"old", "text/csv")
    files.put("reports/a.csv", b"new", "text/csv")
    assert files.get("reports/a.csv") == b"new"


def test_a_file_that_was_never_put_is_not_found(files):
    files.put("reports/a.csv", b"", "text/csv")
    with pytest.raises(NotFound, match=r"reports/b\.csv"):
        files.get("reports/b.csv")
