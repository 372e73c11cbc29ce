"""The org's signing key, and bearer tokens as its Apex would sign them for a user."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def org_key(path: Path) -> str:
    """The org's private key (PEM) in `path`, made on first use; only its owner may read the file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return path.read_text()


def public_pem(private_pem: str) -> str:
    """The public half of a private key: what the admin uploads to Kicker."""
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip


def bearer(
    key: str, *, org: str, user: str, roles: Sequence[str], audience: str, now: datetime, seconds: int = 120
) -> str:
    """A signed token: organization `org` (18 characters) says that `user` is calling, with these roles, for
    `seconds` from `now`."""
    claims = {
        "iss": org,
        "sub": user,
        "aud": audience,
        "roles": list(roles),
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(seconds=seconds),
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key, algorithm="RS256")
