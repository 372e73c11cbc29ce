"""Saving a record as the platform does: before-save flows, validation rules, after-save flows; read from the package.

Only what the package uses is played, and a flow that needs more raises KeyError. It follows the published order of
execution; it is no org.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from tests.salesforce.formulas import Context, blank, evaluate
from tests.salesforce.sources import Sources, Xml

Record = dict[str, Any]


@dataclass(slots=True)
class Org:
    """Records by object, what was sent, and who is running: `user` with `permissions`, at `now`."""

    sources: Sources
    now: datetime
    user: str
    permissions: frozenset[str] = frozenset()
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)

    def save(self, owner: str, id: str, **changes: Any) -> list[str]:
        """Create or change a record; the messages of the rules that refuse it, or nothing and it is saved."""
        prior = self.records.get(owner, {}).get(id)
        record = {"Id": id, **(prior or {}), **changes}
        if prior is None:
            record["Id"] = None  # before a new record is saved it has no id
        for flow in self._flows(owner, "RecordBeforeSave", record, prior):
            _Run(self, owner, flow, record).go()
        refused = [
            rule.text("errorMessage")
            for path, rule in self._rules(owner)
            if evaluate(rule.text("errorConditionFormula"), self._context(owner, record, prior)) and path
        ]
        if refused:
            return refused
        self.records.setdefault(owner, {})[id] = record | {"Id": id}
        self._roll_up(owner)
        for flow in self._flows(owner, "RecordAfterSave", record | {"Id": id}, prior):
            run = _Run(self, owner, flow, record | {"Id": id})
            run.go()
            if run.updates:
                return self.save(owner, id, **run.updates)
        return []

    def run_nightly(self, owner: str) -> None:
        """The scheduled flows of an object, over the records they choose."""
        for id, record in list(self.records.get(owner, {}).items()):
            for flow in self._flows(owner, "Scheduled", record, record):
                run = _Run(self, owner, flow, dict(record))
                run.go()
                assert self.save(owner, id, **run.updates) == []

    def at(self, owner: str, record: Mapping[str, Any], path: str) -> Any:
        """The value at a path of a record, following lookups; null when a lookup is empty."""
        step, _, rest = path.partition(".")
        if not rest:
            return record.get(step)
        lookup = self.sources.objects()[owner][step.replace("__r", "__c")]
        there = self.records.get(lookup.to, {}).get(record.get(step.replace("__r", "__c")))
        return None if there is None else self.at(lookup.to, there, rest)

    def _context(self, owner: str, record: Record, prior: Record | None) -> Context:
        return Context(lambda path: self.at(owner, record, path), prior, self.permissions)

    def _rules(self, owner: str) -> list[tuple[str, Xml]]:
        paths = [p for p in self.sources.files(".validationRule-meta.xml") if p.parent.parent.name == owner]
        return [(p.name, Xml.of(p)) for p in paths]

    def _flows(self, owner: str, trigger: str, record: Record, prior: Record | None) -> list[Xml]:
        found = []
        for _, flow in self.sources.read(".flow-meta.xml"):
            [start] = flow.all("start")
            if (start.text("object"), start.text("triggerType")) != (owner, trigger):
                continue
            if prior is not None and start.text("recordTriggerType") == "Create":
                continue
            newly = start.text("doesRequireRecordChangedToMeetCriteria") == "true" and prior is not None
            if self.chosen(start, record) and not (newly and self.chosen(start, prior or {})):
                found.append(flow)
        return sorted(found, key=lambda f: int(f.text("triggerOrder") or 0))

    def chosen(self, start: Xml, record: Record) -> bool:
        """Does a record meet the conditions of a start element or a lookup?"""
        conditions = start.all("filters")
        met = [self._met(f.text("operator"), record.get(f.text("field")), _given(self, f)) for f in conditions]
        logic = start.text("filterLogic")
        if logic in ("", "and"):
            return all(met)
        python = re.sub(r"\d+", lambda n: str(met[int(n.group()) - 1]), logic.replace("AND", "and").replace("OR", "or"))
        return bool(eval(python, {"__builtins__": {}}))  # noqa: S307 - "(1 OR 2) AND 3", of our own file

    @staticmethod
    def _met(operator: str, value: Any, given: Any) -> bool:
        if operator == "IsNull":
            return blank(value) is given
        if operator == "LessThan":
            return value is not None and value < given
        return {"EqualTo": value == given}[operator]

    def _roll_up(self, owner: str) -> None:
        for parent, fields in self.sources.objects().items():
            for name in (n for n, f in fields.items() if f.kind == "Summary"):
                [path] = self.sources.files(f"{name}.field-meta.xml")
                xml = Xml.of(path)
                child, _, lookup = xml.text("summaryForeignKey").partition(".")
                if child != owner:
                    continue
                kept = [(f.text("field").partition(".")[2], f.text("value")) for f in xml.all("summaryFilterItems")]
                for id, record in self.records.get(parent, {}).items():
                    rows = [r for r in self.records[child].values() if r[lookup] == id]
                    rows = [r for r in rows if all(r.get(f) == v for f, v in kept)]
                    summed = xml.text("summarizedField").partition(".")[2]
                    record[name] = sum((r[summed] for r in rows), Decimal(0)) if summed else Decimal(len(rows))


def _given(org: Org, item: Xml) -> Any:
    [value] = item.all("value")
    if text := value.texts("stringValue"):
        return text[0]
    if truth := value.texts("booleanValue"):
        return truth[0] == "true"
    [reference] = value.texts("elementReference")
    return {"$Flow.CurrentDate": org.now.date()}.get(reference, reference)


class _Run:
    """One interview of a flow over one record."""

    def __init__(self, org: Org, owner: str, flow: Xml, record: Record) -> None:
        self.org, self.owner, self.flow, self.record = org, owner, flow, record
        self.variables: dict[str, Any] = {v.text("name"): None for v in flow.all("variables")}
        self.formulas = {f.text("name"): f.text("expression") for f in flow.all("formulas")}
        self.found: dict[str, tuple[str, list[Record]]] = {}
        self.loops: dict[str, int] = {}
        self.updates: Record = {}
        self.nodes = {n.text("name"): (kind, n) for kind in self.DO for n in flow.all(kind)}

    def go(self) -> None:
        here = self._next(self.flow.all("start")[0])
        while here:
            kind, node = self.nodes[here]
            here = self.DO[kind](self, node)

    @staticmethod
    def _next(node: Xml, connector: str = "connector") -> str:
        return next((c.text("targetReference") for c in node.all(connector)), "")

    def value(self, reference: str) -> Any:
        if reference in self.formulas:
            return evaluate(self.formulas[reference], Context(self.value, permissions=self.org.permissions))
        if reference in self.variables:
            return self.variables[reference]
        name, _, path = reference.partition(".")
        if name in self.loops:
            owner, rows = self.found[self._collection(name)]
            return self.org.at(owner, rows[self.loops[name]], path)
        if name == "$Record":
            return self.org.at(self.owner, self.record, path)
        return {"$Flow.CurrentDateTime": self.org.now, "$User.Id": self.org.user}[reference]

    def _collection(self, loop: str) -> str:
        return self.nodes[loop][1].text("collectionReference")

    def decide(self, node: Xml) -> str:
        for rule in node.all("rules"):
            [condition] = rule.all("conditions")
            [right] = condition.all("rightValue")
            value = self.value(condition.text("leftValueReference"))
            given = right.text("booleanValue") == "true"
            if (blank(value) if condition.text("operator") == "IsNull" else value) is given:
                return self._next(rule)
        return self._next(node, "defaultConnector")

    def assign(self, node: Xml) -> str:
        for item in node.all("assignmentItems"):
            target, value = item.text("assignToReference"), self.value(item.all("value")[0].text("elementReference"))
            if target.startswith("$Record."):
                self.record[target.removeprefix("$Record.")] = value
            elif item.text("operator") == "Add":
                self.variables[target] = (self.variables[target] or "") + value
            else:
                self.variables[target] = value
        return self._next(node)

    def look_up(self, node: Xml) -> str:
        owner = node.text("object")
        [filter] = node.all("filters")
        wanted = self.value(filter.all("value")[0].text("elementReference"))
        rows = [r for r in self.org.records.get(owner, {}).values() if wanted and r.get(filter.text("field")) == wanted]
        self.found[node.text("name")] = owner, sorted(rows, key=lambda r: r[node.text("sortField")])
        return self._next(node)

    def loop(self, node: Xml) -> str:
        name = node.text("name")
        self.loops[name] = self.loops.get(name, -1) + 1
        more = self.loops[name] < len(self.found[node.text("collectionReference")][1])
        return self._next(node, "nextValueConnector" if more else "noMoreValuesConnector")

    def update(self, node: Xml) -> str:
        assert node.text("inputReference") == "$Record"
        for item in node.all("inputAssignments"):
            [value] = item.all("value")
            text = value.texts("stringValue")
            self.updates[item.text("field")] = text[0] if text else self.value(value.text("elementReference"))
        return self._next(node)

    def act(self, node: Xml) -> str:
        assert node.text("actionType") == "outboundMessage"
        self.org.sent.append((node.text("actionName"), self.record["Id"]))
        return self._next(node)

    DO: ClassVar[Mapping[str, Callable[..., str]]] = {
        "decisions": decide, "assignments": assign, "recordLookups": look_up, "loops": loop, "recordUpdates": update,
        "actionCalls": act,
    }  # fmt: skip
