"""Is a metadata file what the Metadata API takes? Held against the API's own types.

The npm package @salesforce/types declares them in TypeScript, generated from the WSDL. `sf project convert source`
only moves files about: it takes a misspelt element, a word no enumeration has, even broken XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import ParseError, parse

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
# Element content the types leave open, because it is the component's own.
OPAQUE = frozenset({("LightningComponentBundle", "targetConfigs")})
# Root element -> how the file's name ends and the folder it lies in. "" is the folder of the object or bundle itself.
PLACES = {
    "ApexClass": (".cls-meta.xml", "classes"),
    "CompactLayout": (".compactLayout-meta.xml", "compactLayouts"),
    "CustomField": (".field-meta.xml", "fields"),
    "CustomNotificationType": (".notiftype-meta.xml", "notificationtypes"),
    "CustomObject": (".object-meta.xml", ""),
    "CustomPermission": (".customPermission-meta.xml", "customPermissions"),
    "ExternalCredential": (".externalCredential-meta.xml", "externalCredentials"),
    "Flow": (".flow-meta.xml", "flows"),
    "Group": (".group-meta.xml", "groups"),
    "Layout": (".layout-meta.xml", "layouts"),
    "ListView": (".listView-meta.xml", "listViews"),
    "NamedCredential": (".namedCredential-meta.xml", "namedCredentials"),
    "PermissionSet": (".permissionset-meta.xml", "permissionsets"),
    "SharingRules": (".sharingRules-meta.xml", "sharingRules"),
    "ValidationRule": (".validationRule-meta.xml", "validationRules"),
    "Workflow": (".workflow-meta.xml", "workflows"),
}
_SIMPLE = {
    "boolean": re.compile(r"true|false"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
    "Date": re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?|\d\d:\d\d:\d\d\.\d{3}Z"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """An element a type may hold: of which type, how often, and whether it may be missing."""

    kind: str
    many: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Types:
    """The Metadata API's types: enumerations with their words, and shapes with their elements."""

    words: Mapping[str, frozenset[str]]
    shapes: Mapping[str, Mapping[str, Field]]

    @classmethod
    def read(cls, declarations: Path) -> Types:
        """From metadata.d.ts."""
        text = declarations.read_text(encoding="utf-8")
        words = {
            name: frozenset(re.findall(r"'([^']*)'", body))
            for name, body in re.findall(r"^export type (\w+) = ('[^;{]*);", text, re.MULTILINE)
        }
        own: dict[str, tuple[list[str], dict[str, Field]]] = {}
        shape = re.compile(r"^export type (\w+) = ((?:\w+ & )*)\{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
        for name, bases, body in shape.findall(text):
            fields = re.findall(r"^    (\w+)(\?)?: (\w+)(\[\])?;", body, re.MULTILINE)
            own[name] = re.findall(r"\w+", bases), {n: Field(k, bool(m), bool(q)) for n, q, k, m in fields}
        for name, base in re.findall(r"^export type (\w+) = (\w+);", text, re.MULTILINE):
            if base in own:
                own[name] = [base], {}

        def whole(name: str) -> dict[str, Field]:
            bases, fields = own[name]
            return {n: f for base in bases for n, f in whole(base).items()} | fields

        return cls(words, {name: whole(name) for name in own})

    def complaints(self, path: Path) -> Iterator[str]:
        """What is wrong with one metadata file, element by element; nothing when all is well."""
        try:
            root = parse(path).getroot()
        except ParseError as error:
            yield f"no well-formed XML: {error}"
            return
        kind = root.tag.removeprefix(NAMESPACE)
        if kind not in self.shapes or not root.tag.startswith(NAMESPACE):
            yield f"{root.tag} is no metadata type"
            return
        ending, folder = PLACES.get(kind, ("", ""))
        if not path.name.endswith(ending) or (folder and path.parent.name != folder):
            yield f"a {kind} lies in {folder or 'the folder of its name'}/ and ends in {ending}"
        name = root.findtext(f"{NAMESPACE}fullName")
        if name is not None and name != path.name.removesuffix(ending):
            yield f"the file is not called as its fullName {name}"
        yield from self._inside(root, kind, kind)

    def _inside(self, node: Element, kind: str, where: str) -> Iterator[str]:
        fields, seen = self.shapes[kind], set()
        for child in node:
            name = child.tag.removeprefix(NAMESPACE)
            here = f"{where}/{name}"
            field = fields.get(name)
            if field is None:
                yield f"{here}: a {kind} has no {name}"
                continue
            if name in seen and not field.many:
                yield f"{here}: stands twice"
            seen.add(name)
            if (kind, name) not in OPAQUE:
                yield from self._value(child, field, here)
        for name, field in fields.items():
            if not (field.optional or field.many or name in seen):
                yield f"{where}: a {kind} needs {name}"

    def _value(self, node: Element, field: Field, where: str) -> Iterator[str]:
        text = (node.text or "").strip()
        if field.kind in self.shapes:
            yield from self._inside(node, field.kind, where)
            return
        words, simple = self.words.get(field.kind), _SIMPLE.get(field.kind)
        if (words is not None and text not in words) or (simple and not simple.fullmatch(text)):
            yield f'{where}: "{text}" is no {field.kind}'
