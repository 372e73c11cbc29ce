"""The org as somebody who writes to it: our fields on its records, and its custom notifications (the bell).

Records are updated by their own ids (sObject Collections, `allOrNone` false): every registration came from Salesforce
with its id, and an update can only change a record that is there, where an upsert by an external id would make one
that was deleted anew. simple-salesforce logs in again when the session has expired; it knows no timeout and no repeat:
the session of `SalesforceOrg` has both, and never repeats what is no read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.salesforce import SalesforceOrg
from chalicelib.domain.moments import Moment
from chalicelib.domain.write_back import FIELDS
from chalicelib.services.told_port import Answer, OrgRefused, Target, Update

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTIFICATION_TYPE = "SPIFF_News"  # the package's custom notification type
_THE_TYPE = "SELECT Id FROM CustomNotificationType WHERE DeveloperName = 'SPIFF_News'"
MOST_UPDATES = 200  # of one call
_TITLE, _BODY = 250, 750  # characters Salesforce takes
_CODE = re.compile(r"[A-Z_]{1,60}")
_GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"})
# Answers before anything was carried out: not let in, no such thing, too many, shut.
_SURE = frozenset({400, 401, 403, 404, 405, 413, 415, 429, 503})


class SalesforceWriter(SalesforceOrg):
    """Implements `told_port.OrgWriter`."""

    _targets: dict[str, tuple[str, Target]] | None = None
    _type: str = ""

    def targets(self, objects: Collection[str]) -> Mapping[str, Target]:
        """See `OrgWriter.targets`; asked once in the life of the process."""
        if self._targets is None:
            self._targets = {}
        for name in objects:
            if name not in self._targets and (found := self._described(name)) is not None:
                self._targets[name] = found
        return dict(self._targets[name] for name in sorted(objects) if name in self._targets)

    def _described(self, name: str) -> tuple[str, Target] | None:
        from simple_salesforce.exceptions import SalesforceResourceNotFound

        with _answered(f"describing {name}"):
            try:
                told = self._org().restful(f"sobjects/{name}/describe")
            except SalesforceResourceNotFound:
                return None
        ours = {f["name"] for f in told["fields"] if f["name"] in FIELDS and f.get("updateable")}
        return str(told["keyPrefix"]), Target(name, frozenset(ours))

    def changed_ids(self, object_name: str, since: datetime) -> list[str]:
        """See `OrgWriter.changed_ids`."""
        with _answered(f"reading what changed of {object_name}"):
            pages = self.changed_since(object_name, ["Id"], since)
            return [id for page in pages for record in page if (id := record.get("Id"))]

    def write(self, updates: Sequence[Update]) -> list[Answer]:
        """See `OrgWriter.write`."""
        assert len(updates) <= MOST_UPDATES, f"{len(updates)} records in one call: Salesforce takes {MOST_UPDATES}"
        records = [{"attributes": {"type": u.target.object_name}, "id": u.id, **u.values} for u in updates]
        with _answered("the write-back"):
            told = self._org().restful(
                "composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records}
            )  # fmt: skip
            return [_answer(one["success"], one.get("errors")) for one in _each(told, updates)]

    def ring(self, moments: Sequence[Moment]) -> list[Answer]:
        """See `OrgWriter.ring`. Raises also when the org lacks the notification type: nothing was rung then."""
        type_id = self._notification_type()
        inputs = [
            {
                "customNotifTypeId": type_id, "recipientIds": [m.rep], "targetId": m.target,
                "title": m.title[:_TITLE], "body": m.body[:_BODY],
            }
            for m in moments
        ]  # fmt: skip
        with _answered("ringing bells"):
            told = self._acted("actions/standard/customNotificationAction", {"inputs": inputs})
            return [_answer(one["isSuccess"], one.get("errors")) for one in _each(told, moments)]

    def _acted(self, path: str, body: Mapping[str, Any]) -> Any:
        """An action's answer; one of which a part failed comes as 400 with the same list."""
        from simple_salesforce.exceptions import SalesforceMalformedRequest

        try:
            return self._org().restful(path, method="POST", json=body)
        except SalesforceMalformedRequest as partly:
            if isinstance(partly.content, list) and all("isSuccess" in one for one in partly.content):
                return partly.content
            raise

    def _notification_type(self) -> str:
        if not self._type:
            with _answered("looking for the notification type"):
                found = self._org().query(_THE_TYPE)["records"]
            if not found:
                raise OrgRefused(
                    f"The org has no notification type {NOTIFICATION_TYPE}: deploy the package, or leave bells and "
                    "digest out of the stage's Tell.",
                    sure=True,
                )
            self._type = str(found[0]["Id"])
        return self._type


@contextmanager
def _answered(what: str) -> Iterator[None]:
    """Turns whatever keeps a call from being answered into OrgRefused."""
    import requests
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError
    from urllib3.exceptions import NewConnectionError

    try:
        yield
    except SalesforceAuthenticationFailed:  # its words may repeat the login
        raise OrgRefused(f"{what}: the org did not let us in", sure=True) from None
    except SalesforceError as refused:
        content = refused.content if isinstance(refused.content, list) else []
        told = [str(one.get("errorCode", "")) for one in content if isinstance(one, dict)]
        codes = [code for code in told if _CODE.fullmatch(code)]  # its words may repeat what we sent
        limit = "REQUEST_LIMIT_EXCEEDED" in codes or refused.status == 429
        sure = refused.status in _SURE
        raise OrgRefused(f"{what}: {' '.join([str(refused.status), *codes])}", sure=sure, limit=limit) from None
    except requests.ConnectionError as lost:
        reason = getattr(lost.args[0], "reason", None) if lost.args else None
        sure = isinstance(lost, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
        raise OrgRefused(f"{what}: the org could not be reached", sure=sure) from lost
    except (requests.RequestException, ValueError, KeyError, TypeError) as odd:
        raise OrgRefused(f"{what}: no whole answer came ({type(odd).__name__})", sure=False) from odd


def _each(told: Any, asked: Sequence[Any]) -> list[Any]:
    """The answers, one for each asked. Raises: ValueError when they are not as many."""
    if not isinstance(told, list) or len(told) != len(asked):
        raise ValueError(f"{len(asked)} were asked for")
    return told


def _answer(taken: bool, errors: Any) -> Answer:
    if taken:
        return Answer()
    first = (errors or [{}])[0]
    code = str(first.get("statusCode") or first.get("errorCode") or "UNKNOWN")
    return Answer(code, str(first.get("message", "")), code in _GONE)
