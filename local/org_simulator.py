"""A Salesforce org on loopback: `python -m local.org_simulator --port 4010 --state .local/org`.

Towards Kicker it is an org: it answers the client-credentials login, describe, query and queryAll (with paging), takes
updates of records and custom notifications after checking them, and
sends outbound messages until they are acknowledged. The other side of the stage is under `/_org`, for a story, a
test or a person with curl:

- `PUT /_org/records/Deal_Registration__c/<id>` or `POST /_org/records/Deal_Registration__c` with the fields as JSON
- `DELETE /_org/records/Deal_Registration__c/<id>`, `GET /_org/records/Deal_Registration__c`
- `PUT /_org/settings` with `endpoint` (where messages go), `now` (the org's clock), `page_size`, `auto_send_s`
- `POST /_org/send` with `count`, `shuffle` (a seed), `copies`, `short_ids`: sends what waits, answers what became of it
- `POST /_org/drop` with `next`: so many notifications are lost, as after 24 hours
- `POST /_org/fail` with `how` (limit, unavailable, unanswered) and `next`: so many REST calls fail; with `record` and
  `codes`, that record's next updates are refused with them
- `GET /_org/bells`: the custom notifications so far
- `GET /_org/undelivered`, `POST /_org/expire-sessions`, `POST /_org/token` with `user` and `roles`
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import re
import secrets
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from chalicelib.domain.calendar import instant
from local.org_http import LARGEST_BODY, Refusal, Server, Unanswered
from local.org_soql import SoqlError, parse
from local.org_state import NOTIFICATION_TYPES, OrgState, Queued
from local.org_tokens import bearer, org_key, public_pem
from local.org_writes import notify, update_records

ORGANIZATION_ID = "00D000000000001EAA"
# They open this simulator and nothing else.
CONSUMER_KEY, CONSUMER_SECRET = "local-consumer-key", "local-consumer-secret"
PRIVATE_KEY, PUBLIC_KEY, STATE = "org-private-key.pem", "org-public-key.pem", "org.json"
AUDIENCE = "kicker"
FAILURES = {
    "limit": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "unavailable": (503, "SERVER_UNAVAILABLE", "The server is too busy."),
}
_ACK = re.compile(rb"<Ack>\s*true\s*</Ack>")

__all__ = ["CONSUMER_KEY", "CONSUMER_SECRET", "ORGANIZATION_ID", "OrgSimulator", "bearer", "org_key", "public_pem"]


class OrgSimulator:
    """The org behind its HTTP server. Use as a context manager; `url` says where it listens."""

    def __init__(self, *, port: int = 0, state: OrgState | None = None, key: str = "", page_size: int = 2000) -> None:
        self.state = state or OrgState(ORGANIZATION_ID)
        self.key = key
        self.page_size = page_size
        self.endpoint = ""
        self.lock = threading.RLock()
        self.sessions: set[str] = set()
        self.cursors: dict[str, list[dict[str, Any]]] = {}
        self.ended = threading.Event()
        self.auto_send_s: float | None = None
        self.failing: list[str] = []
        self.refused: dict[str, list[str]] = {}
        self._server = Server(port, self)
        self.url = self._server.url
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._send_by_itself, daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, str], authorization: str, body: bytes) -> Any:
        """One request. Raises: Refusal, SoqlError, ValueError, KeyError, TypeError for what makes no sense."""
        if path == "/":
            return {"org": self.state.organization_id}
        if path == "/services/oauth2/token":
            return self.login(authorization, {name: values[-1] for name, values in parse_qs(body.decode()).items()})
        if path.startswith("/services/data/"):
            if authorization.removeprefix("Bearer ") not in self.sessions:
                raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
            with self.lock:
                how = self.failing.pop(0) if self.failing else ""
                if how in FAILURES:
                    raise Refusal(*FAILURES[how])
                told = self.rest(method, path, query, body)
                if method != "GET":
                    self.state.save()
                if how:
                    raise Unanswered
                return told
        fields = json.loads(body) if body else {}
        if not isinstance(fields, dict):
            raise Refusal(400, "JSON_PARSER_ERROR", "a JSON object is expected")
        if path == "/_org/send":
            return self.send(**fields)  # without the lock: the endpoint may ask us meanwhile
        with self.lock:
            told = self.control(method, path, fields)
            self.state.save()
            return told

    # --- towards Kicker -------------------------------------------------------------------------------------------

    def login(self, authorization: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The client-credentials flow; the key and secret come as Basic authorization or in the form."""
        given = f"{form.get('client_id', '')}:{form.get('client_secret', '')}"
        if authorization.startswith("Basic "):
            given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if form.get("grant_type") != "client_credentials":
            raise Refusal(400, "unsupported_grant_type", "grant type not supported")
        if not hmac.compare_digest(given.encode(), f"{CONSUMER_KEY}:{CONSUMER_SECRET}".encode()):
            raise Refusal(400, "invalid_client", "invalid client credentials")
        token = f"{self.state.organization_id[:15]}!{secrets.token_urlsafe(32)}"
        self.sessions.add(token)
        kind = "Bearer"
        return {"access_token": token, "instance_url": self.url, "token_type": kind, "scope": "api"}

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Any:
        """`/services/data/vNN.0/...`: describe, query, queryAll and their next pages; updates and notifications."""
        match = re.fullmatch(r"/services/data/v\d+\.0/(.+?)/?", path)
        rest = match[1] if match else ""
        if described := re.fullmatch(r"sobjects/(\w+)/describe", rest):
            try:
                return self.state.describe(described[1])
            except ValueError as error:
                raise Refusal(404, "NOT_FOUND", str(error)) from None
        if rest in ("query", "queryAll"):
            return self._query(query.get("q", ""), include_deleted=rest == "queryAll")
        if more := re.fullmatch(r"(query|queryAll)/(\w+-\d+)", rest):
            return self._page(more[2])
        if (method, rest) == ("PATCH", "composite/sobjects"):
            return update_records(self.state, json.loads(body), self.refused)
        if (method, rest) == ("POST", "actions/standard/customNotificationAction"):
            well, answers = notify(self.state, json.loads(body))
            if not well:
                raise Refusal(400, "", "", answers)
            return answers
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")

    def _query(self, text: str, *, include_deleted: bool) -> dict[str, Any]:
        query = parse(text)
        described = self.state.describe(query.object_name)  # ValueError: INVALID_TYPE, see org_http
        names = {f["name"] for f in described["fields"]}
        parents = {f["relationshipName"] for f in described["fields"]} - {None}
        if unknown := sorted(n for n in query.names() if n not in names and n.partition(".")[0] not in parents):
            raise SoqlError("INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{query.object_name}'")
        table = [*self.state.records.get(query.object_name, {}).values()]
        if query.object_name == "CustomNotificationType":
            table = [{"Id": id, "DeveloperName": name} for name, id in NOTIFICATION_TYPES.items()]
        rows = query.select(r for r in table if include_deleted or not r.get("IsDeleted"))
        locator = f"01g{secrets.token_hex(8)}"
        self.cursors[locator] = [_row(query.object_name, query.fields, row) for row in rows]
        return self._page(f"{locator}-0")

    def _page(self, where: str) -> dict[str, Any]:
        locator, _, start = where.partition("-")
        if locator not in self.cursors:
            raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        rows = self.cursors[locator]
        end = int(start) + self.page_size
        page = {"totalSize": len(rows), "done": end >= len(rows), "records": rows[int(start) : end]}
        if page["done"]:
            del self.cursors[locator]
            return page
        return page | {"nextRecordsUrl": f"/services/data/v66.0/query/{locator}-{end}"}

    # --- outbound messages ----------------------------------------------------------------------------------------

    def send(
        self, *, count: int = 100, shuffle: int | None = None, copies: int = 1, short_ids: bool = False
    ) -> list[dict[str, Any]]:
        """One delivery run: everything that waits (up to `count` notifications), a POST for each object. What is not
        acknowledged stays queued. Answers each POST: status, acknowledged, notification ids."""
        told = []
        with self.lock:
            waiting = self.state.waiting(count=count, shuffle=shuffle)
        for object_name in dict.fromkeys(q.object_name for q in waiting):
            batch = [q for q in waiting if q.object_name == object_name]
            told += [self._post(batch, short_ids=short_ids) for _ in range(copies)]
        with self.lock:
            self.state.save()
        return told

    def _post(self, batch: list[Queued], *, short_ids: bool) -> dict[str, Any]:
        with self.lock:
            body = self.state.envelope(batch, short_ids=short_ids)
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""', "User-Agent": "Salesforce"}
        request = urllib.request.Request(self.endpoint, body, headers, method="POST")
        try:
            # Salesforce waits 60 s.
            with urllib.request.urlopen(request, timeout=60) as answer:  # nosec B310 # loopback
                status, text = answer.status, answer.read(LARGEST_BODY)
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read(LARGEST_BODY)
        except (OSError, ValueError) as error:
            status, text = 0, str(error).encode()
        acknowledged = status == 200 and _ACK.search(text) is not None
        ids = [q.id for q in batch]
        with self.lock:
            if acknowledged:
                self.state.queue = [q for q in self.state.queue if q.id not in ids]
            else:
                for queued in batch:
                    queued.tries += 1
        return {
            "status": status, "acknowledged": acknowledged, "notifications": ids,
            "answer": "" if acknowledged else text[:500].decode(errors="replace"),
        }  # fmt: skip

    def _send_by_itself(self) -> None:
        """As the org does: within `auto_send_s` seconds of a change, and again with growing gaps until the Ack."""
        while not self.ended.wait(self.auto_send_s or 0.2):
            if self.auto_send_s is None or not self.endpoint or not self.state.queue:
                continue
            told = self.send()
            tries = max((q.tries for q in self.state.queue), default=0)
            if any(not post["acknowledged"] for post in told) and self.ended.wait(min(2**tries, 60)):
                return

    # --- the other side of the stage ------------------------------------------------------------------------------

    def control(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """`/_org/...` but send, see the module.

        Raises: Refusal, ValueError, KeyError, TypeError for what makes no sense.
        """
        if match := re.fullmatch(r"/_org/records/(\w+)(?:/(\w+))?", path):
            return self._records(method, match[1], match[2], body)
        match (method, path):
            case "GET", "/_org/undelivered":
                return [{"id": q.id, "object": q.object_name, "record": q.record_id, "tries": q.tries}
                        for q in self.state.queue]  # fmt: skip
            case "GET", "/_org/public-key":
                return {"organization_id": self.state.organization_id, "pem": public_pem(self.key)}
            case "PUT", "/_org/settings":
                return self._set(body)
            case "POST", "/_org/drop":
                self.state.drop_next += int(body.get("next", 1))
                return {"drop_next": self.state.drop_next}
            case "POST", "/_org/fail":
                if "record" in body:
                    self.refused[body["record"]] = list(body["codes"])
                elif body["how"] not in (*FAILURES, "unanswered"):
                    raise ValueError(f"how is one of {', '.join(FAILURES)}, unanswered")
                else:
                    self.failing += [body["how"]] * int(body.get("next", 1))
                return {"failing": self.failing, "refused": self.refused}
            case "GET", "/_org/bells":
                return self.state.bells
            case "POST", "/_org/expire-sessions":
                self.sessions.clear()
                return {}
            case "POST", "/_org/token":
                org, now = self.state.organization_id, datetime.now(UTC)
                roles = body.get("roles", ["rep"])
                return {"token": bearer(self.key, org=org, user=body["user"], roles=roles, audience=AUDIENCE, now=now)}
        raise Refusal(404, "NOT_FOUND", f"no {method} {path} here")

    def _records(self, method: str, object_name: str, id: str | None, body: dict[str, Any]) -> Any:
        if method == "GET":
            table = self.state.records.get(object_name, {})
            return table[id] if id else list(table.values())
        if method == "DELETE" and id:
            return self.state.delete(object_name, id)
        if (method == "PUT" and id) or (method == "POST" and not id):
            return self.state.put(object_name, id, body)
        raise Refusal(405, "METHOD_NOT_ALLOWED", f"{method} makes no sense here")

    def _set(self, body: dict[str, Any]) -> dict[str, Any]:
        if "now" in body:
            self.state.fixed_now = str(body["now"] or "")
            self.state.now()  # ValueError for what is no instant
        self.endpoint = body.get("endpoint", self.endpoint)
        self.page_size = int(body.get("page_size", self.page_size))
        auto = body.get("auto_send_s", self.auto_send_s)
        self.auto_send_s = None if auto is None else float(auto)
        return {"endpoint": self.endpoint, "now": self.state.fixed_now, "page_size": self.page_size}


def _row(object_name: str, fields: tuple[str, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    """A REST record: parents nested, datetimes with +0000, absent fields null."""
    row: dict[str, Any] = {"attributes": {"type": object_name}}
    for name in fields:
        value = record.get(name)
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
            value = instant(value).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
        parent, _, child = name.partition(".")
        if child:
            row[parent] = None if value is None else {"attributes": {"type": parent}, child: value}
        else:
            row[name] = value
    return row


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.org_simulator", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="folder of an org to carry on with")
    parser.add_argument("--directory", type=Path, help="folder for an org that starts anew (its key stays)")
    options = parser.parse_args()
    folder = options.state or options.directory or Path(".local")
    folder.mkdir(parents=True, exist_ok=True)
    if not options.state:
        (folder / STATE).unlink(missing_ok=True)
    key = org_key(folder / PRIVATE_KEY)
    (folder / PUBLIC_KEY).write_text(public_pem(key))
    with OrgSimulator(port=options.port, state=OrgState.load(ORGANIZATION_ID, folder / STATE), key=key) as org:
        print(f"org {ORGANIZATION_ID} at {org.url}", flush=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: org.ended.set())
        org.ended.wait()


if __name__ == "__main__":
    main()
