"""Every state of every component in a real Chromium, at a desk's and at a phone's width."""

from __future__ import annotations

import json
import re
import subprocess
from functools import lru_cache
from typing import Any

import pytest

from local import preview
from local.stack import ROOT
from tests.browser.screens import Screen

STATES = ROOT / "salesforce" / "preview" / "states.mjs"
# What a state says that no other does; every other state of the name must say it too.
SAYS = {
    "error": r"We could not",
    "refused": r"permission set SPIFF Rep",
    "unknown": r"We do not know you yet",
    "no-class": r"permission set SPIFF Rep",
    "malformed": r"We could not load",
    "stale": r"These numbers are from \d+:\d\d [AP]M\. We keep trying\.",
    "busy": r"These numbers are from \d+:\d\d [AP]M\. You asked often",
}


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, Any]]:
    """Component -> state -> what its page does, as preview/states.mjs tells; empty without Node."""
    program = f"import {{ STATES }} from {json.dumps(STATES.as_uri())}; console.log(JSON.stringify(STATES))"
    try:
        command = [str(preview.node()), "--input-type=module", "--eval", program]
    except preview.NoPreview:
        return {}
    found: dict[str, dict[str, Any]] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def pages() -> list[tuple[str, str]]:
    return [(component, state) for component, states in table().items() for state in states]


@pytest.mark.parametrize(("component", "state"), pages(), ids=str)
def test_a_state_is_shown_accessible_without_a_word_in_the_console(
    component: str, state: str, screen: Screen, states: str
) -> None:
    play(screen, states, component, state)
    if state in SAYS:
        assert re.search(SAYS[state], screen.text()), screen.text()
    assert screen.faults() == []
    assert screen.overflow() <= 0
    screen.picture(f"{component}-{state}")


@pytest.mark.parametrize("component", table())
def test_every_component_has_the_states_of_bad_days(component: str) -> None:
    wanted = {"spiffQuote": {"empty", "data", "loading", "error", "refused"}}
    wanted["spiffDispute"] = {"form", "loading", "error", "refused", "not-sent"}
    assert wanted.get(component, {"loading", "empty", "error", "refused", "stale", "busy", "data"}) <= set(
        table()[component]
    )


@pytest.mark.parametrize(
    "component", ["spiffDashboard", "spiffDeals", "spiffLeaderboard", "spiffQuote", "spiffRewards"]
)
def test_slds_2_shows_the_same_without_faults(component: str, desk: Screen, states: str) -> None:
    play(desk, states, component, "data", "?slds=2")
    assert desk.faults() == []
    desk.picture(f"{component}-slds2")


@pytest.mark.parametrize(("component", "state"), [
    ("spiffDashboard", "data"), ("spiffDashboard", "error"), ("spiffDeals", "data"), ("spiffDeals", "more"),
    ("spiffLeaderboard", "data"), ("spiffQuote", "data"), ("spiffRecord", "data"), ("spiffRewards", "data"),
    ("spiffDispute", "form"), ("spiffDispute", "asked"), ("spiffWelcome", "data"),
])  # fmt: skip
def test_the_keyboard_reaches_everything(component: str, state: str, screen: Screen, states: str) -> None:
    play(screen, states, component, state)
    assert screen.unreached() == []


def test_a_deal_is_opened_and_disputed_by_keyboard_alone(desk: Screen, states: str) -> None:
    play(desk, states, "spiffDeals", "data")
    keys, page = desk.page.keyboard, desk.page
    page.get_by_role("button", name="Show why: Copperfield Logistics").focus()
    keys.press("Enter")
    page.get_by_test_id("headline").wait_for()
    assert "2 more seats and this deal pays $120 in Insight Starter." in desk.text()
    assert desk.faults() == []
    desk.picture("spiffDeals-opened")
    page.get_by_role("button", name="Dispute Copperfield Logistics").focus()
    keys.press("Space")
    page.get_by_role("combobox", name="What is wrong").focus()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    page.get_by_role("textbox", name="What should have happened").focus()
    keys.type("It was ten seats.")
    assert page.get_by_role("textbox", name="What should have happened").input_value() == "It was ten seats."
    assert desk.faults() == []
    desk.picture("spiffDeals-disputing")
    page.get_by_role("button", name="Cancel").focus()
    keys.press("Enter")
    page.get_by_role("button", name="File dispute").wait_for(state="detached")


def test_a_dispute_that_cannot_be_sent_keeps_every_word(screen: Screen, states: str) -> None:
    play(screen, states, "spiffDispute", "not-sent")
    page = screen.page
    page.get_by_role("combobox", name="What is wrong").click()
    page.get_by_role("option", name="The amount is wrong").click()
    page.get_by_role("textbox", name="What should have happened").fill("It was ten seats.")
    page.get_by_role("button", name="File dispute").click()
    page.get_by_test_id("not-sent").wait_for()
    assert "Nothing is lost: your words are still here." in screen.text()
    assert page.get_by_role("textbox", name="What should have happened").input_value() == "It was ten seats."
    assert screen.faults() == []
    screen.picture("spiffDispute-kept")


def play(screen: Screen, address: str, component: str, state: str, query: str = "") -> None:
    """Open a state page and do what the state asks for: refresh once, or ask the quote."""
    told = table()[component][state]
    asks = told.get("ask", False)
    loads = "never" in told["apex"].values() and not asks
    screen.show(f"{address}/states/{component}/{state}{query}", loads=loads)
    if told.get("refresh"):
        screen.page.get_by_role("button", name="Refresh").click()
        screen.page.get_by_test_id("stale").wait_for()
    if asks:
        screen.page.get_by_role("textbox", name="Product").fill("TRN-EP")
        screen.page.get_by_role("spinbutton", name="Seats", exact=True).fill("80")
        screen.page.get_by_role("button", name="Check").click()
        ended = {"error": "error", "refused": "refused", "loading": "ask"}.get(state, "verdict")
        screen.page.get_by_test_id(ended).first.wait_for()
