"""Checking a field mapping document (docs/schemas/field-mapping.schema.json) before it reads a single record."""

from __future__ import annotations

import re

from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.field_mapping import ROLES, STATUSES, FieldMapping, StatusStep
from chalicelib.domain.registrations import DEAL_TYPES

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


def mapping_from(document: object) -> FieldMapping:
    """Read and check a mapping document (docs/schemas/field-mapping.schema.json).

    Raises: InvalidDocument with every problem at once, each with its path.
    """
    if not isinstance(document, dict):
        raise InvalidDocument("field mapping", [Problem("", "is no JSON object", "see docs/examples/mappings")])
    return _Checking(document).mapping()


_KEYS = {
    "$schema", "object", "sweep", "fields", "status", "otherwise", "approved_when", "deal_type_words",
    "default_currency", "owner_earns",
}  # fmt: skip


class _Checking:
    """One document being checked; collects problems on the way."""

    def __init__(self, document: dict[str, object]) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def mapping(self) -> FieldMapping:
        for key in sorted(set(self.document) - _KEYS):
            self.wrong(key, "is no part of a field mapping", f"one of: {', '.join(sorted(_KEYS))}", key)
        object_name = self.document.get("object")
        self.field_name("object", object_name)
        fields = self.fields()
        steps = self.steps()
        otherwise = self.document.get("otherwise")
        if otherwise is not None:
            self.one_of("otherwise", otherwise, STATUSES)
        approved_when = self.document.get("approved_when", [s for s in STATUSES if s != "submitted"])
        for i, status in enumerate(self.a_list("approved_when", approved_when)):
            self.one_of(f"approved_when[{i}]", status, STATUSES)
        words = self.words("deal_type_words", self.document.get("deal_type_words", {}), DEAL_TYPES)
        currency = self.document.get("default_currency", "USD")
        if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
            self.wrong("default_currency", "is no currency code", "three capital letters, for example USD", currency)
        flags = {k: self.document.get(k, d) for k, d in (("owner_earns", False), ("sweep", True))}
        for key, flag in flags.items():
            if not isinstance(flag, bool):
                self.wrong(key, "is neither true nor false", "write true or false", flag)
        if self.problems:
            raise InvalidDocument(f"field mapping of {object_name}", self.problems)
        return FieldMapping(
            object=str(object_name), fields=fields, status=steps, otherwise=otherwise,  # type: ignore[arg-type]
            approved_when=tuple(approved_when),  # type: ignore[arg-type]
            deal_type_words=words, default_currency=str(currency), **flags,  # type: ignore[arg-type]
        )  # fmt: skip

    def wrong(self, path: str, message: str, remedy: str, value: object = "") -> None:
        self.problems.append(Problem(path, message, remedy, str(value)[:80]))

    def a_list(self, path: str, value: object) -> list[object]:
        if isinstance(value, list):
            return value
        self.wrong(path, "is no list", 'write a list, for example ["SystemModstamp"]', value)
        return []

    def field_name(self, path: str, name: object) -> None:
        # The name goes into a SOQL statement: nothing but an API name may pass.
        if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
            self.wrong(path, "is no API name", "an API name as in Object Manager, for example Status__c", name)

    def one_of(self, path: str, value: object, allowed: tuple[str, ...]) -> None:
        if value not in allowed:
            self.wrong(path, "is not known", f"one of: {', '.join(allowed)}", value)

    def fields(self) -> dict[str, tuple[str, ...]]:
        given = self.document.get("fields")
        if not isinstance(given, dict):
            self.wrong("fields", "is missing", 'for example {"version": ["SystemModstamp"], …}', given)
            return {}
        for role, names in given.items():
            if role not in ROLES:
                self.wrong(f"fields.{role}", "is nothing a registration has", f"one of: {', '.join(ROLES)}", role)
            for i, name in enumerate(self.a_list(f"fields.{role}", names)):
                self.field_name(f"fields.{role}[{i}]", name)
        for role in ("version", "created_at", "account", "number"):
            if not given.get(role):
                self.wrong(f"fields.{role}", "is missing", "name at least one field")
        return {role: tuple(names) for role, names in given.items() if isinstance(names, list)}

    def steps(self) -> tuple[StatusStep, ...]:
        steps = []
        given = self.a_list("status", self.document.get("status"))
        if not given:
            self.wrong("status", "says nothing", 'for example [{"field": "Status__c", "words": {…}}]')
        for i, step in enumerate(given):
            path = f"status[{i}]"
            if not isinstance(step, dict) or set(step) != {"field", "words"}:
                self.wrong(path, "is no step", 'an object with "field" and "words"', step)
                continue
            self.field_name(f"{path}.field", step["field"])
            steps.append(StatusStep(str(step["field"]), self.words(f"{path}.words", step["words"], STATUSES)))  # type: ignore[arg-type]
        return tuple(steps)

    def words(self, path: str, given: object, allowed: tuple[str, ...]) -> dict[str, object]:
        if not isinstance(given, dict):
            self.wrong(path, "is no table of words", 'for example {"Approved": "approved"}', given)
            return {}
        for word, meaning in given.items():
            self.one_of(f"{path}.{word}", meaning, allowed)
        return {str(word).strip().casefold(): meaning for word, meaning in given.items()}
