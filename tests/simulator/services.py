"""Queues, buckets, e-mail and secrets in memory, as the product calls them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from botocore.response import StreamingBody

from tests.simulator.items import Refused

MOST_RECEIVES = 5  # of the redrive policy in infra/template.yml


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way: `visible_at` is when it may be received (next), `receives` how often it was."""

    id: str
    queue: str
    body: str
    sent_at: datetime
    visible_at: datetime
    receives: int = 0

    def record(self) -> dict[str, Any]:
        """The message as Lambda gets it."""
        return {
            "messageId": self.id, "receiptHandle": self.id, "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receives), "SenderId": "sim",
                "SentTimestamp": str(int(self.sent_at.timestamp() * 1000)),
                "ApproximateFirstReceiveTimestamp": str(int(self.visible_at.timestamp() * 1000)),
            },
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{self.queue}", "awsRegion": "us-east-1",
        }  # fmt: skip


class Queues:
    """Every queue; the dead letters beside them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.waiting: list[Message] = []
        self.dead: list[Message] = []
        self.count = 0

    def snapshot(self) -> Any:
        """Everything a run can change."""
        return list(self.waiting), list(self.dead), self.count

    def restore(self, snapshot: Any) -> None:
        """Back to a snapshot."""
        waiting, dead, self.count = snapshot
        self.waiting, self.dead = list(waiting), list(dead)

    def put(self, queue: str, body: str, delay_s: int = 0) -> str:
        """Take a message; its id."""
        self.count += 1
        now = self._clock()
        id = f"m{self.count:06d}"
        self.waiting.append(Message(id, queue, body, now, now + timedelta(seconds=delay_s)))
        return id

    def again(self, message: Message, after: timedelta) -> None:
        """A delivery failed: visible again later, or dead after the fifth time."""
        if message.receives >= MOST_RECEIVES:
            self.dead.append(message)
        else:
            self.waiting.append(replace(message, visible_at=self._clock() + after))

    def redrive(self) -> int:
        """What an operator does with dead letters; how many there were."""
        dead, self.dead = self.dead, []
        self.waiting += [replace(m, receives=0, visible_at=self._clock()) for m in dead]
        return len(dead)

    def answer(self, operation: str, request: Mapping[str, Any], *, refuse: bool = False) -> dict[str, Any]:
        """Carry out one call; `refuse` takes only every other message of a batch. Raises: Refused."""
        queue = request["QueueUrl"].rpartition("/")[2]
        if operation == "SendMessage":
            _sendable([request])
            return {"MessageId": self.put(queue, request["MessageBody"], int(request.get("DelaySeconds", 0)))}
        if operation != "SendMessageBatch":
            raise NotImplementedError(f"SQS {operation}")
        entries = request["Entries"]
        if not 0 < len(entries) <= 10 or len({e["Id"] for e in entries}) != len(entries):
            raise Refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", str(len(entries)))
        _sendable(entries)
        taken, failed = [], []
        for n, entry in enumerate(entries):
            if refuse and n % 2 == 0:
                failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError", "Message": "again"})
            else:
                id = self.put(queue, entry["MessageBody"], int(entry.get("DelaySeconds", 0)))
                taken.append({"Id": entry["Id"], "MessageId": id})
        return {"Successful": taken, "Failed": failed} if failed else {"Successful": taken}


def _sendable(entries: list[Mapping[str, Any]]) -> None:
    bodies = [e["MessageBody"] for e in entries]
    if any(not body for body in bodies) or sum(len(body.encode()) for body in bodies) > 262_144:
        raise Refused("AWS.SimpleQueueService.BatchRequestTooLong", "at most 262144 bytes")
    if any(not 0 <= int(e.get("DelaySeconds", 0)) <= 900 for e in entries):
        raise Refused("InvalidParameterValue", "DelaySeconds must be 0 to 900")


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object."""

    version: str
    body: bytes
    at: datetime

    @property
    def etag(self) -> str:
        """The hash S3 tells, in quotes."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


class Buckets:
    """Versioned buckets: every put adds a version."""

    def __init__(self, clock: Callable[[], datetime], *names: str) -> None:
        self._clock = clock
        self.objects: dict[str, dict[str, tuple[Stored, ...]]] = {name: {} for name in names}

    def snapshot(self) -> Any:
        """Everything a run can change."""
        return {name: dict(objects) for name, objects in self.objects.items()}

    def restore(self, snapshot: Any) -> None:
        """Back to a snapshot."""
        self.objects = {name: dict(objects) for name, objects in snapshot.items()}

    def put(self, bucket: str, key: str, body: bytes) -> Stored:
        """Store a version."""
        versions = self.objects[bucket].get(key, ())
        stored = Stored(f"v{len(versions) + 1}", body, self._clock())
        self.objects[bucket][key] = (*versions, stored)
        return stored

    def newest(self, bucket: str) -> dict[str, bytes]:
        """Every object's latest body."""
        return {key: versions[-1].body for key, versions in self.objects[bucket].items()}

    def dropped(self, bucket: str, key: str, body: bytes, told: datetime) -> str:
        """Store a file as somebody outside; the event S3 sends to the queue, which says it was `told`."""
        stored = self.put(bucket, key, body)
        at = told.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        where = {"key": quote_plus(key), "size": len(body), "versionId": stored.version}
        record = {
            "eventName": "ObjectCreated:Put",
            "eventTime": at,
            "s3": {"bucket": {"name": bucket}, "object": where},
        }
        return json.dumps({"Records": [record]})

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one call. Raises: Refused."""
        bucket = request["Bucket"]
        if bucket not in self.objects:
            raise Refused("NoSuchBucket", bucket)
        if operation == "PutObject":
            if request.get("IfNoneMatch") == "*" and request["Key"] in self.objects[bucket]:
                raise Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
            body = request["Body"]
            stored = self.put(
                bucket, request["Key"], bytes(body if isinstance(body, bytes | bytearray) else body.read())
            )
            return {"ETag": stored.etag, "VersionId": stored.version}
        if operation == "ListObjectsV2":
            return self._list(bucket, request)
        if operation not in ("GetObject", "HeadObject"):
            raise NotImplementedError(f"S3 {operation}")
        stored = self._version(bucket, request, missing="404" if operation == "HeadObject" else "NoSuchKey")
        told: dict[str, Any] = {
            "ETag": stored.etag, "VersionId": stored.version, "LastModified": stored.at,
            "ContentLength": len(stored.body),
        }  # fmt: skip
        if operation == "GetObject":
            told["Body"] = StreamingBody(io.BytesIO(stored.body), len(stored.body))
        return told

    def _version(self, bucket: str, request: Mapping[str, Any], *, missing: str) -> Stored:
        versions = self.objects[bucket].get(request["Key"], ())
        if wanted := request.get("VersionId"):
            versions = tuple(v for v in versions if v.version == wanted)
        if not versions:
            raise Refused(missing, "The specified key does not exist.")
        if request.get("IfMatch", versions[-1].etag) != versions[-1].etag:
            raise Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        return versions[-1]

    def _list(self, bucket: str, request: Mapping[str, Any]) -> dict[str, Any]:
        keys = sorted(k for k in self.objects[bucket] if k.startswith(request.get("Prefix", "")))
        keys = [k for k in keys if k > request.get("ContinuationToken", "")]
        most = min(1000, int(request.get("MaxKeys", 1000)))
        page = [self.objects[bucket][k][-1] for k in keys[:most]]
        contents = [
            {"Key": k, "LastModified": v.at, "ETag": v.etag, "Size": len(v.body)}
            for k, v in zip(keys, page, strict=False)
        ]
        told: dict[str, Any] = {"IsTruncated": len(keys) > most, "KeyCount": len(contents)}
        if contents:
            told["Contents"] = contents
        return told | ({"NextContinuationToken": keys[most - 1]} if len(keys) > most else {})


class Mails:
    """Every e-mail that went out."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one call."""
        if operation != "SendEmail":
            raise NotImplementedError(f"SES {operation}")
        message = request["Message"]
        to = ",".join(request["Destination"]["ToAddresses"])
        self.sent.append((to, message["Subject"]["Data"], message["Body"]["Text"]["Data"]))
        return {"MessageId": f"mail{len(self.sent)}"}
