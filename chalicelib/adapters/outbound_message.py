"""Salesforce outbound messages: the SOAP envelope in, an Ack or a fault out.

A message tells 1 to 100 records as they were when it was *sent*: without their null fields, in no order, at least
once, and empty when the record is gone meanwhile (domain.md 15). Limits hold before and while the XML is read, so
a bomb costs its own size and nothing more; the session id a message may carry is never kept.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from chalicelib.domain.errors import InvalidMessage

# A real notification is about 1 KB, with every standard field 3 KB; a hundred of them stay well below.
LARGEST_BODY = 512 * 1024
# Envelope, Body, notifications, Notification, sObject, field: six. Compound fields (addresses) add one or two.
DEEPEST = 10
MOST_NOTIFICATIONS = 100

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"


class TooLarge(InvalidMessage):
    """The body is larger than any real outbound message."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One record as told. `id` is the notification's own id; `object_type` is the API name without prefix.
    `fields` are all simple fields that are not null, Id included. `record_id` and `object_type` are "" when even
    they are missing: the record was deleted before the message was sent."""

    id: str
    object_type: str
    record_id: str
    fields: dict[str, str]

    def is_empty(self) -> bool:
        """Does it tell nothing but (at most) which record it was?"""
        return not set(self.fields) - {"Id"}


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One POST: the sending organization (15 or 18 characters), the message's definition, its notifications."""

    organization_id: str
    action_id: str
    notifications: tuple[Notification, ...]


def read(raw: bytes) -> OutboundMessage:
    """Parse the body of one POST.

    Raises: TooLarge above 512 KB. InvalidMessage naming what was expected when it is no outbound message: no
    well-formed XML, a DTD or entity, deeper than 10, no organization, not 1 to 100 notifications, two values for
    one field.
    """
    if len(raw) > LARGEST_BODY:
        raise TooLarge(f"the body has {len(raw)} bytes, an outbound message at most {LARGEST_BODY}")
    from chalicelib.adapters.outbound_xml import parse  # here: 15 ms that only this trigger has to pay

    return parse(raw)


def same_organization(told: str, ours: str) -> bool:
    """Is this our organization? Compared on the first 15 characters, in constant time: ids come in both forms."""
    return len(ours) >= 15 and hmac.compare_digest(told[:15].encode(), ours[:15].encode()) and len(told) in (15, 18)


def is_known_token(told: str, live: Iterable[str]) -> bool:
    """Is this one of the live tokens (two while one is rotated)? Every one is compared, in constant time."""
    known = False
    for token in live:
        known |= bool(token) and hmac.compare_digest(told.encode("utf-8", "surrogatepass"), token.encode())
    return known


def ack() -> str:
    """The answer that acknowledges the whole POST; nothing else stops Salesforce from sending it again."""
    return _envelope(f'<notificationsResponse xmlns="{OUTBOUND}"><Ack>true</Ack></notificationsResponse>')


def fault(reason: str) -> str:
    """A SOAP fault: Salesforce keeps the message and tries again. `reason` shows in its delivery status."""
    return _envelope(
        "<soapenv:Fault><faultcode>soapenv:Server</faultcode>"
        f"<faultstring>{escape(reason, quote=False)}</faultstring></soapenv:Fault>"
    )


def _envelope(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )
