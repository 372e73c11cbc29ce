"""Whatever stands between them, good rows always go through, bad ones cost themselves, and the counts add up."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import RefusedFile
from chalicelib.feeds.chunks import FileTag, LineChunk, decode, encode
from chalicelib.feeds.unpack import Limits
from chalicelib.reports.feed_report import FeedReport, Summary
from tests.feeds.reading_of import GOLDEN, HEADER, Read, an_item, items, reading_of

AT = datetime(2026, 11, 2, tzinfo=UTC)
WIDTH = HEADER.count(",") + 1

# What people, spreadsheets and broken exports put between good rows. No line of it is a good row of this layout.
_amounts = st.sampled_from(["1e309", "-1e309", "NaN", "Infinity", "ten", "", "--1", "(1", "1)", "1.2.3", "9" * 60, "٣"])
_bad_cells = st.builds(lambda total: an_item(9_999, total=f'"{total}"' if "," in total else total), _amounts)
_noise = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=60)
_short = _noise.filter(lambda text: text.strip() and "," not in text)
_quotes = st.sampled_from(['"', '""', '"""', 'INV,"', 'INV,"Con"toso,x', '"a,b', 'x"y', '","', an_item(9_999) + '"'])
_wide = st.integers(WIDTH + 1, WIDTH + 9).map(lambda n: ",".join("x" * n))
HELL = st.one_of(_bad_cells, _short, _quotes, _wide).map(str.encode) | st.binary(min_size=1, max_size=40).map(
    lambda raw: b"\xff" + raw.replace(b"\n", b"").replace(b"\r", b"").replace(b",", b"")
)
GOOD = st.sampled_from([{}, {"company": '"Contoso, Ltd"'}, {"company": '"Con""toso"'}, {"company": '"Contoso\nLtd"'}])


def adds_up(read: Read) -> bool:
    """The report's own promise, on what was read."""
    summary = Summary()
    for event in (*read.lines, *read.rejected, *read.ignored):
        summary.add(event)
    return summary.fill(FeedReport("a.csv", "ingram", "scoring", AT, AT)).counts.add_up()


@settings(max_examples=400, deadline=None)
@given(st.lists(HELL | GOOD, max_size=12), st.sampled_from([1, 13, 1 << 20]))
@example([b'"', {}, b'"', {"company": '"Contoso\nLtd"'}, b'"'], 1)
def test_every_good_row_goes_through_whatever_stands_around_it(rows: list[bytes | dict[str, str]], piece: int) -> None:
    lines, wanted, number = [HEADER.encode()], {}, 2
    for n, row in enumerate(rows):
        text = row if isinstance(row, bytes) else an_item(n, **row).encode()
        if not isinstance(row, bytes):
            wanted[f"INV{n}"] = f"a.csv:{number}"
        number += 1 + text.count(b"\n")
        lines.append(text)
    read = reading_of(b"\n".join([*lines, b""]), piece=piece)
    assert {line.document_no: line.source for line in read.lines if line.document_no != "INV9999"} == wanted
    assert all(r.line > 1 and r.reason and r.remedy for r in read.rejected)
    assert adds_up(read)


# What SQS takes in a message: the characters of XML 1.0.
_NOT_IN_SQS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_or_refused(body: bytes) -> None:
    """Taken with counts that add up, or refused in words that name the file: never another exception, because one
    file must not stop the function that reads all of them."""
    said = "a.csv: "
    try:
        read = reading_of(body, limits=Limits(most_bytes=100_000))
    except RefusedFile as refused:
        said = str(refused)
    else:
        assert adds_up(read)
        tag = FileTag("feeds/ingram/a.csv", "ingram", "0" * 64, 1, AT.date())
        body = encode(LineChunk(tag, 1, tuple(read.lines)))
        assert decode(body).lines == tuple(read.lines) and not _NOT_IN_SQS.search(body)
    assert said.startswith("a.csv: ")


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode), st.booleans(), st.booleans())
def test_any_bytes_are_read_or_refused_in_words(raw: bytes, headed: bool, packed: bool) -> None:
    body = HEADER.encode() + b"\n" + raw if headed else raw
    read_or_refused(gzip.compress(body) if packed else body)


def test_a_code_point_that_is_no_character_goes_through_the_queue() -> None:
    read_or_refused(items(an_item(1, company="Con\uffffto\ufffeso")))


def test_half_a_character_in_a_json_document_costs_that_document() -> None:
    """No queue and no table can hold one half of a surrogate pair: the chunk would fail for ever."""
    broken = json.loads(INVOICE) | {"customerOrderNumber": "\ud83d PO"}
    whole = json.loads(INVOICE) | {"customerOrderNumber": "\U0001f600 PO"}
    read = reading_of("\n".join(map(json.dumps, (broken, whole))).encode())
    assert {line.po for line in read.lines} == {"\U0001f600 PO"}
    assert [(r.line, r.reason.partition(":")[0]) for r in read.rejected] == [(1, "not a document")]


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_anything = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)
ORDERS = (GOLDEN / "ingram_orders.json").read_text(encoding="utf-8")
INVOICE = (GOLDEN / "ingram_invoices.ndjson").read_text(encoding="utf-8").splitlines()[0]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([ORDERS, INVOICE]), st.integers(0, 200), _anything, st.integers(0, 30))
def test_any_value_anywhere_in_a_json_document_is_read_or_refused(text: str, at: int, value: object, cut: int) -> None:
    """NaN and Infinity are what Python writes for them, and what some exports really hold."""
    document = json.loads(text)
    places = list(_places(document))
    holder, key = places[at % len(places)]
    holder[key] = value
    body = json.dumps(document).encode()
    read_or_refused(body[: len(body) - cut])


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document at which something stands."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.booleans())
def test_a_file_cut_off_anywhere_loses_only_its_last_row(cut: int, packed: bool) -> None:
    """A cut gzip is refused whole; a cut text gives what is whole and says which row is not."""
    whole = "\n".join([HEADER, *(an_item(n) for n in range(5)), ""]).encode()
    body = gzip.compress(whole) if packed else whole
    part = body[: max(len(body) - 1 - cut, 0)]
    try:
        read = reading_of(part)
    except RefusedFile:
        return
    assert not packed, "a cut archive is never taken"
    complete = part.count(b"\n") - 1
    assert [line.document_no for line in read.lines][:complete] == [f"INV{n}" for n in range(complete)]
    assert len(read.lines) + len(read.rejected) - complete in (0, 1)
