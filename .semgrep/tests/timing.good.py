"""What the rule must leave alone: constant time, absence, and digests of what is no secret."""

import hashlib
import hmac

SIGNATURE_HEADER = "x-signature"


def is_known(token, live_token):
    # ok: timing
    return hmac.compare_digest(token, live_token)


def is_missing(token):
    # ok: timing
    return token == ""


def is_none(secret):
    # ok: timing
    return secret is None


def is_the_header(name):
    # ok: timing
    return name.lower() == SIGNATURE_HEADER


def is_what_was_planned(payout):
    # ok: timing
    return hashlib.sha256(payout.request).hexdigest() == payout.request_sha256


def each(tokens):
    # ok: timing
    for token in tokens:
        yield len(token)
