"""How soon a rep can see what happened: from a message or a file to a standing that shows it, as a distribution.

    python -m bench.visible

The whole local stack, the deployed package in it: an outbound message goes through the API to the Ack, then the rep's
standings are read; a distributor's file goes through S3, two queues and two functions. That lies on the server's
side: no browser, and no waiting for a page's next poll. Last a rep's home page is opened in Chromium. All in
milliseconds, and in multiples of what an answer of the same stack costs that reads nothing. Exits non-zero when an Ack
came before its points could be read: that is a promise, the times are this machine's.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from local import preview, processes
from local.browser import NoBrowser, playing
from local.story import Story, the_people_exist_in_salesforce, three_programs_are_activated
from local.story_world import ANA, PUSH, Deal, Month, Sold, castellan_file, record_id
from local.theatre import Theatre, request
from local.up import Progress, up

MESSAGES = 100
FILES = 20
PAGES = 20
WARM = 5  # of each, before anything is timed: a function's first start is bench.cold_start's figure
LOOK_EVERY_S = 0.02
SEATS = 2
POINTS = SEATS * 3  # of a net-new deal in the story's push

Points = tuple[int, int]  # waiting, confirmed


def main() -> int:
    """Measure and print; 1 when something was acknowledged before it could be read."""
    with tempfile.TemporaryDirectory(prefix="kicker-bench-") as folder:
        directory = Path(folder)
        try:
            up(directory, Progress())
            floor = Floor(Theatre.open(directory), Month.around(datetime.now(UTC).date()))
            floor.begin()
            return report(floor)
        finally:
            processes.stop_all(directory)


def report(floor: Floor) -> int:
    """Play everything and print the table; 1 when a promise is broken."""
    empty = [timed(floor.health) for _ in range(WARM + MESSAGES)][WARM:]
    sent = [floor.told(n) for n in range(WARM + MESSAGES)][WARM:]
    dropped = [floor.invoiced(n) for n in range(WARM + FILES)][WARM:]
    unit = median(empty)
    print(f"\n{'milliseconds':<58}{'median':>8}{'p95':>8}{'p99':>8}{'most':>8}{'times':>8}")
    for name, times in (
        ("an answer that reads nothing (/health)", empty),
        (f"message sent, scored and acknowledged ({MESSAGES})", [ack for ack, _, _ in sent]),
        ("message sent until a rep has read the standing", [seen for _, seen, _ in sent]),
        (f"file dropped until a rep has read it confirmed ({FILES})", dropped),
    ):
        print(f"{name:<58}{row(times, unit)}")
    pages = opened(floor)
    told = pages if isinstance(pages, str) else row(pages, unit)
    print(f"{f'home page opened until its numbers stand ({PAGES})':<58}{told}")
    late = sum(reads > 1 for _, _, reads in sent)
    print(f"acknowledged before the points could be read: {late} of {MESSAGES}")
    return 1 if late else 0


def row(times: Sequence[float], unit: float) -> str:
    """Median, 95 and 99 of a hundred and the longest, in milliseconds; the median in units of `unit` seconds."""
    ordered = sorted(times)
    picked = [median(ordered), *(ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in (95, 99, 100))]
    return "".join(f"{1000 * seconds:>8.0f}" for seconds in picked) + f"{picked[0] / unit:>8.1f}"


def opened(floor: Floor) -> list[float] | str:
    """Seconds from opening the home page until its numbers stand, or why nobody can say."""
    try:
        address = preview.start(floor.theatre.directory)
        with playing() as chrome:
            page = chrome.new_page(viewport={"width": 1280, "height": 900})

            def stands() -> None:
                page.goto(f"{address}/?rep={ANA}")
                page.get_by_test_id("earned-money").first.wait_for()

            return [timed(stands) for _ in range(WARM + PAGES)][WARM:]
    except (preview.NoPreview, NoBrowser) as why:
        return str(why)


def timed(act: Callable[[], object]) -> float:
    """Seconds that `act` takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


class Floor:
    """One rep under three programs, of which she earns in one."""

    def __init__(self, theatre: Theatre, month: Month) -> None:
        self.theatre, self.month = theatre, month
        self.points: Points = (0, 0)
        # Signed once: in Salesforce the org's own key does it, and its time is none of ours.
        self.token = theatre.token(ANA, ["rep"])

    def begin(self) -> None:
        """The people of the story exist, its programs run, nothing is sent by itself. Raises: SystemExit otherwise."""
        story = Story(self.theatre, self.month, say=lambda _: None)
        the_people_exist_in_salesforce(story)
        three_programs_are_activated(story)
        if untrue := [claim for claim, held, _ in story.truths if not held]:
            raise SystemExit(f"untrue before anything was measured: {untrue}")
        story.clock(self.month.at(20))

    def health(self) -> None:
        """The cheapest answer of the API."""
        request("GET", f"{self.theatre.stack.api_url}/health", None, {})

    def told(self, number: int) -> tuple[float, float, int]:
        """An approved deal is sent: seconds to the Ack, seconds until the standing was read, and how many reads."""
        deal = self.deal(number)
        self.theatre.org(
            "PUT", f"/records/Deal_Registration__c/{record_id(deal.number)}", deal.record(self.month, "Approved")
        )
        wanted = (self.points[0] + POINTS, self.points[1])
        started = time.perf_counter()
        answers = self.theatre.org("POST", "/send", {"count": 100})
        acknowledged = time.perf_counter() - started
        if not all(one["acknowledged"] for one in answers):
            raise SystemExit(f"{deal.name} was not acknowledged: {answers}")
        reads = self.reads_until(wanted)
        return acknowledged, time.perf_counter() - started, reads

    def invoiced(self, number: int) -> float:
        """A file that invoices one deal is dropped: seconds until the standing says that it is confirmed."""
        sold = Sold(self.deal(number), f"V-{number}", SEATS, self.month.day(20))
        wanted = (self.points[0] - POINTS, self.points[1] + POINTS)
        started = time.perf_counter()
        self.theatre.drop("castellan", f"visible-{number}.csv", castellan_file([sold]))
        self.reads_until(wanted)
        return time.perf_counter() - started

    def deal(self, number: int) -> Deal:
        """The n-th deal, of a customer of its own."""
        day = 1 + number % 19
        return Deal(5000 + number, f"Customer {number}", "VRD-ID-STD", "Veridane", SEATS, "Net New", ((ANA, 100),), day)

    def reads_until(self, wanted: Points) -> int:
        """Read the rep's standing until it says this; how many reads it took. Raises: SystemExit after a minute."""
        ends = time.perf_counter() + 60
        reads = 0
        while time.perf_counter() < ends:
            reads += 1
            if self.standing() == wanted:
                self.points = wanted
                return reads
            time.sleep(LOOK_EVERY_S)
        raise SystemExit(f"the standing says {self.standing()} instead of {wanted} after a minute")

    def standing(self) -> Points:
        """(waiting, confirmed) points in the push."""
        layers = next(p["layers"] for p in self.asked()["programs"] if p["program"] == PUSH)
        return sum(x["provisional"]["points"] for x in layers), sum(x["confirmed"]["points"] for x in layers)

    def asked(self) -> Any:
        """What the API answers the rep about her standings."""
        url = f"{self.theatre.stack.api_url}/me/standings"
        return request("GET", url, None, {"Authorization": f"Bearer {self.token}"}).body


if __name__ == "__main__":
    sys.exit(main())
