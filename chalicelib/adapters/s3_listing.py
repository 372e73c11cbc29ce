"""The newest objects below a prefix of the report bucket."""

from __future__ import annotations

from heapq import nlargest

from chalicelib.adapters.s3_files import S3Files


class S3Listing(S3Files):
    """`feed_views.ReportFiles`. `client` is a boto3 `s3` client; needs s3:ListBucket beside s3:GetObject."""

    def newest(self, prefix: str, limit: int) -> list[str]:
        """Keys below `prefix`, the newest first. One call for each thousand objects there: S3 lists by name only."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        found = ((item["LastModified"], item["Key"]) for page in pages for item in page.get("Contents", ()))
        return [key for _, key in nlargest(limit, found)]
