"""The feed bucket: one version of a dropped file, streamed; a second reading gets the same bytes or fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.errors import NotFound

_PIECE = 256 * 1024


class S3FeedObject:
    """Implements `read_feed.FeedObject`. `version` is the object version, or its ETag in a bucket without any."""

    def __init__(self, client: Any, where: dict[str, str], version: str) -> None:
        self._client = client
        self._where = where
        self.version = version

    def chunks(self) -> Iterator[bytes]:
        """The object in pieces of 256 KB. Raises what S3 raises when it was replaced meanwhile."""
        body = self._client.get_object(**self._where)["Body"]
        try:
            while piece := body.read(_PIECE):
                yield piece
        finally:
            body.close()


class S3FeedStore:
    """Implements `read_feed.FeedStore`. `client` is a boto3 `s3` client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def open(self, key: str, version: str) -> S3FeedObject:
        """That version of the object, or the latest for "".

        Raises: NotFound when it was deleted. A function that may not list the bucket gets S3's 403 instead, which is
        raised as it is.
        """
        where = {"Bucket": self._bucket, "Key": key}
        if version:
            where["VersionId"] = version
        try:
            head = self._client.head_object(**where)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchVersion"):
                raise NotFound(f"{key}: the file was deleted before it was read. Drop it again.") from None
            raise
        if found := str(head.get("VersionId") or version):
            where["VersionId"] = found
            return S3FeedObject(self._client, where, found)
        return S3FeedObject(self._client, {**where, "IfMatch": head["ETag"]}, head["ETag"])
