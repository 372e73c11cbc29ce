"""HMAC signatures of webhooks, compared over the raw body.

Only raw bytes are signed: JSON that was parsed and written again is another message.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def sign(body: bytes, secret: str) -> str:
    """The header value for a body: `sha256=` and 64 hex digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Was the body signed with one of the live secrets?

    All secrets are always tried, and digests are compared in constant time, so that the time taken tells nothing
    about which secret is live (two are, while one replaces the other).
    """
    algorithm, _, sent = header.strip().partition("=")
    if algorithm.lower() != "sha256":
        return False
    try:
        digest = bytes.fromhex(sent)
    except ValueError:
        return False
    good = False
    for secret in secrets:
        good |= hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).digest(), digest)
    return good
