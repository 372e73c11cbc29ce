"""A bucket as plain files. Versioning is the bucket's own: a second put keeps the first one as an older version."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.errors import NotFound


class S3Files:
    """Implements Files. `client` is a boto3 `s3` client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._s3 = client
        self._bucket = bucket

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Store. Raises what S3 raises: a report that was not stored must stop the work."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def get(self, key: str) -> bytes:
        """The latest version. Raises: NotFound. A function that may not list the bucket gets S3's 403 instead,
        which is raised as it is."""
        try:
            found: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                raise NotFound(f"There is no file {key} in bucket {self._bucket}.") from None
            raise
        return found
