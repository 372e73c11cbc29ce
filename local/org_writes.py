"""What the simulated org takes from a writer, checked as an org checks it: updates of records by id (sObject
Collections), and custom notifications."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.salesforce_values import full_id
from local.org_http import Refusal
from local.org_state import NOTIFICATION_TYPES, READ_ONLY, SCHEMAS, OrgState

MOST_RECORDS, MOST_INPUTS, MOST_RECIPIENTS = 200, 200, 500
LONGEST = {"string": 255, "title": 250, "body": 750}


def update_records(state: OrgState, body: dict[str, Any], refused: dict[str, list[str]]) -> list[dict[str, Any]]:
    """`PATCH composite/sobjects`: each record by itself. `refused` are codes a record's next updates are refused with.
    Raises: Refusal when the call as a whole is not one."""
    if set(body) - {"allOrNone", "records"} or not isinstance(body.get("records"), list):
        raise Refusal(400, "JSON_PARSER_ERROR", "allOrNone and records are expected")
    if body.get("allOrNone"):
        raise Refusal(400, "NOT_SUPPORTED", "this org only plays allOrNone false")
    records = body["records"]
    if not 1 <= len(records) <= MOST_RECORDS:
        raise Refusal(400, "INVALID_INPUT", f"{len(records)} records: 1 to {MOST_RECORDS} are taken in one call")
    ids = [record.get("id") for record in records]
    if len(set(ids)) != len(ids):
        raise Refusal(400, "DUPLICATE_VALUE", "a record stands twice in one call")
    return [_updated(state, record, refused) for record in records]


def _updated(state: OrgState, record: dict[str, Any], refused: dict[str, list[str]]) -> dict[str, Any]:
    object_name = record.get("attributes", {}).get("type", "")
    id = full_id(str(record.get("id") or ""))
    values = {name: value for name, value in record.items() if name not in ("attributes", "id")}
    if object_name not in SCHEMAS:
        return _error("INVALID_TYPE", f"sObject type '{object_name}' is not supported.")
    known = state.records.get(object_name, {}).get(id or "")
    if id is None or not id.startswith(SCHEMAS[object_name][0]):
        return _error("MALFORMED_ID", f"bad id {record.get('id')}")
    if known is None:
        return _error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if known.get("IsDeleted"):
        return _error("ENTITY_IS_DELETED", "entity is deleted")
    for name, value in values.items():
        kind = SCHEMAS[object_name][1].get(name)
        if kind is None:
            return _error("INVALID_FIELD", f"No such column '{name}' on sobject of type {object_name}", name)
        if name in READ_ONLY:
            return _error("INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: {name}.", name)
        if kind == "string" and not isinstance(value, str | None):
            return _error("JSON_PARSER_ERROR", f"{name} is no text", name)
        if kind == "string" and len(value or "") > LONGEST["string"]:
            return _error("STRING_TOO_LONG", f"{name}: data value too large", name)
        if kind in ("double", "currency") and (isinstance(value, bool) or not isinstance(value, int | float | None)):
            return _error("JSON_PARSER_ERROR", f"{name} is no number", name)
    if refused.get(id):
        return _error(refused[id].pop(0), "refused, as the story wants it")
    state.put(object_name, id, values)
    return {"id": id, "success": True, "errors": []}


def _error(code: str, message: str, *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def notify(state: OrgState, body: dict[str, Any]) -> tuple[bool, list[dict[str, Any]]]:
    """The custom notification action: (did all go well, one answer for each input). What is taken lies in
    `state.bells`. Raises: Refusal when the call as a whole is not one."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST_INPUTS:
        raise Refusal(400, "INVALID_INPUT", f"1 to {MOST_INPUTS} inputs are taken in one call")
    answers = []
    for one in inputs:
        wrong = _wrong_with(state, one)
        if not wrong:
            state.bells.append({k: one[k] for k in ("recipientIds", "title", "body", "targetId")} | {"at": _now(state)})
        errors = [{"statusCode": wrong[0], "message": wrong[1], "fields": []}] if wrong else None
        answers.append(
            {"actionName": "customNotificationAction", "errors": errors, "isSuccess": not wrong, "outputValues": None}
        )
    return all(answer["isSuccess"] for answer in answers), answers


def _now(state: OrgState) -> str:
    return state.now().isoformat()


def _wrong_with(state: OrgState, one: dict[str, Any]) -> tuple[str, str] | None:
    if one.get("customNotifTypeId") not in NOTIFICATION_TYPES.values():
        return "INVALID_INPUT", "there is no such custom notification type"
    recipients = one.get("recipientIds")
    if not isinstance(recipients, list) or not 1 <= len(recipients) <= MOST_RECIPIENTS:
        return "REQUIRED_FIELD_MISSING", f"1 to {MOST_RECIPIENTS} recipientIds are required"
    users = state.records.get("User", {})
    if strangers := [id for id in recipients if not users.get(full_id(id) or "", {}).get("IsActive")]:
        return "INVALID_ID_FIELD", f"no active user: {', '.join(strangers)}"
    for name in ("title", "body"):
        if not one.get(name) or len(one[name]) > LONGEST[name]:
            return "INVALID_INPUT", f"the {name} is required and takes {LONGEST[name]} characters"
    if not full_id(one.get("targetId") or "") and not one.get("targetPageRef"):
        return "REQUIRED_FIELD_MISSING", "targetId or targetPageRef is required"
    return None
