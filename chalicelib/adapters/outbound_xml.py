"""Reading an outbound message's XML as a stream: nothing is kept of it but the message, and every limit stops it
where it is broken."""

from __future__ import annotations

from typing import Any
from xml.sax import SAXException, SAXParseException  # nosec B406 # parses nothing
from xml.sax.handler import ContentHandler, feature_namespaces  # nosec B406 # parses nothing
from xml.sax.xmlreader import AttributesNSImpl  # nosec B406 # parses nothing

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from chalicelib.adapters.outbound_message import (
    DEEPEST,
    MOST_NOTIFICATIONS,
    OUTBOUND,
    SOAP,
    Notification,
    OutboundMessage,
)
from chalicelib.domain.errors import InvalidMessage

_SOBJECT = "urn:sobject.enterprise.soap.sforce.com"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

_NOTIFICATIONS = ((SOAP, "Envelope"), (SOAP, "Body"), (OUTBOUND, "notifications"))
_NOTIFICATION = (*_NOTIFICATIONS, (OUTBOUND, "Notification"))
_RECORD = (*_NOTIFICATION, (OUTBOUND, "sObject"))


def parse(raw: bytes) -> OutboundMessage:
    """See `outbound_message.read`, which has checked the size. Raises: InvalidMessage."""
    handler = _Handler()
    parser: Any = DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    try:
        parser.feed(raw)
        parser.close()
    except SAXParseException as error:
        raise InvalidMessage(f"no well-formed XML: {error.getMessage()}, line {error.getLineNumber()}") from None
    except DefusedXmlException:
        raise InvalidMessage("a document type or entity: an outbound message has neither") from None
    except (SAXException, LookupError, ValueError) as error:  # unknown or broken encodings
        raise InvalidMessage(f"no readable XML: {type(error).__name__}") from None
    return handler.message()


class _Handler(ContentHandler):
    """Collects the message while expat streams; knows where it is by the path of open elements."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[tuple[str | None, str]] = []
        self.text: list[str] = []
        self.nil = False
        self.compound = False
        self.messages = 0
        self.head = {"OrganizationId": "", "ActionId": ""}
        self.notifications: list[Notification] = []
        self.id = ""
        self.object_type = ""
        self.fields: dict[str, str] = {}

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: AttributesNSImpl) -> None:  # noqa: ARG002, N802 - SAX's own names
        if len(self.path) >= DEEPEST:
            raise InvalidMessage(f"elements are nested deeper than {DEEPEST}: no outbound message is")
        if len(self.path) < len(_NOTIFICATIONS) and name != _NOTIFICATIONS[len(self.path)] and not self.is_header(name):
            raise InvalidMessage(f'"{name[1][:40]}" where "{_NOTIFICATIONS[len(self.path)][1]}" was expected')
        self.path.append(name)
        self.text = []
        self.nil = attrs.get((_XSI, "nil"), "") in ("true", "1")
        at = tuple(self.path)
        if at == _NOTIFICATIONS:
            self.messages += 1
        elif at == _NOTIFICATION:
            self.id, self.object_type, self.fields = "", "", {}
            if len(self.notifications) == MOST_NOTIFICATIONS:
                raise InvalidMessage(f"more than {MOST_NOTIFICATIONS} notifications in one message")
        elif at == _RECORD:
            self.object_type = attrs.get((_XSI, "type"), "").rpartition(":")[2].strip()
        elif len(at) > len(_RECORD) + 1:
            self.compound = True

    def is_header(self, name: tuple[str | None, str]) -> bool:
        """Is this the optional SOAP header, or inside it?"""
        header = (SOAP, "Header")
        return (len(self.path) == 1 and name == header) or (len(self.path) > 1 and self.path[1] == header)

    def characters(self, content: str) -> None:
        self.text.append(content)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: ARG002, N802 - SAX's own names
        at = tuple(self.path)
        parent = at[:-1]
        value = "" if self.nil else "".join(self.text).strip()
        if at == _NOTIFICATION:
            record_id = self.fields.get("Id", "")
            self.notifications.append(Notification(self.id, self.object_type, record_id, self.fields))
        elif parent == _NOTIFICATIONS and name[1] in self.head:
            self.head[name[1]] = value
        elif parent == _NOTIFICATION and name == (OUTBOUND, "Id"):
            self.id = value
        elif parent == _RECORD:
            self.field(name, value)
        self.path.pop()
        self.text, self.nil = [], False

    def field(self, name: tuple[str | None, str], value: str) -> None:
        """Keep a simple field that is not null; a compound one (an address) has no mapping and is left out."""
        compound, self.compound = self.compound, False
        if name[0] != _SOBJECT or name[1] == "fieldsToNull" or compound or not value:
            return
        if self.fields.setdefault(name[1], value) != value:
            raise InvalidMessage(f'two values for the field "{name[1][:80]}" of one record')

    def message(self) -> OutboundMessage:
        if self.messages != 1:
            raise InvalidMessage('there is not exactly one "notifications" element')
        if not self.head["OrganizationId"]:
            raise InvalidMessage("there is no OrganizationId")
        if not self.notifications:
            raise InvalidMessage("there is no notification in the message")
        return OutboundMessage(self.head["OrganizationId"], self.head["ActionId"], tuple(self.notifications))
