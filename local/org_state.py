"""What the simulated org holds: records with their stamps, and the queue of outbound messages.

It behaves as an org does towards us: the body of a message is read when it is *sent*, null fields are left out, a
record deleted meanwhile goes out empty, up to a hundred notifications share one POST, and what was not acknowledged
stays queued under the same notification ids.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape  # nosec B406 # writes, parses nothing

from chalicelib.domain.calendar import instant, iso
from chalicelib.domain.salesforce_values import full_id

_SYSTEM = {"Id": "id", "CreatedDate": "datetime", "LastModifiedDate": "datetime", "SystemModstamp": "datetime",
           "IsDeleted": "boolean"}  # fmt: skip
# Object -> key prefix of its ids, and its fields with their types.
SCHEMAS: dict[str, tuple[str, dict[str, str]]] = {
    "Deal_Registration__c": ("a0D", _SYSTEM | {
        "Name": "string", "OwnerId": "reference", "Account__c": "reference", "Account_Name__c": "string",
        "Status__c": "picklist", "Submitted_At__c": "datetime", "Approved_At__c": "datetime", "Valid_Until__c": "date",
        "Vendor__c": "string", "Product_SKU__c": "string", "Product_Family__c": "string", "Quantity__c": "double",
        "Amount__c": "currency", "CurrencyIsoCode": "picklist", "Deal_Type__c": "picklist", "Special_Bid__c": "string",
        "Purchase_Order__c": "string", "Credited_Reps__c": "string", "Employees__c": "double",
        "Customer_Segment__c": "picklist", "Vertical__c": "picklist", "Region__c": "picklist",
        "Public_Sector__c": "picklist", "Renewed_Quantity__c": "double",
        "SPIFF_State__c": "string", "SPIFF_Provisional_Points__c": "double", "SPIFF_Confirmed_Points__c": "double",
        "SPIFF_Worth__c": "string", "SPIFF_Waits_For__c": "string", "SPIFF_As_Of__c": "datetime",
    }),
    "Opportunity": ("006", _SYSTEM | {
        "Name": "string", "OwnerId": "reference", "AccountId": "reference", "Amount": "currency", "CloseDate": "date",
        "StageName": "picklist", "IsWon": "boolean", "IsClosed": "boolean", "Probability": "percent",
        "Type": "picklist", "TotalOpportunityQuantity": "double",
    }),
    "Account": ("001", _SYSTEM | {"Name": "string", "Industry": "picklist", "OwnerId": "reference"}),
    "Contact": ("003", _SYSTEM | {"LastName": "string", "Email": "string", "AccountId": "reference"}),
    "User": ("005", _SYSTEM | {
        "Name": "string", "Email": "string", "IsActive": "boolean", "Department": "string", "UserRole.Name": "string",
        "Country": "string", "TimeZoneSidKey": "picklist", "UserType": "picklist",
    }),
    "CustomNotificationType": ("0ML", _SYSTEM | {"DeveloperName": "string"}),
}  # fmt: skip
_DEFAULTS: dict[str, dict[str, Any]] = {
    "User": {"IsActive": True, "UserType": "Standard", "TimeZoneSidKey": "America/New_York", "Country": "US"},
    "Deal_Registration__c": {"Status__c": "Submitted", "CurrencyIsoCode": "USD"},
}
READ_ONLY = frozenset(_SYSTEM)
# The package's custom notification types, with their ids in this org.
NOTIFICATION_TYPES = {"SPIFF_News": "0ML5w0000000001GAA"}
# Objects whose changes send an outbound message, as the package's flow does; users never do.
SENDING = ("Deal_Registration__c", "Opportunity", "Contact")
MOST_NOTIFICATIONS = 100


@dataclass(slots=True)
class Queued:
    """One notification that waits: its own id and the record it is about. `tries` counts failed sends."""

    id: str
    object_name: str
    record_id: str
    tries: int = 0


@dataclass(slots=True)
class OrgState:
    """Everything the org knows; `save` keeps it in `path`. `now` is the org's clock: the real one, unless a story
    sets it. `drop_next` notifications are never sent, as if 24 hours had passed."""

    organization_id: str
    path: Path | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    fixed_now: str = ""
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    queue: list[Queued] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    drop_next: int = 0
    bells: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def load(cls, organization_id: str, path: Path) -> OrgState:
        """The state kept in `path`, or an empty org."""
        state = cls(organization_id, path)
        if path.exists():
            kept = json.loads(path.read_text())
            state.records, state.counters, state.fixed_now = kept["records"], kept["counters"], kept["fixed_now"]
            state.queue = [Queued(**queued) for queued in kept["queue"]]
            state.drop_next, state.bells = kept["drop_next"], kept["bells"]
        return state

    def save(self) -> None:
        """Write the state beside itself and move it into place."""
        if self.path is None:
            return
        kept = {
            "records": self.records, "counters": self.counters, "fixed_now": self.fixed_now,
            "queue": [asdict(q) for q in self.queue], "drop_next": self.drop_next,
            "bells": self.bells,
        }  # fmt: skip
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(kept, indent=1))
        beside.replace(self.path)

    def now(self) -> datetime:
        """The org's time, to the second, as Salesforce stamps records."""
        moment = instant(self.fixed_now) if self.fixed_now else self.clock()
        return moment.replace(microsecond=0)

    def next_id(self, prefix: str) -> str:
        """A fresh 18-character id; the counter stands in its last digits."""
        self.counters[prefix] = self.counters.get(prefix, 0) + 1
        id = full_id(f"{prefix}5w{self.counters[prefix]:010d}")
        assert id is not None
        return id

    def put(self, object_name: str, id: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
        """Create or change a record and stamp it; a field set to None becomes null. Stamps may be given, for stories.

        Raises: ValueError naming the object or field the org does not have.
        """
        prefix, schema = self._schema(object_name)
        if unknown := sorted(set(values) - set(schema)):
            raise ValueError(f"{object_name} has no field {', '.join(unknown)}")
        id = self.next_id(prefix) if id is None else full_id(id)
        if id is None:
            raise ValueError("the id is no Salesforce id: 15 or 18 letters and digits")
        table = self.records.setdefault(object_name, {})
        old = table.get(id)
        stamp = self._stamp(old)
        base = old or {"Id": id, "CreatedDate": stamp, **_DEFAULTS.get(object_name, {})}
        if old is None and object_name == "Deal_Registration__c":
            self.counters["DR-"] = self.counters.get("DR-", 0) + 1
            base["Name"] = f"DR-{self.counters['DR-']:06d}"
        table[id] = base | {"LastModifiedDate": stamp, "SystemModstamp": stamp, "IsDeleted": False} | dict(values)
        self._enqueue(object_name, id)
        return table[id]

    def delete(self, object_name: str, id: str) -> dict[str, Any]:
        """Into the recycle bin: stamped, and seen by queryAll only. Raises: KeyError when there is no such record."""
        record = self.records.get(object_name, {})[full_id(id) or id]
        record |= {"IsDeleted": True, "SystemModstamp": self._stamp(record)}
        return record

    def describe(self, object_name: str) -> dict[str, Any]:
        """The part of sobjects/<name>/describe that readers need. Raises: ValueError for an unknown object."""
        prefix, schema = self._schema(object_name)
        fields = [
            {"name": n, "type": t, "relationshipName": None, "updateable": n not in READ_ONLY}
            for n, t in schema.items()
            if "." not in n
        ]
        parents = {n.partition(".")[0] for n in schema if "." in n}
        fields += [{"name": f"{p}Id", "type": "reference", "relationshipName": p} for p in sorted(parents)]
        return {"name": object_name, "keyPrefix": prefix, "queryable": True, "fields": fields}

    def waiting(self, *, count: int = MOST_NOTIFICATIONS, shuffle: int | None = None) -> list[Queued]:
        """The next notifications to go out, after the dropped ones are gone; shuffled by a seed on request."""
        del self.queue[: self.drop_next]
        self.drop_next = 0
        waiting = list(self.queue)
        if shuffle is not None:
            random.Random(shuffle).shuffle(waiting)  # nosec B311 # a seed repeats a shuffle
        return waiting[: min(count, MOST_NOTIFICATIONS)]

    def envelope(self, queued: Sequence[Queued], *, short_ids: bool = False) -> bytes:
        """The POST body for these notifications (1 to 100, of one object), with the records as they are now."""
        org = self.organization_id[:15] if short_ids else self.organization_id
        notifications = "".join(self._notification(q) for q in queued)
        action = full_id("04k5w000000TSwM")
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
            ' <soapenv:Body>\n  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
            f"   <OrganizationId>{org}</OrganizationId>\n   <ActionId>{action}</ActionId>\n"
            '   <SessionId xsi:nil="true"/>\n'
            f"   <EnterpriseUrl>https://example.invalid/services/Soap/c/66.0/{org[:15]}</EnterpriseUrl>\n"
            f"   <PartnerUrl>https://example.invalid/services/Soap/u/66.0/{org[:15]}</PartnerUrl>\n"
            f"{notifications}  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
        ).encode()

    def _notification(self, queued: Queued) -> str:
        record = self.records.get(queued.object_name, {}).get(queued.record_id, {})
        if record.get("IsDeleted"):
            record = {"Id": queued.record_id}
        names = ["Id", *sorted(n for n in record if n not in ("Id", "IsDeleted") and "." not in n)]
        lines = "".join(
            f"     <sf:{name}>{escape(_text(record[name]))}</sf:{name}>\n"
            for name in names
            if record.get(name) is not None
        )
        return (
            f"   <Notification>\n    <Id>{queued.id}</Id>\n"
            f'    <sObject xsi:type="sf:{queued.object_name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
            f"{lines}    </sObject>\n   </Notification>\n"
        )

    def _enqueue(self, object_name: str, id: str) -> None:
        if object_name in SENDING:
            self.queue.append(Queued(self.next_id("04l"), object_name, id))

    def _stamp(self, old: Mapping[str, Any] | None) -> str:
        """Now, but never at or before the record's last stamp: every change has a version of its own."""
        moment = self.now()
        if old is not None:
            moment = max(moment, instant(old["SystemModstamp"]) + timedelta(seconds=1))
        return iso(moment)

    @staticmethod
    def _schema(object_name: str) -> tuple[str, dict[str, str]]:
        if object_name not in SCHEMAS:
            raise ValueError(f"the org has no object {object_name}")
        return SCHEMAS[object_name]


def _text(value: Any) -> str:
    """A value as an outbound message spells it: true, 45000.0, text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(float(value)) if isinstance(value, int | float) else str(value)
