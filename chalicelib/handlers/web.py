"""What every REST route shares: who calls, what may come in, and how refusals look.

A route is a function of a `Call`; `secured` puts the checks around it: bearer token, role, the limits on body and
query, and the translation of our errors into problem documents (RFC 9457). A problem names the field and the way
out; what went wrong inside is logged under the request's id and never shown.
"""

from __future__ import annotations

import functools
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import msgspec
from chalice import Blueprint, Response
from chalice.app import Request

from chalicelib import bootstrap_api
from chalicelib.adapters.bearer import Caller, InvalidToken, Role
from chalicelib.domain.errors import (
    Conflict,
    CurrencyMismatch,
    Forbidden,
    InvalidDocument,
    InvalidMessage,
    Misconfigured,
    NotFound,
    Problem,
    Refused,
    RefusedFile,
)
from chalicelib.domain.salesforce_values import full_id
from chalicelib.services.reward_port import ProviderUnavailable

log = logging.getLogger("kicker.api")

LARGEST_BODY = 256 * 1024  # a program document of a page is 4 KB; a configuration of 200 KB is a mistake
DEEPEST_JSON = 32
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_WORK_ENTRY = re.compile(r"[^\x00-\x1f\x7f]{1,500}")  # work lists are keyed by what the outside world calls things
# The end of the input closes a string too: an unclosed one must not be searched again from each of its quotes.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


class BodyTooLarge(InvalidMessage):
    """A body above `LARGEST_BODY` bytes; it was not parsed."""


# The one place where an error becomes a status. The first class that fits counts; what fits none is ours: 500.
STATUSES: tuple[tuple[type[Exception], int, str, str], ...] = (
    (InvalidToken, 401, "unauthenticated", "The bearer token is missing or proves nothing"),
    (BodyTooLarge, 413, "body-too-large", "The body is too large"),
    (InvalidMessage, 400, "malformed-request", "The request cannot be read"),
    (InvalidDocument, 422, "invalid-document", "The document cannot be used"),
    (RefusedFile, 422, "refused-file", "The file cannot be taken"),
    (CurrencyMismatch, 422, "currency-mismatch", "Two currencies met where only one makes sense"),
    (NotFound, 404, "not-found", "There is no such thing"),
    (Forbidden, 403, "forbidden", "This is not yours to do"),
    (Conflict, 409, "conflict", "It has changed since you read it"),
    (Refused, 409, "refused", "Not now"),
    (Misconfigured, 503, "misconfigured", "The deployment lacks something an administrator must set"),
    (ProviderUnavailable, 503, "provider-unavailable", "The provider could not be asked; nothing is known from it"),
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}

View = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Created:
    """A view's answer for something that was not there before: 201 with this body."""

    body: object


@dataclass(frozen=True, slots=True)
class Call:
    """One request, past its checks: who calls, when (the gateway's clock), its query and its raw body."""

    caller: Caller
    now: datetime
    query: Mapping[str, str]
    raw_body: bytes

    def document(self) -> dict[str, Any]:
        """The body as a JSON object. Raises: InvalidMessage when it is none."""
        document = read_json(self.raw_body)
        if not isinstance(document, dict):
            raise InvalidMessage("the body must be a JSON object")
        return document

    def text(self, name: str, *, longest: int = 2000) -> str:
        """A required text of the body. Raises: InvalidDocument naming it."""
        value = self.document().get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            problem = Problem(name, "is missing or no text", f"give {name} as a text of 1 to {longest} characters")
            raise InvalidDocument("the body", [problem])
        return value.strip()

    def number(self, name: str, *, least: int, most: int, default: int) -> int:
        """A whole number of the query. Raises: InvalidDocument naming it."""
        value = self.query.get(name, "")
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
            problem = Problem(name, "is no number in its range", f"give a whole number from {least} to {most}", value)
            raise InvalidDocument("the query", [problem])
        return int(value)


def secured(blueprint: Blueprint, *roles: Role, query: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Only callers holding one of `roles`, only query parameters of `query`; the view gets a `Call` first.

    `roles` and `query` stay readable on the view, which is how the OpenAPI document is held to the code.
    """
    wanted = frozenset[str](roles)

    def around(view: View) -> View:
        @functools.wraps(view)
        def answered(**path: str) -> Response:
            request = blueprint.current_request
            return answer(request, lambda: view(_admit(request, wanted, query), **_readable(path)))

        vars(answered).update(roles=wanted, query=query)
        return answered

    return around


def unsecured(blueprint: Blueprint) -> Callable[[View], View]:
    """A route that needs no token, because it tells nothing."""

    def around(view: View) -> View:
        @functools.wraps(view)
        def answered(**path: str) -> Response:
            return answer(blueprint.current_request, lambda: view(**_readable(path)))

        vars(answered).update(roles=frozenset(), query=())
        return answered

    return around


def answer(request: Request, work: Callable[[], object]) -> Response:
    """The work's result as JSON, or the problem document of what it raised."""
    try:
        told = work()
        body, status = (told.body, 201) if isinstance(told, Created) else (told, 200)
        return Response(msgspec.json.encode(body).decode(), {"Content-Type": "application/json", **HEADERS}, status)
    except Exception as error:  # the edge: whatever it was, the caller gets a problem document and the log the rest
        for kind, status, name, title in STATUSES:
            if isinstance(error, kind):
                return _problem(request, error, status, name, title)
        log.exception("request %s failed", _instance(request))
        return _failure(request)


def read_json(raw: bytes) -> Any:
    """Parse a body within the limits on nesting; numbers no float can hold, NaN and Infinity are refused.

    Raises: InvalidMessage with the position of the trouble.
    """
    if nesting(raw) > DEEPEST_JSON:
        raise InvalidMessage(f"the body nests deeper than {DEEPEST_JSON} levels")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage(f"the body is no JSON: {error}") from error


def nesting(raw: bytes) -> int:
    """How deep brackets nest outside strings, without parsing."""
    deepest = depth = 0
    for byte in _STRINGS.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def now_of(request: Request) -> datetime:
    """When the gateway took the request; this is the one place of the API that may look at a clock."""
    epoch_ms = request.context.get("requestTimeEpoch")
    seconds = epoch_ms / 1000 if isinstance(epoch_ms, int) and epoch_ms > 0 else time.time()
    return datetime.fromtimestamp(seconds, tz=UTC)


def _admit(request: Request, roles: frozenset[str], allowed: tuple[str, ...]) -> Call:
    """The checks, cheapest first. Raises: InvalidToken, Forbidden, BodyTooLarge, InvalidDocument."""
    now = now_of(request)
    scheme, _, token = str(request.headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken('send the token of your Salesforce session as "Authorization: Bearer ..."')
    caller = bootstrap_api.bearer().verify(token.strip(), now)
    if not caller.has_any(roles):
        raise Forbidden(f"this needs the role {' or '.join(sorted(roles))}; your token does not carry it")
    query = _query(request, allowed, caller)
    raw = request.raw_body
    raw = raw.encode() if isinstance(raw, str) else raw
    if len(raw) > LARGEST_BODY:
        raise BodyTooLarge(f"the body has {len(raw)} bytes; at most {LARGEST_BODY} are read")
    return Call(caller, now, query, raw)


def _query(request: Request, allowed: tuple[str, ...], caller: Caller) -> dict[str, str]:
    """The query, one value a name. Whose data it is, the token says: another person's id is refused, not ignored."""
    given = {name: list(request.query_params.getlist(name)) for name in request.query_params or {}}
    for name in ("rep", "user"):
        if name not in allowed and any(full_id(value) != caller.user for value in given.pop(name, [])):
            raise Forbidden(f"{name} is who your token says; nobody else's numbers can be asked for here")
    problems = [
        Problem(name, "is no parameter of this route", f"use one of: {', '.join(allowed) or 'none'}")
        for name in given
        if name not in allowed
    ]
    problems += [Problem(name, "is given twice", "give it once") for name, values in given.items() if len(values) > 1]
    if problems:
        raise InvalidDocument("the query", problems)
    return {name: values[0] for name, values in given.items()}


def _readable(path: Mapping[str, str]) -> dict[str, str]:
    """Path parameters, percent-decoded once (a REST API hands them over as sent).

    Raises: NotFound for what can be no id of ours, before it reaches a key.
    """
    decoded = {name: unquote(value) for name, value in path.items()}
    for name, value in decoded.items():
        if not (_WORK_ENTRY if name == "entry" else _IDENTIFIER).fullmatch(value):
            raise NotFound(f"there is no {name} of that name: letters, digits and . _ : - are expected")
    return decoded


def _problem(request: Request, error: Exception, status: int, kind: str, title: str) -> Response:
    body: dict[str, object] = {
        "type": f"urn:kicker:problem:{kind}",
        "title": title,
        "status": status,
        "detail": str(error) or title,
        "instance": _instance(request),
    }
    if isinstance(error, InvalidDocument):
        body["problems"] = error.problems
    headers = {"Content-Type": "application/problem+json", **HEADERS}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="kicker", error="invalid_token"'
    return Response(msgspec.json.encode(body).decode(), headers, status)


def _failure(request: Request) -> Response:
    """Something of ours broke: everything went to the log, the caller gets the request's id."""
    body = {
        "type": "urn:kicker:problem:internal",
        "title": "Something of ours broke",
        "status": 500,
        "detail": "The failure was logged; nothing half-done is left behind. Try again, then name the instance below.",
        "instance": _instance(request),
    }
    return Response(msgspec.json.encode(body).decode(), {"Content-Type": "application/problem+json", **HEADERS}, 500)


def _instance(request: Request) -> str:
    return f"urn:kicker:request:{request.context.get('requestId', 'unknown')}"
