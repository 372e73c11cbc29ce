"""What the rule must find: secrets compared byte by byte until one differs."""

import hmac


def is_known(token, live_token):
    # ruleid: timing
    return token == live_token


def is_one_of(sent, tokens):
    # ruleid: timing
    return sent in tokens


def is_signed(request, expected):
    # ruleid: timing
    return request.headers["signature"] == expected


def is_refused(request, expected):
    # ruleid: timing
    return request.headers.get("api_key") != expected


def is_rotated(vault, old):
    # ruleid: timing
    return vault.client_secret != old


def is_ours(body, key, sent):
    # ruleid: timing
    return hmac.new(key, body, "sha256").hexdigest() == sent


def is_not_ours(body, key, sent):
    # ruleid: timing
    return sent != hmac.new(key, body, "sha256").hexdigest()
