"""What a story needs of a running stack: the API as somebody, the org, the feed bucket, the functions, and waiting.

Nothing here knows Kicker's inside: it talks HTTP, S3 and Lambda as the outside world does.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from local.org_simulator import AUDIENCE, PRIVATE_KEY
from local.org_tokens import bearer, org_key
from local.stack import Stack, state_directory

Found = TypeVar("Found")

# Every wait of a story ends: a step that takes longer than this, even on a machine busy with other things, is broken.
PATIENCE_S = 180


class NeverCame(Exception):
    """Something a story waited for did not happen; the message says what, and what was last seen."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status and decoded body (JSON, else text)."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Theatre:
    """One running stack, used from outside."""

    stack: Stack
    directory: Path

    @classmethod
    def open(cls, directory: Path | None = None) -> Theatre:
        """The stack of `directory`. Raises: NoStack."""
        directory = directory or state_directory()
        return cls(Stack.read(directory), directory)

    def token(self, user: str, roles: Sequence[str]) -> str:
        """A bearer token as the Lightning component would get it for this user."""
        key = org_key(self.directory / PRIVATE_KEY)
        org = self.stack.organization_id
        return bearer(key, org=org, user=user, roles=roles, audience=AUDIENCE, now=datetime.now(UTC))

    def call(self, method: str, path: str, *, user: str, role: str, body: Any = None) -> Answer:
        """One API request as `user` in `role`; any status is an answer."""
        headers = {"Authorization": f"Bearer {self.token(user, [role])}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return request(method, self.stack.api_url + path, data, headers)

    def get(self, path: str, *, user: str, role: str) -> Any:
        """A GET that must succeed. Raises: NeverCame with the problem."""
        answer = self.call("GET", path, user=user, role=role)
        if answer.status != 200:
            raise NeverCame(f"GET {path} as {role} answered {answer.status}: {answer.body}")
        return answer.body

    def org(self, method: str, path: str, body: Any = None) -> Any:
        """A word to the org simulator's stage side. Raises: NeverCame when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        answer = request(method, f"{self.stack.salesforce_url}/_org{path}", data, {"Content-Type": "application/json"})
        if answer.status >= 300:
            raise NeverCame(f"the org answered {answer.status} to {method} {path}: {answer.body}")
        return answer.body

    def provider(self, method: str, path: str, body: Any = None) -> Any:
        """A word to the reward simulator's stage side. Raises: NeverCame when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        answer = request(method, f"{self.stack.rewards_url}/_sim{path}", data, {"Content-Type": "application/json"})
        if answer.status >= 300:
            raise NeverCame(f"the provider answered {answer.status} to {method} {path}: {answer.body}")
        return answer.body

    def drop(self, distributor: str, name: str, body: bytes) -> None:
        """Drop a feed file as an admin would."""
        key = f"feeds/{distributor}/{name}"
        self.stack.aws("s3").put_object(Bucket=self.stack.feed_bucket, Key=key, Body=body)

    def report(self, key: str) -> Any:
        """A JSON report from the report bucket, None while there is none."""
        s3 = self.stack.aws("s3")
        try:
            return json.loads(s3.get_object(Bucket=self.stack.report_bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    def run(self, function: str, at: datetime) -> Any:
        """Run a scheduled function as if it were `at`: its *now* is the time in its event."""
        event = {
            "version": "0", "id": f"story-{at.timestamp():.0f}", "detail-type": "Scheduled Event",
            "source": "aws.events", "account": "000000000000", "region": self.stack.aws_region, "resources": [],
            "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "detail": {},
        }  # fmt: skip
        return self.stack.invoke(function, event)


def request(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    """One HTTP request on loopback; any status is an answer."""
    asked = urllib.request.Request(url, body, dict(headers), method=method)
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # nosec B310 # loopback
            return Answer(answer.status, _decoded(answer.read()))
    except urllib.error.HTTPError as refused:
        return Answer(refused.code, _decoded(refused.read()))


def until(what: str, look: Callable[[], Found | None], *, seconds: float | None = None) -> Found:
    """Look again and again until something is found. Raises: NeverCame naming `what`."""
    seconds = PATIENCE_S if seconds is None else seconds
    ends = time.monotonic() + seconds
    while True:
        if (found := look()) is not None:
            return found
        if time.monotonic() > ends:
            raise NeverCame(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.2)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
