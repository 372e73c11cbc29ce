"""Who is calling: the short-lived JWT a Salesforce org signs for one of its users.

Apex signs the token with a certificate of the org (`iss` the organization id, `sub` the user id) and sends it with
the callout; there is no password, no session and no token endpoint of ours. The key is chosen by the issuer from
what this deployment was told, the algorithm is RS256 and nothing else whatever the header says, and the life of a
token is at most five minutes. `now` is passed in: the same token gives the same answer on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, get_args

from chalicelib.domain.errors import InvalidMessage, Misconfigured
from chalicelib.domain.salesforce_values import full_id

Role = Literal["rep", "admin", "finance", "auditor"]
ROLES: frozenset[str] = frozenset(get_args(Role))

AUDIENCE = "kicker"
LEEWAY_S = 30  # clocks of two clouds differ by seconds, not minutes
LONGEST_LIFE_S = 300  # a token seen in a log is worthless before anybody reads the log
LONGEST_TOKEN = 8192  # API Gateway takes 10 KB of headers; a real token has less than 1 KB
SMALLEST_RSA_BITS = 2048
LAST_SECOND = 253_402_300_800  # the year 10000


class InvalidToken(InvalidMessage):
    """A bearer token that proves nothing. The message says what was expected; it never repeats the token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the token says is calling: organization (15 characters), Salesforce user (18), and roles of ours."""

    org: str
    user: str
    roles: frozenset[str]

    def has_any(self, roles: frozenset[str]) -> bool:
        """Does the caller hold one of these roles?"""
        return bool(self.roles & roles)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Verifies tokens of the orgs in `keys`: organization id (15 characters) -> PEM public keys.

    Two keys of one org live side by side while its certificate is rotated.
    """

    keys: Mapping[str, tuple[str, ...]]
    audience: str

    @classmethod
    def configured(cls, organization_id: str, public_key: str, audience: str) -> Bearer:
        """From the settings. `public_key` is one PEM (of `organization_id`; several PEMs after each other while
        rotating), or a JSON object from organization id to such PEMs when several orgs share this deployment.

        Raises: Misconfigured naming the setting that is missing or cannot be read.
        """
        text = public_key.strip()
        if text.startswith("{"):
            try:
                by_org = json.loads(text)
            except ValueError as error:
                raise Misconfigured(f"KICKER_ORG_PUBLIC_KEY starts like JSON but is none: {error}") from error
        else:
            by_org = {organization_id: text}
        keys = {str(org)[:15]: _pems(str(pem)) for org, pem in by_org.items()}
        for org, pems in keys.items():
            if len(org) != 15 or not pems:
                raise Misconfigured(
                    "KICKER_ORGANIZATION_ID and KICKER_ORG_PUBLIC_KEY must name the Salesforce org (00D...) and hold "
                    "the public key of its certificate as PEM; without them no token can be checked"
                )
        return cls(keys, audience or AUDIENCE)

    def verify(self, token: str, now: datetime) -> Caller:
        """The caller a token proves.

        Raises: InvalidToken when it is malformed, not RS256, of an org we do not know, wrongly signed, for another
        audience, stale, not yet valid, longer-lived than five minutes, or names no user.
        """
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken(f"the token is longer than {LONGEST_TOKEN} characters")
        claims = self._signed_claims(token)
        _check_audience(claims, self.audience)
        _check_times(claims, now.timestamp())
        subject = claims.get("sub")
        user = full_id(subject) if isinstance(subject, str) else None
        if user is None:
            raise InvalidToken("the token names no Salesforce user: sub must be a user id of 15 or 18 characters")
        roles = claims.get("roles")
        held = frozenset(r for r in roles if isinstance(r, str)) & ROLES if isinstance(roles, list) else frozenset()
        return Caller(str(claims["iss"])[:15], user, held)

    def _signed_claims(self, token: str) -> dict[str, Any]:
        """The claims, once a key of the org they claim to be from has verified them."""
        import jwt  # here: webhooks and outbound messages never need it

        try:
            header = jwt.get_unverified_header(token)
            unverified = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken("the token is no signed JWT: three base64url parts are expected") from error
        if header.get("alg") != "RS256":
            raise InvalidToken("the token must be signed with RS256")
        issuer = unverified.get("iss")
        pems = self.keys.get(issuer[:15]) if isinstance(issuer, str) and len(issuer) in (15, 18) else None
        if pems is None:
            raise InvalidToken("the token was issued by an organization this deployment does not serve")
        for pem in pems:
            try:
                payload = jwt.PyJWS().decode(token, key=_rsa_key(pem), algorithms=["RS256"])
            except (jwt.PyJWTError, ValueError):
                continue  # the other key, while the org rotates its certificate
            return dict(json.loads(payload))
        raise InvalidToken("the token's signature does not fit the organization's key")


_PEM = re.compile(r"-----BEGIN (PUBLIC KEY|CERTIFICATE)-----.+?-----END \1-----", re.DOTALL)


def _pems(text: str) -> tuple[str, ...]:
    """The PEM blocks of a text, in order. Line ends may be written out, as environment variables often hold them."""
    return tuple(found.group() + "\n" for found in _PEM.finditer(text.replace("\\n", "\n")))


@lru_cache(maxsize=16)
def _rsa_key(pem: str) -> Any:
    """The RSA public key of a PEM; of a certificate (what Salesforce lets one download), its key. The certificate's
    own dates are not looked at: it is trusted because it was configured. Raises: ValueError when it is another kind
    or too short."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    raw = pem.encode()
    key = load_pem_x509_certificate(raw).public_key() if "CERTIFICATE" in pem else load_pem_public_key(raw)
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_RSA_BITS:
        raise ValueError(f"KICKER_ORG_PUBLIC_KEY must be an RSA public key of at least {SMALLEST_RSA_BITS} bits")
    return key


def _check_audience(claims: Mapping[str, Any], audience: str) -> None:
    aud = claims.get("aud")
    if aud != audience and not (isinstance(aud, list) and audience in aud):
        raise InvalidToken(f'the token is not for this service: aud must be "{audience}"')


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    """exp, nbf and iat must all be there: a token without an end, or of unknown age, is refused."""
    exp, nbf, iat = (_numeric_date(claims, name) for name in ("exp", "nbf", "iat"))
    if now >= exp + LEEWAY_S:
        raise InvalidToken("the token has expired: ask for a new one")
    if now < nbf - LEEWAY_S or now < iat - LEEWAY_S:
        raise InvalidToken("the token is not valid yet: compare the clocks")
    if exp - iat > LONGEST_LIFE_S:
        raise InvalidToken(f"the token lives too long: exp may be at most {LONGEST_LIFE_S} seconds after iat")


def _numeric_date(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # Comparing refuses NaN, the infinities and integers no float can hold, all of which JSON can carry.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LAST_SECOND:
        raise InvalidToken(f"the token needs {name}, in seconds since 1970")
    return float(value)
