"""Feed profiles: a distributor's file format as a document, not as code.

A profile says how a file is recognised, how it is laid out, which of its columns mean what, and how it writes
dates, numbers, signs and document types. Bundled profiles lie in `profiles/`; a deployment adds its own (stored
under `CONFIG#feed-profile`) and its own win. The schema is docs/schemas/feed-profile.schema.json.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, Literal, get_type_hints

import msgspec

from chalicelib.domain.calendar import zone
from chalicelib.domain.errors import InvalidDocument, Problem
from chalicelib.domain.orders import DocumentType

Dialect = Literal["delimited", "ingram_orders", "ingram_invoices"]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]

# The canonical fields a column may be mapped to, and those without which no line can be made.
FIELDS = (
    "document_no", "document_type", "line_no", "revision", "quantity", "amount", "unit_price", "currency", "sku",
    "vendor", "distributor_sku", "order_no", "po", "registration_no", "bid", "reference", "ordered_on",
    "invoiced_on", "cancelled", "customer", "country", "upc",
)  # fmt: skip
NEEDED = ("document_no", "quantity", "sku")


@dataclass(frozen=True, slots=True)
class Recognise:
    """How a file is told apart. Delimited with a header: `columns` that must all stand in the header row. Delimited
    without: `first_line`, a regular expression. JSON: `keys` the first document has, `without` keys it has not."""

    columns: tuple[Text, ...] = ()
    first_line: str = ""
    keys: tuple[Text, ...] = ()
    without: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class AsOf:
    """The instant a file speaks of: the upload (default), a stamp in the lines before the data, or one in the file
    name; `pattern` has one group, read by `format` (strptime, or "iso"). `covers_through`: the stamp is a day the
    file covers to its end; otherwise it is an instant, and the day before it is covered."""

    source: Literal["upload", "header", "file_name"] = "upload"
    pattern: str = ""
    format: str = "%Y%m%d"
    covers_through: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """First field of each kind of record, for files that mix them: `header` once, `detail` per line, `trailer` last."""

    detail: Text
    header: str = ""
    trailer: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """The row that carries control totals: its first field is `word`; `rows`, `quantity` and `amount` say in which
    column (name or position) each total stands. A file without the row, or with another sum, is refused whole."""

    word: Text
    rows: str | int | None = None
    quantity: str | int | None = None
    amount: str | int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot file covers: a line known from an earlier one and missing now is cancelled (domain.md 39).
    Its scope is everything, or with `scope_days` the lines dated in that many days up to the last day it covers. A
    file that would cancel more than `most_lost_percent` of the lines in scope is refused whole."""

    most_lost_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 20
    scope_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None


@dataclass(frozen=True, slots=True)
class FeedProfile:
    """One layout of one distributor. `columns` maps canonical fields (FIELDS) to header names, to positions from 0,
    or, for JSON, to dotted paths. `confirms` is the kind of document the file tells of; it is part of a line's
    identity, because an order and its invoice may carry the same number. `width` is the number of columns of a file
    without a header (0: as many as its first row has)."""

    id: Name
    name: Text
    distributor: Name
    dialect: Dialect
    recognise: Recognise
    columns: dict[str, str | int | tuple[str, ...]]
    confirms: Literal["order", "invoice"]
    document_types: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    default_type: DocumentType | None = None
    zone: Text = "UTC"
    currency: str = ""
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    quoted: bool = True
    encoding: Text = "cp1252"
    width: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    preamble_lines: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    dates: tuple[Text, ...] = ("%Y-%m-%d",)
    empty: tuple[Text, ...] = ()
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    records: Records | None = None
    control: Control | None = None
    as_of: AsOf = AsOf()
    mode: Literal["delta", "snapshot"] = "delta"
    snapshot: Snapshot | None = None
    example: str = ""


_TYPES: tuple[str, ...] = ("order", "invoice", "credit", "return", "cancellation", "ignore")


def parse_profile(document: Mapping[str, object]) -> FeedProfile:
    """A profile from its document.

    Raises: InvalidDocument with every problem: fields of the wrong shape, unknown fields, an unknown zone or
    encoding, a pattern that is no regular expression, a dialect without what recognises it.
    """
    hints = get_type_hints(FeedProfile, include_extras=True)
    given: dict[str, Any] = {}
    problems = [
        Problem(str(name), "no such field", "Remove it, or check its spelling.")
        for name in document
        if name not in hints and name != "$schema"
    ]
    for f in fields(FeedProfile):
        if f.name not in document:
            if f.default is MISSING and f.default_factory is MISSING:
                problems.append(Problem(f.name, "is missing", "Add it; docs/feeds.md has an example."))
            continue
        try:
            given[f.name] = msgspec.convert(document[f.name], hints[f.name])
        except msgspec.ValidationError as error:
            problems.append(Problem(f.name, str(error), "See docs/schemas/feed-profile.schema.json."))
    what = f"feed profile {document.get('id', 'without id')}"
    if problems:
        raise InvalidDocument(what, problems)
    profile = FeedProfile(**given)
    if problems := [*_meaning(profile), *_recognition(profile)]:
        raise InvalidDocument(what, problems)
    return profile


def _meaning(profile: FeedProfile) -> list[Problem]:
    """What the shape alone does not show."""
    problems = [
        Problem(f"columns.{name}", "is no canonical field", "Use one of: " + ", ".join(FIELDS))
        for name in profile.columns
        if name not in FIELDS
    ]
    problems += [
        Problem(f"columns.{name}", "is missing", "Without it no order line can be made.")
        for name in NEEDED
        if name not in profile.columns
    ]
    if not {"ordered_on", "invoiced_on"} & set(profile.columns):
        problems.append(Problem("columns", "no date", "Map ordered_on or invoiced_on."))
    problems += [
        Problem(f"document_types.{name}", "is no document type", "Use one of: " + ", ".join(_TYPES))
        for name in profile.document_types
        if name not in _TYPES
    ]
    if "document_type" not in profile.columns and profile.default_type is None:
        problems.append(Problem("default_type", "is missing", "Say it, or map the document_type column."))
    if profile.decimal == profile.thousands:
        problems.append(Problem("thousands", "is the decimal sign too", "Choose another one, or an empty text."))
    try:
        zone(profile.zone)
    except ValueError as error:
        problems.append(Problem("zone", str(error), "Use an IANA name such as Europe/Copenhagen."))
    try:
        codecs.lookup(profile.encoding)
    except LookupError:
        problems.append(Problem("encoding", f'"{profile.encoding}" is unknown', "Use utf-8, cp1252 or iso8859-15."))
    if (profile.mode == "snapshot") != (profile.snapshot is not None):
        problems.append(Problem("snapshot", "goes with mode snapshot, and only with it", "Add or remove it."))
    return problems


def _recognition(profile: FeedProfile) -> list[Problem]:
    problems = []
    for path, pattern, groups in (
        ("recognise.first_line", profile.recognise.first_line, 0),
        ("as_of.pattern", profile.as_of.pattern, 1),
    ):
        try:
            if pattern and re.compile(pattern).groups < groups:
                problems.append(Problem(path, "has no group", "Put the stamp in parentheses."))
        except re.error as error:
            problems.append(Problem(path, f"is no regular expression: {error}", "Correct it."))
    if profile.as_of.source != "upload" and not profile.as_of.pattern:
        problems.append(Problem("as_of.pattern", "is missing", "Say where the stamp stands."))
    found = profile.recognise
    if profile.dialect == "delimited" and not (found.columns or found.first_line):
        problems.append(Problem("recognise", "recognises nothing", "Name columns of the header, or first_line."))
    if profile.dialect != "delimited" and not found.keys:
        problems.append(Problem("recognise.keys", "is missing", "Name keys the first document has."))
    by_name = [n for n, c in profile.columns.items() if not isinstance(c, int)]
    if profile.dialect == "delimited" and not found.columns and by_name:
        problems.append(Problem(f"columns.{by_name[0]}", "needs a position", "A file without a header has no names."))
    return problems


@lru_cache(maxsize=1)
def bundled() -> tuple[FeedProfile, ...]:
    """The profiles that come with Kicker, by id."""
    folder = resources.files("chalicelib.feeds").joinpath("profiles")
    texts = [f.read_bytes() for f in folder.iterdir() if f.name.endswith(".json")]
    return tuple(sorted((parse_profile(msgspec.json.decode(t)) for t in texts), key=lambda p: p.id))
