"""A file that cannot be taken is refused whole, early, and says why (issue: bad input)."""

from __future__ import annotations

import gzip
import random
import re
import zlib
from datetime import UTC, datetime

import pytest

from chalicelib.domain.errors import RefusedFile
from chalicelib.feeds.unpack import Limits, unpacked
from tests.feeds.reading_of import GOLDEN, an_item, items, reading_of

SAP = (GOLDEN / "setA_sap_pipe_trailer.dat").read_text(encoding="utf-8")
VAD = (GOLDEN / "setA_vad_pos_semicolon_cp1252.csv").read_bytes().decode("cp1252")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the file is empty"),
        (b" \r\n\n", "the file is empty"),
        (b"PK\x03\x04" + bytes(200), "Excel workbook or ZIP"),
        (b"%PDF-1.7 ...", "a PDF"),
        (random.Random(3).randbytes(4_000), "binary"),
        ("invoiceId,companyName".encode("utf-16"), "UTF-16"),
        (b"INV1,Contoso Ltd,subscription,NB-M365-E3\n", 'layout is unknown; the first line is "INV1,Contoso Ltd'),
        (b'{"dealId": "23456789", "products": []}', "layout is unknown"),
        (gzip.compress(items(an_item()))[:-20], "ends early"),
        (b"\x1f\x8b\x08" + b"garbage" * 10, "damaged"),
        (SAP.replace("TRL|60|", "TRL|61|").encode(), "control record says rows 61, its rows add up to 60"),
        (SAP.replace("661758.35", "661758.36").encode(), "amount 661758.36, its rows add up to 661758.35"),
        (SAP.replace("TRL|60|661758.35", "TRL|60|lots").encode(), "is no number"),
        (SAP.partition("TRL|")[0].encode(), "without its control record"),
        ((SAP + SAP.splitlines()[1] + "\n").encode(), "rows follow its control record"),
        ((SAP + SAP).encode(), "second header record"),
        (VAD.replace(";1018;", ";1019;").encode("cp1252"), "quantity 1019, its rows add up to 1018"),
        (VAD.replace("Period:;01.03.2026..31.03.2026", "Period:;March").encode("cp1252"), "of what time it speaks"),
        (VAD.replace("..31.03.2026", "..31.03.2062").encode("cp1252"), "after it was dropped"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why_and_what_to_do(body, says):
    with pytest.raises(RefusedFile, match=re.escape(says)) as refused:
        reading_of(body, "bad.csv")
    assert str(refused.value).startswith("bad.csv: ")
    assert re.search(r"(Ask|Export|Add|Send|Correct|Drop|drop)", str(refused.value))


def test_ten_gigabytes_in_a_small_gzip_are_refused_before_they_are_unpacked():
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(items(an_item())) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(64))
    seen: list[int] = []
    pieces = unpacked([bomb[i : i + 4096] for i in range(0, len(bomb), 4096)], "b.gz", Limits())
    with pytest.raises(RefusedFile, match="archive bomb"):
        seen.extend(map(len, pieces))
    assert sum(seen) < 8 << 20


def test_more_text_than_the_limit_is_refused():
    with pytest.raises(RefusedFile, match="holds more than 1,000 bytes"):
        reading_of(items(*[an_item(n) for n in range(50)]), limits=Limits(most_bytes=1_000))


def test_a_short_file_may_pack_well():
    body = items(*[an_item(1, company=" " * 200) for _ in range(1_000)])
    assert len(reading_of(gzip.compress(body)).lines) == 1_000


def test_a_gzip_of_several_members_is_read_whole():
    first, second = items(an_item(1)), (an_item(2) + "\n").encode()
    assert len(reading_of(gzip.compress(first) + gzip.compress(second) + bytes(512), piece=11).lines) == 2


def test_a_bad_row_does_not_fail_the_control_total_it_is_part_of():
    """The sender counted the row without knowing that its date is bad: only that row is lost."""
    broken = SAP.replace("|20260330|20260403|", "|20260230|20260230|", 1)
    read = reading_of(broken.encode())
    assert (len(read.lines), len(read.rejected)) == (59, 1)
    assert read.feed.reader.control.unreadable == 0


def test_a_row_whose_own_figure_is_unreadable_makes_the_sum_not_verifiable():
    read = reading_of(SAP.replace("|73488.00|", "|x|", 1).encode())
    assert (len(read.lines), len(read.rejected)) == (59, 1)
    assert read.feed.reader.control.unreadable == 1


def test_the_as_of_of_a_file_comes_from_its_header_record():
    feed = reading_of(SAP.encode()).feed
    assert feed.as_of == datetime(2026, 4, 2, 6, 15, tzinfo=UTC)
    assert str(feed.covers) == "2026-04-01"


def test_a_report_that_covers_a_period_covers_its_last_day():
    feed = reading_of(VAD.encode("cp1252")).feed
    assert str(feed.covers) == "2026-03-31"
    assert feed.as_of == datetime(2026, 3, 31, 22, 0, tzinfo=UTC)  # midnight in Copenhagen


def test_a_file_without_a_stamp_covers_the_day_before_it_was_dropped_in_its_zone():
    early = datetime(2026, 10, 2, 5, 59, tzinfo=UTC)  # still the 1st in Denver
    assert str(reading_of(items(an_item()), uploaded_at=early).feed.covers) == "2026-09-30"
