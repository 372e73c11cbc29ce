"""Which profile a file has, told from its first bytes.

A profile is recognised by its header (or first record, or JSON keys), never by trying to read rows with it. A file
no profile knows is refused with what was seen, because reading it by a guess could pay people wrongly.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import RefusedFile
from chalicelib.feeds.lines import CONTROL
from chalicelib.feeds.profiles import FeedProfile, bundled
from chalicelib.feeds.rejected import shown

HEAD_BYTES = 65_536
_BINARY = {
    b"PK\x03\x04": "an Excel workbook or ZIP archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}


@dataclass(frozen=True, slots=True)
class Identified:
    """The profile of a file. `header` are its column names ([] without a header row); `skip` is how many physical
    lines stand before the first data row; `before` is their text (where a stamp may stand)."""

    profile: FeedProfile
    header: tuple[str, ...]
    skip: int
    before: str


def identify(head: bytes, name: str, profiles: Sequence[FeedProfile] = (), distributor: str = "") -> Identified:
    """The profile whose signature `head` (the first 64 KB, unpacked) bears.

    Configured `profiles` come before the bundled ones, those of `distributor` before others, longer signatures
    before shorter ones. Raises: RefusedFile for an empty file, a binary one, one without any known header.
    """
    _refuse_binary(head, name)
    text = _decoded(head)
    known = {p.id: p for p in (*bundled(), *profiles)}
    configured = {p.id for p in profiles}
    order = sorted(
        known.values(),
        key=lambda p: (p.id not in configured, p.distributor != distributor, -_weight(p), p.id),
    )
    lines = text.split("\n")
    for profile in order:
        found = _json(profile, text) if profile.dialect != "delimited" else _delimited(profile, lines)
        if found is not None:
            return found
    # Under a known header a control character costs its row; in an unknown file five percent of them are no text.
    if len(head) - len(head.translate(None, CONTROL)) > len(head) // 20:
        raise RefusedFile(f"{name}: the file is binary, not text. Export it as CSV or JSON and drop that.")
    first = next((line.strip() for line in lines if line.strip()), "")
    raise RefusedFile(
        f'{name}: its layout is unknown; the first line is "{shown(first)}". Known layouts: '
        f"{', '.join(sorted(known))}. Add a feed profile for it (docs/feeds.md), or drop the file with its header row."
    )


def _refuse_binary(head: bytes, name: str) -> None:
    if not head.strip():
        raise RefusedFile(f"{name}: the file is empty. Ask the distributor to send it again.")
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            raise RefusedFile(f"{name}: this is {what}, not a text file. Export it as CSV and drop that.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RefusedFile(f"{name}: the file is UTF-16. Export it as UTF-8 and drop that.")


def _decoded(head: bytes) -> str:
    """Good enough to recognise a header by: names of columns are hardly ever outside ASCII."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        if error.start > len(head) - 4:  # the head ends inside a character
            return head[: error.start].decode()
        return head.decode("cp1252", "replace")


def _weight(profile: FeedProfile) -> int:
    found = profile.recognise
    return len(found.columns) + len(found.keys) + len(found.without) + len(found.first_line)


def column_form(text: str) -> str:
    """A column name for comparison: case, surrounding spaces and a stray BOM do not matter."""
    return text.strip().strip("\ufeff").casefold()


def _delimited(profile: FeedProfile, lines: Sequence[str]) -> Identified | None:
    if profile.recognise.first_line and not re.search(profile.recognise.first_line, lines[0].rstrip("\r")):
        return None
    if not profile.recognise.columns:
        has_header = profile.records is not None and bool(profile.records.header)
        return Identified(profile, (), int(has_header), lines[0] if has_header else "")
    wanted = {column_form(c) for c in profile.recognise.columns}
    for number, line in enumerate(lines[: profile.preamble_lines + 1]):
        row = cells(line.rstrip("\r"), profile)
        if wanted <= {column_form(c) for c in row}:
            return Identified(profile, tuple(row), number + 1, "\n".join(lines[:number]))
    return None


def cells(line: str, profile: FeedProfile) -> list[str]:
    """One physical line as cells, leniently: for headers only."""
    if not profile.quoted:
        return line.split(profile.delimiter)
    try:
        return next(csv.reader([line], delimiter=profile.delimiter), [])
    except csv.Error:
        return []


def _json(profile: FeedProfile, text: str) -> Identified | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    keys = set(re.findall(r'"([A-Za-z0-9_]+)"\s*:', text))
    if set(profile.recognise.keys) <= keys and not keys & set(profile.recognise.without):
        return Identified(profile, (), 0, "")
    return None
