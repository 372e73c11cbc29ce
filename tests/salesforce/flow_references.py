"""Does every flow run from its start to its end over elements, fields, words and actions that are there?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tests.salesforce.references import Objects, formula
from tests.salesforce.sources import Field, Sources, Xml, at

_NODES = ("actionCalls", "assignments", "decisions", "loops", "recordLookups", "recordUpdates")
_RESOURCES = ("formulas", "variables")
_GLOBALS = ("$Flow.CurrentDateTime", "$Flow.CurrentDate", "$User.Id")


def complaints(sources: Sources) -> Iterator[str]:
    """Whatever in a flow leads nowhere, or is never reached."""
    objects, messages = sources.objects(), sources.messages()
    for name, flow in sources.read(".flow-meta.xml"):
        for told in _Reading(sources, flow, objects, messages).complaints():
            yield f"flow {name}: {told}"


class _Reading:
    """One flow being read. `records` names what holds a record: `$Record`, loops, lookups."""

    def __init__(self, sources: Sources, flow: Xml, objects: Objects, messages: Mapping[str, Xml]) -> None:
        self.sources, self.flow, self.objects, self.messages = sources, flow, objects, messages
        [self.start] = flow.all("start")
        self.owner = self.start.text("object")
        self.nodes = {n.text("name"): n for kind in _NODES for n in flow.all(kind)}
        self.resources = {n.text("name"): n for kind in _RESOURCES for n in flow.all(kind)}
        found = {n.text("name"): n.text("object") for n in flow.all("recordLookups")}
        loops = {n.text("name"): found.get(n.text("collectionReference"), "") for n in flow.all("loops")}
        self.records = {"$Record": self.owner} | found | loops

    def complaints(self) -> Iterator[str]:
        if self.owner not in self.objects:
            yield f"there is no object {self.owner}"
            return
        yield from self.connections()
        yield from self.filters(self.start, self.owner)
        for lookup in self.flow.all("recordLookups"):
            yield from self.lookup(lookup, lookup.text("object"))
        for update in self.flow.all("recordUpdates"):
            for item in update.all("inputAssignments"):
                yield from self.filters_word(self.owner, item)
        for reference in [
            *self.flow.anywhere("leftValueReference"), *self.flow.anywhere("assignToReference"),
            *self.flow.anywhere("elementReference"), *self.flow.anywhere("collectionReference"),
        ]:  # fmt: skip
            yield from self.reference(reference)
        for action in self.flow.all("actionCalls"):
            if action.text("actionType") == "outboundMessage" and action.text("actionName") not in self.messages:
                yield f"there is no outbound message {action.text('actionName')}"
        for resource in self.flow.all("formulas"):
            yield from self.expression(resource.text("name"), resource.text("expression"))

    def expression(self, name: str, text: str) -> Iterator[str]:
        """A formula resource: what it refers to, the words it compares with, the permissions it asks for."""
        for reference in re.findall(r"\{!([$\w.]+)\}", text):
            if not reference.startswith("$Permission."):
                yield from self.reference(reference)
        permissions = self.sources.names(".customPermission-meta.xml")
        asked = " ".join(re.findall(r"\$Permission\.\w+", text))
        yield from formula(name, self.owner, asked, self.objects, permissions)
        for record, of in self.records.items():
            compared = " ".join(re.findall(rf"ISPICKVAL\(\{{!{re.escape(record)}\.[^)]*\)", text))
            yield from formula(name, of, compared.replace(f"{record}.", ""), self.objects, permissions)

    def connections(self) -> Iterator[str]:
        """Connectors that end nowhere, and elements nothing leads to."""
        reached, todo = set(), self.start.anywhere("targetReference")
        while todo:
            name = todo.pop()
            if name not in self.nodes:
                yield f"a connector leads to {name}, which is not there"
            elif name not in reached:
                reached.add(name)
                todo += self.nodes[name].anywhere("targetReference")
        yield from (f"nothing leads to {name}" for name in sorted(set(self.nodes) - reached))

    def lookup(self, lookup: Xml, owner: str) -> Iterator[str]:
        """Fields a lookup filters by, reads or sorts by."""
        yield from self.filters(lookup, owner)
        for name in [*lookup.texts("queriedFields"), *lookup.texts("sortField")]:
            if at(name, owner, self.objects) is None:
                yield f"{owner} has no field {name}"

    def filters(self, node: Xml, owner: str) -> Iterator[str]:
        for filter in node.all("filters"):
            yield from self.filters_word(owner, filter)

    def filters_word(self, owner: str, item: Xml) -> Iterator[str]:
        """A field that is not there, or a word its picklist does not have."""
        field = self.objects.get(owner, {}).get(item.text("field"))
        if field is None:
            yield f"{owner} has no field {item.text('field')}"
            return
        words = [w for value in item.all("value") for w in value.texts("stringValue")]
        yield from (f'{item.text("field")} has no word "{w}"' for w in words if field.words and w not in field.words)

    def reference(self, reference: str) -> Iterator[str]:
        if reference in self.nodes or reference in self.resources or reference in _GLOBALS or reference == "$Record":
            return
        record, _, path = reference.partition(".")
        if record not in self.records or at(path, self.records[record], self.objects) is None:
            yield f"{reference} is nothing"


def stamped(sources: Sources, flow: str) -> dict[str, Field]:
    """The fields of its record that a flow assigns."""
    [xml] = [x for name, x in sources.read(".flow-meta.xml") if name == flow]
    fields = sources.objects()[Xml(xml.all("start")[0].node).text("object")]
    assigned = [r.removeprefix("$Record.") for r in xml.anywhere("assignToReference") if r.startswith("$Record.")]
    return {name: fields[name] for name in assigned}
