"""Canaries through every route: names, addresses, customers, tokens, secrets and session ids go in, over good and over
failing paths, and none is in what CloudWatch would keep.

Every personal thing of the world holds MARK (see `world`). What is heard is more than any formatter shows: all fields
of all records, all that is printed, and the traceback of whatever gets out (see `hearing`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib.handlers.telemetry import log
from tests.fakes.api import Api
from tests.fakes.tokens import OTHER_REP, token
from tests.handlers.conftest import the_app
from tests.security.callers import EVERY_ROLE, Caller
from tests.security.hearing import Hearing, personal
from tests.security.routes import GOLDEN, call, operations, outbound_message, rows
from tests.security.stories import pay_what_is_queued
from tests.security.world import CUSTOMER, MARK, PATH_TOKEN, World

MALFORMED = ("not json " + CUSTOMER, f'{{"name": "{CUSTOMER}', "[]", f'["{CUSTOMER}"]', "[" * 100 + MARK)


def marked(node: object) -> object:
    """The same document with MARK in front of every text, and a field more."""
    if isinstance(node, dict):
        return {name: marked(value) for name, value in node.items()} | {f"{MARK}field": f"{MARK}ana@example.com"}
    if isinstance(node, list):
        return [marked(item) for item in node]
    return f"{MARK}{node}" if isinstance(node, str) else node


@pytest.mark.parametrize("id", list(operations()))
def test_no_route_logs_anything_personal_on_any_path(ears: Hearing, shared_world: World, id: str) -> None:
    """Forged, failing at each of its AWS calls in turn, good, with canaries in query, path and body, malformed."""
    operation, row, api = operations()[id], rows(shared_world)[id], Api(the_app())
    bearer, forged = (token(*(operation.roles or EVERY_ROLE), user=row.user, signer=s) for s in ("org", "stranger"))
    asks = partial(call, api, operation, row, Caller("", f"Bearer {bearer}"))
    if id == "confirm":
        pay_what_is_queued()
    ears.hear(partial(call, api, operation, row, Caller("", f"Bearer {forged}")))
    failed = ears.hear_it_fail(asks)
    ears.hear(asks)
    queried = f"{row.url}{'&' if '?' in row.url else '?'}{MARK}={MARK}&limit={MARK}"
    for url in (queried, f"{row.url}?user={OTHER_REP}", *row.foreign, row.url + MARK * operation.path.endswith("}")):
        ears.hear(partial(asks, url))
    for body in (*MALFORMED, marked(row.body)) if row.body is not None else ():
        ears.hear(partial(asks, body=body))
    assert personal(ears.text, bearer, forged) == []
    assert failed == 0 or "The request was refused." in ears.text, "failures were said, or this proves nothing"


@pytest.mark.parametrize("message", sorted(p.stem for p in (GOLDEN / "outbound").glob("*_*.xml")))
def test_no_outbound_message_leaves_a_trace_of_its_people(ears: Hearing, shared_world: World, message: str) -> None:
    """Every value of every field is a canary once, in fields of every type; and every AWS call fails once."""
    api, plain = Api(the_app()), outbound_message(message)
    everywhere = re.sub(r"(<sf:(?!Id\b)\w+>)([^<]*)", rf"\g<1>{MARK} \g<2>", plain)
    assert everywhere.count(MARK) == len(re.findall(r"<sf:(?!Id\b)\w+>", plain))
    url = f"/salesforce/outbound-messages/{PATH_TOKEN}"
    for body in (plain, everywhere, plain[:-30] + CUSTOMER, everywhere.replace("00D58000000ABCD", CUSTOMER)):
        post = partial(api.call, "POST", url, None, body, headers={"Content-Type": "text/xml"})
        ears.hear_it_fail(post)
        ears.hear(post)
    assert personal(ears.text) == []
    assert "outbound message not committed" in ears.text and "outbound message refused" in ears.text


def test_whatever_is_said_by_any_way_is_heard(ears: Hearing) -> None:
    """Guards the hearing: a canary on each way out is found, each by itself."""
    bearer = token("rep")

    def dies() -> Any:
        raise ValueError(f"{MARK} by dying")

    def dies_of_another() -> Any:
        try:
            dies()
        except ValueError:
            raise RuntimeError("unavailable") from None

    ways: list[Callable[[], object]] = [
        lambda: log.info("x", extra={"who": f"{MARK} by a field"}),
        lambda: log.info("%s by an argument", MARK),
        lambda: logging.getLogger("kicker.api").warning("%s by a child", MARK),
        lambda: logging.getLogger("urllib3.connectionpool").warning("%s by a library", MARK),
        lambda: print(f"{MARK} by print"),
        lambda: log.info("token %s", bearer.split(".")[2]),
        dies,
    ]
    for number, way in enumerate(ways):
        before = len(ears.text)
        ears.hear(way)
        assert personal(ears.text[before:], bearer), f"way {number} is not heard"
    before = len(ears.text)
    ears.hear(dies_of_another)
    assert "unavailable" in ears.text[before:] and personal(ears.text[before:]) == []
