"""The deployed stack itself: all is where it was promised, starting twice and ending are harmless."""

from __future__ import annotations

from pathlib import Path

from infra.deploy import FUNCTIONS
from local import processes
from local.down import down
from local.stack import Stack
from local.up import Progress, up

KEY = {"pk": {"S": "TEST"}, "sk": {"S": "TEST"}}


def test_everything_that_was_promised_is_where_stack_json_says(stack: Stack, stack_directory: Path):
    assert Stack.read(stack_directory) == stack
    assert set(stack.functions) == set(FUNCTIONS)
    for name in stack.functions.values():
        assert stack.aws("lambda").get_function(FunctionName=name)["Configuration"]["State"] == "Active"
    for name in stack.tables.values():
        keys = stack.aws("dynamodb").describe_table(TableName=name)["Table"]["KeySchema"]
        assert [key["AttributeName"] for key in keys] == ["pk", "sk"]
    for bucket in (stack.feed_bucket, stack.report_bucket):
        assert stack.aws("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_starting_a_running_stack_again_changes_nothing_but_what_is_deployed(stack: Stack, stack_directory: Path):
    stack.aws("dynamodb").put_item(TableName=stack.tables["ops"], Item=KEY)
    assert up(stack_directory, Progress()) == stack
    assert stack.aws("dynamodb").get_item(TableName=stack.tables["ops"], Key=KEY)["Item"] == KEY


def test_an_ended_stack_leaves_no_process_and_ending_twice_is_harmless(tmp_path: Path):
    started = up(tmp_path, Progress())
    assert processes.running(tmp_path) == started.pids
    assert set(down(tmp_path)) == set(started.pids)
    assert not [pid for pid in started.pids.values() if Path(f"/proc/{pid}/cmdline").exists() and _cmdline(pid)]
    assert down(tmp_path) == []
    assert not (tmp_path / "stack.json").exists()


def _cmdline(pid: int) -> bytes:
    """Empty for a process that has ended and only waits to be collected."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()
