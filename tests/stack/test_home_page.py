"""A rep's open page against the whole stack: what Salesforce and a distributor tell appears without a reload.

Issue 5, checked by: one call and at most 30 KB for five programs with a vendor's money and an internal one; an approved
registration within one poll; confirmed after the file; the gap shrinks; the quote's answer is what is scored later; a
dispute is filed, asked about, answered and decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from local import preview
from local.story_world import ADAM, OLIVE, ZONE, Deal, Month, Sold, castellan_file, record_id, user_id
from local.theatre import Theatre, until
from tests.browser.conftest import chrome, not_checked, opened  # noqa: F401 # chrome is a fixture
from tests.browser.screens import SIZES, Screen

LIA = user_id("Lia")
VENDORS = ("Veridane", "Nimbrook", "Pellum", "Tarnfield", "Quillstone")
ONE_POLL_MS = 61_000


@dataclass(slots=True)
class Floor:
    """One rep of a department of her own, six programs, and her open home page."""

    theatre: Theatre
    month: Month
    screen: Screen
    address: str
    answers: list[Any] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        """Open a page as the rep, with a clock the test can move, and note what its components ask."""
        self.answers.clear()
        self.screen.show(f"{self.address}{path}?rep={LIA}")
        self.screen.page.evaluate("window.__opened = 1")

    def asked(self) -> list[tuple[str, int]]:
        """The Apex methods the page has called since it was opened, with the bytes of each answer."""
        calls = [r for r in self.answers if "/apex/" in r.url]
        return [(r.url.rpartition(".")[2].partition("?")[0], len(r.body())) for r in calls]

    def after_a_poll(self) -> str:
        """What the page says once its next question is answered. It must not have been reloaded."""
        page = self.screen.page
        with page.expect_response(re.compile(r"/apex/SpiffRepController\.standings")):
            page.clock.fast_forward(ONE_POLL_MS)
        page.wait_for_timeout(0)
        assert page.evaluate("window.__opened") == 1
        return self.screen.text()

    def shows(self, *texts: str) -> None:
        """Wait until the page says all of this."""
        for text in texts:
            self.screen.shows(text)

    def approve(self, deal: Deal) -> None:
        """The registration is approved in Salesforce; its outbound message arrives and is scored."""
        self.theatre.org(
            "PUT", f"/records/Deal_Registration__c/{record_id(deal.number)}", deal.record(self.month, "Approved")
        )
        self.theatre.org("POST", "/send", {"count": 100})
        until(f"{deal.name} scored", lambda: self.deal(deal))

    def deal(self, deal: Deal) -> dict[str, Any] | None:
        """The deal as the API tells it, once it has points."""
        found = self.theatre.get("/me/deals", user=LIA, role="rep")["deals"]
        scored = [
            d for d in found if d["number"] == deal.name and any(s["provisional"]["minor"] for s in d["combined"])
        ]
        return scored[0] if scored else None

    def invoice(self, deal: Deal, number: str) -> None:
        """The distributor drops a file that invoices the whole deal, and its lines are scored."""
        name = f"{number.lower()}.csv"
        self.theatre.drop("castellan", name, castellan_file([Sold(deal, number, deal.seats, self.month.day(20))]))

        def scored() -> bool | None:
            report = self.theatre.report(f"reports/feeds/castellan/{name}.json")
            return True if report and report["counts"]["scored"] == 1 else None

        until(f"{name} scored", scored)


@pytest.fixture
def floor(stage: Theatre, chrome: Any) -> Iterator[Floor]:  # noqa: F811
    """The rep exists, six programs run, and a page is there to open."""
    try:
        address = preview.start(stage.directory)
    except preview.NoPreview as why:
        not_checked(str(why))
    month = Month.around(datetime.now(UTC).date())
    begin(stage, month)
    for screen in opened(chrome, SIZES[0]):
        screen.page.clock.install()
        shown = Floor(stage, month, screen, address)
        remember(screen.page, shown.answers)
        yield shown


def test_a_registration_appears_is_confirmed_and_brings_the_tier_nearer_on_the_open_page(floor: Floor) -> None:
    floor.open()
    floor.shows("Welcome. You are in.", "Your starting balance")
    [(method, size)] = floor.asked()  # one question for welcome and dashboard together
    assert method == "standings"
    assert size <= 30_000
    assert "Floor push" in floor.screen.text()
    assert floor.screen.faults() == []

    push = Deal(801, "Cedar Works", "VRD-ID-ENT", "Veridane", 50, "Net New", ((LIA, 100),), 12)
    floor.approve(push)
    said = floor.after_a_poll()
    floor.shows("$200")
    said = floor.screen.text()
    assert "Not yours yet $200 Pending, 2 deals" in said  # 50 seats at $3, and $50 of Veridane's: in two programs
    assert "You have earned $0" in said
    assert "100 points to Silver. What is pending would reach it." in said
    assert "Welcome" not in said
    assert toasts(floor) == ["$200 more is pending"]

    floor.invoice(push, "LW-1")
    floor.after_a_poll()
    floor.shows("$250")
    said = floor.screen.text()
    assert "You have earned $250 Confirmed, all programs" in said  # 150 + 50 for Silver + 50
    assert "Not yours yet $0" in said
    assert "250 points to Gold." in said  # the gap of the tier after
    assert toasts(floor) == ["$200 more is pending", "$250 more is confirmed"]
    assert floor.screen.faults() == []
    floor.screen.picture("home-live")

    quoted_is_what_is_scored(floor)
    a_dispute_is_filed_asked_about_and_decided(floor, push)


def quoted_is_what_is_scored(floor: Floor) -> None:
    """What the quote says of a sale is what the deal is worth once it is registered."""
    floor.open("/quote")
    page = floor.screen.page
    page.get_by_role("textbox", name="Product").fill("VRD-ID-ENT")
    page.get_by_role("textbox", name="Vendor").fill("Veridane")
    page.get_by_role("spinbutton", name="Seats", exact=True).fill("30")
    page.get_by_role("spinbutton", name="Amount").fill("3000")
    page.get_by_role("button", name="Check").click()
    page.get_by_test_id("verdict").wait_for()
    told = re.search(r"It pays \$(\d+) as a new customer\.", floor.screen.text())
    assert told, floor.screen.text()
    floor.screen.picture("quote-live")
    sold = Deal(802, "Birch & Co", "VRD-ID-ENT", "Veridane", 30, "Net New", ((LIA, 100),), 14)
    floor.approve(sold)
    found = floor.deal(sold)
    assert found is not None
    assert sum(one["provisional"]["minor"] for one in found["combined"]) == int(told[1]) * 100
    floor.open("/deals")
    floor.shows("Birch & Co", "Cedar Works")
    assert f"${told[1]}" in floor.screen.text()
    assert floor.screen.faults() == []
    floor.screen.picture("deals-live")


def a_dispute_is_filed_asked_about_and_decided(floor: Floor, deal: Deal) -> None:
    """Filed from the list of deals, asked about and decided by a reviewer, answered and read on the registration."""
    floor.open("/deals")
    page = floor.screen.page
    page.get_by_role("button", name=f"Dispute {deal.customer}").click()
    page.get_by_role("combobox", name="What is wrong").click()
    page.get_by_role("option", name="The amount is wrong").click()
    page.get_by_role("textbox", name="What should have happened").fill("It was 60 seats, PO 88.")
    page.get_by_role("button", name="File dispute").click()
    floor.shows("Under review", "Your dispute is open, answer by")
    assert floor.screen.faults() == []
    floor.screen.picture("dispute-filed-live")

    [told] = floor.theatre.get("/disputes?state=open", user=ADAM, role="admin")["disputes"]
    assert (told["reason"], told["text"]) == ("wrong_amount", "It was 60 seats, PO 88.")
    answer_to(floor, f"/disputes/{told['id']}/ask", {"text": "Which line of the PO?"})
    floor.open(f"/record/{record_id(deal.number)}")
    page.get_by_role("button", name="Dispute this result").click()
    floor.shows("Which line of the PO?", "Needs you")
    page.get_by_role("textbox", name="Your answer").fill("Line 2.")
    page.get_by_role("button", name="Send answer").click()
    floor.shows("Line 2.", "Under review")

    verdict = {"outcome": "denied", "reason": "rule_applied_right", "text": "The invoice says 50.", "adjustment": None}
    answer_to(floor, f"/disputes/{told['id']}/decide", verdict)
    floor.open(f"/record/{record_id(deal.number)}")
    page.get_by_role("button", name="Dispute this result").click()
    floor.shows("The rule was applied as written.", "The invoice says 50.", "Not upheld")
    assert floor.screen.faults() == []
    floor.screen.picture("dispute-decided-live")


def answer_to(floor: Floor, path: str, body: dict[str, Any]) -> None:
    """What a reviewer does about a dispute."""
    done = floor.theatre.call("POST", path, user=ADAM, role="admin", body=body)
    assert done.status == 200, done.body


def toasts(floor: Floor) -> list[str]:
    """What the page told by toast so far."""
    found: list[str] = floor.screen.page.evaluate("window.__toasts.map((one) => one.title)")
    return found


def remember(page: Any, answers: list[Any]) -> None:
    """Keep every response of the page."""
    page.on("response", lambda response: answers.append(response))  # noqa: PLW0108 # Playwright marks what it calls


def begin(theatre: Theatre, month: Month) -> None:
    """The rep and two bosses exist; the programs are written by one and activated by the other."""
    theatre.org("PUT", "/settings", {"auto_send_s": None, "now": month.at(1, 8).isoformat()})
    for id, name, department in (
        (LIA, "Lia Moreau", "Floor"), (OLIVE, "Olive", "Operations"), (ADAM, "Adam", "Operations"),
    ):  # fmt: skip
        theatre.org("PUT", f"/records/User/{id}", {
            "Id": id, "Name": name, "Email": f"{name.split()[0].lower()}.floor@harborline.example", "IsActive": True,
            "UserType": "Standard", "Country": "US", "Department": department, "TimeZoneSidKey": ZONE,
            "CreatedDate": "2025-01-01T00:00:00.000Z",
        })  # fmt: skip
    theatre.run("sweep_salesforce", month.at(1, 9))
    for name, document in programs(month).items():
        saved = theatre.call("PUT", f"/programs/{name}", user=OLIVE, role="admin", body=document)
        started = theatre.call("POST", f"/programs/{name}/activate", user=ADAM, role="admin", body={})
        assert (saved.status, started.status) == (200, 200), json.dumps([saved.body, started.body])
    theatre.org("PUT", "/settings", {"now": month.at(20).isoformat()})


def programs(month: Month) -> dict[str, dict[str, Any]]:
    """An internal program with tiers, and one each of five vendors."""

    def usd(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "USD"}

    plain = {
        "window": {"start": month.day(1).isoformat(), "end": month.day(30).isoformat(), "zone": ZONE},
        "behaviour": "product_sold", "qualifying_date": "registration_approved", "confirming_document": "invoice",
        "confirm_by": month.day(60).isoformat(), "audience": ["Floor"], "feeds": ["castellan"],
        "reward": {"provider": "tremendous", "products": ["OKMHM2X2OHYV"]},
        "lift_plan": {"design": "prior_period_raw", "against": "the thirty days before"},
    }  # fmt: skip
    found = {"floor-push": plain | {"name": "Floor push", "families": {"identity": ["VRD-ID"]}, "layers": [{
        "id": "internal", "payer_of_record": "Harborline IT LLC", "tax_treatment": "employer_wages",
        "point": usd("1.00"), "conditions": [{"family": ["identity"]}],
        "rates": [{"deal_type": "net_new", "per_seat": 3}, {"deal_type": "renewal", "per_seat": 1}],
        "tiers": [{"name": "Silver", "from_points": 100, "bonus_points": 50},
                  {"name": "Gold", "from_points": 400, "bonus_points": 150}],
    }]}}  # fmt: skip
    for vendor in VENDORS:
        found[f"floor-{vendor.lower()}"] = plain | {"name": f"{vendor} deals", "layers": [{
            "id": f"vendor:{vendor.lower()}", "payer_of_record": f"{vendor} Inc.",
            "tax_treatment": "vendor_other_income", "point": usd("1.00"), "conditions": [{"vendor": [vendor]}],
            "rates": [{"per_deal": 50}],
        }]}  # fmt: skip
    return found
