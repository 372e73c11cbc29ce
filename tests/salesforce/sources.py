"""What the Salesforce package holds, read from its files: objects with their fields, and the names others refer to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from tests.salesforce.metadata_types import NAMESPACE

ROOT = Path(__file__).parent.parent.parent
SALESFORCE = ROOT / "salesforce"
_AUDIT = {
    "Id": "Id", "Name": "Text", "OwnerId": "Lookup", "CreatedById": "Lookup", "LastModifiedById": "Lookup",
    "CreatedDate": "DateTime", "LastModifiedDate": "DateTime", "SystemModstamp": "DateTime", "IsDeleted": "Checkbox",
    "CurrencyIsoCode": "Picklist",
}  # fmt: skip
# The fields every org has, as far as the package or a mapping uses them.
STANDARD: Mapping[str, Mapping[str, str]] = {
    "Account": {"NumberOfEmployees": "Number", "Industry": "Picklist"},
    "Product2": {"ProductCode": "Text", "Family": "Picklist"},
    "User": {"Email": "Email", "IsActive": "Checkbox"},
    "UserExternalCredential": {},
    "Opportunity": {
        "AccountId": "Lookup", "Amount": "Currency", "CloseDate": "Date", "StageName": "Picklist", "Type": "Picklist",
        "IsWon": "Checkbox", "IsClosed": "Checkbox", "TotalOpportunityQuantity": "Number",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Xml:
    """An element, read without its namespace."""

    node: Element

    @classmethod
    def of(cls, path: Path) -> Xml:
        """The root element of a file."""
        return cls(parse(path).getroot())

    def text(self, name: str) -> str:
        """The text of the first child of that name, "" when there is none."""
        return (self.node.findtext(f"{NAMESPACE}{name}") or "").strip()

    def all(self, name: str) -> list[Xml]:
        """The children of that name."""
        return [Xml(node) for node in self.node.findall(f"{NAMESPACE}{name}")]

    def texts(self, name: str) -> list[str]:
        """The texts of the children of that name."""
        return [(node.text or "").strip() for node in self.node.findall(f"{NAMESPACE}{name}")]

    def anywhere(self, name: str) -> list[str]:
        """The texts of that name, however deep."""
        return [(node.text or "").strip() for node in self.node.iter(f"{NAMESPACE}{name}")]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its type, what it points to, its picklist words, and whether its value is computed or obligatory."""

    kind: str
    to: str = ""
    words: frozenset[str] = frozenset()
    restricted: bool = False
    computed: bool = False
    obligatory: bool = False
    length: int = 0

    @classmethod
    def of(cls, xml: Xml) -> Field:
        """From a CustomField file."""
        values = [v for s in xml.all("valueSet") for d in s.all("valueSetDefinition") for v in d.all("value")]
        kind = xml.text("type")
        return cls(
            kind,
            xml.text("referenceTo"),
            frozenset(v.text("fullName") for v in values),
            any(s.text("restricted") == "true" for s in xml.all("valueSet")),
            bool(xml.text("formula")) or kind in ("Summary", "AutoNumber"),
            xml.text("required") == "true" or kind == "MasterDetail",
            int(xml.text("length") or 0),
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of all package directories."""

    directories: tuple[Path, ...]

    @classmethod
    def of(cls, project: Path = SALESFORCE) -> Sources:
        """From sfdx-project.json."""
        told = json.loads((project / "sfdx-project.json").read_text(encoding="utf-8"))
        return cls(tuple(project / d["path"] for d in told["packageDirectories"]))

    def files(self, ending: str) -> list[Path]:
        """The files whose name ends so, sorted."""
        return sorted(path for d in self.directories for path in d.rglob(f"*{ending}"))

    def read(self, ending: str) -> Iterator[tuple[str, Xml]]:
        """Name (without the ending) and content of each such file."""
        for path in self.files(ending):
            yield path.name.removesuffix(ending), Xml.of(path)

    def names(self, ending: str) -> frozenset[str]:
        """The names of such files without their ending."""
        return frozenset(path.name.removesuffix(ending) for path in self.files(ending))

    def objects(self) -> dict[str, dict[str, Field]]:
        """Every object known here with its fields, the standard ones included."""
        found = {name: {n: Field(k) for n, k in fields.items()} for name, fields in STANDARD.items()}
        for path in [*self.files(".object-meta.xml"), *self.files(".field-meta.xml")]:
            owner = path.parent.name if path.name.endswith(".object-meta.xml") else path.parent.parent.name
            fields = found.setdefault(owner, {})
            if path.name.endswith(".field-meta.xml"):
                fields[path.name.removesuffix(".field-meta.xml")] = Field.of(Xml.of(path))
        return {name: {n: Field(k) for n, k in _AUDIT.items()} | fields for name, fields in found.items()}

    def messages(self) -> dict[str, Xml]:
        """Outbound messages by `Object.Name`."""
        read = list(self.read(".workflow-meta.xml"))
        return {f"{o}.{m.text('fullName')}": m for o, workflow in read for m in workflow.all("outboundMessages")}

    def principals(self) -> frozenset[str]:
        """`Credential-Principal`, as permission sets name them."""
        return frozenset(
            f"{name}-{p.text('parameterName')}"
            for name, credential in self.read(".externalCredential-meta.xml")
            for p in credential.all("externalCredentialParameters")
            if p.text("parameterType").endswith("Principal")
        )


def at(path: str, start: str, objects: Mapping[str, Mapping[str, Field]]) -> Field | None:
    """The field a dotted path ends at, from an object on: `Account__r.Industry`; None when a step leads nowhere."""
    here, steps = start, path.split(".")
    for step in steps[:-1]:
        lookup = objects.get(here, {}).get(re.sub(r"__r$", "__c", step))
        if lookup is None or not lookup.to:
            return None
        here = lookup.to
    return objects.get(here, {}).get(steps[-1])
