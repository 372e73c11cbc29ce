"""Which functions of the adapters call the outside world, read from the source: nothing can be forgotten by the sweep.

A call site is (operation, function): every method of an adapter class, and every function beside it, from which an
AWS, provider or Salesforce call can be reached inside the adapters. The sweep must have let each one fail, or
`EXCUSED` says why not; an excuse for a site that is covered or gone fails as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

Site = tuple[str, str]  # operation, "adapters/file.py:Class.method"

ROOT = Path(__file__).parent.parent.parent / "chalicelib"

# What a method call in an adapter's source means on the wire.
BOTO = {
    "get_item": "GetItem", "batch_get_item": "BatchGetItem", "query": "Query", "put_item": "PutItem",
    "update_item": "UpdateItem", "delete_item": "DeleteItem", "batch_write_item": "BatchWriteItem",
    "transact_write_items": "TransactWriteItems", "scan": "Scan", "send_message": "SendMessage",
    "send_message_batch": "SendMessageBatch", "get_object": "GetObject", "head_object": "HeadObject",
    "put_object": "PutObject", "delete_object": "DeleteObject", "list_objects_v2": "ListObjectsV2",
    "send_email": "SendEmail", "get_secret_value": "GetSecretValue", "transact_get_items": "TransactGetItems",
}  # fmt: skip
PYNAMO = {"save": "PutItem", "get": "GetItem", "batch_get": "BatchGetItem", "query": "Query", "update": "UpdateItem",
          "delete": "DeleteItem", "scan": "Scan"}  # fmt: skip
PAGINATED = {"list_objects_v2": "ListObjectsV2"}
SALESFORCE = {"restful": "salesforce", "query": "salesforce", "query_more": "salesforce", "Salesforce": "salesforce"}

# Sites no fault was fired at, each with the reason; the test fails for one too many and one too few.
_LOG, _MONEY = "adapters/dynamodb/feed_log.py:FeedLogTable", "adapters/dynamodb/money.py:MoneyTable"
_AUDIT = "adapters/dynamodb/inspection.py:CoreInspection"
EXCUSED: dict[Site, str] = {
    ("BatchGetItem", "adapters/dynamodb/programs.py:ProgramTable.past"): "no program of the story was retired before",
    ("GetObject", "adapters/rewards/manual.py:Manual.find"): "is Manual.get under another name; only a readdress asks",
    ("UpdateItem", "adapters/dynamodb/told.py:ToldTable.give_back"): "only after a bell was refused: the pairs do it",
    ("PutItem", f"{_MONEY}.stop"): "no handler sets the kill switch: a person does, at a console",
    ("Query", "adapters/dynamodb/core.py:DynamoCore.overflowing"): "above 500 lines under a key; a read like any other",
    ("Query", f"{_LOG}.count_chunk"): "above 200 chunks of one file; a read like any other",
    ("Query", f"{_LOG}.quarantined"): "no handler calls it",
    ("Query", f"{_AUDIT}._query"): "no handler calls it: `make audit`",
    ("Scan", f"{_AUDIT}.scanned"): "no handler calls it: `make audit` after a restore",
    ("Query", f"{_AUDIT}.beside"): "no handler calls it: `make audit`",
    ("TransactWriteItems", f"{_AUDIT}.restate"): "no handler calls it: `make audit` with a repair, by a person",
}  # fmt: skip


def call_sites() -> set[Site]:
    """Every call site of the adapters."""
    found: set[Site] = set()
    functions = {f"{path}:{name}": node for path, name, node in _functions()}
    direct = {name: _direct(name, node) for name, node in functions.items()}
    calls = {name: _called(name, node, functions) for name, node in functions.items()}
    for name in functions:
        reached, todo = set(direct[name]), list(calls[name])
        seen = {name}
        while todo:
            other = todo.pop()
            if other in seen:
                continue
            seen.add(other)
            reached |= direct[other]
            todo += calls[other]
        found |= {(operation, name) for operation in reached}
    return found


def _functions() -> Iterator[tuple[str, str, ast.AST]]:
    for path in sorted((ROOT / "adapters").rglob("*.py")):
        where = str(path.relative_to(ROOT))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                yield where, node.name, node
            elif isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        yield where, f"{node.name}.{inner.name}", inner


def _direct(name: str, function: ast.AST) -> set[str]:
    """Operations this function calls itself."""
    found: set[str] = set()
    money, salesforce = "dynamodb/money.py" in name, "adapters/salesforce" in name
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        on = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if called == "TransactWrite":
            found.add("TransactWriteItems")
        elif money and called in PYNAMO and on in ("self._model", "item"):
            found.add(PYNAMO[called])
        elif salesforce and called in SALESFORCE and on in ("", "org", "self._org()"):
            found.add("salesforce")
        elif called == "get_paginator":
            found.add(PAGINATED[ast.literal_eval(node.args[0])])
        elif called == "request" and on.endswith("_pool"):
            found.add("provider")
        elif (
            called in BOTO and not money and not salesforce and ("client" in on or on.endswith(("_s3", "_sqs", "_ses")))
        ):
            found.add(BOTO[called])
    return found


def _called(name: str, function: ast.AST, functions: dict[str, ast.AST]) -> list[str]:
    """Functions of the adapters this one calls: its own class's methods, its file's and the batch functions."""
    where, _, own = name.partition(":")
    cls = own.partition(".")[0] if "." in own else ""
    found = []
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            if ast.unparse(node.func.value) == "self" and cls:
                found.append(f"{where}:{cls}.{node.func.attr}")
        elif isinstance(node.func, ast.Name):
            found += [f"{where}:{node.func.id}", f"adapters/dynamodb/batches.py:{node.func.id}"]
    return [other for other in found if other in functions]


def plain(operation: str) -> str:
    """The operation of a recorded call as the source names it."""
    return operation.partition(":")[0]
