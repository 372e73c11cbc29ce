"""A bucket in memory; held to S3 by tests/adapters/test_files.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.domain.errors import NotFound


@dataclass
class FakeFiles:
    """Implements Files: `stored` maps a key to (body, content type) of the latest version."""

    stored: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self.stored[key] = (body, content_type)

    def get(self, key: str) -> bytes:
        if key not in self.stored:
            raise NotFound(f"There is no file {key}.")
        return self.stored[key][0]
