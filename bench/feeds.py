"""Feed reading against csv.reader alone on the same file, and how much memory a million rows take.

    python bench/feeds.py [--rows 1000000] [--json]

The file has the 20 columns of `ingram-flat-csv`; amounts, document and order numbers are all different, and two rows
in five have a quoted field, as in the sample files. Stages, each timed over the whole file in one process, best of
three:

- `csv.reader`: rows as lists, nothing else: the bar;
- `rows`: our reading alone: decoding by policy, control characters, line numbers, resynchronisation;
- `lines`: the whole way to OrderLine records, as `read_feed` runs it.

Memory is the peak resident size of a child process that reads the file to OrderLines, over that of a child that only
imports the same modules.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from chalicelib.feeds import delimited  # noqa: E402 - after the path is set
from chalicelib.feeds.reading import OpenFeed, open_feed  # noqa: E402

AT = datetime(2026, 11, 2, 16, 10, tzinfo=UTC)
COLUMNS = (
    "ingramOrderNumber", "customerOrderNumber", "invoiceNumber", "invoiceType", "ingramOrderLineNumber", "vendorName",
    "vendorPartNumber", "ingramPartNumber", "upcCode", "quantity", "unitPrice", "extendedPrice", "currencyCode",
    "ingramOrderDate", "shippedDate", "specialBidNumber", "dealRegNumber", "resellerCompanyName",
    "endUserCompanyName", "endUserCountryCode",
)  # fmt: skip
CUSTOMERS = ("City of Portland, ME", "Contoso Ltd", "Müller & Söhne GmbH", 'O\'Neill "Big" Lumber LLC', "Fabrikam Inc")
PRODUCTS = (("NB-M365-E3", 3360), ("ACM-EDR-1Y-100", 4175), ("NB/FW-60F#ABB", 61240), ("64113730AD01A00", 16000))


def make_file(path: Path, rows: int) -> None:
    """A file of `rows` rows, the same one for the same number."""
    rng = random.Random(20261102)  # nosec B311 # a seed repeats a file
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for n in range(rows):
            sku, price = PRODUCTS[n % len(PRODUCTS)]
            quantity, day = rng.randint(1, 500), rng.randint(1, 28)
            minor = quantity * price + rng.randint(0, 99)
            writer.writerow(
                (
                    f"{rng.randint(10, 99)}-{rng.randint(10000, 99999)}-11", f"PO-{rng.randint(1, 99999):05d}",
                    f"INV{n:08d}", "Invoice", f"{rng.randint(1, 30):03d}", "NIMBUS", sku, "7733011", "004549688264",
                    quantity, f"{price / 100:.4f}", f"{minor // 100}.{minor % 100:02d}", "USD", f"2026-10-{day:02d}",
                    f"2026-10-{day:02d}", "SB-77120", f"DR-{rng.randint(1, 999999):07d}", "Blue Heron IT LLC",
                    CUSTOMERS[n % len(CUSTOMERS)], "US",
                )
            )  # fmt: skip


def chunks(path: Path) -> Iterator[bytes]:
    """The file as S3 gives it."""
    with path.open("rb") as file:
        while piece := file.read(256 * 1024):
            yield piece


def opened(path: Path) -> OpenFeed:
    """The file as read_feed opens it."""
    return open_feed(chunks(path), name=path.name, distributor="ingram", uploaded_at=AT)


def by_csv(path: Path) -> int:
    """The bar: rows of csv.reader."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def by_rows(path: Path) -> int:
    """Our rows, not normalised."""
    feed = opened(path)
    assert isinstance(feed.reader, delimited.DelimitedReader)
    feed.reader.normalise = lambda _, row: row  # type: ignore[assignment] - this stage ends here
    return sum(1 for _ in feed.events)


def by_lines(path: Path) -> int:
    """Our order lines."""
    return sum(1 for _ in opened(path).events)


def seconds(stage: Callable[[Path], int], path: Path, rows: int) -> float:
    """Best of three. Raises: AssertionError when a stage loses a row."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        assert stage(path) == rows, f"{stage.__name__} lost rows"
        best = min(best, time.perf_counter() - start)
    return best


def peak_mb(path: Path, read: bool) -> float:
    """Peak resident megabytes of a child of our own that imports everything and, with `read`, reads the file."""
    command = [sys.executable, str(Path(__file__)), "--child", str(path), *(["--read"] if read else [])]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)


def child(path: Path, read: bool) -> None:
    """Print our own peak resident size in megabytes."""
    if read:
        by_lines(path)
    status = Path("/proc/self/status")
    if status.exists():  # Linux: ru_maxrss would be the parent's, it survives exec
        [kilobytes] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        print(int(kilobytes) / 1024)
    else:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024))


def measure(rows: int) -> dict[str, Any]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed.csv"
        make_file(path, min(rows, 300_000))
        timed = min(rows, 300_000)
        bar, ours, whole = (seconds(stage, path, timed) for stage in (by_csv, by_rows, by_lines))
        size = path.stat().st_size
        make_file(path, rows)
        baseline, peak = peak_mb(path, read=False), peak_mb(path, read=True)
    return {
        "rows_timed": timed,
        "bytes_a_row": round(size / timed),
        "csv_reader_us_a_row": round(bar / timed * 1e6, 2),
        "rows_us_a_row": round(ours / timed * 1e6, 2),
        "lines_us_a_row": round(whole / timed * 1e6, 2),
        "lines_a_second": round(timed / whole),
        "rows_ratio_to_csv_reader": round(bar / ours, 2),
        "lines_ratio_to_csv_reader": round(bar / whole, 2),
        "rows_for_memory": rows,
        "memory_over_baseline_mb": round(peak - baseline, 1),
    }


def main() -> None:
    """Print the figures as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", type=Path)
    parser.add_argument("--read", action="store_true")
    asked = parser.parse_args()
    if asked.child:
        child(asked.child, asked.read)
        return
    figures = measure(asked.rows)
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value:>12,}")


if __name__ == "__main__":
    main()
