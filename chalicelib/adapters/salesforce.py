"""The Salesforce org by REST, with simple-salesforce: client credentials of a read-only integration user.

simple-salesforce sets no timeout, never retries and loads a SOAP stack when imported: so both are given with the
session, and it is imported where the sweep needs it, not when the function starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from chalicelib.domain.calendar import iso
from chalicelib.domain.errors import Misconfigured

API_VERSION = "66.0"
CONNECT_S, READ_S = 5, 60  # a page of 2,000 records takes seconds; the function has minutes
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MY_DOMAIN = ".salesforce.com"

Credentials = Callable[[], Mapping[str, str]]
"""Fetches `consumer_key` and `consumer_secret`."""


class SalesforceOrg:
    """One org, read only. `url` is its My Domain ("https://acme.my.salesforce.com"); plain http is taken on
    loopback only, for the local stack. Logs in with the first call, and again when the session has expired."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._connected: Any = None
        self._fields: dict[str, frozenset[str]] = {}

    def fields_of(self, object_name: str) -> frozenset[str]:
        """API names of the object's fields this user may read, and "<Parent>.Name" for its lookups; empty when there
        is no such object (or none for this user)."""
        from simple_salesforce.exceptions import SalesforceResourceNotFound

        if object_name not in self._fields:
            try:
                described = self._org().restful(f"sobjects/{object_name}/describe")
            except SalesforceResourceNotFound:
                return frozenset()
            fields = described["fields"]
            names = {f["name"] for f in fields}
            parents = {f"{f['relationshipName']}.Name" for f in fields if f.get("relationshipName")}
            self._fields[object_name] = frozenset(names | parents)
        return self._fields[object_name]

    def changed_since(
        self, object_name: str, fields: Sequence[str], since: datetime, where: str = ""
    ) -> Iterator[list[dict[str, str | None]]]:
        """Pages of records with SystemModstamp at or after `since`, deleted ones too, oldest change first; values as
        an outbound message would spell them. Names and `where` come from checked mappings and our own code.

        Raises: SalesforceError (of simple-salesforce), or what requests raises when the org cannot be reached.
        """
        org = self._org()
        changed = f"SystemModstamp >= {iso(since)}" + (f" AND {where}" if where else "")
        query = ("SELECT", ", ".join(fields), "FROM", object_name, "WHERE", changed, "ORDER BY SystemModstamp, Id")
        page = org.query(" ".join(query), include_deleted=True)
        while True:
            yield [flat(record) for record in page["records"]]
            if page["done"]:
                return
            page = org.query_more(page["nextRecordsUrl"], identifier_is_url=True)

    def _org(self) -> Any:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def _connect(self) -> Any:
        from simple_salesforce import Salesforce

        secret = self._credentials()
        domain, session = _session(self._url)
        return Salesforce(
            consumer_key=secret["consumer_key"],
            consumer_secret=secret["consumer_secret"],
            domain=domain,
            version=API_VERSION,
            session=session,
            parse_float=Decimal,  # an amount must not pass through a float
        )


def flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, str | None]:
    """A REST record as a flat bag of texts: parents as "UserRole.Name", booleans as "true"/"false".

    >>> flat({"attributes": {}, "Id": "x", "IsActive": True, "UserRole": {"attributes": {}, "Name": "AE"}})
    {'Id': 'x', 'IsActive': 'true', 'UserRole.Name': 'AE'}
    """
    texts: dict[str, str | None] = {}
    for name, value in record.items():
        if name == "attributes":
            continue
        if isinstance(value, Mapping):
            texts |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            texts[prefix + name] = "true" if value else "false"
        else:
            texts[prefix + name] = None if value is None else str(value)
    return texts


def _session(url: str) -> tuple[str, Any]:
    """The My Domain part simple-salesforce asks for, and a requests session with timeouts and retries.

    Raises: Misconfigured when `url` is neither a My Domain nor http on loopback.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    class Patient(HTTPAdapter):
        """Adds the timeout; on loopback also takes the place of the https addresses simple-salesforce insists on."""

        to = ""

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_S, READ_S)
            if self.to:
                request.url = self.to + request.path_url
            return super().send(request, *args, **kwargs)

    parts = urlsplit(url)
    host = parts.hostname or ""
    # A GET may be repeated; 429 and 503 carry Retry-After, which urllib3 obeys.
    patient = Patient(max_retries=Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504)))
    session = requests.Session()
    session.mount("https://", patient)
    if parts.scheme == "https" and host.endswith(_MY_DOMAIN) and host != f"login{_MY_DOMAIN}":
        return host.removesuffix(_MY_DOMAIN), session
    if parts.scheme == "http" and host in _LOOPBACK:
        session.trust_env = False  # a proxy of the developer's machine has no business here
        patient.to = f"http://{parts.netloc}"
        return "loopback.my", session
    raise Misconfigured(
        f'KICKER_SALESFORCE_URL is "{url}": give the My Domain, for example https://acme.my.salesforce.com, or leave'
        " out the sweep."
    )
