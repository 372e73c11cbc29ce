"""Programs in the ops table: drafts, activated versions, and the registry that scoring reads with every event.

A version never changes once activated, so it is read and parsed once per process; only the registry, one small item,
is read each time. Whatever changes the registry moves its epoch, and every change is conditional on the epoch it was
decided on: of two activations at once one loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.adapters.dynamodb.batches import get_all, query_all
from chalicelib.domain.calendar import instant, iso
from chalicelib.domain.errors import BrokenPromise, Conflict, InvalidDocument
from chalicelib.domain.program_documents import parse
from chalicelib.domain.programs import Program
from chalicelib.services.ports import ProgramDraft, PublishedProgram, Review

if TYPE_CHECKING:
    from chalicelib.domain.restatement import Restatement

Item = dict[str, Any]

_REGISTRY: Item = {"pk": {"S": "REGISTRY"}, "sk": {"S": "PROGRAMS"}}


def aliases_moved(table: str) -> Item:
    """The update of the registry that goes with every change of an alias, in the same transaction: whoever reads the
    registry with an event learns of it."""
    return {
        "TableName": table,
        "Key": dict(_REGISTRY),
        "UpdateExpression": "ADD epoch :one, aliases :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }


def _key(program: str, sk: str) -> Item:
    return {"pk": {"S": f"PROGRAM#{program}"}, "sk": {"S": sk}}


def _version_key(program: str, version: int) -> Item:
    return _key(program, f"V#{version:04d}")


class ProgramTable:
    """Implements `ports.ProgramStore` on the ops table; keep one per process for its cache."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._known: dict[tuple[str, int], PublishedProgram] = {}
        self._active: tuple[int, dict[str, tuple[Program, ...]]] | None = None

    # --- what scoring reads ---

    def registry_key(self) -> Item:
        """Key of the registry item, for a BatchGetItem that reads it with other things."""
        return dict(_REGISTRY)

    def programs_for(self, registry_item: Item | None) -> dict[str, tuple[Program, ...]]:
        """The active programs by a raw registry item: id -> versions, oldest first. Versions not met yet are loaded;
        an epoch already seen costs nothing. Raises: BrokenPromise when a version is missing or no longer parses."""
        if registry_item is None:
            return {}
        epoch = int(registry_item["epoch"]["N"])
        if self._active is not None and self._active[0] == epoch:
            return dict(self._active[1])
        listed = _listed(registry_item)
        self._load([(id_, version) for id_, versions in listed.items() for version, _ in versions])
        found = {
            id_: tuple(self._known[id_, version].program for version, _ in sorted(listed[id_]))
            for id_ in sorted(listed)
        }
        self._active = (epoch, found)
        return dict(found)

    def active(self) -> dict[str, tuple[Program, ...]]:
        """See `ports.Programs`: one strongly consistent read of the registry."""
        return self.programs_for(self._registry())

    def versions(self, program: str) -> tuple[Program, ...]:
        """See `ports.Programs`; retired programs have their versions too."""
        return tuple(published.program for published in self.published(program))

    def _load(self, wanted: Sequence[tuple[str, int]]) -> None:
        missing = [pair for pair in wanted if pair not in self._known]
        if not missing:
            return
        for item in get_all(self._client, self._table, [_version_key(*pair) for pair in missing]):
            self._keep(item)
        if lost := [pair for pair in missing if pair not in self._known]:
            raise BrokenPromise(f"Programs {lost} are in the registry but not in table {self._table}: restore them.")

    def _keep(self, item: Item) -> PublishedProgram:
        id_, version = item["pk"]["S"].removeprefix("PROGRAM#"), int(item["version"]["N"])
        known = self._known.get((id_, version))
        if known is None:
            known = self._known[id_, version] = _published(id_, version, item)
        return known

    # --- what administration reads ---

    def draft(self, id: str) -> ProgramDraft | None:
        """See `ports.ProgramStore`."""
        item = self._client.get_item(TableName=self._table, Key=_key(id, "DRAFT"), ConsistentRead=True).get("Item")
        return _draft(item) if item else None

    def published(self, id: str) -> tuple[PublishedProgram, ...]:
        """See `ports.ProgramStore`."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :v)",
            ExpressionAttributeValues={":pk": {"S": f"PROGRAM#{id}"}, ":v": {"S": "V#"}},
            ConsistentRead=True,
        )
        return tuple(self._keep(item) for item in items)

    def _registry(self) -> Item | None:
        found: Item | None = self._client.get_item(TableName=self._table, Key=_REGISTRY, ConsistentRead=True).get(
            "Item"
        )
        return found

    # --- what administration writes ---

    def put_draft(self, new: ProgramDraft, old: ProgramDraft | None) -> None:
        """See `ports.ProgramStore`."""
        body = _json(new.document)
        item = {
            **_key(new.id, "DRAFT"),
            "rev": {"N": str(new.revision)},
            "body": {"S": body},
            "author": {"S": new.author},
            "contributors": {"L": [{"S": who} for who in new.contributors]},
            "at": {"S": iso(new.saved_at)},
        }
        event = self._audit(
            new.saved_at, f"program/{new.id}/draft#{new.revision}", new.author, _json(old.document) if old else "", body
        )
        # On the activation mark too: a draft activated after it was read has lost its contributors' history.
        same = "rev = :rev AND attribute_not_exists(activated_as)"
        if old is not None and old.activated_as is not None:
            same = "rev = :rev AND attribute_exists(activated_as)"
        put: Item = {"TableName": self._table, "Item": item, "ConditionExpression": same}
        if old is None:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ExpressionAttributeValues"] = {":rev": {"N": str(old.revision)}}
        self._transact([{"Put": put}, event], f"The draft of {new.id} was saved by somebody else: read it again.")

    def publish(self, new: PublishedProgram, draft: ProgramDraft) -> None:
        """See `ports.ProgramStore`: one transaction over version, registry, draft and audit."""
        program, registry = new.program, self._registry()
        listed = _listed(registry) if registry else {}
        already = listed.get(program.id, [])
        if [version for version, _ in already] != list(range(1, program.version)):
            raise Conflict(f"{program.id} has version {len(already)} already, or is retired: read it again.")
        body = _json(new.document)
        item = {
            **_version_key(program.id, program.version),
            "version": {"N": str(program.version)},
            "effective_from": {"S": program.effective_from.isoformat()},
            "body": {"S": body},
            "author": {"S": program.author},
            "approver": {"S": new.approver},
            "at": {"S": iso(new.activated_at)},
        }
        if new.restated is not None:
            item["restated"] = {"S": _json(new.restated)}
        listed[program.id] = [*already, (program.version, program.effective_from)]
        mark = {
            "TableName": self._table,
            "Key": _key(program.id, "DRAFT"),
            "UpdateExpression": "SET activated_as = :version",
            "ConditionExpression": "rev = :rev AND attribute_not_exists(activated_as)",
            "ExpressionAttributeValues": {
                ":version": {"N": str(program.version)},
                ":rev": {"N": str(draft.revision)},
            },
        }
        event = self._audit(
            new.activated_at, f"program/{program.id}/version#{program.version}", new.approver,
            self._body(program.id, program.version - 1), body,
        )  # fmt: skip
        absent = {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        self._transact(
            [{"Put": absent}, self._put_registry(registry, listed), {"Update": mark}, event],
            f"{program.id} was changed or activated by somebody else in the same moment: read it again.",
        )

    def review(self, id: str) -> Review | None:
        """See `ports.ProgramStore`."""
        item = self._client.get_item(TableName=self._table, Key=_key(id, "REVIEW"), ConsistentRead=True).get("Item")
        return msgspec.json.decode(item["body"]["S"], type=Review) if item else None

    def withdraw(self, id: str, review: Review) -> None:
        """See `ports.ProgramStore`."""
        registry = self._registry()
        listed = _listed(registry) if registry else {}
        if id not in listed:
            raise Conflict(f"{id} is not active: there is nothing to retire.")
        versions = listed.pop(id)
        old = _json([[version, day.isoformat()] for version, day in versions])
        self._transact(
            [
                self._put_registry(registry, listed),
                {"Put": {"TableName": self._table, "Item": {**_key(id, "REVIEW"), "body": {"S": _json(review)}}}},
                self._audit(review.at, f"program/{id}/retired", review.by, old, _json(review)),
            ],
            f"Programs were changed by somebody else while {id} was being retired: try again.",
        )

    def _body(self, program: str, version: int) -> str:
        known = self._known.get((program, version))
        return _json(known.document) if known else ""

    def _put_registry(self, old: Item | None, listed: dict[str, list[tuple[int, date]]]) -> Item:
        epoch = int(old["epoch"]["N"]) if old else 0
        programs = {
            id_: {"L": [{"L": [{"N": str(version)}, {"S": day.isoformat()}]} for version, day in versions]}
            for id_, versions in listed.items()
        }
        put: Item = {
            "TableName": self._table,
            "Item": {**(old or {}), **_REGISTRY, "epoch": {"N": str(epoch + 1)}, "programs": {"M": programs}},
            "ConditionExpression": "epoch = :epoch" if old else "attribute_not_exists(pk)",
        }
        if old:
            put["ExpressionAttributeValues"] = {":epoch": {"N": str(epoch)}}
        return {"Put": put}

    def _audit(self, now: datetime, what: str, by: str, old: str, new: str) -> Item:
        item = {
            "pk": {"S": "AUDIT"}, "sk": {"S": f"{iso(now)}#{what}"}, "what": {"S": what}, "by": {"S": by},
            "old": {"S": old}, "new": {"S": new},
        }  # fmt: skip
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def _transact(self, actions: Iterable[Item], lost: str) -> None:
        try:
            self._client.transact_write_items(TransactItems=list(actions))
        except self._client.exceptions.TransactionCanceledException as error:
            raise Conflict(lost) from error


def _listed(registry: Item) -> dict[str, list[tuple[int, date]]]:
    return {
        id_: [(int(pair["L"][0]["N"]), date.fromisoformat(pair["L"][1]["S"])) for pair in versions["L"]]
        for id_, versions in registry.get("programs", {"M": {}})["M"].items()
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _draft(item: Item) -> ProgramDraft:
    mark = item.get("activated_as")
    return ProgramDraft(
        item["pk"]["S"].removeprefix("PROGRAM#"), int(item["rev"]["N"]), msgspec.json.decode(item["body"]["S"]),
        item["author"]["S"], tuple(who["S"] for who in item["contributors"]["L"]), instant(item["at"]["S"]),
        int(mark["N"]) if mark else None,
    )  # fmt: skip


def _published(id_: str, version: int, item: Item) -> PublishedProgram:
    document = msgspec.json.decode(item["body"]["S"])
    day = date.fromisoformat(item["effective_from"]["S"])
    try:
        program = parse(document, id=id_, version=version, effective_from=day, author=item["author"]["S"])
    except InvalidDocument as error:
        raise BrokenPromise(f"Version {version} of {id_} was activated but is refused now: {error}") from error
    return PublishedProgram(program, document, item["approver"]["S"], instant(item["at"]["S"]), _restated(item))


def _restated(item: Item) -> Restatement | None:
    if "restated" not in item:
        return None
    from chalicelib.domain.restatement import Restatement  # it brings scoring along, and few versions have one

    return msgspec.json.decode(item["restated"]["S"], type=Restatement)
