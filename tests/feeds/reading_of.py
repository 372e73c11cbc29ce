"""Reads bytes as a feed file and sorts what comes out, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.domain.orders import OrderLine
from chalicelib.feeds.profiles import FeedProfile
from chalicelib.feeds.reading import OpenFeed, open_feed
from chalicelib.feeds.rejected import IgnoredRow, RejectedRow
from chalicelib.feeds.unpack import Limits

GOLDEN = Path(__file__).parents[1] / "golden" / "feeds"
UPLOADED_AT = datetime(2026, 11, 2, 6, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Read:
    feed: OpenFeed
    lines: list[OrderLine]
    rejected: list[RejectedRow]
    ignored: list[IgnoredRow]

    @property
    def countable(self) -> list[OrderLine]:
        return [line for line in self.lines if not line.held]

    @property
    def held(self) -> list[OrderLine]:
        return [line for line in self.lines if line.held]


def reading_of(
    body: bytes, name: str = "a.csv", distributor: str = "ingram", profiles: Sequence[FeedProfile] = (),
    piece: int = 1 << 20, limits: Limits = Limits(), uploaded_at: datetime = UPLOADED_AT,  # noqa: B008
) -> Read:  # fmt: skip
    pieces = [body[i : i + piece] for i in range(0, len(body), piece)]
    feed = open_feed(
        pieces, name=name, distributor=distributor, uploaded_at=uploaded_at, profiles=profiles, limits=limits
    )
    events = list(feed.events)
    return Read(
        feed,
        [e for e in events if isinstance(e, OrderLine)],
        [e for e in events if isinstance(e, RejectedRow)],
        [e for e in events if isinstance(e, IgnoredRow)],
    )


HEADER = "invoiceId,companyName,type,sku,vendorName,quantity,total,startPeriod,poNumber,currencyCode,line"


def items(*rows: str) -> bytes:
    """Rows under the Pax8 item header (11 columns)."""
    return "\n".join([HEADER, *rows, ""]).encode()


def an_item(number: int = 1, **other: str) -> str:
    """One row for `items`."""
    row = {
        "invoice": f"INV{number}", "company": "Contoso Ltd", "type": "subscription", "sku": "NB-M365-E3",
        "vendor": "NIMBUS", "quantity": "2", "total": "67.20", "date": "2026-10-01", "po": "PO-1", "currency": "USD",
        "line": "1",
    } | other  # fmt: skip
    return ",".join(row.values())
