"""Does every name in the package lead somewhere? The metadata types cannot tell: to them a name is a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.salesforce.sources import SALESFORCE, Field, Sources, Xml, at

Objects = Mapping[str, Mapping[str, Field]]
_PICK = re.compile(r'ISPICKVAL\(\s*(?:\{!)?([$\w.]+)\}?\s*,\s*"([^"]*)"')
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_PERMISSION = re.compile(r"\$Permission\.(\w+)")
# What list views call the standard fields of a custom object.
_COLUMNS = {"NAME": "Name", "OWNER.ALIAS": "OwnerId", "CREATED_DATE": "CreatedDate", "LAST_UPDATE": "LastModifiedDate"}
# Standard objects a component may be placed on, though the package adds nothing to them.
_STANDARD = frozenset({"Quote", "Lead", "Contact"})
_RELATED = frozenset({"RelatedEntityHistoryList", "RelatedActivityList", "RelatedHistoryList", "RelatedNoteList"})


def complaints(sources: Sources) -> Iterator[str]:
    """Every name of permission sets, pages of objects, rules, messages, credentials and settings that leads nowhere."""
    objects = sources.objects()
    yield from _permission_sets(sources, objects)
    yield from _object_pages(sources, objects)
    yield from _fields_and_rules(sources, objects)
    yield from _the_rest(sources, objects)
    yield from _components(sources, objects)


def _permission_sets(sources: Sources, objects: Objects) -> Iterator[str]:
    known = {
        "classAccesses": ("apexClass", sources.names(".cls")),
        "customPermissions": ("name", sources.names(".customPermission-meta.xml")),
        "externalCredentialPrincipalAccesses": ("externalCredentialPrincipal", sources.principals()),
        "objectPermissions": ("object", frozenset(objects)),
        "tabSettings": ("tab", sources.names(".tab-meta.xml") | {"standard-Opportunity", "standard-Account"}),
        "applicationVisibilities": ("application", sources.names(".app-meta.xml")),
    }
    for name, permissions in sources.read(".permissionset-meta.xml"):
        for element, (child, names) in known.items():
            for entry in permissions.all(element):
                if entry.text(child) not in names:
                    yield f"{name}: {child} {entry.text(child)} is not in the package"
        may = {o.text("object"): o for o in permissions.all("objectPermissions")}
        for entry in permissions.all("fieldPermissions"):
            owner, _, field_name = entry.text("field").partition(".")
            field = objects.get(owner, {}).get(field_name)
            if field is None:
                yield f"{name}: there is no field {entry.text('field')}"
            elif field.obligatory:
                yield f"{name}: {entry.text('field')} is obligatory, a deployment refuses permissions on it"
            elif field.computed and entry.text("editable") == "true":
                yield f"{name}: {entry.text('field')} is computed and cannot be editable"
            elif owner.endswith("__c") and owner not in may:
                yield f"{name}: a field of {owner} without the object"


def _object_pages(sources: Sources, objects: Objects) -> Iterator[str]:
    for path in sources.files(".listView-meta.xml"):
        owner, view = path.parent.parent.name, Xml.of(path)
        for filter in view.all("filters"):
            yield from _word(f"{owner}.{path.stem}", owner, filter.text("field"), filter.text("value"), objects)
        named = [*view.texts("columns"), *(f.text("field") for f in view.all("filters"))]
        yield from _missing(f"list view {path.name}", owner, [_COLUMNS.get(n, n) for n in named], objects)
    for path in sources.files(".compactLayout-meta.xml"):
        owner = path.parent.parent.name
        yield from _missing(f"compact layout {path.name}", owner, Xml.of(path).texts("fields"), objects)
    for path in sources.files(".object-meta.xml"):
        owner, root = path.parent.name, Xml.of(path)
        searched = [c.text or "" for layout in root.all("searchLayouts") for c in layout.node]
        yield from _missing(f"search layouts of {owner}", owner, searched, objects)
        assigned = root.text("compactLayoutAssignment")
        if assigned and not (path.parent / "compactLayouts" / f"{assigned}.compactLayout-meta.xml").exists():
            yield f"{owner}: there is no compact layout {assigned}"
    for name, layout in sources.read(".layout-meta.xml"):
        owner = name.partition("-")[0]
        yield from _missing(f"layout {name}", owner, layout.anywhere("field"), objects)
        for related in layout.all("relatedLists"):
            child, _, lookup = related.text("relatedList").partition(".")
            if child in _RELATED:
                continue
            if objects.get(child, {}).get(lookup, Field("")).to != owner:
                yield f"layout {name}: {child}.{lookup} does not lead to {owner}"
            yield from _missing(f"layout {name}", child, [_COLUMNS.get(f, f) for f in related.texts("fields")], objects)


def _fields_and_rules(sources: Sources, objects: Objects) -> Iterator[str]:
    permissions = sources.names(".customPermission-meta.xml")
    for path in sources.files(".field-meta.xml"):
        owner, xml = path.parent.parent.name, Xml.of(path)
        where = f"{owner}.{path.name}"
        if (to := xml.text("referenceTo")) and to not in objects:
            yield f"{where}: there is no object {to}"
        for name in ("summarizedField", "summaryForeignKey"):
            if named := xml.text(name):
                yield from _missing(where, named.partition(".")[0], [named.partition(".")[2]], objects)
        for filter in xml.all("summaryFilterItems"):
            child, _, field_name = filter.text("field").partition(".")
            yield from _word(where, child, field_name, filter.text("value"), objects)
        yield from formula(where, owner, xml.text("formula"), objects, permissions)
    for path in sources.files(".validationRule-meta.xml"):
        owner, xml = path.parent.parent.name, Xml.of(path)
        yield from formula(f"{owner}.{path.name}", owner, xml.text("errorConditionFormula"), objects, permissions)
        yield from _missing(f"{owner}.{path.name}", owner, xml.texts("errorDisplayField"), objects)


def formula(where: str, owner: str, text: str, objects: Objects, permissions: frozenset[str]) -> Iterator[str]:
    """Names of a formula about records of `owner` that lead nowhere: fields, permissions, words of picklists."""
    for name in _PERMISSION.findall(text):
        if name not in permissions:
            yield f"{where}: there is no custom permission {name}"
    for path, word in _PICK.findall(text):
        field = at(path, owner, objects)
        if field is not None and word not in field.words:
            yield f'{where}: {path} has no word "{word}"'
    bare = _PERMISSION.sub("", _TEXT.sub("", text))
    paths = [p for p in re.findall(r"[A-Za-z][\w.]*", bare) if "__" in p or p in ("OwnerId", "Name")]
    yield from _missing(where, owner, paths, objects)


def _the_rest(sources: Sources, objects: Objects) -> Iterator[str]:
    for name, message in sources.messages().items():
        yield from _missing(f"outbound message {name}", name.partition(".")[0], message.texts("fields"), objects)
    for name, rules in sources.read(".sharingRules-meta.xml"):
        yield from (f"sharing rules of {name}: no group {g}" for g in _lost(rules.anywhere("group"), sources, ".group"))
    for name, credential in sources.read(".namedCredential-meta.xml"):
        used = credential.anywhere("externalCredential")
        yield from (f"{name}: no external credential {c}" for c in _lost(used, sources, ".externalCredential"))
    for path in sources.files(".cls"):
        text = path.read_text(encoding="utf-8")
        used = re.findall(r"callout:(\w+)", text)
        yield from (f"{path.name}: no named credential {c}" for c in _lost(used, sources, ".namedCredential"))
        if path.with_name(f"{path.name}-meta.xml").exists() is False:
            yield f"{path.name} has no -meta.xml"
    api = next((p.read_text(encoding="utf-8") for p in sources.files("SpiffApi.cls")), "")
    used = re.findall(r"'(Spiff_\w+)' => '", api)
    yield from (f"SpiffApi: no custom permission {p}" for p in _lost(used, sources, ".customPermission"))
    yield from replacements(SALESFORCE)


def _components(sources: Sources, objects: Objects) -> Iterator[str]:
    """What the Lightning components import of the rest: Apex methods, and the objects they are placed on."""
    methods = {
        f"{path.stem}.{method}"
        for path in sources.files(".cls")
        for method in re.findall(r"@AuraEnabled[^{;]*?\s(\w+)\(", path.read_text(encoding="utf-8"))
    }
    for path in (p for p in sources.files(".js") if "lwc" in p.parts):
        used = re.findall(r"'@salesforce/apex/(\w+\.\w+)'", path.read_text(encoding="utf-8"))
        yield from (f"{path.name}: there is no @AuraEnabled {m}" for m in sorted(set(used) - methods))
    for path in sources.files(".js-meta.xml"):
        placed = set(re.findall(r"<object>(\w+)</object>", path.read_text(encoding="utf-8")))
        yield from (f"{path.name}: there is no object {o}" for o in sorted(placed - set(objects) - _STANDARD))
    bundles, pages = {p.parent.name for p in sources.files(".js-meta.xml")}, sources.names(".flexipage-meta.xml")
    for name, page in sources.read(".flexipage-meta.xml"):
        ours = {c for c in page.anywhere("componentName") if ":" not in c}
        yield from (f"page {name}: there is no component {c}" for c in sorted(ours - bundles))
        yield from (f"page {name}: there is no object {o}" for o in page.texts("sobjectType") if o not in objects)
    for name, tab in sources.read(".tab-meta.xml"):
        yield from (f"tab {name}: there is no page {p}" for p in tab.texts("flexiPage") if p not in pages)
    tabs = sources.names(".tab-meta.xml")
    for name, app in sources.read(".app-meta.xml"):
        ours = {t for t in app.texts("tabs") if not t.startswith("standard-")}
        yield from (f"app {name}: there is no tab {t}" for t in sorted(ours - tabs))
        yield from (f"app {name}: there is no page {p}" for p in sorted(set(app.anywhere("content")) - pages))


def replacements(project: Path) -> Iterator[str]:
    """Texts that a deployment replaces, which stand in no file any more: they would go out as they are."""
    told = json.loads((project / "sfdx-project.json").read_text(encoding="utf-8"))
    for rule in told.get("replacements", []):
        files = [p for d in told["packageDirectories"] for p in (project / d["path"]).glob(rule["glob"])]
        if not any(rule["stringToReplace"] in p.read_text(encoding="utf-8") for p in files):
            yield f"sfdx-project.json: {rule['stringToReplace']} is in no file of {rule['glob']}"


def _lost(names: list[str], sources: Sources, kind: str) -> list[str]:
    return sorted(set(names) - sources.names(f"{kind}-meta.xml"))


def _missing(where: str, owner: str, paths: list[str], objects: Objects) -> Iterator[str]:
    if owner not in objects:
        yield f"{where}: there is no object {owner}"
        return
    for path in paths:
        if at(path, owner, objects) is None:
            yield f"{where}: {owner} has no field {path}"


def _word(where: str, owner: str, field_name: str, value: str, objects: Objects) -> Iterator[str]:
    field = objects.get(owner, {}).get(field_name)
    if field is not None and field.words and (wrong := set(value.split(",")) - field.words):
        yield f"{where}: {field_name} has no word {', '.join(sorted(wrong))}"
