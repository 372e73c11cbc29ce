"""A page of the preview at one size: opened, settled, held against axe, pictured, and what its console said."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTLED_MS = 120_000  # patience with a busy machine; what settles at once is not slowed by it


@dataclass(frozen=True, slots=True)
class Size:
    """The width and height of a window, in CSS pixels."""

    name: str
    width: int
    height: int


SIZES = (Size("desk", 1280, 900), Size("phone", 390, 844))

# Everything that can be reached by Tab, through the shadow roots, that is shown.
REACHABLE = """() => {
    const found = [];
    const look = (node) => {
        for (const one of node.querySelectorAll('*')) {
            if (one.matches('a[href], button:not([disabled]), input:not([disabled]), select, textarea')
                && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true })
                && !found.includes(one)) found.push(one);
            if (one.shadowRoot) look(one.shadowRoot);
        }
    };
    look(document.querySelector('#root'));
    window.__reachable = found;
    return found.length;
}"""
FOCUSED = """() => {
    let one = document.activeElement;
    while (one && one.shadowRoot && one.shadowRoot.activeElement) one = one.shadowRoot.activeElement;
    return window.__reachable.indexOf(one);
}"""


@dataclass(slots=True)
class Screen:
    """One page. `said` is every warning, error and failed request so far."""

    page: Any
    size: Size
    pictures: Path | None
    said: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, chrome: Any, size: Size, pictures: Path | None) -> Screen:
        """A new page that listens to its console."""
        page = chrome.new_page(viewport={"width": size.width, "height": size.height})
        page.set_default_timeout(SETTLED_MS)
        shown = cls(page, size, pictures)
        page.on("console", lambda m: shown.said.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda e: shown.said.append(f"error: {e}"))
        page.on("response", lambda r: shown.said.append(f"{r.status} {r.url}") if r.status >= 400 else 0)
        return shown

    def show(self, url: str, *, loads: bool = False) -> None:
        """Open a page and wait until its components have their answers, or (`loads`) only their stencils."""
        self.page.goto(url)
        self.page.locator("#root [data-testid]").first.wait_for()
        if not loads:
            self.settled()

    def settled(self) -> None:
        """Wait until nothing on the page says that it loads."""
        stencil = self.page.get_by_test_id("stencil")
        stencil.first.wait_for(state="hidden") if stencil.count() else None

    def shows(self, text: str) -> None:
        """Wait until the page says it. Raises: AssertionError with what the page says instead."""
        from playwright.sync_api import TimeoutError as NeverSeen  # here: who cannot browse has none

        try:
            self.page.get_by_text(text).first.wait_for()
        except NeverSeen:
            raise AssertionError(f'the page never said "{text}". It says: {self.text()}\n{self.said}') from None

    def text(self) -> str:
        """Everything the page says, spaces and lines folded."""
        return " ".join(self.page.locator("#root").inner_text().split())

    def faults(self) -> list[str]:
        """What axe finds."""
        self.page.add_script_tag(url="/axe.js")
        found = self.page.evaluate("async () => (await axe.run(document)).violations")
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def unreached(self) -> list[str]:
        """What can be pressed or typed into and is not reached by Tab from the top of the page."""
        count = self.page.evaluate(REACHABLE)
        seen = set()
        self.page.locator("body").evaluate("body => { body.tabIndex = -1; body.focus(); }")
        for _ in range(count + 40):  # the navigation above comes first
            self.page.keyboard.press("Tab")
            seen.add(self.page.evaluate(FOCUSED))
        missing = sorted(set(range(count)) - seen)
        return [self.page.evaluate("n => window.__reachable[n].outerHTML.slice(0, 120)", n) for n in missing]

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, when pictures are kept."""
        if self.pictures is not None:
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(self.pictures / f"{name}-{self.size.name}.png"), full_page=True)
