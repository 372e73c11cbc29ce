"""Bearer tokens as an org's Apex signs them, and the key pair that goes with them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORG = "00D58000000ABCDEA4"
REP = "00558000001RepAAAS"
OTHER_REP = "00558000001RepBAAS"
ADMIN = "00558000001AdmAAAS"
FINANCE = "00558000001FinAAAS"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@lru_cache(maxsize=4)
def key_pair(name: str) -> tuple[Any, str]:
    """A private key and its public half as PEM; one pair a name, made once a run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def token(*roles: str, user: str = REP, now: datetime = NOW, signer: str = "org", **changes: object) -> str:
    """A token good for two minutes from `now`."""
    at = int(now.timestamp())
    claims = {"iss": ORG, "sub": user, "aud": "kicker", "iat": at, "nbf": at, "exp": at + 120, "roles": list(roles)}
    return jwt.encode({**claims, **changes}, key_pair(signer)[0], algorithm="RS256")
