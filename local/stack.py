"""Where everything is: `.local/stack.json`, written by `make up`, read by the demo, the tests and you.

from local.stack import Stack
stack = Stack.read()
stack.aws("s3").put_object(Bucket=stack.feed_bucket, Key="feeds/ingram/2026-03.csv", Body=...)
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).absolute().parent.parent

# The emulator's fixed root identity; it opens nothing but the emulator.
REGION, ACCESS_KEY, SECRET_KEY = "us-east-1", "test", "test"


class NoStack(Exception):
    """The stack is not up; the message says how to start it."""


def state_directory() -> Path:
    """Where the stack keeps its state: `.local`, or `KICKER_LOCAL` for a second stack beside it."""
    return Path(os.environ.get("KICKER_LOCAL", ROOT / ".local"))


@dataclass(frozen=True, slots=True)
class Stack:
    """One running stack. `functions` maps logical to deployed names, `pids` process names to process ids."""

    api_url: str
    outbound_message_url: str
    organization_id: str
    aws_endpoint_url: str
    aws_region: str
    aws_access_key_id: str
    aws_secret_access_key: str
    feed_bucket: str
    report_bucket: str
    tables: dict[str, str]
    functions: dict[str, str]
    rewards_url: str
    salesforce_url: str
    preview_url: str | None = None
    queues: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path | None = None) -> Stack:
        """The stack of `directory` (default: `state_directory()`). Raises: NoStack."""
        path = (directory or state_directory()) / "stack.json"
        if not path.exists():
            raise NoStack(f"{path} is missing: the stack is not up. Run `make up` first.")
        return cls(**json.loads(path.read_text()))

    def write(self, directory: Path) -> None:
        """Write `stack.json`, in one step: a reader sees the old or the new one."""
        fresh = directory / "stack.json.new"
        fresh.write_text(json.dumps(asdict(self), indent=2) + "\n")
        fresh.replace(directory / "stack.json")

    def aws(self, service: str) -> Any:
        """A boto3 client of this stack, as its root user."""
        return client(service, self.aws_endpoint_url)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Run a deployed function by its logical name and return its answer. Raises: RuntimeError with its error."""
        answer = self.aws("lambda").invoke(FunctionName=self.functions[function], Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise RuntimeError(f"{function} failed: {payload}")
        return payload


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of the emulator at `endpoint`; S3 by path, and time for a function that works for minutes."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(s3={"addressing_style": "path"}, read_timeout=900, retries={"total_max_attempts": 1}),
    )
