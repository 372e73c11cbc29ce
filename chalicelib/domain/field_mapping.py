"""How a Salesforce object's fields become a registration: a mapping document, and reading a record by it.

A mapping is a document, so an org with other field names, status words or a plain Opportunity needs no code
(docs/salesforce.md). A record is a bag of texts: an absent field is null, because an outbound message leaves null
fields out. A value that cannot be read becomes `trouble` in words; nothing in a record raises, except that a record
without an id cannot become a registration at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar, get_args

from chalicelib.domain.money import Money
from chalicelib.domain.registrations import WHOLE, Credit, DealType, Registration, Status
from chalicelib.domain.salesforce_values import full_id, moment, split, whole_number, yes_or_no

STATUSES: tuple[Status, ...] = get_args(Status)

# What a mapping may name fields for. Each takes a list of field names; the first one that is not null counts.
ROLES = (
    "version", "created_at", "account", "account_name", "number", "bid", "po", "approved_at", "valid_until", "vendor",
    "sku", "family", "quantity", "amount", "currency", "deal_type", "owner", "split",
    "employees", "segment", "vertical", "region", "public_sector", "renewed_quantity",
)  # fmt: skip

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The longest plain text field of Salesforce; a longer one would be copied into every deal book that holds the deal.
_LONGEST_TEXT = 255
_LONGEST_SPLIT = 2000

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One place to look for the status: a field, and what its words mean (keys lower case)."""

    field: str
    words: Mapping[str, Status]


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A valid mapping document. `fields` maps a role of `ROLES` to the fields that may fill it.

    `status` is tried step by step; when no step knows its word, `otherwise` is meant, or the record has trouble when
    that is None. `approved_when` are the statuses under which `approved_at` is believed. `owner_earns` credits the
    owner with 100 % when there is no split. `sweep`: does the sweep read this object by itself?
    """

    object: str
    fields: Mapping[str, tuple[str, ...]]
    status: tuple[StatusStep, ...]
    otherwise: Status | None = None
    approved_when: tuple[Status, ...] = tuple(s for s in STATUSES if s != "submitted")
    deal_type_words: Mapping[str, DealType] = field(default_factory=dict)
    default_currency: str = "USD"
    owner_earns: bool = False
    sweep: bool = True

    def names(self) -> tuple[str, ...]:
        """Every field the mapping reads, with Id and IsDeleted, sorted: what the sweep selects and the outbound
        message has to carry."""
        used = {name for names in self.fields.values() for name in names} | {s.field for s in self.status}
        return tuple(sorted(used | {"Id", "IsDeleted", "SystemModstamp"}))


def registration_from(mapping: FieldMapping, record: Mapping[str, str | None]) -> Registration:
    """The registration this record tells. Whatever is missing or unreadable is in its `trouble`.

    Raises: ValueError when the record has no Salesforce id.
    """
    id = full_id(record.get("Id") or "")
    if id is None:
        raise ValueError(f'{mapping.object} record "{record.get("Id") or ""}" has no Salesforce id')
    return _Reading(mapping, record).registration(id)


class _Reading:
    """One record being read; collects trouble on the way."""

    def __init__(self, mapping: FieldMapping, record: Mapping[str, str | None]) -> None:
        self.mapping = mapping
        self.record = record
        self.trouble: list[str] = []

    def registration(self, id: str) -> Registration:
        status = self.status()
        version, created = self.value("version", moment), self.value("created_at", moment)
        if version is None:
            self.trouble.append(f"there is no {self.named('version')}: nothing says which telling is the newest")
        if created is None:
            self.trouble.append(f"there is no {self.named('created_at')}: add it to the outbound message")
        approved_at = self.value("approved_at", moment) if status in self.mapping.approved_when else None
        if status == "approved" and approved_at is None:
            self.trouble.append(f"approved without a date: fill {self.named('approved_at')}")
        valid_until = self.value("valid_until", moment)
        owner = self.value("owner", _id) or ""
        credited = self.credits(status, owner)
        account = self.text("account")
        quantity, deal_type = self.value("quantity", whole_number) or 0, self.deal_type()
        return Registration(
            id=id,
            version=version or EPOCH,
            status=status,
            # A deal without an account keeps a book of its own: one book for all of them would grow without end.
            account=full_id(account) or account or id,
            created_at=created or EPOCH,
            account_name=self.text("account_name"),
            number=self.text("number"),
            bid=self.text("bid"),
            po=self.text("po"),
            approved_at=approved_at,
            valid_until=valid_until.date() if valid_until else None,
            vendor=self.text("vendor"),
            sku=self.text("sku"),
            family=self.text("family"),
            quantity=quantity,
            amount=self.amount(),
            deal_type=deal_type,
            owner=owner,
            credits=tuple(c for c in credited if not c.role),
            overlays=tuple(c for c in credited if c.role),
            employees=self.value("employees", lambda text: whole_number(text, "people")),
            segment=self.text("segment"),
            vertical=self.text("vertical"),
            region=self.text("region"),
            public_sector=self.value("public_sector", yes_or_no),
            renewed_quantity=self.renewed(quantity, deal_type),
            trouble=tuple(self.trouble),
        )

    def found(self, role: str) -> tuple[str, str] | None:
        """The first field of the role that is not null: its name and text."""
        for name in self.mapping.fields.get(role, ()):
            if (text := (self.record.get(name) or "").strip()) != "":
                return name, text
        return None

    def named(self, role: str) -> str:
        """The role's fields as people know them."""
        return " or ".join(self.mapping.fields.get(role, ())) or f'field mapped as "{role}"'

    def text(self, role: str, longest: int = _LONGEST_TEXT) -> str:
        """The role's text, "" when null, cut (and told) when too long."""
        found = self.found(role)
        if found is None:
            return ""
        name, text = found
        if len(text) > longest:
            self.trouble.append(f"{name} has {len(text)} characters, at most {longest} are kept")
        return text[:longest]

    def value(self, role: str, read: Callable[[str], Read]) -> Read | None:
        """The role's text read by `read`; None when null or unreadable (then there is trouble)."""
        found = self.found(role)
        if found is None:
            return None
        name, text = found
        try:
            return read(text[:_LONGEST_TEXT])
        except ValueError as problem:
            self.trouble.append(f"{name}: {problem}")
            return None

    def status(self) -> Status:
        """The status by the first step that knows its word."""
        if (self.record.get("IsDeleted") or "").lower() == "true":
            return "deleted"
        unknown = []
        for step in self.mapping.status:
            word = (self.record.get(step.field) or "").strip()
            if known := step.words.get(word.casefold()):
                return known
            unknown.append(f'{step.field} "{word[:40]}"' if word else f"no {step.field}")
        if self.mapping.otherwise is not None:
            return self.mapping.otherwise
        self.trouble.append(f"{' and '.join(unknown)}: the mapping of {self.mapping.object} gives no status for it")
        return "submitted"

    def amount(self) -> Money | None:
        currency = self.text("currency").upper() or self.mapping.default_currency
        amount = self.value("amount", lambda text: Money.parse(text, currency))
        if amount is not None and amount.minor < 0:
            self.trouble.append(f"{self.named('amount')}: {amount} is below zero, a registration's value is not")
            return None
        return amount

    def deal_type(self) -> DealType | None:
        found = self.found("deal_type")
        if found is None:
            return None
        name, word = found
        known = self.mapping.deal_type_words.get(word.casefold())
        if known is None:
            self.trouble.append(f'{name} "{word[:40]}": the mapping knows no deal type for it')
        return known

    def renewed(self, quantity: int, deal_type: DealType | None) -> int | None:
        """How many seats renew what the customer has; contradicting the quantity or the deal type is trouble."""
        renewed = self.value("renewed_quantity", whole_number)
        if renewed is not None and renewed > quantity:
            self.trouble.append(f"{self.named('renewed_quantity')}: {renewed} of {quantity} seats cannot be renewed")
        if renewed and deal_type == "net_new":
            self.trouble.append(f"{self.named('renewed_quantity')}: a net-new deal renews nothing")
        return renewed

    def credits(self, status: Status, owner: str) -> tuple[Credit, ...]:
        """Who is credited: the stamp, else the owner where the mapping says so. Approved and nobody is trouble."""
        if stamp := self.text("split", _LONGEST_SPLIT):
            try:
                return split(stamp)
            except ValueError as problem:
                self.trouble.append(f"{self.named('split')}: {problem}")
                return ()
        if self.mapping.owner_earns and owner:
            return (Credit(owner, WHOLE),)
        if status == "approved":
            self.trouble.append(f"approved but nobody is credited: stamp {self.named('split')}")
        return ()


def _id(text: str) -> str:
    id = full_id(text)
    if id is None:
        raise ValueError(f'"{text}" is no Salesforce id')
    return id
