"""A bearer token proves one Salesforce user of one known org, for five minutes, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID

from chalicelib.adapters.bearer import LONGEST_TOKEN, Bearer, InvalidToken
from chalicelib.domain.errors import Misconfigured

ORG = "00D58000000ABCDEAQ"
OTHER_ORG = "00D58000000ZZZZEAQ"
REP = "00558000001abcDAAQ"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())


def _pair(bits: int = 2048) -> tuple[Any, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEY, PEM = _pair()
NEXT_KEY, NEXT_PEM = _pair()
STRANGER, _ = _pair()


def claims(**changes: object) -> dict[str, Any]:
    body = {
        "iss": ORG, "sub": REP, "aud": "kicker", "iat": AT - 10, "nbf": AT - 10, "exp": AT + 110, "roles": ["rep"],
    }  # fmt: skip
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


def signed(body: dict[str, Any], key: Any = KEY, **header: object) -> str:
    return jwt.encode(body, key, algorithm="RS256", headers=header or None)


def by_hand(header: dict[str, Any], body: dict[str, Any], signature: bytes = b"") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, body)]
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.fixture
def bearer() -> Bearer:
    return Bearer.configured(ORG, PEM, "")


def test_a_token_of_the_org_names_its_user_and_roles(bearer: Bearer) -> None:
    caller = bearer.verify(signed(claims(roles=["rep", "finance", "emperor", 7])), NOW)
    assert (caller.org, caller.user, caller.roles) == (ORG[:15], REP, {"rep", "finance"})


def test_an_id_of_15_characters_is_the_same_org_and_the_same_user(bearer: Bearer) -> None:
    """Apex hands out either form; the ledger knows the 18 characters."""
    caller = bearer.verify(signed(claims(iss=ORG[:15], sub=REP[:15])), NOW)
    assert (caller.org, caller.user) == (ORG[:15], REP)
    other = bearer.verify(signed(claims(sub="00558000001ABCD")), NOW)
    assert other.user[:15].lower() == caller.user[:15].lower() and other.user != caller.user, "two people"


def test_a_token_without_roles_is_somebody_who_may_nothing(bearer: Bearer) -> None:
    assert bearer.verify(signed(claims(roles=...)), NOW).roles == frozenset()
    assert bearer.verify(signed(claims(roles="admin")), NOW).roles == frozenset()


WRONG_CLAIMS = {
    "stale": ({"iat": AT - 400, "nbf": AT - 400, "exp": AT - 100}, "expired"),
    "stale by its leeway": ({"iat": AT - 230, "nbf": AT - 230, "exp": AT - 30}, "expired"),
    "not valid yet": ({"nbf": AT + 31}, "not valid yet"),
    "issued in the future": ({"iat": AT + 31, "exp": AT + 60}, "not valid yet"),
    "too long-lived": ({"iat": AT, "exp": AT + 301}, "lives too long"),
    "without an end": ({"exp": ...}, "needs exp"),
    "without a beginning": ({"nbf": ...}, "needs nbf"),
    "of unknown age": ({"iat": ...}, "needs iat"),
    "ending at infinity": ({"exp": float("inf")}, "needs exp"),
    "ending at no number": ({"exp": float("nan")}, "needs exp"),
    "ending beyond every float": ({"exp": 10**400}, "needs exp"),
    "ending at text": ({"exp": str(AT + 60)}, "needs exp"),
    "ending at true": ({"exp": True}, "needs exp"),
    "for another audience": ({"aud": "payroll"}, "aud must be"),
    "for nobody": ({"aud": ...}, "aud must be"),
    "of no user": ({"sub": ...}, "sub must be"),
    "of an empty user": ({"sub": ""}, "sub must be"),
    "of a user that is a key": ({"sub": "REP#00558000001abc"}, "sub must be"),
    "of another org": ({"iss": OTHER_ORG}, "does not serve"),
    "of no org": ({"iss": ...}, "does not serve"),
    "of an org that only begins alike": ({"iss": ORG[:15] + "EVIL-AND-LONGER"}, "does not serve"),
    "of an org in a list": ({"iss": [ORG]}, "does not serve"),
}


def _is_encodable(changes: dict[str, Any]) -> bool:
    """PyJWT refuses to make some of the tokens an attacker makes by hand."""
    return isinstance(changes.get("iss", ""), str)


@pytest.mark.parametrize(("changes", "why"), WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_a_well_signed_token_is_refused_when_it_is(bearer: Bearer, changes: dict[str, Any], why: str) -> None:
    if _is_encodable(changes):
        token = signed(claims(**changes))
    else:
        token = by_hand({"alg": "RS256"}, claims(**changes), b"x" * 256)
    with pytest.raises(InvalidToken, match=why):
        bearer.verify(token, NOW)


def test_clocks_may_differ_by_less_than_thirty_seconds(bearer: Bearer) -> None:
    bearer.verify(signed(claims(iat=AT - 129, nbf=AT - 129, exp=AT - 29)), NOW)
    bearer.verify(signed(claims(iat=AT + 29, nbf=AT + 29, exp=AT + 129)), NOW)


def test_a_forged_signature_is_refused(bearer: Bearer) -> None:
    with pytest.raises(InvalidToken, match="signature"):
        bearer.verify(signed(claims(), STRANGER), NOW)
    head, _, tail = signed(claims()).split(".")
    other = signed(claims(sub="00558000001zzzZAAQ")).split(".")[1]
    with pytest.raises(InvalidToken, match="signature"):
        bearer.verify(f"{head}.{other}.{tail}", NOW)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, "RS512", "ES256", "HS256"])
def test_no_other_algorithm_is_taken(bearer: Bearer, alg: str | None) -> None:
    with pytest.raises(InvalidToken):
        bearer.verify(by_hand({"alg": alg, "typ": "JWT"}, claims()), NOW)


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
def test_a_good_signature_of_another_algorithm_is_not_taken(bearer: Bearer, alg: str) -> None:
    """The org's own key made it; the header does not choose how it is checked."""
    with pytest.raises(InvalidToken, match="RS256"):
        bearer.verify(jwt.encode(claims(), KEY, algorithm=alg), NOW)


def test_the_public_key_is_no_shared_secret(bearer: Bearer) -> None:
    """Algorithm confusion: the public key, used as an HS256 secret, signs nothing here."""
    unsigned = by_hand({"alg": "HS256", "typ": "JWT"}, claims()).rsplit(".", 1)[0]
    for secret in (PEM, PEM.strip(), PEM.rstrip("\n")):
        mac = base64.urlsafe_b64encode(hmac.new(secret.encode(), unsigned.encode(), hashlib.sha256).digest())
        with pytest.raises(InvalidToken, match="RS256"):
            bearer.verify(f"{unsigned}.{mac.rstrip(b'=').decode()}", NOW)


def test_a_key_the_token_brings_along_is_not_looked_at(bearer: Bearer) -> None:
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key()))
    with pytest.raises(InvalidToken, match="signature"):
        bearer.verify(signed(claims(), STRANGER, jwk=jwk, jku="https://keys.example/", kid="../../etc"), NOW)


def test_an_unknown_critical_header_is_refused(bearer: Bearer) -> None:
    with pytest.raises(InvalidToken):
        bearer.verify(signed(claims(), KEY, crit=["urn:example:later"], **{"urn:example:later": 1}), NOW)


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "..", "a.b.c.d", "\x00.\x00.\x00", "é.é.é", "W10.W10.W10", "[" * 3000, "x" * (LONGEST_TOKEN + 1)],
)
def test_what_is_no_token_at_all_is_refused_without_a_stack_trace(bearer: Bearer, token: str) -> None:
    with pytest.raises(InvalidToken):
        bearer.verify(token, NOW)


def test_a_deeply_nested_token_is_refused(bearer: Bearer) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 3000).rstrip(b"=").decode()
    with pytest.raises(InvalidToken):
        bearer.verify(f"{deep}.{deep}.{deep}"[:LONGEST_TOKEN], NOW)


def test_two_keys_live_side_by_side_while_a_certificate_is_rotated() -> None:
    bearer = Bearer.configured(ORG, PEM + NEXT_PEM, "kicker")
    for key in (KEY, NEXT_KEY):
        assert bearer.verify(signed(claims(), key), NOW).user == REP
    with pytest.raises(InvalidToken, match="signature"):
        bearer.verify(signed(claims(), STRANGER), NOW)


def test_several_orgs_may_share_a_deployment_and_none_speaks_for_another() -> None:
    bearer = Bearer.configured("", json.dumps({ORG: PEM, OTHER_ORG: NEXT_PEM}), "kicker")
    assert bearer.verify(signed(claims(iss=OTHER_ORG), NEXT_KEY), NOW).org == OTHER_ORG[:15]
    with pytest.raises(InvalidToken, match="signature"):
        bearer.verify(signed(claims(iss=ORG), NEXT_KEY), NOW)


def test_the_key_may_come_as_the_certificate_salesforce_lets_one_download() -> None:
    name = Name([NameAttribute(NameOID.COMMON_NAME, "Kicker")])
    certificate = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(KEY, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM).decode()
    assert Bearer.configured(ORG, pem, "kicker").verify(signed(claims()), NOW).user == REP
    one_line = pem.replace("\n", "\\n")
    assert Bearer.configured(ORG, one_line, "kicker").verify(signed(claims()), NOW).user == REP


@pytest.mark.parametrize(("org", "key"), [("", PEM), (ORG, ""), (ORG, "not a key"), (ORG, "{broken"), ("00D", PEM)])
def test_a_deployment_without_a_key_says_which_setting_is_missing(org: str, key: str) -> None:
    with pytest.raises(Misconfigured, match="KICKER_ORG_PUBLIC_KEY"):
        Bearer.configured(org, key, "kicker")


def test_a_weak_or_foreign_kind_of_key_signs_nothing() -> None:
    weak, weak_pem = _pair(1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    curve_pem = curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = signed(claims(), weak)
    for pem in (weak_pem, curve_pem):
        with pytest.raises(InvalidToken):
            Bearer.configured(ORG, pem, "kicker").verify(token, NOW)


def test_the_refusal_never_repeats_the_token(bearer: Bearer) -> None:
    token = signed(claims(), STRANGER)
    with pytest.raises(InvalidToken) as refused:
        bearer.verify(token, NOW)
    assert token not in str(refused.value) and token.split(".")[2] not in str(refused.value)


def test_the_private_half_never_leaves_the_org() -> None:
    """A private key pasted into the setting by mistake is no key here."""
    private = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(Misconfigured, match="KICKER_ORG_PUBLIC_KEY"):
        Bearer.configured(ORG, private, "kicker")
