"""Everybody who may knock at the API: who proves nothing, and who proves to be somebody of some role."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from tests.fakes.tokens import ADMIN, FINANCE, NOW, ORG, OTHER_REP, REP, key_pair, token

OTHER_ORG = "00D58000000ZZZZEAQ"
AUDITOR = "00558000001AudAAAS"
EVERY_ROLE = ("rep", "admin", "finance", "auditor")
AT = int(NOW.timestamp())


@dataclass(frozen=True, slots=True)
class Caller:
    """`authorization` is the header as sent (None: there is none). `roles` is None for a caller who proves nothing,
    else the roles the deployment must believe."""

    name: str
    authorization: str | None
    roles: frozenset[str] | None = None

    def may(self, roles: frozenset[str]) -> bool:
        """Must a route for these roles let this caller in?"""
        return bool(self.roles and self.roles & roles)


def _bearer(name: str, sent: str, *roles: str) -> Caller:
    return Caller(name, f"Bearer {sent}", frozenset(roles) if roles else None)


def _powerful(**changes: object) -> str:
    """A token that would open everything, were it not for the changes."""
    return token(*EVERY_ROLE, **changes)  # type: ignore[arg-type]


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _claims(**changes: object) -> dict[str, object]:
    plain = {"iss": ORG, "sub": REP, "aud": "kicker", "iat": AT, "nbf": AT, "exp": AT + 120, "roles": [*EVERY_ROLE]}
    return {**plain, **changes}


def _unsigned(algorithm: str, signature: str = "") -> str:
    return f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(_claims())}.{signature}"


def _hmac_with_the_public_key(header: Mapping[str, object]) -> str:
    """The public key everybody may know, used as if it were a shared secret."""
    signed = f"{_part(header)}.{_part(_claims())}"
    digest = hmac.new(key_pair("org")[1].encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _signed(signer: str, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **changes: object) -> str:
    return jwt.encode(_claims(**changes), key_pair(signer)[0], algorithm=algorithm, headers=headers)


def _without(claim: str) -> str:
    claims = {name: value for name, value in _claims().items() if name != claim}
    return jwt.encode(claims, key_pair("org")[0], algorithm="RS256")


def _own_key(**where: str) -> dict[str, Any]:
    """Headers by which a forger offers his own key."""
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_pair("stranger")[0].public_key()))
    return {"jwk": jwk, "kid": "stranger", **where}


def _tampered() -> str:
    """A good token of a rep with other roles put in."""
    header, _, signature = token("rep").split(".")
    return f"{header}.{_part(_claims())}.{signature}"


def strangers() -> list[Caller]:
    """Callers who prove nothing: each must get 401 wherever a token is needed."""
    good = _powerful()
    return [
        Caller("no token", None),
        Caller("an empty header", ""),
        Caller("a scheme without a token", "Bearer "),
        Caller("a good token under another scheme", f"Token {good}"),
        Caller("a password", "Basic " + base64.b64encode(b"admin:admin").decode()),
        _bearer("garbage", "garbage"),
        _bearer("three parts of garbage", "a.b.c"),
        _bearer("a token without its signature", good.rpartition(".")[0] + "."),
        _bearer("a token of 9,000 letters", good + "A" * 9_000),
        _bearer("none", _unsigned("none")),
        _bearer("NONE", _unsigned("NONE", "AA")),
        _bearer("HS256 with the public key", _hmac_with_the_public_key({"alg": "HS256", "typ": "JWT"})),
        _bearer("HS256 with the public key, called RS256", _hmac_with_the_public_key({"alg": "RS256"})),
        _bearer("RS512 with the right key", _signed("org", "RS512")),
        _bearer("PS256 with the right key", _signed("org", "PS256")),
        _bearer("the wrong key", _signed("stranger")),
        _bearer("the wrong key, sent along", _signed("stranger", headers=_own_key(jku="http://127.0.0.1:9/keys"))),
        _bearer("other roles under a good signature", _tampered()),
        _bearer("another org with its own key", _signed("other org", iss=OTHER_ORG)),
        _bearer("another org under our name", _signed("other org")),
        _bearer("another org's name with our key", _signed("org", iss=OTHER_ORG)),
        _bearer("no issuer", _without("iss")),
        _bearer("expired", _powerful(now=NOW - timedelta(minutes=10))),
        _bearer("not yet valid", _powerful(nbf=AT + 60)),
        _bearer("issued in the future", _powerful(now=NOW + timedelta(minutes=10))),
        _bearer("too long-lived", _powerful(exp=AT + 301)),
        _bearer("without an end", _without("exp")),
        _bearer("of unknown age", _without("iat")),
        _bearer("valid since never", _without("nbf")),
        _bearer("wrong audience", _powerful(aud="payroll")),
        _bearer("audiences without ours", _powerful(aud=["payroll", "kicker2"])),
        _bearer("no audience", _without("aud")),
        _bearer("nobody", _without("sub")),
        _bearer("no user of Salesforce", _powerful(sub="admin")),
    ]


def people() -> list[Caller]:
    """Callers who prove who they are, and which roles the org gave them."""
    return [
        _bearer("rep A", token("rep", user=REP), "rep"),
        _bearer("rep B", token("rep", user=OTHER_REP), "rep"),
        _bearer("admin", token("admin", user=ADMIN), "admin"),
        _bearer("finance", token("finance", user=FINANCE), "finance"),
        _bearer("auditor", token("auditor", user=AUDITOR), "auditor"),
        Caller("nobody's role", f"Bearer {token(user=ADMIN)}", frozenset()),
        Caller("a role of no meaning", f"Bearer {token('root', 'Admin', 'admin ', user=ADMIN)}", frozenset()),
        Caller("roles as a text", f"Bearer {token(user=ADMIN, roles='admin finance rep auditor')}", frozenset()),
        Caller("roles as an object", f"Bearer {token(user=ADMIN, roles={'admin': True})}", frozenset()),
        Caller("roles within roles", f"Bearer {token(user=ADMIN, roles=[['admin'], {'admin': 1}])}", frozenset()),
    ]
